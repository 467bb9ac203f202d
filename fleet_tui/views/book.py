"""Lines one scrolls and searches: only those on the page are ever made, so that a huge or hostile line costs nothing.

A place is a line and a row within it. Nothing counts the rows of all lines: where a line wraps is found out when it
comes near the page.
"""

from collections.abc import Sequence
from typing import Final, Protocol

from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.text import ELLIPSIS, SafeText, cell_width, crop_cells, safe_join
from fleet_tui.views.cells import Cell, Role
from fleet_tui.views.pieces import Line, word
from fleet_tui.views.search import Search

ROWS_OF_A_LINE: Final = 64
"""A line that wraps further is cut there."""
_LABEL_CELLS: Final = 24
_WORD: Final = 24
"""A longer word is cut where the row ends."""
_KEPT: Final = 1024


class Pages(Protocol):
    """Where a book reads its lines."""

    def count(self) -> int: ...

    def line(self, index: int) -> Line:
        """A line as it is drawn, made now."""
        ...

    def indent(self, index: int) -> int:
        """How far the rows of a line that wraps stand in from the second one on."""
        ...


class FixedPages:
    """Lines that do not change."""

    def __init__(self, lines: Sequence[Sequence[Cell | SafeText]]) -> None:
        self._lines = [tuple(one if isinstance(one, Cell) else Cell(one) for one in line) for line in lines]

    def count(self) -> int:
        return len(self._lines)

    def line(self, index: int) -> Line:
        return self._lines[index]

    def indent(self, index: int) -> int:
        """Under what stands behind its label, where it begins with one."""
        first = self._lines[index][:1]
        label = first[0].text if first and len(self._lines[index]) > 1 else ""
        width = cell_width(label)
        return width if label.endswith(" ") and width <= _LABEL_CELLS else 0


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """The row at the top of the page."""

    line: int = 0
    row: int = 0


