"""A screen of lines: detail, raw row, events, help. Scrolls, copies nothing, and goes with escape."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from typing_extensions import override

from fleet_tui.domain.text import SafeText
from fleet_tui.ui.text import Line, title
from fleet_tui.views.cells import Cell

Lines = Sequence[Sequence[Cell | SafeText]]


class TextScreen(ModalScreen[None]):
    """Shows what it was given; a subclass may go on telling."""

    BINDINGS = [  # noqa: RUF012 - Textual's way
        Binding("escape,q,d,y,e,l,question_mark,dollar_sign,o", "dismiss_it", "Back", show=False),
        Binding("j,down", "scroll(1)", "Down", show=False),
        Binding("k,up", "scroll(-1)", "Up", show=False),
        Binding("g,home", "edge(False)", "First", show=False),
        Binding("G,end", "edge(True)", "Last", show=False),
    ]

    def __init__(self, heading: SafeText, lines: Lines) -> None:
        super().__init__()
        self._heading: SafeText = heading
        self._lines: Lines = lines

    @override
    def compose(self) -> ComposeResult:
        with VerticalScroll(id="text-box"):
            yield Line(id="text-lines")

    def on_mount(self) -> None:
        """Draw it."""
        title(self.query_one("#text-box"), self._heading)
        self.tell(self._lines)
        self.query_one("#text-box").focus()

    def tell(self, lines: Lines) -> None:
        """Show these lines."""
        self._lines = lines
        self.query_one("#text-lines", Line).show_rows(lines, layout=True)

    def action_dismiss_it(self) -> None:
        self.dismiss(None)

    def action_scroll(self, lines: int) -> None:
        self.query_one("#text-box").scroll_relative(y=lines, animate=False)

    def action_edge(self, last: bool) -> None:
        box = self.query_one("#text-box")
        if last:
            box.scroll_end(animate=False)
        else:
            box.scroll_home(animate=False)
