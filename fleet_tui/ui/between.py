"""Makes something large between frames: the screen answers keys meanwhile and shows what was there before."""

import asyncio
from collections.abc import Callable, Generator
from typing import TypeVar

from fleet_tui import clock

T = TypeVar("T")


async def made_between(steps: Generator[None, None, T], settle: Callable[[T, float], object]) -> None:
    """Take one step per frame; `settle` gets what came out, and how many seconds all steps took."""
    cost_s = 0.0
    while True:
        begun_s = clock.monotonic_s()
        try:
            next(steps)
        except StopIteration as done:
            made: T = done.value
            settle(made, cost_s + clock.monotonic_s() - begun_s)
            return
        cost_s += clock.monotonic_s() - begun_s
        await asyncio.sleep(0)
