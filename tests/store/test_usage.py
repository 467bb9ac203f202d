"""Totals are what the lines say, whatever the order and number of polls, and never the same money twice."""

import tempfile
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet_tui.domain.delta import DayTotal
from fleet_tui.domain.identity import AgentId, Kind, Layer, SourceName
from fleet_tui.domain.money import Accrual, Basis, Rate, Side, accrued, micro
from fleet_tui.domain.usage import Origin, Subject, UsageLine, counting
from fleet_tui.ports import Observation
from fleet_tui.store.write_usage import superseded
from tests.support import facts
from tests.support.facts import NOW
from tests.support.stores import SOURCE, Stores, loaded, stores

DAY = datetime(2026, 11, 22, tzinfo=UTC)
SUBJECTS = [Subject(source=SOURCE, layer=Layer.COMPUTE, kind=Kind.SANDBOX, id=id_) for id_ in "ab"]
ACCOUNT = Subject(source=SOURCE, layer=Layer.COMPUTE)


def usage_line(
    line_id: str,
    amount: int | None,
    *,
    subject: Subject = SUBJECTS[0],
    origin: Origin = Origin.RATE_CARD,
    basis: Basis | None = None,
    side: Side = Side.COST,
    currency: str = "usd",
    start_h: float = 1,
    end_h: float = 2,
    agent: str | None = "coder",
    team: str | None = "ci",
) -> UsageLine:
    return UsageLine(
        line_id=line_id,
        subject=subject,
        side=side,
        origin=origin,
        basis=Basis.UNPRICED if amount is None else basis or Basis.ESTIMATED,
        start=DAY + timedelta(hours=start_h),
        end=DAY + timedelta(hours=end_h),
        amount_micro=amount,
        currency=currency,
        quantity="1",
        unit="hour",
        agent=None if agent is None else AgentId(agent),
        team=team,
    )


def totals(held: Stores) -> set[DayTotal]:
    """What a fresh reader sees, less headings from which everything moved away."""
    return {total for total in map(_typed, loaded(held.reader()).totals.values()) if total.bases}


def _typed(total: object) -> DayTotal:
    assert isinstance(total, DayTotal)
    return total


def amounts(held: Stores) -> dict[str, int]:
    return {total.agent: total.amount_micro for total in totals(held)}


def recomputed(lines: list[UsageLine]) -> set[DayTotal]:
    """The totals from the lines alone, in the plainest way."""
    kept: dict[str, UsageLine] = {}
    for line in lines:
        kept[line.line_id] = superseded(kept[line.line_id], line) if line.line_id in kept else line
    by_group: dict[tuple[object, ...], list[UsageLine]] = {}
    for line in kept.values():
        by_group.setdefault((line.start.date(), line.subject.packed(), line.side), []).append(line)
    sums: dict[tuple[object, ...], list[UsageLine]] = {}
    for group in by_group.values():
        midnight = datetime.combine(group[0].start.date(), datetime.min.time(), UTC) + timedelta(days=1)
        spoke = {line.origin for line in group}
        reported = [line.end for line in group if line.origin is Origin.VENDOR_REPORT]
        if reported and max(reported) < midnight and len(spoke) > 1:
            spoke.remove(Origin.VENDOR_REPORT)
        best = min(spoke)
        for line in group:
            if line.origin is best:
                heading = (line.start.date(), line.agent or "", line.team or "", line.side, line.currency)
                sums.setdefault(heading, []).append(line)
    return {
        DayTotal(
            day=day,  # type: ignore[arg-type]
            agent=agent,  # type: ignore[arg-type]
            team=team,  # type: ignore[arg-type]
            source=SOURCE,
            side=side,  # type: ignore[arg-type]
            currency=currency,  # type: ignore[arg-type]
            amount_micro=sum(line.amount_micro or 0 for line in lines if line.basis is not Basis.PLAN),
            bases=frozenset(line.basis for line in lines),
            unpriced_lines=sum(line.basis is Basis.UNPRICED for line in lines),
        )
        for (day, agent, team, side, currency), lines in sums.items()
    }


