"""A place of its own for one acceptance test: configuration, state, commands as processes, vendors on loopback.

Every process that descends from a place carries its path, in its environment or in what it holds open, so that a test
can say what is left, and end it.
"""

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from fleet_tui import clock
from fleet_tui.domain.action import DEFAULT_TERM, NO_PARAMS, Intent, IntentId, Verb
from fleet_tui.domain.delta import FleetDelta
from fleet_tui.domain.record import ActionRecord, AuditRow
from fleet_tui.domain.resource import Resource
from fleet_tui.emulator.base import Emulator, Seen
from fleet_tui.store.lock import collector_holder
from fleet_tui.store.open import open_for_intents, open_for_reader
from fleet_tui.store.schema import STORE_FILE
from tests.support.wait import eventually

T = TypeVar("T")
E = TypeVar("E", bound=Emulator)

COMMAND_S = 60.0
_KEPT = ("PATH", "LANG", "LC_ALL", "TZ", "CI")


class Vendors:
    """Emulators in this process, on a loop of their own. Look at their state through `on_loop`."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="vendors", daemon=True)
        self._thread.start()
        self._running: list[Emulator] = []

    def start(self, emulator: E) -> E:
        """Let it listen; it ends with the test."""
        asyncio.run_coroutine_threadsafe(emulator.start(), self._loop).result(10)
        self._running.append(emulator)
        return emulator

    def on_loop(self, work: Callable[[], T]) -> T:
        """Do something between two requests."""

        async def there() -> T:
            return work()

        return asyncio.run_coroutine_threadsafe(there(), self._loop).result(10)

    def asked(self, emulator: Emulator, method: str, *, path: str = "") -> list[Seen]:
        """The requests of that method whose path holds `path`."""
        seen = self.on_loop(lambda: list(emulator.requests))
        return [request for request in seen if request.method == method and path in request.path]

    def close(self) -> None:
        for emulator in self._running:
            asyncio.run_coroutine_threadsafe(emulator.stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Its standard output as the JSON array it must be."""
        decoded: list[dict[str, Any]] = json.loads(self.out)
        return decoded

    @property
    def sentence(self) -> str:
        """Its one line on stderr."""
        lines = self.err.splitlines()
        assert len(lines) == 1, f"one sentence was expected, not {lines}"
        return lines[0]

    def ok(self) -> "Ran":
        """Itself, when it ended with 0."""
        assert self.code == 0, f"exit {self.code}: {self.err or self.out}"
        return self


