"""Usage: meters, events and summaries through Stripe's SDK; windows that add up to their whole."""

from datetime import timedelta
from itertools import pairwise

import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st

from fleet_tui.emulator.stripe import StripeEmulator
from fleet_tui.emulator.stripe.usage import Drip
from fleet_tui.emulator.world import seed_world
from tests.emulator.stripe.selling import open_shop, subscribed, used
from tests.support.clock import MovableClock

HOUR_S = 3600
DAY_S = 86400


def day_of(clock: MovableClock) -> int:
    return int(clock().timestamp()) // DAY_S * DAY_S


async def summaries(
    client: stripe.StripeClient, meter: str, **params: object
) -> list[stripe.billing.MeterEventSummary]:
    """Every summary, page by page."""
    page = await client.v1.billing.meters.event_summaries.list_async(meter, params)  # type: ignore[arg-type]
    return [row async for row in page.auto_paging_iter()]


async def test_a_meter_is_made_listed_stopped_and_started(
    emulator: StripeEmulator, client: stripe.StripeClient
) -> None:
    shop = await open_shop(emulator, client)
    meter = await client.v1.billing.meters.retrieve_async(shop.meter)
    assert (meter.status, meter.event_name, meter.default_aggregation.formula) == ("active", "tokens", "sum")
    stopped = await client.v1.billing.meters.deactivate_async(shop.meter)
    assert (stopped.status, stopped.status_transitions.deactivated_at) == (
        "inactive",
        int(emulator.clock().timestamp()),
    )
    assert (await client.v1.billing.meters.list_async({"status": "active"})).data == []
    assert [row.id for row in (await client.v1.billing.meters.list_async({"status": "inactive"})).data] == [shop.meter]
    with pytest.raises(stripe.InvalidRequestError):
        await client.v1.billing.meters.deactivate_async(shop.meter)
    customer, _ = await subscribed(client, shop.metered)
    with pytest.raises(stripe.InvalidRequestError) as archived:
        await used(client, customer.id, "1")
    assert archived.value.code == "archived_meter"
    assert (await client.v1.billing.meters.reactivate_async(shop.meter)).status == "active"
    await used(client, customer.id, "1")


async def test_usage_is_summed_per_customer_and_window(
    emulator: StripeEmulator, clock: MovableClock, client: stripe.StripeClient
) -> None:
    shop = await open_shop(emulator, client)
    customer, _ = await subscribed(client, shop.metered)
    other, _ = await subscribed(client, shop.metered, agent="a-2")
    day = day_of(clock)
    for at, value in ((0, "1"), (30, "2.5"), (HOUR_S, "4"), (5 * HOUR_S, "8")):
        await used(client, customer.id, value, timestamp=day + at)
    await used(client, other.id, "100", timestamp=day)
    whole = {"customer": customer.id, "start_time": day, "end_time": day + DAY_S}
    (total,) = await summaries(client, shop.meter, **whole)
    assert (total.aggregated_value, total.start_time, total.end_time, total.meter) == (
        15.5,
        day,
        day + DAY_S,
        shop.meter,
    )
    hours = await summaries(client, shop.meter, **whole, value_grouping_window="hour", limit=2)
    rows = [(row.start_time, row.aggregated_value) for row in hours]
    assert rows == [(day + 5 * HOUR_S, 8), (day + HOUR_S, 4), (day, 3.5)]


async def test_a_summary_wants_a_customer_and_aligned_times(
    emulator: StripeEmulator, clock: MovableClock, client: stripe.StripeClient
) -> None:
    shop = await open_shop(emulator, client)
    customer, _ = await subscribed(client, shop.metered)
    day = day_of(clock)
    good = {"customer": customer.id, "start_time": day, "end_time": day + DAY_S}
    wrong: list[tuple[dict[str, object], str]] = [
        ({"customer": ""}, "customer"),
        ({"customer": "cus_none"}, "customer"),
        ({"start_time": day + 1}, "start_time"),
        ({"end_time": day + HOUR_S + 60, "value_grouping_window": "hour"}, "end_time"),
        ({"start_time": day + HOUR_S, "value_grouping_window": "day"}, "start_time"),
        ({"end_time": day}, "end_time"),
        ({"value_grouping_window": "week"}, "value_grouping_window"),
    ]
    for change, param in wrong:
        with pytest.raises(stripe.InvalidRequestError) as refused:
            await summaries(client, shop.meter, **{**good, **change})
        assert refused.value.param == param, change
    assert await summaries(client, shop.meter, **good) == []


async def test_an_event_counts_once_per_identifier_and_only_near_now(
    emulator: StripeEmulator, clock: MovableClock, client: stripe.StripeClient
) -> None:
    shop = await open_shop(emulator, client)
    customer, _ = await subscribed(client, shop.metered)
    now = int(clock().timestamp())
    await used(client, customer.id, "1", identifier="one")
    refusals: list[tuple[dict[str, object], str]] = [
        ({"identifier": "one"}, "duplicate_meter_event"),
        ({"timestamp": now - 36 * DAY_S}, "timestamp_too_far_in_past"),
        ({"timestamp": now + 600}, "timestamp_in_future"),
    ]
    for more, code in refusals:
        with pytest.raises(stripe.InvalidRequestError) as refused:
            await used(client, customer.id, "1", **more)
        assert refused.value.code == code
    clock.move(DAY_S)
    await used(client, customer.id, "1", identifier="one")


