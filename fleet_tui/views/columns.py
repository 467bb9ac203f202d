"""Columns as a table, and which of them fit a width: the least important ones drop first, the name never does."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Final

from fleet_tui.domain.dataclass import dataclass

GAP: Final = 1


class Align(StrEnum):
    """On which side a column's text starts."""

    LEFT = "left"
    RIGHT = "right"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column. Widths are in cells; `priority` 0 never drops, of the others the highest drops first.

    A flexible column takes what is left over. Free text of a vendor belongs into the last column, so that a width a
    terminal disagrees on moves nothing.
    """

    name: str
    width: int
    min_width: int = 0
    align: Align = Align.LEFT
    priority: int = 1
    flexible: bool = False

    @property
    def least(self) -> int:
        """The narrowest it is still worth drawing."""
        return min(self.min_width or self.width, self.width)


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A column on the screen: its index in the list of columns, where it starts and how many cells it has."""

    index: int
    x: int
    width: int
    right: bool


def place(columns: Sequence[Column], width: int) -> tuple[Placed, ...]:
    """Lay the columns out in `width` cells, one cell apart; what still does not fit is cut at the right edge."""
    kept = _kept(columns, width)
    widths = {index: columns[index].least for index in kept}
    left = width - _total(widths.values())
    for index in sorted(kept, key=lambda index: columns[index].priority):
        more = max(0, min(left, columns[index].width - widths[index]))
        widths[index] += more
        left -= more
    flexible = [index for index in kept if columns[index].flexible]
    for position, index in enumerate(flexible):
        share = max(0, left) // (len(flexible) - position)
        widths[index] += share
        left -= share
    return _laid_out(columns, kept, widths, width)


def _kept(columns: Sequence[Column], width: int) -> list[int]:
    kept = list(range(len(columns)))
    while _total(columns[index].least for index in kept) > width:
        droppable = [index for index in kept if columns[index].priority > 0]
        if not droppable:
            break
        kept.remove(max(droppable, key=lambda index: (columns[index].priority, index)))
    return kept


def _total(widths: Iterable[int]) -> int:
    listed = list(widths)
    return sum(listed) + GAP * max(0, len(listed) - 1)


def _laid_out(columns: Sequence[Column], kept: Sequence[int], widths: dict[int, int], width: int) -> tuple[Placed, ...]:
    placed: list[Placed] = []
    x = 0
    for index in kept:
        room = min(widths[index], width - x)
        if room <= 0:
            break
        placed.append(Placed(index=index, x=x, width=room, right=columns[index].align is Align.RIGHT))
        x += room + GAP
    return tuple(placed)
