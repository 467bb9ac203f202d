"""A storm of a simulated day leaves the collector's memory and the write-ahead log as small as they were."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from operator import attrgetter
from pathlib import Path

import psutil
import pytest

from fleet_tui.domain.identity import Kind, Layer
from fleet_tui.domain.phase import ENDED
from fleet_tui.domain.reading import Listing, Reading
from fleet_tui.domain.resource import Event, Resource, SignalKind, Vitals
from fleet_tui.engine.picture import picture_of
from fleet_tui.engine.reconciler import Pace, reconcile
from fleet_tui.ports import Observation
from fleet_tui.store.schema import STORE_FILE
from tests.support import facts
from tests.support.facts import NOW
from tests.support.stores import SOURCE, Stores, loaded

READINGS = 96
"""One in a quarter of an hour of a day."""
EVENTS = 250
BOXES = 100
CHECKPOINT_BYTES = 1000 * 4096
"""SQLite writes the log back when it holds a thousand pages."""
MEGABYTE = 1e6


def boxes(number: int) -> Sequence[Resource]:
    """A tenth of the fleet is replaced at every reading; the rest has moved on."""
    first = number * BOXES // 10
    return [facts.resource(f"sbx-{box}", task=f"step {number}") for box in range(first, first + BOXES)]


def reading(number: int) -> Reading:
    at = NOW + timedelta(minutes=15 * number)
    rows = tuple(boxes(number))
    signal = partial(Vitals, at=at, signal_at=at, signal_kind=SignalKind.OUTPUT)
    listing = Listing(
        resources=rows, kinds=frozenset({Kind.SANDBOX}), vitals=tuple(signal(key=row.key) for row in rows)
    )
    return Reading(source=SOURCE, started_at=at, ended_at=at, listing=listing)


def events(number: int, at: datetime) -> tuple[Event, ...]:
    made = partial(Event, at=at, source=SOURCE, key=None, agent=None, type="storm", text="x" * 80)
    return tuple(made(event_id=f"{number}-{index}") for index in range(EVENTS))


@pytest.mark.no_cover
def test_a_day_of_storm_leaves_memory_flat_and_the_log_short(opened: Stores, state_dir: Path) -> None:
    process, log = psutil.Process(), state_dir / f"{STORE_FILE}-wal"
    picture = picture_of(facts.status(), (), (), known_before=False)
    pace = Pace(layer=Layer.COMPUTE, cadence_s=5.0, roll=0.5)
    reader = opened.reader()
    revision = loaded(reader).revision
    longest = warm = 0
    for number in range(READINGS):
        done = reconcile(picture, reading(number), pace)
        opened.collector.observe(done.observation)
        picture = done.picture
        at = done.observation.at
        opened.collector.observe(Observation(source=SOURCE, at=at, status=picture.status, events=events(number, at)))
        revision = reader.changes(revision).revision
        longest = max(longest, log.stat().st_size)
        if number % 4 == 0:
            opened.collector.tidy(at)
        if number == READINGS // 2:
            warm = process.memory_info().rss

    assert longest < 2 * CHECKPOINT_BYTES
    assert len(picture.vitals) == BOXES
    alive = [row for row in picture.rows() if row.phase.phase not in ENDED]
    assert sorted(map(attrgetter("key"), alive)) == sorted(row.key for row in boxes(READINGS - 1))
    # What ended is kept for seven days, at a kilobyte or two each.
    assert process.memory_info().rss - warm < 8 * MEGABYTE
