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
    """Two columns of lines, as many as fit."""

    @override
    def compose(self) -> ComposeResult:
        yield Line(id="story")
        yield Line(id="tail")

    def story(self, lines: Sequence[Sequence[Cell]]) -> None:
        self.query_one("#story", Line).show_rows(lines[: max(0, self.size.height)])

    def tail(self, lines: Sequence[SafeText], said: SafeText) -> None:
        room = max(0, self.size.height - 1)
        shown: list[list[Cell | SafeText]] = []
        if room:
            shown.append([word(said, Role.DIM)])
            shown.extend([line] for line in lines[-room:])
        self.query_one("#tail", Line).show_rows(shown)
