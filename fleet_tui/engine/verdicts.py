"""Judges from time to time what no single reading can tell: idle, stuck, what should not exist, what it costs."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from fleet_tui.domain.assignment import overlaid
from fleet_tui.domain.identity import Kind, Layer, SourceName
from fleet_tui.domain.money import Accrual
from fleet_tui.domain.resource import Resource
from fleet_tui.domain.usage import Subject
from fleet_tui.domain.work import Quiet
from fleet_tui.engine.judge import Heard, judge
from fleet_tui.engine.spending import spend
from fleet_tui.engine.sprawl import Memory, Overlays, by_subject, look, recalled, whole_of
from fleet_tui.engine.surroundings import Surroundings
from fleet_tui.ports import CollectorStore, Observation

EVERY_S: Final = 30.0
FIRST_S: Final = 2.0
FIRST_MINUTE_S: Final = 60.0
"""While sources are read for the first time, looks come often: what a fleet costs should not wait to be seen."""
SPRAWL_S: Final = 60.0
SPENDING_S: Final = 300.0
_SOON_S: Final = 1.0
"""A duty that is due within this is done now: the looks themselves come every `EVERY_S`."""

Silences = dict[tuple[Kind, str], Quiet]


class Verdicts:
    """Looks at all sources together. What it works out is computed and written on the store's thread."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._began_s = around.clock.monotonic_s()
        self._heard: dict[SourceName, Heard] = {}
        self._silences: dict[SourceName, Silences] = {}
        self._memories: dict[SourceName, Memory] = {}
        self._totals: dict[SourceName, dict[Subject, Accrual]] = {}
        self._done_at: dict[str, float] = {}

    def forget(self, keep: Collection[SourceName]) -> None:
        """Remember nothing of any other source: when it comes back, the store knows nothing of its findings either."""
        memories: tuple[dict[SourceName, Any], ...] = (self._heard, self._silences, self._memories, self._totals)
        for memory in memories:
            for name in memory.keys() - set(keep):
                del memory[name]

    @property
    def every_s(self) -> float:
        """How long to wait until the next look."""
        return FIRST_S if self._around.clock.monotonic_s() - self._began_s < FIRST_MINUTE_S else EVERY_S

    async def look(self) -> None:
        """Judge once; look for sprawl and count money when it is time."""
        now = self._around.clock.now()
        for name in tuple(self._around.sources):
            if name in self._around.pictures:
                await self._around.stored(lambda store, name=name: self._judge(store, name, now))  # type: ignore[misc]
        if self._due("sprawl", SPRAWL_S):
            await self._around.stored(lambda store: self._sprawl(store, now))
        for name, picture in tuple(self._around.pictures.items()):
            read = name in self._around.sources and picture.status.last_ok_at is not None
            if read and self._due(f"spending of {name}", SPENDING_S):
                await self._around.stored(lambda store, name=name: self._spend(store, name, now))  # type: ignore[misc]

    def _due(self, duty: str, every_s: float) -> bool:
        at = self._around.clock.monotonic_s()
        done_at = self._done_at.get(duty)
        if done_at is not None and at - done_at < every_s - _SOON_S:
            return False
        self._done_at[duty] = at
        return True

    def _judge(self, store: CollectorStore, name: SourceName, now: datetime) -> None:
        picture = self._around.pictures[name]
        heard = self._heard.setdefault(name, Heard())
        judgement = judge(picture, heard, now)
        self._silences[name] = judgement.silences
        if not (judgement.changed or judgement.failures):
            return
        store.observe(
            Observation(
                source=name,
                at=now,
                status=picture.status,
                changed=judgement.changed,
                events=judgement.events,
                failures=judgement.failures,
            )
        )
        self._around.pictures[name] = picture.with_rows(judgement.changed)

    def _sprawl(self, store: CollectorStore, now: datetime) -> None:
        around = self._around
        pictures = {name: around.pictures[name] for name in around.sources if name in around.pictures}
        overlays = by_subject(around.overlays())
        layered = tuple((around.sources[name].provider.layer, picture) for name, picture in pictures.items())
        whole = whole_of(layered, now, lambda row: _task(row, overlays), blind=bool(around.unusable))
        for name, picture in pictures.items():
            memory = self._memory(store, name)
            before = set(memory.findings), dict(memory.began)
            found = look(picture, memory, whole, silences=self._silences.get(name, {}), overlays=overlays, now=now)
            if found.findings or found.gone:
                store.observe(
                    Observation(
                        source=name,
                        at=now,
                        status=picture.status,
                        findings=found.findings,
                        gone_findings=found.gone,
                    )
                )
            if (set(memory.findings), memory.began) != before:
                store.keep_cursor(_cursor(name), memory.packed())

    def _memory(self, store: CollectorStore, name: SourceName) -> Memory:
        if name not in self._memories:
            self._memories[name] = recalled(store.cursor(_cursor(name)))
        return self._memories[name]

    def _spend(self, store: CollectorStore, name: SourceName, now: datetime) -> None:
        picture = self._around.pictures[name]
        if self._around.sources[name].provider.layer is not Layer.COMPUTE:
            return
        if name not in self._totals:
            self._totals[name] = store.accruals(name)
        totals = self._totals[name]
        changes = self._around.rate_changes.pop(name, [])
        try:
            spent = spend(picture, totals, changes, now)
            if spent.lines or spent.accruals:
                store.observe(
                    Observation(source=name, at=now, status=picture.status, usage=spent.lines, accruals=spent.accruals)
                )
        except BaseException:
            # Not written: the same changes are counted the next time.
            self._around.rate_changes[name] = [*changes, *self._around.rate_changes.get(name, [])]
            raise
        totals.update(spent.accruals)


def _task(row: Resource, overlays: Overlays) -> str | None:
    if not overlays:
        return row.assignment.task
    laid = (*(overlays.get(row.agent, ()) if row.agent else ()), *overlays.get(row.key.packed(), ()))
    return overlaid(row.assignment, laid).task


def _cursor(name: SourceName) -> str:
    return f"sprawl:{name}"
