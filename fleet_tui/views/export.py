"""Any table of a view as CSV or JSON: every named column, nothing cut, and no cell that a spreadsheet would compute."""

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
    named = _named(view)
    heading: list[str] = [view.columns[index].name for index in named]
    for cells in (heading, *([str(row.cells[index].text) for index in named] for row in view.rows)):
        writer.writerow([neutral(cell) for cell in cells])
        yield line.getvalue()
        line.seek(0)
        line.truncate()


def json_rows(view: TableView) -> list[dict[str, str | None]]:
    """A dictionary per row, by column; what is not there is null, and what nobody knows stays `?`."""
    named = [(index, view.columns[index].name) for index in _named(view)]
    return [
        {name: None if row.cells[index].text in {NONE, ""} else row.cells[index].text for index, name in named}
        for row in view.rows
    ]


def _named(view: TableView) -> list[int]:
    """What has no name is a picture of the figure beside it."""
    return [index for index, column in enumerate(view.columns) if column.name]
