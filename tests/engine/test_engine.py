"""The engine as a whole, on virtual time: each source fails alone, nothing is lost, what is wanted is served."""

import asyncio
from datetime import datetime, timedelta

import pytest
from typing_extensions import override

from fleet_tui.domain.action import Verb
from fleet_tui.domain.failure import FailureClass
from fleet_tui.domain.identity import Kind, ResourceKey
from fleet_tui.domain.outcome import Done
from fleet_tui.domain.phase import Phase
from fleet_tui.domain.reading import Listing
from fleet_tui.domain.sprawl import RuleName
from fleet_tui.engine.durability import Body
from fleet_tui.engine.source import Source
from fleet_tui.ports import (
    FencedOut,
    Lister,
    StoreUnwritable,
)
from fleet_tui.testing.fake_adapter import FAKE, Fault
from fleet_tui.testing.rig import SOURCE, rig, running
from fleet_tui.testing.virtual_time import run_virtually, virtually
from tests.engine.talker import OTHER, with_talker


@virtually
async def test_a_source_that_breaks_costs_only_its_own_freshness() -> None:
    parts, talker = with_talker()
    parts.adapter.planned_listings = [Fault.BREAK, Fault.DEAF, Fault.HANG, Fault.DENIED]
    async with running(parts):
        parts.start("a")
        await parts.until(lambda: parts.store.statuses.get(SOURCE) and parts.store.statuses[SOURCE].last_ok_at)
        status = parts.store.statuses[OTHER]
        assert status.failures == 0
        assert status.complete_streak > 20
        classes = [failure.failure_class for failure in parts.store.failures]
        assert classes == [FailureClass.UNKNOWN, FailureClass.TIMEOUT, FailureClass.AUTH]
        talker.breaks = True
        await parts.until(lambda: parts.store.statuses[OTHER].failures >= 3)
        assert parts.store.known(OTHER), "its last known state stays"


@virtually
async def test_a_reading_that_cannot_be_used_is_a_failed_reading() -> None:
    class Naive(Lister):
        @override
        async def list_resources(self, now: datetime) -> Listing:
            return Listing(resources=(None,), kinds=frozenset({Kind.SANDBOX}))  # type: ignore[arg-type]

    parts = rig()
    parts.around.sources[OTHER] = Source(name=OTHER, provider=FAKE, adapter=Naive())
    async with running(parts):
        await parts.until(lambda: OTHER in parts.store.statuses and SOURCE in parts.store.statuses)
        failure = parts.store.statuses[OTHER].failure
        assert failure is not None
        assert "could not be used" in failure.text
        assert parts.store.statuses[SOURCE].failure is None


@virtually
async def test_a_full_disk_stops_nothing_and_what_was_missed_is_written_when_there_is_room() -> None:
    def full(what: str) -> None:
        raise StoreUnwritable("no space left")

    async with running(rig()) as parts:
        await parts.until(lambda: parts.store.statuses.get(SOURCE))
        parts.store.fault = full
        box = parts.start("a")
        (action,) = parts.submit(Verb.KILL, box)
        await parts.clock.sleep(120)
        assert parts.store.known(SOURCE) == ()
        assert parts.outcome(action) is None
        parts.start("b")
        parts.store.fault = None
        assert isinstance((await parts.outcomes(action))[0], Done)
        await parts.until(lambda: [row.key.id for row in parts.store.known(SOURCE)] == ["b"])


def test_a_collector_that_lost_its_store_to_another_ends() -> None:
    async def scene() -> bool:
        def fenced(what: str) -> None:
            raise FencedOut("another collector took over")

        parts = rig()
        run = asyncio.create_task(parts.engine.run(parts.stop, parts.durable))
        await parts.until(lambda: parts.store.statuses.get(SOURCE))
        parts.store.fault = fenced
        with pytest.raises(ExceptionGroup) as caught:
            await run
        return caught.group_contains(FencedOut, depth=None)

    assert run_virtually(scene())


@virtually
async def test_sources_come_change_and_go_while_it_runs() -> None:
    parts, talker = with_talker()
    kept = parts.around.sources[SOURCE]
    async with running(parts):
        await parts.until(lambda: len(parts.store.statuses) == 2)
        await parts.engine.replace_sources([kept])
        assert set(parts.store.statuses) == {SOURCE}
        await parts.engine.replace_sources([kept, Source(name=OTHER, provider=FAKE, adapter=talker)])
        await parts.until(lambda: len(parts.store.statuses) == 2)
        assert parts.around.sources[SOURCE] is kept


