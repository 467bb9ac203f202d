"""Draws one row of a table as a strip: as few segments as its styles allow, every column where the layout put it."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final, assert_never

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.text import SafeText, cell_width, crop_cells, fit_cells, safe_join, safe_line
from fleet_tui.ui.text import segment
from fleet_tui.views.cells import EMPTY, Cell, Role
from fleet_tui.views.columns import Column, Placed

GUTTER: Final = 3
"""Cells left of the first column: the cursor, the mark, a space."""


class RowState(StrEnum):
    """How a row stands out. Each state has a sign in the gutter too."""

    NORMAL = "normal"
    MARKED = "marked"
    CURSOR = "cursor"
    CURSOR_MARKED = "cursor-marked"
    GONE = "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class RowStyles:
    """The styles of one row state: its ground, and its roles on that ground."""

    base: Style
    roles: Mapping[Role, Style]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """What a table draws beside words."""

    cursor: SafeText
    mark: SafeText
    gone: SafeText
    descending: SafeText
    ascending: SafeText
    track: SafeText
    thumb: SafeText
    ellipsis: SafeText


UNICODE_SIGNS: Final = Signs(
    cursor=SafeText("❯"),
    mark=SafeText("●"),
    gone=SafeText("✗"),
    descending=SafeText("▼"),
    ascending=SafeText("▲"),
    track=SafeText("│"),
    thumb=SafeText("┃"),
    ellipsis=SafeText("…"),
)
ASCII_SIGNS: Final = Signs(
    cursor=SafeText(">"),
    mark=SafeText("*"),
    gone=SafeText("x"),
    descending=SafeText("v"),
    ascending=SafeText("^"),
    track=SafeText("|"),
    thumb=SafeText("#"),
    ellipsis=SafeText("~"),
)
_SPACE: Final = SafeText(" ")


class _Runs:
    """Collects text into segments; a new one starts only where the style really changes."""

    def __init__(self, base: Style) -> None:
        self._base = base
        self._style = base
        self._parts: list[SafeText] = []
        self.segments: list[Segment] = []

    def add(self, text: SafeText, style: Style) -> None:
        if style is not self._style:
            self.flush()
            self._style = style
        self._parts.append(text)

    def blank(self, cells: int) -> None:
        """Spaces: they go into the run at hand, unless its style would show on them."""
        if cells > 0:
            self.add(SafeText(" " * cells), self._base if _shows_on_spaces(self._style) else self._style)

    def flush(self) -> None:
        if self._parts:
            self.segments.append(segment(safe_join(self._parts), self._style))
            self._parts = []


def _shows_on_spaces(style: Style) -> bool:
    return bool(style.reverse or style.underline or style.strike)


def gutter(state: RowState, signs: Signs) -> SafeText:
    """The three cells left of a row."""
    here = state in {RowState.CURSOR, RowState.CURSOR_MARKED, RowState.GONE}
    cursor = signs.cursor if here else _SPACE
    match state:
        case RowState.GONE:
            mark = signs.gone
        case RowState.MARKED | RowState.CURSOR_MARKED:
            mark = signs.mark
        case RowState.NORMAL | RowState.CURSOR:
            mark = _SPACE
        case _:
            assert_never(state)
    return safe_join((cursor, mark, _SPACE))


def paint_row(
    cells: Sequence[Cell], placed: Sequence[Placed], styles: RowStyles, state: RowState, signs: Signs, width: int
) -> Strip:
    """One row of exactly `width` cells."""
    runs = _Runs(styles.base)
    runs.add(gutter(state, signs), styles.base)
    x = 0
    for column in placed:
        runs.blank(column.x - x)
        _add_cell(runs, cells[column.index], column, styles, signs)
        x = column.x + column.width
    runs.blank(width - GUTTER - x)
    runs.flush()
    return Strip(runs.segments, width)


def _add_cell(runs: _Runs, cell: Cell, column: Placed, styles: RowStyles, signs: Signs) -> None:
    if not cell.text:
        runs.blank(column.width)
        return
    style = styles.roles[cell.role]
    if not _shows_on_spaces(style):
        runs.add(fit_cells(cell.text, column.width, right=column.right, ellipsis=signs.ellipsis), style)
        return
    shown = crop_cells(cell.text, column.width, signs.ellipsis)
    padding = column.width - cell_width(shown)
    runs.blank(padding if column.right else 0)
    runs.add(shown, style)
    runs.blank(0 if column.right else padding)


def paint_header(
    columns: Sequence[Column],
    placed: Sequence[Placed],
    styles: RowStyles,
    sort: tuple[str, bool] | None,
    signs: Signs,
    width: int,
    *,
    more: Sequence[SafeText] = (),
) -> Strip:
    """The line of column names; the sorted one carries its direction, however narrow it is.

    Of `more`, what there is to say of columns that found no room, the first that fits stands behind the name that
    leaves most room.
    """
    cells = [EMPTY] * len(columns)
    for column in placed:
        name = columns[column.index].name
        if sort is not None and sort[0] == name:
            sign = signs.descending if sort[1] else signs.ascending
            room = crop_cells(safe_line(name), max(0, column.width - 1), SafeText(""))
            cells[column.index] = Cell(safe_join((room, sign)), Role.STRONG)
        else:
            cells[column.index] = Cell(safe_line(name))
    _add_more(cells, placed, more)
    return paint_row(cells, placed, styles, RowState.NORMAL, signs, width)


def _add_more(cells: list[Cell], placed: Sequence[Placed], more: Sequence[SafeText]) -> None:
    rooms = {column.index: column.width - cell_width(cells[column.index].text) for column in placed if not column.right}
    widest = max(rooms, key=lambda index: rooms[index], default=None)
    if widest is None:
        return
    for text in more:
        if cell_width(text) + 1 <= rooms[widest]:
            name = cells[widest]
            gap = SafeText("  ") if cell_width(text) + 2 <= rooms[widest] else _SPACE
            cells[widest] = Cell(safe_join((name.text, gap, text)), name.role)
            return


def paint_line(text: SafeText, style: Style, width: int, signs: Signs, *, centred: bool = False) -> Strip:
    """A line of plain text across the table."""
    shown = crop_cells(text, width, signs.ellipsis)
    before = max(0, (width - cell_width(shown)) // 2) if centred else 0
    line = fit_cells(safe_join((SafeText(" " * before), shown)), width)
    return Strip([segment(line, style)], width)


def paint_cells(cells: Sequence[Cell], styles: RowStyles, width: int) -> Strip:
    """A line of cells one after the other, filled up to `width` cells."""
    runs = _Runs(styles.base)
    used = 0
    for cell in cells:
        runs.add(cell.text, styles.roles[cell.role])
        used += cell_width(cell.text)
    runs.blank(width - used)
    runs.flush()
    return Strip(runs.segments).adjust_cell_length(width, styles.base)


def thumb(rows: int, page: int, top: int) -> tuple[int, int]:
    """Where the thumb of a scrollbar of `page` cells starts and ends, in cells; (0, 0) when all rows are visible."""
    if rows <= page or page < 1:
        return (0, 0)
    size = max(1, page * page // rows)
    start = (page - size) * top // max(1, rows - page)
    return (start, start + size)
