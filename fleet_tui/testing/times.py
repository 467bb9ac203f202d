"""What the simulation knows of true time while every clock it hands out is set, set back or asleep."""

from collections import deque
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from fleet_tui.domain.action import Intent, IntentId
from fleet_tui.domain.outcome import RefusalReason, Refused
from fleet_tui.domain.phase import Phase
from fleet_tui.domain.reading import SourceStatus
from fleet_tui.domain.record import ActionRecord
from fleet_tui.domain.resource import Resource
from fleet_tui.domain.work import QUIET_S, STUCK_S, is_verdict
from fleet_tui.engine.terms import CURSOR
from fleet_tui.ports import Observation
from fleet_tui.testing.memory_store import MemoryStore
from fleet_tui.testing.rig import SOURCE
from fleet_tui.testing.virtual_time import LoopClock
from fleet_tui.views.ages import age, fine_age

ON_ITS_WAY: Final = timedelta(seconds=2)
"""How long a call that was let go may take until its effect."""
READING: Final = timedelta(seconds=62)
"""How long a reading may take: what changed meanwhile may be in it or not."""
LONGEST_GAP_S: Final = 180.0
"""No two readings that are further apart can be one watched span: three polls of the slowest cadence."""
SLACK_S: Final = 60.0
"""Readings that the adapter gave and the engine dated otherwise, and small steps of the clock."""
_READINGS_KEPT: Final = 4000


class Times:
    """Keeps the true times of what happened; `broken` names what a clock has made untrue."""

    def __init__(self, clock: LoopClock, store: MemoryStore) -> None:
        self.complete_at: datetime | None = None
        """A true time before which the newest complete reading did not end."""
        self._clock = clock
        self._store = store
        self._ends: dict[IntentId, datetime] = {}
        self._by_the_wall: set[IntentId] = set()
        self._nights: list[tuple[datetime, timedelta]] = []
        self._readings: deque[datetime] = deque(maxlen=_READINGS_KEPT)
        self._read_at: datetime | None = None
        self._looked_at = clock.true_now()
        self._told = 0
        self._early: list[str] = []
        store.seen = self._judge_verdicts

    def submitted(self, intent: Intent) -> None:
        self._ends[intent.intent_id] = self._clock.true_now() + (intent.not_after - intent.submitted_at)

    def listed(self) -> None:
        """The adapter gave a complete listing."""
        self._readings.append(self._clock.true_now())

    def jump(self, by: timedelta) -> None:
        """Set the wall clock. An intent of which no term is on record yet can only be judged by it."""
        kept = self._store.cursors.get(CURSOR, "")
        for action in (*self._store.intents, *self._store.unsettled()):
            if f'"{action.action_id}"' not in kept:
                self._by_the_wall.add(action.intent_id)
        self._clock.jump(by)

    def suspend(self, for_: timedelta) -> None:
        self._nights.append((self._clock.true_now(), for_))
        self._clock.suspend(for_)

    def is_late(self, action: ActionRecord, effect_at: datetime) -> bool:
        """Whether an effect came after the action's true end; what was on its way when the lid closed is not."""
        if action.intent_id in self._by_the_wall:
            return False
        for began, lasted in self._nights:
            if began + lasted <= effect_at <= began + lasted + ON_ITS_WAY:
                effect_at -= lasted
        return effect_at > self._ends[action.intent_id] + ON_ITS_WAY

    def broken(self, store: MemoryStore) -> Iterator[str]:
        """Expired before its time, an age below nothing, a verdict out of time that nobody watched."""
        now, status = self._clock.true_now(), store.statuses.get(SOURCE)
        read_at = (
            status.last_complete_at if status is not None and status.last_complete_at == status.last_ok_at else None
        )
        # A reading that slept with the machine says how things were before.
        slept = any(began + lasted > self._looked_at - READING for began, lasted in self._nights)
        if read_at is not None and read_at != self._read_at and not slept:
            self.complete_at = self._looked_at
        self._read_at, self._looked_at = read_at or self._read_at, now
        yield from self._early
        self._early.clear()
        for settled in store.settled[self._told :]:
            action = store.actions[settled.action_id]
            expired = isinstance(settled.outcome, Refused) and settled.outcome.reason is RefusalReason.EXPIRED
            if expired and action.intent_id not in self._by_the_wall and now < self._ends[action.intent_id]:
                yield f"{settled.action_id} is told as expired before its end"
        self._told = len(store.settled)
        yield from self._odd_times(store, status)

    def _odd_times(self, store: MemoryStore, status: SourceStatus | None) -> Iterator[str]:
        wall = self._clock.now()
        for row in store.known(SOURCE):
            for since in (row.phase.since, row.created_at):
                if "-" in age(since, wall) + fine_age(since, wall):
                    yield f"{row.incarnation} has a negative age"
        if status is not None and (status.latency_ms or 0) < 0:
            yield "a reading took less than no time"
        spans = store.watches(SOURCE)
        if any(span.end < span.start for span in spans):
            yield "a watched span ends before it begins"
        if any(later.start < earlier.end for earlier, later in pairwise(spans)):
            yield "two watched spans overlap"

    def _judge_verdicts(self, observation: Observation) -> None:
        for row in observation.changed:
            if not is_verdict(row.phase):
                continue
            needed_s = STUCK_S if row.phase.phase is Phase.STUCK else QUIET_S
            watched_s = self._watched_s(self._quiet_since(row))
            if watched_s + SLACK_S < needed_s:
                self._early.append(f"{row.incarnation} is {row.phase.phase} after {watched_s:.0f} watched seconds")

    def _quiet_since(self, row: Resource) -> datetime:
        vitals = self._store.vitals.get(row.key)
        born = row.created_at or self._clock.true_now()
        return max(born, vitals.signal_at) if vitals is not None and vitals.signal_at is not None else born

    def _watched_s(self, since: datetime) -> float:
        """True seconds since then between readings that were close."""
        at = [reading for reading in self._readings if reading >= since]
        gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(at)]
        first = (at[0] - since).total_seconds() if at else 0.0
        return sum(gap for gap in (min(first, LONGEST_GAP_S), *gaps) if gap <= LONGEST_GAP_S)
