"""What is due when: acts that run in the order of their due times as the handed-in time moves past them."""

import heapq
from collections.abc import Callable
from datetime import datetime
from itertools import count

Act = Callable[[datetime], None]


class Timeline:
    """A queue of acts. An act gets its own due time, not the time at which somebody looked, so states stay exact."""

    def __init__(self) -> None:
        self._due: list[tuple[datetime, int, Act]] = []
        self._number = count()

    def at(self, due: datetime, act: Act) -> None:
        """Run `act` once time reaches `due`. An act that has lost its reason must find that out itself."""
        heapq.heappush(self._due, (due, next(self._number), act))

    def run(self, now: datetime) -> None:
        """Run everything due by `now`, acts that these add too."""
        while self._due and self._due[0][0] <= now:
            due, _, act = heapq.heappop(self._due)
            act(due)
