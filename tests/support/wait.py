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
    """Return the first truthy value of `condition`; raise AssertionError with its last value after `timeout_s`."""
    deadline = time.monotonic() + _patient(timeout_s)
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not hold within {timeout_s} s; last value: {value!r}")
        _never.wait(_STEP_S)
    return value


async def eventually_async(
    condition: Callable[[], Awaitable[T]], *, timeout_s: float = 15.0, what: str = "the condition"
) -> T:
    """The same for an awaitable condition; other tasks run between two looks."""
    deadline = time.monotonic() + _patient(timeout_s)
    while not (value := await condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not hold within {timeout_s} s; last value: {value!r}")
        await asyncio.sleep(_STEP_S)
    return value


def _patient(timeout_s: float) -> float:
    return timeout_s * _PATIENCE if timeout_s >= _PATIENT_FROM_S else timeout_s
