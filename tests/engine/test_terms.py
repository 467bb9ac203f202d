"""A term ends when it is over, whatever the wall clock is set to, and the next collector of the same boot knows it."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from typing_extensions import override

from fleet_tui.domain.action import Order, Verb
from fleet_tui.domain.outcome import Done, Outcome, RefusalReason, Refused
from fleet_tui.domain.phase import Phase
from fleet_tui.domain.record import ActionRecord
from fleet_tui.engine.gate import AccountGate
from fleet_tui.engine.terms import Terms
from fleet_tui.ports import StoreUnwritable
from fleet_tui.testing.fake_adapter import FakeAdapter, Fault
from fleet_tui.testing.rig import SOURCE, Rig, rig, running
from fleet_tui.testing.virtual_time import virtually

TERM = timedelta(minutes=15)
HOUR = timedelta(hours=1)
FORGOT = datetime(1970, 1, 1).astimezone()


def accepted(parts: Rig) -> ActionRecord:
    parts.submit(Verb.KILL, parts.start("a"), term=TERM)
    return parts.store.accept(parts.clock.now())[0]


@pytest.mark.parametrize("by", [HOUR, -HOUR, timedelta(days=-20_000)], ids=["forward", "back", "1970"])
@virtually
async def test_a_clock_that_is_set_neither_ends_nor_lengthens_a_term(by: timedelta) -> None:
    parts = rig()
    terms, record = Terms(parts.around), accepted(parts)
    await terms.begin([record])
    parts.clock.jump(by)
    assert not terms.over(record)
    parts.clock.suspend(TERM - timedelta(seconds=1))
    assert not terms.over(record)
    parts.clock.suspend(timedelta(seconds=1))
    assert terms.over(record)


@virtually
async def test_the_next_collector_of_this_boot_knows_the_end_and_one_after_it_asks_the_wall() -> None:
    parts = rig()
    record = accepted(parts)
    await Terms(parts.around).begin([record])
    parts.clock.jump(HOUR)
    same, other = Terms(parts.around), rig(store=parts.store, clock=parts.clock)
    await same.recall()
    assert not same.over(record)
    other.around.boot = "another"
    anew = Terms(other.around)
    await anew.recall()
    assert anew.over(record)


@virtually
async def test_a_clock_that_was_set_back_before_it_was_taken_up_gives_no_more_than_was_asked_for() -> None:
    parts = rig()
    record = accepted(parts)
    parts.clock.jump(-HOUR)
    terms = Terms(parts.around)
    assert not terms.over(record)
    parts.clock.suspend(TERM)
    assert terms.over(record)


@virtually
async def test_a_full_disk_keeps_no_term_and_stops_nothing() -> None:
    parts = rig()
    record = accepted(parts)

    def full(what: str) -> None:
        raise StoreUnwritable(what)

    parts.store.fault = full
    terms = Terms(parts.around)
    await terms.begin([record])
    assert not terms.over(record)


@virtually
async def test_an_action_under_way_is_not_expired_by_a_clock_that_is_set() -> None:
    async with running(rig()) as parts:
        box = await parts.listed("a")
        parts.adapter.planned = [Fault.DOWN] * 3
        (action,) = parts.submit(Verb.KILL, box, term=TERM)
        await parts.until(lambda: not parts.store.intents)
        parts.clock.jump(HOUR)
        (outcome,) = await parts.outcomes(action)
        assert isinstance(outcome, Done)


@virtually
async def test_what_slept_through_its_term_with_the_machine_is_never_sent() -> None:
    async with running(rig()) as parts:
        box = await parts.listed("a")
        parts.adapter.planned = [Fault.DOWN] * 3
        (action,) = parts.submit(Verb.KILL, box, term=TERM)
        await parts.until(lambda: not parts.store.intents)
        parts.clock.suspend(HOUR)
        (outcome,) = await parts.outcomes(action)
        assert isinstance(outcome, Refused)
        assert outcome.reason is RefusalReason.EXPIRED
        assert parts.vendor.effects == []


class Queued(FakeAdapter):
    """Its kills wait for the account's turn, which somebody else has taken."""

    gate = AccountGate(calls_per_s=0.1)

    @override
    async def kill(self, order: Order) -> Outcome:
        async with self.gate.through():
            return await super().kill(order)


@virtually
async def test_what_waited_for_its_turn_past_its_term_is_never_sent() -> None:
    parts = rig()
    adapter = Queued(parts.vendor, source=SOURCE, clock=parts.clock)
    parts.around.sources[SOURCE] = replace(parts.around.sources[SOURCE], adapter=adapter)
    async with running(parts):
        box = await parts.listed("a")
        async with adapter.gate.through():
            pass
        (action,) = parts.submit(Verb.KILL, box, term=timedelta(seconds=5))
        (outcome,) = await parts.outcomes(action)
        assert isinstance(outcome, Refused)
        assert outcome.reason is RefusalReason.EXPIRED
        assert parts.vendor.effects == []
        parts.vendor.end(box.slot, parts.clock.now(), by=None)
        await parts.until(lambda: [row.phase.phase for row in parts.store.known(SOURCE)] == [Phase.ENDED_LOST])
