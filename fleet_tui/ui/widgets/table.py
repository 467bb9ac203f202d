"""A table of any number of rows that draws only what is visible and knows rows by who they are, not where they are."""

import asyncio
from collections.abc import Callable, Collection, Generator, Iterable, Sequence
from typing import Final

from textual import events
from textual.geometry import Region
from textual.worker import Worker
from typing_extensions import override

from fleet_tui.domain.text import SafeText
from fleet_tui.ui.widgets.table_canvas import RowSource, TableCanvas
from fleet_tui.ui.widgets.table_keys import (
    TABLE_BINDINGS,
    Activated,
    CursorMoved,
    HeadingClicked,
    MarksChanged,
    OrderSettled,
    PageMoved,
)
from fleet_tui.ui.widgets.table_model import TOMBSTONE_S
from fleet_tui.ui.widgets.table_paint import GUTTER
from fleet_tui.views.columns import Column

__all__ = ["Activated", "CursorMoved", "FleetTable", "HeadingClicked", "MarksChanged", "OrderSettled", "RowSource"]

_WHEEL_ROWS: Final = 3
_DOUBLE_CLICK: Final = 2


class FleetTable(TableCanvas, can_focus=True):
    """Rows of a `RowSource` in an order of keys; cursor, marks and scroll position belong to keys."""

    ALLOW_SELECT = False
    BINDINGS = TABLE_BINDINGS
    DEFAULT_CSS = "FleetTable { width: 1fr; height: 1fr; }"

    _wanted: str | None = None
    """The row that the cursor shall stand on when the next order holds it."""

    @property
    def cursor_key(self) -> str | None:
        """The row under the cursor, also while it is only a tombstone; None where the cursor stands on no row."""
        return self._rows.cursor_key

    @property
    def cursor_gone(self) -> bool:
        """Whether the row under the cursor has vanished: nothing may be done to it."""
        return self._rows.on_tombstone

    @property
    def order(self) -> Sequence[str]:
        """The keys in their present order, a tombstone included."""
        return self._rows.order

    @property
    def marks(self) -> frozenset[str]:
        """All marked rows, also those that a filter hides."""
        return frozenset(self._rows.marks)

    @property
    def mark_count(self) -> int:
        """How many those are."""
        return len(self._rows.marks)

    @property
    def hidden_marks(self) -> frozenset[str]:
        """Marked rows that the present order leaves out."""
        return frozenset(self._rows.hidden_marks())

    @property
    def visible_keys(self) -> Sequence[str]:
        """The rows on the screen, from the top."""
        return self._rows.visible()

    def follow(self, follows: bool) -> None:
        """Let the page go where the cursor's row goes, from now on, or no more."""
        self._rows.follow = follows
        if follows and self._rows.cursor_key is not None:
            self._swap(lambda: self._rows.move_to(self._rows.cursor))

    def set_order(self, order: list[str], *, refiltered: bool = False) -> None:
        """Show these rows in this order; the table keeps the list. Redraws lines that differ.

        `refiltered`: the user asked for other rows, so a cursor whose row is not among them goes to another. Without
        it such a row becomes a tombstone.
        """
        self._swap(lambda: self._reordered(order, refiltered=refiltered))
        if self._rows.tombstone is not None:
            self.set_timer(TOMBSTONE_S + 0.1, self.bury)

    def _reordered(self, order: list[str], *, refiltered: bool) -> None:
        wanted, self._wanted = self._wanted, None
        self._rows.set_order(order, self._now_s(), refiltered=refiltered)
        if wanted is not None:
            self._rows.move_to_key(wanted)

    def bury(self) -> None:
        """Take a tombstone away whose time is over. Called by a timer, and by whoever moves the time in a test."""
        self._swap(lambda: self._rows.expire(self._now_s()))

    def sort_in_steps(
        self, steps: Generator[None, None, list[str]], settle: Callable[[list[str]], object] | None = None
    ) -> Worker[None]:
        """Sort between frames; the old order stays until the new one is whole. A newer sort replaces one under way.

        `settle` takes the new order, by default `set_order`; it is never called for a sort that was replaced.
        """

        # Called when the worker starts: one that is replaced before then has made no coroutine.
        async def work() -> None:
            await self._sorted_in_steps(steps, settle or self.set_order)

        return self.run_worker(work, name="sort", group=f"sort-{self.id}", exclusive=True)

    async def _sorted_in_steps(
        self, steps: Generator[None, None, list[str]], settle: Callable[[list[str]], object]
    ) -> None:
        while True:
            try:
                next(steps)
            except StopIteration as done:
                order: list[str] = done.value
                settle(order)
                self.post_message(OrderSettled(self.id, len(order)))
                return
            await asyncio.sleep(0)

    def rows_changed(self, keys: Collection[str]) -> None:
        """Redraw what differs in these rows; rows that are not visible cost nothing. Pass a set when there are many."""
        self._redraw_changed(keys)

    def fall_due(self) -> None:
        """Redraw what the clock alone changed in visible rows."""
        self._redraw_changed(self._overdue(self._rows.visible()))

    def forget_unseen(self) -> None:
        """Rows that are not visible are read anew when they are: something that they all show changed."""
        self._forget_undrawn()

    def reload(self) -> None:
        """Read all visible rows anew."""
        self._forget_all_but_tombstone()
        self._restyle()

    def set_columns(self, columns: Sequence[Column]) -> None:
        """Show other columns; the source's cells must fit them."""
        self._columns = tuple(columns)
        self.reload()

    def set_sort(self, column: str | None, *, descending: bool = False) -> None:
        """Show by which column, and in which direction, the order is; it does not sort."""
        self._sort = None if column is None else (column, descending)
        self.refresh(Region(0, 0, self.size.width, 1))

    def set_empty(self, lines: Iterable[SafeText]) -> None:
        """What to say where there are no rows: empty, unreachable and loading are three different things."""
        self._empty = tuple(lines)
        if not self._rows.order:
            self._refresh_body()

    def move_to_key(self, key: str) -> bool:
        """Put the cursor on a row; False when it is not in the order."""
        self._swap(lambda: self._rows.move_to_key(key))
        return self._rows.cursor_key == key

    def land_on(self, key: str) -> None:
        """Put the cursor on a row now, or with the next order that holds it."""
        self._wanted = None if self.move_to_key(key) else key

    def unmark(self, keys: Iterable[str]) -> None:
        """Take marks away, for example of rows that exist no more."""
        self._mark(lambda: self._rows.unmark(keys))

    def lose_marks(self, keys: Iterable[str]) -> None:
        """Take the marks of rows that exist no more away, and remember them."""
        self._mark(lambda: self._rows.lose_marks(keys))

    def mark(self, keys: Iterable[str]) -> None:
        """Mark rows by identity, shown or not."""
        self._mark(lambda: self._rows.mark(keys))

    @property
    def lost_marks(self) -> frozenset[str]:
        """What was marked and exists no more."""
        return frozenset(self._rows.lost_marks)

    def _swap(self, change: Callable[[], object]) -> None:
        """Let the model change, then redraw the lines that differ and say what happened to the cursor."""
        before = self._look()
        change()
        self._refresh_from(before)
        if (before.cursor_key, before.gone) != (self._rows.cursor_key, self._rows.on_tombstone):
            self.post_message(CursorMoved(self.id, self._rows.cursor_key, gone=self._rows.on_tombstone))
        elif self._ages is not None and before.keys != self._rows.visible():
            self.post_message(PageMoved())

    def _mark(self, change: Callable[[], bool]) -> None:
        if change():
            self._refresh_body()
            self.post_message(MarksChanged(self.id, len(self._rows.marks)))

    @override
    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._restyle()

    def on_resize(self, event: events.Resize) -> None:
        """Fit the page and the columns to the new size."""
        self._rows.resize(event.size.height - 1)
        self._restyle()

    def on_focus(self) -> None:
        """Draw the cursor as the one that keys act on."""
        self._restyle()

    def on_blur(self) -> None:
        """Draw the cursor as one that keys do not act on."""
        self._restyle()

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the row that was clicked; a double click opens it."""
        if event.y == 0:
            self._click_heading(event.x - GUTTER)
            return
        index = self._rows.top + event.y - 1
        if index < len(self._rows) and event.y <= self._rows.page:
            self._swap(lambda: self._rows.move_to(index))
            if event.chain == _DOUBLE_CLICK:
                self.action_activate()

    def _click_heading(self, x: int) -> None:
        for column in self._layout():
            if column.x <= x < column.x + column.width:
                self.post_message(HeadingClicked(self.id, self._columns[column.index].name))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll; the cursor stays on its row."""
        event.stop()
        self._swap(lambda: self._rows.scroll_by(_WHEEL_ROWS))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll; the cursor stays on its row."""
        event.stop()
        self._swap(lambda: self._rows.scroll_by(-_WHEEL_ROWS))

    def action_cursor_down(self) -> None:
        """One row down."""
        self._swap(lambda: self._rows.move_by(1))

    def action_cursor_up(self) -> None:
        """One row up."""
        self._swap(lambda: self._rows.move_by(-1))

    def action_first(self) -> None:
        """The first row."""
        self._swap(lambda: self._rows.move_to(0))

    def action_last(self) -> None:
        """The last row."""
        self._swap(lambda: self._rows.move_to(len(self._rows) - 1))

    @override
    def action_page_down(self) -> None:
        """One page down."""
        self._swap(lambda: self._rows.page_by(1))

    @override
    def action_page_up(self) -> None:
        """One page up."""
        self._swap(lambda: self._rows.page_by(-1))

    def action_activate(self) -> None:
        """Open the row under the cursor, if it is there."""
        if self._rows.cursor_key is not None and not self._rows.on_tombstone:
            self.post_message(Activated(self.id, self._rows.cursor_key))

    def action_toggle_mark(self) -> None:
        """Mark or unmark the row under the cursor."""
        self._mark(self._rows.toggle_mark)

    def action_mark_range(self) -> None:
        """Mark from the row last marked to the cursor."""
        self._mark(self._rows.mark_range)

    def action_mark_all(self) -> None:
        """Mark all rows that the filter lets through."""
        self._mark(self._rows.mark_all)

    def action_mark_none(self) -> None:
        """Unmark all rows, hidden ones too."""
        self._mark(self._rows.mark_none)
