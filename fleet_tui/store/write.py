"""The collector's side of the store: every method short transactions under the fencing token."""

import sqlite3
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import TypeVar

from typing_extensions import override

from fleet_tui.domain.action import ActionId
from fleet_tui.domain.identity import ResourceKey, SourceName, Target
from fleet_tui.domain.money import Accrual
from fleet_tui.domain.notice import ChannelStatus, Notice
from fleet_tui.domain.outcome import Outcome
from fleet_tui.domain.reading import SourceStatus
from fleet_tui.domain.record import ActionRecord, Wanted
from fleet_tui.domain.resource import Resource
from fleet_tui.domain.usage import Subject, UsageLine
from fleet_tui.domain.watch import Watch
from fleet_tui.ports import CollectorStore, LogPage, NoticeStore, Observation
from fleet_tui.store import attention, reach, write_acts, write_fleet, write_logs, write_usage
from fleet_tui.store.ballast import Ballast
from fleet_tui.store.retention import Retention, Tidier
from fleet_tui.store.samples import SampleBuffer
from fleet_tui.store.schema import CHUNK_ROWS
from fleet_tui.store.transaction import Writer

T = TypeVar("T")
Step = Callable[[sqlite3.Connection, int], None]

USAGE_WEIGHT = 8
"""How many resource rows one usage line costs."""


class SqliteCollectorStore(CollectorStore, NoticeStore):
    """Usable from any thread, one call at a time. Close it from the thread that called it last."""

    def __init__(self, writer: Writer, ballast: Ballast, retention: Retention) -> None:
        self._writer = writer
        self._samples = SampleBuffer()
        self._tidier = Tidier(writer, ballast, retention)

    def close(self) -> None:
        """Write what is still held back and give the file back."""
        try:
            self._write_samples(everything=True)
        finally:
            self._writer.close()

    @override
    def observe(self, observation: Observation) -> int:
        """Write it and give the revision reached. A large one takes several transactions, the source's status last."""
        revision = 0
        for steps in _transactions(observation):
            revision = self._writer.run(partial(_run, steps), durable=False)
        self._samples.add(observation.vitals)
        self._write_samples()
        return revision

    def _write_samples(self, *, everything: bool = False) -> None:
        for rows in _chunks(self._samples.full(everything=everything)):
            self._writer.run(partial(write_fleet.put_samples, rows=rows), durable=False)

    @override
    def known(self, source: SourceName) -> tuple[Resource, ...]:
        return self._writer.read(lambda connection: write_fleet.known(connection, source))

    @override
    def watches(self, source: SourceName) -> tuple[Watch, ...]:
        return self._writer.read(lambda connection: write_fleet.watches(connection, source))

    @override
    def status(self, source: SourceName) -> SourceStatus | None:
        return self._writer.read(lambda connection: write_fleet.status(connection, source))

    @override
    def accruals(self, source: SourceName) -> dict[Subject, Accrual]:
        return self._writer.read(lambda connection: write_usage.accruals(connection, source))

    @override
    def cursor(self, name: str) -> str | None:
        return self._writer.read(lambda connection: write_logs.cursor(connection, name))

    @override
    def keep_cursor(self, name: str, value: str) -> None:
        self._writer.run(lambda connection, _: write_logs.keep_cursor(connection, name, value), durable=False)

    @override
    def forget_sources(self, keep: Collection[SourceName], now: datetime) -> None:
        """Bury everything of sources that are not configured any more; their money and audit stay."""
        for source in self._writer.read(lambda connection: write_fleet.unknown_sources(connection, keep)):
            forget = partial(write_fleet.forget_source, source=source, at=now, limit=CHUNK_ROWS)
            while not self._writer.run(forget, durable=False):
                pass

    @override
    def accept(self, now: datetime) -> tuple[ActionRecord, ...]:
        if not self._writer.read(write_acts.new_intents):
            return ()
        return self._writer.run(lambda connection, revision: write_acts.accept(connection, revision, now), durable=True)

    @override
    def unsettled(self) -> tuple[ActionRecord, ...]:
        return self._writer.read(write_acts.unsettled)

    @override
    def action(self, action_id: ActionId) -> ActionRecord | None:
        return self._writer.read(lambda connection: write_acts.action(connection, action_id))

    @override
    def start(self, action_id: ActionId, now: datetime) -> None:
        self._writer.run(lambda connection, revision: write_acts.start(connection, revision, action_id), durable=True)

    @override
    def attempt(self, action_id: ActionId, target: Target, now: datetime) -> None:
        self._writer.run(lambda connection, _: write_acts.attempt(connection, action_id, target, now), durable=True)

    @override
    def attempted(self, action_id: ActionId, target: Target) -> bool:
        return self._writer.read(lambda connection: write_acts.attempted(connection, action_id, target))

    @override
    def settle(self, action_id: ActionId, outcome: Outcome, now: datetime) -> bool:
        return self._writer.run(
            lambda connection, revision: write_acts.settle(connection, revision, action_id, outcome, now),
            durable=True,
        )

    @override
    def wanted(self, now: datetime) -> tuple[Wanted, ...]:
        return self._writer.read(lambda connection: write_acts.wanted(connection, now))

    @override
    def append_logs(self, key: ResourceKey, page: LogPage, now: datetime) -> None:
        self._writer.run(lambda connection, _: write_logs.append(connection, key, page, now), durable=False)

    @override
    def expire_hand_overs(self, now: datetime) -> None:
        if self._writer.read(lambda connection: write_acts.waiting_hand_overs(connection, now)):
            self._writer.run(
                lambda connection, revision: write_acts.expire_hand_overs(connection, revision, now), durable=True
            )

    @override
    def notices(self) -> tuple[Notice, ...]:
        return self._writer.read(attention.notices)

    @override
    def channels(self) -> tuple[ChannelStatus, ...]:
        return self._writer.read(attention.channels)

    @override
    def keep_told(self, status: ChannelStatus, told: Sequence[Notice]) -> None:
        self._writer.run(
            lambda connection, revision: attention.keep_told(connection, revision, status, told), durable=bool(told)
        )

    @override
    def tidy(self, now: datetime) -> None:
        self._tidier.tidy(now)


