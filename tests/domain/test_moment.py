"""A moment of the past as it is typed: always past, always UTC, and a clear sentence where it names none."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_tui.domain.moment import MomentError, moment_of

NOW = datetime(2026, 11, 27, 14, 5, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("14:05", datetime(2026, 11, 27, 14, 5, tzinfo=UTC)),
        ("9:07Z", datetime(2026, 11, 27, 9, 7, tzinfo=UTC)),
        ("14:05:31", datetime(2026, 11, 26, 14, 5, 31, tzinfo=UTC)),
        ("23:00", datetime(2026, 11, 26, 23, 0, tzinfo=UTC)),
        ("2026-11-25T08:30", datetime(2026, 11, 25, 8, 30, tzinfo=UTC)),
        ("2h", NOW - timedelta(hours=2)),
        ("-90m", NOW - timedelta(minutes=90)),
        ("1d", NOW - timedelta(days=1)),
    ],
)
def test_a_moment_is_the_last_one_of_that_name(word: str, expected: datetime) -> None:
    assert moment_of(word, NOW) == expected


@pytest.mark.parametrize("word", ["", "noon", "25:00", "2026-02-30T10:00", "2026-12-01T10:00", "14:05 or so", "h"])
def test_what_names_no_moment_of_the_past_is_refused_in_a_sentence(word: str) -> None:
    with pytest.raises(MomentError, match=r"say when|no such time|still to come"):
        moment_of(word, NOW)


@given(st.text(max_size=20))
def test_whatever_is_typed_is_past_or_refused(word: str) -> None:
    try:
        found = moment_of(word, NOW)
    except MomentError as error:
        found, said = None, str(error)
    else:
        said = ""
    assert said.isprintable()
    assert found is None or found <= NOW
