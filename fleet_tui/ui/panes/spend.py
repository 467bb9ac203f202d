"""SPEND: the money of the fleet, by team, agent, task, provider, layer or source."""

from textual.app import ComposeResult
from typing_extensions import override

from fleet_tui.ui.keys.table import View
from fleet_tui.ui.panes.base import Pane
from fleet_tui.ui.text import Line
from fleet_tui.ui.widgets.view_table import ViewTable
from fleet_tui.views.cells import Role
from fleet_tui.views.model import Change
from fleet_tui.views.pieces import word
from fleet_tui.views.spend import GroupBy, spend_lines, spend_table


class SpendPane(Pane):
    """Grouped by one thing at a time; `v` takes the next."""

    view = View.SPEND
    by: GroupBy = GroupBy.TEAM

    @override
    def compose(self) -> ComposeResult:
        yield Line(id="spend-summary")
        view = spend_table(self.model, self.session.now(), self.by)
        yield ViewTable(view.columns, id="spend-table", ascii_only=self.ascii_only)

    @override
    def take(self, change: Change) -> None:
        self.refill()

    @override
    def refill(self) -> None:
        now = self.session.now()
        groups = [word(f" {by}", Role.STRONG if by is self.by else Role.DIM) for by in GroupBy]
        first = (word("SPEND", Role.TITLE), word("  today, UTC  by", Role.DIM), *groups)
        self.query_one("#spend-summary", Line).show_rows([first, *spend_lines(self.model, now, self.by)], layout=True)
        self.query_one(ViewTable).show(spend_table(self.model, now, self.by))

    def next_group(self) -> None:
        """Group by the next thing."""
        every = list(GroupBy)
        self.by = every[(every.index(self.by) + 1) % len(every)]
        self.refill()
