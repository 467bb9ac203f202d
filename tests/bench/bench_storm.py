"""A storm of events into the collector's store, a console's reader beside it: what it bears, memory and the WAL.

A day at 10,000 events a second is 864 million: more than a bench may write. The day passes in so many seconds as are
given, as many events are written as the store takes, and how many of the 10,000 a second that is gets printed.

python -m tests.bench.bench_storm [--seconds 30] [--events 500]
"""

import argparse
import gc
import tempfile
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic

import psutil

from fleet_tui.domain.identity import AgentId
from fleet_tui.domain.resource import Event
from fleet_tui.ports import Observation
from fleet_tui.store.open import open_for_reader
from fleet_tui.store.open_collector import open_for_collector
from fleet_tui.store.schema import STORE_FILE
from tests.bench.bench_store import NOW, SOURCE, resource, status
from tests.bench.report import figure, heading

ASKED_A_SECOND = 10_000
DAY = timedelta(hours=24)
CHECKPOINT_BYTES = 1000 * (4096 + 24)
"""SQLite's own automatic checkpoint: so many pages, of so many bytes with their frame's header."""
AGENTS = 1000
TIDY_EVERY = timedelta(minutes=10)
WARM = 0.25
"""The part of the day after which memory is looked at first."""
MEGABYTE = 1e6


def held() -> float:
    gc.collect()
    return float(psutil.Process().memory_info().rss) / MEGABYTE


class Storm:
    """One reading after the other, each with so many events, and one row in ten of them changed."""

    def __init__(self, events: int) -> None:
        self._events = events
        self.told = 0

    def reading(self, at: datetime) -> Observation:
        rows = [resource((self.told + n) % AGENTS) for n in range(0, self._events, 10)]
        events = tuple(self._event(self.told + n, at) for n in range(self._events))
        self.told += self._events
        return Observation(
            source=SOURCE, at=at, status=status(at), changed=tuple({r.key: r for r in rows}.values()), events=events
        )

    def _event(self, number: int, at: datetime) -> Event:
        row = resource(number % AGENTS)
        return Event(
            event_id=f"e{number}",
            at=at,
            source=SOURCE,
            key=row.key,
            agent=AgentId(f"agent-{number % AGENTS}"),
            type="tool.called",
            text=f"call {number} of a tool with a text of the usual length",
        )


def run(state_dir: Path, seconds: float, events: int) -> None:
    store, lock = open_for_collector(state_dir, NOW)
    wal = state_dir / f"{STORE_FILE}-wal"
    storm, warm, most_wal, read_s = Storm(events), 0.0, 0, 0.0
    with closing(lock), closing(store), closing(open_for_reader(state_dir)) as reader:
        reached = reader.load(lambda _: None)
        began, tidied = monotonic(), NOW
        while (passed := (monotonic() - began) / seconds) < 1:
            at = NOW + DAY * passed
            store.observe(storm.reading(at))
            most_wal = max(most_wal, wal.stat().st_size if wal.exists() else 0)
            begun_s = monotonic()
            if reader.woken():
                reached = reader.changes(reached).revision
            read_s += monotonic() - begun_s
            if at - tidied >= TIDY_EVERY:
                store.tidy(at)
                tidied = at
            if not warm and passed >= WARM:
                warm = held()
        took_s, ended = monotonic() - began, held()
        size = (state_dir / STORE_FILE).stat().st_size
    heading(f"a storm: a day in {took_s:.0f} s, {storm.told:,} events in readings of {events:,}, {AGENTS:,} agents")
    rate = storm.told / took_s
    figure("events written a second", rate, "", beside=f"({rate / ASKED_A_SECOND:.0%} of 10,000 a second)")
    figure("of the day's 864 million", 100 * storm.told / (ASKED_A_SECOND * DAY.total_seconds()), "%")
    figure("memory grew by", ended - warm, "MB", at_most=10.0, beside=f"({warm:.0f} MB -> {ended:.0f} MB)")
    figure("largest WAL over a checkpoint's", most_wal / CHECKPOINT_BYTES, "x", at_most=2.0)
    figure("a console's reading beside it", 100 * read_s / took_s, "%")
    figure("the store", size / MEGABYTE, "MB")


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--events", type=int, default=500)
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        run(Path(folder) / "state", options.seconds, options.events)


if __name__ == "__main__":
    main()
