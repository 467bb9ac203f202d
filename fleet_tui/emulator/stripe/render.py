"""How Stripe prints its objects (API 2026-10-28.endive); every field stands in the vendor's own fixtures."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from fleet_tui.emulator.stripe.model import Customer, Item, Meter, Price, Product, Subscription

JsonObject = dict[str, object]
API_VERSION = "2026-10-28.endive"
NO_TAX = {"enabled": False, "liability": None, "disabled_reason": None}


def customer_json(customer: Customer) -> JsonObject:
    return {
        "id": customer.id,
        "object": "customer",
        "address": None,
        "balance": 0,
        "created": customer.created,
        "currency": "usd",
        "default_source": None,
        "delinquent": False,
        "description": customer.description,
        "discount": None,
        "email": customer.email,
        "invoice_prefix": customer.id[-8:].upper(),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": dict(customer.metadata),
        "name": customer.name,
        "next_invoice_sequence": 1,
        "phone": customer.phone,
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }


def meter_json(meter: Meter) -> JsonObject:
    return {
        "id": meter.id,
        "object": "billing.meter",
        "created": meter.created,
        "customer_mapping": {"event_payload_key": meter.customer_key, "type": "by_id"},
        "default_aggregation": {"formula": meter.formula.value},
        "display_name": meter.display_name,
        "event_name": meter.event_name,
        "event_time_window": meter.event_time_window,
        "livemode": False,
        "status": "active" if meter.deactivated_at is None else "inactive",
        "status_transitions": {"deactivated_at": meter.deactivated_at},
        "updated": meter.updated,
        "value_settings": {"event_payload_key": meter.value_key},
    }


def product_json(product: Product) -> JsonObject:
    return {
        "id": product.id,
        "object": "product",
        "active": True,
        "created": product.created,
        "default_price": None,
        "description": product.description,
        "images": [],
        "livemode": False,
        "marketing_features": [],
        "metadata": dict(product.metadata),
        "name": product.name,
        "package_dimensions": None,
        "shippable": None,
        "statement_descriptor": None,
        "tax_code": None,
        "type": "service",
        "unit_label": product.unit_label,
        "updated": product.created,
        "url": None,
    }


def price_json(price: Price) -> JsonObject:
    return {
        "id": price.id,
        "object": "price",
        "active": True,
        "billing_scheme": "per_unit",
        "created": price.created,
        "currency": price.currency,
        "custom_unit_amount": None,
        "livemode": False,
        "lookup_key": None,
        "metadata": dict(price.metadata),
        "nickname": price.nickname,
        "product": price.product,
        "recurring": {
            "interval": price.interval,
            "interval_count": 1,
            "meter": price.meter,
            "trial_period_days": None,
            "usage_type": "licensed" if price.meter is None else "metered",
        },
        "tax_behavior": "unspecified",
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "recurring",
        "unit_amount": _whole_or_none(price.unit_amount),
        "unit_amount_decimal": plain(price.unit_amount),
    }


def item_json(item: Item, price: Price) -> JsonObject:
    """A subscription item. Metered items have no quantity."""
    row: JsonObject = {
        "id": item.id,
        "object": "subscription_item",
        "billing_thresholds": None,
        "created": item.created,
        "current_period_end": item.period_end,
        "current_period_start": item.period_start,
        "discounts": [],
        "metadata": dict(item.metadata),
        "plan": _plan_json(price),
        "price": price_json(price),
        "subscription": item.subscription,
        "tax_rates": [],
    }
    if item.quantity is not None:
        row["quantity"] = item.quantity
    return row


def subscription_json(subscription: Subscription, price_of: Callable[[str], Price]) -> JsonObject:
    items = [item_json(item, price_of(item.price)) for item in subscription.items]
    pause = subscription.pause_collection
    return {
        "id": subscription.id,
        "object": "subscription",
        "application": None,
        "application_fee_percent": None,
        "automatic_tax": NO_TAX,
        "billing_cycle_anchor": subscription.anchor,
        "billing_cycle_anchor_config": None,
        "billing_mode": {"type": "flexible", "flexible": {}},
        "billing_thresholds": None,
        "cancel_at": subscription.cancel_at,
        "cancel_at_period_end": subscription.cancel_at_period_end,
        "canceled_at": subscription.canceled_at,
        "cancellation_details": {
            "comment": subscription.cancel_comment,
            "feedback": subscription.cancel_feedback,
            "reason": subscription.cancel_reason,
        },
        "collection_method": "charge_automatically",
        "created": subscription.created,
        "currency": "usd",
        "customer": subscription.customer,
        "days_until_due": None,
        "default_payment_method": None,
        "default_source": None,
        "default_tax_rates": [],
        "description": subscription.description,
        "discounts": [],
        "ended_at": subscription.ended_at,
        "invoice_settings": {"account_tax_ids": None, "issuer": {"type": "self"}},
        "items": listed(items, f"/v1/subscription_items?subscription={subscription.id}"),
        "latest_invoice": subscription.latest_invoice,
        "livemode": False,
        "metadata": dict(subscription.metadata),
        "next_pending_invoice_item_invoice": None,
        "on_behalf_of": None,
        "pause_collection": None if pause is None else {"behavior": pause.behavior, "resumes_at": pause.resumes_at},
        "payment_settings": {
            "payment_method_options": None,
            "payment_method_types": None,
            "save_default_payment_method": "off",
        },
        "pending_invoice_item_interval": None,
        "pending_setup_intent": None,
        "pending_update": None,
        "schedule": None,
        "start_date": subscription.created,
        "status": subscription.status.value,
        "test_clock": None,
        "transfer_data": None,
        "trial_end": None,
        "trial_settings": {"end_behavior": {"missing_payment_method": "create_invoice"}},
        "trial_start": None,
    }


def listed(rows: Sequence[Mapping[str, object]], url: str, *, has_more: bool = False) -> JsonObject:
    """Stripe's list object."""
    return {"object": "list", "data": list(rows), "has_more": has_more, "url": url}


def plain(value: Decimal) -> str:
    """The number without an exponent and without trailing zeros."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _whole_or_none(value: Decimal) -> int | None:
    return int(value) if value == value.to_integral_value() else None


def _plan_json(price: Price) -> JsonObject:
    return {
        "id": price.id,
        "object": "plan",
        "active": True,
        "amount": _whole_or_none(price.unit_amount),
        "amount_decimal": plain(price.unit_amount),
        "billing_scheme": "per_unit",
        "created": price.created,
        "currency": price.currency,
        "interval": price.interval,
        "interval_count": 1,
        "livemode": False,
        "metadata": dict(price.metadata),
        "meter": price.meter,
        "nickname": price.nickname,
        "product": price.product,
        "tiers_mode": None,
        "transform_usage": None,
        "trial_period_days": None,
        "usage_type": "licensed" if price.meter is None else "metered",
    }