@dataclass(slots=True)
class Place:
    """One configuration and one state directory, and what was started over them."""

    root: Path
    env: dict[str, str] = field(default_factory=dict[str, str])
    umask: int = -1
    _started: list[subprocess.Popen[bytes]] = field(default_factory=list[subprocess.Popen[bytes]])

    @property
    def state(self) -> Path:
        return self.root / "state"

    @property
    def config(self) -> Path:
        return self.root / "fleet.toml"

    @property
    def environment(self) -> dict[str, str]:
        """Nothing of whoever runs the tests but what every process needs, and the measuring of coverage."""
        kept = {n: v for n, v in os.environ.items() if n in _KEPT or n.startswith("COVERAGE_")}
        (self.root / "tmp").mkdir(exist_ok=True)
        ours = {"HOME": str(self.root), "TMPDIR": str(self.root / "tmp"), "TERM": "xterm-256color"}
        return {**kept, **ours, **self.env}

    def write(self, *sources: str, fleet: str = 'name = "test"') -> Path:
        """Write fleet.toml from its parts."""
        self.config.write_text("\n".join([f"[fleet]\n{fleet}\n", *sources]), encoding="utf-8")
        self.config.chmod(0o600)
        return self.config

    def source(self, emulator: Emulator, *, name: str = "", key: str | None = None, more: str = "") -> str:
        """A [[source]] over an emulator, its key in a file beside the configuration."""
        named = name or emulator.name
        return self.source_at(
            named, emulator.name, emulator.base_url, emulator.default_key if key is None else key, more
        )

    def source_at(self, name: str, provider: str, url: str, key: str, more: str = "") -> str:
        """The same for an address that may be anything."""
        file = self.root / f"{name}.key"
        file.write_text(key, encoding="utf-8")
        file.chmod(0o600)
        return (
            f'[[source]]\nname = "{name}"\nprovider = "{provider}"\nbase_url = "{url}"\n'
            f'api_key = {{ file = "{file}" }}\n{more}\n'
        )

    def words(self, *words: str) -> list[str]:
        """A command line with this place's configuration and state directory behind its first word."""
        where = ["--config", str(self.config), "--state-dir", str(self.state)]
        return [sys.executable, "-P", "-m", "fleet_tui", *words[:1], *where, *words[1:]]

    def run(self, *words: str, stdin: str = "", timeout_s: float = COMMAND_S) -> Ran:
        """Run a command to its end."""
        return self.run_raw(self.words(*words), stdin=stdin, timeout_s=timeout_s)

    def run_raw(self, words: Sequence[str], *, stdin: str = "", timeout_s: float = COMMAND_S) -> Ran:
        """Run exactly these words to their end, without a terminal."""
        done = subprocess.run(
            words,
            input=stdin,
            capture_output=True,
            text=True,
            env=self.environment,
            cwd=self.root,
            timeout=timeout_s,
            check=False,
            umask=self.umask,
        )
        return Ran(code=done.returncode, out=done.stdout, err=done.stderr)

    def start(self, *words: str, log: str = "started.log") -> subprocess.Popen[bytes]:
        """Start a command and leave it running; what it prints goes to a file of the place, its talk to another."""
        return self.start_raw(self.words(*words), log=log)

    def start_raw(self, words: Sequence[str], *, log: str = "started.log") -> subprocess.Popen[bytes]:
        """The same for exactly these words."""
        with (self.root / log).open("ab") as printed, (self.root / f"{log}.err").open("ab") as said:
            child = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=said,
                env=self.environment,
                cwd=self.root,
                umask=self.umask,
            )
        self._started.append(child)
        return child

    def collector(self) -> subprocess.Popen[bytes]:
        """A collector of its own that runs until it is ended; it holds the store when this returns."""
        child = self.start("collect", log="collect.log")

        def holds() -> bool:
            assert child.poll() is None, (self.root / "collect.log.err").read_text()
            return self.collector_pid() == child.pid

        eventually(holds, timeout_s=30, what="the collector's lock")
        return child

    def collector_pid(self) -> int | None:
        """The collector that is alive, whoever started it."""
        if not self.state.is_dir():
            return None
        holder = collector_holder(self.state)
        return holder.pid if holder is not None else None

    def kill_collector(self) -> bool:
        """End the collector that is alive with -9; False when there is none."""
        pid = self.collector_pid()
        if not pid:
            return False
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return False
        eventually(lambda: self.collector_pid() != pid, what="the end of the collector")
        return True

    def hold(self, collector: subprocess.Popen[bytes]) -> None:
        """Stop a collector between two of its writes; SIGCONT lets it go on."""

        def stopped() -> bool:
            collector.send_signal(signal.SIGSTOP)
            eventually(lambda: state_of(collector.pid) == "T", what="the stop")
            connection = sqlite3.connect(self.state / STORE_FILE, timeout=0, isolation_level=None)
            try:
                connection.execute("BEGIN IMMEDIATE").connection.rollback()
            except sqlite3.OperationalError:
                collector.send_signal(signal.SIGCONT)
                return False
            finally:
                connection.close()
            return True

        eventually(stopped, what="a stop between two writes")

    def resources(self, *words: str) -> dict[str, dict[str, Any]]:
        """`ls --resources --json`, by id."""
        ran = self.run("ls", "--resources", "--json", *words)
        assert ran.code in {0, 1}, ran.err
        return {row["id"]: row for row in ran.rows}

    def agents(self, *words: str) -> dict[str, dict[str, Any]]:
        """`ls --json`, by the agent's name."""
        ran = self.run("ls", "--json", *words)
        assert ran.code in {0, 1}, ran.err
        return {row["name"]: row for row in ran.rows}

    def whole(self) -> FleetDelta:
        """All that the store holds."""
        reader = open_for_reader(self.state)
        try:
            return reader.changes(0)
        finally:
            reader.close()

    def held(self) -> tuple[Resource, ...]:
        """Every resource in the store."""
        return self.whole().resources

    def actions(self) -> tuple[ActionRecord, ...]:
        """Every action that a collector has accepted."""
        return self.whole().actions

    def submit(self, verb: Verb, resource: Resource, *, term: timedelta = DEFAULT_TERM) -> datetime:
        """A confirmed intent against what was seen, which no command may have in its plan any more; gives its end."""
        now = clock.now()
        intents = open_for_intents(self.state)
        intents.submit(
            Intent(
                intent_id=IntentId(f"late-{verb}"),
                verb=verb,
                params=NO_PARAMS,
                targets=(resource.target,),
                actor="tester",
                host="here",
                why="",
                submitted_at=now,
                not_after=now + term,
                via="command",
            ),
            {resource.key: resource.name},
        )
        intents.close()
        return now + term

    def effects(self) -> list[AuditRow]:
        """The lines of the audit that tell of an outcome."""
        reader = open_for_reader(self.state)
        try:
            return [row for row in reader.audit(limit=10_000) if row.outcome != "noted"]
        finally:
            reader.close()

    def left(self) -> dict[int, str]:
        """Processes that stem from this place, with their command lines."""
        return processes_of(self.root)

    def end(self) -> None:
        """End everything that stems from this place."""

        def ended() -> bool:
            for pid in self.left():
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue
            for child in self._started:
                child.poll()
            return not self.left()

        eventually(ended, what="the end of all that was started")
        for child in self._started:
            child.wait(10)


def processes_of(root: Path) -> dict[int, str]:
    """Processes, but not this one, that have `root` in their environment or hold a file or directory below it."""
    found: dict[int, str] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            if _stems_from(entry, str(root)):
                found[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
    return found


def _stems_from(process: Path, root: str) -> bool:
    if (process / "stat").read_text().rpartition(")")[2].split()[0] in {"Z", "X"}:
        return False
    if root.encode() in (process / "environ").read_bytes():
        return True
    links = [process / "cwd", *(process / "fd").iterdir()]
    return any(_target(link).startswith(root) for link in links)


def _target(link: Path) -> str:
    try:
        return str(link.readlink())
    except OSError:
        return ""


def state_of(pid: int) -> str:
    """The kernel's letter for a process: T is stopped; empty when it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def is_gone(pid: int) -> bool:
    """Whether it has ended, a zombie that nobody has fetched yet included."""
    return state_of(pid) in {"", "Z", "X"}


@contextmanager
def place_in(root: Path, env: Mapping[str, str] | None = None) -> Iterator[Place]:
    """A place whose processes end with the block."""
    root.mkdir(exist_ok=True)
    place = Place(root, dict(env or {}))
    try:
        yield place
    finally:
        place.end()
