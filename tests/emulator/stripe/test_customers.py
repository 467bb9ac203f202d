"""Stripe's SDK lists, finds, makes, changes and deletes customers on the emulator unchanged."""

import httpx
import pytest
import stripe

from fleet_tui.emulator.stripe import StripeEmulator
from fleet_tui.emulator.stripe.errors import StripeRefusedError
from fleet_tui.emulator.stripe.model import Customer
from fleet_tui.emulator.stripe.search import parse_query
from tests.emulator.stripe.selling import open_shop, subscribed


def standing(emulator: StripeEmulator, count: int) -> list[str]:
    """Customers, oldest first; their ids."""
    now = int(emulator.clock().timestamp())
    ids = [f"cus_{number:04d}" for number in range(count)]
    for number, customer_id in enumerate(ids):
        emulator.account.customers.put(Customer(id=customer_id, created=now - count + number, name=f"c {number}"))
    return ids


async def test_a_customer_keeps_metadata_whose_keys_hold_dots(client: stripe.StripeClient) -> None:
    metadata = {"fleet.agent": "ci-fix-01", "fleet.owner": "mara & co = ü"}
    made = await client.v1.customers.create_async({"name": "x", "email": "x@example.com", "metadata": metadata})
    found = await client.v1.customers.retrieve_async(made.id)
    assert found.metadata is not None
    assert found.metadata.to_dict() == metadata
    assert (found.name, found.email, found.object) == ("x", "x@example.com", "customer")


async def test_metadata_is_merged_removed_by_empty_text_and_cleared_whole(client: stripe.StripeClient) -> None:
    made = await client.v1.customers.create_async({"metadata": {"a": "1", "b": "2", "c": "3"}})
    changed = await client.v1.customers.update_async(made.id, {"metadata": {"a": "", "b": "4"}})
    assert changed.metadata is not None
    assert changed.metadata.to_dict() == {"b": "4", "c": "3"}
    cleared = await client.v1.customers.update_async(made.id, {"metadata": ""})
    assert cleared.metadata is not None
    assert cleared.metadata.to_dict() == {}


@pytest.mark.parametrize(
    "metadata",
    [{"k" * 41: "v"}, {"k": "v" * 501}, {f"k{number}": "v" for number in range(51)}],
    ids=["long key", "long value", "too many"],
)
async def test_metadata_has_limits(client: stripe.StripeClient, metadata: dict[str, str]) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        await client.v1.customers.create_async({"metadata": metadata})


async def test_pages_together_are_the_whole_list_newest_first(
    emulator: StripeEmulator, client: stripe.StripeClient
) -> None:
    ids = standing(emulator, 523)
    page = await client.v1.customers.list_async({"limit": 100})
    assert (len(page.data), page.has_more) == (100, True)
    assert [row.id async for row in page.auto_paging_iter()] == ids[::-1]
    limits = [seen.query.get("limit") for seen in emulator.requests]
    assert limits == ["100"] * 6


async def test_pages_go_both_ways_and_hold_ten_unless_told(
    emulator: StripeEmulator, client: stripe.StripeClient
) -> None:
    ids = standing(emulator, 30)[::-1]
    first = await client.v1.customers.list_async()
    second = await client.v1.customers.list_async({"starting_after": first.data[-1].id, "limit": 15})
    assert [row.id for row in second.data] == ids[10:25]
    back = await client.v1.customers.list_async({"ending_before": second.data[0].id, "limit": 4})
    assert ([row.id for row in back.data], back.has_more) == (ids[6:10], True)
    top = await client.v1.customers.list_async({"ending_before": ids[4]})
    assert ([row.id for row in top.data], top.has_more) == (ids[:4], False)


async def test_a_cursor_survives_the_deletion_of_its_object(
    emulator: StripeEmulator, client: stripe.StripeClient
) -> None:
    ids = standing(emulator, 10)[::-1]
    await client.v1.customers.delete_async(ids[4])
    page = await client.v1.customers.list_async({"starting_after": ids[4]})
    assert [row.id for row in page.data] == ids[5:]


