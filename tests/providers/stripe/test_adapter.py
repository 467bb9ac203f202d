"""The Stripe adapter against the emulator, through Stripe's own client."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import stripe

from fleet_tui.config.secret import Secret
from fleet_tui.domain.action import Verb
from fleet_tui.domain.identity import Kind
from fleet_tui.domain.money import Basis, Side
from fleet_tui.domain.outcome import Done, Refused
from fleet_tui.domain.phase import Phase
from fleet_tui.domain.reading import Listing
from fleet_tui.domain.resource import Resource
from fleet_tui.emulator.faults import Fault, FaultKind
from fleet_tui.emulator.stripe import StripeEmulator
from fleet_tui.emulator.world import seed_world
from fleet_tui.ports import ProviderError
from fleet_tui.providers.stripe.adapter import StripeAdapter
from fleet_tui.providers.stripe.settings import StripeSettings
from tests.support.adapters import context_for, order_for


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
async def emulator() -> AsyncIterator[StripeEmulator]:
    async with StripeEmulator(clock=now, seed=1) as running:
        running.fill(seed_world(60, 1, now()))
        yield running


@pytest.fixture
async def adapter(emulator: StripeEmulator, tmp_path: Path) -> AsyncIterator[StripeAdapter]:
    made = adapter_for(emulator, tmp_path)
    yield made
    await made.aclose()


def adapter_for(emulator: StripeEmulator, state_dir: Path, *, timeout_s: float = 5.0) -> StripeAdapter:
    settings = StripeSettings(name="pay", provider="stripe", base_url=emulator.base_url)
    secrets = {"api_key": Secret(emulator.default_key)}
    return StripeAdapter(settings, secrets, context_for("pay", state_dir, timeout_s=timeout_s))


async def everybody(emulator: StripeEmulator) -> set[str]:
    """The ids of all customers, as the vendor's own client lists them."""
    http = stripe.HTTPXClient(timeout=5)
    client: Any = stripe.StripeClient(
        emulator.default_key, base_addresses={"api": emulator.base_url}, http_client=http, max_network_retries=0
    )
    page = await client.v1.customers.list_async({"limit": 100})
    found = {row.id async for row in page.auto_paging_iter()}
    await http.close_async()  # type: ignore[no-untyped-call] # the SDK has no types here
    return found


def of_kind(listing: Listing, kind: Kind) -> list[Resource]:
    return [resource for resource in listing.resources if resource.key.kind is kind]


async def test_only_customers_that_somebody_claims_are_listed(emulator: StripeEmulator, adapter: StripeAdapter) -> None:
    listing = await adapter.list_resources(now())
    customers = of_kind(listing, Kind.CUSTOMER)

    assert listing.complete
    assert 0 < len(customers) < len(await everybody(emulator))
    assert all(r.agent or r.assignment.owner or r.assignment.team or r.assignment.task for r in customers)


async def test_a_subscription_belongs_to_its_customers_agent(adapter: StripeAdapter) -> None:
    listing = await adapter.list_resources(now())
    agents = {r.key.id: r.agent for r in of_kind(listing, Kind.CUSTOMER)}

    subscriptions = of_kind(listing, Kind.SUBSCRIPTION)

    assert subscriptions
    assert all(r.agent == agents[dict(r.detail)["customer"]] for r in subscriptions)


async def test_meters_the_balance_and_the_next_invoice_are_there(adapter: StripeAdapter) -> None:
    listing = await adapter.list_resources(now())

    assert {r.phase.phase for r in of_kind(listing, Kind.METER)} == {Phase.RUNNING}
    assert any("available" in key for key, _ in of_kind(listing, Kind.ACCOUNT)[0].detail)
    assert any("next invoice" in dict(r.detail) for r in of_kind(listing, Kind.CUSTOMER))


async def test_what_customers_are_billed_is_billed_and_never_a_cost(adapter: StripeAdapter) -> None:
    await adapter.list_resources(now())

    lines = await adapter.read_usage(since=now() - timedelta(days=2), until=now(), resources=[])

    assert lines
    assert {line.side for line in lines} == {Side.BILLED}
    assert len({line.line_id for line in lines}) == len(lines)
    assert all((line.amount_micro is None) is (line.basis is Basis.UNPRICED) for line in lines)
    assert all(line.start.date() == (line.end - timedelta(microseconds=1)).date() for line in lines)


async def test_a_repeat_of_a_usage_reading_gives_the_same_lines(adapter: StripeAdapter) -> None:
    until = now()
    first = await adapter.read_usage(since=until - timedelta(days=2), until=until, resources=[])
    second = await adapter.read_usage(since=until - timedelta(days=2), until=until, resources=[])

    assert {line.line_id for line in first} == {line.line_id for line in second}


async def test_cancel_ends_a_subscription_once_though_asked_twice(
    emulator: StripeEmulator, adapter: StripeAdapter
) -> None:
    listing = await adapter.list_resources(now())
    subscription = of_kind(listing, Kind.SUBSCRIPTION)[0]
    order = order_for(Verb.CANCEL, subscription)

    assert await adapter.cancel(order) == Done("stripe did cancel it")
    again = await adapter.get_resource(subscription.key, now())
    second = await adapter.cancel(order)

    assert again is not None
    assert again.phase.phase is Phase.ENDED_KILLED
    assert isinstance(second, Done | Refused)


async def test_a_meter_goes_off_and_on(adapter: StripeAdapter) -> None:
    meter = of_kind(await adapter.list_resources(now()), Kind.METER)[0]

    assert isinstance(await adapter.disable(order_for(Verb.DISABLE, meter)), Done)
    off = await adapter.get_resource(meter.key, now())
    assert isinstance(await adapter.enable(order_for(Verb.ENABLE, meter)), Done)
    on = await adapter.get_resource(meter.key, now())

    assert [r.phase.phase for r in (off, on) if r] == [Phase.PAUSED, Phase.RUNNING]


async def test_an_endless_list_is_a_failed_reading(emulator: StripeEmulator, adapter: StripeAdapter) -> None:
    emulator.faults.add(Fault(kind=FaultKind.ENDLESS_CURSOR, path="/v1/billing/meters"))

    with pytest.raises(ProviderError, match=r"same page|pages"):
        await adapter.list_resources(now())
