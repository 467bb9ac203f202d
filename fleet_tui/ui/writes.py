"""What threads are writing to the store, so that whoever leaves can be told what is waited for."""

import threading
from collections.abc import Callable
from typing import Final, TypeVar

T = TypeVar("T")

SOON_S: Final = 0.3
"""Most writes take some milliseconds: nobody is told of those."""


class Writes:
    """Counted from any thread."""

    def __init__(self) -> None:
        self._lock: threading.Lock = threading.Lock()
        self._under_way: int = 0
        self._none: threading.Event = threading.Event()
        self._none.set()

    def counted(self, write: Callable[[], T]) -> Callable[[], T]:
        """The same write, counted from when it begins until it ended, however it did."""

        def run() -> T:
            self._begin()
            try:
                return write()
            finally:
                self._end()

        return run

    def ended(self, within_s: float = SOON_S) -> bool:
        """Wait for so long; whether nothing is being written then. Blocks."""
        return self._none.wait(within_s)

    def _begin(self) -> None:
        with self._lock:
            self._under_way += 1
            self._none.clear()

    def _end(self) -> None:
        with self._lock:
            self._under_way -= 1
            if not self._under_way:
                self._none.set()
