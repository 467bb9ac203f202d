"""One of a few words in a line, `(o)` before the chosen one: arrows and space go from one to the next."""

from collections.abc import Sequence

from textual.binding import Binding
from textual.events import Click
from textual.message import Message

from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.text import SafeText
from fleet_tui.ui.text import Line
from fleet_tui.views.cells import Cell, Role

_CHOSEN = SafeText("(o) ")
_OTHER = SafeText("( ) ")
_GAP = SafeText("  ")


@dataclass
class Stepped(Message):
    """Another one was chosen."""

    value: str


class OneOf(Line, can_focus=True):
    """Its value is always one of those it was given."""

    BINDINGS = [  # noqa: RUF012 - Textual's way
        Binding("right,space", "step(1)", "Next", show=False),
        Binding("left", "step(-1)", "Previous", show=False),
    ]

    def __init__(self, label: SafeText, values: Sequence[tuple[str, SafeText]], *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._label: SafeText = label
        self._values: tuple[tuple[str, SafeText], ...] = tuple(values)
        self._at: int = 0

    @property
    def value(self) -> str:
        return self._values[self._at][0]

    def on_mount(self) -> None:
        """Draw it."""
        self._draw()

    def choose(self, value: str) -> None:
        """Choose by value; nothing happens where it is chosen already."""
        at = [one for one, _ in self._values].index(value)
        if at != self._at:
            self._at = at
            self._draw()
            self.post_message(Stepped(value))

    def action_step(self, by: int) -> None:
        self.choose(self._values[(self._at + by) % len(self._values)][0])

    def on_click(self, event: Click) -> None:
        """Choose what was clicked."""
        left = len(self._label)
        for value, text in self._values:
            width = len(text) + 6
            if left <= event.x < left + width:
                self.choose(value)
                return
            left += width

    def _draw(self) -> None:
        cells: list[Cell | SafeText] = [Cell(self._label, Role.DIM)]
        for at, (_, text) in enumerate(self._values):
            cells.append(Cell(_CHOSEN if at == self._at else _OTHER, Role.STRONG if at == self._at else Role.PLAIN))
            cells.append(Cell(text, Role.STRONG if at == self._at else Role.PLAIN))
            cells.append(_GAP)
        self.show(*cells)
