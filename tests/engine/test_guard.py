"""Whatever an adapter does, the engine gets its answer or one failure, in time."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from fleet_tui.domain.failure import Failure, FailureClass
from fleet_tui.domain.identity import SourceName
from fleet_tui.engine.guard import ask
from fleet_tui.ports import ProviderError
from fleet_tui.testing.virtual_time import START, LoopClock, virtually

SOURCE = SourceName("s")


async def deaf() -> None:
    loop = asyncio.get_running_loop()
    while loop.time() < 3000:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(1000)


async def breaks() -> None:
    raise ValueError("a secret stood here")


async def cancels_itself() -> None:
    raise asyncio.CancelledError


async def says_so() -> None:
    failure = Failure(failure_class=FailureClass.QUOTA, source=SOURCE, operation="list", text="full", at=START)
    raise ProviderError(failure)


@pytest.mark.parametrize(
    ("call", "failure_class", "within_s"),
    [
        (deaf, FailureClass.TIMEOUT, 7),
        (lambda: asyncio.sleep(1000), FailureClass.TIMEOUT, 6),
        (breaks, FailureClass.UNKNOWN, 1),
        (cancels_itself, FailureClass.UNKNOWN, 1),
        (says_so, FailureClass.QUOTA, 1),
    ],
)
@virtually
async def test_every_misbehaviour_is_one_failure_in_time(
    call: Callable[[], Coroutine[Any, Any, None]], failure_class: FailureClass, within_s: float
) -> None:
    with pytest.raises(ProviderError) as caught:
        await ask(call(), source=SOURCE, operation="list", deadline_s=5, clock=LoopClock())

    failure = caught.value.failure
    assert failure.failure_class is failure_class
    assert asyncio.get_running_loop().time() <= within_s
    assert "secret" not in failure.text


@virtually
async def test_an_answer_is_given_as_it_is() -> None:
    async def answer() -> int:
        return 7

    assert await ask(answer(), source=SOURCE, operation="get", deadline_s=5, clock=LoopClock()) == 7


@virtually
async def test_who_stops_waiting_stops_the_call() -> None:
    stopped: list[str] = []

    async def call() -> None:
        try:
            await asyncio.sleep(1000)
        finally:
            stopped.append("stopped")

    waiting = asyncio.create_task(ask(call(), source=SOURCE, operation="x", deadline_s=99, clock=LoopClock()))
    await asyncio.sleep(1)
    waiting.cancel()
    await asyncio.wait({waiting})
    await asyncio.sleep(0)
    assert stopped == ["stopped"]
