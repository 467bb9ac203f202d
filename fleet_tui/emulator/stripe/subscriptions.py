"""Stripe's subscription endpoints: list, create, update, pause, resume, cancel, and the items they hold."""

from collections.abc import Callable
from dataclasses import replace

from fleet_tui.emulator.stripe.account import Account, Call
from fleet_tui.emulator.stripe.billing import bill, end, finalize, pay, period_after, renewed_items, watch
from fleet_tui.emulator.stripe.errors import invalid, missing, no_such
from fleet_tui.emulator.stripe.forms import Params
from fleet_tui.emulator.stripe.model import Item, PauseCollection, Subscription, SubscriptionStatus
from fleet_tui.emulator.stripe.operations import Operation, deletes, lists, page_json, reads, writes
from fleet_tui.emulator.stripe.render import JsonObject, item_json, listed
from fleet_tui.emulator.stripe.shelves import in_range

_STATUSES = frozenset(
    {
        *SubscriptionStatus,
        "all",
        "ended",
        "incomplete",
        "incomplete_expired",
        "trialing",
        "unpaid",
    }
)
_BEHAVIORS = frozenset({"keep_as_draft", "mark_uncollectible", "void"})
_CHANGES = (
    "cancel_at",
    "cancel_at_period_end",
    "cancellation_details",
    "collection_method",
    "description",
    "items",
    "metadata",
    "off_session",
    "pause_collection",
    "payment_behavior",
    "proration_behavior",
    "proration_date",
)
_PAUSE = ("type", "bill_for", "invoicing_behavior")
_RESUME = ("billing_cycle_anchor", "payment_behavior", "proration_behavior", "proration_date")


def _list(account: Account, call: Call) -> JsonObject:
    params = call.params
    customer, price = params.text("customer"), params.text("price")
    shown = _status_test(params.choice("status", _STATUSES))
    created = in_range(params, "created")
    ends, starts = in_range(params, "current_period_end"), in_range(params, "current_period_start")

    def keep(row: Subscription) -> bool:
        return (
            shown(row)
            and created(row.created)
            and ends(row.period_end)
            and starts(row.period_start)
            and (price is None or any(item.price == price for item in row.items))
        )

    return page_json(account, account.subscriptions.page(params, keep, group=customer), call)


def _status_test(status: str | None) -> Callable[[Subscription], bool]:
    """Without a status, everything that is not canceled."""
    match status:
        case None:
            return lambda row: row.status is not SubscriptionStatus.CANCELED
        case "all":
            return lambda _: True
        case "ended":
            return lambda row: row.status is SubscriptionStatus.CANCELED
        case _:
            return lambda row: row.status == status


def _create(account: Account, call: Call) -> JsonObject:
    params = call.params
    customer = account.customers.get(params.need("customer"), param="customer")
    wanted = params.rows("items")
    if not wanted:
        raise missing("items")
    subscription_id = account.new_id("sub", 24)
    subscription = Subscription(
        id=subscription_id,
        created=call.now,
        customer=customer.id,
        status=SubscriptionStatus.ACTIVE,
        items=tuple(_new_item(account, subscription_id, row, call.now) for row in wanted),
        anchor=call.now,
        description=params.text("description"),
        cancel_at_period_end=params.flag("cancel_at_period_end") or False,
        cancel_at=params.number("cancel_at"),
        metadata=params.metadata({}),
    )
    account.subscriptions.put(subscription)
    account.tell("customer.subscription.created", subscription, call.now, call)
    watch(account, subscription)
    return account.printed(subscription)


def _retrieve(account: Account, call: Call) -> JsonObject:
    return account.printed(account.subscriptions.get(call.id))


def _update(account: Account, call: Call) -> JsonObject:
    before, params = _standing(account, call.id), call.params
    at_end = params.flag("cancel_at_period_end")
    details = params.inner("cancellation_details")
    changed = replace(
        before,
        items=_changed_items(account, before, params, call.now),
        description=params.text("description") if params.has("description") else before.description,
        cancel_at=params.number("cancel_at") if params.has("cancel_at") else before.cancel_at,
        cancel_at_period_end=before.cancel_at_period_end if at_end is None else at_end,
        cancel_comment=details.text("comment") or before.cancel_comment,
        cancel_feedback=details.text("feedback") or before.cancel_feedback,
        pause_collection=_pause_collection(params, before),
        metadata=params.metadata(before.metadata),
    )
    if at_end is not None:
        canceled_at = call.now if at_end else None
        reason = "cancellation_requested" if at_end else None
        changed = replace(changed, canceled_at=canceled_at, cancel_reason=reason)
        changed = replace(changed, cancel_at=changed.period_end if at_end else None)
    account.subscriptions.put(changed)
    account.tell("customer.subscription.updated", changed, call.now, call)
    watch(account, replace(changed, cancel_at=None) if at_end else changed)
    return account.printed(changed)


def _pause_collection(params: Params, before: Subscription) -> PauseCollection | None:
    if not params.has("pause_collection"):
        return before.pause_collection
    inner = params.inner("pause_collection")
    behavior = inner.choice("behavior", _BEHAVIORS)
    return PauseCollection(behavior=behavior, resumes_at=inner.number("resumes_at")) if behavior else None


