"""What a subscription costs and what time does to it: previews, renewals, invoices, payments, cancellations."""

from calendar import monthrange
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from fleet_tui.emulator.stripe.account import Account, DueKind
from fleet_tui.emulator.stripe.model import Invoice, InvoiceStatus, Item, Line, Subscription, SubscriptionStatus
from fleet_tui.emulator.stripe.render import plain

FINALIZES_AFTER_S = 3600
_RENEWING = frozenset({SubscriptionStatus.ACTIVE, SubscriptionStatus.PAST_DUE})


def period_after(start: int, interval: str) -> int:
    """The end of the billing period that starts there; a month ends on the same day of the next one, or its last."""
    moment = datetime.fromtimestamp(start, UTC)
    match interval:
        case "day":
            moment += timedelta(days=1)
        case "week":
            moment += timedelta(weeks=1)
        case "year":
            moment = _months_on(moment, 12)
        case _:
            moment = _months_on(moment, 1)
    return int(moment.timestamp())


def current_lines(account: Account, subscription: Subscription, now: int) -> tuple[Line, ...]:
    """What the next invoice holds as far as it is known: usage so far, licences of the next period."""
    return tuple(_line(account, subscription, item, now) for item in subscription.items)


def next_invoice(account: Account, subscription: Subscription, now: int) -> Invoice:
    """The invoice a preview shows; it is not kept."""
    return Invoice(
        id=account.new_id("upcoming_in", 24),
        created=subscription.period_end,
        customer=subscription.customer,
        subscription=subscription.id,
        status=InvoiceStatus.DRAFT,
        lines=current_lines(account, subscription, now),
        reason="upcoming",
        period_start=subscription.period_start,
        period_end=subscription.period_end,
    )


def watch(account: Account, subscription: Subscription) -> None:
    """Have time act on it: its next renewal, its end, the end of a pause in collection."""
    if subscription.status in _RENEWING:
        account.schedule(subscription.period_end, DueKind.RENEW, subscription.id)
    if subscription.cancel_at is not None:
        account.schedule(subscription.cancel_at, DueKind.CANCEL, subscription.id)
    pause = subscription.pause_collection
    if pause is not None and pause.resumes_at is not None:
        account.schedule(pause.resumes_at, DueKind.COLLECT, subscription.id)


def settle(account: Account, now: int) -> None:
    """Do everything that is due by now, in the order it fell due."""
    while (due := account.next_due(now)) is not None:
        at, kind, object_id = due
        match kind:
            case DueKind.RENEW:
                _renew(account, object_id, at)
            case DueKind.CANCEL:
                _cancel_due(account, object_id, at)
            case DueKind.FINALIZE:
                _finalize_due(account, object_id, at)
            case DueKind.COLLECT:
                _collect_again(account, object_id, at)


def end(account: Account, subscription: Subscription, now: int) -> Subscription:
    """The subscription, canceled at `now`; its usage stops growing."""
    account.usage.stop(subscription.customer, account.meters_of(subscription), now)
    ended = replace(subscription, status=SubscriptionStatus.CANCELED, ended_at=now, cancel_at_period_end=False)
    if ended.canceled_at is None:
        ended = replace(ended, canceled_at=now)
    account.subscriptions.put(ended)
    return ended


def bill(account: Account, subscription: Subscription, now: int, reason: str) -> Invoice:
    """Keep an invoice over what is due, as a draft that becomes final after an hour."""
    holds = subscription.pause_collection is not None and subscription.pause_collection.behavior == "keep_as_draft"
    invoice = Invoice(
        id=account.new_id("in", 24),
        created=now,
        customer=subscription.customer,
        subscription=subscription.id,
        status=InvoiceStatus.DRAFT,
        lines=current_lines(account, subscription, now),
        reason=reason,
        period_start=subscription.period_start,
        period_end=now,
        auto_advance=not holds,
        finalizes_at=None if holds else now + FINALIZES_AFTER_S,
    )
    account.invoices.put(invoice)
    account.tell("invoice.created", invoice, now)
    if invoice.finalizes_at is not None:
        account.schedule(invoice.finalizes_at, DueKind.FINALIZE, invoice.id)
    return invoice


