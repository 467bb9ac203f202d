"""A FleetTable over a small table that a view made whole."""

from collections.abc import Sequence

from fleet_tui.ui.widgets.table import FleetTable
from fleet_tui.views.cells import Cell
from fleet_tui.views.columns import Column
from fleet_tui.views.pieces import TableView


class _Rows:
    """The cells of the table that was shown last."""

    def __init__(self) -> None:
        self.by_key: dict[str, tuple[Cell, ...]] = {}

    def cells(self, key: str) -> Sequence[Cell]:
        return self.by_key[key]


class ViewTable(FleetTable):
    """Shows a `TableView`; only what differs from the one before is drawn again."""

    def __init__(self, columns: Sequence[Column], *, id: str, ascii_only: bool = False) -> None:  # noqa: A002 - Textual's name
        self._held: _Rows = _Rows()
        super().__init__(columns, self._held, id=id, ascii_only=ascii_only)

    def show(self, view: TableView) -> None:
        before = self._held.by_key
        self._held.by_key = {row.key: row.cells for row in view.rows}
        self.set_empty((view.empty,) if view.empty else ())
        self.rows_changed({key for key, cells in self._held.by_key.items() if before.get(key) != cells})
        self.set_order(list(self._held.by_key))