class Book:
    """The lines of one screen, the place where it is open, and what is searched in it."""

    def __init__(self, pages: Pages, *, wrap: bool, ellipsis: str = ELLIPSIS) -> None:
        self._pages = pages
        self._ellipsis = ellipsis
        self.wrap = wrap
        self.top = Place()
        self.at_end = False
        """The page shows the last lines, also when more come."""
        self.search: Search | None = None
        self.width = 80
        self.height = 24
        self._made: dict[int, list[Line]] = {}

    def resize(self, width: int, height: int) -> None:
        if width != self.width:
            self._made.clear()
        self.width, self.height = max(1, width), max(1, height)

    def turn(self, pages: Pages | None = None) -> None:
        """What the lines say, or how they are drawn, is another thing now."""
        self._pages = pages or self._pages
        self._made.clear()

    @property
    def count(self) -> int:
        return self._pages.count()

    def page(self) -> list[Line]:
        """The rows from the top on, at most as many as the page has."""
        self.top = self._last_top() if self.at_end else min(self.top, self._last_top())
        rows: list[Line] = []
        line, skip = self.top.line, self.top.row
        while line < self.count and len(rows) < self.height:
            rows += self._rows(line)[skip:]
            line, skip = line + 1, 0
        return rows[: self.height]

    def thumb(self) -> tuple[int, int]:
        """Where a scrollbar's thumb starts and ends, in rows of the page; (0, 0) where all is seen."""
        last, count = self._last_top(), self.count
        if last == Place():
            return (0, 0)
        if self.top >= last:
            size = max(1, (count - last.line) * self.height // count)
            return (self.height - size, self.height)
        size = max(1, (self._line_below_page() - self.top.line) * self.height // count)
        start = min(self.top.line * self.height // count, self.height - size - 1)
        return (max(0, start), max(0, start) + size)

    def scroll(self, rows: int) -> None:
        """Down by so many rows, or up; scrolling up leaves the end."""
        self.top = min(self.top, self._last_top())
        place = self.top
        for _ in range(abs(rows)):
            moved = self._below(place) if rows > 0 else self._above(place)
            if moved is None:
                break
            place = moved
        place = min(place, self._last_top())
        self.at_end = self.at_end and (rows > 0 or place == self.top)
        self.top = place

    def scroll_pages(self, pages: int) -> None:
        self.scroll(pages * max(1, self.height - 1))

    def to_first(self) -> None:
        self.at_end = False
        self.top = Place()

    def to_last(self) -> None:
        self.at_end = True
        self.top = self._last_top()

    def found_from(self, line: int, step: int, at_most: int) -> tuple[int | None, int]:
        """Look at up to `at_most` lines from `line` on: the first that has a match, and where to look on."""
        if self.search is None:
            return None, line
        for _ in range(at_most):
            if not 0 <= line < self.count:
                break
            if self.search.within(text_of(self._pages.line(line))):
                return line, line + step
            line += step
        return None, line

    def show_line(self, line: int) -> None:
        """Put a line where it is seen, a third down the page where it was not on it; lines to come leave it there."""
        self.at_end = False
        if not self.top.line <= line < self._line_below_page():
            self.top = min(Place(line), self._last_top())
            self.scroll(-(self.height // 3))

    def _line_below_page(self) -> int:
        line, rows = self.top.line, -self.top.row
        while line < self.count and rows < self.height:
            rows += len(self._rows(line))
            line += 1
        return line if rows <= self.height else line - 1

    def _below(self, place: Place) -> Place | None:
        if place.row + 1 < len(self._rows(place.line)):
            return Place(place.line, place.row + 1)
        return Place(place.line + 1) if place.line + 1 < self.count else None

    def _above(self, place: Place) -> Place | None:
        if place.row > 0:
            return Place(place.line, place.row - 1)
        return Place(place.line - 1, len(self._rows(place.line - 1)) - 1) if place.line > 0 else None

    def _last_top(self) -> Place:
        """The place from which on the last lines just fill the page."""
        line, rows = self.count, 0
        while line > 0 and rows < self.height:
            line -= 1
            rows += len(self._rows(line))
        return Place(line, max(0, rows - self.height))

    def _rows(self, index: int) -> list[Line]:
        if not 0 <= index < self.count:
            return [()]
        rows = self._made.get(index)
        if rows is None:
            if len(self._made) > _KEPT:
                self._made.clear()
            rows = self._made[index] = self._drawn(index)
        return rows

    def _drawn(self, index: int) -> list[Line]:
        line = self._pages.line(index)
        if not self.wrap:
            return [_marked(_cropped(line, self.width, self._ellipsis), self.search)]
        indent = min(self._pages.indent(index), self.width // 2)
        rows = _wrapped(_marked(line, self.search), self.width, indent)
        if len(rows) > ROWS_OF_A_LINE:
            rows = [*rows[: ROWS_OF_A_LINE - 1], (word("  it goes on for longer than anybody reads", Role.DIM),)]
        return rows


def text_of(line: Line) -> SafeText:
    """A line's text without its looks."""
    return safe_join(cell.text for cell in line)


def _cropped(line: Line, width: int, ellipsis: str) -> Line:
    kept: list[Cell] = []
    for cell in line:
        left = width - sum(cell_width(one.text) for one in kept)
        if left <= 0:
            break
        kept.append(Cell(crop_cells(cell.text, left, ellipsis), cell.role))
    return tuple(kept)


def _marked(line: Line, search: Search | None) -> Line:
    """The line with what was found in it in a look of its own."""
    spans = search.spans(text_of(line)) if search is not None else []
    if not spans:
        return line
    cells: list[Cell] = []
    start = 0
    for cell in line:
        end = start + len(cell.text)
        at = start
        for begin, finish in spans:
            first, last = max(begin, at), min(finish, end)
            if first >= last:
                continue
            cells.append(Cell(SafeText(cell.text[at - start : first - start]), cell.role))
            cells.append(Cell(SafeText(cell.text[first - start : last - start]), Role.MATCH))
            at = last
        cells.append(Cell(SafeText(cell.text[at - start :]), cell.role))
        start = end
    return tuple(cell for cell in cells if cell.text)


def _wrapped(line: Line, width: int, indent: int) -> list[Line]:
    """Rows of at most `width` cells; no glyph is torn. At least one row."""
    rows: list[list[Cell]] = [[]]
    left = width
    for cell in line:
        text = cell.text
        while text:
            taken = _whole_words(text, _fitting(text, left))
            if taken:
                rows[-1].append(Cell(SafeText(text[:taken]), cell.role))
                left -= cell_width(text[:taken])
                text = SafeText(text[taken:])
            if text:
                rows.append([word(" " * indent)] if indent else [])
                left = max(2, width - indent)
    return [tuple(row) for row in rows]


def _whole_words(text: SafeText, taken: int) -> int:
    """Back to the last space, where one is near: words stay whole, no row begins with one, nothing is left out."""
    if taken >= len(text):
        return taken
    space = text.rfind(" ", max(0, taken - _WORD), taken)
    return space + 1 if space > 0 else taken


def _fitting(text: SafeText, cells: int) -> int:
    """How many characters of the text take at most so many cells, marks with their base."""
    if text.isascii():
        return min(len(text), max(0, cells))
    used = 0
    for index, char in enumerate(text):
        used += cell_width(char)
        if used > cells:
            return index
    return len(text)
