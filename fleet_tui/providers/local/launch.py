"""Starts a runner that outlives us, and says which agent now runs or, in one sentence, why none does."""

import errno
import hashlib
import importlib.util
import json
import os
import py_compile
import secrets
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

import msgspec

from fleet_tui.domain.identity import Incarnation
from fleet_tui.providers.local.policy import Backoff, RestartPolicy

RUNS: Final = "runs"
RUNNER: Final = Path(__file__).with_name("runner.py")
LOG_LIMIT_BYTES: Final = 64 * 1024 * 1024
"""Where the runner itself cuts the log: far above what the collector trims it to."""
_ANSWER_WITHIN_S: Final = 15.0
_OWN_VARIABLES: Final = ("FLEET_AGENT", "FLEET_TEAM", "FLEET_TASK", "FLEET_RUN", "FLEET_TOKEN")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest:
    """What `fleet-tui run` was asked for. `environment` is the operator's, as given; it never touches the disk."""

    name: str
    argv: tuple[str, ...]
    cwd: Path
    environment: Mapping[str, str] = field(repr=False)
    state_dir: Path
    team: str | None = None
    task: str | None = None
    owner: str | None = None
    parent: str | None = None
    restart: RestartPolicy = RestartPolicy.NEVER
    backoff: Backoff = field(default_factory=Backoff)
    tty: bool = False
    rows: int = 24
    cols: int = 80
    log_limit_bytes: int = LOG_LIMIT_BYTES
    end_with_fd: int | None = None
    """A pipe's read end: when nobody holds its write end any more, the run and all below it is killed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Launched:
    """It runs and its `started` is on disk. `run_id` is also the name of its directory below `runs`."""

    run_id: str
    incarnation: Incarnation


@dataclass(frozen=True, slots=True, kw_only=True)
class NotLaunched:
    """Nothing runs. `text` says what happened and what to do."""

    text: str


class _Child(msgspec.Struct, frozen=True):
    pid: int


class _Answer(msgspec.Struct, frozen=True):
    run: str | None
    child: _Child | None = None
    errno: int = 0
    about: str = ""


def launch(request: RunRequest) -> Launched | NotLaunched:
    """Start the agent under a runner of its own; blocks until it runs or is known not to."""
    if sys.platform != "linux":
        return NotLaunched(text="Local agents can be held on Linux only; on this system start the agent by itself.")
    if not request.argv or any("\0" in word for word in request.argv):
        return NotLaunched(text="There is no command to run: write it after --, as in: fleet-tui run -- claude")
    runs = request.state_dir / RUNS
    try:
        runs.mkdir(mode=0o700, parents=True, exist_ok=True)
        answer = _ask_runner(request, runs)
    except OSError as error:
        return NotLaunched(
            text=f"The runner could not be started ({os.strerror(error.errno or 0)}); its place is {runs}."
        )
    if answer is None:
        late = f"The runner did not answer within {_ANSWER_WITHIN_S:g} s; what it did is below {runs}."
        return NotLaunched(text=late)
    if answer.run is None or answer.child is None:
        if answer.run is not None:
            shutil.rmtree(runs / answer.run, ignore_errors=True)
        return NotLaunched(text=_why_not(request, answer.errno, answer.about))
    return Launched(run_id=answer.run, incarnation=Incarnation(answer.run))


def _runner() -> Path:
    """The runner's bytecode where Python's cache can be written: compiling in every runner would cost 1.6 MB each."""
    compiled = Path(importlib.util.cache_from_source(str(RUNNER)))
    try:
        if not compiled.exists() or compiled.stat().st_mtime < RUNNER.stat().st_mtime:
            py_compile.compile(str(RUNNER), cfile=str(compiled))
    except OSError:
        return RUNNER
    return compiled


def _order(request: RunRequest, runs: Path) -> bytes:
    token = secrets.token_urlsafe(24)
    own = {"FLEET_AGENT": request.name, "FLEET_TEAM": request.team, "FLEET_TASK": request.task, "FLEET_TOKEN": token}
    environment = {name: value for name, value in request.environment.items() if name not in _OWN_VARIABLES}
    environment |= {name: value for name, value in own.items() if value is not None}
    words = {
        "runs": str(runs.absolute()),
        "argv": list(request.argv),
        "environment": environment,
        "cwd": str(request.cwd.absolute()),
        "command": Path(request.argv[0]).name,
        "token_sha256": hashlib.sha256(token.encode()).hexdigest(),
        "policy": asdict(request.backoff),
    }
    kept = ("name", "team", "task", "owner", "parent", "restart", "tty", "rows", "cols", "log_limit_bytes")
    return json.dumps({**words, **{name: getattr(request, name) for name in kept}}).encode()


def _ask_runner(request: RunRequest, runs: Path) -> _Answer | None:
    # -X utf8: names that are no UTF-8 must come out of JSON as the bytes they went in.
    words = [sys.executable, "-I", "-S", "-X", "utf8", str(_runner())]
    kept: tuple[int, ...] = ()
    if request.end_with_fd is not None:
        words += ["--end-with-fd", str(request.end_with_fd)]
        kept = (request.end_with_fd,)
    try:
        # The first process forks and is gone at once; the runner is nobody's child, so that it leaves us no zombie.
        done = subprocess.run(
            words,
            input=_order(request, runs),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={},
            pass_fds=kept,
            timeout=_ANSWER_WITHIN_S,
            check=False,
        )
        return msgspec.json.decode(done.stdout, type=_Answer)
    except (subprocess.TimeoutExpired, msgspec.MsgspecError):
        return None


def _why_not(request: RunRequest, number: int, about: str) -> str:
    command = request.argv[0]
    match about, number:
        case "cwd", errno.ENOENT | errno.ENOTDIR:
            return f"The directory {request.cwd} does not exist; nothing was started."
        case "cwd", _:
            return f"The directory {request.cwd} cannot be entered ({os.strerror(number)}); nothing was started."
        case "command", errno.ENOENT:
            return f"The command {command!r} was not found, neither as a path nor on PATH; nothing was started."
        case "command", errno.EACCES:
            return f"The command {command!r} may not be executed; check its permissions. Nothing was started."
        case "command", errno.ENOEXEC:
            return f"The command {command!r} is no program and no script with a #! line; nothing was started."
        case "command", _:
            return f"The command {command!r} could not be started ({os.strerror(number)})."
        case _:
            where = request.state_dir / RUNS
            return f"The run could not be put on record below {where} ({os.strerror(number)}); nothing was started."
