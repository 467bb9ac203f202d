"""Fixtures of the emulators' tests."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from daytona_api_client_async import ApiClient, Configuration, SandboxApi

from fleet_tui.emulator.daytona import DaytonaEmulator
from fleet_tui.emulator.e2b import E2BEmulator
from tests.support.clock import MovableClock
from tests.support.corpora import corpora
from tests.support.specs import specs

__all__ = ["clock", "corpora", "specs"]


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
async def e2b(clock: MovableClock) -> AsyncIterator[E2BEmulator]:
    async with E2BEmulator(clock=clock, seed=3) as emulator:
        yield emulator


@pytest.fixture
async def daytona(clock: MovableClock) -> AsyncIterator[DaytonaEmulator]:
    async with DaytonaEmulator(clock=clock, seed=3) as emulator:
        yield emulator


@pytest.fixture
async def daytona_client(daytona: DaytonaEmulator) -> AsyncIterator[Any]:
    """The generated client, which has the fewest habits of its own."""
    async with ApiClient(Configuration(host=daytona.base_url)) as api:
        api.default_headers["Authorization"] = f"Bearer {daytona.default_key}"
        yield api


@pytest.fixture
def daytona_api(daytona_client: Any) -> Any:
    return SandboxApi(daytona_client)
