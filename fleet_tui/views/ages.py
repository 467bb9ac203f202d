"""Ages as they are printed, and when a printed age will be wrong: an idle minute redraws only what fell due."""

from datetime import datetime, timedelta
from math import ceil
from typing import Final

UNKNOWN: Final = "?"
NONE: Final = "-"
MINUTE_S: Final = 60
HOUR_S: Final = 3600
DAY_S: Final = 86_400


def _span_s(since: datetime, until: datetime) -> int:
    return max(0, int((until - since).total_seconds()))


def coarse(seconds: int) -> str:
    """`now`, `34m`, `3h`, `2d`."""
    if seconds < MINUTE_S:
        return "now"
    if seconds < HOUR_S:
        return f"{seconds // MINUTE_S}m"
    if seconds < DAY_S:
        return f"{seconds // HOUR_S}h"
    return f"{seconds // DAY_S}d"


def fine(seconds: int) -> str:
    """`12s`, `1m12s`, `3h05m`, `2d04h`: for the detail, and while a source is stale."""
    if seconds < MINUTE_S:
        return f"{seconds}s"
    if seconds < HOUR_S:
        return f"{seconds // MINUTE_S}m{seconds % MINUTE_S:02}s"
    if seconds < DAY_S:
        return f"{seconds // HOUR_S}h{seconds % HOUR_S // MINUTE_S:02}m"
    return f"{seconds // DAY_S}d{seconds % DAY_S // HOUR_S:02}h"


def age(since: datetime | None, now: datetime) -> str:
    """How long ago; `?` where nobody told. A time in the future is `now`: clocks differ."""
    return UNKNOWN if since is None else coarse(_span_s(since, now))


def fine_age(since: datetime | None, now: datetime) -> str:
    return UNKNOWN if since is None else fine(_span_s(since, now))


def left(end: datetime | None, now: datetime) -> str:
    """How long until: `9m`; `<1m` in the last minute, `over` behind it, `-` where no end is known."""
    if end is None:
        return NONE
    seconds = ceil((end - now).total_seconds())
    if seconds <= 0:
        return "over"
    return "<1m" if seconds < MINUTE_S else coarse(seconds)


def _unit_s(seconds: int) -> int:
    if seconds < HOUR_S:
        return MINUTE_S
    return HOUR_S if seconds < DAY_S else DAY_S


def age_due(since: datetime | None, now: datetime) -> datetime | None:
    """When `age` prints something else; None: never."""
    if since is None:
        return None
    seconds = _span_s(since, now)
    unit = _unit_s(seconds)
    return since + timedelta(seconds=(seconds // unit + 1) * unit)


def left_due(end: datetime | None, now: datetime) -> datetime | None:
    """When `left` prints something else; None: never."""
    if end is None or end <= now:
        return None
    seconds = ceil((end - now).total_seconds())
    unit = _unit_s(seconds)
    whole = seconds // unit * unit
    return end - timedelta(seconds=whole - 1) if whole else end
