"""What a source's last reading lets somebody trust."""

from dataclasses import replace
from datetime import timedelta

import pytest

from fleet_tui.domain.failure import FailureClass
from fleet_tui.domain.identity import SourceName
from fleet_tui.domain.reading import SourceState, SourceStatus, answers_for, is_fresh, knows, state_at
from tests.support.facts import NOW, failure

READ = SourceStatus(
    name=SourceName("e2b"), provider="e2b", cadence_s=5.0, last_ok_at=NOW, last_try_at=NOW, latency_ms=400
)


def test_a_reading_knows_what_was_there_when_it_began_and_not_what_came_while_it_went_on() -> None:
    assert knows(READ, NOW - timedelta(milliseconds=401))
    assert not knows(READ, NOW - timedelta(milliseconds=399))
    assert not knows(READ, NOW)


def test_a_source_that_was_never_read_or_fails_now_knows_nothing() -> None:
    assert not knows(SourceStatus(name=READ.name, provider="e2b", cadence_s=5.0), NOW - timedelta(days=1))
    assert not knows(replace(READ, failure=failure(FailureClass.TIMEOUT)), NOW - timedelta(days=1))


def test_a_reading_that_began_before_an_act_and_ended_after_it_does_not_answer_for_it() -> None:
    assert not answers_for(READ, NOW - timedelta(milliseconds=200))
    assert answers_for(replace(READ, last_ok_at=NOW + timedelta(seconds=1)), NOW)


def test_a_source_that_failed_since_answers_and_one_that_failed_before_does_not() -> None:
    failing = replace(READ, failure=failure(FailureClass.TIMEOUT))
    assert answers_for(failing, NOW)
    assert not answers_for(failing, NOW + timedelta(seconds=1))


@pytest.mark.parametrize("age_s", [-29, 0, 29])
def test_a_reading_of_this_moment_is_fresh_and_a_clock_that_the_network_keeps_may_move_a_little(age_s: int) -> None:
    assert is_fresh(READ, NOW + timedelta(seconds=age_s))
    assert state_at(replace(READ, last_complete_at=NOW), NOW + timedelta(seconds=age_s)) is SourceState.OK


@pytest.mark.parametrize("age_s", [-3600, -31, 31, 3600])
def test_what_was_read_long_ago_or_before_the_clock_was_set_back_is_not_fresh(age_s: int) -> None:
    now = NOW + timedelta(seconds=age_s)
    assert not is_fresh(READ, now)
    assert state_at(READ, now) is SourceState.STALE
    assert state_at(replace(READ, failure=failure(FailureClass.TIMEOUT)), now) is SourceState.UNREACHABLE
