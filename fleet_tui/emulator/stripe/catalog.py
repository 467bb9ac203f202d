"""Stripe's endpoints for what is sold, the cards that pay, and the events that tell of changes."""

from dataclasses import replace

from fleet_tui.emulator.stripe.account import Account, Call
from fleet_tui.emulator.stripe.errors import invalid
from fleet_tui.emulator.stripe.model import Card, Event, Price
from fleet_tui.emulator.stripe.operations import Operation, lists, page_json, reads, writes
from fleet_tui.emulator.stripe.render import JsonObject
from fleet_tui.emulator.stripe.shelves import in_range

_MAX_TYPES = 20
_EVENTS_KEPT_S = 30 * 86400
_CARD_STATUSES = frozenset({"active", "inactive", "canceled"})


def _products(account: Account, call: Call) -> JsonObject:
    active = call.params.flag("active")
    return page_json(account, account.products.page(call.params, lambda _: active is not False), call)


def _product(account: Account, call: Call) -> JsonObject:
    return account.printed(account.products.get(call.id))


def _prices(account: Account, call: Call) -> JsonObject:
    params = call.params
    active, product = params.flag("active"), params.text("product")
    recurring = params.inner("recurring")
    usage, meter = recurring.text("usage_type"), recurring.text("meter")

    def keep(row: Price) -> bool:
        return (
            active is not False
            and product in {None, row.product}
            and meter in {None, row.meter}
            and usage in {None, "licensed" if row.meter is None else "metered"}
        )

    return page_json(account, account.prices.page(params, keep), call)


def _price(account: Account, call: Call) -> JsonObject:
    return account.printed(account.prices.get(call.id))


def _events(account: Account, call: Call) -> JsonObject:
    """Events of the last 30 days, as long as Stripe keeps them."""
    params = call.params
    one, several = params.text("type"), params.texts("types")
    if len(several) > _MAX_TYPES:
        raise invalid(f"You may pass at most {_MAX_TYPES} types.", param="types")
    wanted = frozenset(several) if one is None else frozenset({one})
    created = in_range(params, "created")

    def keep(row: Event) -> bool:
        named = not wanted or any(row.type == name or _starred(name, row.type) for name in wanted)
        return named and created(row.created) and call.now - row.created <= _EVENTS_KEPT_S

    return page_json(account, account.events.page(params, keep), call)


def _starred(pattern: str, event_type: str) -> bool:
    return pattern.endswith("*") and event_type.startswith(pattern[:-1])


def _event(account: Account, call: Call) -> JsonObject:
    return account.printed(account.events.get(call.id))


def _cards(account: Account, call: Call) -> JsonObject:
    params = call.params
    status, holder, last4 = params.choice("status", _CARD_STATUSES), params.text("cardholder"), params.text("last4")

    def keep(row: Card) -> bool:
        return status in {None, row.status} and holder in {None, row.holder_id} and last4 in {None, row.last4}

    return page_json(account, account.cards.page(params, keep), call)


def _card(account: Account, call: Call) -> JsonObject:
    return account.printed(account.cards.get(call.id))


def _update_card(account: Account, call: Call) -> JsonObject:
    """Freeze is inactive, kill is canceled; what is canceled stays so."""
    before, params = account.cards.get(call.id), call.params
    status = params.choice("status", _CARD_STATUSES) or before.status
    if before.status == "canceled" and status != "canceled":
        raise invalid("You cannot update the status of a canceled card.", param="status")
    reason = params.text("cancellation_reason") if status == "canceled" else None
    card = replace(before, status=status, cancellation_reason=reason, metadata=params.metadata(before.metadata))
    account.cards.put(card)
    account.tell("issuing_card.updated", card, call.now, call)
    return account.printed(card)


OPERATIONS: tuple[Operation, ...] = (
    lists("/v1/products", _products, "active", "ids", "created"),
    reads("/v1/products/{id}", _product),
    lists("/v1/prices", _prices, "active", "product", "recurring", "type", "currency", "lookup_keys"),
    reads("/v1/prices/{id}", _price),
    lists("/v1/events", _events, "type", "types", "created", "delivery_success"),
    reads("/v1/events/{id}", _event),
    lists("/v1/issuing/cards", _cards, "status", "cardholder", "last4", "type", "created", "exp_month", "exp_year"),
    reads("/v1/issuing/cards/{id}", _card),
    writes("/v1/issuing/cards/{id}", _update_card, "status", "cancellation_reason", "metadata", "spending_controls"),
)
