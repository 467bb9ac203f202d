"""A reading against what is known: only what changed is written, and only a complete reading ends anything."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from fleet_tui.domain.failure import Failure, FailureClass
from fleet_tui.domain.identity import Incarnation, Kind, Layer, SourceName
from fleet_tui.domain.phase import ENDED, Phase, PhaseFact
from fleet_tui.domain.reading import Listing, Reading, SourceState, SourceStatus, state_at
from fleet_tui.domain.resource import Resource, SignalKind, Vitals
from fleet_tui.domain.work import VERDICT
from fleet_tui.engine.picture import Picture, picture_of
from fleet_tui.engine.reconciler import EMPTY_HELD_POLLS, Pace, Reconciled, reconcile
from tests.support.facts import NOW, resource

SOURCE = SourceName("e2b")
PACE = Pace(layer=Layer.COMPUTE, cadence_s=5.0, roll=0.5)
BOTH = frozenset({Kind.SANDBOX})


def nothing_known(*rows: Resource, known_before: bool = False) -> Picture:
    status = SourceStatus(name=SOURCE, provider="e2b", cadence_s=5.0)
    return picture_of(status, rows, (), known_before=known_before)


def read(
    picture: Picture,
    rows: Iterable[Resource],
    *,
    at: datetime = NOW,
    complete: bool = True,
    kinds: frozenset[Kind] = BOTH,
    vitals: tuple[Vitals, ...] = (),
    server_time: datetime | None = None,
) -> Reconciled:
    listing = Listing(resources=tuple(rows), kinds=kinds, complete=complete, vitals=vitals, server_time=server_time)
    return reconcile(picture, Reading(source=SOURCE, started_at=at, ended_at=at, listing=listing), PACE)


def failed(picture: Picture, *, at: datetime = NOW, failure_class: FailureClass = FailureClass.AUTH) -> Reconciled:
    failure = Failure(failure_class=failure_class, source=SOURCE, operation="list", text="no", at=at)
    return reconcile(picture, Reading(source=SOURCE, started_at=at, ended_at=at, listing=None, failure=failure), PACE)


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def test_the_first_reading_writes_everything_and_is_no_news() -> None:
    done = read(nothing_known(), [resource("a"), resource("b")])
    assert {row.key.id for row in done.observation.changed} == {"a", "b"}
    assert done.observation.events == ()
    assert done.observation.status.rows == 2


def test_a_reading_that_says_the_same_writes_no_row_and_no_event() -> None:
    first = read(nothing_known(), [resource("a"), resource("b")])
    for rows in ([resource("a"), resource("b")], [resource("b"), resource("a")]):
        again = read(first.picture, rows, at=later(5))
        assert again.observation.changed == ()
        assert again.observation.events == ()
        assert again.observation.status.last_ok_at == later(5)


def test_a_restart_of_the_collector_writes_nothing_that_the_store_has() -> None:
    done = read(nothing_known(resource("a"), known_before=True), [resource("a")])
    assert done.observation.changed == ()


def test_only_the_changed_row_is_written_and_its_phase_is_told() -> None:
    first = read(nothing_known(), [resource("a"), resource("b")])
    done = read(first.picture, [resource("a"), resource("b", phase=Phase.PAUSED, raw="paused")], at=later(5))
    assert [row.key.id for row in done.observation.changed] == ["b"]
    assert [event.type for event in done.observation.events] == ["phase"]


def test_a_new_row_is_news_once_the_source_is_known() -> None:
    first = read(nothing_known(), [resource("a")])
    done = read(first.picture, [resource("a"), resource("b")], at=later(5))
    assert [(event.type, event.key and event.key.id) for event in done.observation.events] == [("appeared", "b")]


def test_other_words_for_the_same_phase_change_nothing() -> None:
    first = read(nothing_known(), [resource("a")])
    row = resource("a")
    said = replace(row, phase=replace(row.phase, evidence="in other words"))
    assert read(first.picture, [said], at=later(5)).observation.changed == ()


def test_a_row_that_is_gone_ends_by_the_best_evidence() -> None:
    rows = [resource("lost"), resource("ttl", ends_in_s=3), resource("killed")]
    first = read(nothing_known(), rows)
    killed = {(Kind.SANDBOX, "killed", "killed"): NOW}
    done = read(replace(first.picture, killed=killed), [resource("stays")], at=later(5))
    ends = {row.key.id: row.phase.phase for row in done.observation.changed if row.phase.phase in ENDED}
    assert ends == {"lost": Phase.ENDED_LOST, "ttl": Phase.ENDED_TTL, "killed": Phase.ENDED_KILLED}
    assert all(row.rate is None and not row.capabilities for row in done.observation.changed if row.key.id in ends)
    again = read(done.picture, [resource("stays")], at=later(10))
    assert again.observation.changed == ()


def test_a_partial_reading_ends_nothing_and_claims_no_watched_time() -> None:
    first = read(nothing_known(), [resource("a"), resource("b")])
    done = read(first.picture, [resource("a")], at=later(5), complete=False)
    assert done.observation.changed == ()
    assert done.observation.watch is None
    assert done.observation.status.complete_streak == 0
    assert state_at(done.observation.status, later(5)) is SourceState.PARTIAL


def test_a_partial_reading_after_a_restart_ends_nothing_that_the_store_holds() -> None:
    done = read(nothing_known(resource("a"), resource("b"), known_before=True), [resource("a")], complete=False)
    assert done.observation.changed == ()
    assert done.observation.gone == ()
    assert {row.key.id for row in done.picture.rows()} == {"a", "b"}


def test_what_a_partial_reading_leaves_out_is_still_known_to_run_since_the_provider_said_so() -> None:
    first = read(nothing_known(), [resource("a"), resource("b")])
    done = read(first.picture, [resource("a")], at=later(5), complete=False)
    assert done.picture.kinds[Kind.SANDBOX].told_since("b") == resource("b").phase.since


def test_complete_readings_are_counted_anew_after_a_failure() -> None:
    first = read(read(nothing_known(), [resource("a")]).picture, [resource("a")], at=later(5))
    assert first.observation.status.complete_streak == 2
    assert failed(first.picture, at=later(10)).observation.status.complete_streak == 0


def test_whether_its_end_had_come_is_a_matter_of_the_vendors_clock() -> None:
    first = read(nothing_known(), [resource("a", ends_in_s=3)])
    for vendor_s, phase in ((0, Phase.ENDED_LOST), (4, Phase.ENDED_TTL)):
        done = read(first.picture, [resource("stays")], at=later(5), server_time=later(vendor_s))
        (ended,) = [row for row in done.observation.changed if row.phase.phase in ENDED]
        assert ended.phase.phase is phase


def test_a_failed_reading_changes_no_row_and_one_cause_is_told_once() -> None:
    first = read(nothing_known(), [resource("a")])
    one = failed(first.picture, at=later(5))
    two = failed(one.picture, at=later(10))
    other = failed(two.picture, at=later(15), failure_class=FailureClass.PROVIDER_DOWN)
    assert [len(done.observation.failures) for done in (one, two, other)] == [1, 0, 1]
    assert one.picture.row(Kind.SANDBOX, "a") is not None
    assert two.observation.status.failures == 2
    back = read(other.picture, [resource("a")], at=later(20))
    assert [event.type for event in back.observation.events] == ["source back"]


def test_a_process_that_nobody_held_and_that_is_gone_has_ended_and_is_not_lost() -> None:
    first = read(nothing_known(), [resource("found", kind=Kind.PROCESS), resource("other", kind=Kind.PROCESS)])
    (row,) = read(first.picture, [resource("other", kind=Kind.PROCESS)], at=later(5)).observation.changed
    assert (row.phase.phase, row.phase.confirmed) == (Phase.ENDED_OK, False)
    assert "how it ended is not known" in row.phase.evidence


def test_an_empty_listing_is_held_for_three_polls() -> None:
    picture = read(nothing_known(), [resource("a")]).picture
    for poll in range(1, EMPTY_HELD_POLLS):
        done = read(picture, [], at=later(5 * poll))
        assert done.observation.changed == ()
        assert done.observation.status.last_complete_at == NOW
        assert "held" in done.observation.status.notes[0]
        picture = done.picture
    end = read(picture, [], at=later(60))
    assert [row.phase.phase for row in end.observation.changed] == [Phase.ENDED_LOST]


def test_an_empty_listing_is_believed_where_all_was_seen_gone_and_not_for_an_attempt_alone() -> None:
    picture = read(nothing_known(), [resource("a")]).picture
    deed = {(Kind.SANDBOX, "a", "a"): NOW}
    assert read(replace(picture, killed=deed), [], at=later(5)).observation.changed == ()
    done = read(replace(picture, killed=deed, seen_gone=deed), [], at=later(5))
    assert [row.phase.phase for row in done.observation.changed] == [Phase.ENDED_KILLED]


def test_a_row_in_between_lets_the_holding_begin_anew() -> None:
    picture = read(nothing_known(), [resource("a")]).picture
    for poll in range(4 * EMPTY_HELD_POLLS):
        rows = [resource("a")] if poll % EMPTY_HELD_POLLS == 0 else []
        done = read(picture, rows, at=later(5 * poll))
        assert not any(row.phase.phase in ENDED for row in done.observation.changed)
        picture = done.picture


def test_a_kind_that_the_listing_does_not_speak_for_stays() -> None:
    rows = [resource("a"), resource("m", kind=Kind.MEMORY_SCOPE)]
    first = read(nothing_known(), rows, kinds=frozenset({Kind.SANDBOX, Kind.MEMORY_SCOPE}))
    done = read(first.picture, [resource("a")], at=later(5))
    assert done.observation.gone == ()


def test_what_does_not_run_leaves_no_final_row_when_it_is_gone() -> None:
    kinds = frozenset({Kind.MEMORY_SCOPE})
    rows = [resource("m", kind=Kind.MEMORY_SCOPE), resource("n", kind=Kind.MEMORY_SCOPE)]
    first = read(nothing_known(), rows, kinds=kinds)
    done = read(first.picture, rows[:1], at=later(5), kinds=kinds)
    assert [key.id for key in done.observation.gone] == ["n"]
    assert done.observation.changed == ()


def test_of_a_key_that_is_listed_twice_the_newest_counts() -> None:
    old, new = resource("a", created_s=100, name="old"), resource("a", created_s=1, name="new")
    for rows in ([old, new], [new, old]):
        done = read(nothing_known(), rows)
        assert [row.name for row in done.observation.changed] == ["new"]
        assert "listed twice" in done.observation.status.notes[0]
        # And it stays so: a repeat is no change.
        assert read(done.picture, rows, at=later(5)).observation.changed == ()


def test_the_next_incarnation_under_one_key_is_told() -> None:
    first = read(nothing_known(), [resource("a")])
    other = replace(resource("a"), incarnation=Incarnation("a#2"))
    done = read(first.picture, [other], at=later(5))
    assert [event.type for event in done.observation.events] == ["replaced"]


def test_an_ended_row_is_let_go_after_seven_days() -> None:
    first = read(nothing_known(), [resource("a"), resource("b")])
    ended = read(first.picture, [resource("a")], at=later(5))
    week = later(7 * 86400 + 60)
    done = read(ended.picture, [resource("a")], at=week)
    assert [key.id for key in done.observation.gone] == ["b"]


def test_since_is_filled_in_once_and_then_stands() -> None:
    first = read(nothing_known(), [resource("a", since_s=None)])
    paused = resource("a", phase=Phase.PAUSED, raw="paused", since_s=None)
    second = read(first.picture, [paused], at=later(5))
    assert second.observation.changed[0].phase.since == later(5)
    third = read(second.picture, [replace(paused, region="eu")], at=later(10))
    assert third.observation.changed[0].phase.since == later(5)


def test_a_verdict_of_ours_survives_a_listing_that_still_says_running() -> None:
    first = read(nothing_known(), [resource("a", task="t")])
    row = first.observation.changed[0]
    stuck = PhaseFact(phase=Phase.STUCK, since=NOW, evidence="no work signal for 15 watched minutes", raw="running")
    picture = first.picture.with_rows([replace(row, phase=stuck)])
    done = read(picture, [replace(resource("a", task="t"), region="eu")], at=later(5))
    assert done.observation.changed[0].phase.phase is Phase.STUCK
    reborn = replace(resource("a", task="t"), incarnation=Incarnation("a#2"))
    assert read(picture, [reborn], at=later(5)).observation.changed[0].phase.phase is Phase.RUNNING


def test_what_started_anew_is_not_idle_because_it_was() -> None:
    first = read(nothing_known(), [replace(resource("a"), generation="1")])
    (row,) = first.picture.rows()
    idle = replace(row, phase=PhaseFact(phase=Phase.IDLE, since=NOW, evidence=f"{VERDICT} for long", raw="running"))
    done = read(first.picture.with_rows([idle]), [replace(resource("a"), generation="2")], at=later(5))
    assert [changed.phase.phase for changed in done.observation.changed] == [Phase.RUNNING]


def test_vitals_are_written_when_they_move_and_never_lose_a_signal() -> None:
    key = resource("a").key

    def measured(cpu: float, signal: datetime | None) -> tuple[Vitals, ...]:
        return (Vitals(key=key, at=NOW, cpu_percent=cpu, signal_at=signal, signal_kind=SignalKind.OUTPUT),)

    first = read(nothing_known(), [resource("a")], vitals=measured(10.0, NOW))
    assert len(first.observation.vitals) == 1
    assert read(first.picture, [resource("a")], at=later(5), vitals=measured(10.2, NOW)).observation.vitals == ()
    moved = read(first.picture, [resource("a")], at=later(5), vitals=measured(60.0, None)).observation.vitals
    assert moved[0].signal_at == NOW


def test_a_clock_that_differs_is_told_and_one_that_does_not_is_zero() -> None:
    assert read(nothing_known(), [], server_time=later(3600)).observation.status.clock_skew_s == 3600.0
    assert read(nothing_known(), [], server_time=later(1)).observation.status.clock_skew_s == 0.0


def test_watched_time_grows_and_begins_anew_after_a_gap() -> None:
    one = read(nothing_known(), [resource("a")])
    two = read(one.picture, [resource("a")], at=later(5))
    three = read(two.picture, [resource("a")], at=later(3600))
    assert [(w.start, w.end) for w in three.picture.watches] == [(NOW, later(5)), (later(3600), later(3600))]


def test_a_wall_clock_that_jumps_ends_nothing() -> None:
    picture = read(nothing_known(), [resource("a")]).picture
    for jump in (3600, -3600, -86400, 0):
        done = read(picture, [resource("a")], at=later(jump))
        assert done.observation.changed == ()
        assert all(watch.end >= watch.start for watch in done.picture.watches)
        picture = done.picture


ROWS = st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from([Phase.RUNNING, Phase.PAUSED]), st.integers(0, 2)))


@given(st.lists(st.tuples(ROWS, st.booleans()), max_size=8))
def test_what_was_written_is_always_what_the_picture_holds(
    polls: list[tuple[list[tuple[str, Phase, int]], bool]],
) -> None:
    picture = nothing_known()
    stored: dict[str, Resource] = {}
    for number, (listed, complete) in enumerate(polls, 1):
        rows = [resource(id_, phase=phase, region=str(n), raw=phase.value) for id_, phase, n in listed]
        done = read(picture, rows, at=later(5 * number), complete=complete)
        stored.update({row.key.id: row for row in done.observation.changed})
        for key in done.observation.gone:
            del stored[key.id]
        picture = done.picture
        assert {row.key.id: row for row in picture.rows()} == stored
        assert picture.status.rows == sum(row.phase.phase not in ENDED for row in stored.values())
        alive = {id_ for id_, row in stored.items() if row.phase.phase not in ENDED}
        assert {id_ for id_, _, _ in listed} <= alive
