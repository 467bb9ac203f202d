"""The thread that reads the store: how long it sleeps, what wakes it, and that it ends when told to."""

import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from textual.message import Message
from typing_extensions import override

from fleet_tui.domain.delta import FleetDelta
from fleet_tui.store.schema import STORE_FILE
from fleet_tui.ui.feed import LONG_AFTER, LONG_REST_S, NET_S, REST_S, WAKE_S, Feed, Pace
from fleet_tui.ui.messages import FleetPolled
from tests.support.bells import OnlyTold
from tests.support.consoles import MemoryReader
from tests.support.facts import resource
from tests.support.stores import Stores, stores
from tests.support.wait import eventually


class Follower:
    """A feed in a thread of its own, over a real store."""

    def __init__(self, held: Stores, state_dir: Path) -> None:
        self.heard = threading.Event()
        self.feed = Feed(held.reader(), self._post, partial(OnlyTold, state_dir / STORE_FILE))
        self.thread = threading.Thread(target=self.feed.run)
        self.thread.start()

    def _post(self, message: Message) -> None:
        if isinstance(message, FleetPolled):
            self.heard.set()

    def rests(self) -> bool:
        """It looks no more before it is told something."""
        return self.feed._pace.pause_s == NET_S

    def end(self) -> None:
        self.feed.stop()
        self.thread.join(10)
        assert not self.thread.is_alive()


@pytest.fixture
def follower(tmp_path: Path) -> Iterator[tuple[Follower, Stores]]:
    with stores(tmp_path / "state") as held:
        found = Follower(held, tmp_path / "state")
        yield found, held
        found.end()


def test_a_commit_wakes_a_feed_that_rests_and_so_does_its_end(follower: tuple[Follower, Stores]) -> None:
    feed, held = follower
    eventually(feed.rests, what="a feed at rest")
    feed.heard.clear()
    held.observe(changed=(resource("s1"),))
    assert feed.heard.wait(10)
    eventually(feed.rests, what="a feed at rest")
    feed.end()


class Endless(MemoryReader):
    """A store that never comes to the end of its rows."""

    @override
    def load(self, on_delta: Callable[[FleetDelta], None], *, chunk: int = 2000) -> int:
        while True:
            on_delta(FleetDelta(store_id="t", revision=1, whole=True, last=False))


def test_a_feed_ends_in_the_middle_of_a_load() -> None:
    begun = threading.Event()
    feed = Feed(Endless(), lambda _: begun.set())
    thread = threading.Thread(target=feed.run)
    thread.start()
    assert begun.wait(10)
    feed.stop()
    thread.join(10)
    assert not thread.is_alive()


def test_a_feed_that_is_stopped_before_it_began_reads_nothing() -> None:
    feed = Feed(Endless(), lambda _: None)
    feed.stop()
    feed.run()
    assert not feed.waiting


def in_vain(pace: Pace, *, hears: bool, looks: int = 10) -> float:
    for _ in range(looks):
        pace.in_vain(hears=hears)
    return pace.pause_s


def test_the_more_looks_are_in_vain_the_longer_it_sleeps() -> None:
    assert in_vain(Pace(), hears=True) == NET_S
    assert in_vain(Pace(), hears=False) == REST_S
    assert in_vain(Pace(), hears=False, looks=LONG_AFTER + 2) == LONG_REST_S


def test_after_a_ring_it_looks_again_soon_because_a_commit_is_seen_later_than_it_is_told() -> None:
    pace = Pace()
    in_vain(pace, hears=True)
    assert 0 < pace.rang(NET_S) < WAKE_S
    assert pace.pause_s == WAKE_S
    assert pace.rang(0.0) == WAKE_S, "in a storm it does not look more often than where nobody tells"


def test_where_a_commit_was_not_told_it_asks_as_often_as_where_nobody_tells_until_one_is() -> None:
    pace = Pace()
    in_vain(pace, hears=True)
    pace.found()
    assert in_vain(pace, hears=True) == REST_S
    pace.rang(NET_S)
    pace.found()
    assert in_vain(pace, hears=True) == NET_S


def test_the_rest_of_a_load_waits_until_its_first_rows_are_drawn(tmp_path: Path) -> None:
    with stores(tmp_path / "state") as held:
        held.observe(changed=tuple(resource(f"sbx_{n}") for n in range(5000)))
        feed = Feed(held.reader(), lambda _: None)
        thread = threading.Thread(target=feed.run)
        thread.start()
        first = eventually(feed.take, what="the first rows")
        assert first is not None
        assert first.whole
        assert not first.last
        assert not feed.waiting
        feed.drawn()

        def ended() -> bool:
            piece = feed.take()
            return piece is not None and piece.last

        eventually(ended, what="the last rows")
        feed.stop()
        thread.join(10)
        assert not thread.is_alive()
