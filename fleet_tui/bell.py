"""Lets a thread sleep until a file may have been written, where the system tells of it: Linux, by inotify(7).

Elsewhere only asking finds out. What is told is a hint: a commit is seen a moment after its last write is told, and a
file system may tell nothing, so whoever waits also looks now and then without being told.
"""

import os
import select
import struct
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Protocol

from typing_extensions import override

from fleet_tui import clock

_MODIFY: Final = 0x2
_MOVED_TO: Final = 0x80
_CREATE: Final = 0x100
_DELETE: Final = 0x200
_DELETE_SELF: Final = 0x400
_MOVE_SELF: Final = 0x800
_UNMOUNT: Final = 0x2000
_OVERFLOW: Final = 0x4000
_IGNORED: Final = 0x8000
_ASKED: Final = _MODIFY | _MOVED_TO | _CREATE | _DELETE | _DELETE_SELF | _MOVE_SELF
_OVER: Final = _DELETE_SELF | _MOVE_SELF | _UNMOUNT | _IGNORED
"""What is told of the directory itself: from then on nothing more comes."""
_EVENT: Final = struct.Struct("iIII")
_READ_BYTES: Final = 64 * 1024


class Bell(Protocol):
    """Wakes the one thread that sleeps on it."""

    @property
    def hears(self) -> bool:
        """Whether the system tells it of writes; else only asking finds out."""
        ...

    def wait(self, at_most_s: float) -> bool:
        """Sleep until it rings, by a write or by `ring`; False when so long has passed without."""
        ...

    def ring(self) -> None:
        """Let `wait` return; from any thread, also after the end."""
        ...

    def close(self) -> None:
        """Let go what it holds; by the thread that waits."""
        ...


def bell_on(file: Path) -> Bell:
    """Rings at writes to a file, and to those whose names begin like its own, where the system tells of them."""
    return _Told.on(file) or PlainBell()


class PlainBell(Bell):
    """Nothing tells it: only its own `ring` wakes."""

    def __init__(self) -> None:
        self._rung: threading.Event = threading.Event()

    @property
    @override
    def hears(self) -> bool:
        return False

    @override
    def wait(self, at_most_s: float) -> bool:
        rung = self._rung.wait(at_most_s)
        self._rung.clear()
        return rung

    @override
    def ring(self) -> None:
        self._rung.set()

    @override
    def close(self) -> None:
        """It holds nothing."""


class _Told(Bell):
    """Watches the directory, because a file may be taken away and made again; others in it wake nobody for long."""

    def __init__(self, watch: int, name: str) -> None:
        self._watch: int = watch
        self._name: bytes = os.fsencode(name)
        self._hears: bool = True
        self._woken, self._waker = os.pipe()
        self._lock: threading.Lock = threading.Lock()
        self._open: bool = True
        self._poll: select.poll = select.poll()
        for descriptor in (self._watch, self._woken):
            self._poll.register(descriptor, select.POLLIN)

    @classmethod
    def on(cls, file: Path) -> "Bell | None":
        if not sys.platform.startswith("linux"):
            return None
        import ctypes  # noqa: PLC0415 - a command that looks once never waits

        try:
            libc = ctypes.CDLL(None, use_errno=True)
            watch = int(libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC))
            told = -1 if watch < 0 else int(libc.inotify_add_watch(watch, os.fsencode(file.parent), _ASKED))
        except (OSError, AttributeError):
            return None
        if told >= 0:
            return cls(watch, file.name)
        if watch >= 0:
            # Too many watches of this user, or a system that only pretends to have them.
            os.close(watch)
        return None

    @property
    @override
    def hears(self) -> bool:
        return self._hears

    @override
    def wait(self, at_most_s: float) -> bool:
        deadline_s = clock.monotonic_s() + at_most_s
        while True:
            left_s = max(0.0, deadline_s - clock.monotonic_s())
            ready = [descriptor for descriptor, _ in self._poll.poll(left_s * 1000)]
            if self._woken in ready:
                os.read(self._woken, 1)
                return True
            if self._watch in ready and self._heard():
                return True
            if not ready:
                return False

    def _heard(self) -> bool:
        """Whether any of what is told is about the file."""
        about = False
        for mask, name in _events(os.read(self._watch, _READ_BYTES)):
            if mask & _OVER:
                self._hears = False
                self._poll.unregister(self._watch)
                return True
            about |= bool(mask & _OVERFLOW) or name.startswith(self._name)
        return about

    @override
    def ring(self) -> None:
        with self._lock:
            if self._open:
                os.write(self._waker, b"!")

    @override
    def close(self) -> None:
        with self._lock:
            if self._open:
                self._open = False
                for descriptor in (self._watch, self._woken, self._waker):
                    os.close(descriptor)


def _events(told: bytes) -> Iterator[tuple[int, bytes]]:
    """What happened, and to which file, of each event in a read."""
    at = 0
    while at < len(told):
        _, mask, _, length = _EVENT.unpack_from(told, at)
        at += _EVENT.size
        yield mask, told[at : at + length].rstrip(b"\0")
        at += length
