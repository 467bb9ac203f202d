"""What an adapter under test is handed: a clock, an open gate, shipped prices and a state directory."""

import asyncio
import ssl
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from typing_extensions import override

from fleet_tui.domain.action import NO_PARAMS, ActionId, Order, Params, Verb
from fleet_tui.domain.agent import ClaimRules
from fleet_tui.domain.identity import SourceName
from fleet_tui.domain.rates import Price, RateCard
from fleet_tui.domain.resource import Resource
from fleet_tui.emulator.faults import FaultKind
from fleet_tui.engine.gate import AccountGate
from fleet_tui.ports import AdapterContext, Gate


class WallClock:
    """The real time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic_s(self) -> float:
        return time.monotonic()

    async def sleep(self, delay_s: float) -> None:
        await asyncio.sleep(delay_s)


class OpenGate:
    """Lets everybody through and counts them."""

    def __init__(self) -> None:
        self.passed = 0

    @asynccontextmanager
    async def through(self, *, weight: int = 1, reads: bool = False) -> AsyncIterator[None]:
        self.passed += weight
        yield


class CountingGate(AccountGate):
    """The real one, which counts what it let through."""

    def __init__(self) -> None:
        super().__init__(calls_per_s=1000)
        self.passed = 0

    @override
    @asynccontextmanager
    async def through(self, *, weight: int = 1, reads: bool = False) -> AsyncGenerator[None]:
        async with super().through(weight=weight, reads=reads):
            self.passed += 1
            yield


def deadline_s(fault: FaultKind) -> float:
    """Soon where nobody answers; else far behind the answer, which a busy machine may give late."""
    return 1.0 if fault is FaultKind.HANG else 30.0


def price(amount: str) -> Price:
    return Price(amount=Decimal(amount), currency="usd", source="a test", as_of="2026-11-22")


RATES = RateCard(
    {
        ("e2b", "vcpu_hour"): price("0.0504"),
        ("e2b", "gib_hour"): price("0.0162"),
        ("daytona", "vcpu_hour"): price("0.0504"),
        ("daytona", "gib_hour"): price("0.0162"),
        ("daytona", "disk_gib_hour"): price("0.000108"),
    }
)


def context_for(
    source: str, state_dir: Path, *, timeout_s: float = 5.0, clock: WallClock | None = None, gate: Gate | None = None
) -> AdapterContext:
    return AdapterContext(
        source=SourceName(source),
        clock=clock or WallClock(),
        gate=gate or OpenGate(),
        claims=ClaimRules(),
        rates=RATES,
        state_dir=state_dir,
        tls=ssl.create_default_context(),
        timeout_s=timeout_s,
    )


def order_for(verb: Verb, resource: Resource, params: Params = NO_PARAMS) -> Order:
    return Order(action_id=ActionId("a.0"), verb=verb, target=resource.target, params=params, deadline_s=10.0)


def hurried(times: float = 20.0) -> Callable[[], datetime]:
    """A wall clock that runs so many times faster, for emulators whose changes of state take real time."""
    started, origin = time.monotonic(), datetime.now(UTC)
    return lambda: origin + timedelta(seconds=(time.monotonic() - started) * times)
