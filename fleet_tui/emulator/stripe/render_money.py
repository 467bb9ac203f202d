"""How Stripe prints what moves money: invoices and their lines, cards, and the events that tell of them."""

from fleet_tui.emulator.stripe.model import Card, Customer, Event, Invoice, InvoiceStatus, Line
from fleet_tui.emulator.stripe.render import API_VERSION, NO_TAX, JsonObject, listed, plain


def line_json(line: Line, invoice: str) -> JsonObject:
    return {
        "id": line.id,
        "object": "line_item",
        "amount": line.amount,
        "currency": line.price.currency,
        "description": line.description,
        "discount_amounts": [],
        "discountable": True,
        "discounts": [],
        "invoice": invoice,
        "livemode": False,
        "metadata": {},
        "parent": {
            "invoice_item_details": None,
            "subscription_item_details": {
                "invoice_item": None,
                "proration": False,
                "proration_details": None,
                "subscription": line.subscription,
                "subscription_item": line.item,
            },
            "type": "subscription_item_details",
        },
        "period": {"end": line.end, "start": line.start},
        "pretax_credit_amounts": [],
        "pricing": {
            "type": "price_details",
            "price_details": {"price": line.price.id, "product": line.price.product},
            "unit_amount_decimal": plain(line.price.unit_amount),
        },
        "quantity": int(line.quantity),
        "quantity_decimal": plain(line.quantity),
        "subtotal": line.amount,
        "taxes": [],
    }


def invoice_json(invoice: Invoice, customer: Customer | None) -> JsonObject:
    total = invoice.total
    paid = total if invoice.status is InvoiceStatus.PAID else 0
    parent: JsonObject | None = None
    if invoice.subscription is not None:
        details: JsonObject = {"metadata": {}, "subscription": invoice.subscription}
        parent = {"quote_details": None, "subscription_details": details, "type": "subscription_details"}
    lines = [line_json(line, invoice.id) for line in invoice.lines]
    return {
        "id": invoice.id,
        "object": "invoice",
        "account_country": "US",
        "account_name": "Fleet emulator",
        "amount_due": total,
        "amount_overpaid": 0,
        "amount_paid": paid,
        "amount_remaining": total - paid,
        "amount_shipping": 0,
        "attempt_count": 0 if invoice.paid_at is None else 1,
        "attempted": invoice.paid_at is not None,
        "auto_advance": invoice.auto_advance,
        "automatic_tax": {**NO_TAX, "provider": None, "status": None},
        "automatically_finalizes_at": invoice.finalizes_at,
        "billing_reason": invoice.reason,
        "collection_method": "charge_automatically",
        "created": invoice.created,
        "currency": invoice.currency,
        "customer": invoice.customer,
        "customer_email": customer.email if customer else None,
        "customer_name": customer.name if customer else None,
        "default_tax_rates": [],
        "description": None,
        "discounts": [],
        "due_date": None,
        "effective_at": invoice.finalized_at,
        "ending_balance": None if invoice.finalized_at is None else 0,
        "hosted_invoice_url": None,
        "invoice_pdf": None,
        "issuer": {"type": "self"},
        "lines": listed(lines, f"/v1/invoices/{invoice.id}/lines"),
        "livemode": False,
        "metadata": {},
        "next_payment_attempt": invoice.finalizes_at,
        "number": invoice.number,
        "parent": parent,
        "period_end": invoice.period_end,
        "period_start": invoice.period_start,
        "post_payment_credit_notes_amount": 0,
        "pre_payment_credit_notes_amount": 0,
        "starting_balance": 0,
        "status": invoice.status.value,
        "status_transitions": {
            "finalized_at": invoice.finalized_at,
            "marked_uncollectible_at": invoice.uncollectible_at,
            "paid_at": invoice.paid_at,
            "voided_at": invoice.voided_at,
        },
        "subtotal": total,
        "subtotal_excluding_tax": total,
        "total": total,
        "total_discount_amounts": [],
        "total_excluding_tax": total,
        "total_pretax_credit_amounts": [],
        "total_taxes": [],
        "webhooks_delivered_at": invoice.created,
    }


def card_json(card: Card) -> JsonObject:
    limits: list[JsonObject] = []
    if card.limit is not None:
        limits = [{"amount": card.limit, "categories": [], "interval": "monthly"}]
    return {
        "id": card.id,
        "object": "issuing.card",
        "brand": "Visa",
        "cancellation_reason": card.cancellation_reason,
        "cardholder": _holder_json(card),
        "created": card.created,
        "currency": "usd",
        "exp_month": 8,
        "exp_year": 2030,
        "last4": card.last4,
        "livemode": False,
        "metadata": dict(card.metadata),
        "replaced_by": None,
        "replacement_for": None,
        "replacement_reason": None,
        "shipping": None,
        "spending_controls": {
            "allowed_categories": None,
            "allowed_merchant_countries": None,
            "blocked_categories": None,
            "blocked_merchant_countries": None,
            "spending_limits": limits,
            "spending_limits_currency": "usd",
        },
        "status": card.status,
        "type": card.kind,
        "wallets": None,
    }


def event_json(event: Event) -> JsonObject:
    return {
        "id": event.id,
        "object": "event",
        "api_version": API_VERSION,
        "created": event.created,
        "data": {"object": dict(event.object)},
        "livemode": False,
        "pending_webhooks": 0,
        "request": {"id": event.request, "idempotency_key": event.idempotency_key},
        "type": event.type,
    }


def _holder_json(card: Card) -> JsonObject:
    return {
        "id": card.holder_id,
        "object": "issuing.cardholder",
        "created": card.created,
        "livemode": False,
        "metadata": {},
        "name": card.holder_name,
        "status": "active",
        "type": "company",
    }
