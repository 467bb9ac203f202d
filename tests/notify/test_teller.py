"""Channels are told once, in one message, across restarts, and one that is dead holds nobody up."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from typing_extensions import override

from fleet_tui.config.files import parse_toml
from fleet_tui.config.notify import LoadedChannel, load_channels
from fleet_tui.domain.acknowledgement import Judged, Standing
from fleet_tui.domain.attention import Item, Severity
from fleet_tui.domain.filter import Filter
from fleet_tui.domain.notice import ChannelStatus, Notice
from fleet_tui.notify.teller import Looker, Teller
from fleet_tui.ports import Clock, NoticeStore
from tests.support.facts import NOW
from tests.support.hooks import Hooks, hooks

HOUR = timedelta(hours=1)
SECRET = "hook-t0k3n-of-ops"


def alert(subject: str, severity: Severity = Severity.HIGH, standing: Standing = Standing.OPEN) -> Judged:
    item = Item(cause=f"agent:{subject}", severity=severity, subject=subject, text="no progress", since=NOW - HOUR)
    return Judged(item=item, standing=standing)


@dataclass
class Watched(Looker):
    """What needs somebody, as a test says it."""

    items: list[Judged] = field(default_factory=list)

    @override
    def look(self, now: datetime) -> Sequence[Judged]:
        return tuple(self.items)

    @override
    def within(self, chosen: Filter, items: Sequence[Judged], now: datetime) -> Sequence[Judged]:
        return [one for one in items if one.item.subject in chosen.text]


@dataclass
class Kept(NoticeStore):
    """A store that outlives tellers."""

    held: dict[tuple[str, str], Notice] = field(default_factory=dict)
    statuses: dict[str, ChannelStatus] = field(default_factory=dict)

    @override
    def notices(self) -> tuple[Notice, ...]:
        return tuple(self.held.values())

    @override
    def channels(self) -> tuple[ChannelStatus, ...]:
        return tuple(self.statuses.values())

    @override
    def keep_told(self, status: ChannelStatus, told: Sequence[Notice]) -> None:
        self.statuses[status.name] = status
        self.held.update({(one.channel, one.cause): one for one in told})


@dataclass
class Hand(Clock):
    """A clock that a test moves."""

    at: datetime = NOW

    @override
    def now(self) -> datetime:
        return self.at

    @override
    def monotonic_s(self) -> float:
        return self.at.timestamp()

    @override
    async def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@pytest.fixture
def server() -> Iterator[Hooks]:
    with hooks() as running:
        yield running


@dataclass
class World:
    store: Kept = field(default_factory=Kept)
    watched: Watched = field(default_factory=Watched)
    clock: Hand = field(default_factory=Hand)

    async def teller(self, *channels: LoadedChannel) -> Teller:
        async def stored(keep: Callable[[NoticeStore], None]) -> None:
            keep(self.store)

        async def recalled() -> tuple[Sequence[Notice], Sequence[ChannelStatus]]:
            return self.store.notices(), self.store.channels()

        teller = Teller(self.clock, stored, recalled, self.watched)
        await teller.configure("prod", channels, [one.url for one in channels if one.url is not None])
        return teller

    async def look(self, teller: Teller) -> None:
        await teller.look()
        await teller.settled()


@pytest.fixture
def world() -> World:
    return World()


def channel(text: str, **env: str) -> LoadedChannel:
    document = parse_toml(f"[[notify]]\n{text}", Path("/x/fleet.toml"))
    (one,) = load_channels(document, env=env, beside=None, secrets=True)
    assert not one.refused
    return one


def ops(server: Hooks, more: str = "", path: str = "/alerts") -> LoadedChannel:
    return channel(f'name = "ops"\nurl = "{server.url}{path}"\n{more}')


async def test_many_items_are_one_message_the_worst_first_and_told_once(world: World, server: Hooks) -> None:
    world.watched.items = [alert("a"), alert("b", Severity.CRIT), alert("low", Severity.LOW)]
    teller = await world.teller(ops(server))
    await world.look(teller)
    await world.look(teller)
    ((path, body),) = server.told
    assert path == "/alerts"
    assert body["title"] == "fleet prod: 2 things need you (crit)"
    assert body["items"] == ["CRIT b no progress", "HIGH a no progress"]
    assert world.store.statuses["ops"].told == 2


async def test_ntfy_is_told_at_its_root_with_the_topic_and_a_priority(world: World, server: Hooks) -> None:
    world.watched.items = [alert("a", Severity.CRIT)]
    await world.look(await world.teller(ops(server, 'shape = "ntfy"', "/my-topic")))
    ((path, body),) = server.told
    assert path == "/"
    assert (body["topic"], body["priority"], body["message"]) == ("my-topic", 5, "CRIT a no progress")


async def test_slack_gets_text_in_which_nobody_is_called(world: World, server: Hooks) -> None:
    world.watched.items = [alert("<!channel> & <@U1>")]
    await world.look(await world.teller(ops(server, 'shape = "slack"')))
    assert server.told[0][1]["text"].splitlines()[1] == "HIGH &lt;!channel&gt; &amp; &lt;@U1&gt; no progress"


async def test_a_hostile_name_reaches_nobody_as_it_is(world: World, server: Hooks) -> None:
    world.watched.items = [alert("a\x1b]0;owned\x07\n\u202eb\u200b key=sk_live_4f9aa81b77")]
    await world.look(await world.teller(ops(server)))
    text = server.told[0][1]["items"][0]
    assert not any(ord(char) < 32 or char in "\u202e\u200b" for char in text)
    assert "sk_live" not in text


async def test_a_restart_of_the_collector_tells_nothing_twice(world: World, server: Hooks) -> None:
    world.watched.items = [alert("a")]
    await world.look(await world.teller(ops(server)))
    again = await world.teller(ops(server))
    await world.look(again)
    assert len(server.told) == 1
    world.watched.items = [replace(alert("a"), item=replace(alert("a").item, since=NOW + HOUR))]
    world.clock.at = NOW + 2 * HOUR
    await world.look(again)
    assert len(server.told) == 2


async def test_what_somebody_deals_with_and_what_a_filter_leaves_out_is_not_told(world: World, server: Hooks) -> None:
    world.watched.items = [alert("taken", standing=Standing.TAKEN), alert("other"), alert("mine")]
    await world.look(await world.teller(ops(server, 'filter = "mine"')))
    assert server.told[0][1]["items"] == ["HIGH mine no progress"]


async def test_in_quiet_hours_only_the_worst_is_told_and_the_rest_when_they_are_over(
    world: World, server: Hooks
) -> None:
    world.watched.items = [alert("a")]
    teller = await world.teller(ops(server, 'quiet = "11:00-13:00"'))
    await world.look(teller)
    assert server.told == []
    world.clock.at = NOW + 2 * HOUR
    await world.look(teller)
    assert len(server.told) == 1


async def test_a_channel_that_fails_is_told_in_the_store_and_tried_again_later(world: World, server: Hooks) -> None:
    world.watched.items = [alert("a")]
    teller = await world.teller(ops(server))
    server.status = 500
    await world.look(teller)
    await world.look(teller)
    assert server.asked == 1
    status = world.store.statuses["ops"]
    assert (status.failures, status.text, status.failing_since) == (1, "it answered HTTP 500", NOW)
    server.status = 200
    world.clock.at += timedelta(seconds=11)
    await world.look(teller)
    assert len(server.told) == 1
    assert world.store.statuses["ops"].failures == 0


async def test_a_channel_that_hangs_keeps_no_other_one_waiting(world: World, server: Hooks) -> None:
    world.watched.items = [alert("a")]
    with hooks() as slow:
        slow.hangs = threading.Event()
        hanging = channel(f'name = "slow"\nurl = "{slow.url}/x"')
        teller = await world.teller(hanging, ops(server))
        began = time.monotonic()
        await teller.look()
        assert time.monotonic() - began < 2
        other = teller._channels["ops"].task
        assert other is not None
        await other
        assert len(server.told) == 1
        await teller.look()
        assert slow.asked <= 1
        slow.hangs.set()
        await teller.settled()
        assert len(slow.told) == 1


async def test_an_address_that_nobody_answers_is_said_without_the_address(world: World) -> None:
    world.watched.items = [alert("a")]
    one = channel('name = "ops"\nurl = { env = "HOOK" }', HOOK=f"http://127.0.0.1:1/{SECRET}?token={SECRET}")
    await world.look(await world.teller(one))
    status = world.store.statuses["ops"]
    assert status.failures == 1
    assert "cannot be reached" in status.text
    assert SECRET not in repr(world.store)
    assert SECRET not in repr(one)


async def test_whatever_else_apprise_knows_is_told_through_it(world: World, server: Hooks) -> None:
    world.watched.items = [alert("a")]
    await world.look(await world.teller(channel(f'name = "any"\nurl = "json://127.0.0.1:{server.port}/in"')))
    ((path, body),) = server.told
    assert path.rstrip("/") == "/in"
    assert (body["title"], body["message"]) == ("fleet prod: 1 thing needs you (high)", "HIGH a no progress")


async def test_a_channel_that_is_taken_out_is_gone_and_one_that_cannot_be_used_fails(
    world: World, server: Hooks
) -> None:
    world.watched.items = [alert("a")]
    await world.look(await world.teller(ops(server)))
    document = parse_toml('[[notify]]\nname = "dead"\nurl = { env = "NOT_SET" }', Path("/x/fleet.toml"))
    await world.teller(*load_channels(document, env={}, beside=None, secrets=True))
    assert world.store.statuses["ops"].gone
    assert "NOT_SET is not set" in world.store.statuses["dead"].text
    assert world.store.statuses["dead"].failures
