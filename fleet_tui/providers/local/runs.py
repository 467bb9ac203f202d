"""The run directories: what a runner put on record about its agent, read back, and words with a runner that lives."""

import contextlib
import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from fleet_tui.domain.identity import Incarnation
from fleet_tui.providers.local.facts import ProcessRef

T = TypeVar("T")

CONTROL: Final = "control.sock"
LOG: Final = "output.log"
STARTS: Final = "starts"
"""Where each generation begins in the log: its number and a byte offset a line."""
ENDED_FILE: Final = "ended"
_LINE_LIMIT: Final = 65_536


class Pid(msgspec.Struct, frozen=True):
    pid: int
    ticks: int

    @property
    def ref(self) -> ProcessRef:
        return ProcessRef(self.pid, self.ticks)


class Started(msgspec.Struct, frozen=True, kw_only=True):
    """What stays the same for the whole run. Times are seconds since the epoch."""

    run: str
    name: str
    runner: Pid
    child: Pid
    boot_id: str
    pid_ns: int
    started_at: float
    command: str
    cwd: str
    restart: str
    tty: bool
    token_sha256: str
    """By which a beat that shows FLEET_TOKEN is known to come from this run."""
    team: str | None = None
    task: str | None = None
    owner: str | None = None
    parent: str | None = None


class Exit(msgspec.Struct, frozen=True, kw_only=True):
    """How the agent ended last: a status or a signal."""

    exit_status: int | None = None
    signal: int | None = None
    ended_at: float | None = None


class RunState(msgspec.Struct, frozen=True, kw_only=True):
    """What the runner last said of itself: starting, running, backoff, crash-loop, held, stopping or ended."""

    phase: str
    since: float
    generation: int
    started_at: float
    life: int = 1
    """Counts the restarts that somebody ordered, from 1; the generation counts every start."""
    restarted_by: str = ""
    """The action that began this life, empty for the first."""
    child: Pid | None = None
    restarts: int = 0
    restart_at: float | None = None
    hold: bool = False
    last: Exit = Exit()
    lost_output_bytes: int = 0


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """The end of the run. `by` is `itself`, `order` (kill) or `owner` (the pipe it was bound to)."""

    by: str
    ended_at: float | None = None
    started_at: float
    generation: int
    restarts: int
    exit_status: int | None = None
    signal: int | None = None
    left_behind: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run directory, as it was read."""

    directory: Path
    started: Started
    state: RunState
    ended: Ended | None

    @property
    def run_id(self) -> str:
        return self.started.run

    @property
    def incarnation(self) -> Incarnation:
        """What a kill is aimed at: the run, and which life of it where it was restarted by order."""
        return Incarnation(self.run_id if self.state.life == 1 else f"{self.run_id}.{self.state.life}")


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a runner says to a command. `error` is a clause for a person, empty when `ok`."""

    ok: bool
    error: str = ""
    state: RunState | None = None


def read_run(directory: Path) -> Run | None:
    """None while nothing has started there. Raises ValueError when what stands there cannot be read."""
    try:
        started = msgspec.json.decode((directory / "started").read_bytes(), type=Started)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError) as error:
        raise ValueError(f"{directory.name}: `started` cannot be read") from error
    fallback = RunState(
        phase="running", since=started.started_at, generation=1, started_at=started.started_at, child=started.child
    )
    try:
        state = _decode_if_there(directory / "state", RunState) or fallback
        ended = _decode_if_there(directory / ENDED_FILE, Ended)
    except (OSError, msgspec.MsgspecError) as error:
        raise ValueError(f"{directory.name}: `state` or `ended` cannot be read") from error
    return Run(directory=directory, started=started, state=state, ended=ended)


def _decode_if_there(path: Path, kind: type[T]) -> T | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except FileNotFoundError:
        return None


def run_directories(runs: Path) -> Iterator[Path]:
    """The directories below `runs`; none when it does not exist."""
    with contextlib.suppress(FileNotFoundError), os.scandir(runs) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield Path(entry.path)


def connect(directory: Path, timeout_s: float) -> socket.socket:
    """A connection to the runner's control socket. Raises OSError when no runner listens there."""
    # Through a descriptor, because the path of a socket holds about 100 characters only.
    fd = os.open(directory, os.O_PATH | os.O_DIRECTORY)
    try:
        peer = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        peer.settimeout(timeout_s)
        try:
            peer.connect(f"/proc/self/fd/{fd}/{CONTROL}")
        except BaseException:
            peer.close()
            raise
        return peer
    finally:
        os.close(fd)


def read_answer(peer: socket.socket) -> tuple[Answer, bytes]:
    """One JSON line, and what came behind it. Raises OSError when there is none."""
    received = b""
    while b"\n" not in received:
        chunk = peer.recv(_LINE_LIMIT)
        if not chunk or len(received) > _LINE_LIMIT:
            raise ConnectionError("the runner ended without an answer")
        received += chunk
    line, _, rest = received.partition(b"\n")
    try:
        return msgspec.json.decode(line, type=Answer), rest
    except msgspec.MsgspecError as error:
        raise ConnectionError("the runner's answer cannot be read") from error


def ask(directory: Path, command: str, *, timeout_s: float = 5.0, **words: float | str | None) -> Answer | None:
    """Say one thing to a runner; None when no runner answers."""
    try:
        with connect(directory, timeout_s) as peer:
            peer.sendall(msgspec.json.encode({"cmd": command, **words}) + b"\n")
            return read_answer(peer)[0]
    except OSError:
        return None
