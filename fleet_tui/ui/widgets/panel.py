"""The panel under FLEET: the story of the row under the cursor, and its last log lines beside or instead."""

from collections.abc import Sequence
from typing import Final

from textual.app import ComposeResult
from textual.containers import Horizontal
from typing_extensions import override

from fleet_tui.domain.text import SafeText
from fleet_tui.ui.text import Line
from fleet_tui.views.cells import Cell, Role
from fleet_tui.views.pieces import word

BESIDE_CELLS: Final = 100
"""From this width on story and logs stand beside each other."""


class Panel(Horizontal):
    """Two columns of lines, as many as fit; without a log the story has the whole width."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._story: Line = Line(id="story")
        self._tail: Line = Line(id="tail")

    @override
    def compose(self) -> ComposeResult:
        yield self._story
        yield self._tail

    def story(self, lines: Sequence[Sequence[Cell]]) -> None:
        self._story.show_rows(lines[: max(0, self.size.height)])

    def tail(self, lines: Sequence[SafeText], said: SafeText) -> None:
        room = max(0, self.size.height - 1)
        shown: list[list[Cell | SafeText]] = []
        if room:
            shown.append([word(said, Role.DIM)])
            shown.extend([line] for line in lines[-room:])
        self.set_class(bool(lines), "tailed")
        self._tail.show_rows(shown)
