"""Stripe objects to domain facts. Pure. Names, mail addresses and cards of customers never come in.

Shapes: stripe 16.1.0 (API 2026-10-28.endive) and Stripe's published fixtures.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from fleet_tui.domain.agent import ClaimRules, assignment_from, claim
from fleet_tui.domain.assignment import UNASSIGNED
from fleet_tui.domain.capability import Capability
from fleet_tui.domain.identity import Incarnation, Kind, Layer, ResourceKey, SourceName
from fleet_tui.domain.money import Basis, Side, amount_text, micro
from fleet_tui.domain.payload import fields_of, id_of, labels_of, number_of, object_of, rows_of, text_of
from fleet_tui.domain.phase import Phase, PhaseFact
from fleet_tui.domain.resource import Pairs, Resource, pairs
from fleet_tui.domain.usage import Origin, Subject, UsageLine

PROVIDER = "stripe"
ACCOUNT_ID = "account"
_ZERO_DECIMAL = frozenset(
    {"bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "ugx", "vnd", "vuv", "xaf", "xof", "xpf"}
)
_THREE_DECIMAL = frozenset({"bhd", "jod", "kwd", "omr", "tnd"})
_SUBSCRIPTION_PHASE = {
    "active": Phase.RUNNING,
    "trialing": Phase.RUNNING,
    "past_due": Phase.WAITING,
    "unpaid": Phase.WAITING,
    "paused": Phase.PAUSED,
    "incomplete": Phase.STARTING,
    "incomplete_expired": Phase.ENDED_FAILED,
    "canceled": Phase.ENDED_KILLED,
}
_METER_PHASE = {"active": Phase.RUNNING, "inactive": Phase.PAUSED}


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedItem:
    """One item of a subscription: what a unit of it costs, in the currency's unit, and which meter counts it."""

    id: str
    subscription: str
    customer: str
    meter: str | None
    unit_amount: Decimal | None
    """None: tiers or packages, which the console does not work out."""
    currency: str
    quantity: int
    start: datetime | None
    end: datetime | None


def minor_units(currency: str) -> int:
    """How many of Stripe's smallest units make one (docs.stripe.com/currencies)."""
    if currency in _ZERO_DECIMAL:
        return 1
    return 1000 if currency in _THREE_DECIMAL else 100


def moment(value: object) -> datetime | None:
    """Unix seconds to a time."""
    number = number_of(value)
    if number is None or number > 10**11:
        return None
    return datetime.fromtimestamp(int(number), UTC)


def money_text(amount: object, currency: object) -> str | None:
    """`18.40 usd` for Stripe's smallest units, also when they are owed the other way."""
    if isinstance(amount, bool) or not isinstance(amount, int) or not isinstance(currency, str):
        return None
    return f"{amount_text(micro(Decimal(amount) / minor_units(currency)))} {currency}"


def invoice_text(page: Mapping[str, object]) -> str | None:
    """`18.40 usd (paid)` for the first invoice of a list, None where there is none."""
    row = fields_of(next(iter(rows_of(page.get("data")) or ()), None))
    amount = money_text(row.get("amount_due"), row.get("currency"))
    return f"{amount} ({text_of(row.get('status')) or 'open'})" if amount else None


def _resource(
    payload: Mapping[str, object],
    key: ResourceKey,
    *,
    name: str,
    phase: PhaseFact,
    rules: ClaimRules,
    capabilities: frozenset[Capability] = frozenset(),
    detail: Pairs = (),
) -> Resource:
    labels = labels_of(payload.get("metadata"))
    claimed = claim(id_=key.id, name=name, labels=labels, rules=rules)
    return Resource(
        key=key,
        provider=PROVIDER,
        incarnation=Incarnation(key.id),
        name=name,
        phase=phase,
        agent=claimed.agent if claimed else None,
        claimed_by=claimed.how if claimed else "",
        assignment=assignment_from(labels),
        labels=pairs(labels),
        created_at=moment(payload.get("created")),
        capabilities=capabilities,
        detail=detail,
    )


