"""Finds agent CLIs that nobody told us about: own user only, command lines read once per new process and never kept."""

import os
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final

from fleet_tui.providers.local.processes import DEAD, PROC, RUNNER_COMM, ProcessFact, ProcessRef, Table, owner_of
from fleet_tui.providers.local.recognise import CommandLine, Kinds, read_command_line, recognise
from fleet_tui.providers.local.tree import children_of, descendants

_READ_VARIABLES: Final = (b"FLEET_AGENT", b"FLEET_TEAM", b"FLEET_TASK", b"FLEET_RUN")
_COMMAND_LINE_LIMIT: Final = 16_384
_ENVIRONMENT_LIMIT: Final = 1_048_576
_OURSELVES: Final = frozenset({"fleet-tui", "fleet_tui", "fleet_tui.__main__"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An agent CLI: its kind, its program's name and its directory. No arguments: they may hold secrets."""

    process: ProcessRef
    kind: str
    command: str
    cwd: str | None
    labels: tuple[tuple[str, str], ...] = ()
    """What FLEET_AGENT, FLEET_TEAM, FLEET_TASK and FLEET_RUN said when it was found."""


@dataclass(frozen=True, slots=True)
class _Known:
    ref: ProcessRef
    comm: str
    found: Found | None
    ours: bool


@dataclass(slots=True)
class Scanner:
    """Remembers every process it has judged, so that a look costs only what is new.

    A process that runs another program changes its name and is judged again.
    """

    kinds: Kinds
    uid: int = field(default_factory=os.getuid)
    reads: int = 0
    """How many command lines were read so far."""
    _known: dict[int, _Known] = field(default_factory=dict[int, _Known])

    def scan(self, table: Table, held: Collection[int] = ()) -> tuple[Found, ...]:
        """The topmost agent CLI of every tree, without what is below a runner or below one of `held`."""
        self._judge_what_is_new(table)
        children = children_of(table)
        not_ours = {fact.pid for fact in table.values() if fact.comm == RUNNER_COMM} | set(held)
        taken = set(held)
        for pid in not_ours:
            taken |= descendants(children, pid).keys()
        candidates = [known.found for pid, known in self._known.items() if known.found is not None and pid not in taken]
        below_another: set[int] = set()
        for found in candidates:
            below_another |= descendants(children, found.process.pid).keys()
        return tuple(found for found in candidates if found.process.pid not in below_another)

    def ourselves(self) -> frozenset[int]:
        """Pids of consoles, collectors and commands of fleet-tui among what was scanned."""
        return frozenset(pid for pid, known in self._known.items() if known.ours)

    def _judge_what_is_new(self, table: Table) -> None:
        for pid in self._known.keys() - table.keys():
            del self._known[pid]
        for pid, fact in table.items():
            known = self._known.get(pid)
            if known is None or known.ref != fact.ref or known.comm != fact.comm or fact.state in DEAD:
                self._known[pid] = self._judge(fact)

    def _judge(self, fact: ProcessFact) -> _Known:
        if fact.state in DEAD or fact.comm == RUNNER_COMM:
            return _Known(fact.ref, fact.comm, None, ours=False)
        line = self._command_line(fact) if owner_of(fact.pid) == self.uid else None
        if line is None:
            return _Known(fact.ref, fact.comm, None, ours=False)
        kind = recognise(line, self.kinds)
        found = None
        if kind is not None:
            cwd, labels = _read_link(fact.pid, "cwd"), _read_labels(fact.pid)
            found = Found(process=fact.ref, kind=kind, command=line.shown, cwd=cwd, labels=labels)
        return _Known(fact.ref, fact.comm, found, ours=line.shown in _OURSELVES)

    def _command_line(self, fact: ProcessFact) -> CommandLine | None:
        self.reads += 1
        try:
            with (PROC / str(fact.pid) / "cmdline").open("rb") as file:
                raw = file.read(_COMMAND_LINE_LIMIT)
        except OSError:
            return None
        if not raw:
            return None
        argv = [word.decode("utf-8", "replace") for word in raw.rstrip(b"\0").split(b"\0")]
        return read_command_line(argv, _read_link(fact.pid, "exe") or "" if not argv[0] else "")


def _read_link(pid: int, name: str) -> str | None:
    try:
        return os.readlink(PROC / str(pid) / name).removesuffix(" (deleted)")  # noqa: PTH115 - text, not a path to walk
    except OSError:
        return None


def _read_labels(pid: int) -> tuple[tuple[str, str], ...]:
    """Our four variables and nothing else of an environment."""
    try:
        with (PROC / str(pid) / "environ").open("rb") as file:
            raw = file.read(_ENVIRONMENT_LIMIT)
    except OSError:
        return ()
    pairs = (word.partition(b"=") for word in raw.split(b"\0") if word.startswith(b"FLEET_"))
    return tuple(
        sorted((name.decode(), value.decode("utf-8", "replace")) for name, _, value in pairs if name in _READ_VARIABLES)
    )