@st.composite
def ledger(draw: st.DrawFn) -> list[list[UsageLine]]:
    """Polls of lines; everything but amount and end follows from a line's id, as a vendor's facts do."""
    lines = [
        usage_line(
            f"l{number}",
            1,
            subject=draw(st.sampled_from([*SUBJECTS, ACCOUNT])),
            origin=draw(st.sampled_from(Origin)),
            basis=draw(st.sampled_from([Basis.REPORTED, Basis.ESTIMATED, Basis.PLAN, Basis.CLAIMED])),
            side=draw(st.sampled_from([Side.COST, Side.BILLED])),
            currency=draw(st.sampled_from(["usd", "eur"])),
            start_h=draw(st.sampled_from([1, 30])),
            agent=draw(st.sampled_from(["coder", "tester", None])),
            team=draw(st.sampled_from(["ci", None])),
        )
        for number in range(draw(st.integers(1, 8)))
    ]

    def later(line: UsageLine) -> UsageLine:
        amount = draw(st.none() | st.integers(-3, 50))
        midnight = line.start.replace(hour=0) + timedelta(days=1)
        return replace(
            line,
            amount_micro=amount,
            basis=Basis.UNPRICED if amount is None else line.basis,
            end=draw(st.sampled_from([line.start + timedelta(hours=1), line.start + timedelta(hours=2), midnight])),
        )

    polls = draw(st.lists(st.lists(st.sampled_from(lines), max_size=6), max_size=6))
    return [[later(line) for line in poll] for poll in polls]


@settings(max_examples=60, deadline=None)
@given(ledger())
def test_totals_equal_a_recomputation_from_the_lines(polls: list[list[UsageLine]]) -> None:
    with tempfile.TemporaryDirectory() as directory, stores(Path(directory) / "state") as held:
        for poll in polls:
            held.observe(usage=tuple(poll))
        assert totals(held) == recomputed([line for poll in polls for line in poll])


@settings(max_examples=40, deadline=None)
@given(ledger())
def test_the_counted_parts_of_a_day_add_up_to_its_totals(polls: list[list[UsageLine]]) -> None:
    with tempfile.TemporaryDirectory() as directory, stores(Path(directory) / "state") as held:
        for poll in polls:
            held.observe(usage=tuple(poll))
        reader = held.reader()
        told = {(t.day, t.agent, t.team, t.source, t.side, t.currency): t.amount_micro for t in totals(held)}
        for day in {key[0] for key in told}:
            parts = reader.parts(day=day)
            added: Counter[tuple[object, ...]] = Counter()
            for part in parts:
                added[(part.day, part.agent, part.team, part.subject.source, part.side, part.currency)] += (
                    part.counts_micro
                )
            assert {k: v for k, v in added.items() if v} == {k: v for k, v in told.items() if k[0] == day and v}
            for agent in {part.agent for part in parts}:
                assert reader.parts(day=day, agent=agent) == tuple(part for part in parts if part.agent == agent)


@settings(max_examples=40, deadline=None)
@given(ledger())
def test_money_by_time_adds_up_to_the_counted_cost(polls: list[list[UsageLine]]) -> None:
    with tempfile.TemporaryDirectory() as directory, stores(Path(directory) / "state") as held:
        for poll in polls:
            held.observe(usage=tuple(poll))
        days = sorted({t.day for t in totals(held)})
        by_time: Counter[tuple[str, str]] = Counter()
        for one in held.reader().spent(since=DAY - timedelta(days=30), step_s=900):
            by_time[(one.agent, one.currency)] += one.amount_micro
        counted: Counter[tuple[str, str]] = Counter()
        for day in days:
            for part in held.reader().parts(day=day):
                if part.side is Side.COST:
                    counted[(part.agent, part.currency)] += part.counts_micro
        assert +by_time == +counted


def test_what_began_before_the_window_and_reaches_into_it_is_read(opened: Stores) -> None:
    opened.observe(usage=(replace(usage_line("a", 5), start=DAY, end=DAY + timedelta(hours=24)),))

    (one,) = opened.reader().spent(since=DAY + timedelta(hours=12), step_s=900)

    assert (one.start, one.end, one.amount_micro) == (DAY, DAY + timedelta(hours=24), 5)
    assert opened.reader().spent(since=DAY + timedelta(hours=24), step_s=900) == ()


