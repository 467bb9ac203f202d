"""Stripe's invoice endpoints: list, retrieve, preview, finalize, pay, void; and the balance they fill."""

from collections.abc import Callable
from dataclasses import replace

from fleet_tui.emulator.stripe.account import Account, Call
from fleet_tui.emulator.stripe.billing import finalize, next_invoice, pay
from fleet_tui.emulator.stripe.errors import StripeRefusedError, invalid, missing
from fleet_tui.emulator.stripe.model import Invoice, InvoiceStatus, Subscription, SubscriptionStatus
from fleet_tui.emulator.stripe.operations import Operation, lists, page_json, reads, writes
from fleet_tui.emulator.stripe.render import JsonObject, listed
from fleet_tui.emulator.stripe.render_money import line_json
from fleet_tui.emulator.stripe.shelves import in_range

_OPEN = frozenset({InvoiceStatus.OPEN, InvoiceStatus.UNCOLLECTIBLE})
_PREVIEW = (
    "customer",
    "subscription",
    "currency",
    "preview_mode",
    "subscription_details",
    "automatic_tax",
    "discounts",
)


def _list(account: Account, call: Call) -> JsonObject:
    params = call.params
    customer, subscription = params.text("customer"), params.text("subscription")
    status = params.choice("status", frozenset(InvoiceStatus))
    created = in_range(params, "created")

    def keep(row: Invoice) -> bool:
        return (
            created(row.created)
            and (status is None or row.status == status)
            and (subscription is None or row.subscription == subscription)
        )

    return page_json(account, account.invoices.page(params, keep, group=customer), call)


def _retrieve(account: Account, call: Call) -> JsonObject:
    return account.printed(account.invoices.get(call.id))


def _lines(account: Account, call: Call) -> JsonObject:
    invoice = account.invoices.get(call.id)
    return listed([line_json(line, invoice.id) for line in invoice.lines], call.path)


def _preview(account: Account, call: Call) -> JsonObject:
    """What the next invoice of a subscription holds so far; nothing is kept."""
    shown = account.printed(next_invoice(account, _previewed(account, call), call.now))
    shown["auto_advance"] = False
    return shown


def _previewed(account: Account, call: Call) -> Subscription:
    subscription_id, customer_id = call.params.text("subscription"), call.params.text("customer")
    if subscription_id is not None:
        subscription = account.subscriptions.get(subscription_id, param="subscription")
        if subscription.status in {SubscriptionStatus.CANCELED, SubscriptionStatus.PAUSED}:
            raise _nothing_upcoming(subscription.customer)
        return subscription
    if customer_id is None:
        raise missing("customer")
    customer = account.customers.get(customer_id, param="customer")
    standing = [
        row
        for row in account.subscriptions.of(customer.id)
        if row.status in {SubscriptionStatus.ACTIVE, SubscriptionStatus.PAST_DUE}
    ]
    if not standing:
        raise _nothing_upcoming(customer.id)
    return min(standing, key=lambda row: row.period_end)


def _nothing_upcoming(customer: str) -> StripeRefusedError:
    words = f"No upcoming invoices for customer: {customer}"
    return StripeRefusedError(404, message=words, code="invoice_upcoming_none")


def _finalize(account: Account, call: Call) -> JsonObject:
    return _moved(account, call, frozenset({InvoiceStatus.DRAFT}), lambda row: finalize(account, row, call.now))


def _pay(account: Account, call: Call) -> JsonObject:
    return _moved(account, call, _OPEN, lambda row: pay(account, row, call.now))


def _void(account: Account, call: Call) -> JsonObject:
    return _moved(account, call, _OPEN, lambda row: replace(row, status=InvoiceStatus.VOID, voided_at=call.now))


def _give_up(account: Account, call: Call) -> JsonObject:
    def uncollectible(row: Invoice) -> Invoice:
        return replace(row, status=InvoiceStatus.UNCOLLECTIBLE, uncollectible_at=call.now)

    return _moved(account, call, frozenset({InvoiceStatus.OPEN}), uncollectible)


def _moved(
    account: Account, call: Call, allowed: frozenset[InvoiceStatus], change: Callable[[Invoice], Invoice]
) -> JsonObject:
    invoice = account.invoices.get(call.id)
    if invoice.status not in allowed:
        verb = call.path.rsplit("/", 1)[-1]
        raise invalid(f"You can't {verb} an invoice that is {invoice.status.value}.", code="invoice_not_editable")
    changed = change(invoice)
    account.invoices.put(changed)
    account.tell("invoice.updated", changed, call.now, call)
    return account.printed(changed)


def _balance(account: Account, call: Call) -> JsonObject:
    del call

    def amounts(cents: int) -> list[JsonObject]:
        return [{"amount": cents, "currency": "usd", "source_types": {"card": cents}}]

    return {
        "object": "balance",
        "available": amounts(account.paid_total),
        "connect_reserved": [{"amount": 0, "currency": "usd"}],
        "livemode": False,
        "pending": amounts(0),
    }


OPERATIONS: tuple[Operation, ...] = (
    lists("/v1/invoices", _list, "collection_method", "created", "customer", "due_date", "status", "subscription"),
    writes("/v1/invoices/create_preview", _preview, *_PREVIEW),
    reads("/v1/invoices/{id}", _retrieve),
    lists("/v1/invoices/{id}/lines", _lines),
    writes("/v1/invoices/{id}/finalize", _finalize, "auto_advance"),
    writes("/v1/invoices/{id}/pay", _pay, "paid_out_of_band", "payment_method", "off_session"),
    writes("/v1/invoices/{id}/void", _void),
    writes("/v1/invoices/{id}/mark_uncollectible", _give_up),
    reads("/v1/balance", _balance),
)
