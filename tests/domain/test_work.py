"""Idle and stuck: only in watched time, only where work can be heard, never too young."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_tui.domain.phase import Phase
from fleet_tui.domain.resource import Resource
from fleet_tui.domain.watch import Watch, extended, watched_s
from fleet_tui.domain.work import Quiet, judged, quiet
from tests.support.facts import NOW, resource

WATCHED = (Watch(NOW - timedelta(hours=5), NOW),)


def silence(row: Resource, *, signal_s: float | None, spans: tuple[Watch, ...] = WATCHED) -> Quiet | None:
    signal_at = None if signal_s is None else NOW - timedelta(seconds=signal_s)
    return quiet(row, signal_at=signal_at, heard_since=NOW - timedelta(hours=1), spans=spans, now=NOW)


def phase_of(row: Resource, *, signal_s: float | None, spans: tuple[Watch, ...] = WATCHED) -> Phase:
    heard = silence(row, signal_s=signal_s, spans=spans)
    assert heard is not None
    return judged(row, heard, NOW).phase


@pytest.mark.parametrize(
    ("task", "signal_s", "phase"),
    [
        ("t", 14 * 60, Phase.RUNNING),
        ("t", 15 * 60, Phase.STUCK),
        (None, 4 * 60, Phase.RUNNING),
        (None, 5 * 60, Phase.IDLE),
        (None, 15 * 60, Phase.IDLE),
    ],
)
def test_a_silent_row_is_stuck_with_a_task_and_idle_without(task: str | None, signal_s: float, phase: Phase) -> None:
    assert phase_of(resource("a", task=task, created_s=7200, since_s=7200), signal_s=signal_s) is phase


def test_a_gap_in_our_watching_proves_nothing() -> None:
    row = resource("a", task="t", created_s=7200, since_s=7200)
    gap = (Watch(NOW - timedelta(hours=5), NOW - timedelta(minutes=50)), Watch(NOW - timedelta(minutes=2), NOW))
    assert phase_of(row, signal_s=51 * 60, spans=gap) is Phase.RUNNING


def test_a_row_that_nobody_can_hear_is_not_judged() -> None:
    assert silence(resource("a", observes=False), signal_s=9999) is None


@pytest.mark.parametrize("phase", [Phase.PAUSED, Phase.WAITING, Phase.STARTING, Phase.STOPPING])
def test_only_what_runs_is_judged(phase: Phase) -> None:
    assert silence(resource("a", phase=phase), signal_s=9999) is None


def test_without_any_signal_silence_counts_from_when_we_began_to_listen() -> None:
    row = resource("a", created_s=50_000, since_s=50_000)
    heard = silence(row, signal_s=None)
    assert heard == Quiet(NOW - timedelta(hours=1), 3600)


def test_a_row_of_four_minutes_is_never_stuck() -> None:
    row = replace(resource("a", task="t", created_s=240), phase=replace(resource("a").phase, since=None))
    assert judged(row, Quiet(NOW - timedelta(hours=1), 3600), NOW).phase is Phase.RUNNING


def test_a_verdict_is_taken_back_when_it_works_again_and_keeps_its_time_while_it_does_not() -> None:
    row = resource("a", task="t", created_s=7200, since_s=7200)
    heard = silence(row, signal_s=20 * 60)
    assert heard is not None
    stuck = replace(row, phase=judged(row, heard, NOW))
    assert stuck.phase.raw == "running"
    longer = silence(stuck, signal_s=25 * 60)
    assert longer is not None
    assert judged(stuck, longer, NOW).since == stuck.phase.since
    assert phase_of(stuck, signal_s=1) is Phase.RUNNING


def test_what_a_provider_calls_idle_is_left_to_it() -> None:
    row = resource("a", phase=Phase.IDLE, raw="idle", task="t", created_s=7200)
    assert phase_of(row, signal_s=9999) is Phase.IDLE


def spans_of(*readings_min: float) -> tuple[Watch, ...]:
    spans: tuple[Watch, ...] = ()
    for minute in readings_min:
        spans = extended(spans, NOW + timedelta(minutes=minute), 120.0)
    return spans


def test_a_clock_set_forward_is_a_gap_and_one_set_back_takes_back_what_comes_once_more() -> None:
    assert watched_s(spans_of(0, 1, 2, 62, 63), NOW, NOW + timedelta(hours=2)) == 3 * 60
    back = spans_of(0, 1, 2, 60, 61, 1.5)
    assert watched_s(back, NOW, NOW + timedelta(hours=2)) == 1.5 * 60
    # The collector is away while the hour comes a second time: it was not watched.
    assert watched_s(extended(back, NOW + timedelta(minutes=62), 120.0), NOW, NOW + timedelta(hours=2)) == 1.5 * 60


@given(st.lists(st.one_of(st.integers(0, 50), st.integers(-5000, 5000)), max_size=30))
def test_whatever_the_clock_does_no_more_is_watched_than_passed(steps_s: list[int]) -> None:
    at, passed_s = NOW, 0.0
    spans: tuple[Watch, ...] = ()
    for step in steps_s:
        at += timedelta(seconds=step)
        passed_s += max(step, 0) if step <= 60 else 0
        spans = extended(spans, at, 60.0)
        assert watched_s(spans, NOW - timedelta(days=1), at) <= passed_s
        assert all(one.start <= one.end <= other.start for one, other in pairwise(spans))
