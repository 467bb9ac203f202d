"""Keeps the garbage collector from walking through the whole fleet again and again, 300 ms at a time.

Facts hold no cycles: what is replaced is freed at once. So rows that were taken in are put out of its sight.
"""

import gc
from typing import Final

EVERY_ROWS: Final = 5000


class Heap:
    """Counts the rows that were taken in since the last time."""

    def __init__(self) -> None:
        self._rows: int = 0

    def took(self, rows: int, *, loading: bool, alone: bool) -> None:
        """`loading`: more of a whole load follows. `alone`: no dialog is open, whose remains would never be freed."""
        self._rows += rows
        if loading:
            gc.freeze()
        elif self._rows >= EVERY_ROWS and alone:
            gc.collect()
            gc.freeze()
            self._rows = 0
