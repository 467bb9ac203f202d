"""Prints the store's share of figures 9, 12 and 13, each as a ratio to a peer measured in the same run.

python -m tests.bench.bench_store [--agents 10000] [--rounds 7]
"""

import argparse
import asyncio
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from sqlite_utils import Database

from fleet_tui.domain.assignment import Assignment
from fleet_tui.domain.identity import AgentId, Incarnation, Kind, Layer, ResourceKey, SourceName
from fleet_tui.domain.money import Accrual, Basis, Rate, Side
from fleet_tui.domain.phase import Phase, PhaseFact
from fleet_tui.domain.reading import SourceStatus
from fleet_tui.domain.resource import Resource, Vitals
from fleet_tui.domain.usage import Origin, Subject, UsageLine
from fleet_tui.ports import CollectorStore, Observation
from fleet_tui.store.codecs import resource_row
from fleet_tui.store.open import open_for_reader
from fleet_tui.store.open_collector import open_for_collector
from fleet_tui.store.schema import RESOURCE
from fleet_tui.store.sql import columns, upsert
from tests.bench.report import figure, heading

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SOURCE = SourceName("e2b")


def resource(number: int, phase: Phase = Phase.RUNNING) -> Resource:
    return Resource(
        key=ResourceKey(SOURCE, Kind.SANDBOX, f"sbx-{number:06d}"),
        provider="e2b",
        incarnation=Incarnation(f"sbx-{number:06d}"),
        name=f"worker-{number}",
        phase=PhaseFact(phase=phase, since=NOW, evidence="state", raw=phase.value),
        agent=AgentId(f"agent-{number}"),
        claimed_by="label fleet.agent",
        assignment=Assignment(owner="ops", team=f"team-{number % 7}", task=f"task-{number % 311}"),
        labels=(("fleet.agent", f"agent-{number}"), ("fleet.team", f"team-{number % 7}")),
        region="eu-west-1",
        created_at=NOW,
        ends_at=NOW + timedelta(hours=1),
        rate=Rate(microusd_per_hour=104_000, basis=Basis.ESTIMATED),
        detail=(("cpu", "2"), ("memory", "2 GiB"), ("template", "base")),
    )


def status(at: datetime) -> SourceStatus:
    return SourceStatus(name=SOURCE, provider="e2b", cadence_s=5.0, last_ok_at=at, last_complete_at=at)


def cpu_ms(work: Callable[[], object]) -> float:
    """Of this process: it does not move with what else the machine does."""
    started = time.process_time()
    work()
    return (time.process_time() - started) * 1000


