"""How much each customer used of each meter: usage of the seeded world by formula, and the events requests sent."""

import math
from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from fleet_tui.emulator.stripe.model import Formula, Meter

_DAY_S = 86400
_HOUR_S = 3600
_SWING = 0.5
_IDENTIFIER_TTL_S = 24 * _HOUR_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Drip:
    """Usage that grows by itself from `start` on, more by day than by night; `until` None has no end."""

    start: int
    per_hour: float
    until: int | None = None

    def total(self, at: int) -> int:
        """Units used before `at`. Never falls as time grows, so windows add up to their whole exactly."""
        end = at if self.until is None else min(at, self.until)
        elapsed_s = max(0, end - self.start)
        turn = 2 * math.pi * elapsed_s / _DAY_S
        swing_h = _SWING * (1 - math.cos(turn)) * _DAY_S / (2 * math.pi * _HOUR_S)
        return math.floor(self.per_hour * (elapsed_s / _HOUR_S + swing_h))


@dataclass(frozen=True, slots=True, order=True)
class Reading:
    """One meter event that was sent."""

    at: int
    arrived: int
    value: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """What was used from `start` to before `end`; `count` is how many events that were."""

    start: int
    end: int
    value: Decimal
    count: int


class UsageBook:
    """Usage by meter and customer. Events count `lag_s` after they arrive: Stripe adds up eventually, not at once."""

    def __init__(self) -> None:
        self.lag_s = 0
        self._drips: dict[tuple[str, str], list[Drip]] = {}
        self._readings: dict[tuple[str, str], list[Reading]] = {}
        self._identifiers: dict[str, int] = {}

    def drip(self, meter: str, customer: str, drip: Drip) -> None:
        self._drips.setdefault((meter, customer), []).append(drip)

    def stop(self, customer: str, meters: frozenset[str], at: int) -> None:
        """End the usage of these meters that grows by itself: its subscription is paused or gone."""
        for meter in meters:
            drips = self._drips.get((meter, customer), [])
            drips[:] = [replace(drip, until=at) if drip.until is None else drip for drip in drips]

    def restart(self, customer: str, meters: frozenset[str], at: int) -> None:
        """Let it grow again as fast as it last did."""
        for meter in meters:
            drips = self._drips.get((meter, customer), [])
            if drips and drips[-1].until is not None:
                drips.append(Drip(start=at, per_hour=drips[-1].per_hour))

    def seen(self, identifier: str, now: int) -> bool:
        """Whether an event of that identifier came within 24 hours; remembers it if not."""
        if now - self._identifiers.get(identifier, -_IDENTIFIER_TTL_S) < _IDENTIFIER_TTL_S:
            return True
        self._identifiers[identifier] = now
        return False

    def read(self, meter: str, customer: str, reading: Reading) -> None:
        insort(self._readings.setdefault((meter, customer), []), reading)

    def window(self, meter: Meter, customer: str, start: int, end: int, now: int) -> Window:
        """What the meter says for that time, as far as it is known at `now`."""
        key = (meter.id, customer)
        drips = self._drips.get(key, ())
        dripped = sum(drip.total(min(end, now)) - drip.total(min(start, now)) for drip in drips)
        known = self._readings.get(key, ())
        first = bisect_left(known, start, key=lambda reading: reading.at)
        last = bisect_left(known, end, key=lambda reading: reading.at)
        readings = [reading for reading in known[first:last] if reading.arrived + self.lag_s <= now]
        value = _added_up(meter.formula, dripped, readings)
        return Window(start=start, end=end, value=value, count=dripped + len(readings))

    def windows(
        self, meter: Meter, customer: str, start: int, end: int, now: int, *, step_s: int | None
    ) -> Iterator[Window]:
        """The windows of `step_s` that hold any usage, newest first; one for the whole time when it is None."""
        starts = [start] if step_s is None else range(start, end, step_s)
        for at in reversed(starts):
            window = self.window(meter, customer, at, end if step_s is None else at + step_s, now)
            if window.count:
                yield window


def _added_up(formula: Formula, dripped: int, readings: Sequence[Reading]) -> Decimal:
    match formula:
        case Formula.SUM:
            return Decimal(dripped) + sum((reading.value for reading in readings), Decimal(0))
        case Formula.COUNT:
            return Decimal(dripped + len(readings))
        case Formula.LAST:
            return readings[-1].value if readings else Decimal(0)
