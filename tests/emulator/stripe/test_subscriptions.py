"""Subscriptions and invoices through Stripe's SDK: every verb, what it costs, and what time alone does."""

from datetime import datetime

import pytest
import stripe

from fleet_tui.emulator.stripe import StripeEmulator
from fleet_tui.emulator.stripe.billing import period_after
from fleet_tui.emulator.stripe.model import Card
from tests.emulator.stripe.selling import open_shop, subscribed, used
from tests.support.clock import MovableClock

HOUR_S = 3600
DAY_S = 86400
MONTH_S = 31 * DAY_S


async def test_a_subscription_holds_its_prices_and_a_metered_item_has_no_quantity(
    emulator: StripeEmulator, client: stripe.StripeClient
) -> None:
    shop = await open_shop(emulator, client)
    customer, made = await subscribed(client, shop.metered, shop.seat)
    found = await client.v1.subscriptions.retrieve_async(made.id)
    metered, seat = found["items"]["data"]
    assert (metered.price.recurring.usage_type, metered.price.recurring.meter) == ("metered", shop.meter)
    assert "quantity" not in metered
    assert (seat.quantity, seat.price.unit_amount, seat.plan.amount) == (1, 2000, 2000)
    assert (found.status, found.customer) == ("active", customer.id)
    items = await client.v1.subscription_items.list_async({"subscription": made.id})
    assert [item.id for item in items.data] == [metered.id, seat.id]
    assert (await client.v1.subscription_items.retrieve_async(seat.id)).price.id == shop.seat


async def test_the_list_hides_the_canceled_unless_asked_and_filters(
    emulator: StripeEmulator, client: stripe.StripeClient
) -> None:
    shop = await open_shop(emulator, client)
    first_customer, first = await subscribed(client, shop.metered)
    _, second = await subscribed(client, shop.seat, agent="a-2")
    _, third = await subscribed(client, shop.seat, agent="a-3")
    await client.v1.subscriptions.cancel_async(third.id)

    async def ids(**params: object) -> list[str]:
        page = await client.v1.subscriptions.list_async(params)  # type: ignore[arg-type]
        return [row.id for row in page.data]

    assert await ids() == [second.id, first.id]
    assert await ids(status="all") == [third.id, second.id, first.id]
    assert await ids(status="canceled") == await ids(status="ended") == [third.id]
    assert await ids(customer=first_customer.id) == [first.id]
    assert await ids(price=shop.seat, status="all") == [third.id, second.id]
    assert await ids(price=shop.metered) == [first.id]
    assert await ids(customer="cus_none") == []


async def test_expand_puts_objects_where_their_ids_were(emulator: StripeEmulator, client: stripe.StripeClient) -> None:
    shop = await open_shop(emulator, client)
    customer, subscription = await subscribed(client, shop.seat)
    page = await client.v1.subscriptions.list_async({"expand": ["data.customer", "data.latest_invoice"]})
    (row,) = page.data
    assert isinstance(row.customer, stripe.Customer)
    assert (row.customer.id, row.latest_invoice) == (customer.id, None)
    one = await client.v1.subscriptions.retrieve_async(subscription.id, {"expand": ["items.data.price.product"]})
    assert one["items"]["data"][0].price.product.name == "Seat"
    with pytest.raises(stripe.InvalidRequestError):
        await client.v1.subscriptions.list_async({"expand": ["data.nonsense"]})


async def test_cancel_is_final_and_a_second_cancel_finds_nothing(
    emulator: StripeEmulator, clock: MovableClock, client: stripe.StripeClient
) -> None:
    shop = await open_shop(emulator, client)
    _, subscription = await subscribed(client, shop.metered)
    clock.move(HOUR_S)
    canceled = await client.v1.subscriptions.cancel_async(
        subscription.id, {"cancellation_details": {"comment": "runaway agent"}}
    )
    now = int(clock().timestamp())
    assert (canceled.status, canceled.canceled_at, canceled.ended_at) == ("canceled", now, now)
    assert canceled.cancellation_details is not None
    assert canceled.cancellation_details.comment == "runaway agent"
    for call in (
        client.v1.subscriptions.cancel_async(subscription.id),
        client.v1.subscriptions.pause_async(subscription.id),
        client.v1.subscriptions.update_async(subscription.id, {"description": "x"}),
    ):
        with pytest.raises(stripe.InvalidRequestError) as gone:
            await call
        assert (gone.value.http_status, gone.value.code) == (404, "resource_missing")
    assert (await client.v1.subscriptions.retrieve_async(subscription.id)).status == "canceled"


