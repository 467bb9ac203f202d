"""Stripe's usage endpoints: meters, their summaries per customer, and the events that are metered."""

from dataclasses import replace
from decimal import Decimal

from fleet_tui.emulator.stripe.account import Account, Call
from fleet_tui.emulator.stripe.errors import invalid, missing
from fleet_tui.emulator.stripe.model import Formula, Meter
from fleet_tui.emulator.stripe.operations import Operation, lists, page_json, reads, writes
from fleet_tui.emulator.stripe.render import JsonObject, listed
from fleet_tui.emulator.stripe.shelves import limit_of
from fleet_tui.emulator.stripe.usage import Reading, Window

_STEPS_S = {"hour": 3600, "day": 86400}
_MINUTE_S = 60
_OLDEST_EVENT_S = 35 * 86400
_FUTURE_EVENT_S = 300


def _list(account: Account, call: Call) -> JsonObject:
    status = call.params.choice("status", frozenset({"active", "inactive"}))
    page = account.meters.page(call.params, lambda row: status in {None, _status(row)})
    return page_json(account, page, call)


def _create(account: Account, call: Call) -> JsonObject:
    params = call.params
    formula = params.inner("default_aggregation").choice("formula", frozenset(Formula))
    if formula is None:
        raise missing("default_aggregation")
    event_name = params.need("event_name")
    if _active(account, event_name) is not None:
        raise invalid(f"An active meter with event_name {event_name} already exists.", param="event_name")
    meter = Meter(
        id=account.new_id("mtr"),
        created=call.now,
        updated=call.now,
        display_name=params.need("display_name"),
        event_name=event_name,
        formula=Formula(formula),
        customer_key=params.inner("customer_mapping").text("event_payload_key") or "stripe_customer_id",
        value_key=params.inner("value_settings").text("event_payload_key") or "value",
        event_time_window=params.choice("event_time_window", frozenset(_STEPS_S)),
    )
    account.meters.put(meter)
    account.tell("billing.meter.created", meter, call.now, call)
    return account.printed(meter)


def _retrieve(account: Account, call: Call) -> JsonObject:
    return account.printed(account.meters.get(call.id))


def _update(account: Account, call: Call) -> JsonObject:
    before = account.meters.get(call.id)
    meter = replace(before, display_name=call.params.text("display_name") or before.display_name, updated=call.now)
    account.meters.put(meter)
    account.tell("billing.meter.updated", meter, call.now, call)
    return account.printed(meter)


def _deactivate(account: Account, call: Call) -> JsonObject:
    before = account.meters.get(call.id)
    if before.deactivated_at is not None:
        raise invalid("This meter is already inactive.", code="meter_already_inactive")
    meter = replace(before, deactivated_at=call.now, updated=call.now)
    account.meters.put(meter)
    account.tell("billing.meter.deactivated", meter, call.now, call)
    return account.printed(meter)


def _reactivate(account: Account, call: Call) -> JsonObject:
    before = account.meters.get(call.id)
    if before.deactivated_at is None:
        raise invalid("This meter is already active.", code="meter_already_active")
    meter = replace(before, deactivated_at=None, updated=call.now)
    account.meters.put(meter)
    account.tell("billing.meter.reactivated", meter, call.now, call)
    return account.printed(meter)


def _summaries(account: Account, call: Call) -> JsonObject:
    """The windows in which this customer used anything, newest first."""
    params = call.params
    meter = account.meters.get(call.id)
    customer = account.customers.get(params.need("customer"), param="customer")
    grouping = params.choice("value_grouping_window", frozenset(_STEPS_S))
    step_s = _STEPS_S[grouping] if grouping else None
    start, until = params.need_number("start_time"), params.need_number("end_time")
    for name, value in (("start_time", start), ("end_time", until)):
        if value % (step_s or _MINUTE_S):
            raise invalid(f"{name} must be aligned with {grouping or 'minute'} boundaries.", param=name)
    if until <= start:
        raise invalid("end_time must be after start_time.", param="end_time")
    windows = account.usage.windows(meter, customer.id, start, until, call.now, step_s=step_s)
    rows = [_summary_json(meter, customer.id, window) for window in windows]
    first = _first_after(rows, params.text("starting_after"))
    limit = limit_of(params)
    return listed(rows[first : first + limit], call.path, has_more=len(rows) > first + limit)


