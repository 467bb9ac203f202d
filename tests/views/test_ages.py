"""Ages say minutes, hours and days, and know when they will say something else."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_tui.views.ages import age, age_due, fine, left, left_due
from tests.support.facts import NOW


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-5, "now"), (0, "now"), (59, "now"), (60, "1m"), (3599, "59m"), (3600, "1h"), (86_399, "23h"), (86_400, "1d")],
)
def test_an_age(seconds: int, text: str) -> None:
    assert age(NOW - timedelta(seconds=seconds), NOW) == text


def test_what_nobody_told_is_a_question_mark() -> None:
    assert age(None, NOW) == "?"
    assert left(None, NOW) == "-"
    assert age_due(None, NOW) is None
    assert left_due(None, NOW) is None


@pytest.mark.parametrize(("seconds", "text"), [(5, "5s"), (72, "1m12s"), (11_100, "3h05m"), (187_200, "2d04h")])
def test_a_fine_age(seconds: int, text: str) -> None:
    assert fine(seconds) == text


@pytest.mark.parametrize(("seconds", "text"), [(-1, "over"), (0, "over"), (59, "<1m"), (60, "1m"), (7200, "2h")])
def test_time_left(seconds: int, text: str) -> None:
    assert left(NOW + timedelta(seconds=seconds), NOW) == text


SECONDS = st.integers(-200, 400_000)


@given(SECONDS)
def test_an_age_changes_exactly_when_it_falls_due(seconds: int) -> None:
    since = NOW - timedelta(seconds=seconds)
    due = age_due(since, NOW)
    assert due is not None
    assert age(since, due) != age(since, NOW)
    assert_stands_until(due, lambda at: age(since, at))


@given(SECONDS)
def test_time_left_changes_exactly_when_it_falls_due(seconds: int) -> None:
    end = NOW + timedelta(seconds=seconds)
    due = left_due(end, NOW)
    if due is None:
        assert left(end, NOW) == "over"
        return
    assert left(end, due) != left(end, NOW)
    assert_stands_until(due, lambda at: left(end, at))


def assert_stands_until(due: datetime, printed) -> None:  # type: ignore[no-untyped-def]
    before = printed(NOW)
    span = due - NOW
    for part in (0.0, 0.25, 0.5, 0.75):
        assert printed(NOW + span * part) == before
    assert printed(due - timedelta(milliseconds=1)) == before
