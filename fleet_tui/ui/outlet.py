"""Takes frames to a terminal that may stand still or be gone: neither keeps a console that is told to end.

Textual's own writing thread ends with the first write that fails, and whoever hands it the next frames then waits for
ever: a console whose connection broke in the middle of a frame would stay, deaf to every signal, and its collector too.
"""

import os
from queue import Full
from typing import Final, TextIO

from textual.drivers._writer_thread import WriterThread

from fleet_tui import clock

STEP_S: Final = 0.1
"""Between two looks whether the end was told, while a terminal takes nothing."""
LAST_S: Final = 0.5
"""So long after that a terminal that takes nothing is left as it is."""
_AT_ONCE_BYTES: Final = 8192


class Outlet:
    """The file that a writing thread writes to, past Python's own buffer: what stands still in it would be waited for
    at the end of the process. What a terminal that is gone does not take is let go.
    """

    def __init__(self, file: TextIO) -> None:
        self._descriptor: int = file.fileno()
        self._tty: bool = file.isatty()
        self._encoding: str = file.encoding or "utf-8"
        self._waiting: bytearray = bytearray()
        self._gone: bool = False

    def write(self, text: str) -> None:
        self._waiting += text.encode(self._encoding, "backslashreplace")
        if len(self._waiting) >= _AT_ONCE_BYTES:
            self.flush()

    def flush(self) -> None:
        left, self._waiting = bytes(self._waiting), bytearray()
        while left and not self._gone:
            try:
                left = left[os.write(self._descriptor, left) :]
            except OSError:
                self._gone = True

    def fileno(self) -> int:
        return self._descriptor

    def isatty(self) -> bool:
        return self._tty


class Patience:
    """How long to wait for a terminal that takes nothing: for ever, until the end was told."""

    def __init__(self) -> None:
        self._told_s: float | None = None

    def end(self) -> None:
        """The console is told to end. Called from a signal handler, too."""
        if self._told_s is None:
            self._told_s = clock.monotonic_s()

    @property
    def over(self) -> bool:
        return self._told_s is not None and clock.monotonic_s() - self._told_s >= LAST_S

    def hand(self, writer: WriterThread, text: str | None) -> None:
        """Give a text, or the word to end, to a writing thread; nothing where its terminal takes nothing any more."""
        waiting = writer._queue  # noqa: SLF001 - its own way to it waits without an end
        while True:
            try:
                waiting.put(text, timeout=STEP_S)
            except Full:
                if not self.over:
                    continue
            return

    def stop(self, writer: WriterThread) -> None:
        """Let a writing thread write what it has, and end."""
        self.hand(writer, None)
        while writer.is_alive() and not self.over:
            writer.join(STEP_S)
