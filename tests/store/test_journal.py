"""The journal gives back any moment that it still holds, exactly."""

import tempfile
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet_tui.domain.identity import ResourceKey
from fleet_tui.domain.phase import Phase
from fleet_tui.domain.resource import Resource
from fleet_tui.ports import StoreError
from fleet_tui.store.retention import Retention
from tests.support import facts
from tests.support.facts import NOW
from tests.support.stores import Stores, stores

IDS = st.sampled_from("abcde")
STEPS = st.lists(
    st.tuples(
        st.lists(st.tuples(IDS, st.sampled_from([Phase.RUNNING, Phase.IDLE, Phase.PAUSED])), max_size=3),
        st.lists(IDS, max_size=2),
        st.integers(0, 5 * 3600),
    ),
    max_size=20,
)


@settings(max_examples=40, deadline=None)
@given(STEPS, st.booleans())
def test_every_recorded_moment_can_be_rebuilt(
    steps: list[tuple[list[tuple[str, Phase]], list[str], int]], tidy: bool
) -> None:
    with tempfile.TemporaryDirectory() as directory, stores(Path(directory) / "state") as held:
        at, fleet = NOW, dict[ResourceKey, Resource]()
        history: dict[datetime, dict[ResourceKey, Resource]] = {NOW: {}}
        for changed, ended, later_s in steps:
            at += timedelta(seconds=later_s)
            rows = {facts.key(id_): facts.resource(id_, phase=phase) for id_, phase in changed}
            gone = [facts.key(id_) for id_ in ended]
            held.observe(at, changed=tuple(rows.values()), gone=tuple(gone))
            fleet = {key: row for key, row in {**fleet, **rows}.items() if key not in gone}
            history[at] = fleet
        if tidy:
            held.collector.tidy(at)
        reader = held.reader()
        for moment, expected in history.items():
            if tidy and moment <= at - timedelta(hours=48):
                continue
            assert {r.key: r for r in reader.at(moment).resources} == expected
            assert {r.key: r for r in reader.at(moment + timedelta(microseconds=1)).resources} == expected


def test_a_moment_before_the_journal_is_refused_and_not_made_up(opened: Stores) -> None:
    opened.observe(changed=(facts.resource("a"),))
    with pytest.raises(StoreError, match="the journal begins at 2026-11-22 12:00"):
        opened.reader().at(NOW - timedelta(seconds=1))


def test_the_journal_reaches_back_48_hours_and_no_further(opened: Stores) -> None:
    for hour in range(0, 72, 6):
        phase = Phase.RUNNING if hour % 12 else Phase.IDLE
        opened.observe(NOW + timedelta(hours=hour), changed=(facts.resource("a", phase=phase),))
    opened.collector.tidy(NOW + timedelta(hours=66))
    reader = opened.reader()
    assert [r.phase.phase for r in reader.at(NOW + timedelta(hours=19)).resources] == [Phase.RUNNING]
    with pytest.raises(StoreError, match="nothing older"):
        reader.at(NOW + timedelta(hours=11))


def test_a_journal_with_too_many_rows_reaches_back_less_far(state_dir: Path) -> None:
    with stores(state_dir, retention=Retention(journal_rows=10)) as held:
        for minute in range(30):
            phase = Phase.RUNNING if minute % 2 else Phase.IDLE
            held.observe(NOW + timedelta(minutes=minute), changed=(facts.resource("a", phase=phase),))
        held.collector.tidy(NOW + timedelta(minutes=30))
        reader = held.reader()
        assert [r.phase.phase for r in reader.at(NOW + timedelta(minutes=20)).resources] == [Phase.IDLE]
        with pytest.raises(StoreError):
            reader.at(NOW + timedelta(minutes=15))


def test_a_clock_that_was_set_back_hides_nothing(opened: Stores) -> None:
    opened.observe(NOW, changed=(facts.resource("a"),))
    opened.observe(NOW - timedelta(hours=1), changed=(facts.resource("a", phase=Phase.PAUSED),))
    assert [r.phase.phase for r in opened.reader().at(NOW).resources] == [Phase.PAUSED]


def test_beside_each_moment_stand_those_at_which_something_changed(opened: Stores) -> None:
    changes = [NOW + timedelta(minutes=minute) for minute in (0, 10, 20)]
    for number, at in enumerate(changes):
        phase = Phase.IDLE if number % 2 else Phase.RUNNING
        opened.observe(at, changed=(facts.resource("a", phase=phase),))
    reader = opened.reader()

    beside = [(found.earlier, found.later) for found in map(reader.at, changes)]

    assert beside == [(None, changes[1]), (changes[0], changes[2]), (changes[1], None)]
    between = reader.at(NOW + timedelta(minutes=15))
    assert (between.earlier, between.later) == (changes[1], changes[2])
