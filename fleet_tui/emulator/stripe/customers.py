"""Stripe's customer endpoints: list, search, create, retrieve, update, delete."""

from dataclasses import replace

from fleet_tui.emulator.stripe.account import Account, Call
from fleet_tui.emulator.stripe.billing import end
from fleet_tui.emulator.stripe.errors import invalid
from fleet_tui.emulator.stripe.model import Customer, SubscriptionStatus
from fleet_tui.emulator.stripe.operations import Operation, deletes, lists, page_json, reads, writes
from fleet_tui.emulator.stripe.render import JsonObject
from fleet_tui.emulator.stripe.search import Record, parse_query
from fleet_tui.emulator.stripe.shelves import in_range, limit_of

_FIELDS = ("name", "email", "description", "phone", "metadata")
_SEARCHED = frozenset({"created", "email", "metadata", "name", "phone"})


def _list(account: Account, call: Call) -> JsonObject:
    email, created = call.params.text("email"), in_range(call.params, "created")
    plain = email is None and not call.params.has("created")
    page = account.customers.page(
        call.params, None if plain else lambda row: created(row.created) and email in {None, row.email}
    )
    return page_json(account, page, call)


def _search(account: Account, call: Call) -> JsonObject:
    """Search pages: `page` is the place to go on at, as Stripe's opaque `next_page`."""
    passes = parse_query(call.params.need("query"), _SEARCHED)
    limit, token = limit_of(call.params), call.params.text("page") or "0"
    if not token.isdecimal():
        raise invalid("Invalid page token.", param="page")
    start = int(token)
    found = [row for row in account.customers if passes(_record(row))][::-1]
    rows, more = found[start : start + limit], len(found) > start + limit
    return {
        "object": "search_result",
        "url": call.path,
        "has_more": more,
        "data": [account.printed(row) for row in rows],
        "next_page": str(start + limit) if more else None,
    }


def _create(account: Account, call: Call) -> JsonObject:
    params = call.params
    customer = Customer(
        id=account.new_id("cus"),
        created=call.now,
        name=params.text("name"),
        email=params.text("email"),
        description=params.text("description"),
        phone=params.text("phone"),
        metadata=params.metadata({}),
    )
    account.customers.put(customer)
    account.tell("customer.created", customer, call.now, call)
    return account.printed(customer)


def _retrieve(account: Account, call: Call) -> JsonObject:
    if call.id in account.deleted:
        return _deleted(call.id)
    return account.printed(account.customers.get(call.id))


def _update(account: Account, call: Call) -> JsonObject:
    before, params = account.customers.get(call.id), call.params
    customer = replace(
        before,
        name=params.text("name") if params.has("name") else before.name,
        email=params.text("email") if params.has("email") else before.email,
        description=params.text("description") if params.has("description") else before.description,
        phone=params.text("phone") if params.has("phone") else before.phone,
        metadata=params.metadata(before.metadata),
    )
    account.customers.put(customer)
    account.tell("customer.updated", customer, call.now, call)
    return account.printed(customer)


def _delete(account: Account, call: Call) -> JsonObject:
    """Deleting a customer cancels all its subscriptions at once."""
    customer = account.customers.get(call.id)
    for subscription in account.subscriptions.of(customer.id):
        if subscription.status is not SubscriptionStatus.CANCELED:
            ended = end(account, subscription, call.now)
            account.tell("customer.subscription.deleted", ended, call.now, call)
    account.customers.remove(customer.id)
    account.deleted.add(customer.id)
    account.tell("customer.deleted", customer, call.now, call)
    return _deleted(customer.id)


def _deleted(customer_id: str) -> JsonObject:
    return {"id": customer_id, "object": "customer", "deleted": True}


def _record(customer: Customer) -> Record:
    return {
        "created": customer.created,
        "email": customer.email,
        "metadata": customer.metadata,
        "name": customer.name,
        "phone": customer.phone,
    }


OPERATIONS: tuple[Operation, ...] = (
    lists("/v1/customers", _list, "email", "created", "test_clock"),
    reads("/v1/customers/search", _search, "query", "limit", "page"),
    writes("/v1/customers", _create, *_FIELDS),
    reads("/v1/customers/{id}", _retrieve),
    writes("/v1/customers/{id}", _update, *_FIELDS),
    deletes("/v1/customers/{id}", _delete),
)
