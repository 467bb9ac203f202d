"""Waits for facts, never for time: polls a condition until it holds or a deadline passes."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")
_STEP_S = 0.02
_PATIENT_FROM_S = 10.0
_PATIENCE = 4.0
"""A long wait only says that something happens at all: a busy machine gets more, a quiet one loses nothing."""
_never = threading.Event()


def eventually(condition: Callable[[], T], *, timeout_s: float = 15.0, what: str = "the condition") -> T:
    """Return the first truthy value of `condition`; raise AssertionError with its last value after `timeout_s`.

    A look that took long is taken again after as long: what is waited for needs the processor, too.
    """
    looked = time.monotonic()
    deadline = looked + _patient(timeout_s)
    while not (value := condition()):
        now = time.monotonic()
        if now > deadline:
            raise AssertionError(f"{what} did not hold within {timeout_s} s; last value: {value!r}")
        _never.wait(max(_STEP_S, now - looked))
        looked = time.monotonic()
    return value


async def eventually_async(
    condition: Callable[[], Awaitable[T]], *, timeout_s: float = 15.0, what: str = "the condition"
) -> T:
    """The same for an awaitable condition; other tasks run between two looks."""
    looked = time.monotonic()
    deadline = looked + _patient(timeout_s)
    while not (value := await condition()):
        now = time.monotonic()
        if now > deadline:
            raise AssertionError(f"{what} did not hold within {timeout_s} s; last value: {value!r}")
        await asyncio.sleep(max(_STEP_S, now - looked))
        looked = time.monotonic()
    return value


async def true(condition: Callable[[], object], *, timeout_s: float = 15.0, what: str = "the condition") -> None:
    """The same for what a thread does beside the loop."""

    async def so() -> bool:
        return bool(condition())

    await eventually_async(so, timeout_s=timeout_s, what=what)


def _patient(timeout_s: float) -> float:
    return timeout_s * _PATIENCE if timeout_s >= _PATIENT_FROM_S else timeout_s
