"""What a table remembers between two drawings, all of it by identity: order, cursor, scroll anchor, marks, tombstone.

The cursor's key changes by a user's move only. A row that vanished under it stays as a tombstone a while; afterwards
the cursor keeps its place with no key, until it is moved.
"""

from collections.abc import Iterable
from typing import Final

from fleet_tui.domain.dataclass import dataclass

TOMBSTONE_S: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tombstone:
    """A row that is gone and still shown under the cursor until a moment of the monotonic clock."""

    key: str
    until_s: float


class TableModel:
    """Rows by key, in order; indices are places in that order."""

    def __init__(self) -> None:
        self.order: list[str] = []
        self.top: int = 0
        self.page: int = 1
        self.cursor: int = 0
        self.cursor_key: str | None = None
        self.tombstone: Tombstone | None = None
        self.marks: set[str] = set()
        self.lost_marks: set[str] = set()
        """What was marked and exists no more: remembered until all marks are taken away."""
        self._mark_anchor: str | None = None
        self._landed: bool = False
        self.follow: bool = False
        """The page goes where the cursor's row goes, also when it was scrolled out of sight."""

    def __len__(self) -> int:
        return len(self.order)

    @property
    def on_tombstone(self) -> bool:
        """Whether the row under the cursor is gone."""
        return self.tombstone is not None and self.tombstone.key == self.cursor_key

    def resize(self, page: int) -> None:
        """A page is what is visible at once, in rows. A visible cursor stays visible."""
        seen = self.top <= self.cursor < self.top + self.page
        self.page = max(1, page)
        if seen:
            self._reveal()
        self._clamp_top()

    def set_order(self, order: list[str], now_s: float, *, refiltered: bool = False) -> None:
        """Take a new order, owned by the table from here on. Cursor and scroll anchor stay with their rows.

        `refiltered` says that the user asked for other rows: then a cursor whose row is not among them lands near by.
        """
        offset = self.cursor - self.top
        anchored = 0 <= offset < self.page
        top_key = self.order[self.top] if self.top < len(self.order) else None
        at_top = self.top == 0
        self.order = order
        if refiltered or not self._landed:
            self.tombstone = None
            self._landed = self._landed or bool(order)
            self._land(_index(order, self.cursor_key, self.cursor))
            return
        self._follow_cursor(now_s)
        if anchored:
            self.top = self.cursor - offset
        elif top_key is not None:
            self.top = _index(order, top_key, self.top)
        if at_top and (not anchored or self.cursor < self.page):
            # At the top nothing may slip in above unseen.
            self.top = 0
        if self.follow and self.cursor_key is not None:
            self._reveal()
        self._clamp_top()

    def _follow_cursor(self, now_s: float) -> None:
        if self.cursor_key is None:
            self.cursor = self._clamped(self.cursor)
            return
        index = _index(self.order, self.cursor_key, -1)
        if index >= 0:
            self.cursor = index
            self.tombstone = None
            return
        if self.tombstone is None or self.tombstone.key != self.cursor_key:
            self.tombstone = Tombstone(key=self.cursor_key, until_s=now_s + TOMBSTONE_S)
        if self.tombstone.until_s <= now_s:
            self._bury()
            return
        self.cursor = min(self.cursor, len(self.order))
        self.order.insert(self.cursor, self.cursor_key)

    def _bury(self) -> None:
        self.tombstone = None
        self.cursor_key = None
        self.cursor = self._clamped(self.cursor)

    def expire(self, now_s: float) -> bool:
        """Take a tombstone away when its time is over; True when something changed."""
        if self.tombstone is None or now_s < self.tombstone.until_s:
            return False
        self._drop_row(self.tombstone.key)
        if self.tombstone.key == self.cursor_key:
            self._bury()
        self.tombstone = None
        self._clamp_top()
        return True

    def _drop_row(self, key: str) -> None:
        index = _index(self.order, key, -1)
        if index >= 0:
            del self.order[index]
            if index < self.cursor:
                self.cursor -= 1

    def _leave_tombstone(self) -> None:
        if self.tombstone is not None:
            self._drop_row(self.tombstone.key)
            self.tombstone = None

    def move_to(self, index: int) -> bool:
        """Put the cursor on the row at an index (clamped) and show it; True when its key changed."""
        before = self.cursor_key
        target = self._clamped(index)
        wanted = self.order[target] if self.order else None
        if wanted != before:
            self._leave_tombstone()
            target = _index(self.order, wanted, target) if wanted is not None else 0
        self._land(target)
        return self.cursor_key != before

    def move_by(self, rows: int) -> bool:
        """Move by rows; from a place without a key the first step down lands on the row that took the place."""
        if self.cursor_key is None and rows > 0:
            rows -= 1
        return self.move_to(self.cursor + rows)

    def move_to_key(self, key: str) -> bool:
        """Put the cursor on a row by identity; False when it is not in the order or was there already."""
        index = _index(self.order, key, -1)
        return index >= 0 and self.move_to(index)

    def scroll_by(self, rows: int) -> bool:
        """Scroll without moving the cursor; True when the view moved."""
        before = self.top
        self.top += rows
        self._clamp_top()
        return self.top != before

    def page_by(self, pages: int) -> bool:
        """Move the cursor by whole pages, the view with it."""
        self.top += pages * self.page
        self._clamp_top()
        return self.move_by(pages * self.page)

    def _land(self, index: int) -> None:
        self.cursor = self._clamped(index)
        self.cursor_key = self.order[self.cursor] if self.order else None
        self._reveal()
        self._clamp_top()

    def _reveal(self) -> None:
        self.top = max(min(self.top, self.cursor), self.cursor - self.page + 1)

    def _clamped(self, index: int) -> int:
        return max(0, min(index, len(self.order) - 1))

    def _clamp_top(self) -> None:
        self.top = max(0, min(self.top, len(self.order) - self.page))

    def visible(self) -> list[str]:
        """The keys on the page, in order."""
        return self.order[self.top : self.top + self.page]

    def toggle_mark(self) -> bool:
        """Mark or unmark the row under the cursor; a tombstone cannot be marked."""
        if self.cursor_key is None or self.on_tombstone:
            return False
        self.marks ^= {self.cursor_key}
        self.lost_marks.discard(self.cursor_key)
        self._mark_anchor = self.cursor_key
        return True

    def mark_range(self) -> bool:
        """Mark from the row last marked to the cursor, in the present order; without one, the cursor's row."""
        if self.cursor_key is None:
            return False
        start = _index(self.order, self._mark_anchor, self.cursor) if self._mark_anchor else self.cursor
        low, high = sorted((start, self.cursor))
        return self.mark(self.order[low : high + 1])

    def mark_all(self) -> bool:
        """Mark every row in the order, that is, all that the filter lets through."""
        return self.mark(self.order)

    def mark(self, keys: Iterable[str]) -> bool:
        """Add marks; True when there are more than before."""
        before = len(self.marks)
        self.marks |= set(keys)
        self.lost_marks -= self.marks
        if self.tombstone is not None:
            self.marks.discard(self.tombstone.key)
        self._mark_anchor = self.cursor_key
        return len(self.marks) != before

    def unmark(self, keys: Iterable[str]) -> bool:
        """Take marks away, for example of rows that exist no more; True when there are fewer than before."""
        before = len(self.marks)
        self.marks.difference_update(keys)
        return len(self.marks) != before

    def lose_marks(self, keys: Iterable[str]) -> bool:
        """Take the marks of rows that exist no more away, and remember that they were there."""
        lost = self.marks.intersection(keys)
        self.lost_marks |= lost
        return self.unmark(lost)

    def mark_none(self) -> bool:
        """Take all marks away, and forget those that were lost."""
        had = bool(self.marks) or bool(self.lost_marks)
        self.marks.clear()
        self.lost_marks.clear()
        self._mark_anchor = None
        return had

    def hidden_marks(self) -> set[str]:
        """Marked rows that the present order leaves out; a plan names them."""
        return self.marks.difference(self.order) if self.marks else set()


def _index(order: list[str], key: str | None, otherwise: int) -> int:
    if key is None:
        return otherwise
    try:
        return order.index(key)
    except ValueError:
        return otherwise
