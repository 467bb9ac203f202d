"""Many actions at one slow account: each has its vendor's time for itself, and a kill does not stand behind a crowd."""

import asyncio
from datetime import datetime

from typing_extensions import override

from fleet_tui.domain.action import Order, Params, Verb
from fleet_tui.domain.identity import ResourceKey
from fleet_tui.domain.outcome import Done, Outcome
from fleet_tui.domain.resource import Resource
from fleet_tui.engine.gate import AT_ONCE, URGENT_AT_ONCE, AccountGate
from fleet_tui.engine.source import Source
from fleet_tui.testing.fake_adapter import FAKE, FakeAdapter, Weather
from fleet_tui.testing.rig import SOURCE, Rig, rig, running
from fleet_tui.testing.virtual_time import virtually

NOW_PLEASE = Params(now=True)
CROWD = 300
CALL_S = 1.0
AT_ONCE_THERE = Weather(latency_s=0.0)
AT_BEST_S = CROWD * 2 * CALL_S / (AT_ONCE + URGENT_AT_ONCE)
"""Each reads and acts."""


class Slow(FakeAdapter):
    """Every call takes a second, behind the account's gate."""

    gate: AccountGate

    @override
    async def get_resource(self, key: ResourceKey, now: datetime) -> Resource | None:
        async with self.gate.through():
            await asyncio.sleep(CALL_S)
            return await super().get_resource(key, now)

    @override
    async def kill(self, order: Order) -> Outcome:
        async with self.gate.through():
            await asyncio.sleep(CALL_S)
            return await super().kill(order)

    @override
    async def pause(self, order: Order) -> Outcome:
        async with self.gate.through():
            await asyncio.sleep(CALL_S)
            return await super().pause(order)


def slow() -> Rig:
    parts = rig(weather=AT_ONCE_THERE)
    adapter = Slow(parts.vendor, source=SOURCE, clock=parts.clock, weather=AT_ONCE_THERE)
    adapter.gate = AccountGate(calls_per_s=50.0)
    parts.around.sources[SOURCE] = Source(name=SOURCE, provider=FAKE, adapter=adapter, act=True)
    return parts


@virtually
async def test_a_crowd_takes_as_long_as_its_calls_and_no_call_is_given_up_in_the_queue() -> None:
    async with running(slow()) as parts:
        boxes = [parts.start(f"s{number}") for number in range(CROWD)]
        await parts.until(lambda: len(parts.store.resources) == CROWD)
        began_s = parts.clock.monotonic_s()
        outcomes = await parts.outcomes(*parts.submit(Verb.KILL, *boxes, params=NOW_PLEASE))
        assert set(outcomes) == {Done("kill: the vendor said so")}
        assert parts.clock.monotonic_s() - began_s < 1.4 * AT_BEST_S


@virtually
async def test_a_kill_does_not_wait_for_the_crowd_that_was_asked_for_before_it() -> None:
    async with running(slow()) as parts:
        boxes = [parts.start(f"s{number}") for number in range(CROWD)]
        await parts.until(lambda: len(parts.store.resources) == CROWD)
        pauses = parts.submit(Verb.PAUSE, *boxes)
        await parts.until(lambda: len(parts.store.attempts) > 10)
        (killed,) = await parts.outcomes(*parts.submit(Verb.KILL, boxes[-1], params=NOW_PLEASE), within_s=12)
        assert killed == Done("kill: the vendor said so")
        assert parts.outcome(pauses[-2]) is None
