"""Turns what running things cost an hour into lines of the ledger: one a day and subject, exact over restarts.

Time that nobody watched is billed only where the provider's own times bridge it; else the day says `at least`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Final

from fleet_tui.domain.identity import RUNS
from fleet_tui.domain.money import MICRO, Accrual, Basis, Rate, Side, accrued, micro
from fleet_tui.domain.phase import BURNING, ENDED
from fleet_tui.domain.resource import Resource
from fleet_tui.domain.usage import Origin, Subject, UsageLine
from fleet_tui.domain.watch import Watch, watched_s
from fleet_tui.engine.picture import Picture

LOOK_BACK: Final = timedelta(days=31)
"""How far before our first look a provider's own times are believed."""
GAP_TOLD: Final = timedelta(days=366)
"""How far back days are told as unpriced: a clock that was set from 1970 to today leaves no fifty years of them."""
_GAP_S: Final = 120.0
"""Less than this between two watched spans is no gap worth a doubt about money."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RateChange:
    """A row went over to another rate, or ended: until `at` it cost what `row` says."""

    row: Resource
    told_since: datetime | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Spent:
    """The lines and the totals they were cut from; both are written together."""

    lines: tuple[UsageLine, ...]
    accruals: tuple[tuple[Subject, Accrual], ...]


@dataclass(slots=True)
class _Stretch:
    """What one row costs from where its total ends to `until`."""

    row: Resource
    rate: Rate
    subject: Subject
    told_since: datetime | None
    spans: tuple[Watch, ...]
    until: datetime


def subject_of(row: Resource) -> Subject:
    return Subject(source=row.key.source, layer=row.layer, kind=row.key.kind, id=row.key.id)


def rate_changes(before: Picture, changed: Iterable[Resource], at: datetime) -> Iterator[RateChange]:
    """Which of the changed rows cost something else than before; since when, says the provider, else the reading."""
    for row in changed:
        old = before.row(row.key.kind, row.key.id)
        if old is None or old.rate == row.rate:
            continue
        since = row.phase.since
        moment = since if since is not None and since <= at and row.phase.phase is not old.phase.phase else at
        yield RateChange(row=old, told_since=told_since(before, old), at=moment)


class _Booking:
    """Lines and totals that are being cut, from the totals that are known."""

    def __init__(self, picture: Picture, known: Mapping[Subject, Accrual]) -> None:
        self._spans = picture.watches
        self._known = known
        self._currencies: dict[Subject, str] = {}
        self.lines: dict[str, UsageLine] = {}
        self.totals: dict[Subject, Accrual] = {}

    def run(self, row: Resource, told: datetime | None, until: datetime) -> None:
        """It ran until then, at its rate."""
        rate, subject = row.rate, subject_of(row)
        if rate is None or rate.microusd_per_hour == 0:
            return
        before = self._before(subject)
        if before is not None and self._currencies.setdefault(subject, rate.currency) != rate.currency:
            # What it came to in the other currency stands in that one's line.
            before = replace(before, exact=Decimal(0))
        its_lines, after = _accrue(_Stretch(row, rate, subject, told, self._spans, until), before)
        self.add(its_lines)
        if after != before:
            self.totals[subject] = after

    def change(self, change: RateChange) -> None:
        """It cost what it cost until then. What was free, or nobody knows, is never charged at the rate after it."""
        row, until = change.row, change.at
        self.run(row, change.told_since, until)
        subject = subject_of(row)
        before = self._before(subject)
        costs = row.rate is not None and row.rate.microusd_per_hour != 0
        # What is listed again although we said that it ended was never gone.
        if costs or row.phase.phase in ENDED:
            return
        if before is None and row.rate is not None:
            self.totals[subject] = Accrual(until=until, exact=Decimal(0))
        if before is None or before.until >= until:
            return
        self.totals[subject] = _moved(before, until)
        if row.rate is None:
            for start, end in _days(max(before.until, until - GAP_TOLD), until):
                self.add([_unpriced(row, subject, start, end, f"gap:{start.isoformat()}")])

    def add(self, lines: Iterable[UsageLine]) -> None:
        self.lines.update({line.line_id: line for line in lines})

    def _before(self, subject: Subject) -> Accrual | None:
        return self.totals.get(subject) or self._known.get(subject)


def spend(picture: Picture, known: Mapping[Subject, Accrual], changes: Iterable[RateChange], now: datetime) -> Spent:
    """What the rows of a source cost since their totals end. Pure: the same again for the same facts."""
    booking = _Booking(picture, known)
    for change in changes:
        booking.change(change)
    until = min(picture.status.last_ok_at or now, now)
    for row in picture.rows():
        if row.key.kind not in RUNS or row.phase.phase in ENDED:
            continue
        booking.run(row, told_since(picture, row), until)
        if row.rate is None and row.phase.phase in BURNING:
            booking.add([_unpriced(row, subject_of(row), _day_start(until), until, "unpriced")])
    return Spent(tuple(booking.lines.values()), tuple(booking.totals.items()))


def _accrue(stretch: _Stretch, before: Accrual | None) -> tuple[list[UsageLine], Accrual]:
    until, told = stretch.until, stretch.told_since
    if before is None:
        # What it ran before we first looked is known from the provider's times only.
        began = max(told or stretch.row.created_at or _watched_from(stretch.spans, until), until - LOOK_BACK)
        return _lines_until(stretch, Accrual(until=min(began, until), exact=Decimal(0)), until)
    if told is not None and told > before.until:
        # It began anew after the total ends: nothing ran in between, or it was booked when it changed.
        before = _moved(before, min(told, until))
    gap = _gap(stretch.spans, before.until, until)
    if gap is None or (told is not None and told <= gap.start):
        return _lines_until(stretch, before, until)
    # Nobody can say whether it ran in the gap: what is sure is counted, the rest makes the day `at least`.
    lines, at_gap = _lines_until(stretch, before, gap.start)
    for start, end in _days(max(gap.start, gap.end - GAP_TOLD), gap.end):
        lines.append(_unpriced(stretch.row, stretch.subject, start, end, f"gap:{start.isoformat()}"))
    more, after = _lines_until(stretch, _moved(at_gap, gap.end), until)
    return [*lines, *more], after


def told_since(picture: Picture, row: Resource) -> datetime | None:
    """Since when it runs without a break, by the provider's own word; None where only we say so."""
    known = picture.kinds.get(row.key.kind)
    return known.told_since(row.key.id) if known else None


