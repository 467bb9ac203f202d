"""AUDIT: who did what, why, and how it ended."""

from textual.app import ComposeResult
from typing_extensions import override

from fleet_tui.domain.record import AuditRow
from fleet_tui.ui.keymap import View
from fleet_tui.ui.panes.base import Pane
from fleet_tui.ui.text import Line
from fleet_tui.ui.widgets.view_table import ViewTable
from fleet_tui.views.audit import audit_lines, audit_table
from fleet_tui.views.cells import Role
from fleet_tui.views.model import Change
from fleet_tui.views.pieces import Line as Pieces
from fleet_tui.views.pieces import word


class AuditPane(Pane):
    """The newest lines; read again when the pane is shown and when an action settles."""

    view = View.AUDIT
    rows: tuple[AuditRow, ...] = ()

    @override
    def compose(self) -> ComposeResult:
        yield Line(id="audit-summary")
        yield ViewTable(audit_table(()).columns, id="audit-table", ascii_only=self.ascii_only)

    @override
    def take(self, change: Change) -> None:
        """Nothing in a delta is a line of the audit: the app reads it."""

    @override
    def refill(self) -> None:
        count = f"AUDIT  the newest {len(self.rows)} lines" if self.rows else "AUDIT"
        hint = "   fleet-tui audit --json prints all of them and checks the chain"
        self.query_one("#audit-summary", Line).show(word(count, Role.TITLE), word(hint, Role.DIM))
        self.query_one(ViewTable).show(audit_table(self.rows))

    def told(self, rows: tuple[AuditRow, ...]) -> None:
        """The audit was read."""
        self.rows = rows
        self.refill()

    def line_under_cursor(self) -> list[Pieces]:
        """The whole line, every foreign text spelled exactly."""
        key = self.table.cursor_key
        found = [audit_lines(row) for row in self.rows if str(row.seq) == key]
        return found[0] if found else []
