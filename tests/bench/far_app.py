"""One table of 10,000 rows in a real terminal, ours or Textual's: python -m tests.bench.far_app ours|theirs.

`x` changes one cell, `q` quits; everything else is the table's own.
"""

import sys
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import DataTable
from typing_extensions import override

from fleet_tui.domain.text import safe_line
from fleet_tui.ui.crop import tighten
from fleet_tui.ui.driver import ConsoleDriver
from fleet_tui.ui.widgets.table import FleetTable
from fleet_tui.views.cells import Cell
from tests.support.rows import COLUMNS, Agents, keys

ROWS = 10_000
READY = "agent-00000"
_FOR = 4
_KEYS: list[BindingType] = [Binding("x", "change", "Change"), Binding("q", "quit", "Quit")]


class Ours(App[None]):
    """The table of the console."""

    BINDINGS: ClassVar[list[BindingType]] = _KEYS
    changes: int = 0

    def __init__(self) -> None:
        super().__init__(driver_class=ConsoleDriver)
        self.source = Agents()

    @override
    def compose(self) -> ComposeResult:
        yield FleetTable(COLUMNS, self.source, id="table")

    def on_mount(self) -> None:
        """Fill it."""
        self.query_one(FleetTable).set_order(keys(ROWS))
        self.query_one(FleetTable).focus()

    def action_change(self) -> None:
        """One age moves on."""
        self.changes += 1
        self.source.overrides["a00005", _FOR] = Cell(safe_line(f"{self.changes}h"))
        self.query_one(FleetTable).rows_changed({"a00005"})


class Theirs(App[None]):
    """DataTable with the same cells."""

    BINDINGS: ClassVar[list[BindingType]] = _KEYS
    changes: int = 0

    @override
    def compose(self) -> ComposeResult:
        yield DataTable[str](cursor_type="row")

    def on_mount(self) -> None:
        """Fill it."""
        table = self.query_one(DataTable)
        source = Agents()
        for column in COLUMNS:
            table.add_column(column.name, width=column.width, key=column.name)
        for key in keys(ROWS):
            table.add_row(*(cell.text for cell in source.cells(key)), key=key)
        table.focus()

    def action_change(self) -> None:
        """One age moves on."""
        self.changes += 1
        self.query_one(DataTable).update_cell("a00005", COLUMNS[_FOR].name, f"{self.changes}h")


if __name__ == "__main__":
    if sys.argv[1] == "ours":
        tighten()
        Ours().run()
    else:
        Theirs().run()
