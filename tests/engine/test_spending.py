"""Money from rates: the same however often we look, cut at midnight, honest about what nobody watched."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_tui.domain.identity import Kind, SourceName
from fleet_tui.domain.money import Accrual, Basis, Rate, micro
from fleet_tui.domain.phase import Phase
from fleet_tui.domain.reading import SourceStatus
from fleet_tui.domain.resource import Resource
from fleet_tui.domain.usage import Subject, UsageLine
from fleet_tui.domain.watch import Watch
from fleet_tui.engine.picture import KindPicture, Picture, kind_picture
from fleet_tui.engine.spending import RateChange, rate_changes, spend
from tests.support.facts import resource

BEGIN = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def row(*, usd: str | None = "0.10", phase: Phase = Phase.RUNNING, since: datetime | None = BEGIN) -> Resource:
    made = resource("a", usd=usd, phase=phase, created_s=None, agent="x", team="t")
    return replace(made, phase=replace(made.phase, since=since), created_at=BEGIN)


def picture(*rows: Resource, at: datetime, spans: Sequence[Watch] | None = None, told: bool = True) -> Picture:
    status = SourceStatus(name=SourceName("e2b"), provider="e2b", cadence_s=5.0, last_ok_at=at)
    listed = {r.key.id: r if told else replace(r, phase=replace(r.phase, since=None)) for r in rows}
    kinds: dict[Kind, KindPicture] = {Kind.SANDBOX: kind_picture({r.key.id: r for r in rows}, listed)}
    watches = tuple(spans) if spans is not None else (Watch(BEGIN, at),)
    return Picture(source=status.name, status=status, kinds=kinds, watches=watches)


class Ledger:
    """What a store would hold after several looks."""

    def __init__(self) -> None:
        self.lines: dict[str, UsageLine] = {}
        self.totals: dict[Subject, Accrual] = {}

    def look(self, seen: Picture, *changes: RateChange) -> None:
        assert seen.status.last_ok_at is not None
        spent = spend(seen, self.totals, changes, seen.status.last_ok_at)
        self.lines.update({line.line_id: line for line in spent.lines})
        self.totals.update(spent.accruals)

    @property
    def micro(self) -> int:
        return sum(line.amount_micro or 0 for line in self.lines.values())

    @property
    def unpriced(self) -> int:
        return sum(line.basis is Basis.UNPRICED for line in self.lines.values())


def test_an_hour_at_ten_cents_is_one_line_of_ten_cents() -> None:
    ledger = Ledger()
    ledger.look(picture(row(), at=BEGIN + HOUR))
    (line,) = ledger.lines.values()
    assert (line.amount_micro, line.agent, line.team, line.quantity) == (100_000, "x", "t", "1.000")
    assert line.basis is Basis.ESTIMATED


@given(st.lists(st.integers(1, 7_000_000), min_size=1, max_size=20))
def test_the_figure_does_not_depend_on_how_often_we_looked(steps_ms: list[int]) -> None:
    often, once = Ledger(), Ledger()
    at = BEGIN
    for step in steps_ms:
        at += timedelta(milliseconds=step)
        often.look(picture(row(usd="0.0333"), at=at))
    once.look(picture(row(usd="0.0333"), at=at))
    assert often.lines == once.lines
    assert often.micro == once.micro


@given(st.integers(1, 40), st.decimals("0.0001", "9", places=4))
def test_the_days_add_up_to_the_whole(days: int, usd: Decimal) -> None:
    ledger = Ledger()
    end = BEGIN + timedelta(days=min(days, 31), minutes=7)
    for day in range(1, days + 1):
        ledger.look(picture(row(usd=str(usd)), at=min(BEGIN + timedelta(days=day), end)))
    ledger.look(picture(row(usd=str(usd)), at=end))
    exact = usd * Decimal((end - BEGIN) // timedelta(seconds=1)) / 3600 * 1_000_000
    assert abs(ledger.micro - exact) <= 1
    assert all(line.start.date() == (line.end - timedelta(microseconds=1)).date() for line in ledger.lines.values())


def test_a_change_of_the_rate_is_counted_at_both_rates() -> None:
    ledger = Ledger()
    before = picture(row(usd="0.10"), at=BEGIN + timedelta(minutes=30))
    paused_at = BEGIN + timedelta(minutes=30)
    paused = row(usd="0.01", phase=Phase.PAUSED, since=paused_at)
    changes = tuple(rate_changes(before, [paused], BEGIN + timedelta(minutes=31)))
    assert [change.at for change in changes] == [paused_at]
    ledger.look(picture(paused, at=BEGIN + timedelta(minutes=90)), *changes)
    assert ledger.micro == 50_000 + 10_000


@pytest.mark.parametrize("rate", ["0", None], ids=["for nothing", "at a rate that nobody knows"])
def test_time_that_it_stood_still_is_not_charged_at_the_rate_that_comes_after_it(rate: str | None) -> None:
    ledger = Ledger()
    still = row(usd=rate, phase=Phase.PAUSED, since=None)
    running = picture(row(), at=BEGIN + HOUR, told=False)
    ledger.look(running)
    stopped = picture(still, at=BEGIN + HOUR, told=False)
    ledger.look(stopped, *rate_changes(running, [still], BEGIN + HOUR))
    ledger.look(picture(still, at=BEGIN + 8 * HOUR, told=False))
    again = picture(row(), at=BEGIN + 9 * HOUR, told=False)
    ledger.look(again, *rate_changes(stopped, [row(since=None)], BEGIN + 9 * HOUR))
    ledger.look(picture(row(), at=BEGIN + 10 * HOUR, told=False))
    assert ledger.micro == 200_000
    assert (ledger.unpriced > 0) is (rate is None)


@pytest.mark.parametrize("told", [True, False], ids=["as its provider says", "as only we know"])
def test_what_stood_still_over_midnight_begins_the_new_day_at_nothing(told: bool) -> None:
    ledger = Ledger()
    morning = BEGIN + 20 * HOUR
    running, still = row(), row(usd="0", phase=Phase.PAUSED, since=None)
    first = picture(running, at=BEGIN + HOUR, told=told)
    ledger.look(first)
    paused = picture(still, at=BEGIN + HOUR, told=told)
    ledger.look(paused, *rate_changes(first, [still], BEGIN + HOUR))
    again = row(since=morning if told else None)
    ledger.look(picture(again, at=morning + HOUR, told=told), *rate_changes(paused, [again], morning))
    days = {line.start.date().day: line.amount_micro for line in ledger.lines.values()}
    assert days == {22: 100_000, 23: 100_000}


def test_money_of_the_day_before_a_gap_is_not_counted_again_behind_it() -> None:
    ledger = Ledger()
    night = (Watch(BEGIN, BEGIN + HOUR), Watch(BEGIN + 20 * HOUR, BEGIN + 21 * HOUR))
    ledger.look(picture(row(), at=BEGIN + HOUR, told=False))
    ledger.look(picture(row(), at=BEGIN + 21 * HOUR, spans=night, told=False))
    assert ledger.micro == 200_000


@given(
    stretches=st.lists(st.tuples(st.integers(1, 3000), st.sampled_from(["0.10", "0.05", "0"])), min_size=1, max_size=8),
    told=st.booleans(),
)
def test_each_day_costs_what_ran_in_it_at_its_rate(stretches: list[tuple[int, str]], told: bool) -> None:
    ledger, at = Ledger(), BEGIN
    expected: Counter[date] = Counter()
    before: Picture | None = None
    for minutes, usd in stretches:
        now = row(usd=usd, phase=Phase.PAUSED if usd == "0" else Phase.RUNNING, since=at if told else None)
        changes = rate_changes(before, [now], at) if before is not None else ()
        ledger.look(picture(now, at=at, told=told), *changes)
        for minute in range(minutes):
            expected[(at + timedelta(minutes=minute)).date()] += micro(Decimal(usd)) // 60
        at += timedelta(minutes=minutes)
        before = picture(now, at=at, told=told)
        ledger.look(before)
    counted: Counter[date] = Counter()
    for line in ledger.lines.values():
        counted[line.start.date()] += line.amount_micro or 0
    assert ledger.unpriced == 0
    for day in expected:
        # A minute at ten cents an hour is 1666.67 millionths.
        assert abs(counted[day] - expected[day]) <= 1440 + len(stretches)
    assert counted.keys() <= expected.keys()


def test_of_two_currencies_in_a_day_each_has_what_was_spent_in_it() -> None:
    ledger = Ledger()
    dollars = picture(row(usd="0.10"), at=BEGIN + HOUR)
    ledger.look(dollars)
    rate = Rate(microusd_per_hour=300_000, basis=Basis.ESTIMATED, currency="eur")
    euros = replace(row(), rate=rate)
    changes = rate_changes(dollars, [euros], BEGIN + 2 * HOUR)
    ledger.look(picture(euros, at=BEGIN + 3 * HOUR), *changes)
    ledger.look(picture(euros, at=BEGIN + 4 * HOUR))
    found = {line.currency: line.amount_micro for line in ledger.lines.values()}
    assert found == {"usd": 200_000, "eur": 600_000}


def test_what_ended_is_counted_to_its_end_and_no_further() -> None:
    ledger = Ledger()
    ledger.look(picture(row(), at=BEGIN + HOUR))
    ended = row(usd=None, phase=Phase.ENDED_KILLED, since=BEGIN + 1.5 * HOUR)
    changes = tuple(rate_changes(picture(row(), at=BEGIN + HOUR), [ended], BEGIN + 2 * HOUR))
    ledger.look(picture(ended, at=BEGIN + 2 * HOUR), *changes)
    ledger.look(picture(ended, at=BEGIN + 9 * HOUR))
    assert ledger.micro == 150_000
    assert ledger.unpriced == 0


GAP = (Watch(BEGIN, BEGIN + HOUR), Watch(BEGIN + 3 * HOUR, BEGIN + 4 * HOUR))


def test_a_gap_is_bridged_by_the_providers_own_time() -> None:
    ledger = Ledger()
    ledger.look(picture(row(), at=BEGIN + HOUR))
    ledger.look(picture(row(), at=BEGIN + 4 * HOUR, spans=GAP))
    assert (ledger.micro, ledger.unpriced) == (400_000, 0)


def test_a_gap_that_nothing_bridges_makes_the_day_at_least() -> None:
    ledger = Ledger()
    ledger.look(picture(row(), at=BEGIN + HOUR, told=False))
    ledger.look(picture(row(), at=BEGIN + 4 * HOUR, spans=GAP, told=False))
    assert ledger.unpriced == 1
    assert ledger.micro == 200_000


def test_a_clock_that_is_set_back_and_forth_bills_nothing_twice() -> None:
    ledger = Ledger()
    for at in (BEGIN + HOUR, BEGIN, BEGIN + HOUR / 2, BEGIN + HOUR):
        ledger.look(picture(row(), at=at))
    assert ledger.micro == 100_000


def test_a_clock_that_comes_from_1970_leaves_a_year_of_unpriced_days_at_most() -> None:
    ledger = Ledger()
    forgot = datetime(1970, 1, 1, tzinfo=UTC)
    spans = (Watch(forgot, forgot + HOUR), Watch(BEGIN, BEGIN + HOUR))
    ledger.look(picture(row(since=None), at=forgot + HOUR, spans=spans[:1]))
    ledger.look(picture(row(since=None), at=BEGIN + HOUR, spans=spans))
    assert 0 < ledger.unpriced <= 367


def test_one_that_began_anew_in_the_gap_is_counted_from_there() -> None:
    ledger = Ledger()
    ledger.look(picture(row(), at=BEGIN + HOUR))
    ledger.look(picture(row(since=BEGIN + 2 * HOUR), at=BEGIN + 4 * HOUR, spans=GAP))
    assert ledger.micro == 100_000 + 200_000


def test_what_burns_without_a_price_is_said_to_be_unpriced_once_a_day() -> None:
    ledger = Ledger()
    for hours in (1, 2, 3):
        ledger.look(picture(row(usd=None), at=BEGIN + hours * HOUR))
    assert (len(ledger.lines), ledger.unpriced, ledger.micro) == (1, 1, 0)


def test_what_is_known_to_be_free_has_no_line() -> None:
    ledger = Ledger()
    ledger.look(picture(row(usd="0"), at=BEGIN + HOUR))
    assert ledger.lines == {}


def test_a_clock_that_goes_back_takes_nothing_away() -> None:
    ledger = Ledger()
    ledger.look(picture(row(), at=BEGIN + 2 * HOUR))
    ledger.look(picture(row(), at=BEGIN + HOUR))
    assert ledger.micro == 200_000
