"""The drawing half of a table: lines out of cells, kept until something in them changes, and redrawn by the cell."""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from itertools import zip_longest
from typing import Final, Protocol

from textual.filter import ANSIToTruecolor, LineFilter
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget
from typing_extensions import override

from fleet_tui import clock
from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.text import SafeText, cell_width, safe_line
from fleet_tui.ui.text import segment
from fleet_tui.ui.widgets.table_model import TableModel
from fleet_tui.ui.widgets.table_paint import (
    ASCII_SIGNS,
    GUTTER,
    UNICODE_SIGNS,
    RowState,
    RowStyles,
    Signs,
    paint_header,
    paint_line,
    paint_row,
    thumb,
)
from fleet_tui.ui.widgets.table_styles import TableStyles, table_styles
from fleet_tui.views.arranging import PLAIN, Arranged, lay_out, unseen
from fleet_tui.views.cells import EMPTY, Cell
from fleet_tui.views.columns import Column, Placed
from fleet_tui.views.pieces import TableRow

_KEPT_ROWS: Final = 2048
_BAR: Final = 1
_HEADER: Final = 1


class RowSource(Protocol):
    """Where a table reads its rows; asked for visible rows only, so it may make cells on demand."""

    def cells(self, key: str) -> Sequence[Cell]:
        """The cells of a row, one per column. A key that the source does not know any more raises KeyError."""
        ...


class Ages(Protocol):
    """Tells of rows that print something else by the clock alone."""

    def now(self) -> datetime:
        """The moment that rows are drawn for."""
        ...

    def due_at(self, key: str) -> datetime | None:
        """When a row that is drawn now will print something else; None: never. An unknown key raises KeyError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What stands where on the page, to tell what to redraw after a change."""

    keys: Sequence[str]
    cursor: int
    cursor_key: str | None
    gone: bool
    thumb: tuple[int, int]
    page: int

    @property
    def at_cursor(self) -> tuple[int, str | None, bool]:
        """What the cursor's line shows."""
        return (self.cursor, self.cursor_key, self.gone)

    def bar_lines(self, other: "Look") -> Collection[int]:
        """Lines on which the scrollbar of the other look is drawn otherwise."""
        if (self.thumb[1] == 0) != (other.thumb[1] == 0):
            return range(self.page)
        return set(range(*self.thumb)) ^ set(range(*other.thumb))


