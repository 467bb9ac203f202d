"""The console: puts panes together, takes deltas in, and draws again what changed or fell due."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.driver import Driver
from textual.events import Resize
from textual.timer import Timer
from typing_extensions import override

from fleet_tui.domain.delta import FleetDelta
from fleet_tui.domain.text import SafeText
from fleet_tui.ui.acting import ActingApp
from fleet_tui.ui.driver import ConsoleDriver
from fleet_tui.ui.feed import Feed
from fleet_tui.ui.keymap import View, bindings
from fleet_tui.ui.looking import LookingApp
from fleet_tui.ui.messages import FleetPolled, StoreTrouble
from fleet_tui.ui.navigating import NavigatingApp
from fleet_tui.ui.panes.audit import AuditPane
from fleet_tui.ui.panes.failures import FailuresPane
from fleet_tui.ui.panes.fleet import FleetPane, RowPicked
from fleet_tui.ui.panes.spend import SpendPane
from fleet_tui.ui.panes.sprawl import SprawlPane
from fleet_tui.ui.session import Session
from fleet_tui.ui.text import Line
from fleet_tui.ui.themes import DEFAULT, bundled_theme
from fleet_tui.ui.widgets.filter_bar import FilterBar
from fleet_tui.ui.widgets.footer import Footer
from fleet_tui.ui.widgets.panel import BESIDE_CELLS, Panel
from fleet_tui.ui.widgets.panes import Panes
from fleet_tui.views.cells import Role
from fleet_tui.views.detail import detail_lines
from fleet_tui.views.header import header_line
from fleet_tui.views.model import FleetModel
from fleet_tui.views.pieces import cut, said
from fleet_tui.views.sources import strip, strip_due

LOW_LINES: Final = 20
TALL_LINES: Final = 28
_SOONEST_S: Final = 1.0
_LATEST_S: Final = 60.0
_STYLES: Final = Path(__file__).parent / "styles"


class FleetApp(ActingApp, LookingApp, NavigatingApp):
    """One console over one store."""

    TITLE = "fleet-tui"
    CSS_PATH: ClassVar = [_STYLES / "app.tcss", _STYLES / "panes.tcss", _STYLES / "dialogs.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [*bindings()]

    def __init__(
        self,
        session: Session,
        *,
        theme: str = DEFAULT,
        ascii_only: bool = False,
        log_path: Path | None = None,
        driver_class: type[Driver] = ConsoleDriver,
    ) -> None:
        super().__init__(log_path=log_path, driver_class=driver_class)
        self.session = session
        self.model = FleetModel(join=session.join)
        self.feed = Feed(session.reader, self.post_message)
        self.register_theme(bundled_theme(theme))
        self.theme = theme
        self._ascii_only: bool = ascii_only
        self._due: Timer | None = None
        self._trouble: str = ""
        self.fleet_pane = FleetPane(self.model, session, ascii_only=ascii_only)
        self.panel = Panel(id="panel")
        self.outcome = Line(id="outcome")
        self._header: Line = Line(id="header")
        self._strip: Line = Line(id="strip")
        self._footer: Footer = Footer(id="footer")
        self._mine = {}
        self._told = set()

    @override
    def compose(self) -> ComposeResult:
        yield self._header
        yield self._strip
        with Panes(id="panes", initial=View.FLEET.value):
            yield self.fleet_pane
            for pane in (SpendPane, FailuresPane, SprawlPane, AuditPane):
                yield pane(self.model, self.session, ascii_only=self._ascii_only)
        yield self.panel
        yield FilterBar(id="filter")
        yield self.outcome
        yield self._footer

    def on_mount(self) -> None:
        """Start to read, and draw the frame around what comes."""
        self.fleet_pane.table.focus()
        self.told_standing()
        self.fleet_pane.refill()
        self.run_worker(self.feed.run, thread=True, name="feed", group="feed")
        if trouble := self.session.start_collector():
            self.say(said(trouble).text, bad=True)

    def on_unmount(self) -> None:
        """Let the reading thread end."""
        self.feed.stop()
        if self._due is not None:
            self._due.stop()

    def on_fleet_polled(self, message: FleetPolled) -> None:
        """Take the next delta in; another message brings the one after it, so that keys are heard between."""
        message.stop()
        delta = self.feed.take()
        if delta is None:
            return
        self._take(delta)
        if self.feed.waiting:
            self.post_message(FleetPolled())

    def _take(self, delta: FleetDelta) -> None:
        now = self.session.now()
        change = self.model.apply(delta, now)
        if not change:
            return
        self.fleet_pane.take(change)
        if self.pane is not self.fleet_pane:
            self.pane.take(change)
        self.told_standing()
        handle = self.fleet_pane.handle_under_cursor()
        if change.whole or change.sources or handle in change.changed:
            self.draw_panel()
        if change.actions:
            self.told_actions(change.actions)
            self.read_for_pane()

    def on_store_trouble(self, message: StoreTrouble) -> None:
        """The store cannot be read, or can be again."""
        self._trouble = message.sentence
        self.told_standing()

    def on_row_picked(self, message: RowPicked) -> None:
        """The cursor stands elsewhere, or something was marked."""
        message.stop()
        self.draw_panel()
        self._draw_footer()
        self._await_due()

    def on_resize(self, event: Resize) -> None:
        """Lines are cut to the width; the panel goes where the screen is low."""
        panel = self.panel
        panel.set_class(event.size.height < TALL_LINES, "low")
        panel.set_class(event.size.width >= BESIDE_CELLS, "beside")
        self._show_panel(event.size.height)
        self.call_after_refresh(self.told_standing)

    def _show_panel(self, lines: int) -> None:
        self.panel.set_class(lines >= LOW_LINES and self.pane is self.fleet_pane, "shown")

    @override
    def shown_another(self) -> None:
        """Another pane is shown: the panel belongs to FLEET."""
        self._show_panel(self.size.height)
        self.told_standing()

    def draw_panel(self) -> None:
        """The story of the row under the cursor, and what its log said last."""
        panel = self.panel
        if not panel.has_class("shown"):
            return
        handle = self.fleet_pane.handle_under_cursor()
        agent = None if handle is None else self.model.agents.get(handle)
        panel.story([] if agent is None else detail_lines(self.model, agent, self.session.now()))
        self.draw_tail(agent)

    @override
    def told_standing(self) -> None:
        """Header, strip and footer."""
        now, width = self.session.now(), max(1, self.size.width)
        self._header.show(*header_line(self.model, self.session.standing, now, width))
        trouble = (said(self._trouble, Role.BAD),) if self._trouble else ()
        line = cut(trouble, width) if trouble else strip(self.model.statuses.values(), now, width)
        self._strip.show(*line)
        self._draw_footer()
        self._await_due()

    def _draw_footer(self) -> None:
        marked = self.pane.marked() or SafeText("")
        self._footer.tell(self.pane.view, marked=marked, may_act=self.session.may_act())

    def _await_due(self) -> None:
        """Set the one timer that draws again what the clock alone changes."""
        now = self.session.now()
        until = self.session.window_until
        times = [self.fleet_pane.next_due(now), strip_due(self.model.statuses.values(), now)]
        times += [until - timedelta(seconds=int((until - now).total_seconds()) // 60 * 60 - 1) if until else None]
        soonest = min((at for at in times if at is not None and at > now), default=now + timedelta(seconds=_LATEST_S))
        wait_s = min(max((soonest - now).total_seconds(), _SOONEST_S), _LATEST_S)
        if self._due is not None:
            self._due.stop()
        self._due = self.set_timer(wait_s, self._fall_due)

    def _fall_due(self) -> None:
        now: datetime = self.session.now()
        if self.session.window_until is not None and not self.session.may_act():
            self.session.window_until = None
        self.fleet_pane.fall_due(now)
        self.told_standing()
