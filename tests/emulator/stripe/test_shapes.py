"""Every object the emulator prints has the fields and JSON types of Stripe's official example of it."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import stripe

from fleet_tui.emulator.stripe import StripeEmulator
from fleet_tui.emulator.stripe.model import Card
from tests.emulator.stripe.selling import open_shop, subscribed, used
from tests.support.clock import MovableClock
from tests.support.specs import Specs

DAY_S = 86400
NEWER = {"/pricing/price_details": stripe.InvoiceLineItem.Pricing}
"""Fields that came after the examples were written, and the SDK class that declares each."""
FREE = ("/metadata", "/payload", "/data/object")


def differences(example: Any, printed: Any, at: str = "") -> Iterator[str]:
    """Where the printed value has a field the example lacks, or another JSON type."""
    if at in FREE or example is None or printed is None:
        return
    if isinstance(example, dict) and isinstance(printed, dict):
        for name, value in printed.items():
            where = f"{at}/{name}"
            newer = next((owner for ending, owner in NEWER.items() if where.endswith(ending)), None)
            if name in example:
                yield from differences(example[name], value, where)
            elif newer is None or name not in newer.__annotations__:
                yield f"{where} is in no example"
    elif isinstance(example, list) and isinstance(printed, list):
        for row in printed if example else ():
            yield from differences(example[0], row, f"{at}/*")
    elif not _same_type(example, printed):
        yield f"{at} is {printed!r}, the example has {example!r}"


def _same_type(example: object, printed: object) -> bool:
    if isinstance(example, bool) or isinstance(printed, bool):
        return type(example) is type(printed)
    if isinstance(example, int | float):
        return isinstance(printed, int | float)
    return type(example) is type(printed)


def test_a_difference_is_seen() -> None:
    example = {"id": "x", "n": 1, "rows": [{"a": "b"}], "null": None, "flag": True}
    assert not list(differences(example, {"id": "y", "n": 2.5, "rows": [{"a": "c"}, {"a": None}], "null": {"q": 1}}))
    wrongs: list[dict[str, Any]] = [
        {"other": 1},
        {"n": "1"},
        {"n": True},
        {"rows": [{"b": 1}]},
        {"rows": {}},
        {"flag": 1},
    ]
    for wrong in wrongs:
        assert list(differences(example, wrong)), wrong


@pytest.mark.specs
async def test_every_object_is_shaped_like_the_official_example(
    emulator: StripeEmulator, clock: MovableClock, client: stripe.StripeClient, raw: httpx.AsyncClient, specs: Specs
) -> None:
    examples: dict[str, Any] = specs.read("stripe-fixtures3.json").document["resources"]
    shop = await open_shop(emulator, client)
    customer, subscription = await subscribed(client, shop.metered, shop.seat)
    emulator.account.cards.put(
        Card(id="ic_1", created=1, holder_id="ich_1", holder_name="x", last4="4242", limit=5, kind="physical")
    )
    await used(client, customer.id, "7")
    clock.move(40 * DAY_S)
    day = int(clock().timestamp()) // DAY_S * DAY_S
    window = {"customer": customer.id, "start_time": day - 60 * DAY_S, "end_time": day}
    event = {"event_name": "tokens", "payload[stripe_customer_id]": customer.id, "payload[value]": "1"}
    paused = {"pause_collection[behavior]": "void", "cancel_at_period_end": "true"}
    asks: list[tuple[str, str, str, dict[str, Any]]] = [
        ("customer", "GET", "/v1/customers", {}),
        ("billing.meter", "GET", "/v1/billing/meters", {}),
        ("billing.meter_event_summary", "GET", f"/v1/billing/meters/{shop.meter}/event_summaries", window),
        ("billing.meter_event", "POST", "/v1/billing/meter_events", event),
        ("product", "GET", "/v1/products", {}),
        ("price", "GET", "/v1/prices", {}),
        ("subscription", "GET", "/v1/subscriptions", {}),
        ("subscription", "POST", f"/v1/subscriptions/{subscription.id}", paused),
        ("subscription_item", "GET", "/v1/subscription_items", {"subscription": subscription.id}),
        ("invoice", "GET", "/v1/invoices", {}),
        ("invoice", "POST", "/v1/invoices/create_preview", {"customer": customer.id}),
        ("balance", "GET", "/v1/balance", {}),
        ("event", "GET", "/v1/events", {}),
        ("issuing.card", "GET", "/v1/issuing/cards", {}),
        ("subscription", "DELETE", f"/v1/subscriptions/{subscription.id}", {}),
        ("deleted_customer", "DELETE", f"/v1/customers/{customer.id}", {}),
    ]
    for kind, method, path, form in asks:
        answer = await raw.request(method, path, **({"data": form} if method == "POST" else {"params": form}))  # type: ignore[arg-type]
        assert answer.status_code == 200, answer.text
        body = answer.json()
        rows = body["data"] if body.get("object") == "list" else [body]
        assert rows, path
        for row in rows:
            assert row["object"] == examples[kind]["object"]
            assert not list(differences(examples[kind], row)), (path, list(differences(examples[kind], row)))
    lines = (await raw.get("/v1/invoices")).json()["data"][0]["lines"]["data"]
    assert not [wrong for line in lines for wrong in differences(examples["line_item"], line)]
