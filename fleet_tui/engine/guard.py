"""The guard around foreign code: whatever an adapter does, the caller gets its answer or one ProviderError in time."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

from fleet_tui.domain.failure import Failure, FailureClass
from fleet_tui.domain.identity import ResourceKey, SourceName
from fleet_tui.engine.gate import TooLate
from fleet_tui.ports import Clock, ProviderError

T = TypeVar("T")

LISTING_DEADLINE_S: Final = 60.0
READ_DEADLINE_S: Final = 20.0
_GIVE_UP_S: Final = 1.0

_log = logging.getLogger(__name__)
_abandoned: set[asyncio.Task[Any]] = set()
"""Calls that did not end when told to. Referred to until they do, waited for by nobody."""


async def ask(
    call: Coroutine[Any, Any, T],
    *,
    source: SourceName,
    operation: str,
    deadline_s: float,
    clock: Clock,
    key: ResourceKey | None = None,
) -> T:
    """Await an adapter's call under a hard deadline. Raises ProviderError for everything but its answer.

    Raises TooLate where the gate did not let it begin.
    """
    try:
        return await within(call, deadline_s)
    except (ProviderError, TooLate):
        raise
    except TimeoutError as error:
        text = f"no answer within {deadline_s:.0f} s"
        raise ProviderError(_failure(FailureClass.TIMEOUT, source, operation, text, clock, key)) from error
    except Exception as error:
        _log.exception("%s: %s: the adapter broke", source, operation)
        text = f"the adapter broke with {type(error).__name__}; the log has more"
        raise ProviderError(_failure(FailureClass.UNKNOWN, source, operation, text, clock, key)) from error


async def within(call: Coroutine[Any, Any, T], deadline_s: float) -> T:
    """Await a call; TimeoutError at the deadline even where the call swallows its cancellation."""
    task = asyncio.create_task(call)
    try:
        await asyncio.wait({task}, timeout=deadline_s)
        if task.cancelled():
            raise RuntimeError("the call cancelled itself")
        if task.done():
            return task.result()
    except asyncio.CancelledError:
        task.cancel()
        raise
    task.cancel()
    await asyncio.wait({task}, timeout=_GIVE_UP_S)
    if not task.done():
        _abandoned.add(task)
        task.add_done_callback(_abandoned.discard)
    elif not task.cancelled():
        task.exception()
    raise TimeoutError


def _failure(
    failure_class: FailureClass,
    source: SourceName,
    operation: str,
    text: str,
    clock: Clock,
    key: ResourceKey | None,
) -> Failure:
    return Failure(failure_class=failure_class, source=source, operation=operation, text=text, at=clock.now(), key=key)
