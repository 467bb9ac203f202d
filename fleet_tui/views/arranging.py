"""Columns as an operator wants them: in another order, wider, hidden; and those that found no room, when asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from typing import Final

from fleet_tui.domain.dataclass import dataclass
from fleet_tui.views.columns import Column, Placed, place

WIDEST_NAME: Final = 48
"""How wide the name gets where all columns fit and wide columns are asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arranged:
    """What columns.toml says of one view. Names are those of its columns; others are let stand."""

    order: tuple[str, ...] = ()
    """These first, in this order; the others behind them as they were."""
    hide: frozenset[str] = frozenset()
    width: Mapping[str, int] = field(default_factory=dict[str, int])


PLAIN: Final = Arranged()


def arranged(columns: Sequence[Column], wish: Arranged) -> list[tuple[int, Column]]:
    """The columns to lay out, each with its place in the list. Those that never drop are never hidden either."""
    names = [column.name for column in columns]
    first = [names.index(name) for name in wish.order if name in names]
    every = [*first, *(index for index in range(len(columns)) if index not in first)]
    return [
        (index, _wide(columns[index], wish.width.get(names[index])))
        for index in every
        if columns[index].priority == 0 or names[index] not in wish.hide
    ]


def _wide(column: Column, width: int | None) -> Column:
    if width is None:
        return column
    return replace(column, width=width, min_width=min(width, column.min_width or width), flexible=False)


def lay_out(columns: Sequence[Column], width: int, wish: Arranged = PLAIN, *, wide: bool = False) -> tuple[Placed, ...]:
    """Where each column stands. `wide`: the name beside the columns that find no room else, or a wider name."""
    listed = arranged(columns, wish)
    if wide:
        listed = _others_first(listed, width)
    placed = place([column for _, column in listed], width)
    return tuple(replace(one, index=listed[one.index][0]) for one in placed)


def unseen(columns: Sequence[Column], placed: Sequence[Placed], wish: Arranged = PLAIN) -> int:
    """How many columns that are not hidden stand nowhere."""
    return len(arranged(columns, wish)) - len(placed)


def _others_first(listed: list[tuple[int, Column]], width: int) -> list[tuple[int, Column]]:
    """What dropped may not drop now, and what stood may; the first that never drops is the name, and stays."""
    shown = {listed[one.index][0] for one in place([column for _, column in listed], width)}
    name = min((index for index, column in listed if column.priority == 0), default=None)
    if len(shown) == len(listed):
        return [
            (index, replace(column, width=WIDEST_NAME, min_width=column.least) if index == name else column)
            for index, column in listed
        ]
    return [
        (index, column if index == name else replace(column, priority=column.priority + 20 if index in shown else 1))
        for index, column in listed
    ]