def _listed(since: datetime | None) -> PhaseFact:
    return PhaseFact(phase=Phase.RUNNING, since=since, evidence="stripe lists it", raw="listed")


def customer(
    payload: object, *, source: SourceName, rules: ClaimRules, preview: str | None = None, last: str | None = None
) -> Resource:
    """A customer by its id; `preview` and `last` are what its next invoice would say and what its last one said."""
    payload = object_of(payload, "a customer")
    id_ = id_of(payload, "id", "a customer")
    detail = {
        "next invoice": preview or "",
        "last invoice": last or "",
        "delinquent": "yes" if payload.get("delinquent") is True else "",
        "balance": money_text(payload.get("balance"), payload.get("currency")) or "",
    }
    return _resource(
        payload,
        ResourceKey(source, Kind.CUSTOMER, id_),
        name=id_,
        phase=_listed(moment(payload.get("created"))),
        rules=rules,
        detail=pairs({key: value for key, value in detail.items() if value}),
    )


def meter(payload: object, *, source: SourceName, rules: ClaimRules) -> Resource:
    payload = object_of(payload, "a meter")
    id_ = id_of(payload, "id", "a meter")
    status = text_of(payload.get("status")) or ""
    verb = {"active": Capability.DISABLE, "inactive": Capability.ENABLE}.get(status)
    return _resource(
        payload,
        ResourceKey(source, Kind.METER, id_),
        name=text_of(payload.get("event_name")) or id_,
        phase=PhaseFact(
            phase=_METER_PHASE.get(status, Phase.UNKNOWN), since=None, evidence=f"stripe says {status}", raw=status
        ),
        rules=rules,
        capabilities=frozenset({verb} if verb else ()),
        detail=pairs({"shown as": text_of(payload.get("display_name")) or id_}),
    )


def subscription(payload: object, *, source: SourceName, rules: ClaimRules, owner: Resource | None) -> Resource:
    """A subscription; where it names no agent itself, it belongs to its customer's."""
    payload = object_of(payload, "a subscription")
    id_ = id_of(payload, "id", "a subscription")
    status = text_of(payload.get("status")) or ""
    phase = _SUBSCRIPTION_PHASE.get(status, Phase.UNKNOWN)
    ended = phase in {Phase.ENDED_FAILED, Phase.ENDED_KILLED}
    made = _resource(
        payload,
        ResourceKey(source, Kind.SUBSCRIPTION, id_),
        name=id_,
        phase=PhaseFact(
            phase=phase,
            since=moment(payload.get("start_date")),
            evidence=f"stripe says {status}" if phase is not Phase.UNKNOWN else "a status nobody here knows",
            raw=status,
        ),
        rules=rules,
        capabilities=frozenset() if ended else frozenset({Capability.CANCEL}),
        detail=pairs({"customer": customer_of(payload) or "?", "items": str(len(_items(payload)))}),
    )
    if made.agent is None and owner is not None and owner.agent is not None:
        assignment = owner.assignment if made.assignment == UNASSIGNED else made.assignment
        return replace(made, agent=owner.agent, claimed_by="its customer", assignment=assignment)
    return made


def customer_of(payload: Mapping[str, object]) -> str | None:
    """The customer's id, whether it was expanded or not."""
    value = payload.get("customer")
    return text_of(value) or text_of(fields_of(value).get("id"))


def _items(payload: Mapping[str, object]) -> list[Mapping[str, object]]:
    return [fields_of(row) for row in rows_of(fields_of(payload.get("items")).get("data")) or ()]


