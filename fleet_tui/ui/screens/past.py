"""The fleet of a past moment, read-only: steps from change to change, and is gone at once."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from typing_extensions import override

from fleet_tui.domain.action import VERBS
from fleet_tui.domain.text import SafeText, safe_join, safe_line
from fleet_tui.ui.keymap import ACTIONS
from fleet_tui.ui.screens.text import TextScreen
from fleet_tui.ui.session import Session
from fleet_tui.ui.text import Line
from fleet_tui.ui.widgets.table import Activated, CursorMoved, FleetTable, HeadingClicked, MarksChanged
from fleet_tui.views import fleet
from fleet_tui.views.cells import Cell, Role
from fleet_tui.views.detail import detail_lines
from fleet_tui.views.ordering import finished
from fleet_tui.views.past import PastFleet, past_lines
from fleet_tui.views.pieces import said, word
from fleet_tui.views.ranking import Ranking
from fleet_tui.views.raw import raw_lines

TOLD_AGAIN_S: Final = 30.0
_VERB_KEYS: Final = ",".join([*(spec.key for spec in VERBS.values() if spec.key is not None), "f9", "W"])
_LIVE_KEYS: Final = ",".join(
    key
    for one in ACTIONS
    if one.verb is None and one.id not in {"interrupt", "suspend_process", "window"}
    for key in one.keys
    if key not in {"escape", "q", "d", "y", "left_curly_bracket", "right_curly_bracket", "left", "right"}
)
_HINT: Final = "{ } step from change to change   :at in the live console jumps   d detail   y raw   End/esc live"

Go = Callable[[datetime], None]


class PastScreen(ModalScreen[None]):
    """One moment at a time. `go` has another one built, which comes to `show`; `front` puts a screen in front."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "live", "Live", show=False),
        Binding("end", "live", "Live", show=False, priority=True),
        Binding("left_curly_bracket", "step(-1)", "Before", show=False),
        Binding("right_curly_bracket", "step(1)", "After", show=False),
        Binding("d", "detail", "Detail", show=False),
        Binding("y", "raw", "Raw", show=False),
        Binding(_VERB_KEYS, "refuse", "Refuse", show=False),
        Binding(_LIVE_KEYS, "elsewhere", "Of the live console", show=False),
    ]

    def __init__(
        self, past: PastFleet, session: Session, *, go: Go, front: Callable[[TextScreen], object], ascii_only: bool
    ) -> None:
        super().__init__()
        self._front: Callable[[TextScreen], object] = front
        self.past: PastFleet = past
        self._session: Session = session
        self._go: Go = go
        self._table: FleetTable = FleetTable(fleet.COLUMNS, self, id="past-table", ascii_only=ascii_only)
        self._under_way: bool = False

    def cells(self, key: str) -> Sequence[Cell]:
        """The row source of the table: ages are those of then."""
        return fleet.cells(self.past.model, self.past.model.fleet[key], self.past.recorded.moment)

    @override
    def compose(self) -> ComposeResult:
        with Vertical(id="past-box"):
            yield Line(id="past-header")
            yield Line(id="past-known")
            yield self._table
            yield Line(id="past-footer")

    def on_mount(self) -> None:
        """Draw the moment."""
        self._table.focus()
        self.show(self.past)
        self.set_interval(TOLD_AGAIN_S, self._tell)

    def on_resize(self) -> None:
        """Lines are cut to the width."""
        self.call_after_refresh(self._tell)

    def show(self, past: PastFleet) -> None:
        """Another moment; the cursor stays on its agent where that was there then."""
        self.past = past
        self._under_way = False
        ranking = Ranking(past.model)
        finished(ranking.rebuild_steps(past.recorded.moment))
        self._table.reload()
        self._table.set_empty((SafeText("there was no agent then"),))
        self._table.set_order(finished(ranking.order_steps()), refiltered=True)
        self._tell()
        self._say("")

    def failed(self) -> None:
        """The moment that was asked for cannot be shown; why was told."""
        self._under_way = False

    def _tell(self) -> None:
        lines = past_lines(self.past, self._session.now(), max(1, self.size.width))
        for name, line in zip(("header", "known"), lines, strict=True):
            self.query_one(f"#past-{name}", Line).show(*line)

    def _say(self, text: str) -> None:
        self.query_one("#past-footer", Line).show(said(text, Role.WARN) if text else word(_HINT, Role.DIM))

    def action_live(self) -> None:
        """Back to now: the live console went on meanwhile."""
        self.dismiss(None)

    def action_step(self, by: int) -> None:
        """To the change before, or after; after the last one it is live again."""
        if self._under_way:
            return
        recorded = self.past.recorded
        to = recorded.earlier if by < 0 else recorded.later
        if to is not None:
            self._under_way = True
            self._go(to)
        elif by > 0:
            self.dismiss(None)
        else:
            self._say("nothing older is recorded")

    def action_refuse(self) -> None:
        """Nothing is done to the past."""
        self._say("this is the past: nothing can be done to it; End goes live")

    def action_elsewhere(self) -> None:
        """What it does everywhere else is not done behind a past that stands in front."""
        self._say("that key is of the live console, and this is the past: End goes there")

    def _handle(self) -> str | None:
        key = self._table.cursor_key
        return key if key in self.past.model.agents else None

    def action_detail(self) -> None:
        """The story of the row, as it was then."""
        if (handle := self._handle()) is not None:
            model, at = self.past.model, self.past.recorded.moment
            lines = [[word("as it was then", Role.WARN)], *detail_lines(model, model.agents[handle], at)]
            self._front(TextScreen(self._heading("detail", handle), lines))

    def action_raw(self) -> None:
        """What was recorded of it."""
        if (handle := self._handle()) is not None:
            model, at = self.past.model, self.past.recorded.moment
            self._front(TextScreen(self._heading("raw", handle), raw_lines(model, model.agents[handle], at)))

    def _heading(self, what: str, handle: str) -> SafeText:
        at = safe_line(f", at {self.past.recorded.moment:%H:%M:%S}Z")
        return safe_join((safe_line(f"{what} "), self.past.model.names.of(handle), at))

    def on_activated(self, message: Activated) -> None:
        """Enter: the story of the row."""
        message.stop()
        self.action_detail()

    def on_cursor_moved(self, message: CursorMoved) -> None:
        """The live console's panel does not follow."""
        message.stop()

    def on_marks_changed(self, message: MarksChanged) -> None:
        """Marks of then mean nothing now."""
        message.stop()

    def on_heading_clicked(self, message: HeadingClicked) -> None:
        """The order is by attention."""
        message.stop()
