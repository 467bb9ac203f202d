"""What stands around every Stripe call: keys, versions, forms, idempotent replays, error bodies, and faults."""

from base64 import b64encode
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st
from stripe._encode import _api_encode

from fleet_tui.emulator.faults import Fault, FaultKind
from fleet_tui.emulator.stripe import StripeEmulator
from fleet_tui.emulator.stripe.forms import parse_form
from fleet_tui.emulator.stripe.model import Customer
from tests.emulator.biting import Ask, Probe, check_bites
from tests.support.clock import MovableClock


async def test_one_key_makes_one_object_and_the_same_answer(
    emulator: StripeEmulator, client: stripe.StripeClient
) -> None:
    options: stripe.RequestOptions = {"idempotency_key": "act-1"}
    one = await client.v1.customers.create_async({"name": "x"}, options)
    two = await client.v1.customers.create_async({"name": "x"}, options)
    assert one.to_dict() == two.to_dict()
    assert len(emulator.account.customers) == 1
    assert two.last_response is not None
    headers = two.last_response.headers
    assert headers is not None
    assert headers["idempotent-replayed"] == "true"
    assert one.last_response is not None
    assert headers["original-request"] == one.last_response.request_id != two.last_response.request_id


async def test_one_key_with_another_request_is_refused(emulator: StripeEmulator, client: stripe.StripeClient) -> None:
    options: stripe.RequestOptions = {"idempotency_key": "act-1"}
    made = await client.v1.customers.create_async({"name": "x"}, options)
    for call in (
        client.v1.customers.create_async({"name": "y"}, options),
        client.v1.customers.update_async(made.id, {"name": "x"}, options),
    ):
        with pytest.raises(stripe.IdempotencyError) as refused:
            await call
        assert refused.value.http_status == 400
    assert len(emulator.account.customers) == 1


async def test_a_key_is_forgotten_after_a_day_and_a_refusal_is_never_kept(
    emulator: StripeEmulator, clock: MovableClock, client: stripe.StripeClient
) -> None:
    options: stripe.RequestOptions = {"idempotency_key": "act-1"}
    with pytest.raises(stripe.InvalidRequestError):
        await client.v1.customers.create_async({"metadata": {"k" * 99: "v"}}, options)
    await client.v1.customers.create_async({"name": "x"}, options)
    clock.move(24 * 3600)
    await client.v1.customers.create_async({"name": "x"}, options)
    assert len(emulator.account.customers) == 2


async def test_an_answer_that_was_lost_is_had_again_by_its_key(
    emulator: StripeEmulator, client: stripe.StripeClient
) -> None:
    options: stripe.RequestOptions = {"idempotency_key": "act-1"}
    emulator.faults.add(Fault(kind=FaultKind.RESET_AFTER, method="POST", times=1))
    with pytest.raises(stripe.APIConnectionError):
        await client.v1.customers.create_async({"name": "x"}, options)
    (standing,) = emulator.account.customers
    assert (await client.v1.customers.create_async({"name": "x"}, options)).id == standing.id


async def test_a_wrong_key_is_refused_and_basic_authentication_works(emulator: StripeEmulator) -> None:
    async with httpx.AsyncClient(base_url=emulator.base_url) as stranger:
        refused = await stranger.get("/v1/balance", headers={"Authorization": "Bearer sk_wrong"})
        basic = b64encode(f"{emulator.default_key}:".encode()).decode()
        welcome = await stranger.get("/v1/balance", headers={"Authorization": f"Basic {basic}"})
        broken = await stranger.get("/v1/balance", headers={"Authorization": "Basic ####"})
    assert (refused.status_code, refused.json()["error"]["type"]) == (401, "invalid_request_error")
    assert emulator.default_key not in refused.text
    assert (welcome.status_code, broken.status_code) == (200, 401)


async def test_every_answer_names_its_request_and_version(raw: httpx.AsyncClient) -> None:
    asks = [("GET", "/v1/balance", 200), ("GET", "/v1/customers/cus_none", 404), ("GET", "/v1/nonsense", 404)]
    answers = [await raw.request(method, path) for method, path, _ in asks]
    assert [answer.status_code for answer in answers] == [status for _, _, status in asks]
    assert len({answer.headers["Request-Id"] for answer in answers}) == 3
    assert answers[0].headers["Stripe-Version"] == "2026-10-28.endive"
    preview = await raw.get("/v1/balance", headers={"Stripe-Version": "2026-09-30.preview"})
    assert preview.headers["Stripe-Version"] == "2026-09-30.preview"
    assert (await raw.get("/v1/balance", headers={"Stripe-Version": "yesterday"})).status_code == 400


async def test_preview_endpoints_are_not_there_and_say_so(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="Unrecognized request URL") as missing:
        await client.raw_request_async("get", "/v2/core/approval_requests", stripe_version="2026-09-30.preview")
    assert missing.value.http_status == 404


