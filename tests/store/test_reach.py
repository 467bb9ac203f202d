"""How readings went is counted by hour, beside what they saw, and forgotten after 8 days."""

import tempfile
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from fleet_tui.domain.failure import FailureClass
from fleet_tui.domain.identity import SourceName
from fleet_tui.domain.reach import Attempt, ReachHour, ReachKey, counted_in
from tests.support.facts import NOW
from tests.support.stores import SOURCE, Stores, stores

attempts = st.builds(
    Attempt,
    source=st.sampled_from([SOURCE, SourceName("mem0\ud800")]),
    at=st.integers(0, 3 * 3600).map(lambda ago_s: NOW - timedelta(seconds=ago_s)),
    operation=st.sampled_from(["list", "read usage"]),
    failure_class=st.none() | st.sampled_from(FailureClass),
    latency_ms=st.integers(0, 60_000),
    covered_ms=st.integers(0, 600_000),
)


def counted(tried: Sequence[Attempt]) -> set[ReachHour]:
    hours: dict[ReachKey, ReachHour] = {}
    for attempt in tried:
        counted_in(hours, attempt)
    return set(hours.values())


@settings(max_examples=20, deadline=None)
@given(st.lists(st.lists(attempts, max_size=4), max_size=4))
def test_the_store_counts_as_the_rule_does(readings: list[list[Attempt]]) -> None:
    with tempfile.TemporaryDirectory() as folder, stores(Path(folder)) as held:
        for tried in readings:
            held.observe(attempts=tuple(tried))
        found = held.reader().reach(since=NOW - timedelta(days=8))
        assert set(found) == counted([attempt for tried in readings for attempt in tried])
        assert len(found) == len(set(found))


def attempt(days_ago: float) -> Attempt:
    at = NOW - timedelta(days=days_ago)
    return Attempt(source=SOURCE, at=at, operation="list", failure_class=None, latency_ms=5, covered_ms=5000)


def test_it_is_kept_for_eight_days(opened: Stores) -> None:
    opened.observe(attempts=(attempt(9), attempt(7), attempt(0)))
    opened.collector.tidy(NOW)
    assert [hour.hour.day for hour in opened.reader().reach(since=NOW - timedelta(days=30))] == [15, 22]
    assert [hour.hour.day for hour in opened.reader().reach(since=NOW - timedelta(days=1))] == [22]
