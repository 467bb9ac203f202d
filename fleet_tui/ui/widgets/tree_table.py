"""A FleetTable some of whose rows stand for several agents: marks are always those of agents."""

from collections.abc import Callable, Sequence

from typing_extensions import override

from fleet_tui.ui.widgets.table import FleetTable, RowSource
from fleet_tui.ui.widgets.table_paint import RowState
from fleet_tui.views.columns import Column


class TreeTable(FleetTable):
    """`stands_for` gives the agents that a row means, as they are at that moment: who joins later is not marked."""

    def __init__(
        self,
        columns: Sequence[Column],
        source: RowSource,
        stands_for: Callable[[str], Sequence[str]],
        *,
        id: str,  # noqa: A002 - Textual's name
        ascii_only: bool = False,
    ) -> None:
        self._stands_for: Callable[[str], Sequence[str]] = stands_for
        super().__init__(columns, source, id=id, ascii_only=ascii_only)

    @override
    def _mark(self, change: Callable[[], bool]) -> None:
        def whole() -> bool:
            changed = change()
            for key in [key for key in self._rows.marks if tuple(self._stands_for(key)) != (key,)]:
                self._rows.unmark((key,))
                self._rows.marks.update(self._stands_for(key))
            return changed

        super()._mark(whole)

    @override
    def action_toggle_mark(self) -> None:
        members = self._members(self._rows.cursor_key)
        if members and self._rows.marks.issuperset(members):
            self._mark(lambda: self._rows.unmark(members))
        else:
            super().action_toggle_mark()

    def _members(self, key: str | None) -> tuple[str, ...]:
        """Whom a row of several stands for; nothing for any other."""
        members = () if key is None else tuple(self._stands_for(key))
        return () if members == (key,) else members

    @override
    def _state(self, key: str, index: int) -> RowState:
        state = super()._state(key, index)
        if state in {RowState.NORMAL, RowState.CURSOR} and self._rows.marks:
            members = self._members(key)
            if members and self._rows.marks.issuperset(members):
                return RowState.MARKED if state is RowState.NORMAL else RowState.CURSOR_MARKED
        return state
