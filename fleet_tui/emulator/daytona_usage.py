"""What Daytona's analytics API says a sandbox has used and costs, from its billed periods; pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from fleet_tui.emulator.daytona_state import Box, Period
from fleet_tui.emulator.wire import rfc3339

CPU_USD_PER_H = 0.0504
MEMORY_USD_PER_GIB_H = 0.0162
DISK_USD_PER_GIB_H = 0.000108
FREE_DISK_GIB = 5
"""List prices as third parties print them (May 2026); the disk is free up to 5 GiB a sandbox."""
_HOUR_S = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A billed period as far as it lies in the asked time. `open` says that it still goes on."""

    period: Period
    start: datetime
    end: datetime
    open: bool

    @property
    def seconds(self) -> float:
        return (self.end - self.start).total_seconds()

    @property
    def usd(self) -> float:
        return sum(self.usd_by_kind())

    def usd_by_kind(self) -> tuple[float, float, float]:
        """For processor, memory and disk."""
        hours = self.seconds / _HOUR_S
        run = hours if self.period.running else 0.0
        return (
            self.period.cpu * run * CPU_USD_PER_H,
            self.period.memory_gib * run * MEMORY_USD_PER_GIB_H,
            max(0, self.period.disk_gib - FREE_DISK_GIB) * hours * DISK_USD_PER_GIB_H,
        )


def parts(box: Box, since: datetime, until: datetime, now: datetime) -> Iterator[Part]:
    """The billed periods of one sandbox within [since, until), oldest first."""
    for period in box.periods:
        start, end = max(period.start, since), min(period.end or now, until, now)
        if start < end:
            yield Part(period=period, start=start, end=end, open=period.end is None and until >= now)


def sandbox_json(box: Box, since: datetime, until: datetime, now: datetime) -> dict[str, object] | None:
    """The models.SandboxUsage schema; None when nothing was used in that time."""
    used = list(parts(box, since, until, now))
    return {"sandboxId": box.id, **_totals(used)} if used else None


def periods_json(box: Box, since: datetime, until: datetime, now: datetime) -> list[dict[str, object]]:
    """A list of the models.UsagePeriod schema; the period under way has no end."""
    rows: list[dict[str, object]] = []
    for part in parts(box, since, until, now):
        period = part.period
        row: dict[str, object] = {
            "startAt": rfc3339(part.start),
            "cpu": period.cpu if period.running else 0,
            "ramGB": period.memory_gib if period.running else 0,
            "diskGB": period.disk_gib,
            "gpu": 0,
            "price": round(part.usd, 6),
        }
        rows.append(row if part.open else {**row, "endAt": rfc3339(part.end)})
    return rows


def aggregated_json(boxes: Iterable[Box], since: datetime, until: datetime, now: datetime) -> dict[str, object]:
    """The models.AggregatedUsage schema."""
    used = [list(parts(box, since, until, now)) for box in boxes]
    flat = [part for one in used for part in one]
    return {"sandboxCount": sum(bool(one) for one in used), **_totals(flat)}


def chart_json(boxes: Iterable[Box], since: datetime, until: datetime, now: datetime) -> list[dict[str, object]]:
    """A list of the models.UsageChartPoint schema, one for each hour."""
    kept = list(boxes)
    rows: list[dict[str, object]] = []
    at = since.replace(minute=0, second=0, microsecond=0)
    while at < min(until, now):
        hour = [part for box in kept for part in parts(box, max(at, since), at + timedelta(hours=1), now)]
        prices = [sum(kind) for kind in zip(*(part.usd_by_kind() for part in hour), strict=True)] or [0.0, 0.0, 0.0]
        running = [part.period for part in hour if part.period.running]
        rows.append(
            {
                "time": rfc3339(at),
                "cpu": sum(period.cpu for period in running),
                "ramGB": sum(period.memory_gib for period in running),
                "diskGB": sum(part.period.disk_gib for part in hour),
                "cpuPrice": round(prices[0], 6),
                "ramPrice": round(prices[1], 6),
                "diskPrice": round(prices[2], 6),
            }
        )
        at += timedelta(hours=1)
    return rows


def _totals(used: Iterable[Part]) -> dict[str, object]:
    kept = list(used)
    running = [part for part in kept if part.period.running]
    body: dict[str, object] = {
        "totalPrice": round(sum(part.usd for part in kept), 6),
        "totalCPUSeconds": int(sum(part.seconds * part.period.cpu for part in running)),
        "totalRAMGBSeconds": int(sum(part.seconds * part.period.memory_gib for part in running)),
        "totalDiskGBSeconds": int(sum(part.seconds * part.period.disk_gib for part in kept)),
        "totalGPUSeconds": 0,
    }
    if kept:
        body["firstStart"] = rfc3339(min(part.start for part in kept))
        body["lastEnd"] = rfc3339(max(part.end for part in kept))
    return body
