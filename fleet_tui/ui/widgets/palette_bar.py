"""The palette: letters above, what they could mean below. It stands in the same screen, so that no key goes past it."""

import asyncio
from collections.abc import Callable, Generator, Sequence
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.message import Message
from textual.worker import Worker
from typing_extensions import override

from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.text import SafeText, cell_width
from fleet_tui.ui.palette import Entry
from fleet_tui.ui.text import Line
from fleet_tui.ui.widgets.bar import Bar
from fleet_tui.views.cells import Cell, Role
from fleet_tui.views.completion import Completion
from fleet_tui.views.pieces import cut, said, word

ROWS: Final = 10
_NAME_CELLS: Final = 24
_KEY_CELLS: Final = 8
Search = Callable[[str], Generator[None, None, tuple[Entry, ...]]]


@dataclass
class Picked(Message):
    """An entry was chosen."""

    entry: Entry


class PaletteBar(Bar):
    """Arrows choose, enter takes, escape leaves."""

    sign: ClassVar[SafeText] = SafeText("^p")
    hint: ClassVar[SafeText] = SafeText("letters of a command, a view, a theme or an agent")

    def __init__(self) -> None:
        super().__init__(id="palette")
        self._rows: Line = Line(id="palette-rows")
        self._search: Search | None = None
        self._found: Sequence[Entry] = ()
        self._found_for: str = ""
        self._at: int = 0
        self._wanted: bool = False

    @override
    def compose(self) -> ComposeResult:
        yield from super().compose()
        yield self._rows

    def open(self, search: Search) -> None:
        """Start with everything."""
        self._search, self._found, self._at, self._wanted = search, (), 0, False
        self.show_line("", ())
        self._look("")

    @override
    def completion(self, line: str) -> Completion:
        return Completion(start=0)

    @override
    def typing(self, line: str) -> None:
        self._look(line)

    def _look(self, line: str) -> Worker[None]:
        async def work() -> None:
            await self._searched(line)

        return self.run_worker(work, group="palette", exclusive=True)

    async def _searched(self, line: str) -> None:
        if self._search is None:
            return
        steps = self._search(line)
        while True:
            try:
                next(steps)
            except StopIteration as done:
                self._found, self._found_for, self._at = done.value, line, 0
                break
            await asyncio.sleep(0)
        self._draw()
        if self._wanted:
            self.accept(line)

    @override
    def accept(self, line: str) -> None:
        # Enter typed behind the letters means what they find, not what was found before.
        self._wanted = self._found_for != line or not self._search
        if not self._wanted and self.display:
            self.shut()
            if self._found:
                self.post_message(Picked(self._found[self._at]))

    @override
    def cancel(self) -> None:
        self.shut()

    @override
    def recall(self, step: int) -> None:
        self._at = max(0, min(self._at + step, len(self._found) - 1))
        self._draw()

    @override
    def complete(self, step: int) -> None:
        self.recall(step)

    def _draw(self) -> None:
        first = max(0, min(self._at - ROWS // 2, len(self._found) - ROWS))
        width = max(1, self.screen.size.width)
        rows = [
            cut(_row(entry, chosen=number == self._at), width)
            for number, entry in enumerate(self._found[first : first + ROWS], first)
        ]
        self._rows.show_rows(rows or [(word("  nothing is called like that", Role.DIM),)])
        self.note(word(f"{min(self._at + 1, len(self._found))} of {len(self._found)}", Role.DIM))


def _row(entry: Entry, *, chosen: bool) -> tuple[Cell, ...]:
    name = said(entry.name, Role.STRONG if chosen else Role.PLAIN, 60)
    pad = " " * max(1, _NAME_CELLS - cell_width(name.text))
    return (
        word("> " if chosen else "  ", Role.KEY),
        word(f"{entry.key:<{_KEY_CELLS}}", Role.KEY),
        name,
        word(pad),
        said(entry.help, Role.DIM),
    )
