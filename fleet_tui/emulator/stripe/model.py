"""What a Stripe account holds, as facts. Times are whole Unix seconds; amounts are in the currency's smallest unit."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum


class SubscriptionStatus(StrEnum):
    ACTIVE = "active"
    PAST_DUE = "past_due"
    PAUSED = "paused"
    CANCELED = "canceled"


class InvoiceStatus(StrEnum):
    DRAFT = "draft"
    OPEN = "open"
    PAID = "paid"
    VOID = "void"
    UNCOLLECTIBLE = "uncollectible"


class Formula(StrEnum):
    """How a meter adds its events up."""

    SUM = "sum"
    COUNT = "count"
    LAST = "last"


def no_metadata() -> dict[str, str]:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    id: str
    created: int
    name: str | None = None
    email: str | None = None
    description: str | None = None
    phone: str | None = None
    metadata: Mapping[str, str] = field(default_factory=no_metadata)


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter:
    id: str
    created: int
    updated: int
    display_name: str
    event_name: str
    formula: Formula = Formula.SUM
    customer_key: str = "stripe_customer_id"
    value_key: str = "value"
    event_time_window: str | None = None
    deactivated_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    id: str
    created: int
    name: str
    description: str | None = None
    unit_label: str | None = None
    metadata: Mapping[str, str] = field(default_factory=no_metadata)


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """A recurring price. `meter` None is licensed (by quantity, in advance), else metered (by usage, afterwards)."""

    id: str
    created: int
    product: str
    unit_amount: Decimal
    meter: str | None = None
    interval: str = "month"
    currency: str = "usd"
    nickname: str | None = None
    metadata: Mapping[str, str] = field(default_factory=no_metadata)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One price a subscription holds. `quantity` is None for metered prices."""

    id: str
    created: int
    subscription: str
    price: str
    quantity: int | None
    period_start: int
    period_end: int
    metadata: Mapping[str, str] = field(default_factory=no_metadata)


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseCollection:
    behavior: str
    resumes_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    id: str
    created: int
    customer: str
    status: SubscriptionStatus
    items: tuple[Item, ...]
    anchor: int
    description: str | None = None
    cancel_at_period_end: bool = False
    cancel_at: int | None = None
    canceled_at: int | None = None
    ended_at: int | None = None
    cancel_comment: str | None = None
    cancel_feedback: str | None = None
    cancel_reason: str | None = None
    pause_collection: PauseCollection | None = None
    latest_invoice: str | None = None
    metadata: Mapping[str, str] = field(default_factory=no_metadata)

    @property
    def period_end(self) -> int:
        """When the earliest of its items renews; 0 without items."""
        return min((item.period_end for item in self.items), default=0)

    @property
    def period_start(self) -> int:
        return min((item.period_start for item in self.items), default=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    id: str
    subscription: str
    item: str
    price: Price
    quantity: Decimal
    amount: int
    start: int
    end: int
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    id: str
    created: int
    customer: str
    subscription: str | None
    status: InvoiceStatus
    lines: tuple[Line, ...]
    reason: str
    period_start: int
    period_end: int
    number: str | None = None
    auto_advance: bool = True
    finalizes_at: int | None = None
    finalized_at: int | None = None
    paid_at: int | None = None
    voided_at: int | None = None
    uncollectible_at: int | None = None
    currency: str = "usd"

    @property
    def total(self) -> int:
        return sum(line.amount for line in self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """An issued card. Canceled is for ever."""

    id: str
    created: int
    holder_id: str
    holder_name: str
    last4: str
    status: str = "active"
    kind: str = "virtual"
    cancellation_reason: str | None = None
    limit: int | None = None
    metadata: Mapping[str, str] = field(default_factory=no_metadata)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that changed, with the object as it was printed then."""

    id: str
    created: int
    type: str
    object: Mapping[str, object]
    request: str | None
    idempotency_key: str | None
