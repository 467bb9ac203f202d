"""Runs a program in a pseudo-terminal and reads everything it writes."""

import contextlib
import fcntl
import os
import select
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.support.wait import eventually

_ROOT = Path(__file__).parents[2]


class Terminal:
    """One program in one terminal of 100 by 30. A `controlling` one sends signals for keys and hangs up at the end."""

    def __init__(self, words: Sequence[str], environment: dict[str, str], *, controlling: bool = False) -> None:
        self._master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
        self.modes_before = termios.tcgetattr(slave)
        self._slave = slave
        self.written = b""
        self._ran: list[str] = []
        self.process = subprocess.Popen(
            words,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=_ROOT,
            env={"PATH": os.environ.get("PATH", ""), "TERM": "xterm-256color", "COLORTERM": "truecolor", **environment},
            start_new_session=True,
            preexec_fn=_control if controlling else None,  # noqa: PLW1509 - no other thread is here, and no other way
        )

    def press(self, keys: bytes) -> None:
        """Type."""
        os.write(self._master, keys)

    def read_until(self, text: bytes) -> bytes:
        """Everything written, once it holds a text."""
        eventually(lambda: text in self._read(), what=f"{text!r} on the terminal")
        return self.written

    def read_to_end(self) -> bytes:
        """Everything written, once the program has ended."""
        eventually(lambda: self._read() is not None and self.process.poll() is not None, what="the end of the program")
        return self._read()

    @property
    def modes(self) -> list[object]:
        """The terminal's modes now."""
        return list(termios.tcgetattr(self._slave))

    def hang_up(self) -> None:
        """Nobody is there any more."""
        os.close(self._master)
        self._master = -1

    def stands_still(self) -> bool:
        """Nothing was read for so long that the program waits for room: all of it."""
        threads = Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
        ran = [thread.read_text() for thread in threads]
        before, self._ran = self._ran, ran
        return ran == before

    def close(self) -> None:
        """End what is left."""
        if self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        if self._master >= 0:
            os.close(self._master)
        os.close(self._slave)

    def _read(self) -> bytes:
        while select.select([self._master], [], [], 0)[0]:
            self.written += os.read(self._master, 65536)
        return self.written


def _control() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@contextlib.contextmanager
def terminal(
    *arguments: str, environment: dict[str, str] | None = None, controlling: bool = False
) -> Iterator[Terminal]:
    """A program started by this Python, ended when the block is left."""
    running = Terminal([sys.executable, *arguments], environment or {}, controlling=controlling)
    try:
        yield running
    finally:
        running.close()


SHELL = """
trap : INT
stty -a
"$@"
echo "ENDED $?"
stty -a
echo AFTER
read _
"""
"""What a person would look at: the modes of the terminal before a program and after it."""


@contextlib.contextmanager
def shell_terminal(*arguments: str, environment: dict[str, str] | None = None) -> Iterator[Terminal]:
    """The same below a shell that outlives it and controls the terminal."""
    words = ["sh", "-c", SHELL, "sh", sys.executable, *arguments]
    running = Terminal(words, environment or {}, controlling=True)
    try:
        yield running
    finally:
        running.close()
