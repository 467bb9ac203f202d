"""What was told to whom: a channel hears of a cause once, until it gets worse, begins anew, or comes back."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Final

from fleet_tui.domain.acknowledgement import Judged, began_anew
from fleet_tui.domain.attention import Severity
from fleet_tui.domain.dataclass import dataclass

RETRY_FIRST: Final = timedelta(seconds=10)
RETRY_CEILING: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One cause that one channel was told of, as it was then."""

    channel: str
    cause: str
    at: datetime
    severity: Severity
    since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelStatus:
    """How a channel fares. `text` says what went wrong last, freed of secrets; `failures` counts in a row."""

    name: str
    last_try_at: datetime | None = None
    last_ok_at: datetime | None = None
    failing_since: datetime | None = None
    failures: int = 0
    text: str = ""
    told: int = 0
    """Items it has told of."""
    gone: bool = False
    """It is not configured any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """Hours, UTC, in which only the worst is told; the rest is told when they are over. May pass midnight."""

    begins: time
    ends: time

    def at(self, now: datetime) -> bool:
        clock = now.time()
        if self.begins <= self.ends:
            return self.begins <= clock < self.ends
        return clock >= self.begins or clock < self.ends


def is_due(one: Judged, told: Mapping[str, Notice], now: datetime) -> bool:
    """Whether this channel has yet to hear of it."""
    item = one.item
    found = [notice for cause in item.causes if (notice := told.get(cause)) is not None]
    if not found:
        return True
    if all(item.severity.rank < notice.severity.rank for notice in found):
        return True
    if all(began_anew(item, since=notice.since, at=notice.at) for notice in found):
        return True
    again = item.again_at
    return again is not None and again <= now and all(notice.at < again for notice in found)


def due(
    items: Iterable[Judged],
    told: Mapping[str, Notice],
    now: datetime,
    *,
    least: Severity = Severity.LOW,
    quiet: Quiet | None = None,
) -> Sequence[Judged]:
    """What one message should tell now, the worst first. What somebody deals with already is not told."""
    floor = Severity.CRIT if quiet is not None and quiet.at(now) else least
    found = [
        one
        for one in items
        if one.open and one.item.severity.rank <= min(floor.rank, least.rank) and is_due(one, told, now)
    ]
    return sorted(found, key=lambda one: (one.item.severity.rank, one.item.cause))


def notices(channel: str, items: Iterable[Judged], now: datetime) -> tuple[Notice, ...]:
    """What to keep once a message got through."""
    return tuple(
        Notice(channel=channel, cause=one.item.cause, at=now, severity=one.item.severity, since=one.item.since)
        for one in items
    )


def retry_at(status: ChannelStatus) -> datetime | None:
    """When a channel that failed may be tried again; None: now."""
    if not status.failures or status.last_try_at is None:
        return None
    wait = min(RETRY_FIRST * 2.0 ** min(status.failures - 1, 10), RETRY_CEILING)
    return status.last_try_at + wait
