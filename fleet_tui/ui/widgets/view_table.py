"""A FleetTable over a small table that a view made whole, or over the part of it that a filter lets through."""

from collections.abc import Generator, Sequence
from typing import Final

from typing_extensions import override

from fleet_tui.domain.filter import EVERYTHING, Facts, Filter
from fleet_tui.ui.widgets.table import FleetTable
from fleet_tui.ui.widgets.table_keys import Counted
from fleet_tui.ui.widgets.table_paint import RowState
from fleet_tui.views.cells import Cell
from fleet_tui.views.columns import Column
from fleet_tui.views.ordering import finished
from fleet_tui.views.pieces import TableView
from fleet_tui.views.sieve import About, sieve_steps

AT_ONCE_ROWS: Final = 2000
"""A table of so many rows is filtered within a frame; a longer one between frames."""


class _Rows:
    """The cells of the table that was shown last."""

    def __init__(self) -> None:
        self.by_key: dict[str, tuple[Cell, ...]] = {}

    def cells(self, key: str) -> Sequence[Cell]:
        return self.by_key[key]


def _nothing(_key: str) -> Facts | None:
    return None


class ViewTable(FleetTable):
    """Shows a `TableView`; only what differs from the one before is drawn again."""

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        id: str,  # noqa: A002 - Textual's name
        ascii_only: bool = False,
        beside: bool = False,
    ) -> None:
        self._held: _Rows = _Rows()
        self._whole: TableView = TableView(columns=tuple(columns), rows=())
        self._chosen: Filter = EVERYTHING
        self._about: About = _nothing
        self._asked_anew: bool = False
        self._sifting: bool = False
        self._sift_again: bool = False
        super().__init__(columns, self._held, id=id, ascii_only=ascii_only)
        self._beside: bool = beside
        """Keys act on another table: no cursor is drawn here until somebody clicks into it."""

    @property
    def count(self) -> tuple[int, int]:
        """How many rows are shown, and how many there are."""
        return len(self._held.by_key), len(self._whole.rows)

    def show(self, view: TableView, *, anew: bool = False) -> None:
        """Show another table of the same kind, through the present filter; `anew`: the user asked for other rows."""
        self._asked_anew |= anew
        self._whole = view
        if self._sifting:
            self._sift_again = True
        else:
            self._sift()

    def sift(self, chosen: Filter, about: About) -> None:
        """Show only what a filter lets through; `about` says what stands behind a row."""
        self._chosen, self._about, self._asked_anew = chosen, about, True
        self._sift()

    @override
    def _state(self, key: str, index: int) -> RowState:
        state = super()._state(key, index)
        away = self._beside and not self.has_focus
        return (
            {RowState.CURSOR: RowState.NORMAL, RowState.CURSOR_MARKED: RowState.MARKED}.get(state, state)
            if away
            else state
        )

    def _sift(self) -> None:
        self._sift_again = False
        steps = sieve_steps(self._whole, self._chosen, self._about)
        self._sifting = bool(self._chosen) and len(self._whole.rows) > AT_ONCE_ROWS
        if self._sifting:
            self.sort_in_steps(self._in_steps(steps), self._settled)
        else:
            self._put(finished(steps))

    def _in_steps(self, steps: Generator[None, None, TableView]) -> Generator[None, None, list[str]]:
        view = yield from steps
        self._put(view)
        return []

    def _settled(self, _order: list[str]) -> None:
        self._sifting = False
        if self._sift_again:
            self._sift()

    def _put(self, view: TableView) -> None:
        before, anew = self._held.by_key, self._asked_anew
        self._asked_anew = False
        self._held.by_key = {row.key: row.cells for row in view.rows}
        self.set_empty((view.empty,) if view.empty else ())
        # Of a long table only the rows that are drawn are looked into, by the table itself.
        long = len(self._held.by_key) > AT_ONCE_ROWS
        self.rows_changed({key for key, cells in self._held.by_key.items() if long or before.get(key) != cells})
        self.set_order(list(self._held.by_key), refiltered=anew)
        if anew or self._chosen:
            self.post_message(Counted())