def _run(steps: Sequence[Step], connection: sqlite3.Connection, revision: int) -> int:
    for step in steps:
        step(connection, revision)
    return revision


def _transactions(observation: Observation) -> Iterator[list[Step]]:
    """The observation in pieces of bounded weight; what belongs together stays together."""
    held: list[Step] = []
    weight = 0
    for step, cost in _pieces(observation):
        if held and weight + cost > CHUNK_ROWS:
            yield held
            held, weight = [], 0
        held.append(step)
        weight += cost
    yield [*held, partial(_conclude, observation=observation)]


def _conclude(connection: sqlite3.Connection, revision: int, observation: Observation) -> None:
    if observation.attempts:
        reach.add(connection, revision, observation.attempts)
    if observation.watch is not None:
        write_fleet.put_watch(connection, observation.source, observation.watch)
    write_fleet.put_status(connection, revision, observation.status)


def _pieces(seen: Observation) -> Iterator[tuple[Step, int]]:
    """Every piece with what it weighs, in rows."""
    for resources in _chunks(seen.changed):
        yield partial(write_fleet.put_resources, resources=resources, at=seen.at), len(resources)
    for keys in _chunks(seen.gone):
        yield partial(write_fleet.bury_resources, keys=keys, at=seen.at), len(keys)
    for vitals in _chunks(seen.vitals):
        yield partial(write_fleet.put_vitals, vitals=vitals), len(vitals)
    for findings in _chunks(seen.findings):
        yield partial(write_fleet.put_findings, findings=findings), len(findings)
    for gone in _chunks(seen.gone_findings):
        yield partial(write_fleet.bury_findings, gone=gone, at=seen.at), len(gone)
    for events in _chunks(seen.events):
        yield partial(write_fleet.put_events, events=events), len(events)
    for failures in _chunks(seen.failures):
        yield partial(write_fleet.put_failures, failures=failures), len(failures)
    yield from _money(seen)


def _chunks(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(rows), CHUNK_ROWS):
        yield rows[start : start + CHUNK_ROWS]


def _money(seen: Observation) -> Iterator[tuple[Step, int]]:
    """The lines and the accrual of one subject together: one without the other would lose or double money."""
    by_subject: dict[str, tuple[list[UsageLine], list[tuple[Subject, Accrual]]]] = {}
    for line in seen.usage:
        by_subject.setdefault(line.subject.packed(), ([], []))[0].append(line)
    for subject, accrual in seen.accruals:
        by_subject.setdefault(subject.packed(), ([], []))[1].append((subject, accrual))
    batch = max(CHUNK_ROWS // USAGE_WEIGHT, 1)
    lines: list[UsageLine] = []
    accruals: list[tuple[Subject, Accrual]] = []
    for its_lines, its_accruals in by_subject.values():
        lines += its_lines
        accruals += its_accruals
        if len(lines) + len(accruals) // USAGE_WEIGHT >= batch:
            yield partial(write_usage.book, lines=lines, accruals=accruals, at=seen.at), CHUNK_ROWS
            lines, accruals = [], []
    if lines or accruals:
        yield (
            partial(write_usage.book, lines=lines, accruals=accruals, at=seen.at),
            len(lines) * USAGE_WEIGHT + len(accruals),
        )
