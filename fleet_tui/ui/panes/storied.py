"""A pane that tells more of the row under the cursor below its table."""

from typing import ClassVar, Final

from textual.events import Resize
from textual.timer import Timer

from fleet_tui.domain.text import SafeText
from fleet_tui.ui.panes.base import Pane
from fleet_tui.ui.session import Session
from fleet_tui.ui.text import Line
from fleet_tui.ui.widgets.table import CursorMoved
from fleet_tui.views.cells import Cell
from fleet_tui.views.model import FleetModel
from fleet_tui.views.pieces import Line as Pieces

REST_S: Final = 0.15
"""The story follows the cursor when it has rested for so long: a held key draws the table only."""
TALL_LINES: Final = 23
"""A pane below this height has a low story."""
LOW_LINES: Final = 12
"""And below this one none."""


class StoriedPane(Pane):
    """Its subclass composes `self.told` as the last of its parts and says what to tell of a row."""

    tall_lines: ClassVar[int] = TALL_LINES

    def __init__(self, model: FleetModel, session: Session, *, ascii_only: bool = False) -> None:
        super().__init__(model, session, ascii_only=ascii_only)
        self.told: Line = Line(classes="story")
        self._resting: Timer | None = None

    def tell(self, key: str) -> list[Pieces]:
        """The story of a row that is there."""
        raise NotImplementedError

    def tell_now(self) -> None:
        """Draw the story of the row under the cursor."""
        self.make_room()
        table = self.table
        key = table.cursor_key
        self.show_story([] if key is None or table.cursor_gone else self.tell(key))

    def make_room(self) -> None:
        """The story has its place where the screen is high enough and there is a row to tell of."""
        wanted = self.size.height >= LOW_LINES and bool(self.table.order)
        if self.size.height and wanted is not self.told.display:
            self.told.display = wanted
            if wanted:
                self.call_after_refresh(self.tell_now)

    def show_story(self, rows: list[Pieces]) -> None:
        """Draw as much of it as there is room for."""
        room = max(0, self.told.size.height)
        shown: list[list[Cell | SafeText]] = [list(row) for row in rows[:room]]
        self.told.show_rows(shown)

    def on_cursor_moved(self, message: CursorMoved) -> None:
        """Wait until the cursor rests."""
        message.stop()
        if self._resting is not None:
            self._resting.stop()
        self._resting = self.set_timer(REST_S, self.tell_now)

    def on_resize(self, event: Resize) -> None:
        """The story gives way to the table where the screen is low."""
        self.told.set_class(event.size.height < self.tall_lines, "low")
        self.call_after_refresh(self.tell_now)
