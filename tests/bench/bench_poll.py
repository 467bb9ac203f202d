"""Prints figure 9 (a poll's diff and store) and figure 13 (the collector idle) beside their peers, in one run.

python -m tests.bench.bench_poll [--agents 10000] [--rounds 7] [--idle-s 20]
"""

import argparse
import json
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
from sqlite_utils import Database

from fleet_tui.domain.assignment import Assignment
from fleet_tui.domain.identity import AgentId, Incarnation, Kind, Layer, ResourceKey, SourceName
from fleet_tui.domain.money import Basis, Rate
from fleet_tui.domain.phase import Phase, PhaseFact
from fleet_tui.domain.reading import Listing, Reading, SourceStatus
from fleet_tui.domain.recall import Recall
from fleet_tui.domain.resource import Resource
from fleet_tui.engine.picture import Picture, picture_of
from fleet_tui.engine.reconciler import Pace, reconcile
from fleet_tui.store.codecs import resource_row
from fleet_tui.store.open_collector import open_for_collector
from fleet_tui.store.schema import RESOURCE
from tests.bench.report import figure, heading

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SOURCE = SourceName("e2b")
PACE = Pace(layer=Layer.COMPUTE, cadence_s=5.0, roll=0.5)
FEW = (
    "rid",
    "source",
    "kind",
    "name",
    "phase",
    "phase_since",
    "agent",
    "owner",
    "team",
    "task",
    "region",
    "created_at",
    "ends_at",
    "rate_micro",
)
WARM = 2
"""The first polls write everything and are no steady state."""


def listed(number: int, poll: int) -> Resource:
    """A freshly mapped row: no object is shared with the poll before. One in a hundred changes each time."""
    last_change = poll - (poll - number) % 100
    return Resource(
        key=ResourceKey(SOURCE, Kind.SANDBOX, f"sbx-{number:06d}"),
        provider="e2b",
        incarnation=Incarnation(f"sbx-{number:06d}"),
        name=f"worker-{number}",
        phase=PhaseFact(phase=Phase.RUNNING, since=NOW + timedelta(seconds=number), evidence="state", raw="running"),
        agent=AgentId(f"agent-{number}"),
        claimed_by="label fleet.agent",
        assignment=Assignment(owner="ops", team=f"team-{number % 7}", task=f"task-{last_change}"),
        labels=(("fleet.agent", f"agent-{number}"), ("fleet.team", f"team-{number % 7}")),
        region="eu-west-1",
        created_at=NOW + timedelta(seconds=number),
        ends_at=NOW + timedelta(hours=1, seconds=number),
        rate=Rate(microusd_per_hour=104_000, basis=Basis.ESTIMATED),
        observes_work=True,
        detail=(("cpu", "2"), ("memory", "2 GiB"), ("template", "base")),
    )


def reading(rows: Sequence[Resource], poll: int) -> Reading:
    at = NOW + timedelta(seconds=5 * poll)
    listing = Listing(resources=tuple(rows), kinds=frozenset({Kind.SANDBOX}))
    return Reading(source=SOURCE, started_at=at, ended_at=at, listing=listing)


Record = tuple[object, ...]


def record(row: Resource) -> bytes:
    """The record as it stands in a vendor's answer."""
    said = {
        "sandboxID": row.key.id,
        "templateID": "base",
        "alias": row.name,
        "state": row.phase.raw,
        "startedAt": str(row.created_at),
        "endAt": str(row.ends_at),
        "cpuCount": 2,
        "memoryMB": 2048,
        "diskSizeMB": 512,
        "metadata": {**dict(row.labels), "fleet.owner": "ops", "fleet.task": row.assignment.task},
        "region": row.region,
        "envdVersion": "0.1.5",
    }
    return json.dumps(said).encode()


