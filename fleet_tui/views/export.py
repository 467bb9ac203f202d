"""Any table of a view as CSV or JSON: every column, nothing cut, and no cell that a spreadsheet would compute."""

import csv
import io
import re
from collections.abc import Iterator
from typing import Final

from fleet_tui.views.ages import NONE
from fleet_tui.views.pieces import TableView

_FORMULA: Final = re.compile(r"^[\s']*[=+\-@|%\uff0b\uff0d\uff1d\uff20]|^[\t\r\n']")
"""What spreadsheets take for a formula, also behind blanks; and our own mark, so that it can be taken away again."""
_NUMBER: Final = re.compile(r"^-?\d+(\.\d+)?$")
_MARK: Final = "'"


def neutral(text: str) -> str:
    """A cell that is text wherever it is opened: what could be a formula gets a `'` in front."""
    if text == NONE or _NUMBER.match(text) or not _FORMULA.match(text):
        return text
    return f"{_MARK}{text}"


def original(cell: str) -> str:
    """What `neutral` was given."""
    return cell.removeprefix(_MARK)


def csv_rows(view: TableView) -> Iterator[str]:
    """A heading, then a line per row, each with its line break."""
    line = io.StringIO()
    writer = csv.writer(line, lineterminator="\n")
    heading: list[str] = [column.name for column in view.columns]
    for cells in (heading, *([str(cell.text) for cell in row.cells] for row in view.rows)):
        writer.writerow([neutral(cell) for cell in cells])
        yield line.getvalue()
        line.seek(0)
        line.truncate()


def json_rows(view: TableView) -> list[dict[str, str | None]]:
    """A dictionary per row, by column; what is not there is null, and what nobody knows stays `?`."""
    names = [column.name for column in view.columns]
    return [
        {name: None if cell.text in {NONE, ""} else cell.text for name, cell in zip(names, row.cells, strict=True)}
        for row in view.rows
    ]
