"""The only place that reads a clock; everything else is handed the time."""

import time
from datetime import UTC, datetime


def now() -> datetime:
    """The wall clock, aware, in UTC."""
    return datetime.now(UTC)


def monotonic_s() -> float:
    """Seconds on a clock that never goes back; only differences mean something."""
    return time.monotonic()
