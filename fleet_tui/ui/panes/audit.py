"""AUDIT: who did what, why, and how it ended."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final

from textual.app import ComposeResult
from typing_extensions import override

from fleet_tui.domain.filter import Facts
from fleet_tui.domain.record import AuditRow
from fleet_tui.domain.text import SafeText
from fleet_tui.ports import FleetReader
from fleet_tui.ui.keys.table import View
from fleet_tui.ui.panes.storied import StoriedPane
from fleet_tui.ui.screens.text import Lines
from fleet_tui.ui.text import Line
from fleet_tui.ui.widgets.view_table import ViewTable
from fleet_tui.views.audit import audit_lines, audit_table
from fleet_tui.views.cells import Role
from fleet_tui.views.columns import Column
from fleet_tui.views.model import Change
from fleet_tui.views.narrow import AuditFacts
from fleet_tui.views.pieces import Line as Pieces
from fleet_tui.views.pieces import word

NEWEST: Final = 500


class AuditPane(StoriedPane):
    """The newest lines, and all of the one under the cursor; read again when shown and when an action settles."""

    view = View.AUDIT
    reads = True
    rows: tuple[AuditRow, ...] = ()
    _by_seq: Mapping[str, AuditRow] = MappingProxyType({})

    @override
    def columns(self) -> Sequence[Column]:
        return audit_table(()).columns

    @override
    def compose(self) -> ComposeResult:
        yield Line(id="audit-summary")
        yield ViewTable(self.columns(), id="audit-table", ascii_only=self.ascii_only)
        yield self.told

    @override
    def take(self, change: Change) -> None:
        """Nothing in a delta is a line of the audit."""

    @override
    def refill(self) -> None:
        count = f"AUDIT  the newest {len(self.rows)} lines" if self.rows else "AUDIT"
        hint = "   fleet-tui audit --json prints all of them and checks the chain"
        self.query_one("#audit-summary", Line).show(word(count, Role.TITLE), word(hint, Role.DIM))
        self.query_one(ViewTable).show(audit_table(self.rows))
        self.tell_now()

    @override
    def tell(self, key: str) -> list[Pieces]:
        line = self._by_seq.get(key)
        return [] if line is None else audit_lines(line)

    @override
    def read(self, reader: FleetReader, now: datetime) -> Callable[[], None]:
        rows = reader.audit(limit=NEWEST)
        return lambda: self._told(rows)

    def _told(self, rows: tuple[AuditRow, ...]) -> None:
        self.rows = rows
        self._by_seq = {str(row.seq): row for row in rows}
        self.refill()

    @override
    def facts(self, key: str) -> Facts | None:
        line = self._by_seq.get(key)
        return None if line is None else AuditFacts(line, self.session.now())

    @override
    def story(self) -> tuple[SafeText, Lines] | None:
        """The whole line, every foreign text spelled exactly."""
        line = self._by_seq.get(self.table.cursor_key or "")
        return None if line is None else (SafeText("audit"), audit_lines(line))
