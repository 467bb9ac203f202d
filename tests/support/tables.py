"""An app that shows one table, for tests."""

from dataclasses import dataclass, field

from textual.app import ComposeResult
from textual.message import Message
from typing_extensions import override

from fleet_tui.ui.guarded import GuardedApp
from fleet_tui.ui.themes import bundled_theme
from fleet_tui.ui.widgets.table import Activated, CursorMoved, FleetTable, HeadingClicked, MarksChanged, OrderSettled
from tests.support.capture import CaptureDriver
from tests.support.rows import COLUMNS, Agents, keys


@dataclass
class Clock:
    """Seconds that move when told to."""

    now_s: float = 100.0

    def __call__(self) -> float:
        return self.now_s


@dataclass
class Seen:
    """Messages in the order they came."""

    messages: list[Message] = field(default_factory=list)

    def of(self, kind: type[Message]) -> list[Message]:
        """Those of one kind."""
        return [message for message in self.messages if type(message) is kind]


class TableApp(GuardedApp[None]):
    """One table over `Agents`."""

    def __init__(self, rows: int = 50, *, theme: str = "dark", ascii_only: bool = True) -> None:
        super().__init__(driver_class=CaptureDriver)
        self.register_theme(bundled_theme(theme))
        self.theme = theme
        self.source = Agents()
        self.clock = Clock()
        self.seen = Seen()
        self._count = rows
        self._ascii_only = ascii_only

    @override
    def compose(self) -> ComposeResult:
        """The table."""
        yield FleetTable(COLUMNS, self.source, ascii_only=self._ascii_only, now_s=self.clock, id="fleet")

    def on_mount(self) -> None:
        """Fill it."""
        self.table.set_order(keys(self._count))
        self.table.focus()

    @property
    def table(self) -> FleetTable:
        """The table."""
        return self.query_one(FleetTable)

    def on_cursor_moved(self, message: CursorMoved) -> None:
        """Keep it."""
        self.seen.messages.append(message)

    def on_marks_changed(self, message: MarksChanged) -> None:
        """Keep it."""
        self.seen.messages.append(message)

    def on_activated(self, message: Activated) -> None:
        """Keep it."""
        self.seen.messages.append(message)

    def on_order_settled(self, message: OrderSettled) -> None:
        """Keep it."""
        self.seen.messages.append(message)

    def on_heading_clicked(self, message: HeadingClicked) -> None:
        """Keep it."""
        self.seen.messages.append(message)
