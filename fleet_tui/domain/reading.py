"""One poll's result. Only a complete reading may conclude that something is gone."""

from datetime import datetime, timedelta
from enum import StrEnum

from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.failure import Failure
from fleet_tui.domain.identity import Kind, ResourceKey, SourceName
from fleet_tui.domain.resource import Resource, Vitals

MISSED_POLLS_UNTIL_STALE = 3
STALE_FLOOR_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What an adapter's list call gave.

    `complete` is False when a page was missing, a cap was reached or a row could not be read; `notes` then says
    which, for a person. `kinds` are those that this listing speaks for: a kind that is not among them stays as it was.
    """

    resources: tuple[Resource, ...]
    kinds: frozenset[Kind]
    complete: bool = True
    vitals: tuple[Vitals, ...] = ()
    notes: tuple[str, ...] = ()
    server_time: datetime | None = None
    """The vendor's own clock, from the `Date` header, where it was told."""

    def would_name(self, key: ResourceKey) -> bool:
        """It would name this resource if it were there: that it does not says that it is gone."""
        return self.complete and key.kind in self.kinds


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A listing with its time, or the failure that came instead of one."""

    source: SourceName
    started_at: datetime
    ended_at: datetime
    listing: Listing | None
    failure: Failure | None = None


class SourceState(StrEnum):
    """Empty, unreachable and stale are three different things to see."""

    NEW = "new"
    OK = "ok"
    PARTIAL = "partial"
    STALE = "stale"
    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    """The vendor refuses our key: waiting does not help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceStatus:
    """What is known of a source's last readings; `state` is judged by `state_at` when it is looked at."""

    name: SourceName
    provider: str
    cadence_s: float
    last_try_at: datetime | None = None
    last_ok_at: datetime | None = None
    """End of the last reading that was at least partial."""
    last_complete_at: datetime | None = None
    next_due_at: datetime | None = None
    complete_streak: int = 0
    failures: int = 0
    failure: Failure | None = None
    rows: int = 0
    latency_ms: int | None = None
    clock_skew_s: float | None = None
    notes: tuple[str, ...] = ()


def stale_after_s(cadence_s: float) -> float:
    """3 missed polls, and at least 30 s."""
    return max(STALE_FLOOR_S, MISSED_POLLS_UNTIL_STALE * cadence_s)


def is_fresh(status: SourceStatus, now: datetime) -> bool:
    """Its rows may be trusted to be what the provider would say now.

    A reading of a time to come was made before the clock was set back, nobody knows how long ago.
    """
    return status.last_ok_at is not None and abs(now - status.last_ok_at) <= timedelta(
        seconds=stale_after_s(status.cadence_s)
    )


def knows(status: SourceStatus, since: datetime) -> bool:
    """Its rows hold what was there at `since`: the reading that they came from began no earlier."""
    took = timedelta(milliseconds=(status.latency_ms or 0) + 1)  # it was rounded
    return status.failure is None and status.last_ok_at is not None and status.last_ok_at - took >= since


def tried_since(status: SourceStatus, since: datetime) -> bool:
    """It was read since then, or could not be."""
    return status.last_try_at is not None and status.last_try_at >= since


def answers_for(status: SourceStatus, since: datetime) -> bool:
    """It was read since then, from its beginning to its end, or could not be read."""
    return (status.failure is not None and tried_since(status, since)) or knows(status, since)


def state_at(status: SourceStatus, now: datetime) -> SourceState:
    """What to call a source at `now`."""
    if status.failure is not None and status.failure.failure_class.value in {"auth", "policy"}:
        return SourceState.REFUSED
    if status.last_ok_at is None:
        return SourceState.NEW if status.failure is None else SourceState.UNREACHABLE
    if not is_fresh(status, now):
        return SourceState.STALE if status.failure is None else SourceState.UNREACHABLE
    return SourceState.PARTIAL if status.last_complete_at != status.last_ok_at else SourceState.OK
