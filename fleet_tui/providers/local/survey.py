"""One look at this machine: what runs, what our runners hold, and which agent CLIs somebody else started."""

import asyncio
import os
import shutil
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Generic, TypeVar

from fleet_tui.providers.local import processes
from fleet_tui.providers.local.calling import TAIL_BYTES, Call, call_in
from fleet_tui.providers.local.discovery import Found, Scanner
from fleet_tui.providers.local.facts import DEAD, RUNNER_COMM, STOPPED, Host, ProcessFact, ProcessRef, Table
from fleet_tui.providers.local.logs import run_starts, trim
from fleet_tui.providers.local.runs import LOG, STARTS, Run, read_run, run_directories
from fleet_tui.providers.local.tree import ProcessScope, RunnerScope, Scope

T = TypeVar("T")
KEPT_S: Final = 7 * 24 * 3600.0
"""How long an ended run stays on disk (design, section 5)."""
_SILENT_S: Final = 2.0
"""Whoever writes on sooner after a call does not wait."""


class Fresh(Generic[T]):
    """Shares one blocking read among all who ask at once; each gets one that began after it asked."""

    def __init__(self, read: Callable[[], T]) -> None:
        self._read = read
        self._lock = asyncio.Lock()
        self._begun = 0
        self._last: tuple[int, T] | None = None

    async def get(self) -> T:
        asked_at = self._begun
        async with self._lock:
            if self._last is not None and self._last[0] > asked_at:
                return self._last[1]
            self._begun += 1
            number = self._begun
            value = await asyncio.to_thread(self._read)
            self._last = (number, value)
            return value


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldRun:
    """One run with what of it is alive now. `output_at` is when its log grew last, seconds since the epoch."""

    run: Run
    runner_alive: bool
    same_boot: bool
    family: Mapping[int, ProcessFact]
    output_at: float | None
    call: Call | None = None
    """For a person, and nothing since."""

    @property
    def scope(self) -> Scope:
        """Below its runner; when that is gone, its last known process and descendants."""
        if self.runner_alive:
            return RunnerScope(self.run.started.runner.ref)
        return ProcessScope((self.run.state.child or self.run.started.child).ref)

    @property
    def stopped(self) -> bool:
        return all_stopped(self.family)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundAgent:
    """One agent CLI with what of it is alive now. `created_at` is in seconds since the epoch."""

    found: Found
    family: Mapping[int, ProcessFact]
    created_at: float

    @property
    def scope(self) -> Scope:
        return ProcessScope(self.found.process)

    @property
    def stopped(self) -> bool:
        return all_stopped(self.family)


def all_stopped(family: Mapping[int, ProcessFact]) -> bool:
    return bool(family) and all(fact.state in STOPPED for fact in family.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """`notes` says what could not be read, of runs `unread`; `ourselves` are pids that no act may touch."""

    host: Host
    table: Table
    runs: tuple[HeldRun, ...]
    found: tuple[FoundAgent, ...]
    ourselves: frozenset[int]
    unread: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()


class Surveyor:
    """Takes surveys. Blocks. Raises OSError where there is no /proc."""

    def __init__(self, runs: Path, scanner: Scanner) -> None:
        self._runs = runs
        self._scanner = scanner
        self._created: dict[ProcessRef, float] = {}
        self._calls: dict[str, tuple[int, int, Call | None]] = {}
        """What the end of a log said when it had this size, in this generation."""
        self._lock = threading.Lock()

    def survey(self) -> Survey:
        # A cancelled caller leaves its thread behind, so the next look may begin before that one is over.
        with self._lock:
            return self._survey()

    def _survey(self) -> Survey:
        host = processes.MACHINE.this_host()
        unread: dict[str, str] = {}
        runs: list[Run] = []
        for directory in run_directories(self._runs):
            try:
                run = read_run(directory)
            except ValueError as error:
                unread[directory.name] = str(error)
                continue
            if run is not None:
                runs.append(run)
        # Read after the runs: what ended meanwhile is then missing from the table and not the other way round.
        table = processes.read_table()
        held = tuple(self._held(run, host, table) for run in runs)
        orphans = {pid for one in held if not one.runner_alive for pid in one.family}
        found = self._scanner.scan(table, orphans)
        self._calls = {run.run_id: self._calls[run.run_id] for run in runs if run.run_id in self._calls}
        return Survey(
            host=host,
            table=table,
            runs=held,
            found=tuple(self._agent(one, table) for one in found),
            ourselves=self._scanner.ourselves() | {os.getpid()},
            unread=frozenset(unread),
            notes=tuple(unread.values()),
        )

    def _held(self, run: Run, host: Host, table: Table) -> HeldRun:
        same_boot = run.started.boot_id == host.boot_id and run.started.pid_ns == host.pid_ns
        runner = table.get(run.started.runner.pid) if same_boot else None
        runner_alive = (
            runner is not None and runner.start_ticks == run.started.runner.ticks and runner.state not in DEAD
        )
        try:
            log = (run.directory / LOG).stat()
            output_at, size = (log.st_mtime if log.st_size else None), log.st_size
        except OSError:
            output_at, size = None, 0
        held = HeldRun(run=run, runner_alive=runner_alive, same_boot=same_boot, family={}, output_at=output_at)
        if not same_boot or (not runner_alive and run.ended is not None):
            return held
        family = held.scope.within(table)
        return replace(held, family=family, call=self._call(held, size) if family else None)

    def _call(self, held: HeldRun, size: int) -> Call | None:
        """Read once for each size a log has: what is silent costs nothing."""
        run, at = held.run, held.output_at
        if at is None or time.time() - at < _SILENT_S:
            return None
        known = self._calls.get(run.run_id)
        if known is None or known[:2] != (size, run.state.generation):
            call = call_in(_tail(run.directory, size), screen=run.started.tty)
            known = self._calls[run.run_id] = (size, run.state.generation, call)
        return known[2]

    def _agent(self, found: Found, table: Table) -> FoundAgent:
        created_at = self._created.get(found.process)
        if created_at is None:
            self._created = {ref: at for ref, at in self._created.items() if ref.pid in table}
            created_at = self._created[found.process] = processes.MACHINE.started_at_s(found.process.start_ticks)
        family = ProcessScope(found.process).within(table)
        return FoundAgent(found=found, family=family, created_at=created_at)

    def tidy(self, survey: Survey, now_s: float) -> None:
        """Trim logs, and remove what ended too long ago."""
        for held in survey.runs:
            trim(held.run.directory / LOG)
            if not held.runner_alive and not held.family and now_s - held.run.state.since > KEPT_S:
                shutil.rmtree(held.run.directory, ignore_errors=True)


def _tail(directory: Path, size: int) -> bytes:
    """The end of what the running generation wrote."""
    starts = run_starts(directory / STARTS)
    begin = max(size - TAIL_BYTES, starts[-1].offset if starts else 0, 0)
    try:
        with (directory / LOG).open("rb") as log:
            return os.pread(log.fileno(), TAIL_BYTES, begin)
    except OSError:
        return b""


def runners_in(table: Table) -> frozenset[int]:
    return frozenset(pid for pid, fact in table.items() if fact.comm == RUNNER_COMM)