def priced_items(payload: object) -> tuple[PricedItem, ...]:
    """What a subscription that runs is billed by, item by item."""
    payload = fields_of(payload)
    if payload.get("status") not in {"active", "trialing", "past_due"}:
        return ()
    found: list[PricedItem] = []
    for row in _items(payload):
        price = fields_of(row.get("price"))
        recurring = fields_of(price.get("recurring"))
        owner, id_ = customer_of(payload), text_of(row.get("id"))
        if not recurring or owner is None or id_ is None:
            continue
        currency = text_of(price.get("currency")) or "usd"
        plain = price.get("billing_scheme") == "per_unit" and not price.get("transform_quantity")
        cents = number_of(price.get("unit_amount_decimal")) if plain else None
        quantity = row.get("quantity")
        found.append(
            PricedItem(
                id=id_,
                subscription=text_of(payload.get("id")) or "",
                customer=owner,
                meter=text_of(recurring.get("meter")),
                unit_amount=cents / minor_units(currency) if cents is not None else None,
                currency=currency,
                quantity=quantity if isinstance(quantity, int) else 1,
                start=moment(row.get("current_period_start")),
                end=moment(row.get("current_period_end")),
            )
        )
    return tuple(found)


def metered_line(
    item: PricedItem, payload: object, *, owner: Resource, side: Side, until: datetime
) -> UsageLine | None:
    """One meter event summary of one day, priced by the item it is billed by."""
    row = fields_of(payload)
    value, start = number_of(row.get("aggregated_value")), moment(row.get("start_time"))
    if value is None or start is None:
        return None
    amount = micro(value * item.unit_amount) if item.unit_amount is not None else None
    return _line(item, owner, side, start, min(start + timedelta(days=1), until), amount, str(value), "units")


def seat_lines(
    item: PricedItem, *, owner: Resource, side: Side, since: datetime, until: datetime
) -> Iterable[UsageLine]:
    """A price per period, spread evenly over it: one line a day, each the total to its end less that to its start."""
    if item.start is None or item.end is None or item.end <= item.start:
        return
    span = Decimal((item.end - item.start) // timedelta(seconds=1))
    whole = item.unit_amount * item.quantity if item.unit_amount is not None else None

    def total(at: datetime) -> int | None:
        if whole is None or item.start is None or item.end is None:
            return None
        passed = Decimal((min(max(at, item.start), item.end) - item.start) // timedelta(seconds=1))
        return micro(whole * passed / span)

    day: date = max(since, item.start).date()
    while (start := datetime.combine(day, time(), UTC)) < min(until, item.end):
        begin, end = max(start, item.start), min(start + timedelta(days=1), until, item.end)
        before, after = total(begin), total(end)
        amount = after - before if after is not None and before is not None else None
        yield _line(item, owner, side, begin, end, amount, str(item.quantity), "seats")
        day += timedelta(days=1)


def _line(
    item: PricedItem,
    owner: Resource,
    side: Side,
    start: datetime,
    end: datetime,
    amount_micro: int | None,
    quantity: str,
    unit: str,
) -> UsageLine:
    source = owner.key.source
    return UsageLine(
        line_id=f"{source}:{item.id}:{start.date().isoformat()}",
        subject=Subject(
            source=source, layer=Layer.BILLING, kind=Kind.SUBSCRIPTION, id=f"{item.subscription}/{item.id}"
        ),
        side=side,
        origin=Origin.PROVIDER_METER,
        basis=Basis.ESTIMATED if amount_micro is not None else Basis.UNPRICED,
        start=start,
        end=end,
        amount_micro=amount_micro,
        currency=item.currency,
        quantity=quantity,
        unit=unit,
        agent=owner.agent,
        team=owner.assignment.team,
        task=owner.assignment.task,
    )


def account(balance: object, *, source: SourceName) -> Resource:
    """The account itself with its balance by currency."""
    balance = object_of(balance, "a balance")
    detail: dict[str, str] = {}
    for word in ("available", "pending"):
        for row in map(fields_of, rows_of(balance.get(word)) or ()):
            if text := money_text(row.get("amount"), row.get("currency")):
                detail[f"{word} {row.get('currency')}"] = text
    return Resource(
        key=ResourceKey(source, Kind.ACCOUNT, ACCOUNT_ID),
        provider=PROVIDER,
        incarnation=Incarnation(ACCOUNT_ID),
        name=source,
        phase=_listed(None),
        detail=pairs(detail),
    )