@virtually
async def test_stuck_and_orphan_are_found_and_money_is_counted_without_anybody_looking() -> None:
    async with running(rig()) as parts:
        orphan, busy = parts.start("orphan"), parts.start("busy", fleet__agent="a", task="t", team="x")
        busy.signal_at = parts.clock.now()
        await parts.until(lambda: any(f.failure_class is FailureClass.STUCK for f in parts.store.failures))
        took = parts.clock.monotonic_s()
        assert 900 <= took <= 1000
        row = next(row for row in parts.store.known(SOURCE) if row.key.id == "busy")
        assert row.phase.phase is Phase.STUCK
        busy.signal_at = parts.clock.now()
        await parts.until(
            lambda: next(r for r in parts.store.known(SOURCE) if r.key.id == "busy").phase.phase is Phase.RUNNING,
            within_s=60,
        )
        key = ResourceKey(SOURCE, Kind.SANDBOX, orphan.slot)
        await parts.until(lambda: (RuleName.ORPHAN, key) in parts.store.findings)
        assert 1800 <= parts.clock.monotonic_s() <= 1990
        spent = sum(line.amount_micro or 0 for line in parts.store.usage.values())
        assert spent > 60_000
        parts.vendor.end(orphan.slot, parts.clock.now(), by=None)
        await parts.until(lambda: (RuleName.ORPHAN, key) not in parts.store.findings)


@virtually
async def test_a_wall_clock_that_jumps_makes_neither_a_storm_nor_a_silence() -> None:
    async with running(rig()) as parts:
        parts.start("a")
        await parts.until(lambda: parts.store.known(SOURCE))
        for jump in (timedelta(hours=1), timedelta(hours=-2), timedelta(days=-9000), timedelta(days=9000)):
            parts.clock.jump(jump)
            before = len(parts.store.observed)
            await parts.clock.sleep(60)
            assert 8 <= len(parts.store.observed) - before <= 20
        assert [row.phase.phase for row in parts.store.known(SOURCE)] == [Phase.RUNNING]


@pytest.mark.parametrize("persists", [False, True])
def test_whichever_write_fails_no_accepted_action_is_lost_or_doubled(persists: bool) -> None:
    """The fault comes at the first write, the second, and so on, until a run has none left to meet."""

    async def scene(number: int) -> bool:
        writes, met = 0, False

        def fault(what: str) -> None:
            nonlocal writes, met
            writes += 1
            if writes == number or (persists and number < writes < number + 20):
                met = True
                raise StoreUnwritable(what)

        async with running(rig()) as parts:
            killed, paused = parts.start("a"), parts.start("b")
            actions = (*parts.submit(Verb.KILL, killed), *parts.submit(Verb.PAUSE, paused))
            parts.store.fault = fault
            outcomes = await parts.outcomes(*actions)
            assert all(isinstance(outcome, Done) for outcome in outcomes)
            assert sorted(effect.verb for effect in parts.vendor.effects) == [Verb.KILL, Verb.PAUSE]
            await parts.until(
                lambda: {r.key.id: r.phase.phase for r in parts.store.known(SOURCE)}.get("b") is Phase.PAUSED
            )
        assert len(parts.store.settled) == len(actions)
        return met

    number = 1
    while run_virtually(scene(number)) and number < 200:
        number += 1
    assert number > 8


@virtually
async def test_a_look_at_everything_once_names_what_could_not_be_read() -> None:
    parts, talker = with_talker()
    parts.start("a")
    parts.adapter.planned_listings = [Fault.DOWN]
    assert await parts.engine.look_once() == [SOURCE]
    assert [row.key.id for row in parts.store.known(OTHER)] == ["t"]
    assert "vendor:1" in parts.store.usage
    talker.breaks = True
    assert set(await parts.engine.look_once()) == {OTHER}


@virtually
async def test_durable_actions_that_cannot_be_launched_stop_no_poll_and_are_tried_again() -> None:
    parts = rig()
    launch, failed = parts.durable.launch, 0

    async def fails_twice(body: Body) -> None:
        nonlocal failed
        if failed < 2:
            failed += 1
            raise OSError("no room")
        await launch(body)

    parts.durable.launch = fails_twice  # type: ignore[method-assign]
    async with running(parts):
        box = parts.start("a")
        actions = parts.submit(Verb.KILL, box)
        await parts.until(lambda: parts.store.known(SOURCE), within_s=20)
        (outcome,) = await parts.outcomes(*actions, within_s=90)
        assert isinstance(outcome, Done)
        assert failed == 2