@pytest.mark.parametrize("limit", ["0", "101", "ten"])
async def test_a_page_holds_one_to_a_hundred(raw: httpx.AsyncClient, limit: str) -> None:
    refused = await raw.get("/v1/customers", params={"limit": limit})
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "limit")


async def test_a_list_filters_by_email_and_time(emulator: StripeEmulator, client: stripe.StripeClient) -> None:
    standing(emulator, 20)
    made = await client.v1.customers.create_async({"email": "me@example.com"})
    assert [row.id for row in (await client.v1.customers.list_async({"email": "me@example.com"})).data] == [made.id]
    now = int(emulator.clock().timestamp())
    old = await client.v1.customers.list_async({"created": {"gte": now - 5, "lt": now}, "limit": 100})
    assert len(old.data) == 5


async def test_a_deleted_customer_says_so_and_its_subscriptions_end(
    emulator: StripeEmulator, client: stripe.StripeClient
) -> None:
    shop = await open_shop(emulator, client)
    customer, subscription = await subscribed(client, shop.seat)
    gone = await client.v1.customers.delete_async(customer.id)
    assert gone.deleted is True
    assert (await client.v1.customers.retrieve_async(customer.id)).deleted is True
    assert (await client.v1.subscriptions.retrieve_async(subscription.id)).status == "canceled"
    assert (await client.v1.customers.list_async()).data == []
    with pytest.raises(stripe.InvalidRequestError) as missing:
        await client.v1.customers.update_async(customer.id, {"name": "x"})
    assert (missing.value.http_status, missing.value.code) == (404, "resource_missing")


async def test_search_finds_those_with_a_key_among_many_without(
    emulator: StripeEmulator, client: stripe.StripeClient
) -> None:
    standing(emulator, 300)
    made = [
        await client.v1.customers.create_async({"metadata": {"fleet.agent": f"a-{number}", "fleet.team": "ci"}})
        for number in range(7)
    ]
    query = '-metadata["fleet.agent"]:null'
    page = await client.v1.customers.search_async({"query": query, "limit": 3})
    found = [row.id async for row in page.auto_paging_iter()]
    assert found == [row.id for row in made[::-1]]
    one = await client.v1.customers.search_async(
        {"query": 'metadata["fleet.agent"]:"a-3" AND metadata["fleet.team"]:"ci"'}
    )
    assert [row.id for row in one.data] == [made[3].id]


RECORD = {"email": "amy@rocket.io", "name": 'Amy "A"', "created": 100, "metadata": {"k.x": "v 1"}}
FIELDS = frozenset(RECORD)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ('email:"amy@rocket.io"', True),
        ("email:'AMY@rocket.io'", True),
        ('email~"rocket"', True),
        ('-email~"rocket"', False),
        ("created>99", True),
        ("created>100", False),
        ("created>=100 created<=100", True),
        ("created<100", False),
        ("metadata['k.x']:'v 1'", True),
        ("metadata['k.x']:null", False),
        ("-metadata['k.x']:null", True),
        ("metadata['other']:null", True),
        ('email:"x" OR created:100', True),
        ('email:"x" AND created:100', False),
        ('email:"x" created:100', False),
        (r'name:"Amy \"A\""', True),
    ],
)
def test_a_search_query_means_what_stripe_says(query: str, expected: bool) -> None:
    assert parse_query(query, FIELDS)(RECORD) is expected


@pytest.mark.parametrize(
    "query", ["", "email", "nonsense:'x'", 'email:"a" AND name:"b" OR name:"c"', "email:'open", "created>x"]
)
def test_a_search_query_that_cannot_be_read_is_refused(query: str) -> None:
    with pytest.raises(StripeRefusedError):
        parse_query(query, FIELDS)(RECORD)
