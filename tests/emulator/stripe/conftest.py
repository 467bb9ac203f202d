"""Stripe's own SDK, pointed at an emulator, without telemetry and without retries that would hide an answer."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import httpx
import pytest
import stripe

from fleet_tui.emulator.stripe import StripeEmulator
from tests.support.clock import MovableClock

TIMEOUT_S = 5.0
_HERE = Path(__file__).parent
_SDK_WARNS = "ignore:Use 'content=<...>' to upload raw bytes:DeprecationWarning"
"""The SDK hands httpx its form bodies as text, which httpx deprecates."""


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    for item in items:
        if _HERE in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings(_SDK_WARNS))


@pytest.fixture
async def emulator(clock: MovableClock) -> AsyncIterator[StripeEmulator]:
    async with StripeEmulator(clock=clock, seed=3) as emulator:
        yield emulator


@pytest.fixture
async def client(emulator: StripeEmulator, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[stripe.StripeClient]:
    monkeypatch.setattr(stripe, "enable_telemetry", False)
    http = stripe.HTTPXClient(timeout=TIMEOUT_S)
    yield stripe.StripeClient(
        emulator.default_key,
        base_addresses={"api": emulator.base_url},
        http_client=http,
        max_network_retries=0,
    )
    await http.close_async()  # type: ignore[no-untyped-call]


@pytest.fixture
async def raw(emulator: StripeEmulator) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Authorization": f"Bearer {emulator.default_key}"}
    async with httpx.AsyncClient(base_url=emulator.base_url, headers=headers, timeout=TIMEOUT_S) as client:
        yield client