@pytest.mark.parametrize(("formula", "expected"), [("sum", 6), ("count", 3), ("last", 1)])
async def test_a_meter_adds_up_by_its_formula(
    clock: MovableClock, client: stripe.StripeClient, formula: str, expected: int
) -> None:
    meter = await client.v1.billing.meters.create_async(
        {"display_name": "x", "event_name": "tokens", "default_aggregation": {"formula": formula}}
    )
    customer = await client.v1.customers.create_async({"name": "x"})
    day = day_of(clock)
    for at, value in ((60, "2"), (180, "1"), (120, "3")):
        await used(client, customer.id, value, timestamp=day + at)
    (row,) = await summaries(client, meter.id, customer=customer.id, start_time=day, end_time=day + DAY_S)
    assert row.aggregated_value == expected


async def test_a_meter_is_renamed_and_its_event_name_is_unique_while_active(
    emulator: StripeEmulator, client: stripe.StripeClient
) -> None:
    shop = await open_shop(emulator, client)
    assert (await client.v1.billing.meters.update_async(shop.meter, {"display_name": "New"})).display_name == "New"
    with pytest.raises(stripe.InvalidRequestError, match="already exists"):
        await open_shop(emulator, client)


async def test_an_event_needs_a_known_customer_a_value_and_a_meter(
    emulator: StripeEmulator, client: stripe.StripeClient
) -> None:
    await open_shop(emulator, client)
    customer = await client.v1.customers.create_async({"name": "x"})
    payloads: list[tuple[str, dict[str, str], str]] = [
        ("tokens", {"value": "1"}, "meter_event_no_customer_defined"),
        ("tokens", {"stripe_customer_id": "cus_none", "value": "1"}, "resource_missing"),
        ("tokens", {"stripe_customer_id": customer.id}, "meter_event_value_not_found"),
        ("tokens", {"stripe_customer_id": customer.id, "value": "many"}, ""),
        ("nothing", {"stripe_customer_id": customer.id, "value": "1"}, "no_meter"),
    ]
    for name, payload, code in payloads:
        with pytest.raises(stripe.InvalidRequestError) as refused:
            await client.v1.billing.meter_events.create_async({"event_name": name, "payload": payload})
        assert (refused.value.code or "") == code


async def test_summaries_lag_behind_events_when_told_to(
    emulator: StripeEmulator, clock: MovableClock, client: stripe.StripeClient
) -> None:
    shop = await open_shop(emulator, client)
    customer, _ = await subscribed(client, shop.metered)
    emulator.account.usage.lag_s = 60
    await used(client, customer.id, "3")
    query = {"customer": customer.id, "start_time": day_of(clock), "end_time": day_of(clock) + DAY_S}
    assert await summaries(client, shop.meter, **query) == []
    clock.move(60)
    (row,) = await summaries(client, shop.meter, **query)
    assert row.aggregated_value == 3


async def test_usage_of_the_world_grows_with_time_and_past_days_stand_still(
    emulator: StripeEmulator, clock: MovableClock, client: stripe.StripeClient
) -> None:
    emulator.fill(seed_world(30, 3, clock()))
    meters = (await client.v1.billing.meters.list_async()).data
    found = await client.v1.customers.search_async({"query": '-metadata["fleet.agent"]:null', "limit": 100})
    clock.move(HOUR_S)

    async def days() -> dict[tuple[str, str, int], float]:
        rows: dict[tuple[str, str, int], float] = {}
        for meter in meters:
            for customer in found.data:
                page = await client.v1.billing.meters.event_summaries.list_async(
                    meter.id,
                    {
                        "customer": customer.id,
                        "start_time": day_of(clock) - 2 * DAY_S,
                        "end_time": day_of(clock) + DAY_S,
                        "value_grouping_window": "day",
                    },
                )
                rows |= {(meter.id, customer.id, row.start_time): row.aggregated_value for row in page.data}
        return rows

    before = await days()
    assert before
    clock.move(2 * HOUR_S)
    after = await days()
    today = day_of(clock)
    assert all(after[key] == value for key, value in before.items() if key[2] < today)
    assert all(after[key] >= value for key, value in before.items())
    assert sum(after.values()) > sum(before.values())


@given(
    per_hour=st.floats(min_value=0, max_value=1e6),
    cuts=st.lists(st.integers(min_value=0, max_value=60 * DAY_S), min_size=2, max_size=8),
    until=st.none() | st.integers(min_value=0, max_value=60 * DAY_S),
)
def test_what_drips_never_falls_and_windows_add_up_to_their_whole(
    per_hour: float, cuts: list[int], until: int | None
) -> None:
    drip = Drip(start=10 * DAY_S, per_hour=per_hour, until=until)
    at = sorted(cuts)
    parts = [drip.total(end) - drip.total(start) for start, end in pairwise(at)]
    assert all(part >= 0 for part in parts)
    assert sum(parts) == drip.total(at[-1]) - drip.total(at[0])
    assert until is None or drip.total(at[-1]) <= drip.total(until)


def test_a_day_of_usage_is_a_day_at_its_rate() -> None:
    drip = Drip(start=0, per_hour=100.0)
    assert drip.total(int(timedelta(days=3).total_seconds())) == 7200
