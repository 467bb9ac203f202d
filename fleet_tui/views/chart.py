"""Curves over time as values: what is not known is a gap and never a line."""

from collections.abc import Callable, Generator, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.history import Sample, Spent
from fleet_tui.domain.identity import SourceName
from fleet_tui.domain.money import MICRO
from fleet_tui.domain.watch import Watch, watched_s

STEP: Final = timedelta(minutes=15)
SPAN: Final = timedelta(hours=24)
_CURRENCY: Final = "usd"
_TICKS: Final = 6
_AT_ONCE: Final = 2000
"""Pieces of money of one step."""
_NEAR_S: Final = 120.0
"""Measurements that are no further apart than this belong together."""
_WATCHED_ENOUGH: Final = 0.95
_WHOLE_FROM: Final = 10.0
"""From here on the axis prints no cents."""
Point = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Pieces of one curve: x in seconds since `start`, y in `unit`. Between two pieces nothing is known."""

    start: datetime
    end: datetime
    pieces: tuple[tuple[Point, ...], ...]
    unit: str
    """Printed behind or before a figure of the axis: `$`, `%`, `MB`."""

    @property
    def span_s(self) -> float:
        return max(1.0, (self.end - self.start).total_seconds())

    @property
    def highest(self) -> float:
        return max((y for piece in self.pieces for _, y in piece), default=0.0)

    @property
    def known(self) -> bool:
        return any(self.pieces)

    def x_ticks(self) -> list[tuple[float, str]]:
        """Clock times at even distances, UTC, and now at the end."""
        ticks = [(self.span_s * n / _TICKS, self.start + (self.end - self.start) * n / _TICKS) for n in range(_TICKS)]
        shown = "%H:%M" if self.span_s < 3 * 86_400 else "%m-%d"
        return [*((x, f"{at.astimezone(UTC):{shown}}") for x, at in ticks), (self.span_s, "now")]

    def y_ticks(self) -> list[tuple[float, str]]:
        """0, the middle and the top of the axis."""
        top = self.top
        return [(y, self._figure(y)) for y in (0.0, top / 2, top)]

    @property
    def top(self) -> float:
        """The top of the axis: the next round figure above all points."""
        return rounded_up(self.highest)

    def _figure(self, y: float) -> str:
        text = f"{y:.0f}" if self.top >= _WHOLE_FROM else f"{y:.2f}"
        return f"${text}" if self.unit == "$" else f"{text} {self.unit}"


def rounded_up(value: float) -> float:
    """1, 1.2, 1.6, 2, 3, 4, 5, 6, 8 or 10 times a power of ten, at least as large; its half is short to print too."""
    if value <= 0:
        return 1.0
    power = 1.0
    while power * 10 < value:
        power *= 10
    while power > value:
        power /= 10
    return next(step * power for step in (1, 1.2, 1.6, 2, 3, 4, 5, 6, 8, 10, 20) if step * power >= value)


def pieces_of(points: Iterable[tuple[float, float | None]]) -> tuple[tuple[Point, ...], ...]:
    """Cut where nothing is known."""
    pieces: list[list[Point]] = [[]]
    for x, y in points:
        if y is None:
            pieces.append([])
        else:
            pieces[-1].append((x, y))
    return tuple(tuple(piece) for piece in pieces if piece)


def has_curve(spent: Iterable[Spent], now: datetime) -> bool:
    """Whether any quarter of an hour that is over has money in it: else a chart would be nothing but its frame."""
    start, last = _day(now)
    of_it = (one for one in spent if one.currency == _CURRENCY and not one.unpriced)
    return any(one.start < last and one.end >= start for one in of_it)


def _day(now: datetime) -> tuple[datetime, datetime]:
    """The 24 hours to the last quarter that is over."""
    step_s = STEP.total_seconds()
    last = datetime.fromtimestamp(int(now.timestamp() // step_s * step_s), UTC)
    return last - SPAN, last


def chart_steps(
    spent: Sequence[Spent],
    watched: Sequence[tuple[SourceName, Watch]],
    now: datetime,
    *,
    chosen: Callable[[Spent], bool],
) -> Generator[None, None, Chart]:
    """What was paid an hour, by quarters of an hour, for what is `chosen`, in steps of some ten milliseconds.

    A quarter in which no line of the whole fleet lies is a known zero where the fleet was watched, else a gap. The
    quarter that is not over yet is left out.
    """
    steps = int(SPAN / STEP)
    start, last = _day(now)
    amounts = [0.0] * steps
    spoken = [False] * steps
    for number, one in enumerate(spent, 1):
        if number % _AT_ONCE == 0:
            yield
        if one.currency != _CURRENCY or one.unpriced:
            continue
        counts = chosen(one)
        for index, share in _shares(one, start, steps):
            spoken[index] = True
            if counts:
                amounts[index] += share
    spans = [span for _, span in watched]
    points: list[tuple[float, float | None]] = []
    for index in range(steps):
        begin = start + index * STEP
        known = spoken[index] or _watched(spans, begin)
        y = amounts[index] / MICRO / (STEP / timedelta(hours=1)) if known else None
        points.append(((begin + STEP / 2 - start).total_seconds(), y))
    return Chart(start=start, end=last, pieces=pieces_of(points), unit="$")


def _shares(one: Spent, start: datetime, steps: int) -> Iterable[tuple[int, float]]:
    """A piece's amount, spread evenly over the quarters that it lies in."""
    whole_s = (one.end - one.start).total_seconds()
    if whole_s <= 0:
        index = int((one.start - start) // STEP)
        if 0 <= index < steps:
            yield index, float(one.amount_micro)
        return
    first = max(0, int((one.start - start) // STEP))
    for index in range(first, steps):
        begin = start + index * STEP
        inside_s = (min(one.end, begin + STEP) - max(one.start, begin)).total_seconds()
        if inside_s <= 0:
            return
        yield index, one.amount_micro * inside_s / whole_s


def _watched(spans: Sequence[Watch], begin: datetime) -> bool:
    return any(watched_s([span], begin, begin + STEP) >= STEP.total_seconds() for span in spans)


def samples_chart(
    samples: Sequence[Sample],
    watched: Sequence[Watch],
    now: datetime,
    *,
    span: timedelta,
    unit: str,
    value: Callable[[Sample], float | None],
) -> Chart:
    """One measured figure over time.

    Only what moved is kept: between two measurements the figure stayed where it was as long as its source was watched,
    and nobody knows it else.
    """
    start = now - span
    points: list[tuple[float, float | None]] = []
    before: Sample | None = None
    for sample in samples:
        x = (sample.at - start).total_seconds()
        if before is not None and (sample.at - before.at).total_seconds() > _NEAR_S:
            stayed = value(before) if _seen(watched, before.at, sample.at) else None
            points.append((max(0.0, x - 1), stayed))
        points.append((x, value(sample)))
        before = sample
    if before is not None and _seen(watched, before.at, now):
        points.append((span.total_seconds(), value(before)))
    return Chart(start=start, end=now, pieces=pieces_of((x, y) for x, y in points if x >= 0), unit=unit)


def _seen(watched: Sequence[Watch], since: datetime, until: datetime) -> bool:
    whole_s = (until - since).total_seconds()
    return watched_s(watched, since, until) >= _WATCHED_ENOUGH * whole_s - _NEAR_S