class TableCanvas(Widget):
    """Draws a header, rows and a scrollbar. It has no border or padding of its own: put those around it."""

    def __init__(
        self,
        columns: Sequence[Column],
        source: RowSource,
        *,
        ages: Ages | None = None,
        ascii_only: bool = False,
        now_s: Callable[[], float] = clock.monotonic_s,
        id: str | None = None,  # noqa: A002 - Textual's name
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._columns: tuple[Column, ...] = tuple(columns)
        self._source: RowSource = source
        self._ages: Ages | None = ages
        self._due: dict[str, datetime] = {}
        """When the cells that are kept of a row are not right any more."""
        self._signs: Signs = ASCII_SIGNS if ascii_only else UNICODE_SIGNS
        self._now_s: Callable[[], float] = now_s
        self._rows: TableModel = TableModel()
        self._sort: tuple[str, bool] | None = None
        self._empty: tuple[SafeText, ...] = ()
        self._wish: Arranged = PLAIN
        self._wide: bool = False
        self._wide_key: str = ""
        self._placed: tuple[Placed, ...] = ()
        self._placed_for: int = -1
        self._looks: TableStyles | None = None
        self._filters: tuple[LineFilter, ...] = ()
        self._cells: dict[str, Sequence[Cell]] = {}
        self._ends: dict[int, int] = {}
        self._strips: dict[str, dict[tuple[RowState, SafeText], Strip]] = {}

    @property
    def shown_columns(self) -> tuple[str, ...]:
        """The names of the columns that fit the present width."""
        return tuple(self._columns[column.index].name for column in self._layout())

    @property
    def columns(self) -> tuple[Column, ...]:
        """All of them, as the view made them."""
        return self._columns

    @property
    def left_out(self) -> int:
        """How many columns that are not hidden are not shown at the present width."""
        return unseen(self._columns, self._layout(), self._wish)

    def row(self, key: str) -> TableRow | None:
        """A row in full, as its source has it now; None where that does not know it any more."""
        try:
            return TableRow(key=key, cells=tuple(self._source.cells(key)))
        except KeyError:
            return None

    def wish(self, wish: Arranged, *, wide: bool, wide_key: str = "") -> None:
        """Lay the columns out as the operator wants them; `wide_key` shows those that find no room."""
        if (wish, wide, wide_key) != (self._wish, self._wide, self._wide_key):
            self._wish, self._wide, self._wide_key = wish, wide, wide_key
            self._restyle()

    def _layout(self) -> tuple[Placed, ...]:
        width = self.size.width
        if self._placed_for != width:
            self._placed = lay_out(self._columns, width - GUTTER - _BAR, self._wish, wide=self._wide)
            self._placed_for = width
            self._strips.clear()
        return self._placed

    def _restyle(self) -> None:
        """Forget everything drawn, after a theme, the focus or the columns changed."""
        self._looks = None
        self._placed_for = -1
        self._strips.clear()
        self.refresh()

    def _styles_now(self) -> TableStyles:
        if self._looks is None:
            variables = self.app.theme_variables  # pyright: ignore[reportUnknownMemberType] - App is generic
            self._looks = table_styles(variables, self.background_colors[1])
            # Our colours are true colours already, so only the filters that take colour away matter.
            self._filters = tuple(one for one in self.get_line_filters() if not isinstance(one, ANSIToTruecolor))
        return self._looks

    @override
    def render_lines(self, crop: Region) -> list[Strip]:
        strips = [self._line(y) for y in crop.line_range]
        first, last = crop.column_span
        if (first, last) != (0, self.size.width):
            strips = [strip.crop(first, last) for strip in strips]
        return strips

    def first_lines(self, keys: Sequence[str]) -> list[Strip]:
        """The heading and these rows as they are drawn when the cursor stands on the first and nothing is marked."""
        styles, layout, width = self._styles_now(), self._layout(), self.size.width
        start, end = thumb(len(self._rows), self._rows.page, 0)
        drawn = [self._heading(layout)]
        for offset, key in enumerate(keys):
            state = RowState.NORMAL if offset else RowState.CURSOR
            row = paint_row(self._cells_of(key), layout, styles.rows[state], state, self._signs, width - _BAR)
            on_thumb = start <= offset < end
            bar = SafeText(" ") if start == end else self._signs.thumb if on_thumb else self._signs.track
            bar_style = styles.thumb if on_thumb else styles.track
            drawn.append(self.filtered(Strip([*row, segment(bar, bar_style)], width)))
        return drawn

    def _heading(self, layout: Sequence[Placed]) -> Strip:
        header, width = self._styles_now().header, self.size.width
        strip = paint_header(self._columns, layout, header, self._sort, self._signs, width, more=self._more())
        return self.filtered(strip)

    def _more(self) -> Sequence[SafeText]:
        """How many columns are not shown, and the key that shows them, from the longest words to the shortest."""
        count = self.left_out
        if not count:
            return ()
        plural, key = "column" if count == 1 else "columns", f" {self._wide_key}" if self._wide_key else ""
        texts = (f"+{count} {plural}{key}", f"+{count}{key}", f"+{count}")
        return tuple(map(safe_line, texts))

    def _line(self, y: int) -> Strip:
        width = self.size.width
        styles = self._styles_now()
        layout = self._layout()
        if y < _HEADER:
            return self._heading(layout)
        index = self._rows.top + y - _HEADER
        if index < len(self._rows) and y <= self._rows.page:
            return self._row(index, y - _HEADER)
        self._ends[y - _HEADER] = width
        ground = styles.rows[RowState.NORMAL]
        line = y - _HEADER - max(0, (self._rows.page - len(self._empty)) // 2)
        empty = not self._rows.order and 0 <= line < len(self._empty)
        text = self._empty[line] if empty else SafeText("")
        return self.filtered(paint_line(text, ground.base, width, self._signs, centred=True))

    def _row(self, index: int, offset: int) -> Strip:
        key = self._rows.order[index]
        state = self._state(key, index)
        self._ends[offset] = self._text_end(key) if state is RowState.NORMAL else self.size.width
        bar = self._bar(offset)
        kept = self._strips.get(key)
        if kept is None:
            if len(self._strips) > _KEPT_ROWS:
                self._strips.clear()
            kept = self._strips[key] = {}
        strip = kept.get((state, bar))
        if strip is None:
            strip = kept[(state, bar)] = self._paint(self._cells_of(key), state, bar)
        return strip

    def _paint(self, cells: Sequence[Cell], state: RowState, bar: SafeText) -> Strip:
        styles = self._styles_now()
        row = paint_row(cells, self._placed, self._row_styles(state), state, self._signs, self.size.width - _BAR)
        bar_style = styles.thumb if bar == self._signs.thumb else styles.track
        return self.filtered(Strip([*row, segment(bar, bar_style)], self.size.width))

    def _row_styles(self, state: RowState) -> RowStyles:
        styles = self._styles_now()
        if self.has_focus or state not in {RowState.CURSOR, RowState.CURSOR_MARKED}:
            return styles.rows[state]
        return styles.blurred

    def filtered(self, strip: Strip) -> Strip:
        """Without the colours that a terminal does not want."""
        for one in self._filters:
            strip = strip.apply_filter(one, self.background_colors[1])
        return strip

    def _state(self, key: str, index: int) -> RowState:
        if index == self._rows.cursor and key == self._rows.cursor_key:
            if self._rows.on_tombstone:
                return RowState.GONE
            return RowState.CURSOR_MARKED if key in self._rows.marks else RowState.CURSOR
        return RowState.MARKED if key in self._rows.marks else RowState.NORMAL

    def _bar(self, offset: int) -> SafeText:
        start, end = thumb(len(self._rows), self._rows.page, self._rows.top)
        if start == end:
            return SafeText(" ")
        return self._signs.thumb if start <= offset < end else self._signs.track

    def _cells_of(self, key: str) -> Sequence[Cell]:
        cells = self._cells.get(key)
        if cells is None:
            if len(self._cells) > _KEPT_ROWS:
                self._forget_undrawn()
            try:
                cells = self._source.cells(key)
                due = None if self._ages is None else self._ages.due_at(key)
            except KeyError:
                cells, due = (EMPTY,) * len(self._columns), None
            self._cells[key] = cells
            if due is None:
                self._due.pop(key, None)
            else:
                self._due[key] = due
        return cells

    def next_due(self) -> datetime | None:
        """When the first visible row prints something else by the clock alone, if it does not already; None: never."""
        times = (self._due.get(key) if key in self._cells else self._due_if_drawn(key) for key in self._rows.visible())
        return min((at for at in times if at is not None), default=None)

    def _due_if_drawn(self, key: str) -> datetime | None:
        try:
            return None if self._ages is None else self._ages.due_at(key)
        except KeyError:
            return None

    def _overdue(self, keys: Iterable[str]) -> set[str]:
        """Those of them whose kept cells are not right any more."""
        if self._ages is None or not self._due:
            return set()
        now = self._ages.now()
        return {key for key in keys if (at := self._due.get(key)) is not None and at <= now}

    def _forget(self, key: str) -> None:
        """Its cells are made again when they are needed."""
        self._cells.pop(key, None)
        self._due.pop(key, None)
        self._strips.pop(key, None)

    def _forget_undrawn(self) -> None:
        """Keep what is on the screen; the row under a tombstone exists nowhere else any more."""
        kept = {*self._rows.visible(), self._rows.cursor_key or ""}
        self._cells = {key: cells for key, cells in self._cells.items() if key in kept}
        self._due = {key: at for key, at in self._due.items() if key in kept}
        self._strips = {key: strips for key, strips in self._strips.items() if key in kept}

    def _forget_all_but_tombstone(self) -> None:
        gone = self._rows.cursor_key if self._rows.on_tombstone else None
        self._cells = {key: cells for key, cells in self._cells.items() if key == gone}
        self._due.clear()

    def _look(self) -> Look:
        model = self._rows
        keys = model.visible()
        return Look(
            keys=keys,
            cursor=model.cursor - model.top,
            cursor_key=model.cursor_key,
            gone=model.on_tombstone,
            thumb=thumb(len(model), model.page, model.top),
            page=model.page,
        )

    def _refresh_from(self, before: Look) -> None:
        """Redraw what differs from an earlier look: lines as far as text reaches in either, and the scrollbar."""
        now = self._look()
        for key in self._overdue(now.keys):
            if key not in before.keys and not (now.gone and key == now.cursor_key):
                self._forget(key)
        if before.page != now.page or bool(before.keys) != bool(now.keys):
            self._refresh_body()
            return
        whole = set[int]()
        if before.at_cursor != now.at_cursor:
            whole = {before.cursor, now.cursor}
        regions = [
            Region(0, _HEADER + line, self._reach(line, new, line in whole), 1)
            for line, (old, new) in enumerate(zip_longest(before.keys, now.keys))
            if old != new or (line in whole and 0 <= line < now.page)
        ]
        regions += [Region(self.size.width - _BAR, _HEADER + line, _BAR, 1) for line in before.bar_lines(now)]
        if regions:
            self.refresh(*regions)

    def _reach(self, line: int, key: str | None, whole: bool) -> int:
        """How far a line must be redrawn when a row takes it: blanks that end it now and then are blank already."""
        full = self.size.width
        if whole or key is None or key in self._rows.marks:
            return full
        return max(self._ends.get(line, full), self._text_end(key))

    def _text_end(self, key: str) -> int:
        layout = self._layout()
        if not layout:
            return self.size.width
        last = layout[-1]
        text = self._cells_of(key)[last.index].text
        return GUTTER + last.x + (last.width if last.right else min(last.width, cell_width(text)))

    def _refresh_body(self) -> None:
        self.refresh(Region(0, _HEADER, self.size.width, max(0, self.size.height - _HEADER)))

    def _redraw_changed(self, changed: Collection[str]) -> None:
        """Redraw those cells of visible rows that differ from what is on the screen."""
        regions: list[Region] = []
        visible = self._rows.visible()
        gone = self._rows.cursor_key if self._rows.on_tombstone else None
        for offset, key in enumerate(visible):
            if key in changed and key != gone:
                regions += self._changed_cells(key, offset)
        for key in self._cells.keys() & set(changed) - {*visible, gone}:
            self._forget(key)
        if regions:
            self.refresh(*regions)

    def _changed_cells(self, key: str, offset: int) -> list[Region]:
        before = self._cells.pop(key, None)
        now = self._cells_of(key)
        if before == now:
            return []
        self._strips.pop(key, None)
        if before is None:
            return [Region(0, _HEADER + offset, self.size.width, 1)]
        return [
            Region(GUTTER + column.x, _HEADER + offset, column.width, 1)
            for column in self._layout()
            if before[column.index] != now[column.index]
        ]