async def test_cancel_with_an_invoice_bills_the_usage_at_once(
    emulator: StripeEmulator, clock: MovableClock, client: stripe.StripeClient
) -> None:
    shop = await open_shop(emulator, client)
    customer, subscription = await subscribed(client, shop.metered)
    await used(client, customer.id, "1000")
    clock.move(60)
    canceled = await client.v1.subscriptions.cancel_async(subscription.id, {"invoice_now": True})
    (invoice,) = (await client.v1.invoices.list_async({"customer": customer.id})).data
    assert (invoice.id, invoice.total, invoice.status) == (canceled.latest_invoice, 250, "paid")


async def test_a_pause_stops_billing_until_it_resumes_in_a_new_period(
    emulator: StripeEmulator, clock: MovableClock, client: stripe.StripeClient
) -> None:
    shop = await open_shop(emulator, client)
    customer, subscription = await subscribed(client, shop.seat)
    paused = await client.v1.subscriptions.pause_async(subscription.id)
    assert paused.status == "paused"
    with pytest.raises(stripe.InvalidRequestError, match="already paused"):
        await client.v1.subscriptions.pause_async(subscription.id)
    with pytest.raises(stripe.InvalidRequestError) as nothing:
        await client.v1.invoices.create_preview_async({"subscription": subscription.id})
    assert nothing.value.code == "invoice_upcoming_none"
    clock.move(2 * MONTH_S)
    assert (await client.v1.invoices.list_async({"customer": customer.id})).data == []
    resumed = await client.v1.subscriptions.resume_async(subscription.id)
    assert (resumed.status, resumed.billing_cycle_anchor) == ("active", int(clock().timestamp()))
    with pytest.raises(stripe.InvalidRequestError, match="Only paused"):
        await client.v1.subscriptions.resume_async(subscription.id)
    clock.move(MONTH_S + 2 * HOUR_S)
    assert len((await client.v1.invoices.list_async({"customer": customer.id})).data) == 1


async def test_a_preview_prices_what_was_used_so_far_and_keeps_nothing(
    emulator: StripeEmulator, clock: MovableClock, client: stripe.StripeClient
) -> None:
    shop = await open_shop(emulator, client)
    customer, subscription = await subscribed(client, shop.metered, shop.seat)
    await used(client, customer.id, "1010")
    clock.move(60)
    preview = await client.v1.invoices.create_preview_async({"customer": customer.id})
    usage, seat = preview.lines.data
    # 1010 x 0.25 cents is 252.5 cents, and half a cent is rounded up.
    assert (usage.amount, seat.amount, preview.total) == (253, 2000, 2253)
    assert preview.parent is not None
    assert preview.parent.subscription_details is not None
    assert preview.parent.subscription_details.subscription == subscription.id
    assert usage.pricing is not None
    assert str(usage.pricing.unit_amount_decimal) == "0.25"
    await used(client, customer.id, "990")
    clock.move(60)
    assert (await client.v1.invoices.create_preview_async({"subscription": subscription.id})).total == 2500
    assert (await client.v1.invoices.list_async()).data == []


async def test_a_month_ends_in_an_invoice_that_is_paid_an_hour_later(
    emulator: StripeEmulator, clock: MovableClock, client: stripe.StripeClient
) -> None:
    shop = await open_shop(emulator, client)
    customer, subscription = await subscribed(client, shop.metered, shop.seat)
    await used(client, customer.id, "2000")
    clock.move(MONTH_S)
    (draft,) = (await client.v1.invoices.list_async({"subscription": subscription.id})).data
    assert (draft.status, draft.total, draft.billing_reason) == ("draft", 2500, "subscription_cycle")
    assert (await client.v1.balance.retrieve_async()).available[0].amount == 0
    clock.move(HOUR_S)
    paid = await client.v1.invoices.retrieve_async(draft.id)
    assert (paid.status, paid.amount_paid, paid.amount_remaining) == ("paid", 2500, 0)
    assert (await client.v1.balance.retrieve_async()).available[0].amount == 2500
    renewed = await client.v1.subscriptions.retrieve_async(subscription.id)
    assert renewed["items"]["data"][0].current_period_start == draft.period_end
    assert renewed.latest_invoice == draft.id
    assert (await client.v1.invoices.create_preview_async({"subscription": subscription.id})).lines.data[0].amount == 0


