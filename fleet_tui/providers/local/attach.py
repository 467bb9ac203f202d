"""Joins the terminal of a run: raw bytes both ways, the window's size, and the own terminal as it was, afterwards."""

import contextlib
import os
import select
import signal
import socket
import termios
import tty
from collections.abc import Generator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import FrameType
from typing import Final

import msgspec

from fleet_tui.providers.local.runs import ask, connect, read_answer

DETACH_KEYS: Final = (b"\x1c\x1c", b"\x10\x11")
"""ctrl-\\ twice, or ctrl-p ctrl-q."""
_CHUNK_BYTES: Final = 65_536
_HOLD_MS: Final = 400
"""How long the first half of a detach key is held back from the agent."""
_PENDING_BYTES: Final = 65_536
_PLAIN_AGAIN: Final = (
    b"".join(b"\x1b[?%dl" % mode for mode in (1000, 1002, 1003, 1006, 1004, 2004, 2026, 1))
    + b"\x1b>\x1b[<u\x1b[0m\x1b[?25h\r\n"
)
"""No mouse, focus or paste reports, plain keys, plain colours, a cursor."""
_ENTER_ALTERNATE: Final = b"\x1b[?1049h"
_LEAVE_ALTERNATE: Final = b"\x1b[?1049l"


class AttachEnd(StrEnum):
    """Why it is over. Only `ENDED` says anything about the agent."""

    DETACHED = "detached; the agent goes on"
    ENDED = "the agent's terminal was closed: it has ended or its runner is gone"
    SIGNALLED = "detached by a signal; the agent goes on"


@dataclass(frozen=True, slots=True)
class NotAttached:
    """Nothing was joined. `text` says why and what to do."""

    text: str


class DetachFilter:
    """Lets keys through, except a detach key; the first half of one is held until it is clear what it is."""

    def __init__(self) -> None:
        self.held = b""

    def feed(self, keys: bytes) -> tuple[bytes, bool]:
        """What to send, and whether a detach key came (nothing behind it is sent)."""
        keys, self.held = self.held + keys, b""
        ends = [at for key in DETACH_KEYS if (at := keys.find(key)) >= 0]
        if ends:
            return keys[: min(ends)], True
        if keys[-1:] in {key[:1] for key in DETACH_KEYS}:
            keys, self.held = keys[:-1], keys[-1:]
        return keys, False

    def release(self) -> bytes:
        """What was held and is no detach key after all."""
        held, self.held = self.held, b""
        return held


def attach(directory: Path, stdin: int, stdout: int) -> AttachEnd | NotAttached:
    """Join until a detach key, the agent's end or a signal. `stdin` and `stdout` are descriptors of one terminal."""
    if not (os.isatty(stdin) and os.isatty(stdout)):
        return NotAttached("attach needs a terminal on both sides; fleet-tui logs ID --follow reads without one.")
    try:
        peer = connect(directory, 5.0)
    except OSError:
        return NotAttached(
            "No runner holds this run any more: its agent has ended. fleet-tui logs ID shows what it said."
        )
    with peer:
        rows, cols = termios.tcgetwinsize(stdout)
        try:
            peer.sendall(msgspec.json.encode({"cmd": "attach", "rows": rows, "cols": cols}) + b"\n")
            answer, first_output = read_answer(peer)
        except OSError as error:
            return NotAttached(f"The runner did not answer ({error}).")
        if not answer.ok:
            return NotAttached(f"The runner refuses: {answer.error}. Only what was started with --tty can be joined.")
        screen = _Screen(stdout)
        with _raw(stdin, screen), _wakened_by_signals() as wake:
            screen.draw(first_output)
            return _Joined(directory, peer, stdin, screen, wake).until_the_end()


