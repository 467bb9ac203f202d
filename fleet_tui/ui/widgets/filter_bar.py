"""The line a filter is typed into; it says at once whether it can be used, and how many rows it lets through."""

from typing import ClassVar

from textual.message import Message
from typing_extensions import override

from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.filter import EVERYTHING, Filter, FilterError, parse_line
from fleet_tui.domain.text import SafeText
from fleet_tui.ui.widgets.bar import Bar
from fleet_tui.views.cells import Role
from fleet_tui.views.completion import Completion, complete_filter
from fleet_tui.views.pieces import word
from fleet_tui.views.vocabulary import Vocabulary

_PAUSE_S = 0.2


@dataclass
class Filtered(Message):
    """A filter to show rows by; `done` when the line was left."""

    chosen: Filter
    done: bool
    line: str = ""
    """What was typed, where it is to be remembered."""


class FilterBar(Bar):
    """Typing filters after a short pause, enter keeps it, escape takes it back. A mistake leaves the last good one."""

    sign: ClassVar[SafeText] = SafeText("/")
    hint: ClassVar[SafeText] = SafeText("team:ci state:stuck usd>1 !word -f fzy   tab completes, ? explains")

    def __init__(self) -> None:
        super().__init__(id="filter")
        self._before: Filter = EVERYTHING
        self._words: Vocabulary | None = None
        self._changes: int = 0

    def open(self, now: Filter, words: Vocabulary, history: tuple[str, ...]) -> None:
        """Start from the filter that is in force."""
        self._before, self._words = now, words
        self.show_line(now.text, history)
        self.choose_all()

    def tell_count(self, shown: int, every: int) -> None:
        """How many rows are let through."""
        self.note(word(f"{shown} of {every}", Role.DIM))

    @override
    def completion(self, line: str) -> Completion:
        return Completion(start=0) if self._words is None else complete_filter(line, self._words)

    @override
    def typing(self, line: str) -> None:
        self._changes += 1
        typed = self._changes
        self.set_timer(_PAUSE_S, lambda: self._settle(typed))

    def _settle(self, typed: int) -> None:
        if typed == self._changes and self.display:
            self._tell(self.line, done=False)

    @override
    def accept(self, line: str) -> None:
        if self._tell(line, done=True):
            self.shut()

    def _tell(self, line: str, *, done: bool) -> bool:
        try:
            chosen = parse_line(line)
        except FilterError as error:
            self.wrong(str(error))
            return False
        self.right()
        self.post_message(Filtered(chosen, done, line))
        return True

    @override
    def cancel(self) -> None:
        self._changes += 1
        self.shut()
        self.post_message(Filtered(self._before, done=True))
