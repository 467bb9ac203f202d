"""What was taken comes back when it changes, or by the clock, at most twice; what was snoozed when its time is over."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_tui.domain.acknowledgement import (
    RETURNS,
    RETURNS_AFTER,
    Acknowledgement,
    Dealt,
    Judged,
    Standing,
    acknowledged,
    judged,
    next_return,
    silence,
)
from fleet_tui.domain.attention import Item, Severity
from tests.support.facts import NOW

HOUR = timedelta(hours=1)
ITEM = Item(
    cause="agent:a:stuck", severity=Severity.LOW, subject="a", text="no progress", since=NOW - HOUR, group="stuck:e2b"
)


def take(item: Item = ITEM, at: datetime = NOW, before: Acknowledgement | None = None) -> Acknowledgement:
    return acknowledged(item, Dealt.TAKEN, before, by="kim", now=at)


def stands(item: Item, ack: Acknowledgement, at: datetime) -> tuple[Standing, Severity]:
    one = judged(item, {ack.cause: ack}, at)
    return one.standing, one.item.severity


def test_what_was_taken_rests_for_four_hours_and_comes_back_worse() -> None:
    ack = take()
    assert stands(ITEM, ack, NOW + RETURNS_AFTER - timedelta(seconds=1)) == (Standing.TAKEN, Severity.LOW)
    assert stands(ITEM, ack, NOW + RETURNS_AFTER) == (Standing.OPEN, Severity.MED)


def test_it_comes_back_twice_by_the_clock_and_then_stays_with_who_took_it() -> None:
    ack, at = take(), NOW
    seen = []
    for _ in range(RETURNS + 1):
        at += RETURNS_AFTER
        seen.append(stands(ITEM, ack, at))
        ack = take(at=at, before=ack)
    assert seen == [(Standing.OPEN, Severity.MED), (Standing.OPEN, Severity.HIGH), (Standing.TAKEN, Severity.HIGH)]
    assert stands(ITEM, ack, at + 100 * RETURNS_AFTER) == (Standing.TAKEN, Severity.HIGH)


def test_taking_again_what_is_taken_does_not_count_as_another_return() -> None:
    again = take(at=NOW + HOUR, before=take())
    assert again.times == 1


@pytest.mark.parametrize(
    ("now_is", "standing"),
    [
        (ITEM, Standing.TAKEN),
        (replace(ITEM, text="no progress for longer"), Standing.TAKEN),
        (replace(ITEM, severity=Severity.MED), Standing.OPEN),
        (replace(ITEM, since=NOW + timedelta(minutes=1)), Standing.OPEN),
        (replace(ITEM, since=NOW - timedelta(minutes=1)), Standing.TAKEN),
        (replace(ITEM, since=None), Standing.TAKEN),
        (replace(ITEM, size=2), Standing.OPEN),
    ],
)
def test_what_was_taken_comes_back_at_once_when_it_is_not_the_same_any_more(now_is: Item, standing: Standing) -> None:
    assert stands(now_is, take(), NOW + timedelta(minutes=2))[0] is standing


def test_a_change_begins_the_count_anew() -> None:
    third = replace(take(), times=3)
    worse = replace(ITEM, severity=Severity.MED)
    assert take(worse, NOW + HOUR, third).times == 1


def test_a_vendors_clock_that_is_ahead_does_not_bring_it_back_for_ever() -> None:
    ahead = replace(ITEM, since=NOW + timedelta(minutes=5))
    assert stands(ahead, take(ahead), NOW + timedelta(minutes=10))[0] is Standing.TAKEN


def test_taking_an_incident_takes_its_members_when_it_falls_apart() -> None:
    incident = replace(ITEM, cause="incident:stuck:e2b", group="", size=5)
    ack = take(incident)
    assert stands(ITEM, ack, NOW + HOUR)[0] is Standing.TAKEN


def test_snoozed_and_silenced_come_back_when_their_time_is_over_and_not_before() -> None:
    snoozed = acknowledged(ITEM, Dealt.SNOOZED, None, by="kim", now=NOW, until=NOW + HOUR)
    silenced = silence(ITEM.cause, by="kim", now=NOW, until=NOW + HOUR)
    worse = replace(ITEM, severity=Severity.HIGH)
    for ack, word in ((snoozed, Standing.SNOOZED), (silenced, Standing.SILENCED)):
        assert stands(worse, ack, NOW + HOUR - timedelta(seconds=1))[0] is word
        assert stands(worse, ack, NOW + HOUR) == (Standing.OPEN, Severity.HIGH)


def test_a_silence_of_a_filter_covers_what_nobody_took() -> None:
    over = silence("filter:team:ci", by="kim", now=NOW, until=NOW + HOUR)
    assert judged(ITEM, {}, NOW, silenced=over).standing is Standing.SILENCED
    assert judged(ITEM, {}, NOW + HOUR, silenced=over).standing is Standing.OPEN


acks = st.builds(
    Acknowledgement,
    cause=st.just(ITEM.cause),
    dealt=st.sampled_from(Dealt),
    by=st.just("kim"),
    at=st.integers(-600, 0).map(lambda minutes: NOW + timedelta(minutes=minutes)),
    until=st.integers(-600, 600).map(lambda minutes: NOW + timedelta(minutes=minutes)),
    severity=st.sampled_from(Severity),
    size=st.integers(1, 9),
    since=st.none() | st.integers(-900, 0).map(lambda minutes: NOW + timedelta(minutes=minutes)),
    times=st.integers(1, 3),
)
items = st.builds(
    Item,
    cause=st.just(ITEM.cause),
    severity=st.sampled_from(Severity),
    subject=st.just("a"),
    text=st.just("b"),
    since=st.none() | st.integers(-900, 5).map(lambda minutes: NOW + timedelta(minutes=minutes)),
    size=st.integers(1, 20),
)


@given(items, acks)
def test_whatever_was_said_before_a_take_rests_now_and_never_hides_how_bad_it_is(
    item: Item, before: Acknowledgement
) -> None:
    ack = acknowledged(item, Dealt.TAKEN, before, by="kim", now=NOW)
    assert stands(item, ack, NOW)[0] is Standing.TAKEN
    assert 1 <= ack.times <= RETURNS + 1
    for hours in (0, 5, 50):
        severity = stands(item, ack, NOW + hours * HOUR)[1]
        assert item.severity.rank - RETURNS <= severity.rank <= item.severity.rank


@given(items, acks)
def test_nothing_rests_for_ever_unless_it_was_taken_three_times(item: Item, ack: Acknowledgement) -> None:
    far = judged(item, {item.cause: ack}, NOW + timedelta(days=60))
    assert far.open or (ack.dealt is Dealt.TAKEN and ack.times > RETURNS)


@given(items, acks)
def test_between_two_returns_the_clock_alone_changes_nothing(item: Item, ack: Acknowledgement) -> None:
    one = judged(item, {item.cause: ack}, NOW)
    due = next_return([one], NOW)
    until = due if due is not None else NOW + timedelta(days=9)
    assert judged(item, {item.cause: ack}, until - timedelta(microseconds=1)).standing is one.standing


def test_what_is_open_is_not_waited_for() -> None:
    assert next_return([Judged(item=ITEM, standing=Standing.OPEN)], NOW) is None
