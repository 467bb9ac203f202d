"""The line a filter is typed into; it says at once whether it can be used."""

from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input
from typing_extensions import override

from fleet_tui.domain.filter import EVERYTHING, Filter, FilterError, parse_line
from fleet_tui.domain.text import SafeText
from fleet_tui.ui.text import Line, field, label
from fleet_tui.views.cells import Role
from fleet_tui.views.pieces import said, word

_PAUSE_S = 0.2


@dataclass
class Filtered(Message):
    """A filter to show rows by; `done` when the line was left."""

    chosen: Filter
    done: bool


class FilterBar(Horizontal):
    """Hidden until asked for. Typing filters after a short pause, enter keeps it, escape takes it back."""

    BINDINGS = [Binding("escape", "cancel", "Cancel", show=False)]  # noqa: RUF012 - Textual's way

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._before: Filter = EVERYTHING
        self._typed: int = 0

    @override
    def compose(self) -> ComposeResult:
        yield label(SafeText("/"), Role.KEY)
        yield field(SafeText(""), id="filter-text", placeholder=SafeText("team:ci state:stuck usd>1 -owner:kim word"))
        yield Line(id="filter-trouble")

    def open(self, now: Filter) -> None:
        self._before = now
        self.display = True
        box = self.query_one(Input)
        box.value = said(now.text).text
        # At once and not with the next message: what is typed behind the slash belongs into the line.
        self.screen.set_focus(box)

    @on(Input.Changed)
    def _changed(self) -> None:
        self._typed += 1
        typed = self._typed
        self.set_timer(_PAUSE_S, lambda: self._settle(typed))

    def _settle(self, typed: int) -> None:
        if typed == self._typed and self.display:
            self._tell(done=False)

    @on(Input.Submitted)
    def _submitted(self) -> None:
        if self._tell(done=True):
            self.display = False

    def _tell(self, *, done: bool) -> bool:
        trouble = self.query_one("#filter-trouble", Line)
        try:
            chosen = parse_line(self.query_one(Input).value)
        except FilterError as error:
            trouble.show(said(str(error), Role.WARN), layout=True)
            return False
        trouble.show(word(""), layout=True)
        self.post_message(Filtered(chosen, done))
        return True

    def action_cancel(self) -> None:
        self._typed += 1
        self.display = False
        self.post_message(Filtered(self._before, done=True))
