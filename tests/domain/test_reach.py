"""What may be said of a source from our own readings: no sample, no figure; a gap of ours is nobody's outage."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from fleet_tui.domain.failure import FailureClass
from fleet_tui.domain.identity import SourceName
from fleet_tui.domain.reach import (
    NO_READING,
    Attempt,
    Reach,
    ReachHour,
    ReachKey,
    counted_in,
    covered_ms,
    failures_by_class,
    reach_by_source,
)
from tests.support.facts import NOW

E2B = SourceName("e2b")
DAY = timedelta(days=1)


def attempt(
    failure_class: FailureClass | None = None, *, covered_s: float = 5, ago_s: float = 60, operation: str = "list"
) -> Attempt:
    return Attempt(
        source=E2B,
        at=NOW - timedelta(seconds=ago_s),
        operation=operation,
        failure_class=failure_class,
        latency_ms=200,
        covered_ms=round(covered_s * 1000),
    )


def hours_of(*attempts: Attempt) -> list[ReachHour]:
    hours: dict[ReachKey, ReachHour] = {}
    for one in attempts:
        counted_in(hours, one)
    return list(hours.values())


def reach(*attempts: Attempt) -> Reach:
    return reach_by_source(hours_of(*attempts), NOW - DAY).get(E2B, NO_READING)


def test_no_sample_no_figure() -> None:
    assert reach().availability is None
    assert reach().mean_ms is None
    assert reach(attempt(FailureClass.AUTH), attempt(FailureClass.RATE_LIMITED)).availability is None


def test_a_source_that_is_asked_less_often_while_it_is_down_does_not_look_better_for_it() -> None:
    up = [attempt(covered_s=5, ago_s=7200) for _ in range(360)]
    down = [attempt(FailureClass.PROVIDER_DOWN, covered_s=300) for _ in range(6)]
    found = reach(*up, *down)
    assert (found.samples, found.availability) == (366, 0.5)


def test_our_own_haste_and_a_refused_key_are_named_apart_from_down() -> None:
    found = reach(
        attempt(),
        attempt(FailureClass.RATE_LIMITED),
        attempt(FailureClass.AUTH),
        attempt(FailureClass.QUOTA),
        attempt(FailureClass.TIMEOUT),
    )
    assert (found.answered, found.down, found.hasty, found.refused) == (1, 1, 1, 2)
    assert (found.samples, found.tried, found.availability) == (2, 5, 0.5)


def test_only_listings_carry_time_and_every_failure_is_counted() -> None:
    hours = hours_of(attempt(), attempt(FailureClass.AUTH, operation="read usage", covered_s=0))
    assert reach_by_source(hours, NOW - DAY)[E2B].refused == 0
    assert failures_by_class(hours, NOW - DAY) == {E2B: {FailureClass.AUTH: 1}}


def test_what_is_older_than_the_window_is_not_in_it() -> None:
    found = reach(attempt(FailureClass.TIMEOUT, ago_s=26 * 3600), attempt(ago_s=3600))
    assert (found.samples, found.availability) == (1, 1.0)


def covered(*, since_s: float | None, took_s: float = 0.2, due_s: float | None = 5) -> int:
    last = None if since_s is None else NOW - timedelta(seconds=since_s)
    return covered_ms(
        last_try_at=last,
        next_due_at=None if last is None or due_s is None else last + timedelta(seconds=due_s),
        cadence_s=5,
        started_at=NOW - timedelta(seconds=took_s),
        at=NOW,
    )


def test_a_reading_speaks_for_the_time_since_the_one_before_it() -> None:
    assert covered(since_s=6) == 6000
    assert covered(since_s=310, due_s=300) == 310_000


def test_a_gap_in_our_own_watching_is_nobodys_time() -> None:
    assert covered(since_s=7200) == 200
    assert covered(since_s=None) == 200
    assert covered(since_s=-30) == 200, "the wall clock went back"


@given(st.lists(st.tuples(st.none() | st.sampled_from(FailureClass), st.integers(0, 10**6)), max_size=30))
def test_a_figure_is_a_share_and_every_reading_is_counted_once(ends: list[tuple[FailureClass | None, int]]) -> None:
    found = reach(*(attempt(end, covered_s=milliseconds / 1000) for end, milliseconds in ends))
    assert found.tried == len(ends)
    assert found.availability is None or 0 <= found.availability <= 1
    assert (found.availability is None) >= (found.samples == 0)