@settings(max_examples=30, deadline=None)
@given(st.sets(st.integers(1, 86_399), max_size=12), st.integers(1, 10_000_000))
def test_totals_do_not_depend_on_how_often_we_polled(cuts: set[int], microusd_per_hour: int) -> None:
    """Lines cut from one accrual add up to the same to the millionth, in one poll or in thirteen."""
    rate = Rate(microusd_per_hour=microusd_per_hour, basis=Basis.ESTIMATED)

    def polled(held: Stores, moments: list[int]) -> int:
        accrual = Accrual(until=DAY, exact=Decimal(0))
        for second in moments:
            start = accrual.until
            accrual, amount = accrued(accrual, rate, DAY + timedelta(seconds=second))
            line = replace(usage_line(f"a@{start:%H%M%S}", amount), start=start, end=accrual.until)
            held.observe(usage=(line,), accruals=((line.subject, accrual),))
            assert held.collector.accruals(SOURCE) == {line.subject: accrual}
        return amounts(held)["coder"]

    with tempfile.TemporaryDirectory() as directory:
        with stores(Path(directory) / "often") as held:
            often = polled(held, [*sorted(cuts), 86_400])
        with stores(Path(directory) / "once") as held:
            once = polled(held, [86_400])
    assert often == once == micro(Decimal(microusd_per_hour) * 24 / 1_000_000)


@given(st.integers(-5, 5) | st.none(), st.integers(-5, 5) | st.none(), st.integers(2, 5), st.integers(2, 5))
def test_of_two_figures_for_one_line_the_order_does_not_matter(
    one: int | None, other: int | None, one_end: int, other_end: int
) -> None:
    a, b = usage_line("l", one, end_h=one_end), usage_line("l", other, end_h=other_end)
    assert superseded(a, b) == superseded(b, a)
    assert superseded(superseded(a, b), b) == superseded(a, b)


def test_a_repeat_adds_nothing_and_a_larger_figure_supersedes(opened: Stores) -> None:
    for amount in (5, 5, 9, 7, 9):
        opened.observe(usage=(usage_line("l", amount),))
    assert amounts(opened) == {"coder": 9}
    assert [line.amount_micro for line in opened.reader().usage(since=DAY)] == [9]


def test_a_line_that_gets_its_price_later_stops_being_unpriced(opened: Stores) -> None:
    opened.observe(usage=(usage_line("l", None),))
    (total,) = totals(opened)
    assert (total.amount_micro, total.unpriced_lines) == (0, 1)
    opened.observe(usage=(usage_line("l", 5),))
    (total,) = totals(opened)
    assert (total.amount_micro, total.unpriced_lines, total.bases) == (5, 0, frozenset({Basis.ESTIMATED}))


def test_a_vendors_report_counts_once_it_covers_the_day_and_the_estimate_is_kept_to_compare(opened: Stores) -> None:
    opened.observe(usage=(usage_line("estimate", 100),))
    report = usage_line("report", 60, origin=Origin.VENDOR_REPORT, basis=Basis.REPORTED, start_h=0, end_h=12)
    opened.observe(usage=(report,))
    assert amounts(opened) == {"coder": 100}
    opened.observe(usage=(replace(report, amount_micro=90, end=DAY + timedelta(days=1)),))
    assert amounts(opened) == {"coder": 90}
    assert len(opened.reader().usage(since=DAY)) == 2


def test_a_total_moves_to_the_agent_that_the_better_origin_names(opened: Stores) -> None:
    opened.observe(usage=(usage_line("estimate", 100, agent="coder"),))
    reader = opened.reader()
    before = loaded(reader)
    opened.observe(usage=(usage_line("meter", 80, agent="tester", origin=Origin.PROVIDER_METER),))
    before.follow(reader)
    assert amounts(opened) == {"tester": 80}
    assert {_typed(t).agent: _typed(t).amount_micro for t in before.totals.values()} == {"coder": 0, "tester": 80}