def finalize(account: Account, invoice: Invoice, now: int) -> Invoice:
    """The invoice, open and numbered."""
    number = f"FLEET-{len(account.invoices):06d}"
    opened = replace(invoice, status=InvoiceStatus.OPEN, finalized_at=now, finalizes_at=None, number=number)
    account.invoices.put(opened)
    account.tell("invoice.finalized", opened, now)
    return opened


def pay(account: Account, invoice: Invoice, now: int) -> Invoice:
    """The invoice, paid; the balance grows by it."""
    paid = replace(invoice, status=InvoiceStatus.PAID, paid_at=now)
    account.invoices.put(paid)
    account.paid_total += paid.total
    account.tell("invoice.paid", paid, now)
    return paid


def _line(account: Account, subscription: Subscription, item: Item, now: int) -> Line:
    price = account.prices.get(item.price)
    start, until = item.period_start, item.period_end
    name = account.products.get(price.product).name
    if price.meter is None:
        quantity = Decimal(item.quantity or 0)
        start, until = until, period_after(until, price.interval)
    else:
        meter = account.meters.get(price.meter)
        quantity = account.usage.window(meter, subscription.customer, start, min(now, until), now).value
    return Line(
        id=account.new_id("il", 24),
        subscription=subscription.id,
        item=item.id,
        price=price,
        quantity=quantity,
        amount=int((quantity * price.unit_amount).quantize(Decimal(1), rounding=ROUND_HALF_UP)),
        start=start,
        end=until,
        description=f"{plain(quantity)} x {name}",
    )


def _renew(account: Account, subscription_id: str, at: int) -> None:
    subscription = account.subscriptions.find(subscription_id)
    if subscription is None or subscription.status not in _RENEWING or subscription.period_end != at:
        return
    invoice = bill(account, subscription, at, "subscription_cycle")
    if subscription.cancel_at_period_end:
        ended = end(account, subscription, at)
        account.tell("customer.subscription.deleted", ended, at)
        return
    renewed = replace(subscription, items=renewed_items(account, subscription, at), latest_invoice=invoice.id)
    account.subscriptions.put(renewed)
    account.tell("customer.subscription.updated", renewed, at)
    watch(account, replace(renewed, cancel_at=None, pause_collection=None))


def renewed_items(account: Account, subscription: Subscription, at: int) -> tuple[Item, ...]:
    """Its items in the period that starts at `at`."""
    return tuple(
        replace(item, period_start=at, period_end=period_after(at, account.prices.get(item.price).interval))
        for item in subscription.items
    )


def _cancel_due(account: Account, subscription_id: str, at: int) -> None:
    subscription = account.subscriptions.find(subscription_id)
    if subscription is None or subscription.cancel_at != at or subscription.ended_at is not None:
        return
    ended = end(account, subscription, at)
    account.tell("customer.subscription.deleted", ended, at)


def _finalize_due(account: Account, invoice_id: str, at: int) -> None:
    invoice = account.invoices.find(invoice_id)
    if invoice is None or invoice.status is not InvoiceStatus.DRAFT or invoice.finalizes_at != at:
        return
    opened = finalize(account, invoice, at)
    subscription = account.subscriptions.find(invoice.subscription or "")
    pause = subscription.pause_collection if subscription else None
    if pause is not None and pause.behavior == "void":
        account.invoices.put(replace(opened, status=InvoiceStatus.VOID, voided_at=at))
    elif pause is not None and pause.behavior == "mark_uncollectible":
        account.invoices.put(replace(opened, status=InvoiceStatus.UNCOLLECTIBLE, uncollectible_at=at))
    elif subscription is None or subscription.status is not SubscriptionStatus.PAST_DUE:
        pay(account, opened, at)


def _collect_again(account: Account, subscription_id: str, at: int) -> None:
    subscription = account.subscriptions.find(subscription_id)
    pause = subscription.pause_collection if subscription else None
    if subscription is None or pause is None or pause.resumes_at != at:
        return
    collecting = replace(subscription, pause_collection=None)
    account.subscriptions.put(collecting)
    account.tell("customer.subscription.updated", collecting, at)


def _months_on(moment: datetime, months: int) -> datetime:
    month = moment.month - 1 + months
    year, month = moment.year + month // 12, month % 12 + 1
    return moment.replace(year=year, month=month, day=min(moment.day, monthrange(year, month)[1]))
