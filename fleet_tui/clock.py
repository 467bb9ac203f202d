"""The only place that reads a clock; everything else is handed the time."""

import time
from datetime import UTC, datetime
from pathlib import Path


def now() -> datetime:
    """The wall clock, aware, in UTC."""
    return datetime.now(UTC)


def monotonic_s() -> float:
    """Seconds on a clock that never goes back; only differences mean something."""
    return time.monotonic()


def uptime_s() -> float:
    """Seconds since this machine started, its sleep included, the same for all processes; nobody can set it."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def boot_id() -> str:
    """Names the time since this machine started; empty where the system has no name for it."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


class SystemClock:
    """The clocks of this machine and its event loop, as the engine is handed them."""

    def now(self) -> datetime:
        return now()

    def monotonic_s(self) -> float:
        return monotonic_s()

    def uptime_s(self) -> float:
        return uptime_s()

    async def sleep(self, delay_s: float) -> None:
        import asyncio  # noqa: PLC0415 - a command that only looks needs no event loop

        await asyncio.sleep(delay_s)
