"""Whether a source answered us: our own readings, counted by hour, and what may be said from them."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.failure import FailureClass
from fleet_tui.domain.identity import SourceName
from fleet_tui.domain.reading import STALE_FLOOR_S

LISTING: Final = "list"
"""The operation whose readings carry time; the others are only counted."""
MISSED_UNTIL_GAP: Final = 2
LEAST_MS: Final = 1
KEPT: Final = timedelta(days=8)


class Answer(StrEnum):
    """What became of a reading. Only the first two say anything about the source being there."""

    ANSWERED = "answered"
    DOWN = "down"
    TOO_HASTY = "rate limited"
    """It answered, that we ask too much: our own haste."""
    REFUSED = "refused"
    """It answered, that our key or account may not: waiting does not help."""


_REFUSED: Final = frozenset({FailureClass.AUTH, FailureClass.POLICY, FailureClass.QUOTA, FailureClass.BUDGET})


def answer_of(failure_class: FailureClass | None) -> Answer:
    """What a reading's end says; None: it went well."""
    if failure_class is None:
        return Answer.ANSWERED
    if failure_class is FailureClass.RATE_LIMITED:
        return Answer.TOO_HASTY
    return Answer.REFUSED if failure_class in _REFUSED else Answer.DOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One reading that was tried. `covered_ms` is the watched time before it for which it speaks."""

    source: SourceName
    at: datetime
    operation: str
    failure_class: FailureClass | None
    latency_ms: int
    covered_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachHour:
    """All attempts of one source, hour, operation and end."""

    source: SourceName
    hour: datetime
    operation: str
    failure_class: FailureClass | None
    readings: int
    covered_ms: int
    latency_ms: int
    """Of all of them together."""
    latency_max_ms: int


ReachKey = tuple[SourceName, datetime, str, FailureClass | None]


def counted_in(hours: dict[ReachKey, ReachHour], attempt: Attempt) -> None:
    """Count an attempt into its hour."""
    key = (attempt.source, hour_of(attempt.at), attempt.operation, attempt.failure_class)
    before = hours.get(key)
    hours[key] = ReachHour(
        source=attempt.source,
        hour=key[1],
        operation=attempt.operation,
        failure_class=attempt.failure_class,
        readings=(before.readings if before else 0) + 1,
        covered_ms=(before.covered_ms if before else 0) + attempt.covered_ms,
        latency_ms=(before.latency_ms if before else 0) + attempt.latency_ms,
        latency_max_ms=max(before.latency_max_ms if before else 0, attempt.latency_ms),
    )


def hour_of(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def covered_ms(
    *, last_try_at: datetime | None, next_due_at: datetime | None, cadence_s: float, started_at: datetime, at: datetime
) -> int:
    """For how long a reading that ended at `at` speaks: since the one before it, its own time at least.

    A source in trouble is asked less often, so a plain count of readings would make outages short. Where the reading
    came much later than it was due we were not watching, and the time before it is nobody's.
    """
    own = max(at - started_at, timedelta(milliseconds=LEAST_MS))
    since = own
    if last_try_at is not None and at > last_try_at:
        planned_s = (next_due_at - last_try_at).total_seconds() if next_due_at is not None else cadence_s
        watched = timedelta(seconds=MISSED_UNTIL_GAP * max(planned_s, cadence_s) + STALE_FLOOR_S)
        if at - last_try_at - own <= watched:
            since = max(own, at - last_try_at)
    return since // timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What our readings of a window say. Counts are readings; what answered us `refused` or `hasty` is in no figure."""

    answered: int = 0
    down: int = 0
    hasty: int = 0
    refused: int = 0
    up_ms: int = 0
    down_ms: int = 0
    latency_ms: int = 0
    """Of the answered ones together."""
    latency_max_ms: int = 0

    @property
    def samples(self) -> int:
        """Readings that the figure rests on."""
        return self.answered + self.down

    @property
    def tried(self) -> int:
        return self.samples + self.hasty + self.refused

    @property
    def availability(self) -> float | None:
        """The share of the watched time in which it answered, 0 to 1; None without a sample."""
        total_ms = self.up_ms + self.down_ms
        if self.samples == 0 or total_ms == 0:
            return None
        return self.up_ms / total_ms

    @property
    def mean_ms(self) -> float | None:
        """How long an answer took on the average."""
        return self.latency_ms / self.answered if self.answered else None

    def __add__(self, other: "Reach") -> "Reach":
        return Reach(
            answered=self.answered + other.answered,
            down=self.down + other.down,
            hasty=self.hasty + other.hasty,
            refused=self.refused + other.refused,
            up_ms=self.up_ms + other.up_ms,
            down_ms=self.down_ms + other.down_ms,
            latency_ms=self.latency_ms + other.latency_ms,
            latency_max_ms=max(self.latency_max_ms, other.latency_max_ms),
        )


NO_READING: Final = Reach()


def _of_hour(hour: ReachHour) -> Reach:
    match answer_of(hour.failure_class):
        case Answer.ANSWERED:
            return Reach(
                answered=hour.readings,
                up_ms=hour.covered_ms,
                latency_ms=hour.latency_ms,
                latency_max_ms=hour.latency_max_ms,
            )
        case Answer.DOWN:
            return Reach(down=hour.readings, down_ms=hour.covered_ms)
        case Answer.TOO_HASTY:
            return Reach(hasty=hour.readings)
        case Answer.REFUSED:
            return Reach(refused=hour.readings)


def reach_by_source(hours: Iterable[ReachHour], since: datetime) -> dict[SourceName, Reach]:
    """What the listings of each source say, in whole hours from the one that `since` lies in."""
    found: dict[SourceName, Reach] = {}
    first = hour_of(since)
    for hour in hours:
        if hour.hour >= first and hour.operation == LISTING:
            found[hour.source] = found.get(hour.source, NO_READING) + _of_hour(hour)
    return found


def failures_by_class(hours: Iterable[ReachHour], since: datetime) -> dict[SourceName, Counter[FailureClass]]:
    """How many readings of any operation failed in which class."""
    found: dict[SourceName, Counter[FailureClass]] = {}
    first = hour_of(since)
    for hour in hours:
        if hour.hour >= first and hour.failure_class is not None:
            found.setdefault(hour.source, Counter())[hour.failure_class] += hour.readings
    return found