def _pause(account: Account, call: Call) -> JsonObject:
    """A paused subscription neither renews nor is billed until it resumes; its usage stops."""
    before = _standing(account, call.id)
    if before.status is SubscriptionStatus.PAUSED:
        raise invalid("This subscription is already paused.")
    account.usage.stop(before.customer, account.meters_of(before), call.now)
    paused = replace(before, status=SubscriptionStatus.PAUSED)
    account.subscriptions.put(paused)
    account.tell("customer.subscription.paused", paused, call.now, call)
    return account.printed(paused)


def _resume(account: Account, call: Call) -> JsonObject:
    before = _standing(account, call.id)
    if before.status is not SubscriptionStatus.PAUSED:
        raise invalid("Only paused subscriptions can be resumed.")
    account.usage.restart(before.customer, account.meters_of(before), call.now)
    resumed = replace(before, status=SubscriptionStatus.ACTIVE)
    anchor = call.params.inner("billing_cycle_anchor").text("type") or call.params.flat().get("billing_cycle_anchor")
    if anchor != "unchanged" or before.period_end <= call.now:
        resumed = replace(resumed, anchor=call.now, items=renewed_items(account, resumed, call.now))
    account.subscriptions.put(resumed)
    account.tell("customer.subscription.resumed", resumed, call.now, call)
    watch(account, resumed)
    return account.printed(resumed)


def _cancel(account: Account, call: Call) -> JsonObject:
    before, details = _standing(account, call.id), call.params.inner("cancellation_details")
    if call.params.flag("invoice_now"):
        opened = finalize(account, bill(account, before, call.now, "subscription_update"), call.now)
        before = replace(before, latest_invoice=pay(account, opened, call.now).id)
    canceled = replace(
        end(account, before, call.now),
        cancel_comment=details.text("comment"),
        cancel_feedback=details.text("feedback"),
        cancel_reason="cancellation_requested",
    )
    account.subscriptions.put(canceled)
    account.tell("customer.subscription.deleted", canceled, call.now, call)
    return account.printed(canceled)


def _list_items(account: Account, call: Call) -> JsonObject:
    subscription = account.subscriptions.get(call.params.need("subscription"), param="subscription")
    return listed([item_json(item, account.prices.get(item.price)) for item in subscription.items], call.path)


def _retrieve_item(account: Account, call: Call) -> JsonObject:
    for subscription in account.subscriptions:
        for item in subscription.items:
            if item.id == call.id:
                return item_json(item, account.prices.get(item.price))
    raise no_such("subscription_item", call.id)


def _standing(account: Account, subscription_id: str) -> Subscription:
    """The subscription; one that is canceled is gone for every verb."""
    subscription = account.subscriptions.get(subscription_id)
    if subscription.status is SubscriptionStatus.CANCELED:
        raise no_such("subscription", subscription_id)
    return subscription


def _new_item(account: Account, subscription: str, wanted: Params, now: int) -> Item:
    price = account.prices.get(wanted.need("price"), param="items[0][price]")
    quantity = wanted.number("quantity")
    if price.meter is not None and quantity is not None:
        raise invalid("You cannot set a quantity on a metered price.", param="items[0][quantity]")
    return Item(
        id=account.new_id("si"),
        created=now,
        subscription=subscription,
        price=price.id,
        quantity=None if price.meter is not None else (1 if quantity is None else quantity),
        period_start=now,
        period_end=period_after(now, price.interval),
        metadata=wanted.metadata({}),
    )


def _changed_items(account: Account, before: Subscription, params: Params, now: int) -> tuple[Item, ...]:
    items = {item.id: item for item in before.items}
    for wanted in params.rows("items"):
        item_id = wanted.text("id")
        if item_id is None:
            made = _new_item(account, before.id, wanted, now)
            items[made.id] = replace(made, period_start=before.period_start, period_end=before.period_end)
        elif item_id not in items:
            raise no_such("subscription_item", item_id, param="items[0][id]")
        elif wanted.flag("deleted"):
            del items[item_id]
        else:
            item = items[item_id]
            price = account.prices.get(wanted.text("price") or item.price, param="items[0][price]")
            quantity = wanted.number("quantity") if wanted.has("quantity") else item.quantity
            items[item_id] = replace(item, price=price.id, quantity=None if price.meter is not None else quantity or 1)
    return tuple(items.values())


OPERATIONS: tuple[Operation, ...] = (
    lists(
        "/v1/subscriptions",
        _list,
        *("collection_method", "created", "current_period_end", "current_period_start", "customer", "price", "status"),
    ),
    writes(
        "/v1/subscriptions", _create, "customer", "currency", "payment_settings", "default_payment_method", *_CHANGES
    ),
    reads("/v1/subscriptions/{id}", _retrieve),
    writes("/v1/subscriptions/{id}", _update, *_CHANGES),
    writes("/v1/subscriptions/{id}/pause", _pause, *_PAUSE),
    writes("/v1/subscriptions/{id}/resume", _resume, *_RESUME),
    deletes("/v1/subscriptions/{id}", _cancel, "cancellation_details", "invoice_now", "prorate"),
    lists("/v1/subscription_items", _list_items, "subscription"),
    reads("/v1/subscription_items/{id}", _retrieve_item),
)