def _send(account: Account, call: Call) -> JsonObject:
    params = call.params
    event_name, payload = params.need("event_name"), params.inner("payload").flat()
    meter = _active(account, event_name)
    if meter is None:
        archived = any(row.event_name == event_name for row in account.meters)
        words = f"No active meter found for event name {event_name}."
        raise invalid(words, param="event_name", code="archived_meter" if archived else "no_meter")
    customer_id = payload.get(meter.customer_key)
    if not customer_id:
        raise invalid(
            f"The payload lacks {meter.customer_key}.", param="payload", code="meter_event_no_customer_defined"
        )
    account.customers.get(customer_id, param=f"payload[{meter.customer_key}]")
    stamp = params.number("timestamp") if params.has("timestamp") else call.now
    if stamp is None or not call.now - _OLDEST_EVENT_S <= stamp <= call.now + _FUTURE_EVENT_S:
        code = "timestamp_in_future" if stamp and stamp > call.now else "timestamp_too_far_in_past"
        words = "The timestamp must be within the past 35 days or up to 5 minutes in the future."
        raise invalid(words, param="timestamp", code=code)
    value = _value(meter, params.inner("payload").decimal(meter.value_key))
    identifier = params.text("identifier") or account.new_id("mev", 32)
    if account.usage.seen(identifier, call.now):
        raise invalid(f"An event already exists with identifier {identifier}.", code="duplicate_meter_event")
    account.usage.read(meter.id, customer_id, Reading(at=stamp, arrived=call.now, value=value))
    return {
        "object": "billing.meter_event",
        "created": call.now,
        "event_name": event_name,
        "identifier": identifier,
        "livemode": False,
        "payload": payload,
        "timestamp": stamp,
    }


def _value(meter: Meter, sent: Decimal | None) -> Decimal:
    if sent is not None:
        return sent
    if meter.formula is Formula.COUNT:
        return Decimal(1)
    raise invalid(f"The payload lacks {meter.value_key}.", param="payload", code="meter_event_value_not_found")


def _active(account: Account, event_name: str) -> Meter | None:
    found = (row for row in account.meters if row.event_name == event_name and row.deactivated_at is None)
    return next(found, None)


def _status(meter: Meter) -> str:
    return "active" if meter.deactivated_at is None else "inactive"


def _summary_json(meter: Meter, customer: str, window: Window) -> JsonObject:
    whole = window.value == window.value.to_integral_value()
    return {
        "id": f"mtrusg_{meter.id[4:]}{customer[4:]}{window.start:x}{window.end:x}",
        "object": "billing.meter_event_summary",
        "aggregated_value": int(window.value) if whole else float(window.value),
        "end_time": window.end,
        "livemode": False,
        "meter": meter.id,
        "start_time": window.start,
    }


def _first_after(rows: list[JsonObject], cursor: str | None) -> int:
    if cursor is None:
        return 0
    for number, row in enumerate(rows):
        if row["id"] == cursor:
            return number + 1
    raise invalid(f"No such meter event summary: '{cursor}'", param="starting_after", code="resource_missing")


OPERATIONS: tuple[Operation, ...] = (
    lists("/v1/billing/meters", _list, "status"),
    writes(
        "/v1/billing/meters",
        _create,
        "customer_mapping",
        "default_aggregation",
        "display_name",
        "event_name",
        "event_time_window",
        "value_settings",
    ),
    reads("/v1/billing/meters/{id}", _retrieve),
    writes("/v1/billing/meters/{id}", _update, "display_name"),
    writes("/v1/billing/meters/{id}/deactivate", _deactivate),
    writes("/v1/billing/meters/{id}/reactivate", _reactivate),
    lists(
        "/v1/billing/meters/{id}/event_summaries",
        _summaries,
        "customer",
        "start_time",
        "end_time",
        "value_grouping_window",
    ),
    writes("/v1/billing/meter_events", _send, "event_name", "identifier", "payload", "timestamp"),
)
