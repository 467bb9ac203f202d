"""A screen of lines: detail, raw row, events, help. Scrolls, searches, and goes with escape."""

from collections.abc import Sequence
from typing import ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input
from typing_extensions import override

from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.pattern import PatternError
from fleet_tui.domain.text import SafeText, safe_line
from fleet_tui.ui.screens.once import OnceScreen
from fleet_tui.ui.text import field, subtitle, title
from fleet_tui.ui.widgets.lines import LinesView
from fleet_tui.views.book import Book, FixedPages, Pages
from fleet_tui.views.cells import Cell, Role
from fleet_tui.views.pieces import said, word
from fleet_tui.views.search import search_for

Lines = Sequence[Sequence[Cell | SafeText]]

_LOOKED_AT: Final = 200
"""Lines that a search looks at before keys are heard again."""
_HINT: Final = "/ search  n N next  w wrap  z whole screen  esc back"


class BookScreen(OnceScreen[None]):
    """Lines that scroll, wrap and can be searched. A subclass says what they are."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", show=False),
        Binding("q", "dismiss_it", "Back", show=False),
        Binding("slash", "search", "Search", show=False, priority=True),
        Binding("n", "next(1)", "Next", show=False),
        Binding("N", "next(-1)", "Previous", show=False),
        Binding("w", "wrap", "Wrap", show=False),
        Binding("z", "zoom", "Whole screen", show=False),
    ]
    hint = _HINT

    def __init__(self, heading: SafeText, pages: Pages, *, wrap: bool) -> None:
        super().__init__()
        self._heading: SafeText = heading
        self.book: Book = Book(pages, wrap=wrap)
        self._typed: str = ""
        self._looking: int = 0

    @override
    def compose(self) -> ComposeResult:
        with Vertical(id="text-box"):
            yield from self.above()
            yield LinesView(self.book, id="text-lines")
            yield field(SafeText(""), id="text-search", placeholder=SafeText("a part of a line, or ~ and a pattern"))

    def above(self) -> ComposeResult:
        """What stands above the lines."""
        yield from ()

    def on_mount(self) -> None:
        """Draw it."""
        title(self.query_one("#text-box"), self._heading)
        self.tell_hint()
        self.query_one(Input).display = False
        self.query_one(LinesView).focus()

    def tell_hint(self, trouble: str = "") -> None:
        """The keys, or how the search stands."""
        box = self.query_one("#text-box")
        if trouble:
            subtitle(box, said(trouble, Role.WARN, 100))
        elif self._typed:
            subtitle(box, word("/", Role.KEY), said(self._typed, Role.STRONG, 40), word("  n N next  esc clears it"))
        else:
            subtitle(box, word(self.hint, Role.DIM))

    def turned(self, pages: Pages | None = None) -> None:
        """What the lines say, or how, is another thing now."""
        self.book.turn(pages)
        self.query_one(LinesView).draw()

    @override
    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        # The key that opens the search is a character in it.
        return not (action == "search" and isinstance(self.focused, Input))

    def action_search(self) -> None:
        """Type what to look for."""
        box = self.query_one(Input)
        box.value = safe_line(self._typed)
        box.display = True
        self.set_focus(box)

    @on(Input.Submitted)
    def _searched(self, event: Input.Submitted) -> None:
        event.stop()
        try:
            self.book.search = search_for(event.value)
        except PatternError as error:
            self.tell_hint(str(error))
            return
        self._typed = event.value if self.book.search is not None else ""
        self._close_search()
        self.turned()
        self.tell_hint()
        if self.book.search is not None:
            self._look_from(self.book.top.line, 1)

    def _close_search(self) -> None:
        self.query_one(Input).display = False
        self.set_focus(self.query_one(LinesView))

    def action_next(self, step: int) -> None:
        """The next line in which it is found, or the one before."""
        if self.book.search is None:
            self.tell_hint("/ types what to look for")
            return
        self._look_from(self.found_line() + step, step)

    def found_line(self) -> int:
        """The line that was found last, else the one at the top."""
        return self._found if self._found is not None and self._found < self.book.count else self.book.top.line

    _found: int | None = None

    def _look_from(self, line: int, step: int) -> None:
        self._looking += 1
        self._look_on(line, step, self._looking)

    def _look_on(self, line: int, step: int, looking: int) -> None:
        if looking != self._looking or not self.is_attached:
            return
        found, on = self.book.found_from(line, step, _LOOKED_AT)
        if found is not None:
            self._found = found
            self.book.show_line(found)
            self.query_one(LinesView).draw()
            self.tell_hint()
        elif 0 <= on < self.book.count:
            self.call_later(self._look_on, on, step, looking)
        else:
            self.tell_hint(f"no {'further' if self._found is not None else 'line has'} {self._typed}")

    def action_back(self) -> None:
        """Out of the search, then out of the screen."""
        if isinstance(self.focused, Input):
            self._close_search()
            self.tell_hint()
        elif self.book.search is not None:
            self.book.search, self._typed, self._found = None, "", None
            self.turned()
            self.tell_hint()
        else:
            self.dismiss(None)

    def action_dismiss_it(self) -> None:
        self.dismiss(None)

    def action_wrap(self) -> None:
        """Wrap long lines, or cut them."""
        self.book.wrap = not self.book.wrap
        self.turned()

    def action_zoom(self) -> None:
        """The whole screen, or a window of it."""
        self.query_one("#text-box").toggle_class("whole")


@dataclass
class TextRead(Message):
    """What a screen of lines shows was read."""

    lines: Lines


class TextScreen(BookScreen):
    """Shows what it was given; a subclass may go on telling."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d,y,e,l,question_mark,dollar_sign,o", "dismiss_it", "Back", show=False),
    ]

    def __init__(self, heading: SafeText, lines: Lines) -> None:
        super().__init__(heading, FixedPages(lines), wrap=True)

    def tell(self, lines: Lines) -> None:
        """Show these lines."""
        self.turned(FixedPages(lines))

    def on_text_read(self, message: TextRead) -> None:
        """Show it."""
        message.stop()
        self.tell(message.lines)
