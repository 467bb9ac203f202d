"""SPEND: the money of the fleet, by team, agent, task, provider, layer or source."""

from collections.abc import Callable, Generator, Sequence
from datetime import UTC, datetime
from typing import Final, TypeVar

from textual.app import ComposeResult
from textual.timer import Timer
from textual.worker import Worker
from typing_extensions import override

from fleet_tui.domain.filter import Filter
from fleet_tui.domain.history import Spent
from fleet_tui.domain.identity import SourceName
from fleet_tui.domain.watch import Watch
from fleet_tui.ports import FleetReader
from fleet_tui.ui.between import made_between
from fleet_tui.ui.keys.table import View
from fleet_tui.ui.panes.storied import StoriedPane
from fleet_tui.ui.session import Session
from fleet_tui.ui.text import Line
from fleet_tui.ui.widgets.chart import ChartBox
from fleet_tui.ui.widgets.table import CursorMoved
from fleet_tui.ui.widgets.view_table import ViewTable
from fleet_tui.views.apart import Money, group_money
from fleet_tui.views.cells import Role
from fleet_tui.views.chart import SPAN, STEP, Chart, chart_steps, has_curve
from fleet_tui.views.columns import Column
from fleet_tui.views.model import Change, FleetModel
from fleet_tui.views.ordering import finished
from fleet_tui.views.pieces import Line as Pieces
from fleet_tui.views.pieces import word
from fleet_tui.views.spend import GroupBy, Groups, Window, chart_heading, columns_of
from fleet_tui.views.spend_detail import group_lines, group_steps
from fleet_tui.views.spend_picture import SpendAsked, SpendPicture, picture_steps

CHART_LINES: Final = 28
"""Below this height there is no chart above the table."""
AT_ONCE_AGENTS: Final = 1000
"""The money of so many agents is added up within a frame; that of more between frames."""
AT_ONCE_PIECES: Final = 5000
"""Pieces of a day's money that are laid into a curve within a frame."""
REST_FACTOR: Final = 20
"""So many times as long as adding up took it rests: a large fleet costs no more than a twentieth of a core."""
_T = TypeVar("_T")


