"""Sources change, go and come back while actions, logs and verdicts are about them: nothing is lost, nothing ends."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from typing_extensions import override

from fleet_tui.config.secret import Secret
from fleet_tui.domain.action import Verb
from fleet_tui.domain.identity import Kind, Layer, ResourceKey
from fleet_tui.domain.outcome import Done
from fleet_tui.domain.reading import Listing
from fleet_tui.domain.record import WantedKind
from fleet_tui.domain.sprawl import RuleName
from fleet_tui.engine.source import Source
from fleet_tui.ports import Closer, Lister, LogPage, StoreUnwritable
from fleet_tui.testing.fake_adapter import FAKE, FakeAdapter
from fleet_tui.testing.rig import SOURCE, rig, running
from fleet_tui.testing.virtual_time import run_virtually, virtually
from tests.engine.talker import OTHER, Talker
from tests.support.facts import resource


class SlowToClose(FakeAdapter, Closer):
    """Takes its time to give back what it holds."""

    @override
    async def aclose(self) -> None:
        await self._clock.sleep(3)


@virtually
async def test_an_action_that_begins_while_its_source_is_configured_anew_is_carried_out() -> None:
    parts = rig()
    kept = parts.around.sources[SOURCE]
    slow = SlowToClose(parts.vendor, source=SOURCE, clock=parts.clock)
    parts.around.sources[SOURCE] = replace(kept, adapter=slow)
    async with running(parts):
        box = await parts.listed("a")
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(parts.engine.replace_sources([kept]))
            await parts.clock.sleep(1)
            (outcome,) = await parts.outcomes(*parts.submit(Verb.KILL, box))
        assert outcome == Done("kill: the vendor said so")
        parts.start("b")
        await parts.until(lambda: any(key.id == "b" for key in parts.store.resources), within_s=90)


class LostInClosing(Talker):
    """What it was asked for breaks once its source is gone."""

    def __init__(self) -> None:
        super().__init__()
        self.closed = asyncio.Event()
        self.asked = asyncio.Event()

    @override
    async def read_logs(self, key: ResourceKey, *, after: str | None, limit: int) -> LogPage:
        self.asked.set()
        await self.closed.wait()
        raise RuntimeError("the client has been closed")


@virtually
async def test_a_log_that_breaks_when_its_source_goes_ends_nothing_else() -> None:
    parts, talker = rig(), LostInClosing()
    kept = parts.around.sources[SOURCE]
    parts.around.sources[OTHER] = Source(name=OTHER, provider=kept.provider, adapter=talker)
    async with running(parts):
        await parts.until(lambda: len(parts.store.statuses) == 2)
        now = parts.clock.now()
        logged = ResourceKey(OTHER, Kind.SANDBOX, "t").packed()
        parts.store.want(WantedKind.LOGS, logged, asked_at=now, expires_at=now + timedelta(minutes=5))
        await talker.asked.wait()
        await parts.engine.replace_sources([kept])
        talker.closed.set()
        await parts.clock.sleep(5)
        (outcome,) = await parts.outcomes(*parts.submit(Verb.KILL, parts.start("a")), within_s=60)
        assert isinstance(outcome, Done)


@virtually
async def test_what_should_not_exist_is_found_again_when_its_source_comes_back() -> None:
    parts = rig()
    kept = parts.around.sources[SOURCE]
    async with running(parts):
        parts.start("endless")
        key = (RuleName.NO_END, ResourceKey(SOURCE, Kind.SANDBOX, "endless"))
        await parts.until(lambda: key in parts.store.findings)
        await parts.engine.replace_sources([])
        assert key not in parts.store.findings
        await parts.engine.replace_sources([kept])
        await parts.until(lambda: key in parts.store.findings, within_s=600)


class Remembering(Lister):
    """Keeps memories for one agent."""

    @override
    async def list_resources(self, now: datetime) -> Listing:
        scope = resource("user:x", source="other", kind=Kind.MEMORY_SCOPE, agent="x", since_s=None, created_s=None)
        return Listing(resources=(scope,), kinds=frozenset({Kind.MEMORY_SCOPE}))


@pytest.mark.parametrize("usable", [True, False])
def test_no_memory_is_called_left_over_while_a_source_that_may_hold_its_agent_cannot_be_used(usable: bool) -> None:
    async def scene() -> bool:
        parts = rig()
        provider = replace(FAKE, layer=Layer.MEMORY, kinds=frozenset({Kind.MEMORY_SCOPE}))
        memory = Source(name=OTHER, provider=provider, adapter=Remembering())
        parts.around.sources[OTHER] = memory
        async with running(parts):
            parts.start("a", fleet__agent="x")
            await parts.until(lambda: len(parts.store.resources) == 2)
            await parts.engine.replace_sources([memory], also_keep=() if usable else (SOURCE,))
            await parts.clock.sleep(7200)
            return any(rule is RuleName.MEMORY_WITHOUT_AGENT for rule, _ in parts.store.findings)

    assert run_virtually(scene()) is usable


class Garbled(Talker):
    """Its log lines are no lines."""

    @override
    async def read_logs(self, key: ResourceKey, *, after: str | None, limit: int) -> LogPage:
        self.lines += 1
        return LogPage(lines=(None,), cursor="1")  # type: ignore[arg-type]


@virtually
async def test_a_log_that_cannot_be_read_stops_no_poll() -> None:
    parts, garbled = rig(), Garbled()
    parts.around.secrets = [Secret("a key that may stand in a log")]
    parts.around.sources[OTHER] = replace(parts.around.sources[SOURCE], name=OTHER, adapter=garbled)
    async with running(parts):
        await parts.until(lambda: len(parts.store.statuses) == 2)
        now = parts.clock.now()
        logged = ResourceKey(OTHER, Kind.SANDBOX, "t").packed()
        parts.store.want(WantedKind.LOGS, logged, asked_at=now, expires_at=now + timedelta(seconds=10))
        await parts.until(lambda: garbled.lines)
        (outcome,) = await parts.outcomes(*parts.submit(Verb.KILL, parts.start("a")), within_s=60)
        assert isinstance(outcome, Done)


@virtually
async def test_a_full_disk_keeps_no_source_from_going_and_it_is_forgotten_when_there_is_room() -> None:
    async with running(rig()) as parts:
        await parts.until(lambda: parts.store.statuses)

        def full(what: str) -> None:
            raise StoreUnwritable(what)

        parts.store.fault = full
        await parts.engine.replace_sources([])
        assert parts.around.sources == {}
        assert SOURCE in parts.store.statuses
        parts.store.fault = None
        await parts.until(lambda: not parts.store.statuses, within_s=120)