class _Screen:
    """The terminal we draw on; knows whether the agent left it on the alternate screen."""

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self._tail = b""
        self._alternate = False

    def draw(self, output: bytes) -> bool:
        """False when the terminal is gone."""
        seen = self._tail + output
        entered, left = seen.rfind(_ENTER_ALTERNATE), seen.rfind(_LEAVE_ALTERNATE)
        if entered != left:
            self._alternate = entered > left
        self._tail = seen[1 - len(_ENTER_ALTERNATE) :]
        try:
            while output:
                output = output[os.write(self.fd, output) :]
        except OSError:
            return False
        return True

    def plain_again(self) -> None:
        # On the main screen, leaving the alternate one would move the cursor to wherever it was saved last.
        self.draw((_LEAVE_ALTERNATE if self._alternate else b"") + _PLAIN_AGAIN)


@contextlib.contextmanager
def _raw(stdin: int, screen: _Screen) -> Generator[None]:
    before = termios.tcgetattr(stdin)
    tty.setraw(stdin, termios.TCSANOW)
    try:
        yield
    finally:
        screen.plain_again()
        # A terminal that hung up is gone, and there is nothing to restore.
        with contextlib.suppress(termios.error):
            termios.tcsetattr(stdin, termios.TCSAFLUSH, before)


@contextlib.contextmanager
def _wakened_by_signals() -> Generator[int]:
    """A descriptor that yields the number of every signal that came."""
    read, write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    old_fd = signal.set_wakeup_fd(write, warn_on_full_buffer=False)
    caught = (signal.SIGWINCH, signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT)

    def noted(_number: int, _frame: FrameType | None) -> None:
        """The wake-up descriptor has it."""

    before = {number: signal.signal(number, noted) for number in caught}
    try:
        yield read
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(old_fd)
        os.close(read)
        os.close(write)


class _Joined:
    """One session: what is typed goes to the agent, what the agent draws comes to the screen."""

    def __init__(self, directory: Path, peer: socket.socket, stdin: int, screen: _Screen, wake: int) -> None:
        self.directory, self.peer, self.stdin, self.screen, self.wake = directory, peer, stdin, screen, wake
        self.keys = DetachFilter()
        self.pending = b""
        peer.settimeout(0)

    def until_the_end(self) -> AttachEnd:
        steps = ((self.wake, self._obey_signals), (self.peer.fileno(), self._relay), (self.stdin, self._type))
        while True:
            ready = self._wait()
            if not ready:
                self.pending += self.keys.release()
            for fd, step in steps:
                if fd in ready and (end := step()) is not None:
                    return end
            if not self._send():
                return AttachEnd.ENDED

    def _wait(self) -> set[int]:
        poller = select.poll()
        poller.register(self.wake, select.POLLIN)
        poller.register(self.peer, select.POLLIN | (select.POLLOUT if self.pending else 0))
        if len(self.pending) < _PENDING_BYTES:
            poller.register(self.stdin, select.POLLIN)
        return {fd for fd, _ in poller.poll(_HOLD_MS if self.keys.held else None)}

    def _obey_signals(self) -> AttachEnd | None:
        if set(os.read(self.wake, _CHUNK_BYTES)) - {signal.SIGWINCH}:
            return AttachEnd.SIGNALLED
        rows, cols = termios.tcgetwinsize(self.screen.fd)
        ask(self.directory, "set-size", rows=rows, cols=cols)
        return None

    def _relay(self) -> AttachEnd | None:
        try:
            output = self.peer.recv(_CHUNK_BYTES)
        except BlockingIOError:
            return None
        except OSError:
            return AttachEnd.ENDED
        if not output:
            return AttachEnd.ENDED
        return None if self.screen.draw(output) else AttachEnd.SIGNALLED

    def _type(self) -> AttachEnd | None:
        try:
            typed = os.read(self.stdin, _CHUNK_BYTES)
        except OSError:
            typed = b""
        if not typed:
            return AttachEnd.SIGNALLED
        passed, detach = self.keys.feed(typed)
        self.pending += passed
        if not detach:
            return None
        self._send()
        return AttachEnd.DETACHED

    def _send(self) -> bool:
        try:
            while self.pending:
                self.pending = self.pending[self.peer.send(self.pending) :]
        except BlockingIOError:
            return True
        except OSError:
            return False
        return True