async def test_a_long_absence_is_billed_month_by_month(
    emulator: StripeEmulator, clock: MovableClock, client: stripe.StripeClient
) -> None:
    shop = await open_shop(emulator, client)
    customer, _ = await subscribed(client, shop.seat)
    clock.move(185 * DAY_S)
    rows = (await client.v1.invoices.list_async({"customer": customer.id})).data
    assert [row.total for row in rows] == [2000] * 6
    created = [row.created for row in rows]
    assert created == sorted(created, reverse=True)


@pytest.mark.parametrize(
    ("behavior", "status"), [("void", "void"), ("mark_uncollectible", "uncollectible"), ("keep_as_draft", "draft")]
)
async def test_paused_collection_still_makes_invoices_that_nobody_pays(
    emulator: StripeEmulator, clock: MovableClock, client: stripe.StripeClient, behavior: str, status: str
) -> None:
    shop = await open_shop(emulator, client)
    customer, subscription = await subscribed(client, shop.seat)
    later = int(clock().timestamp()) + MONTH_S + 6 * HOUR_S
    changed = await client.v1.subscriptions.update_async(
        subscription.id, {"pause_collection": {"behavior": behavior, "resumes_at": later}}
    )
    assert (changed.status, changed.pause_collection and changed.pause_collection.behavior) == ("active", behavior)
    clock.move(MONTH_S + 2 * HOUR_S)
    (invoice,) = (await client.v1.invoices.list_async({"customer": customer.id})).data
    assert invoice.status == status
    clock.move(6 * HOUR_S)
    assert (await client.v1.subscriptions.retrieve_async(subscription.id)).pause_collection is None


async def test_cancel_at_period_end_can_be_taken_back_until_it_happens(
    emulator: StripeEmulator, clock: MovableClock, client: stripe.StripeClient
) -> None:
    shop = await open_shop(emulator, client)
    _, subscription = await subscribed(client, shop.seat)
    ending = await client.v1.subscriptions.update_async(subscription.id, {"cancel_at_period_end": True})
    assert (ending.status, ending.cancel_at) == ("active", ending["items"]["data"][0].current_period_end)
    back = await client.v1.subscriptions.update_async(subscription.id, {"cancel_at_period_end": False})
    assert (back.cancel_at, back.canceled_at) == (None, None)
    await client.v1.subscriptions.update_async(subscription.id, {"cancel_at_period_end": True})
    clock.move(MONTH_S + HOUR_S)
    assert (await client.v1.subscriptions.retrieve_async(subscription.id)).status == "canceled"


async def test_a_date_to_cancel_at_is_kept_and_can_be_cleared(
    emulator: StripeEmulator, clock: MovableClock, client: stripe.StripeClient
) -> None:
    shop = await open_shop(emulator, client)
    _, subscription = await subscribed(client, shop.seat)
    soon = int(clock().timestamp()) + 2 * HOUR_S
    await client.v1.subscriptions.update_async(subscription.id, {"cancel_at": soon})
    await client.v1.subscriptions.update_async(subscription.id, {"cancel_at": ""})
    clock.move(3 * HOUR_S)
    assert (await client.v1.subscriptions.retrieve_async(subscription.id)).status == "active"
    await client.v1.subscriptions.update_async(subscription.id, {"cancel_at": soon + 2 * HOUR_S})
    clock.move(2 * HOUR_S)
    ended = await client.v1.subscriptions.retrieve_async(subscription.id)
    assert (ended.status, ended.ended_at) == ("canceled", soon + 2 * HOUR_S)


async def test_items_are_added_changed_and_removed(emulator: StripeEmulator, client: stripe.StripeClient) -> None:
    shop = await open_shop(emulator, client)
    _, subscription = await subscribed(client, shop.seat)
    item = subscription["items"]["data"][0].id
    more = await client.v1.subscriptions.update_async(
        subscription.id, {"items": [{"id": item, "quantity": 3}, {"price": shop.metered}]}
    )
    assert [row.to_dict().get("quantity") for row in more["items"]["data"]] == [3, None]
    less = await client.v1.subscriptions.update_async(subscription.id, {"items": [{"id": item, "deleted": True}]})
    assert [row.price.id for row in less["items"]["data"]] == [shop.metered]
    with pytest.raises(stripe.InvalidRequestError, match="metered"):
        await client.v1.subscriptions.update_async(subscription.id, {"items": [{"price": shop.metered, "quantity": 2}]})


