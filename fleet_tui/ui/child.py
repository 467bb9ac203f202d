"""Programs that the console starts for its operator: never through a shell, with a small environment, and bounded."""

import os
import select
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final

from fleet_tui import clock
from fleet_tui.domain.dataclass import dataclass

OUTPUT_BYTES: Final = 512 * 1024
LONGEST_S: Final = 120.0
_CHUNK: Final = 65536


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended; `code` None where it did not start or was stopped by us, and then `why` says so."""

    code: int | None
    output: bytes = b""
    why: str = ""


def run_here(words: Sequence[str], env: Mapping[str, str]) -> Ended:
    """Run in the terminal, which nobody else uses meanwhile, until it ends; in the main thread.

    Ctrl-c and ctrl-backslash are sent to all who share the terminal: they mean the program, and not the console too.
    """
    before = [(one, signal.signal(one, _nothing)) for one in (signal.SIGINT, signal.SIGQUIT)]
    try:
        return Ended(subprocess.run(list(words), env=dict(env), check=False).returncode)
    except (OSError, ValueError) as error:
        return Ended(None, why=_not_started(words, error))
    finally:
        for one, handler in before:
            signal.signal(one, handler)


def _nothing(*_told: object) -> None:
    """A handler, and not the word to ignore: that one the program would inherit."""


class Children:
    """Programs that run behind the console; they end with it."""

    def __init__(self) -> None:
        self._lock: threading.Lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._stopped: bool = False

    def run(self, words: Sequence[str], env: Mapping[str, str], *, longest_s: float = LONGEST_S) -> Ended:
        """Run in a thread until it ends, with what it printed; one that goes on for too long, or prints too much, is
        stopped.
        """
        with self._lock:
            if self._stopped:
                return Ended(None, why="the console ends")
            try:
                child = subprocess.Popen(
                    list(words),
                    env=dict(env),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            except (OSError, ValueError) as error:
                return Ended(None, why=_not_started(words, error))
            self._running.add(child)
        try:
            return _read(child, longest_s)
        finally:
            with self._lock:
                self._running.discard(child)

    def stop(self) -> None:
        """End those that run, and start none any more."""
        with self._lock:
            self._stopped = True
            for child in self._running:
                _end(child)


def _read(child: subprocess.Popen[bytes], longest_s: float) -> Ended:
    output = bytearray()
    why = ""
    deadline = clock.monotonic_s() + longest_s
    printed = child.stdout
    if printed is None:
        return Ended(child.wait())
    descriptor = printed.fileno()
    with printed:
        while not why:
            left_s = deadline - clock.monotonic_s()
            if left_s <= 0:
                why = f"stopped: it went on for more than {longest_s:.0f} s"
            elif len(output) >= OUTPUT_BYTES:
                why = f"stopped: it printed more than {OUTPUT_BYTES // 1024} KiB"
            elif select.select([descriptor], [], [], left_s)[0]:
                if not (chunk := os.read(descriptor, _CHUNK)):
                    break
                output += chunk
    if why:
        _end(child)
    code = child.wait()
    return Ended(None if why else code, bytes(output[:OUTPUT_BYTES]), why)


def _end(child: subprocess.Popen[bytes]) -> None:
    """Its whole session: it was made for it."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)


def _not_started(words: Sequence[str], error: OSError | ValueError) -> str:
    reason = (error.strerror or "it cannot be run") if isinstance(error, OSError) else "a word of it cannot be passed"
    return f"{words[0]} was not started: {reason}"