@pytest.mark.parametrize(
    ("method", "path", "form", "status", "code", "param"),
    [
        ("GET", "/v1/customers", {"colour": "red"}, 400, "parameter_unknown", "colour"),
        ("POST", "/v1/customers", {"colour": "x"}, 400, "parameter_unknown", "colour"),
        ("GET", "/v1/customers/cus_none", {}, 404, "resource_missing", "id"),
        ("GET", "/v1/customers", {"starting_after": "cus_none"}, 400, "resource_missing", "starting_after"),
        ("POST", "/v1/subscriptions", {"customer": ""}, 400, "parameter_missing", "customer"),
        ("POST", "/v1/billing/meters", {"display_name": "x"}, 400, "parameter_missing", "default_aggregation"),
        ("GET", "/v1/subscription_items", {}, 400, "parameter_missing", "subscription"),
        ("GET", "/v1/subscriptions", {"status": "odd"}, 400, None, "status"),
        ("POST", "/v1/customers", {"metadata[x": "y"}, 400, None, "metadata[x"),
        ("POST", "/v1/customers", {"name[x]": "y"}, 400, None, "name"),
    ],
)
async def test_a_refusal_names_its_code_and_parameter(
    raw: httpx.AsyncClient, method: str, path: str, form: dict[str, str], status: int, code: str | None, param: str
) -> None:
    answer = await raw.request(method, path, **{"params" if method == "GET" else "data": form})  # type: ignore[arg-type]
    error = answer.json()["error"]
    assert (answer.status_code, error.get("code"), error["param"]) == (status, code, param), error
    assert error["type"] == "invalid_request_error"
    assert error["message"]


async def test_a_refused_request_changes_nothing(emulator: StripeEmulator, raw: httpx.AsyncClient) -> None:
    assert (await raw.post("/v1/customers", data={"name": "x", "nonsense": "y"})).status_code == 400
    assert len(emulator.account.customers) == 0


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        (FaultKind.UNAUTHORIZED, stripe.AuthenticationError),
        (FaultKind.FORBIDDEN, stripe.PermissionError),
        (FaultKind.RATE_LIMITED, stripe.RateLimitError),
        (FaultKind.SERVER_ERROR, stripe.APIError),
        (FaultKind.GATEWAY_HTML, stripe.APIError),
        (FaultKind.TRUNCATED_JSON, stripe.APIError),
        (FaultKind.RESET_BEFORE, stripe.APIConnectionError),
    ],
)
async def test_the_sdk_knows_each_error_for_what_it_is(
    emulator: StripeEmulator, client: stripe.StripeClient, kind: FaultKind, error: type[stripe.StripeError]
) -> None:
    emulator.faults.add(Fault(kind=kind, times=1))
    with pytest.raises(error):
        await client.v1.balance.retrieve_async()
    assert (await client.v1.balance.retrieve_async()).object == "balance"


async def test_an_endless_list_never_ends_for_the_sdk(emulator: StripeEmulator, client: stripe.StripeClient) -> None:
    for number in range(15):
        emulator.account.customers.put(Customer(id=f"cus_{number}", created=number))
    emulator.faults.add(Fault(kind=FaultKind.ENDLESS_CURSOR))
    seen = 0
    async for _ in (await client.v1.customers.list_async({"limit": 10})).auto_paging_iter():
        seen += 1
        if seen > 200:
            break
    assert seen > 200


@pytest.mark.parametrize("kind", list(FaultKind))
async def test_every_fault_bites(emulator: StripeEmulator, kind: FaultKind) -> None:
    account = emulator.account

    def follow(body: Any) -> Ask | None:
        last = body["data"][-1]["id"]
        path = f"/v1/customers?limit=5&starting_after={last}&email=a@example.com"
        return Ask(method="GET", path=path, more={}) if body["has_more"] else None

    for number in range(12):
        account.customers.put(Customer(id=f"cus_{number}", created=1_700_000_000 + number, email="a@example.com"))
    probe = Probe(
        emulator=emulator,
        headers={"Authorization": f"Bearer {emulator.default_key}"},
        look=Ask(method="GET", path="/v1/customers?limit=5&email=a@example.com", more={}),
        act=Ask(method="POST", path="/v1/customers", more={"data": {"name": "x"}}),
        effects=lambda: len(account.customers),
        rows=lambda body: body["data"],
        follow=follow,
    )
    await check_bites(probe, kind)


TEXTS = st.text(min_size=1, max_size=8).filter(lambda text: "[" not in text and "]" not in text)
TREES = st.recursive(TEXTS, lambda inner: st.dictionaries(TEXTS, inner, min_size=1, max_size=3), max_leaves=8)


def plain(tree: Any) -> Any:
    """A tree with its lists as the parser keeps them: by number."""
    if isinstance(tree, list):
        return {str(number): plain(inner) for number, inner in enumerate(tree)}
    if isinstance(tree, dict):
        return {key: plain(inner) for key, inner in tree.items()}
    return tree


@pytest.mark.no_cover
@given(st.dictionaries(TEXTS, TREES | st.lists(TREES, min_size=1, max_size=3), max_size=4))
def test_what_the_sdk_encodes_is_read_back_whole(tree: dict[str, Any]) -> None:
    encoded = urlencode(list(_api_encode(tree))).replace("%5B", "[").replace("%5D", "]")
    assert parse_form(encoded)._tree == plain(tree)
