"""The line a command is typed into."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from textual.message import Message
from typing_extensions import override

from fleet_tui.domain.text import SafeText
from fleet_tui.ui.widgets.bar import Bar
from fleet_tui.views.completion import Completion


@dataclass
class Commanded(Message):
    """A command to carry out; an empty line when it was left without one. The bar stays open until it is shut."""

    line: str


class CommandBar(Bar):
    """Enter carries out, escape leaves."""

    sign: ClassVar[SafeText] = SafeText(":")
    hint: ClassVar[SafeText] = SafeText("fleet team:ci @source   kill   theme light   tab completes, ? lists")

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._complete: Callable[[str], Completion] | None = None

    def open(self, line: str, complete: Callable[[str], Completion], history: tuple[str, ...]) -> None:
        """Start from a line."""
        self._complete = complete
        self.show_line(line, history)

    @override
    def completion(self, line: str) -> Completion:
        return Completion(start=0) if self._complete is None else self._complete(line)

    @override
    def typing(self, line: str) -> None:
        self.right()

    @override
    def accept(self, line: str) -> None:
        self.post_message(Commanded(line))

    @override
    def action_cancel(self) -> None:
        self.post_message(Commanded(""))