def cpu_ms(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return (time.process_time() - started) * 1000


class Peers:
    """`upsert_all` of sqlite-utils, and executemany with the statement a careful person writes."""

    def __init__(self, folder: Path, columns: Sequence[str]) -> None:
        folder.mkdir()
        self._columns = columns
        self._library = Database(folder / "library.db")
        self._library.enable_wal()
        self._plain = sqlite3.connect(folder / "plain.db", isolation_level=None)
        self._plain.execute("PRAGMA journal_mode=WAL")
        self._plain.execute("PRAGMA synchronous=NORMAL")
        self._plain.execute(f"CREATE TABLE agents ({', '.join(columns)}, PRIMARY KEY (rid))")
        sets = ", ".join(f"{name} = excluded.{name}" for name in columns if name != "rid")
        places = ", ".join("?" * len(columns))
        self._statement = f"INSERT INTO agents VALUES ({places}) ON CONFLICT (rid) DO UPDATE SET {sets}"
        self._known: dict[object, bytes] = {}
        self.library_ms: list[float] = []
        self.plain_ms: list[float] = []
        self.floor_ms: list[float] = []

    def write(self, rows: Sequence[Record]) -> None:
        """Both write every record of a poll, encoded before the clock runs."""
        named = [dict(zip(self._columns, row, strict=True)) for row in rows]
        self.library_ms.append(cpu_ms(lambda: self._library.table("agents").upsert_all(named, pk="rid")))
        self.plain_ms.append(cpu_ms(lambda: self._many(rows)))

    def write_changed(self, records: Sequence[bytes], rows: Sequence[Record]) -> None:
        """The least that keeps a table right: compare each record with the last one, write those that differ."""
        self.floor_ms.append(cpu_ms(lambda: self._changed(records, rows)))

    def _changed(self, records: Sequence[bytes], rows: Sequence[Record]) -> None:
        known = self._known
        changed = [row for record, row in zip(records, rows, strict=True) if known.get(row[0]) != record]
        self._known = {row[0]: record for record, row in zip(records, rows, strict=True)}
        self._many(changed)

    def _many(self, rows: Sequence[Record]) -> None:
        self._plain.execute("BEGIN IMMEDIATE")
        self._plain.executemany(self._statement, rows)
        self._plain.execute("COMMIT")


class Ours:
    """What the collector does with a decoded listing: recall, diff, store."""

    def __init__(self, folder: Path) -> None:
        self.store, self.lock = open_for_collector(folder / "state", NOW)
        status = SourceStatus(name=SOURCE, provider="e2b", cadence_s=5.0)
        self.picture: Picture = picture_of(status, (), (), known_before=False)
        self._mapped: dict[bytes, Resource] = {}
        # What changed was mapped before the clock runs: mapping is no part of the figure.
        self._recall: Recall[bytes, Resource] = Recall(lambda record: self._mapped[record])
        self.total_ms: list[float] = []
        self.afresh_ms: list[float] = []

    def poll(self, mapped: Mapping[bytes, Resource], poll: int) -> None:
        self._mapped = dict(mapped)
        records = [bytes(record) for record in mapped]
        before = self.picture
        self.afresh_ms.append(cpu_ms(lambda: reconcile(before, reading(tuple(mapped.values()), poll), PACE)))
        self.total_ms.append(cpu_ms(lambda: self._whole(records, poll)))

    def _whole(self, records: Sequence[bytes], poll: int) -> None:
        done = reconcile(self.picture, reading(self._recall.rows(records), poll), PACE)
        self.store.observe(done.observation)
        self.picture = done.picture


def figure_nine(agents: int, rounds: int, folder: Path) -> None:
    ours, same, few = Ours(folder), Peers(folder / "same", RESOURCE), Peers(folder / "few", FEW)
    floor = Peers(folder / "floor", FEW)
    where = [RESOURCE.index(name) for name in FEW]
    for poll in range(rounds + WARM):
        mapped = {record(row): row for row in (listed(number, poll) for number in range(agents))}
        rows = [resource_row(row) for row in mapped.values()]
        ours.poll(mapped, poll)
        same.write(rows)
        fewer = [tuple(row[index] for index in where) for row in rows]
        few.write(fewer)
        floor.write_changed(list(mapped), fewer)
    ours.store.close()
    ours.lock.close()

    def middle(values: Sequence[float]) -> float:
        return statistics.median(values[WARM:])

    mine = middle(ours.total_ms)
    heading(f"figure 9: one poll of {agents:,} agents, 1 % changed, CPU, median of {rounds}")
    figure("ours: recall, diff, store", mine, "ms")
    for peer, what in ((same, f"our {len(RESOURCE)} columns"), (few, f"only {len(FEW)} columns")):
        library, plain = middle(peer.library_ms), middle(peer.plain_ms)
        figure(f"ours / upsert_all of {what}", mine / library, "x", at_most=0.04, beside=f"({library:.1f} ms)")
        figure(f"ours / executemany of {what}", mine / plain, "x", at_most=0.3, beside=f"({plain:.1f} ms)")
    least = middle(floor.floor_ms)
    figure(
        f"the floor: compare, write what changed, {len(FEW)} columns",
        least,
        "ms",
        beside=f"(ours / it {mine / least:.1f})",
    )
    figure("diff of rows that are mapped afresh each time", middle(ours.afresh_ms), "ms")


IDLE_COLLECTOR = """
import sys
from pathlib import Path
sys.argv = ["bench", sys.argv[1], sys.argv[2]]
from tests.bench.idle_collector import main
main(Path(sys.argv[1]), int(sys.argv[2]))
"""
BARE = """
import asyncio, sqlite3, sys
from pathlib import Path
from fleet_tui.engine.durable import DbosDurable
async def main():
    durable = DbosDurable(Path(sys.argv[1]))
    async def body(action_id): return None
    await durable.launch(body)
    print("up", flush=True)
    await asyncio.sleep(3600)
asyncio.run(main())
"""


_LOOK_S = 5.0
_BUSY = 0.05


def rested(process: psutil.Process, *, at_most_s: float = 90.0) -> None:
    """Wait until what a start leaves to be done is done; that is not idling. On a busy machine it takes a while."""
    until = time.monotonic() + at_most_s
    while time.monotonic() < until:
        before, began = process.cpu_times(), time.monotonic()
        time.sleep(_LOOK_S)
        after, took_s = process.cpu_times(), time.monotonic() - began
        if after.user + after.system - before.user - before.system < _BUSY * took_s:
            return


def idle(script: str, argv: list[str], idle_s: float) -> tuple[float, float]:
    """Share of a core and megabytes of a process that has nothing to do."""
    child = subprocess.Popen(
        [sys.executable, "-c", script, *argv],
        env={"PATH": os.environ["PATH"], "HOME": argv[0]},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == "up\n"
        process = psutil.Process(child.pid)
        rested(process)
        before, began = process.cpu_times(), time.monotonic()
        time.sleep(idle_s)
        after, took_s = process.cpu_times(), time.monotonic() - began
        used_s = after.user + after.system - before.user - before.system
        return used_s / took_s * 100, process.memory_info().rss / 1e6
    finally:
        child.kill()
        child.wait()


def figure_thirteen(agents: int, idle_s: float, folder: Path) -> None:
    for name in ("idle", "bare"):
        (folder / name).mkdir(mode=0o700)
    cpu, megabytes = idle(IDLE_COLLECTOR, [str(folder / "idle"), str(agents)], idle_s)
    bare_cpu, bare_megabytes = idle(BARE, [str(folder / "bare")], idle_s)
    heading(f"figure 13: collector idle with {agents:,} agents, no source due, over {idle_s:.0f} s")
    figure("CPU of one core", cpu, "%", at_most=2, beside=f"(bare Python with dbos {bare_cpu:.2f} %)")
    figure("memory", megabytes, "MB", at_most=150, beside=f"(bare Python with dbos {bare_megabytes:.1f} MB)")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--agents", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--idle-s", type=float, default=20.0)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="bench-poll-"))
    try:
        figure_nine(options.agents, options.rounds, folder)
        if options.idle_s:
            figure_thirteen(options.agents, options.idle_s, folder)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
