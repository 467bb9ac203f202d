"""A channel hears of a cause once, the worst first, and not of what somebody deals with."""

from dataclasses import replace
from datetime import time, timedelta

import pytest

from fleet_tui.domain.acknowledgement import Judged, Standing
from fleet_tui.domain.attention import Item, Severity
from fleet_tui.domain.notice import ChannelStatus, Notice, Quiet, due, notices, retry_at
from tests.support.facts import NOW

HOUR = timedelta(hours=1)


def one(cause: str = "a", severity: Severity = Severity.HIGH, standing: Standing = Standing.OPEN) -> Judged:
    return Judged(
        item=Item(cause=cause, severity=severity, subject=cause, text="stuck", since=NOW - HOUR), standing=standing
    )


def told(*items: Judged) -> dict[str, Notice]:
    return {notice.cause: notice for notice in notices("ops", items, NOW)}


def test_what_was_told_is_not_told_again_while_it_stays_the_same() -> None:
    assert due([one()], {}, NOW) == [one()]
    assert due([one()], told(one()), NOW + 9 * HOUR) == []


def test_it_is_told_again_when_it_got_worse_began_anew_or_its_second_time_has_come() -> None:
    before = told(one())
    worse = one(severity=Severity.CRIT)
    anew = Judged(item=replace(one().item, since=NOW + HOUR), standing=Standing.OPEN)
    again = Judged(item=replace(one().item, again_at=NOW + HOUR), standing=Standing.OPEN)
    assert due([worse], before, NOW) == [worse]
    assert due([anew], before, NOW + 2 * HOUR) == [anew]
    assert due([again], before, NOW) == []
    assert due([again], before, NOW + HOUR) == [again]
    later = {"a": replace(before["a"], at=NOW + HOUR)}
    assert due([again], later, NOW + 2 * HOUR) == []


@pytest.mark.parametrize("standing", [Standing.TAKEN, Standing.SNOOZED, Standing.SILENCED])
def test_what_somebody_deals_with_is_told_to_nobody(standing: Standing) -> None:
    assert due([one(standing=standing)], {}, NOW) == []


def test_the_worst_come_first_and_what_is_below_the_least_not_at_all() -> None:
    every = [one(severity.value, severity) for severity in reversed(Severity)]
    assert [each.item.severity for each in due(every, {}, NOW, least=Severity.MED)] == list(Severity)[:3]


def test_members_of_an_incident_that_was_told_are_not_told_one_by_one() -> None:
    incident = one("incident:g")
    member = Judged(item=replace(one("m").item, group="g"), standing=Standing.OPEN)
    assert due([member], told(incident), NOW) == []


@pytest.mark.parametrize(("at", "quiet"), [(time(23), True), (time(6, 59), True), (time(7), False), (time(12), False)])
def test_quiet_hours_may_pass_midnight_and_let_only_the_worst_through(at: time, quiet: bool) -> None:
    hours = Quiet(begins=time(22), ends=time(7))
    now = NOW.replace(hour=at.hour, minute=at.minute)
    worst = one("c", Severity.CRIT)
    assert due([one(), worst], {}, now, quiet=hours) == ([worst] if quiet else [worst, one()])


def test_a_channel_that_fails_is_left_alone_for_longer_each_time_and_never_for_ever() -> None:
    waits = []
    for failures in (0, 1, 2, 3, 50):
        at = retry_at(ChannelStatus(name="ops", last_try_at=NOW, failures=failures))
        waits.append(None if at is None else (at - NOW).total_seconds())
    assert waits == [None, 10, 20, 40, 300]