def _watched_from(spans: tuple[Watch, ...], until: datetime) -> datetime:
    return min(spans[-1].start, until) if spans else until


def _gap(spans: tuple[Watch, ...], start: datetime, end: datetime) -> Watch | None:
    """The one stretch from the first unwatched moment to the last, where that is more than nothing."""
    if (end - start).total_seconds() - watched_s(spans, start, end) <= _GAP_S:
        return None
    within = [span for span in spans if span.end > start and span.start < end]
    first = next((span.end for span in within if span.start <= start), start)
    last = next((span.start for span in reversed(within) if span.end >= end and span.start > first), end)
    return Watch(first, last)


def _lines_until(stretch: _Stretch, before: Accrual, until: datetime) -> tuple[list[UsageLine], Accrual]:
    """Cut at every UTC midnight. After it a total begins with what rounding left: nothing is lost or doubled."""
    lines: list[UsageLine] = []
    total = before
    for start, end in _days(before.until, until):
        total, _ = accrued(total, stretch.rate, end)
        lines.append(_line(stretch, start, end, micro(total.exact)))
        if end == _day_start(end):
            total = _begun_anew(total, end)
    return lines, total


def _moved(total: Accrual, until: datetime) -> Accrual:
    """The total at a later moment up to which nothing is counted: what an earlier day came to stays in that day."""
    if _day_start(until) == _day_start(total.until):
        return replace(total, until=until)
    return _begun_anew(total, until)


def _begun_anew(total: Accrual, at: datetime) -> Accrual:
    return Accrual(until=at, exact=total.exact - Decimal(micro(total.exact)) / MICRO)


def _line(stretch: _Stretch, start: datetime, end: datetime, amount_micro: int) -> UsageLine:
    """The whole of a subject's day up to `end`; a later one of the same day takes its place."""
    day, row, rate = _day_start(start), stretch.row, stretch.rate
    hours = Decimal(amount_micro) / rate.microusd_per_hour
    return UsageLine(
        line_id=f"rate:{stretch.subject.packed()}:{day.date().isoformat()}:{rate.currency}",
        subject=stretch.subject,
        side=Side.COST,
        origin=Origin.RATE_CARD,
        basis=rate.basis,
        start=max(day, row.created_at) if row.created_at and row.created_at < end else day,
        end=end,
        amount_micro=amount_micro,
        currency=rate.currency,
        quantity=str(round(hours, 3)),
        unit="hour at its rate now",
        agent=row.agent,
        team=row.assignment.team,
        task=row.assignment.task,
    )


def _unpriced(row: Resource, subject: Subject, start: datetime, end: datetime, what: str) -> UsageLine:
    hours = Decimal((end - start) // timedelta(milliseconds=1)) / 3_600_000
    return UsageLine(
        line_id=f"{what}:{subject.packed()}:{_day_start(start).date().isoformat()}",
        subject=subject,
        side=Side.COST,
        origin=Origin.RATE_CARD,
        basis=Basis.UNPRICED,
        start=start,
        end=end,
        amount_micro=None,
        currency=row.rate.currency if row.rate else "usd",
        quantity=str(round(hours, 3)),
        unit="hour",
        agent=row.agent,
        team=row.assignment.team,
        task=row.assignment.task,
    )


def _day_start(moment: datetime) -> datetime:
    return datetime.combine(moment.astimezone(UTC).date(), time(), UTC)


def _days(start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The stretch in pieces of one UTC day; nothing where it is empty."""
    while start < end:
        midnight = _day_start(start) + timedelta(days=1)
        yield start, min(midnight, end)
        start = midnight
