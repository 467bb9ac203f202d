"""The console: puts panes together, takes deltas in, and draws again what changed or fell due."""

import asyncio
from pathlib import Path
from typing import ClassVar, Final

from rich.console import RenderableType
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.driver import Driver
from typing_extensions import override

from fleet_tui import clock
from fleet_tui.domain.delta import FleetDelta
from fleet_tui.ui.acting import ActingApp
from fleet_tui.ui.child import Children
from fleet_tui.ui.driver import ConsoleDriver
from fleet_tui.ui.feed import Feed
from fleet_tui.ui.finding import FindingApp
from fleet_tui.ui.first_frame import FirstFrame
from fleet_tui.ui.framing import FramingApp
from fleet_tui.ui.heap import Heap
from fleet_tui.ui.keymap import bindings
from fleet_tui.ui.keys.table import View
from fleet_tui.ui.kinship import KinshipApp
from fleet_tui.ui.last_screen import Keep, Keeper
from fleet_tui.ui.looking import LookingApp
from fleet_tui.ui.messages import FleetPolled
from fleet_tui.ui.owning import OwningApp
from fleet_tui.ui.panes.fleet import FleetPane
from fleet_tui.ui.places import Places
from fleet_tui.ui.plugging import PluggingApp
from fleet_tui.ui.replaying import ReplayingApp
from fleet_tui.ui.saving import SavingApp
from fleet_tui.ui.session import Session
from fleet_tui.ui.telling import Telling
from fleet_tui.ui.text import Line
from fleet_tui.ui.themes import DEFAULT
from fleet_tui.ui.widgets.footer import Footer
from fleet_tui.ui.widgets.panel import Panel
from fleet_tui.ui.widgets.panes import Panes
from fleet_tui.ui.widgets.table import OrderSettled
from fleet_tui.ui.writes import Writes
from fleet_tui.views.attention import AttentionBook
from fleet_tui.views.model import Change, FleetModel

_STYLES: Final = Path(__file__).parent / "styles"


class FleetApp(
    ActingApp, LookingApp, OwningApp, PluggingApp, SavingApp, KinshipApp, ReplayingApp, FindingApp, FramingApp
):
    """One console over one store."""

    TITLE = "fleet-tui"
    CSS_PATH: ClassVar = [_STYLES / "app.tcss", _STYLES / "panes.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [*bindings()]

    def __init__(
        self,
        session: Session,
        *,
        theme: str = DEFAULT,
        ascii_only: bool = False,
        log_path: Path | None = None,
        keep_screen: Keep | None = None,
        driver_class: type[Driver] = ConsoleDriver,
    ) -> None:
        self.unheard, self.writes = [], Writes()
        super().__init__(log_path=log_path, driver_class=driver_class)
        self.session = session
        self.model = FleetModel(join=session.join)
        self.book, self.telling = AttentionBook(self.model, self.look_beside), Telling()
        self.feed = Feed(session.reader, self.post_message, session.bell)
        self._heap: Heap = Heap()
        self._keeper: Keeper = Keeper(keep_screen)
        self._first_frame: FirstFrame = FirstFrame(self, self._drawn)
        self.started = Children()
        self.begin_own(session, theme)
        self.ascii_only = ascii_only
        self.fleet_pane = FleetPane(self.model, session, ascii_only=ascii_only)
        self.panes, self._made = Panes(id="panes", initial=View.FLEET.value), {View.FLEET: self.fleet_pane}
        self.mounting = asyncio.Lock()
        self.panel = Panel(id="panel")
        self.outcome = Line(id="outcome")
        self.header = Line(id="header")
        self.strip = Line(id="strip")
        self.footer = Footer(id="footer")
        self.narrowed = Line(id="narrowed")
        self.places = Places()
        self._mine = {}
        self._told = set()

    @override
    def compose(self) -> ComposeResult:
        yield self.header
        yield self.strip
        with self.panes:
            yield self.fleet_pane
        yield self.panel
        yield self.narrowed
        yield self.outcome
        yield self.footer

    def on_mount(self) -> None:
        """Start to read, and draw the frame around what comes."""
        self.leave_when_told()
        self._first_frame.hold()
        self.fleet_pane.table.focus()
        self.show_own()
        self.told_standing()
        self.fleet_pane.refill()
        self.run_worker(self.feed.run, thread=True, name="feed", group="feed")

    def on_unmount(self) -> None:
        """Let the reading thread end."""
        self.feed.stop()
        self.started.stop()
        self.stop_timers()
        self.leave_no_more()

    @override
    def exit(self, result: None = None, return_code: int = 0, message: RenderableType | None = None) -> None:
        # Later there is no screen any more.
        self._keeper.ended(self)
        super().exit(result, return_code, message)

    async def on_fleet_polled(self, message: FleetPolled) -> None:
        """Take the next delta in; another message brings the one after it, so that keys are heard between."""
        message.stop()
        await asyncio.sleep(0)
        delta = self.feed.take()
        if delta is None:
            return
        self._take(delta)
        if self.feed.waiting:
            self.post_message(FleetPolled())

    def _take(self, delta: FleetDelta) -> None:
        now = self.session.now()
        change = self.model.apply(delta, now)
        self._heap.took(
            delta.rows,
            held=len(self.model.resources),
            loading=not delta.last,
            alone=not self.in_front,
            resting=self.hand.rests(clock.monotonic_s()),
        )
        if change:
            self._took(change)
            self._keeper.changed()
        if not delta.last:
            self._first_frame.show()
        elif not self.fleet_pane.sorting:
            self._settled()

    def on_order_settled(self, message: OrderSettled) -> None:
        """A long fleet is in order."""
        message.stop()
        self._settled()

    def _drawn(self) -> None:
        self._heap.drawn()
        self.feed.drawn()
        self.keep_collector()

    def _settled(self) -> None:
        self._first_frame.show()
        self._keeper.settled(self)

    def _took(self, change: Change) -> None:
        self.fleet_pane.take(change)
        if change.last and self.pane is not self.fleet_pane:
            self.pane.take(change)
        self.told_standing()
        handle = self.fleet_pane.handle_under_cursor()
        if change.whole or change.sources or handle in change.changed:
            self.draw_panel()
        if change.actions:
            self.told_actions(change.actions)
        if change.actions or self.reading_is_due():
            self.read_for_pane()
