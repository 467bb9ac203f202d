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
from fleet_tui.ui.panes.storied import StoriedPane
from fleet_tui.ui.text import Line
from fleet_tui.ui.widgets.chart import ChartBox
from fleet_tui.ui.widgets.table import CursorMoved
from fleet_tui.ui.widgets.view_table import ViewTable
from fleet_tui.views.apart import Money, group_money
from fleet_tui.views.cells import Role
from fleet_tui.views.chart import SPAN, STEP, spend_chart
from fleet_tui.views.model import Change
from fleet_tui.views.pieces import Line as Pieces
from fleet_tui.views.pieces import word
from fleet_tui.views.spend import GroupBy, Groups, Window, chart_heading, columns_of, spend_lines, spend_table
from fleet_tui.views.spend_detail import group_lines

CHART_LINES: Final = 28
"""Below this height there is no chart above the table."""


class SpendPane(StoriedPane):
    """Grouped by one thing at a time; `v` takes the next, `w` the next window of days."""

    view = View.SPEND
    reads = True
    reads_every_s = 300.0
    tall_lines = 40
    by: GroupBy = GroupBy.TEAM
    window: Window = Window.TODAY
    _spent: tuple[Spent, ...] | None = None
    _watched: tuple[tuple[SourceName, Watch], ...] = ()

    @override
    def compose(self) -> ComposeResult:
        yield Line(id="spend-summary")
        yield ChartBox(id="spend-chart", ascii_only=self.ascii_only)
        view = spend_table(self.model, self.session.now(), self.by)
        yield ViewTable(view.columns, id="spend-table", ascii_only=self.ascii_only)
        yield self.told

    @override
    def take(self, change: Change) -> None:
        self.refill()

    @override
    def refill(self) -> None:
        now = self.session.now()
        groups = [word(f" {by}", Role.STRONG if by is self.by else Role.DIM) for by in GroupBy]
        first = (
            word("SPEND", Role.TITLE),
            word(f"  {self.window.value}, UTC", Role.STRONG),
            word("  by", Role.DIM),
            *groups,
            self.filter_words(),
        )
        lines = spend_lines(self.model, now, self.by, self.window)
        self.query_one("#spend-summary", Line).show_rows([first, *lines], layout=True)
        self.set_class(self.screen.size.height >= CHART_LINES, "charted")
        table = spend_table(self.model, now, self.by, window=self.window, ascii_only=self.ascii_only)
        self.query_one(ViewTable).show(table)
        self.tell_now()

    @override
    def tell(self, key: str) -> list[Pieces]:
        now = self.session.now()
        return group_lines(self.model, now, self.by, self.window, key)

    @override
    def read(self, reader: FleetReader, now: datetime) -> Callable[[], None]:
        since = now - SPAN - STEP
        spent, watched = reader.spent(since=since, step_s=int(STEP.total_seconds())), reader.watched(since=since)
        return lambda: self._told(spent, watched)

    def _told(self, spent: tuple[Spent, ...], watched: tuple[tuple[SourceName, Watch], ...]) -> None:
        self._spent, self._watched = spent, watched
        self._draw_chart()

    @override
    def money_subject(self) -> Money | None:
        group = self.table.cursor_key
        if group is None or self.table.cursor_gone:
            return None
        return group_money(self.model, self.by, group, self.session.now(), window=self.window)

    @override
    def on_cursor_moved(self, message: CursorMoved) -> None:
        """Another group, another curve."""
        super().on_cursor_moved(message)
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

    @override
    def next_window(self) -> None:
        every = list(Window)
        self.window = every[(every.index(self.window) + 1) % len(every)]
        self.query_one(ViewTable).set_columns(columns_of(self.window))
        self.refill()

    def next_group(self) -> None:
        """Group by the next thing."""
        every = list(GroupBy)
        self.by = every[(every.index(self.by) + 1) % len(every)]
        self.refill()
        self._draw_chart()
