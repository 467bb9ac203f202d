"""Every provider over its emulator passes the conformance kit, and fails in time and in fields under every fault."""

import importlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from fleet_tui.config.provider import Provider
from fleet_tui.config.secret import Secret
from fleet_tui.domain.failure import FailureClass
from fleet_tui.domain.identity import SourceName
from fleet_tui.emulator.faults import Fault, FaultKind
from fleet_tui.emulator.world import seed_world
from fleet_tui.engine.assembly import adapter_class
from fleet_tui.ports import Lister
from fleet_tui.testing.conformance import conform, fails_in_time
from tests.support.adapters import context_for, deadline_s

AGENTS = 24
VENDORS = {
    "e2b": "fleet_tui.emulator.e2b:E2BEmulator",
    "daytona": "fleet_tui.emulator.daytona:DaytonaEmulator",
    "mem0": "fleet_tui.emulator.mem0_platform:Mem0Platform",
    "mem0_server": "fleet_tui.emulator.mem0_server:Mem0Server",
    "stripe": "fleet_tui.emulator.stripe:StripeEmulator",
}
FAULTS = {
    FaultKind.UNAUTHORIZED: {FailureClass.AUTH},
    FaultKind.FORBIDDEN: {FailureClass.AUTH},
    FaultKind.RATE_LIMITED: {FailureClass.RATE_LIMITED},
    FaultKind.SERVER_ERROR: {FailureClass.PROVIDER_DOWN},
    FaultKind.GATEWAY_HTML: {FailureClass.PROVIDER_DOWN},
    FaultKind.HANG: {FailureClass.TIMEOUT},
    FaultKind.RESET_BEFORE: {FailureClass.PROVIDER_DOWN},
    FaultKind.TRUNCATED_JSON: {FailureClass.PROVIDER_DOWN},
    FaultKind.WRONG_JSON: {FailureClass.PROVIDER_DOWN},
    FaultKind.ENDLESS_CURSOR: {FailureClass.PROVIDER_DOWN},
}


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Served:
    """One provider's adapter over its emulator."""

    provider: Provider
    emulator: Any
    adapter: Any
    key: str
    source: SourceName


@asynccontextmanager
async def served(
    name: str, state_dir: Path, clock: Callable[[], datetime] = now, timeout_s: float = 30.0
) -> AsyncIterator[Served]:
    module, _, class_name = VENDORS[name].partition(":")
    provider: Provider = importlib.import_module(f"fleet_tui.providers.{name}").PROVIDER
    async with getattr(importlib.import_module(module), class_name)(clock=clock, seed=1) as emulator:
        emulator.fill(seed_world(AGENTS, 1, clock()))
        key = emulator.default_key
        settings = provider.settings(name="src", provider=provider.name, base_url=emulator.base_url)
        context = context_for("src", state_dir, timeout_s=timeout_s)
        adapter = adapter_class(provider)(settings, {"api_key": Secret(key)}, context)
        try:
            yield Served(provider, emulator, adapter, key, context.source)
        finally:
            await adapter.aclose()


@pytest.mark.parametrize("name", VENDORS)
async def test_it_keeps_what_the_engine_relies_on(name: str, tmp_path: Path) -> None:
    async with served(name, tmp_path) as it:
        listing = await conform(it.adapter, it.provider, source=it.source, now=now(), secrets=[it.key])
        assert listing.resources


@pytest.mark.parametrize("name", VENDORS)
async def test_a_record_that_says_the_same_is_the_same_object(name: str, tmp_path: Path) -> None:
    at = now()
    async with served(name, tmp_path, clock=lambda: at) as it:
        first, again = [await it.adapter.list_resources(at) for _ in range(2)]

    before = {row.key: row for row in first.resources}
    assert before.keys() == {row.key for row in again.resources}
    assert [row for row in again.resources if row == before[row.key] and row is not before[row.key]] == []
    assert any(row is before[row.key] for row in again.resources)
    assert all(one is other for one, other in zip(first.vitals, again.vitals, strict=True))


@pytest.mark.parametrize(
    ("name", "fault"),
    # A server of one's own lists without pages.
    [one for one in product(VENDORS, FAULTS) if one != ("mem0_server", FaultKind.ENDLESS_CURSOR)],
)
async def test_it_fails_in_time_and_in_fields(name: str, fault: FaultKind, tmp_path: Path) -> None:
    within_s = deadline_s(fault)
    async with served(name, tmp_path, timeout_s=within_s) as it:
        adapter = it.adapter
        assert isinstance(adapter, Lister)
        it.emulator.faults.add(Fault(kind=fault))
        await fails_in_time(
            lambda: adapter.list_resources(now()), within_s=within_s, classes=FAULTS[fault], secrets=[it.key]
        )
