"""Polls one source: listing, vitals, events and usage, each at its own pace, none of them able to stop the fleet."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any, Final, TypeVar

from fleet_tui.domain.failure import Failure, FailureClass, clamped_retry_after_s
from fleet_tui.domain.identity import Layer, SourceName
from fleet_tui.domain.phase import ENDED
from fleet_tui.domain.reach import Attempt
from fleet_tui.domain.reading import Reading, SourceStatus
from fleet_tui.domain.resource import Resource
from fleet_tui.engine.deeds import recalled_deeds
from fleet_tui.engine.guard import LISTING_DEADLINE_S, READ_DEADLINE_S, ask
from fleet_tui.engine.picture import Picture, picture_of
from fleet_tui.engine.reach import attempt_of
from fleet_tui.engine.reconciler import Pace, Reconciled, reconcile
from fleet_tui.engine.schedule import EVENTS_S, USAGE_S, VITALS_S, jittered_s, retry_s
from fleet_tui.engine.source import Source
from fleet_tui.engine.spending import rate_changes
from fleet_tui.engine.surroundings import Surroundings
from fleet_tui.engine.vitals import moved_vitals
from fleet_tui.ports import (
    CollectorStore,
    EventReader,
    Lister,
    Observation,
    ProviderError,
    StoreError,
    StoreUnwritable,
    UsageReader,
    VitalsReader,
)

T = TypeVar("T")

USAGE_LOOK_BACK: Final = timedelta(days=2)
"""Vendors correct their figures for a day or two; a line that is read again replaces itself."""
USAGE_CHUNK: Final = 500
"""Lines of one transaction, so that it stays under 50 ms."""
_UNWRITABLE_WAIT_S: Final = 5.0
_WISHES_S: Final = 0.5

_log = logging.getLogger(__name__)


def picture_in(store: CollectorStore, source: Source) -> Picture:
    """What the store still knows of a source. Blocks."""
    status = store.status(source.name) or source.unread()
    known_before = status.last_ok_at is not None
    status = replace(status, provider=source.provider.name)
    picture = picture_of(status, store.known(source.name), store.watches(source.name), known_before=known_before)
    killed, seen_gone = recalled_deeds(store, source.name)
    return replace(picture, killed=killed, seen_gone=seen_gone)


class SourcePoller:
    """The duties of one source. Every method that reads gives whether it succeeded and never raises ProviderError."""

    def __init__(self, source: Source, around: Surroundings) -> None:
        self._source = source
        self._around = around
        self._failures: dict[str, Failure] = {}
        self._listed = asyncio.Event()
        self._tried: list[Attempt] = []
        """Side readings that the next listing writes down, so that none of them costs a transaction of its own."""
        around.nudges.setdefault(source.name, asyncio.Event())

    @property
    def name(self) -> SourceName:
        return self._source.name

    async def recall(self) -> None:
        """Take up the picture that the store holds."""
        self._around.pictures[self.name] = await self._around.stored(partial(picture_in, source=self._source))

    async def run(self) -> None:
        """Poll until cancelled."""
        adapter = self._source.adapter
        async with asyncio.TaskGroup() as duties:
            duties.create_task(self._listing_duty())
            if isinstance(adapter, VitalsReader):
                duties.create_task(self._side_duty("read vitals", VITALS_S, self.read_vitals))
            if isinstance(adapter, EventReader):
                duties.create_task(self._side_duty("read events", EVENTS_S, self.read_events))
            if isinstance(adapter, UsageReader):
                duties.create_task(self._side_duty("read usage", USAGE_S, self.read_usage))

    async def _listing_duty(self) -> None:
        nudge = self._around.nudges[self.name]
        while True:
            nudge.clear()
            await self._guarded("list", self.poll())
            status = self._around.pictures[self.name].status
            if status.last_ok_at is not None:
                self._listed.set()
            wait_s = self._until_due_s(status)
            floor_s = min(self._floor_s(status), wait_s)
            await self._around.clock.sleep(floor_s)
            try:
                async with asyncio.timeout(wait_s - floor_s):
                    await nudge.wait()
            except TimeoutError:
                continue

    def _floor_s(self, status: SourceStatus) -> float:
        """Nobody's wish shortens the wait that the vendor named; many wishes at once are one poll."""
        asked_s = clamped_retry_after_s(status.failure.retry_after_s) if status.failure else None
        return asked_s or _WISHES_S

    def _until_due_s(self, status: SourceStatus) -> float:
        """Waits by the monotonic clock: a wall clock that jumps must not start a storm nor stop the polls."""
        if status.next_due_at is None or status.last_try_at is None:
            return status.cadence_s
        return max((status.next_due_at - status.last_try_at).total_seconds(), 0.05)

    async def _side_duty(self, name: str, every_s: float, duty: Callable[[], Awaitable[bool]]) -> None:
        # Without rows there is nothing to measure, and nothing to hang an event or a charge on.
        await self._listed.wait()
        failures = 0
        while True:
            good = await self._guarded(name, duty())
            failures = 0 if good else failures + 1
            failure = self._failures.get(name)
            wait_s = every_s if good or failure is None else max(retry_s(failure, failures, every_s), every_s)
            await self._around.clock.sleep(jittered_s(wait_s, self._around.chance.random()))

    async def _guarded(self, name: str, duty: Awaitable[bool]) -> bool:
        try:
            return await duty
        except StoreUnwritable as error:
            _log.error("%s: %s: nothing could be kept: %s", self.name, name, error)
            await self._around.clock.sleep(_UNWRITABLE_WAIT_S)
        except StoreError:
            raise
        except Exception:  # noqa: BLE001 - what one vendor says must not stop the fleet, however it broke us
            _log.exception("%s: %s: what was read could not be used", self.name, name)
            await self._around.clock.sleep(_UNWRITABLE_WAIT_S)
        return False

    async def poll(self) -> bool:
        """List the source once and write what changed."""
        around, adapter = self._around, self._source.adapter
        started_at = around.clock.now()
        listing, failure = None, None
        if isinstance(adapter, Lister):
            try:
                listing = await ask(
                    adapter.list_resources(started_at),
                    source=self.name,
                    operation="list",
                    deadline_s=LISTING_DEADLINE_S,
                    clock=around.clock,
                )
            except ProviderError as error:
                failure = error.failure
        reading = Reading(
            source=self.name,
            started_at=started_at,
            ended_at=max(around.clock.now(), started_at),
            listing=listing,
            failure=failure,
        )
        pace = Pace(
            layer=self._source.provider.layer,
            cadence_s=self._source.provider.cadence_s,
            roll=around.chance.random(),
        )
        tried = tuple(self._tried)
        try:
            await around.stored(partial(self._keep, reading=reading, pace=pace, tried=tried))
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - a reading that breaks the comparison is a failed reading
            _log.exception("%s: list: what was read could not be used", self.name)
            failure = self._unusable(error)
            unusable = replace(reading, listing=None, failure=failure)
            await around.stored(partial(self._keep, reading=unusable, pace=pace, tried=tried))
        del self._tried[: len(tried)]
        return failure is None

    def _unusable(self, error: Exception) -> Failure:
        return Failure(
            failure_class=FailureClass.UNKNOWN,
            source=self.name,
            operation="list",
            text=f"what it listed could not be used ({type(error).__name__}); the log has more",
            at=self._around.clock.now(),
        )

    def _keep(self, store: CollectorStore, *, reading: Reading, pace: Pace, tried: tuple[Attempt, ...]) -> None:
        """Diff and write on the store's thread, so that pictures are replaced by one thread only."""
        before = self._around.pictures[self.name]
        done: Reconciled = reconcile(before, reading, pace)
        listed = attempt_of(before.status, reading)
        store.observe(replace(done.observation, attempts=(*tried, *((listed,) if listed else ()))))
        self._around.pictures[self.name] = done.picture
        if self._source.provider.layer is Layer.COMPUTE:
            changes = rate_changes(before, done.observation.changed, reading.ended_at)
            self._around.rate_changes.setdefault(self.name, []).extend(changes)

    async def read_vitals(self) -> bool:
        """Measure what lives."""
        adapter = self._source.adapter
        keys = [row.key for row in self._living()]
        if not isinstance(adapter, VitalsReader) or not keys:
            return True
        now = self._around.clock.now()
        try:
            vitals = await self._asked(adapter.read_vitals(keys, now), "read vitals", LISTING_DEADLINE_S)
        except ProviderError as error:
            return await self._tell(error.failure, "read vitals")

        def keep(store: CollectorStore) -> None:
            picture = self._around.pictures[self.name]
            moved, known = moved_vitals(picture, vitals)
            if moved:
                store.observe(Observation(source=self.name, at=now, status=picture.status, vitals=moved))
                self._around.pictures[self.name] = replace(picture, vitals=known)

        await self._around.stored(keep)
        return self._well("read vitals")

    async def read_events(self) -> bool:
        """Hear what happened since the last time."""
        adapter = self._source.adapter
        if not isinstance(adapter, EventReader):
            return True
        now, cursor_name = self._around.clock.now(), f"events:{self.name}"
        after = await self._around.stored(lambda store: store.cursor(cursor_name))
        try:
            events, cursor = await self._asked(
                adapter.read_events(after=after, now=now), "read events", READ_DEADLINE_S
            )
        except ProviderError as error:
            return await self._tell(error.failure, "read events")

        def keep(store: CollectorStore) -> None:
            if events:
                status = self._around.pictures[self.name].status
                store.observe(Observation(source=self.name, at=now, status=status, events=events))
            # After the events: one that is told twice has one id, one that is skipped is lost.
            if cursor is not None and cursor != after:
                store.keep_cursor(cursor_name, cursor)

        await self._around.stored(keep)
        return self._well("read events")

    async def read_usage(self) -> bool:
        """Read what was used or charged, the last days again with it."""
        adapter = self._source.adapter
        if not isinstance(adapter, UsageReader):
            return True
        now = self._around.clock.now()
        rows = tuple(self._around.pictures[self.name].rows())
        try:
            lines = await self._asked(
                adapter.read_usage(since=now - USAGE_LOOK_BACK, until=now, resources=rows),
                "read usage",
                LISTING_DEADLINE_S,
            )
        except ProviderError as error:
            return await self._tell(error.failure, "read usage")
        for first in range(0, len(lines), USAGE_CHUNK):
            chunk = lines[first : first + USAGE_CHUNK]
            await self._observe(Observation(source=self.name, at=now, status=self._status(), usage=chunk))
        return self._well("read usage")

    async def _asked(self, call: Coroutine[Any, Any, T], operation: str, deadline_s: float) -> T:
        """Ask, and count how it went. Raises ProviderError."""
        clock = self._around.clock
        began_s = clock.monotonic_s()

        def count(failure_class: FailureClass | None) -> None:
            took_ms = max(round((clock.monotonic_s() - began_s) * 1000), 0)
            attempt = Attempt(
                source=self.name,
                at=clock.now(),
                operation=operation,
                failure_class=failure_class,
                latency_ms=took_ms,
            )
            self._tried.append(attempt)

        try:
            answer = await ask(call, source=self.name, operation=operation, deadline_s=deadline_s, clock=clock)
        except ProviderError as error:
            count(error.failure.failure_class)
            raise
        count(None)
        return answer

    def _living(self) -> Sequence[Resource]:
        return [row for row in self._around.pictures[self.name].rows() if row.phase.phase not in ENDED]

    def _status(self) -> SourceStatus:
        return self._around.pictures[self.name].status

    async def _observe(self, observation: Observation) -> None:
        """Write it with the status of that moment: a listing may have moved it since the observation was made."""
        await self._around.stored(lambda store: store.observe(replace(observation, status=self._status())))

    async def _tell(self, failure: Failure, duty: str) -> bool:
        """A side reading failed: told once per cause; the rows and their freshness are the listing's."""
        before = self._failures.get(duty)
        self._failures[duty] = failure
        if before is None or before.cause != failure.cause:
            await self._observe(
                Observation(source=self.name, at=failure.at, status=self._status(), failures=(failure,))
            )
        return False

    def _well(self, duty: str) -> bool:
        self._failures.pop(duty, None)
        return True
