"""SPEND: the money of the fleet, by team, agent, task, provider, layer or source."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from textual.app import ComposeResult
from typing_extensions import override

from fleet_tui.domain.history import Spent
from fleet_tui.domain.identity import SourceName
from fleet_tui.domain.watch import Watch
from fleet_tui.ports import FleetReader
from fleet_tui.ui.keys.table import View
from fleet_tui.ui.panes.base import Pane
from fleet_tui.ui.text import Line
from fleet_tui.ui.widgets.chart import ChartBox
from fleet_tui.ui.widgets.table import CursorMoved
from fleet_tui.ui.widgets.view_table import ViewTable
from fleet_tui.views.cells import Role
from fleet_tui.views.chart import SPAN, STEP, spend_chart
from fleet_tui.views.model import Change
from fleet_tui.views.pieces import word
from fleet_tui.views.spend import GroupBy, Groups, chart_heading, spend_lines, spend_table

CHART_LINES: Final = 28
"""Below this height there is no chart above the table."""


class SpendPane(Pane):
    """Grouped by one thing at a time; `v` takes the next."""

    view = View.SPEND
    reads = True
    reads_every_s = 300.0
    by: GroupBy = GroupBy.TEAM
    _spent: tuple[Spent, ...] | None = None
    _watched: tuple[tuple[SourceName, Watch], ...] = ()

    @override
    def compose(self) -> ComposeResult:
        yield Line(id="spend-summary")
        yield ChartBox(id="spend-chart", ascii_only=self.ascii_only)
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
        self.set_class(self.screen.size.height >= CHART_LINES, "charted")
        self.query_one(ViewTable).show(spend_table(self.model, now, self.by))

    @override
    def read(self, reader: FleetReader, now: datetime) -> Callable[[], None]:
        since = now - SPAN - STEP
        spent, watched = reader.spent(since=since, step_s=int(STEP.total_seconds())), reader.watched(since=since)
        return lambda: self._told(spent, watched)

    def _told(self, spent: tuple[Spent, ...], watched: tuple[tuple[SourceName, Watch], ...]) -> None:
        self._spent, self._watched = spent, watched
        self._draw_chart()

    def on_cursor_moved(self, message: CursorMoved) -> None:
        """Another group, another curve."""
        message.stop()
        self._draw_chart()

    def _draw_chart(self) -> None:
        """The money of the group under the cursor over the last day."""
        now, group = self.session.now(), self.table.cursor_key
        of_total = Groups(self.model, self.by).of_total
        chart = None
        if self._spent is not None:
            chart = spend_chart(
                self._spent, self._watched, now, chosen=lambda one: group is None or of_total(one) == group
            )
        self.query_one(ChartBox).tell(
            chart,
            heading=chart_heading(self.by, group, chart),
            nothing="reading the last day" if chart is None else "no cost of the last 24 h is known, which is not none",
            role=Role.MONEY,
        )

    def next_group(self) -> None:
        """Group by the next thing."""
        every = list(GroupBy)
        self.by = every[(every.index(self.by) + 1) % len(every)]
        self.refill()
        self._draw_chart()