def timed_ms(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


def line(label: str, values: Sequence[float], unit: str = "ms") -> None:
    figure(label, statistics.median(values), unit, beside=f"[{min(values):.2f}..{max(values):.2f}]")


class Peers:
    """What people would write: every row of the poll, changed or not."""

    def __init__(self, directory: Path) -> None:
        self.utils = Database(str(directory / "peer.db"))
        self.utils.conn.execute("PRAGMA journal_mode = WAL")
        self.plain = sqlite3.connect(directory / "plain.db")
        self.plain.execute("PRAGMA journal_mode = WAL")
        self.plain.execute("PRAGMA synchronous = NORMAL")
        self.plain.execute(f"CREATE TABLE plain ({columns(RESOURCE)}, PRIMARY KEY (source, kind, rid))")

    def upsert_all(self, rows: Sequence[tuple[object, ...]]) -> float:
        records = [dict(zip(RESOURCE, row, strict=True)) for row in rows]
        table = self.utils.table("agents")
        return cpu_ms(lambda: table.upsert_all(records, pk=("source", "kind", "rid")))

    def executemany(self, rows: Sequence[tuple[object, ...]]) -> float:
        def write() -> None:
            with self.plain:
                self.plain.executemany(upsert("plain", RESOURCE[:3], RESOURCE[3:]), rows)

        return cpu_ms(write)

    def close(self) -> None:
        self.utils.close()
        self.plain.close()


def figure_9(directory: Path, agents: int, rounds: int) -> None:
    """One poll with 1 % changed: diff against what is known, then the store's write; beside the peers."""
    store, lock = open_for_collector(directory / "state", NOW)
    known = {r.key: r for r in map(resource, range(agents))}
    store.observe(Observation(source=SOURCE, at=NOW, status=status(NOW), changed=tuple(known.values())))
    peers = Peers(directory)
    ours: list[float] = []
    diffs: list[float] = []
    utils: list[float] = []
    plains: list[float] = []
    for turn in range(rounds):
        phase = Phase.IDLE if turn % 2 == 0 else Phase.RUNNING
        poll = [
            resource(n, phase if n % 100 == turn % 100 else known[resource_key(n)].phase.phase) for n in range(agents)
        ]
        rows = [resource_row(r) for r in poll]
        utils.append(peers.upsert_all(rows))
        plains.append(peers.executemany(rows))
        diff, changed = diffed(known, poll)
        diffs.append(diff)
        ours.append(observed_ms(store, NOW + timedelta(seconds=5 * (turn + 1)), changed=changed))
        known.update({r.key: r for r in changed})
    heading(f"figure 9, the store's share: one poll of {agents:,} agents, 1 % changed, CPU (bench_poll has the diff)")
    line("sqlite-utils upsert_all, all rows", utils)
    line("plain executemany upsert, all rows", plains)
    line("diff in Python", diffs)
    line("store.observe of the changed rows", ours)
    both = [a + b for a, b in zip(diffs, ours, strict=True)]
    for name, held, limit in (("upsert_all", utils, 0.04), ("executemany", plains, 0.3)):
        peer = statistics.median(held)
        figure(f"store / {name}", statistics.median(ours) / peer, "x", at_most=limit)
        figure(f"with a diff of whole objects / {name}", statistics.median(both) / peer, "x")
    reading(directory / "state", agents, rounds)
    money(store, agents)
    peers.close()
    store.close()
    lock.close()


def diffed(known: dict[ResourceKey, Resource], poll: Sequence[Resource]) -> tuple[float, tuple[Resource, ...]]:
    started = time.process_time()
    changed = tuple(r for r in poll if known.get(r.key) != r)
    return (time.process_time() - started) * 1000, changed


def observed_ms(store: CollectorStore, at: datetime, **seen: object) -> float:
    observation = Observation(source=SOURCE, at=at, status=status(at), **seen)  # type: ignore[arg-type]
    return cpu_ms(lambda: store.observe(observation))


def resource_key(number: int) -> ResourceKey:
    return ResourceKey(SOURCE, Kind.SANDBOX, f"sbx-{number:06d}")


def reading(state: Path, agents: int, rounds: int) -> None:
    loads: list[float] = []
    firsts: list[float] = []
    with closing(open_for_reader(state)) as reader:
        for _ in range(rounds):
            times, started = list[float](), time.perf_counter()
            reader.load(lambda _, times=times: times.append(time.perf_counter()))  # type: ignore[misc]
            loads.append((times[-1] - started) * 1000)
            firsts.append((times[0] - started) * 1000)
        revision = reader.changes(0).revision
        idle = timed_ms(lambda: [reader.woken() for _ in range(1000)])
        nothing = timed_ms(lambda: [reader.changes(revision) for _ in range(100)])
    heading(f"reading {agents:,} agents")
    line("whole load", loads)
    line("first piece of 2,000", firsts)
    figure("woken(), each", idle, "us")
    figure("changes() with nothing new, each", nothing * 10, "us")


def money(store: CollectorStore, agents: int) -> None:
    """One usage poll: a line and an accrual of every agent."""
    at = NOW + timedelta(minutes=5)
    subjects = [
        Subject(source=SOURCE, layer=Layer.COMPUTE, kind=Kind.SANDBOX, id=f"sbx-{n:06d}") for n in range(agents)
    ]
    usage = tuple(
        UsageLine(
            line_id=f"{n}@{at:%H%M}",
            subject=subject,
            side=Side.COST,
            origin=Origin.RATE_CARD,
            basis=Basis.ESTIMATED,
            start=NOW,
            end=at,
            amount_micro=8667,
            currency="usd",
            quantity="300",
            unit="s",
            agent=AgentId(f"agent-{n}"),
            team=f"team-{n % 7}",
        )
        for n, subject in enumerate(subjects)
    )
    accruals = tuple((subject, Accrual(until=at, exact=Decimal("0.008667"))) for subject in subjects)
    vitals = tuple(Vitals(key=resource_key(n), at=at, cpu_percent=1.5, memory_bytes=2**30) for n in range(agents))
    figure("usage and accrual of all", observed_ms(store, at, usage=usage, accruals=accruals), "ms")
    figure("the same again", observed_ms(store, at, usage=usage, accruals=accruals), "ms")
    figure("vitals of all", observed_ms(store, at, vitals=vitals), "ms")


Lag = tuple[float, float]
"""How late a tick came in milliseconds, and how much of that this process was at work itself."""


async def _lags(work: Callable[[], object] | None, seconds: float) -> list[Lag]:
    """How late a 5 ms tick of the loop comes while `work` runs in a thread.

    On a machine where others are at work too, most of it is theirs: a loop that waits for a processor. What our own
    thread keeps from it is at most the CPU that the process used meanwhile.
    """
    lags: list[Lag] = []
    task = asyncio.create_task(asyncio.to_thread(work)) if work else None
    deadline = time.perf_counter() + seconds
    while (not task.done()) if task else time.perf_counter() < deadline:
        before, used = time.perf_counter(), time.process_time()
        await asyncio.sleep(0.005)
        late = (time.perf_counter() - before) * 1000 - 5
        lags.append((late, max(0.0, min(late, (time.process_time() - used) * 1000 - 5))))
    if task:
        await task
    return lags


def p99(values: Sequence[float]) -> float:
    return sorted(values)[int(len(values) * 0.99)]


READER = """
import sqlite3, sys, time
connection = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
times = []
print("ready", flush=True)
while not select_ready():
    started = time.perf_counter()
    connection.execute(
        "SELECT name FROM resources WHERE source = 'e2b' AND kind = 'sandbox' AND rid = ?",
        (f"sbx-{len(times) % 1000:06d}",),
    ).fetchall()
    times.append((time.perf_counter() - started) * 1000)
    time.sleep(0.002)
print(sorted(times)[int(len(times) * 0.99)])
""".replace("select_ready()", "__import__('select').select([sys.stdin], [], [], 0)[0]")


def figure_12(directory: Path, rows: int) -> None:
    """Loop lag here and reader times in another process, idle and while 100,000 rows are written."""
    store, lock = open_for_collector(directory / "wide", NOW)
    path = directory / "wide" / "fleet.db"
    store.observe(Observation(source=SOURCE, at=NOW, status=status(NOW), changed=tuple(map(resource, range(1000)))))
    results: dict[str, tuple[float, float]] = {}
    heading(f"figure 12: the loop, and a reader in another process, while {rows:,} rows are written")
    seen = Observation(source=SOURCE, at=NOW, status=status(NOW), changed=tuple(map(resource, range(rows))))
    for name, work in (("idle", None), ("writing", lambda: store.observe(seen))):
        reader = subprocess.Popen(
            [sys.executable, "-c", READER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert reader.stdout is not None
        reader.stdout.readline()
        started = time.perf_counter()
        lags = asyncio.run(_lags(work, 2.0))
        took = time.perf_counter() - started
        reads_p99 = float(reader.communicate("stop\n")[0])
        late, ours = (p99([lag[which] for lag in lags]) for which in (0, 1))
        results[name] = (late, reads_p99)
        beside = f"({took:.1f} s; {ours:.1f} ms by ourselves)"
        figure(f"{name}: loop lag p99", late, "ms", at_most=16, beside=beside)
        figure(f"{name}: reader p99", reads_p99, "ms")
    (lag, read), (idle_lag, idle_read) = results["writing"], results["idle"]
    figure("loop lag, writing / idle", lag / idle_lag, "x", at_most=4)
    figure("reader, writing / idle", read / idle_read, "x", at_most=2)
    store.close()
    lock.close()


def figure_13(directory: Path) -> None:
    """CPU of what an idle collector asks of the store in a minute: 10 looks for intents a second, one tidying."""
    store, lock = open_for_collector(directory / "state", NOW)
    before = time.process_time()
    for _ in range(600):
        store.accept(NOW)
        store.wanted(NOW)
    store.tidy(NOW)
    used = time.process_time() - before
    heading("figure 13, the store's share")
    figure("CPU of an idle minute of the store", used / 60 * 100, "%", at_most=2, beside=f"({used * 1000:.0f} ms)")
    store.close()
    lock.close()


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--agents", type=int, default=10_000)
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--wide", type=int, default=100_000)
    asked = options.parse_args()
    directory = Path(tempfile.mkdtemp(prefix="bench-store-"))
    try:
        figure_9(directory, asked.agents, asked.rounds)
        figure_13(directory)
        figure_12(directory, asked.wide)
    finally:
        shutil.rmtree(directory)


if __name__ == "__main__":
    main()