async def test_an_open_invoice_is_paid_voided_or_given_up(
    emulator: StripeEmulator, clock: MovableClock, client: stripe.StripeClient
) -> None:
    shop = await open_shop(emulator, client)
    await subscribed(client, shop.seat)
    clock.move(MONTH_S)
    (draft,) = (await client.v1.invoices.list_async({"status": "draft"})).data
    with pytest.raises(stripe.InvalidRequestError, match="draft"):
        await client.v1.invoices.void_invoice_async(draft.id)
    opened = await client.v1.invoices.finalize_invoice_async(draft.id)
    assert (opened.status, bool(opened.number)) == ("open", True)
    given_up = await client.v1.invoices.mark_uncollectible_async(draft.id)
    assert given_up.status == "uncollectible"
    assert (await client.v1.invoices.pay_async(draft.id)).status == "paid"
    with pytest.raises(stripe.InvalidRequestError):
        await client.v1.invoices.void_invoice_async(draft.id)


async def test_events_tell_what_changed_by_whom_and_page_by_cursor(
    emulator: StripeEmulator, clock: MovableClock, client: stripe.StripeClient
) -> None:
    shop = await open_shop(emulator, client)
    _, subscription = await subscribed(client, shop.seat)
    newest = (await client.v1.events.list_async({"limit": 1})).data[0]
    await client.v1.subscriptions.pause_async(subscription.id, options={"idempotency_key": "act-7"})
    clock.move(60)
    page = await client.v1.events.list_async({"ending_before": newest.id})
    (event,) = page.data
    assert (event.type, event.data.object["status"]) == ("customer.subscription.paused", "paused")
    assert event.request is not None
    assert event.request.idempotency_key == "act-7"
    named = await client.v1.events.list_async({"types": ["customer.created", "billing.meter.created"]})
    assert {row.type for row in named.data} == {"customer.created", "billing.meter.created"}
    assert (await client.v1.events.list_async({"type": "customer.subscription.*"})).data[0].id == event.id
    with pytest.raises(stripe.InvalidRequestError):
        await client.v1.events.list_async({"types": [f"t{number}" for number in range(21)]})
    clock.move(31 * DAY_S - 120)
    assert event.id not in {row.id for row in (await client.v1.events.list_async({"limit": 100})).data}


async def test_a_canceled_card_stays_canceled(emulator: StripeEmulator, client: stripe.StripeClient) -> None:
    emulator.account.cards.put(Card(id="ic_1", created=1, holder_id="ich_1", holder_name="ci fleet", last4="4242"))
    assert (await client.v1.issuing.cards.update_async("ic_1", {"status": "inactive"})).status == "inactive"
    assert [row.id for row in (await client.v1.issuing.cards.list_async({"status": "inactive"})).data] == ["ic_1"]
    assert (await client.v1.issuing.cards.update_async("ic_1", {"status": "active"})).status == "active"
    lost = await client.v1.issuing.cards.update_async("ic_1", {"status": "canceled", "cancellation_reason": "lost"})
    assert (lost.status, lost.cancellation_reason) == ("canceled", "lost")
    with pytest.raises(stripe.InvalidRequestError, match="canceled"):
        await client.v1.issuing.cards.update_async("ic_1", {"status": "active"})


async def test_what_is_sold_is_listed(emulator: StripeEmulator, client: stripe.StripeClient) -> None:
    shop = await open_shop(emulator, client)
    assert {row.id for row in (await client.v1.products.list_async()).data} == {"prod_tokens", "prod_seat"}
    metered = await client.v1.prices.list_async({"recurring": {"usage_type": "metered"}})
    assert [row.id for row in metered.data] == [shop.metered]
    assert str((await client.v1.prices.retrieve_async(shop.metered)).unit_amount_decimal) == "0.25"
    assert [row.id for row in (await client.v1.prices.list_async({"product": "prod_seat"})).data] == [shop.seat]
    assert (await client.v1.products.retrieve_async("prod_seat")).name == "Seat"


@pytest.mark.parametrize(
    ("start", "interval", "end"),
    [
        ("2026-01-31T00:00:00+00:00", "month", "2026-02-28T00:00:00+00:00"),
        ("2026-12-15T06:00:00+00:00", "month", "2027-01-15T06:00:00+00:00"),
        ("2028-02-29T00:00:00+00:00", "year", "2029-02-28T00:00:00+00:00"),
        ("2026-03-01T00:00:00+00:00", "week", "2026-03-08T00:00:00+00:00"),
        ("2026-03-01T00:00:00+00:00", "day", "2026-03-02T00:00:00+00:00"),
    ],
)
def test_a_period_ends_on_the_same_day_or_the_last_one(start: str, interval: str, end: str) -> None:
    def seconds(text: str) -> int:
        return int(datetime.fromisoformat(text).timestamp())

    assert period_after(seconds(start), interval) == seconds(end)
