"""One gate per account: a rate that polls and actions share, and room that only actions may use."""

import asyncio

import pytest

from fleet_tui.config.provider import LoadedSource
from fleet_tui.config.secret import Secret
from fleet_tui.config.source import SourceSettings
from fleet_tui.engine.gate import AccountGate, Gates, TooLate, unless, urgent
from fleet_tui.testing.fake_adapter import FAKE
from fleet_tui.testing.virtual_time import virtually


def loaded(name: str, key: str, base_url: str | None = None) -> LoadedSource:
    settings = SourceSettings(name=name, provider="fake", base_url=base_url)
    return LoadedSource(provider=FAKE, settings=settings, secrets={"api_key": Secret(key)})


def test_sources_of_one_account_share_a_gate_and_others_do_not() -> None:
    gates = Gates()
    same = gates.of(loaded("a", "key-one"))
    assert gates.of(loaded("b", "key-one")) is same
    assert gates.of(loaded("c", "key-two")) is not same
    assert gates.of(loaded("d", "key-one", "http://127.0.0.1:1")) is not same


@virtually
async def test_calls_go_through_no_faster_than_agreed() -> None:
    gate = AccountGate(calls_per_s=10)

    async def call() -> None:
        async with gate.through():
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as tasks:
        for _ in range(110):
            tasks.create_task(call())

    assert 9.9 <= asyncio.get_running_loop().time() <= 11


@virtually
async def test_an_account_of_less_than_a_call_a_second_waits_for_its_turn() -> None:
    gate = AccountGate(calls_per_s=0.1)
    for _ in range(4):
        async with gate.through():
            pass

    assert 29 <= asyncio.get_running_loop().time() <= 31


@virtually
async def test_a_kill_does_not_wait_for_a_listing_that_hangs() -> None:
    gate = AccountGate(calls_per_s=1000, at_once=2)

    async def hang() -> None:
        async with gate.through():
            await asyncio.sleep(500)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(hang())
        tasks.create_task(hang())
        await asyncio.sleep(1)
        with urgent():
            async with gate.through():
                assert asyncio.get_running_loop().time() < 2


@virtually
async def test_what_only_read_before_its_end_is_not_begun_after_it() -> None:
    gate, loop = AccountGate(calls_per_s=0.1), asyncio.get_running_loop()
    with unless(lambda: loop.time() > 5):
        async with gate.through(reads=True):
            pass
        with pytest.raises(TooLate):
            async with gate.through():
                raise AssertionError("it was made")


@virtually
async def test_what_waited_past_its_end_is_not_begun_and_what_was_begun_goes_on() -> None:
    gate, loop = AccountGate(calls_per_s=0.1), asyncio.get_running_loop()
    async with gate.through():
        pass
    with pytest.raises(TooLate), unless(lambda: loop.time() > 5):
        async with gate.through():
            raise AssertionError("it was made")
    with unless(lambda: loop.time() > 25):
        for _ in range(3):
            async with gate.through():
                pass
    assert loop.time() > 35
