"""The part of the app that frames the panes: header, strip, panel, footer, and the one timer for what falls due."""

from datetime import UTC, datetime, timedelta
from typing import Final

from textual.events import Resize
from textual.timer import Timer
from typing_extensions import override

from fleet_tui import clock
from fleet_tui.domain.text import safe_line
from fleet_tui.ui.attending import AttendingApp
from fleet_tui.ui.messages import RowPicked, StoreTrouble, Told
from fleet_tui.ui.navigating import NavigatingApp
from fleet_tui.ui.text import Line
from fleet_tui.ui.widgets.footer import Footer
from fleet_tui.ui.widgets.panel import BESIDE_CELLS
from fleet_tui.ui.widgets.table_keys import PageMoved
from fleet_tui.views.cells import Role
from fleet_tui.views.detail import detail_lines
from fleet_tui.views.header import header_line
from fleet_tui.views.pieces import cut, said
from fleet_tui.views.sources import is_bad, strip, strip_due

LOW_LINES: Final = 20
"""Below this height there is no panel."""
TALL_LINES: Final = 28
"""Below this height the panel is low."""
REST_S: Final = 0.15
"""The panel follows the cursor when it has rested for so long: a held key draws the table only."""
KEEP_S: Final = 5.0
"""So seldom it is looked whether a collector is alive while readings stay away."""
SOONEST_S: Final = 1.0
"""What falls due is drawn at most so much later."""
LATEST_S: Final = 60.0
AGES_STAND: Final = timedelta(minutes=1)
"""In what does not know what falls due when."""


class FramingApp(NavigatingApp, AttendingApp):
    """Draws nothing that stands there already, and wakes up only when something will print something else."""

    header: Line
    strip: Line
    footer: Footer
    _kept_s: float | None = None
    _due: Timer | None = None
    _aged: datetime = datetime.min.replace(tzinfo=UTC)
    _due_s: float = 0.0
    """When it goes off, on the monotonic clock."""
    _resting: Timer | None = None

    def on_store_trouble(self, message: StoreTrouble) -> None:
        """The store cannot be read, or can be again."""
        self._trouble = message.sentence
        self.told_standing()

    def on_row_picked(self, message: RowPicked) -> None:
        """The cursor stands elsewhere, or something was marked."""
        message.stop()
        self._draw_footer()
        if self._resting is not None:
            self._resting.stop()
        self._resting = self.set_timer(REST_S, self._rested)

    def on_page_moved(self, message: PageMoved) -> None:
        """Other rows fall due at other times."""
        message.stop()
        self._await_due()

    def _rested(self) -> None:
        self.draw_panel()
        self._await_due()

    def on_resize(self, event: Resize) -> None:
        """Lines are cut to the width; the panel goes where the screen is low."""
        self.panel.set_class(event.size.height < TALL_LINES, "low")
        self.panel.set_class(event.size.width >= BESIDE_CELLS, "beside")
        self._show_panel(event.size.height)
        self.call_after_refresh(self.told_standing)

    def _show_panel(self, lines: int) -> None:
        self.panel.set_class(lines >= LOW_LINES and self.pane is self.fleet_pane, "shown")

    @override
    def shown_another(self) -> None:
        self._show_panel(self.size.height)
        self.told_standing()

    def draw_panel(self) -> None:
        """The story of the row under the cursor, and what its log said last."""
        self._draw_panel(tail=True)

    def _draw_panel(self, *, tail: bool) -> None:
        if not self.panel.has_class("shown"):
            return
        handle = self.fleet_pane.handle_under_cursor()
        agent = None if handle is None else self.model.agents.get(handle)
        self.panel.story([] if agent is None else detail_lines(self.model, agent, self.session.now()))
        if tail:
            self.draw_tail(agent)

    @override
    def told_standing(self) -> None:
        self._draw_top()
        self._draw_footer()
        self._await_due()

    def _draw_top(self) -> None:
        now, width = self.session.now(), max(1, self.size.width)
        attention = self.attended()
        self.header.show(*header_line(self.model, self.session.standing, now, width, attention=attention))
        self.pane.attend(attention)
        self.tell_terminal(attention)
        if self._trouble:
            self.strip.show(*cut((said(self._trouble, Role.BAD),), width))
        else:
            self.strip.show(*strip(self.model.statuses.values(), now, width))

    def _draw_footer(self) -> None:
        pane = self.pane
        self.footer.tell(
            pane.view,
            marked=pane.marked(),
            may_act=self.session.may_act(),
            width=self.size.width,
            actions=self.actions,
        )

    def _await_due(self) -> None:
        """Set the one timer that draws again what the clock alone changes."""
        now = self.session.now()
        until = self.session.window_ends
        times = [self.fleet_pane.next_due(), strip_due(self.model.statuses.values(), now), self.book.due(now)]
        if until is not None and until > now:
            times.append(until - timedelta(seconds=int((until - now).total_seconds()) // 60 * 60 - 1))
        soonest = min((at for at in times if at is not None), default=now + timedelta(seconds=LATEST_S))
        wait_s = min(max((soonest - now).total_seconds(), SOONEST_S), LATEST_S)
        if self._due is not None:
            if clock.monotonic_s() + wait_s >= self._due_s:
                # What it was set for is not drawn yet, however often something else is told before.
                return
            self._due.stop()
        self._due_s = clock.monotonic_s() + wait_s
        self._due = self.set_timer(wait_s, self.fall_due)

    def fall_due(self) -> None:
        """The clock moved: draw what prints something else now, and wait for the next such moment."""
        if self._due is not None:
            self._due.stop()
            self._due = None
        if self.session.window_until is not None and not self.session.may_act():
            self.session.window_until = None
            self._draw_footer()
        now = self.session.now()
        self.fleet_pane.fall_due(now)
        self._age_pane(now)
        self._draw_top()
        self._await_due()
        if any(is_bad(status, now) for status in self.model.statuses.values()):
            self.keep_collector()

    def _age_pane(self, now: datetime) -> None:
        """Ages in the panel below FLEET, and in any other pane, are a minute old at most."""
        if not self._aged <= now < self._aged + AGES_STAND:
            self._aged = now
            self.pane.grow_older()
            self._draw_panel(tail=False)

    def keep_collector(self) -> None:
        """Start a collector where none is alive, in a thread: when the console opens, and when readings stay away."""
        now_s = clock.monotonic_s()
        if self._kept_s is not None and now_s - self._kept_s < KEEP_S:
            return
        self._kept_s = now_s
        self.run_worker(self._start_collector, thread=True, group="collector")

    def _start_collector(self) -> None:
        trouble = self.session.start_collector() or ""
        if trouble and trouble != self._told_trouble:
            self.post_message(Told(safe_line(trouble), bad=True))
        self._told_trouble = trouble

    def stop_timers(self) -> None:
        """Nothing is drawn any more."""
        for timer in (self._due, self._resting):
            if timer is not None:
                timer.stop()
