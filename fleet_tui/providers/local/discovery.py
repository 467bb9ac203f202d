"""Finds agent CLIs that nobody told us about: own user only, command lines read once per new process and never kept."""

import os
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final

from fleet_tui.providers.local import processes
from fleet_tui.providers.local.facts import DEAD, RUNNER_COMM, ProcessFact, ProcessRef, Table
from fleet_tui.providers.local.recognise import Kinds, read_command_line, recognise
from fleet_tui.providers.local.tree import children_of, descendants

_READ_VARIABLES: Final = frozenset({"FLEET_AGENT", "FLEET_TEAM", "FLEET_TASK", "FLEET_RUN"})
"""All that is ever read of an environment."""
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
        machine = processes.MACHINE
        if machine.owner_of(fact.pid) != self.uid:
            return _Known(fact.ref, fact.comm, None, ours=False)
        self.reads += 1
        argv = machine.command_line_of(fact.pid)
        if not argv:
            return _Known(fact.ref, fact.comm, None, ours=False)
        line = read_command_line(argv, "" if argv[0] else machine.executable_of(fact.pid) or "")
        kind = recognise(line, self.kinds)
        found = None
        if kind is not None:
            labels = tuple(sorted(machine.variables_of(fact.pid, _READ_VARIABLES).items()))
            cwd = machine.directory_of(fact.pid)
            found = Found(process=fact.ref, kind=kind, command=line.shown, cwd=cwd, labels=labels)
        return _Known(fact.ref, fact.comm, found, ours=line.shown in _OURSELVES)
