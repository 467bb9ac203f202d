"""Reads keys without polling: a thread sleeps until a key or the end comes, where Textual's wakes ten times a second.

Textual's own also sleeps 100 to 200 ms before it ends, which is what leaving the console would take.
"""

import os
import selectors
from codecs import getincrementaldecoder
from collections.abc import Callable
from contextlib import suppress
from threading import Event
from typing import Final

from textual._xterm_parser import XTermParser
from textual.message import Message

_CHUNK_BYTES: Final = 4096
TICK_S: Final = 0.1
"""How long a lone escape may be the beginning of a sequence."""
_TICKS: Final = 3
"""So often the parser is asked after the last byte whether something is still open in it."""


class Listener:
    """Reads a terminal in a thread of its own; `wake` makes it look whether it shall end."""

    def __init__(self, descriptor: int, ended: Event, handle: Callable[[Message], None], *, debug: bool) -> None:
        self._descriptor: int = descriptor
        self._ended: Event = ended
        self._handle: Callable[[Message], None] = handle
        self._parser: XTermParser = XTermParser(debug)
        self._decode: Callable[[bytes], str] = getincrementaldecoder("utf-8")("replace").decode
        self._woken, self._waker = os.pipe()

    def wake(self) -> None:
        """Called from another thread, before or after the end was told."""
        with suppress(OSError):
            os.write(self._waker, b"!")

    def run(self) -> None:
        """Until the end is told; a terminal that is gone is only waited with."""
        try:
            with selectors.DefaultSelector() as selector:
                self._listen(selector)
        finally:
            os.close(self._woken)
            os.close(self._waker)

    def _listen(self, selector: selectors.BaseSelector) -> None:
        selector.register(self._descriptor, selectors.EVENT_READ)
        selector.register(self._woken, selectors.EVENT_READ)
        ticks = 0
        while not self._ended.is_set():
            ready = [key.fd for key, _ in selector.select(TICK_S if ticks else None)]
            ticks = _TICKS if self._descriptor in ready else max(0, ticks - 1)
            if self._descriptor in ready and not self._read():
                selector.unregister(self._descriptor)
            for event in self._parser.tick():
                self._handle(event)

    def _read(self) -> bool:
        data = os.read(self._descriptor, _CHUNK_BYTES)
        # Half a character decodes to nothing, and nothing would mean the end to the parser.
        if text := self._decode(data):
            for event in self._parser.feed(text):
                self._handle(event)
        return bool(data)
