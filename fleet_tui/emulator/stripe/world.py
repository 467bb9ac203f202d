"""The account of the seeded world: a catalogue, customers that agents work for, and many that none does."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from fleet_tui.emulator.stripe.account import Account
from fleet_tui.emulator.stripe.billing import period_after, settle, watch
from fleet_tui.emulator.stripe.model import (
    Card,
    Customer,
    Formula,
    Item,
    Meter,
    Price,
    Product,
    Subscription,
    SubscriptionStatus,
)
from fleet_tui.emulator.stripe.usage import Drip
from fleet_tui.emulator.world import Behaviour, SeedAgent, Vendor, standing_on

_CATALOG_AGE = timedelta(days=400)
_EVENTS_KEPT = timedelta(days=30)
_MARKUP = 1.6
_CARD_EVERY = 3
_METERED_SHARE = 0.6
_ALIAS_EVERY = 8
_SUBSCRIBED_EVERY = 6
_COMPANIES = ("Acorn", "Birch", "Cedar", "Dune", "Ember", "Fjord", "Grove", "Heath", "Inlet", "Juniper")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sold:
    """One thing sold: per unit and metered, or (no event name) per month."""

    event_name: str | None
    name: str
    unit_label: str
    cents: str
    formula: Formula = Formula.SUM
    interval: str = "month"


_SOLD = (
    _Sold(event_name="agent_minutes", name="Agent minutes", unit_label="minute", cents="1.2"),
    _Sold(event_name="model_tokens_1k", name="Model tokens (thousands)", unit_label="1k tokens", cents="0.35"),
    _Sold(event_name="tool_calls", name="Tool calls", unit_label="call", cents="0.08", formula=Formula.COUNT),
    _Sold(event_name=None, name="Agent seat", unit_label="seat", cents="2000"),
    _Sold(event_name=None, name="Support plan", unit_label="plan", cents="48000", interval="year"),
)


def fill_account(
    account: Account, agents: Sequence[SeedAgent], *, plain_customers: int, now: datetime, die: random.Random
) -> None:
    """Everything that stands in the account when it is looked at first: the past is billed as time would have."""
    account.silent_before = int((now - _EVENTS_KEPT).timestamp())
    prices = _catalog(account, now)
    starts = [(_first_day(agent, die), agent) for agent, _ in standing_on(agents, Vendor.STRIPE)]
    plain = [now - timedelta(days=die.uniform(1, 390)) for _ in range(plain_customers)]
    events: list[tuple[datetime, SeedAgent | None]] = [*starts, *((at, None) for at in plain)]
    for number, (at, agent) in enumerate(sorted(events, key=lambda pair: pair[0])):
        if agent is None:
            _plain_customer(account, number, int(at.timestamp()), prices, die)
        else:
            _agent_customer(account, number, agent, int(at.timestamp()), prices, now, die)
    settle(account, int(now.timestamp()))


def _catalog(account: Account, now: datetime) -> list[Price]:
    created = int((now - _CATALOG_AGE).timestamp())
    prices: list[Price] = []
    for sold in _SOLD:
        meter = None
        if sold.event_name is not None:
            meter = Meter(
                id=account.new_id("mtr"),
                created=created,
                updated=created,
                display_name=sold.name,
                event_name=sold.event_name,
                formula=sold.formula,
            )
            account.meters.put(meter)
        product = Product(id=account.new_id("prod"), created=created, name=sold.name, unit_label=sold.unit_label)
        account.products.put(product)
        price = Price(
            id=account.new_id("price", 24),
            created=created,
            product=product.id,
            unit_amount=Decimal(sold.cents),
            meter=meter.id if meter else None,
            interval=sold.interval,
            nickname=sold.event_name,
        )
        account.prices.put(price)
        prices.append(price)
    return prices


def _first_day(agent: SeedAgent, die: random.Random) -> datetime:
    """A customer is older than the agent that works for it."""
    return agent.born_at - timedelta(days=die.uniform(5, 80))


def _plain_customer(account: Account, number: int, at: int, prices: Sequence[Price], die: random.Random) -> None:
    """A customer of the business that no agent belongs to; one in six pays by the year, none uses a meter."""
    company = f"{die.choice(_COMPANIES)} {number:04d}"
    email = f"billing@{company.lower().replace(' ', '-')}.example.com"
    customer = Customer(id=account.new_id("cus"), created=at, name=company, email=email)
    account.customers.put(customer)
    if number % _SUBSCRIBED_EVERY == 0:
        _subscribe(account, customer, [row for row in prices if row.interval == "year"], SubscriptionStatus.ACTIVE, {})


def _agent_customer(
    account: Account,
    number: int,
    agent: SeedAgent,
    at: int,
    prices: Sequence[Price],
    now: datetime,
    die: random.Random,
) -> None:
    labels = agent.labels()
    if number % _ALIAS_EVERY == 0 and "fleet.agent" in labels:
        labels["agent_id"] = labels.pop("fleet.agent")
    customer = Customer(
        id=account.new_id("cus"),
        created=at,
        name=f"{agent.team} / {agent.id}",
        email=f"{agent.owner}@example.com",
        description=agent.task,
        metadata=labels,
    )
    account.customers.put(customer)
    metered = [price for price in prices if price.meter is not None]
    chosen = [price for price in metered if die.random() < _METERED_SHARE] or metered[:1]
    seats = [price for price in prices if price.meter is None and price.interval == "month"]
    status = SubscriptionStatus.PAST_DUE if agent.behaviour is Behaviour.FAILS else SubscriptionStatus.ACTIVE
    _subscribe(account, customer, (*chosen, *seats), status, labels)
    cents_per_h = agent.spend_microusd_per_h / 10_000 * _MARKUP
    stopped = int(now.timestamp()) if agent.behaviour is Behaviour.PAUSED else None
    for price in chosen:
        rate = cents_per_h / len(chosen) / float(price.unit_amount)
        drip = Drip(start=int(agent.born_at.timestamp()), per_hour=rate, until=stopped)
        account.usage.drip(price.meter or "", customer.id, drip)
    if number % _CARD_EVERY == 0:
        account.cards.put(_card(account, agent, at, labels, die))


def _subscribe(
    account: Account,
    customer: Customer,
    prices: Sequence[Price],
    status: SubscriptionStatus,
    metadata: dict[str, str],
) -> None:
    subscription_id = account.new_id("sub", 24)
    items = tuple(
        Item(
            id=account.new_id("si"),
            created=customer.created,
            subscription=subscription_id,
            price=price.id,
            quantity=1 if price.meter is None else None,
            period_start=customer.created,
            period_end=period_after(customer.created, price.interval),
        )
        for price in prices
    )
    subscription = Subscription(
        id=subscription_id,
        created=customer.created,
        customer=customer.id,
        status=status,
        items=items,
        anchor=customer.created,
        metadata=metadata,
    )
    account.subscriptions.put(subscription)
    watch(account, subscription)


def _card(account: Account, agent: SeedAgent, at: int, labels: dict[str, str], die: random.Random) -> Card:
    return Card(
        id=account.new_id("ic", 24),
        created=at,
        holder_id=account.new_id("ich", 24),
        holder_name=f"{agent.team} fleet",
        last4=f"{die.randrange(10_000):04d}",
        limit=die.choice((5_000, 20_000, 50_000)),
        metadata=labels,
    )
