"""Judging a source: stuck is told at once and again at 30 minutes, and a restart neither invents nor repeats it."""

from dataclasses import replace
from datetime import datetime, timedelta

from fleet_tui.domain.identity import Kind, SourceName
from fleet_tui.domain.phase import Phase
from fleet_tui.domain.reading import SourceStatus
from fleet_tui.domain.resource import Resource, Vitals
from fleet_tui.domain.watch import Watch
from fleet_tui.engine.judge import Heard, Judgement, judge
from fleet_tui.engine.picture import Picture, picture_of
from tests.support.facts import NOW, resource

STATUS = SourceStatus(name=SourceName("e2b"), provider="e2b", cadence_s=5.0)


def minutes(count: float) -> datetime:
    return NOW + timedelta(minutes=count)


def picture(row: Resource, *, signal_at: datetime | None = NOW, heard: bool = True, until: float = 600) -> Picture:
    watches = (Watch(NOW - timedelta(hours=9), minutes(until)),)
    vitals = {(Kind.SANDBOX, row.key.id): Vitals(key=row.key, at=NOW, signal_at=signal_at)} if heard else {}
    return replace(picture_of(STATUS, [row], watches, known_before=True), vitals=vitals)


def look(seen: Picture, heard: Heard, at: float) -> tuple[Judgement, Picture]:
    judgement = judge(seen, heard, minutes(at))
    return judgement, seen.with_rows(judgement.changed)


def test_stuck_is_told_at_once_and_again_at_thirty_minutes() -> None:
    heard, seen = Heard(), picture(resource("a", task="t"))
    told = []
    for at in range(0, 90, 1):
        judgement, seen = look(seen, heard, at)
        told += [(at, failure.text) for failure in judgement.failures]
    assert [at for at, _ in told] == [15, 30]
    assert "30 watched minutes" in told[1][1]


def test_it_is_told_anew_after_it_worked_again() -> None:
    heard, seen = Heard(), picture(resource("a", task="t"))
    _, seen = look(seen, heard, 16)
    woken = replace(seen, vitals={(Kind.SANDBOX, "a"): Vitals(key=resource("a").key, at=NOW, signal_at=minutes(17))})
    judgement, woken = look(woken, heard, 17)
    assert [row.phase.phase for row in judgement.changed] == [Phase.RUNNING]
    judgement, _ = look(woken, heard, 33)
    assert len(judgement.failures) == 1


def test_a_row_of_which_nothing_was_heard_since_the_start_is_not_judged() -> None:
    judgement, _ = look(picture(resource("a", task="t"), heard=False), Heard(), 400)
    assert judgement.changed == ()
    assert judgement.silences == {}


def test_a_new_collector_does_not_tell_again_what_an_old_one_told() -> None:
    _, seen = look(picture(resource("a", task="t")), Heard(), 16)
    judgement, _ = look(seen, Heard(), 17)
    assert judgement.failures == ()
    judgement, _ = look(seen, Heard(), 30)
    assert len(judgement.failures) == 1
    judgement, _ = look(seen, Heard(), 45)
    assert judgement.failures == ()


def test_what_ended_is_forgotten() -> None:
    heard = Heard()
    look(picture(resource("a", task="t")), heard, 16)
    look(picture(resource("a", task="t", phase=Phase.ENDED_OK)), heard, 17)
    assert heard.since == {}
    assert heard.told == {}


def test_a_signal_is_as_old_as_the_vendors_clock_says_however_wrong_ours_is() -> None:
    worked = picture(resource("a", task="t"), signal_at=minutes(-1))
    ahead = replace(worked, status=replace(STATUS, clock_skew_s=-3600.0))
    judgement, _ = look(ahead, Heard(), 59)
    assert judgement.silences[Kind.SANDBOX, "a"].watched_s == 0
    assert judgement.changed == ()
