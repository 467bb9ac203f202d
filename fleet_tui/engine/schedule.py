"""When a source is polled next: pure, from the end of the last reading, with a breaker for what keeps failing."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from fleet_tui.domain.failure import Failure, FailureClass, clamped_retry_after_s
from fleet_tui.domain.identity import Layer

JITTER: Final = 0.2
BREAKER_FAILURES: Final = 3
RETRY_FIRST_S: Final = 10.0
RETRY_CEILING_S: Final = 300.0
RUNNING_S: Final = 5.0
IDLE_S: Final = 15.0
ENDED_S: Final = 60.0

VITALS_S: Final = 30.0
EVENTS_S: Final = 60.0
USAGE_S: Final = 300.0
LOGS_S: Final = 2.0

REFUSED: Final = frozenset({FailureClass.AUTH, FailureClass.POLICY})
"""Waiting does not help: a person must act, so it is tried slowly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """How much is going on at a source."""

    running: bool
    alive: bool


def cadence_s(layer: Layer, provider_cadence_s: float, load: Load) -> float:
    """Seconds between two readings. Compute: 5 s while something runs, 15 s while idle, 60 s when all has ended, and
    never faster than a provider that asks for a slower pace; every other layer: its provider's pace.
    """
    if layer is not Layer.COMPUTE:
        return provider_cadence_s
    if load.running:
        return provider_cadence_s if provider_cadence_s > IDLE_S else min(RUNNING_S, provider_cadence_s)
    return max(IDLE_S if load.alive else ENDED_S, provider_cadence_s)


def jittered_s(delay_s: float, roll: float) -> float:
    """The delay, 20 % more or less; `roll` lies in [0, 1)."""
    return delay_s * (1 + JITTER * (2 * roll - 1))


def retry_s(failure: Failure, failures: int, cadence: float) -> float:
    """How long to leave a source alone after `failures` in a row, the last of them `failure`."""
    if failure.failure_class in REFUSED:
        return RETRY_CEILING_S
    asked = clamped_retry_after_s(failure.retry_after_s)
    if failures < BREAKER_FAILURES:
        return max(asked or 0.0, min(cadence, RETRY_CEILING_S))
    doubled = RETRY_FIRST_S * 2.0 ** min(failures - BREAKER_FAILURES, 16)
    return max(asked or 0.0, min(doubled, RETRY_CEILING_S))


def next_due(ended_at: datetime, *, cadence: float, failure: Failure | None, failures: int, roll: float) -> datetime:
    """When to try again. A wait that the vendor named is never shortened by the jitter."""
    if failure is None:
        return ended_at + timedelta(seconds=jittered_s(cadence, roll))
    wait = retry_s(failure, failures, cadence)
    asked = clamped_retry_after_s(failure.retry_after_s)
    spread = jittered_s(wait, roll)
    return ended_at + timedelta(seconds=max(spread, asked) if asked is not None else spread)