class SpendPane(StoriedPane):
    """Grouped by one thing at a time; `v` takes the next, `w` the next window of days."""

    view = View.SPEND
    reads = True
    reads_every_s = 300.0
    tall_lines = 40
    by_model = True

    def __init__(self, model: FleetModel, session: Session, *, ascii_only: bool = False) -> None:
        super().__init__(model, session, ascii_only=ascii_only)
        self.by: GroupBy = GroupBy.TEAM
        self.window: Window = Window.TODAY
        self._spent: tuple[Spent, ...] | None = None
        self._watched: tuple[tuple[SourceName, Watch], ...] = ()
        self._shown: SpendPicture | None = None
        self._making: bool = False
        """A picture is made between frames, or rests after one."""
        self._make_again: bool = False
        self._anew: bool = False
        """Somebody asked for other rows."""
        self._rest: Timer | None = None

    @override
    def columns(self) -> Sequence[Column]:
        return columns_of(self.window)

    @override
    def compose(self) -> ComposeResult:
        yield Line(id="spend-summary")
        yield ChartBox(id="spend-chart", ascii_only=self.ascii_only)
        yield ViewTable(self.columns(), id="spend-table", ascii_only=self.ascii_only)
        yield self.told

    @override
    def take(self, change: Change) -> None:
        self._again()

    def _again(self) -> None:
        if self._making:
            self._make_again = True
        else:
            self.refill()

    @override
    def refill(self) -> None:
        """Make another picture: at once where the fleet is small, else between frames, the old one standing."""
        self._head()
        if self._rest is not None:
            self._rest.stop()
        self._make_again, self._rest = False, None
        asked = SpendAsked(
            by=self.by,
            window=self.window,
            chosen=self.filter,
            join=self.session.join,
            ascii_only=self.ascii_only,
            spent=self._spent or (),
        )
        steps = picture_steps(self.model, self.session.now(), asked)
        self._making = not self._small
        if self._making:
            self._between(steps, self._settle, "picture")
        else:
            self._show(finished(steps))

    @property
    def _small(self) -> bool:
        return len(self.model.agents) <= AT_ONCE_AGENTS

    def _between(
        self, steps: Generator[None, None, _T], settle: Callable[[_T, float], object], what: str
    ) -> Worker[None]:
        """Newer steps replace those under way."""

        # Called when the worker starts: one that is replaced before then has made no coroutine.
        async def work() -> None:
            await made_between(steps, settle)

        return self.run_worker(work, name=what, group=f"spend-{what}", exclusive=True)

    def _settle(self, picture: SpendPicture, cost_s: float) -> None:
        self._show(picture)
        self._rest = self.set_timer(REST_FACTOR * cost_s, self._rested)

    def _rested(self) -> None:
        self._making, self._rest = False, None
        if self._make_again:
            self.refill()

    def _head(self) -> None:
        """What is asked for, and what is known of it."""
        groups = [word(f" {by}", Role.STRONG if by is self.by else Role.DIM) for by in GroupBy]
        first = (
            word("SPEND", Role.TITLE),
            word(f"  {self.window.value}, UTC", Role.STRONG),
            word("  by", Role.DIM),
            *groups,
            self.filter_words(),
        )
        lines = self._shown.lines if self._shown is not None else ()
        self.query_one("#spend-summary", Line).show_rows([first, *lines], layout=True)

    def _show(self, picture: SpendPicture) -> None:
        self._shown = picture
        self._head()
        self._make_room()
        table = self.query_one(ViewTable)
        if table.columns != picture.table.columns:
            table.set_columns(picture.table.columns)
        table.show(picture.table, anew=self._anew)
        self._anew = False
        self.tell_now()
        self._draw_chart()

    @override
    def tell_now(self) -> None:
        self.make_room()
        key, shown = self.table.cursor_key, self._shown
        if self._small or key is None or self.table.cursor_gone or shown is None:
            super().tell_now()
            return
        steps = group_steps(shown.part, self.session.now(), shown.asked.by, shown.asked.window, key)
        self._between(steps, lambda lines, _: self.show_story(lines), "story")

    @override
    def tell(self, key: str) -> list[Pieces]:
        if (shown := self._shown) is None:
            return []
        return group_lines(shown.part, self.session.now(), shown.asked.by, shown.asked.window, key)

    @override
    def read(self, reader: FleetReader, now: datetime) -> Callable[[], None]:
        since = now - SPAN - STEP
        spent, watched = reader.spent(since=since, step_s=int(STEP.total_seconds())), reader.watched(since=since)
        return lambda: self._told(spent, watched)

    def _told(self, spent: tuple[Spent, ...], watched: tuple[tuple[SourceName, Watch], ...]) -> None:
        self._spent, self._watched = spent, watched
        if self.window is Window.DAY:
            self._again()
        self._make_room()
        self._draw_chart()

    def _make_room(self) -> None:
        """The chart has its place where the screen is high and there is a curve, or is about to be one."""
        now = self.session.now()
        if self._spent is None:
            today = self.model.ledger.fleet(now.astimezone(UTC).date())
            curve = today is not None and today.known
        else:
            curve = has_curve(self._spent, now)
        self.set_class(curve and self.screen.size.height >= CHART_LINES, "charted")

    @override
    def money_subject(self) -> Money | None:
        group, shown = self.table.cursor_key, self._shown
        if group is None or self.table.cursor_gone or shown is None:
            return None
        asked, now = shown.asked, self.session.now()
        return group_money(shown.part, asked.by, group, now, window=asked.window, counts=shown.counts)

    @override
    def on_cursor_moved(self, message: CursorMoved) -> None:
        """Another group, another curve."""
        super().on_cursor_moved(message)
        self._draw_chart()

    def _draw_chart(self) -> None:
        """The money of the group under the cursor over the last day."""
        group, spent, shown = self.table.cursor_key, self._spent, self._shown
        if spent is None or shown is None:
            self._show_chart(group, None)
            return
        of_total = Groups(shown.part, shown.asked.by).of_total
        steps = chart_steps(
            spent,
            self._watched,
            self.session.now(),
            chosen=lambda one: shown.counts(one) and (group is None or of_total(one) == group),
        )
        if len(spent) <= AT_ONCE_PIECES:
            self._show_chart(group, finished(steps))
        else:
            self._between(steps, lambda chart, _: self._show_chart(group, chart), "chart")

    def _show_chart(self, group: str | None, chart: Chart | None) -> None:
        self.query_one(ChartBox).tell(
            chart,
            heading=chart_heading(self._shown.asked.by if self._shown else self.by, group, chart),
            nothing="reading the last day" if chart is None else "no cost of it is known, which is not none",
            role=Role.MONEY,
        )

    @override
    def narrow(self, chosen: Filter) -> None:
        self._anew |= chosen != self.filter
        super().narrow(chosen)

    @override
    def next_window(self) -> None:
        every = list(Window)
        self.window = every[(every.index(self.window) + 1) % len(every)]
        self.refill()

    @override
    def next_group(self) -> None:
        """Group by the next thing."""
        every = list(GroupBy)
        self.by = every[(every.index(self.by) + 1) % len(every)]
        self._anew = True
        self.refill()
