"""A process that keeps a store as a collector would: any number of agents in every phase, with money and ages.

python -m tests.bench.world STATE_DIR AGENTS, then a line on its stdin for each reading: one row in how many changes.
"""

import os
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from fleet_tui import clock
from fleet_tui.domain.identity import AgentId, Kind, Layer
from fleet_tui.domain.money import Basis, Side
from fleet_tui.domain.phase import Phase
from fleet_tui.domain.reading import SourceStatus
from fleet_tui.domain.resource import Resource, SignalKind, Vitals
from fleet_tui.domain.usage import Origin, Subject, UsageLine
from fleet_tui.ports import CollectorStore, Observation
from fleet_tui.store.open_collector import open_for_collector
from tests.bench.bench_poll import SOURCE, listed

_PHASES = (Phase.RUNNING, Phase.RUNNING, Phase.RUNNING, Phase.IDLE, Phase.PAUSED, Phase.STUCK, Phase.WAITING)
_PIECE = 5000
_SCATTER = 7919
"""Shares no factor with the numbers of rows: neighbours in the store are none in any order."""


def agent(number: int, now: datetime, poll: int = 0) -> Resource:
    """One sandbox of one agent; phases, rates and ages are scattered, and no age is below a minute."""
    dice = number * _SCATTER
    row = listed(number, poll)
    since = now - timedelta(seconds=60 + dice % 3000)
    return replace(
        row,
        phase=replace(row.phase, phase=_PHASES[dice % len(_PHASES)], since=since),
        rate=replace(row.rate, microusd_per_hour=10_000 + dice % 90_001) if row.rate else None,
        created_at=since,
        ends_at=now + timedelta(seconds=7200 + dice % 50_000) if number % 3 == 0 else None,
    )


def status(now: datetime, agents: int) -> SourceStatus:
    """Read a moment ago, and not due for hours."""
    return SourceStatus(
        name=SOURCE,
        provider="e2b",
        cadence_s=14_400.0,
        last_ok_at=now,
        last_try_at=now,
        last_complete_at=now,
        rows=agents,
    )


def usage(number: int, now: datetime) -> UsageLine:
    return UsageLine(
        line_id=f"{number}",
        subject=Subject(source=SOURCE, layer=Layer.COMPUTE, kind=Kind.SANDBOX, id=f"sbx-{number:06d}"),
        side=Side.COST,
        origin=Origin.RATE_CARD,
        basis=Basis.ESTIMATED,
        start=now - timedelta(seconds=1),
        end=now,
        amount_micro=8667 + number % 1000,
        currency="usd",
        quantity="300",
        unit="s",
        agent=AgentId(f"agent-{number}"),
        team=f"team-{number % 7}",
    )


def vitals(row: Resource, now: datetime) -> Vitals:
    beat = now - timedelta(seconds=60 + hash(row.key.id) % 600)
    return Vitals(
        key=row.key, at=now, cpu_percent=1.5, memory_bytes=2**30, signal_at=beat, signal_kind=SignalKind.OUTPUT
    )


def fill(store: CollectorStore, agents: int, now: datetime) -> None:
    """One agent in ten has money and vitals."""
    told = status(now, agents)
    for first in range(0, max(1, agents), _PIECE):
        numbers = range(first, min(agents, first + _PIECE))
        rows = tuple(agent(number, now) for number in numbers)
        store.observe(Observation(source=SOURCE, at=now, status=told, changed=rows))
        some = rows[::10]
        store.observe(Observation(source=SOURCE, at=now, status=told, vitals=tuple(vitals(row, now) for row in some)))
        lines = tuple(usage(number, now) for number in numbers[::10])
        store.observe(Observation(source=SOURCE, at=now, status=told, usage=lines))


class Keeper:
    """The process, and what it is told to do."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._read_answer()

    def change(self, one_in: int) -> None:
        """Write a reading in which one row in so many changed; returns when it is written."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{one_in}\n")
        self._process.stdin.flush()
        self._read_answer()

    def _read_answer(self) -> None:
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "written\n"


@contextmanager
def kept(folder: Path, agents: int) -> Generator[Keeper]:
    """The state directory `folder` with so many agents."""
    words = [sys.executable, "-m", "tests.bench.world", str(folder), str(agents)]
    env = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env) as process:
        try:
            yield Keeper(process)
        finally:
            process.kill()


def main(folder: Path, agents: int) -> None:
    now = clock.now()
    store, _lock = open_for_collector(folder, now)
    fill(store, agents, now)
    print("written", flush=True)
    for poll, line in enumerate(sys.stdin, 1):
        rows = tuple(agent(number, now, poll=number + poll * int(line)) for number in range(0, agents, int(line)))
        store.observe(Observation(source=SOURCE, at=now, status=status(now, agents), changed=rows))
        print("written", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
