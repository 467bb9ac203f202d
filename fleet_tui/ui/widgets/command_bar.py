"""The line a command is typed into."""

from collections.abc import Awaitable, Callable
from typing import ClassVar

from typing_extensions import override

from fleet_tui.domain.text import SafeText
from fleet_tui.ui.widgets.bar import Bar
from fleet_tui.views.completion import Completion

CarryOut = Callable[[str], Awaitable[str]]
"""Does what a line says; gives a sentence where that cannot be done."""


class CommandBar(Bar):
    """Enter carries out, escape leaves."""

    sign: ClassVar[SafeText] = SafeText(":")
    hint: ClassVar[SafeText] = SafeText("fleet team:ci @source   kill   theme light   tab completes, ? lists")

    def __init__(self) -> None:
        super().__init__(id="command")
        self._complete: Callable[[str], Completion] | None = None
        self._carry_out: CarryOut | None = None

    def open(
        self,
        line: str,
        *,
        complete: Callable[[str], Completion],
        carry_out: CarryOut,
        history: tuple[str, ...],
    ) -> None:
        """Start from a line."""
        self._complete, self._carry_out = complete, carry_out
        self.show_line(line, history)

    @override
    def completion(self, line: str) -> Completion:
        return Completion(start=0) if self._complete is None else self._complete(line)

    @override
    def typing(self, line: str) -> None:
        self.right()

    @override
    async def accept(self, line: str) -> None:
        # A command acts on the table: keys go there before, and come back only for a mistake.
        self.to_table()
        trouble = await self._carry_out(line) if self._carry_out is not None and line.strip() else ""
        if trouble:
            self.wrong(trouble)
            self.to_line()
        else:
            self.shut()

    @override
    def cancel(self) -> None:
        self.shut()
