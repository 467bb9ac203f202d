"""Keeps the garbage collector from walking through the whole fleet again and again, 300 ms at a time.

Facts hold no cycles: what is replaced is freed at once. So rows that were taken in are put out of its sight. What else
was alive then goes out of sight too, and when its time is over it would stay for ever: 2 MB an hour in a busy fleet.
So now and then everything is looked at again: at once where that costs a few milliseconds, else while nobody types.
"""

import gc
from typing import Final

EVERY_ROWS: Final = 5000
FEW_ROWS: Final = 20_000
"""Of so many rows a whole look costs some 50 ms."""
PATIENCE: Final = 4
"""So many times more rows than the fleet has may be taken in before a long fleet is put out of sight unlooked at."""


class Heap:
    """Counts the rows that were taken in since the last time."""

    def __init__(self) -> None:
        self._rows: int = 0

    def drawn(self) -> None:
        """The first frame stands: what is garbage from now on may be looked for."""
        gc.enable()

    def took(self, rows: int, *, held: int, loading: bool, alone: bool, resting: bool) -> None:
        """Rows were taken in, and the fleet holds so many now.

        `loading`: more of a whole load follows. `alone`: no dialog is open, whose remains would be put out of sight
        with the rows. `resting`: nobody has pressed a key for a while.
        """
        self._rows += rows
        if loading:
            gc.freeze()
        elif not alone or self._rows < EVERY_ROWS:
            return
        elif held <= FEW_ROWS or resting:
            gc.unfreeze()
            self._put_away()
        elif self._rows >= PATIENCE * held:
            self._put_away()

    def _put_away(self) -> None:
        gc.collect()
        gc.freeze()
        self._rows = 0
