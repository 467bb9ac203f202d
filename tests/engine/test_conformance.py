"""The conformance kit: it passes the fake adapter and names what is wrong with others."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from typing_extensions import override

from fleet_tui.clock import SystemClock
from fleet_tui.domain.capability import Capability
from fleet_tui.domain.failure import FailureClass
from fleet_tui.domain.identity import Incarnation, Kind, SourceName
from fleet_tui.domain.phase import Phase, PhaseFact
from fleet_tui.domain.reading import Listing
from fleet_tui.testing.conformance import NotConformingError, conform, fails_in_time, keeps_unknown
from fleet_tui.testing.fake_adapter import FAKE, FakeAdapter, Fault, Weather
from fleet_tui.testing.fake_vendor import FakeVendor

NOW = datetime.now(UTC)
SOURCE = SourceName("fake")


def adapter_with(*slots: str) -> FakeAdapter:
    vendor = FakeVendor()
    for slot in slots:
        vendor.start(slot, NOW, labels={"fleet.agent": slot})
    return FakeAdapter(vendor, source=SOURCE, clock=SystemClock(), weather=Weather(latency_s=0))


class Spoilt(FakeAdapter):
    """Lists its rows with one thing changed."""

    changes: dict[str, object]

    @override
    async def list_resources(self, now: datetime) -> Listing:
        listing = await super().list_resources(now)
        rows = tuple(replace(row, **self.changes) for row in listing.resources)  # type: ignore[arg-type]
        return replace(listing, resources=rows)


def spoilt(**changes: object) -> Spoilt:
    vendor = FakeVendor()
    vendor.start("a", NOW)
    adapter = Spoilt(vendor, source=SOURCE, clock=SystemClock(), weather=Weather(latency_s=0))
    adapter.changes = changes
    return adapter


async def test_an_adapter_that_keeps_its_promises_passes() -> None:
    listing = await conform(adapter_with("a", "b"), FAKE, source=SOURCE, now=NOW, secrets=["fake_secret_1234"])
    assert len(listing.resources) == 2


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"capabilities": frozenset({Capability.LOGS})}, "does not implement LogReader"),
        ({"capabilities": frozenset({Capability.REVOKE})}, "it says it can revoke, and the adapter cannot"),
        ({"incarnation": Incarnation("")}, "it has no incarnation"),
        ({"created_at": datetime(2026, 1, 1)}, "created_at names no time zone"),
        ({"provider": "other"}, "its provider is 'other'"),
        ({"name": "the key is fake_secret_1234"}, "secret 1 stands in what the adapter gave"),
        (
            {"phase": PhaseFact(phase=Phase.UNKNOWN, since=None, evidence="listed", raw="")},
            "the vendor's own word is not kept",
        ),
    ],
)
async def test_what_is_wrong_with_a_row_is_named(changes: dict[str, object], sentence: str) -> None:
    with pytest.raises(NotConformingError, match=sentence):
        await conform(spoilt(**changes), FAKE, source=SOURCE, now=NOW, secrets=["fake_secret_1234"])


async def test_a_listing_that_speaks_for_a_foreign_kind_is_named() -> None:
    provider = replace(FAKE, kinds=frozenset({Kind.PROCESS}))
    with pytest.raises(NotConformingError, match="which its provider does not name"):
        await conform(adapter_with("a"), provider, source=SOURCE, now=NOW)


async def test_a_failure_in_time_and_in_fields_passes_and_anything_else_does_not() -> None:
    adapter = adapter_with("a")
    adapter.planned_listings = [Fault.DENIED, Fault.BREAK, Fault.DENIED]
    error = await fails_in_time(
        lambda: adapter.list_resources(NOW), within_s=1, classes={FailureClass.AUTH}, secrets=["fake_secret_1234"]
    )
    assert error.failure.failure_class is FailureClass.AUTH
    with pytest.raises(NotConformingError, match="RuntimeError instead of ProviderError"):
        await fails_in_time(lambda: adapter.list_resources(NOW), within_s=1)
    with pytest.raises(NotConformingError, match="it failed as auth"):
        await fails_in_time(lambda: adapter.list_resources(NOW), within_s=1, classes={FailureClass.TIMEOUT})
    with pytest.raises(NotConformingError, match="it should have failed"):
        await fails_in_time(lambda: adapter.list_resources(NOW), within_s=1)


async def test_a_call_that_hangs_is_named() -> None:
    async def hang() -> None:
        await asyncio.Event().wait()

    with pytest.raises(NotConformingError, match="it hung"):
        await fails_in_time(hang, within_s=-2.9)


async def test_a_state_nobody_knows_must_survive_as_unknown() -> None:
    adapter = spoilt(phase=PhaseFact(phase=Phase.UNKNOWN, since=None, evidence="listed", raw="hibernating"))
    row = await keeps_unknown(lambda: adapter.list_resources(NOW), "hibernating")
    assert row.phase.phase is Phase.UNKNOWN
    with pytest.raises(NotConformingError, match="no row has"):
        await keeps_unknown(lambda: adapter.list_resources(NOW), "melting")
