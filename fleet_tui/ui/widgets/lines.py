"""Shows the page at which a book is open, on the line API: what is not on the page is neither made nor drawn."""

from typing import ClassVar, Final

from textual import events
from textual.binding import Binding, BindingType
from textual.filter import ANSIToTruecolor, LineFilter
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget
from typing_extensions import override

from fleet_tui.ui.text import segment
from fleet_tui.ui.widgets.table_paint import ASCII_SIGNS, UNICODE_SIGNS, RowState, paint_cells
from fleet_tui.ui.widgets.table_styles import TableStyles, table_styles
from fleet_tui.views.book import Book
from fleet_tui.views.pieces import Line

_WHEEL_ROWS: Final = 3
_BAR: Final = 1


class LinesView(Widget, can_focus=True):
    """Scrolls a book; redraws the rows that differ and no others."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "LinesView { width: 1fr; height: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "scroll_rows(1)", "Down", show=False),
        Binding("k,up", "scroll_rows(-1)", "Up", show=False),
        Binding("g,home", "first", "First", show=False),
        Binding("G,end", "last", "Last", show=False),
        Binding("pagedown,ctrl+f,space", "scroll_pages(1)", "Page down", show=False),
        Binding("pageup,ctrl+b", "scroll_pages(-1)", "Page up", show=False),
    ]

    def __init__(self, book: Book, *, id: str, ascii_only: bool = False) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.book: Book = book
        self._signs = ASCII_SIGNS if ascii_only else UNICODE_SIGNS
        self._rows: list[Line] = []
        self._bar: tuple[int, int] = (0, 0)
        self._looks: TableStyles | None = None
        self._filters: tuple[LineFilter, ...] = ()

    def draw(self) -> None:
        """Show what the page says now."""
        rows, bar = self._page()
        height = self.size.height
        stale = [
            y
            for y in range(height)
            if self._row(self._rows, y) != self._row(rows, y)
            or (self._bar[0] <= y < self._bar[1]) != (bar[0] <= y < bar[1])
        ]
        self._rows, self._bar = rows, bar
        if stale:
            self.refresh(*(Region(0, y, self.size.width, 1) for y in stale))

    def _page(self) -> tuple[list[Line], tuple[int, int]]:
        self.book.resize(self.size.width - _BAR, self.size.height)
        rows = self.book.page()
        return rows, self.book.thumb()

    @staticmethod
    def _row(rows: list[Line], y: int) -> Line:
        return rows[y] if y < len(rows) else ()

    @override
    def render_lines(self, crop: Region) -> list[Strip]:
        strips = [self._strip(y) for y in crop.line_range]
        first, last = crop.column_span
        return [strip.crop(first, last) for strip in strips] if (first, last) != (0, self.size.width) else strips

    def _strip(self, y: int) -> Strip:
        styles = self._styles_now()
        normal = styles.rows[RowState.NORMAL]
        start, end = self._bar
        here = start <= y < end
        strip = Strip.join(
            [
                paint_cells(self._row(self._rows, y), normal, max(0, self.size.width - _BAR)),
                Strip(
                    [segment(self._signs.thumb, styles.thumb)] if here else [segment(self._signs.track, styles.track)]
                )
                if start != end
                else paint_cells((), normal, _BAR),
            ]
        )
        for one in self._filters:
            strip = strip.apply_filter(one, self.background_colors[1])
        return strip

    def _styles_now(self) -> TableStyles:
        if self._looks is None:
            variables = self.app.theme_variables  # pyright: ignore[reportUnknownMemberType] - App is generic
            self._looks = table_styles(variables, self.background_colors[1])
            self._filters = tuple(one for one in self.get_line_filters() if not isinstance(one, ANSIToTruecolor))
        return self._looks

    @override
    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._looks = None
        self.refresh()

    def on_resize(self, event: events.Resize) -> None:
        """Other rows fit now."""
        del event
        self._rows, self._bar = self._page()
        self.refresh()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll."""
        event.stop()
        self.action_scroll_rows(_WHEEL_ROWS)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll."""
        event.stop()
        self.action_scroll_rows(-_WHEEL_ROWS)

    def action_scroll_rows(self, rows: int) -> None:
        """Down, or up."""
        self.book.scroll(rows)
        self.draw()

    def action_scroll_pages(self, pages: int) -> None:
        """A page down, or up."""
        self.book.scroll_pages(pages)
        self.draw()

    def action_first(self) -> None:
        """The first line."""
        self.book.to_first()
        self.draw()

    def action_last(self) -> None:
        """The last line."""
        self.book.to_last()
        self.draw()
