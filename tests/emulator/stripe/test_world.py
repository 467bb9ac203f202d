"""The seeded Stripe account: agents' customers among many others, the past billed, and fast by the thousand."""

import time

import pytest
import stripe

from fleet_tui.emulator.stripe import StripeEmulator
from fleet_tui.emulator.stripe.model import InvoiceStatus, SubscriptionStatus
from fleet_tui.emulator.world import Behaviour, Vendor, seed_world
from tests.support.clock import MovableClock


async def test_agents_are_found_by_metadata_among_many_who_have_none(
    emulator: StripeEmulator, clock: MovableClock, client: stripe.StripeClient
) -> None:
    agents = seed_world(60, 3, clock())
    emulator.fill(agents)
    named: dict[str, str] = {}
    for key in ("fleet.agent", "agent_id"):
        query = f'-metadata["{key}"]:null'
        page = await client.v1.customers.search_async({"query": query, "limit": 100})
        async for row in page.auto_paging_iter():
            assert row.metadata is not None
            named[row.metadata[key]] = row.id
            assert row.metadata["fleet.team"]
            assert row.metadata["fleet.owner"]
    assert set(named) == {agent.id for agent in agents if agent.count(Vendor.STRIPE)}
    assert len(emulator.account.customers) > 5 * len(named)


async def test_customers_come_newest_first_and_all_subscriptions_are_current(
    emulator: StripeEmulator, clock: MovableClock
) -> None:
    emulator.fill(seed_world(60, 3, clock()))
    now = int(clock().timestamp())
    created = [row.created for row in emulator.account.customers]
    assert created == sorted(created)
    subscriptions = list(emulator.account.subscriptions)
    assert all(row.period_start <= now < row.period_end for row in subscriptions)
    assert {row.status for row in subscriptions} == {SubscriptionStatus.ACTIVE, SubscriptionStatus.PAST_DUE}


async def test_the_past_is_billed_in_order_and_only_those_who_fail_owe(
    emulator: StripeEmulator, clock: MovableClock
) -> None:
    emulator.fill(seed_world(120, 3, clock()))
    invoices = list(emulator.account.invoices)
    assert len(invoices) > 20
    assert [row.created for row in invoices] == sorted(row.created for row in invoices)
    owed = {row.subscription for row in invoices if row.status is InvoiceStatus.OPEN}
    failing = {row.id for row in emulator.account.subscriptions if row.status is SubscriptionStatus.PAST_DUE}
    assert owed
    assert owed <= failing
    assert emulator.account.paid_total == sum(row.total for row in invoices if row.status is InvoiceStatus.PAID)


async def test_an_agent_that_spends_is_billed_more_than_its_peers(
    emulator: StripeEmulator, clock: MovableClock, client: stripe.StripeClient
) -> None:
    agents = {agent.id: agent for agent in seed_world(200, 3, clock()) if agent.count(Vendor.STRIPE)}
    emulator.fill(list(agents.values()))
    start = {row.id: await _owed(client, row.id) for row in emulator.account.customers if row.metadata}
    clock.move(6 * 3600)
    grown: dict[Behaviour, list[int]] = {}
    for row in list(emulator.account.customers):
        agent = agents.get(row.metadata.get("fleet.agent", ""))
        if agent is not None and row.id in start:
            grown.setdefault(agent.behaviour, []).append(await _owed(client, row.id) - start[row.id])
    assert min(grown[Behaviour.SPENDS]) > sum(grown[Behaviour.STEADY]) / len(grown[Behaviour.STEADY])
    assert set(grown[Behaviour.PAUSED]) == {0}


async def _owed(client: stripe.StripeClient, customer: str) -> int:
    preview = await client.v1.invoices.create_preview_async({"customer": customer})
    return sum(line.amount for line in preview.lines.data)


async def test_some_agents_pay_by_card(
    emulator: StripeEmulator, clock: MovableClock, client: stripe.StripeClient
) -> None:
    emulator.fill(seed_world(60, 3, clock()))
    cards = (await client.v1.issuing.cards.list_async({"limit": 100})).data
    assert cards
    assert all(card.status == "active" and card.metadata for card in cards)


def test_the_same_seed_makes_the_same_account(clock: MovableClock) -> None:
    def listed() -> list[tuple[str, int]]:
        emulator = StripeEmulator(clock=clock, seed=5)
        emulator.fill(seed_world(30, 5, clock()))
        return [(row.id, row.created) for row in emulator.account.customers]

    assert listed() == listed()


@pytest.mark.no_cover
async def test_thousands_of_customers_are_made_and_listed_within_seconds(
    emulator: StripeEmulator, clock: MovableClock, client: stripe.StripeClient
) -> None:
    emulator.plain_customers = 8_000
    started = time.process_time()
    emulator.fill(seed_world(1_000, 3, clock()))
    page = await client.v1.customers.list_async({"limit": 100})
    count = len([row.id async for row in page.auto_paging_iter()])
    assert count == len(emulator.account.customers) > 8_000
    # 2.0 s of CPU on the machine this was written on; the bound is there to catch a quadratic walk.
    assert time.process_time() - started < 20
