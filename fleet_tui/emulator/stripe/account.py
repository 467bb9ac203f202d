"""One Stripe account: all objects, their ids, the events that tell of changes, and how each object prints."""

import random
import string
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from heapq import heappop, heappush

from fleet_tui.emulator.stripe.forms import Params
from fleet_tui.emulator.stripe.model import (
    Card,
    Customer,
    Event,
    Invoice,
    Meter,
    Price,
    Product,
    Subscription,
)
from fleet_tui.emulator.stripe.render import (
    JsonObject,
    customer_json,
    meter_json,
    price_json,
    product_json,
    subscription_json,
)
from fleet_tui.emulator.stripe.render_money import card_json, event_json, invoice_json
from fleet_tui.emulator.stripe.shelves import Shelf
from fleet_tui.emulator.stripe.usage import UsageBook

_ALPHABET = string.ascii_letters + string.digits
Thing = Customer | Meter | Product | Price | Subscription | Invoice | Card | Event


class DueKind(StrEnum):
    """What time alone does to an account."""

    RENEW = "renew"
    CANCEL = "cancel"
    FINALIZE = "finalize"
    COLLECT = "collect"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request, read: its parameters, the ids in its path, and when and as what it came."""

    params: Params
    ids: Mapping[str, str]
    path: str
    now: int
    request_id: str
    idempotency_key: str | None

    @property
    def id(self) -> str:
        return self.ids["id"]


class Account:
    """Everything the account holds, in memory."""

    def __init__(self, die: random.Random) -> None:
        self._die = die
        self.customers = Shelf[Customer]("customer")
        self.meters = Shelf[Meter]("billing.meter")
        self.products = Shelf[Product]("product")
        self.prices = Shelf[Price]("price")
        self.subscriptions = Shelf[Subscription]("subscription", group_of=lambda row: row.customer)
        self.invoices = Shelf[Invoice]("invoice", group_of=lambda row: row.customer)
        self.cards = Shelf[Card]("issuing card")
        self.events = Shelf[Event]("event")
        self.usage = UsageBook()
        self.deleted: set[str] = set()
        self.paid_total = 0
        self.silent_before = 0
        """Nothing older than this is told as an event: Stripe keeps events for 30 days."""
        self._due: list[tuple[int, int, DueKind, str]] = []
        self._turn = 0

    def new_id(self, prefix: str, length: int = 14) -> str:
        return f"{prefix}_{''.join(self._die.choices(_ALPHABET, k=length))}"

    def printed(self, thing: Thing) -> JsonObject:
        """The object as the API prints it."""
        match thing:
            case Customer():
                return customer_json(thing)
            case Meter():
                return meter_json(thing)
            case Product():
                return product_json(thing)
            case Price():
                return price_json(thing)
            case Subscription():
                return subscription_json(thing, self.prices.get)
            case Invoice():
                return invoice_json(thing, self.customers.find(thing.customer))
            case Card():
                return card_json(thing)
            case Event():
                return event_json(thing)

    def by_id(self, object_id: str) -> Thing | None:
        """Any object that `expand` can name."""
        for shelf in (self.customers, self.subscriptions, self.invoices, self.products, self.prices, self.meters):
            found = shelf.find(object_id)
            if found is not None:
                return found
        return None

    def tell(self, event_type: str, thing: Thing, now: int, call: Call | None = None) -> None:
        """Record that something happened to an object; `call` None is Stripe's own doing."""
        if now < self.silent_before:
            return
        event = Event(
            id=self.new_id("evt", 24),
            created=now,
            type=event_type,
            object=self.printed(thing),
            request=call.request_id if call else None,
            idempotency_key=call.idempotency_key if call else None,
        )
        self.events.put(event)

    def schedule(self, at: int, kind: DueKind, object_id: str) -> None:
        """Something is to happen to an object at that time; whether it still applies is asked then."""
        self._turn += 1
        heappush(self._due, (at, self._turn, kind, object_id))

    def next_due(self, now: int) -> tuple[int, DueKind, str] | None:
        """The earliest thing that is due, taken off; None when nothing is."""
        if not self._due or self._due[0][0] > now:
            return None
        at, _, kind, object_id = heappop(self._due)
        return at, kind, object_id

    def meters_of(self, subscription: Subscription) -> frozenset[str]:
        """The meters its prices charge for."""
        meters = (self.prices.get(item.price).meter for item in subscription.items)
        return frozenset(meter for meter in meters if meter is not None)
