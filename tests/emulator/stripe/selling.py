"""A small shop for tests: one meter, a metered price, a monthly price, and customers who subscribe."""

from dataclasses import dataclass
from decimal import Decimal

import stripe

from fleet_tui.emulator.stripe import StripeEmulator
from fleet_tui.emulator.stripe.model import Price, Product


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """Ids of what is sold. A unit costs 0.25 cents, a seat 20 dollars a month."""

    meter: str
    metered: str
    seat: str


async def open_shop(emulator: StripeEmulator, client: stripe.StripeClient) -> Shop:
    """The meter comes by the API; products and prices are made in a dashboard, so they are put there."""
    now = int(emulator.clock().timestamp())
    meter = await client.v1.billing.meters.create_async(
        {"display_name": "Tokens", "event_name": "tokens", "default_aggregation": {"formula": "sum"}}
    )
    account = emulator.account
    account.products.put(Product(id="prod_tokens", created=now, name="Tokens"))
    account.products.put(Product(id="prod_seat", created=now, name="Seat"))
    metered = Price(id="price_tokens", created=now, product="prod_tokens", unit_amount=Decimal("0.25"), meter=meter.id)
    account.prices.put(metered)
    account.prices.put(Price(id="price_seat", created=now, product="prod_seat", unit_amount=Decimal(2000)))
    return Shop(meter=meter.id, metered="price_tokens", seat="price_seat")


async def subscribed(
    client: stripe.StripeClient, *prices: str, agent: str = "a-1"
) -> tuple[stripe.Customer, stripe.Subscription]:
    """A customer of that agent with one subscription to these prices."""
    customer = await client.v1.customers.create_async({"name": agent, "metadata": {"fleet.agent": agent}})
    subscription = await client.v1.subscriptions.create_async(
        {"customer": customer.id, "items": [{"price": price} for price in prices]}
    )
    return customer, subscription


async def used(client: stripe.StripeClient, customer: str, value: str, **more: object) -> stripe.billing.MeterEvent:
    """Report usage of tokens."""
    event = {"event_name": "tokens", "payload": {"stripe_customer_id": customer, "value": value}, **more}
    return await client.v1.billing.meter_events.create_async(event)  # type: ignore[arg-type]