def test_what_a_plan_covers_is_in_no_total(opened: Stores) -> None:
    opened.observe(usage=(usage_line("paid", 7), usage_line("covered", 100, basis=Basis.PLAN)))
    (total,) = totals(opened)
    assert total.amount_micro == 7
    assert total.bases == {Basis.ESTIMATED, Basis.PLAN}


def test_two_currencies_of_one_subject_are_never_both_counted_from_different_origins(opened: Stores) -> None:
    opened.observe(
        usage=(
            usage_line("card", 100, currency="usd"),
            usage_line("meter", 90, currency="eur", origin=Origin.PROVIDER_METER),
        )
    )
    assert {(t.currency, t.amount_micro) for t in totals(opened)} == {("eur", 90)}


def test_a_line_too_old_to_be_recognised_again_is_left_out(opened: Stores) -> None:
    old = usage_line("old", 5)
    opened.collector.observe(
        Observation(source=SOURCE, at=NOW + timedelta(days=120), status=facts.status(), usage=(old,))
    )
    assert amounts(opened) == {}


def test_totals_outlive_their_lines(opened: Stores) -> None:
    opened.observe(usage=(usage_line("l", 5),))
    opened.collector.tidy(NOW + timedelta(days=200))
    assert opened.reader().usage(since=DAY) == ()
    assert amounts(opened) == {"coder": 5}


def test_a_reader_asks_for_the_lines_of_one_agent_newest_first(opened: Stores) -> None:
    opened.observe(
        usage=(
            usage_line("a", 1, start_h=1),
            usage_line("b", 2, start_h=3, end_h=4),
            usage_line("c", 3, agent="tester"),
        )
    )
    lines = opened.reader().usage(since=DAY, agent="coder", limit=5)
    assert [line.line_id for line in lines] == ["b", "a"]


@pytest.mark.parametrize(
    ("ended", "expected"),
    [
        ({}, None),
        ({Origin.RATE_CARD: 1}, Origin.RATE_CARD),
        ({Origin.RATE_CARD: 1, Origin.PROVIDER_METER: 1}, Origin.PROVIDER_METER),
        ({Origin.RATE_CARD: 1, Origin.VENDOR_REPORT: 86_399_999_999}, Origin.RATE_CARD),
        ({Origin.RATE_CARD: 1, Origin.VENDOR_REPORT: 86_400_000_000}, Origin.VENDOR_REPORT),
        ({Origin.VENDOR_REPORT: 1}, Origin.VENDOR_REPORT),
    ],
)
def test_the_best_origin_that_covers_the_day_counts(ended: dict[Origin, int], expected: Origin | None) -> None:
    assert counting(ended, 0) is expected


def test_a_source_under_another_name_goes_on_where_the_first_one_stopped(state_dir: Path) -> None:
    until = NOW - timedelta(hours=1)
    with stores(state_dir) as held:
        held.observe(accruals=((SUBJECTS[0], Accrual(until=until, exact=Decimal("1.25"))),))
        held.collector.forget_sources([], NOW)
        for name in ("e2b-eu", "daytona"):
            held.collector.observe(Observation(source=SourceName(name), at=NOW, status=facts.status(name)))
        renamed = replace(SUBJECTS[0], source=SourceName("e2b-eu"))
        assert held.collector.accruals(renamed.source) == {renamed: Accrual(until=until, exact=Decimal(0))}
        assert held.collector.accruals(SourceName("daytona")) == {}
        own = Accrual(until=NOW, exact=Decimal("0.5"))
        status = facts.status("e2b-eu")
        held.collector.observe(Observation(source=renamed.source, at=NOW, status=status, accruals=((renamed, own),)))
        assert held.collector.accruals(renamed.source) == {renamed: own}


def test_two_sources_that_are_both_configured_count_each_for_itself(state_dir: Path) -> None:
    with stores(state_dir) as held:
        held.observe(accruals=((SUBJECTS[0], Accrual(until=NOW, exact=Decimal(1))),))
        held.collector.observe(Observation(source=SourceName("e2b-eu"), at=NOW, status=facts.status("e2b-eu")))
        assert held.collector.accruals(SourceName("e2b-eu")) == {}
