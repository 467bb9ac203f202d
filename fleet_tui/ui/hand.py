"""Tells a hand at the keys from a paste, a held key and keys that were typed for what stood there before."""

from typing import Final

APART_S: Final = 0.25
"""Keys nearer to each other than this are a burst: nobody answers a question in the middle of one."""
ALONE_S: Final = 0.12
"""How long after a key it shows whether others follow it."""

RESTS_S: Final = 30.0
"""After so long nobody minds a tenth of a second."""


class Hand:
    """When the last two keys came, on the clock of Textual's events."""

    def __init__(self) -> None:
        self.last_s: float = float("-inf")
        self._before_s: float = float("-inf")
        self.by_key: bool = False
        """The last thing done was a key, not the mouse."""

    def key(self, at_s: float) -> None:
        self._before_s, self.last_s, self.by_key = self.last_s, at_s, True

    def rests(self, now_s: float) -> bool:
        """Nobody has pressed a key for a while."""
        return now_s - self.last_s >= RESTS_S

    def mouse(self) -> None:
        self.by_key = False

    @property
    def calm(self) -> bool:
        """The last key stands apart from the one before it."""
        return self.last_s - self._before_s >= APART_S
