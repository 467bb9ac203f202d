"""The only place that reads a clock; everything else is handed the time."""

import time
from datetime import UTC, datetime


def now() -> datetime:
    """The wall clock, aware, in UTC."""
    return datetime.now(UTC)


def monotonic_s() -> float:
    """Seconds on a clock that never goes back; only differences mean something."""
    return time.monotonic()


class SystemClock:
    """The clocks of this machine and its event loop, as the engine is handed them."""

    def now(self) -> datetime:
        return now()

    def monotonic_s(self) -> float:
        return monotonic_s()

    async def sleep(self, delay_s: float) -> None:
        import asyncio  # noqa: PLC0415 - a command that only looks needs no event loop

        await asyncio.sleep(delay_s)
