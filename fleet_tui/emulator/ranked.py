"""A list that is always in order, and pages through it that survive rows coming and going between them."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator
from datetime import datetime

Key = datetime | float | str
Rank = tuple[Key, str]
"""What the list is ordered by, and the id, which makes it unique."""


class Ranked:
    """Ranks in ascending order."""

    def __init__(self, ranks: Iterable[Rank] = ()) -> None:
        self._ranks: list[Rank] = sorted(ranks)

    def add(self, rank: Rank) -> None:
        insort(self._ranks, rank)

    def remove(self, rank: Rank) -> None:
        """It must be there."""
        del self._ranks[bisect_left(self._ranks, rank)]

    def after(self, rank: Rank | None, *, descending: bool) -> Iterator[str]:
        """The ids behind that rank, whether or not it is still there; all of them when there is none."""
        ranks = self._ranks
        if descending:
            start = len(ranks) if rank is None else bisect_left(ranks, rank)
            yield from (ranks[index][1] for index in range(start - 1, -1, -1))
        else:
            start = 0 if rank is None else bisect_right(ranks, rank)
            yield from (ranks[index][1] for index in range(start, len(ranks)))
