"""Every fault bites as it says, before or after the effect, and only those it was meant for."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_tui.emulator.daytona import DaytonaEmulator
from fleet_tui.emulator.e2b import E2BEmulator
from fleet_tui.emulator.faults import Fault, FaultKind, Faults
from fleet_tui.emulator.world import seed_world
from tests.support.clock import MovableClock
from tests.support.corpora import Corpora
from tests.support.wait import eventually_async

SOON_S = 0.5
HANGS = {FaultKind.HANG, FaultKind.HANG_AFTER}
"""How long a test waits for an answer that must not come."""


@dataclass(kw_only=True)
class Vendor:
    """One emulator with rows in it, a client that may speak to it, and its words for list and kill."""

    emulator: E2BEmulator | DaytonaEmulator
    client: httpx.AsyncClient
    list_path: str
    kill_path: str

    async def look(self) -> httpx.Response:
        return await self.client.get(self.list_path)

    async def was_asked(self) -> bool:
        return bool(self.emulator.requests)

    async def kill(self) -> httpx.Response:
        return await self.client.delete(self.kill_path)

    def is_killed(self) -> bool:
        box = self.emulator.boxes.by_id.get(self.kill_path.rpartition("/")[2])
        return box is None or box.state == "destroying"

    def ids(self, answer: httpx.Response) -> list[str]:
        body = answer.json()
        rows = body["items"] if isinstance(body, dict) else body
        return [row.get("id") or row["sandboxID"] for row in rows]

    def next_token(self, answer: httpx.Response) -> str | None:
        if isinstance(self.emulator, DaytonaEmulator):
            token: str | None = answer.json()["nextCursor"]
        else:
            token = answer.headers.get("X-Next-Token")
        return token

    async def page(self, token: str) -> httpx.Response:
        name = "cursor" if isinstance(self.emulator, DaytonaEmulator) else "nextToken"
        return await self.client.get(self.list_path, params={name: token})


@pytest.fixture(params=["e2b", "daytona"])
async def vendor(request: pytest.FixtureRequest, clock: MovableClock) -> AsyncIterator[Vendor]:
    emulator: E2BEmulator | DaytonaEmulator
    emulator = E2BEmulator(clock=clock, seed=1) if request.param == "e2b" else DaytonaEmulator(clock=clock, seed=1)
    emulator.fill(seed_world(60, 1, clock()))
    headers = {"X-API-Key": emulator.default_key, "Authorization": f"Bearer {emulator.default_key}"}
    list_path, kill_path = ("/v2/sandboxes", "/sandboxes/") if request.param == "e2b" else ("/sandbox", "/sandbox/")
    async with emulator, httpx.AsyncClient(base_url=emulator.base_url, headers=headers, timeout=5) as client:
        kill_path += next(iter(emulator.boxes.by_id))
        yield Vendor(emulator=emulator, client=client, list_path=list_path, kill_path=kill_path)


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (FaultKind.UNAUTHORIZED, 401),
        (FaultKind.FORBIDDEN, 403),
        (FaultKind.RATE_LIMITED, 429),
        (FaultKind.SERVER_ERROR, 503),
        (FaultKind.GATEWAY_HTML, 502),
        (FaultKind.CANNED, 503),
    ],
)
async def test_a_refusal_comes_before_the_effect_and_only_as_often_as_told(
    vendor: Vendor, kind: FaultKind, status: int
) -> None:
    vendor.emulator.faults.add(Fault(kind=kind, status=503, times=1, body=b"down"))
    refused = await vendor.kill()
    assert refused.status_code == status
    assert not vendor.is_killed()
    if kind is FaultKind.GATEWAY_HTML:
        assert refused.headers["Content-Type"].startswith("text/html")
        assert b"\x1b[2J" in refused.content
    elif kind is FaultKind.CANNED:
        assert refused.content == b"down"
    else:
        assert isinstance(refused.json()["message"], str)
    if kind is FaultKind.RATE_LIMITED:
        assert any(name.startswith("retry-after") for name in refused.headers)
    assert vendor.emulator.faults.active() == ()
    assert (await vendor.kill()).is_success
    assert vendor.is_killed()


@pytest.mark.parametrize(
    ("kind", "is_done"),
    [
        (FaultKind.RESET_BEFORE, False),
        (FaultKind.RESET_AFTER, True),
        (FaultKind.HANG, False),
        (FaultKind.HANG_AFTER, True),
    ],
)
async def test_a_lost_answer_says_nothing_about_the_effect(vendor: Vendor, kind: FaultKind, is_done: bool) -> None:
    vendor.emulator.faults.add(Fault(kind=kind, method="DELETE", times=1))
    killing = asyncio.create_task(vendor.kill())
    await eventually_async(vendor.was_asked)

    async def is_as_told() -> bool:
        return vendor.is_killed() is is_done

    await eventually_async(is_as_told)
    answered, _ = await asyncio.wait({killing}, timeout=SOON_S if kind in HANGS else None)
    if kind in HANGS:
        assert not answered
        killing.cancel()
        await asyncio.wait({killing})
    else:
        assert isinstance(killing.exception(), httpx.TransportError)
    assert vendor.is_killed() is is_done
    assert (await vendor.look()).is_success, "one broken connection leaves the others alone"


async def test_an_error_may_be_said_of_what_is_done(vendor: Vendor) -> None:
    vendor.emulator.faults.add(Fault(kind=FaultKind.ERROR_AFTER, method="DELETE", times=1, status=503))
    assert (await vendor.kill()).status_code == 503
    assert vendor.is_killed()


async def test_a_hanging_request_does_not_keep_the_emulator_from_stopping(vendor: Vendor) -> None:
    vendor.emulator.faults.add(Fault(kind=FaultKind.HANG, times=1))
    async with asyncio.timeout(4), asyncio.TaskGroup() as group:
        waiting = group.create_task(_ends_without_an_answer(vendor))
        await eventually_async(vendor.was_asked)
        await vendor.emulator.stop()
    assert waiting.result()


async def _ends_without_an_answer(vendor: Vendor) -> bool:
    try:
        await vendor.look()
    except httpx.TransportError:
        return True
    return False


async def test_a_slow_drip_is_whole_in_the_end_and_too_slow_for_a_deadline(vendor: Vendor) -> None:
    whole = (await vendor.look()).json()
    vendor.emulator.faults.add(Fault(kind=FaultKind.SLOW_DRIP, times=1, drip_bytes=4096, drip_interval_s=0.0))
    assert (await vendor.look()).json() == whole
    vendor.emulator.faults.add(Fault(kind=FaultKind.SLOW_DRIP, times=1, drip_bytes=1, drip_interval_s=5.0))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(SOON_S):
            await vendor.look()


async def test_truncated_json_is_half_a_document(vendor: Vendor) -> None:
    vendor.emulator.faults.add(Fault(kind=FaultKind.TRUNCATED_JSON, times=1))
    answer = await vendor.look()
    assert answer.status_code == 200
    with pytest.raises(msgspec.DecodeError):
        msgspec.json.decode(answer.content)


async def test_wrong_json_is_a_document_of_another_shape(vendor: Vendor) -> None:
    right = (await vendor.look()).json()
    vendor.emulator.faults.add(Fault(kind=FaultKind.WRONG_JSON, times=1))
    assert type((await vendor.look()).json()) is not type(right)


async def test_duplicate_ids_and_vanished_rows_change_the_list_and_not_the_vendor(vendor: Vendor) -> None:
    ids = vendor.ids(await vendor.look())
    assert len(set(ids)) == len(ids) > 4
    vendor.emulator.faults.add(Fault(kind=FaultKind.DUPLICATE_IDS, times=1))
    doubled = vendor.ids(await vendor.look())
    assert len(doubled) > len(set(doubled)) == len(ids)
    vendor.emulator.faults.add(Fault(kind=FaultKind.VANISHED_ROWS, times=1))
    thinned = vendor.ids(await vendor.look())
    assert set(thinned) < set(ids)
    assert vendor.ids(await vendor.look()) == ids


async def test_an_endless_cursor_names_the_same_page_for_ever(vendor: Vendor) -> None:
    vendor.emulator.faults.add(Fault(kind=FaultKind.ENDLESS_CURSOR))
    answer = await vendor.look()
    first_ids, token = vendor.ids(answer), vendor.next_token(answer)
    assert token
    for _ in range(3):
        answer = await vendor.page(token)
        assert answer.status_code == 200
        assert (vendor.ids(answer), vendor.next_token(answer)) == (first_ids, token)


async def test_clock_skew_shifts_every_time_and_the_date(vendor: Vendor, clock: MovableClock) -> None:
    right = (await vendor.look()).json()
    vendor.emulator.faults.add(Fault(kind=FaultKind.CLOCK_SKEW, skew_s=7200.0, times=1))
    answer = await vendor.look()
    assert parsedate_to_datetime(answer.headers["Date"]) == clock() + timedelta(hours=2)
    moved = {late - soon for soon, late in zip(_times(right), _times(answer.json()), strict=True)}
    assert moved == {timedelta(hours=2)}


def _times(body: object) -> Iterator[datetime]:
    if isinstance(body, dict):
        for key, value in body.items():
            if isinstance(value, str) and key.endswith("At"):
                yield datetime.fromisoformat(value)
            else:
                yield from _times(value)
    elif isinstance(body, list):
        for value in body:
            yield from _times(value)


@pytest.mark.corpora
async def test_what_gateways_send_arrives_byte_by_byte(vendor: Vendor, corpora: Corpora) -> None:
    for row in corpora.rows("gateway_errors.jsonl"):
        headers = {"Content-Type": row.get("content_type") or "text/plain", **row.get("headers", {})}
        body = str(row["body"]).encode("utf-8", "surrogatepass")
        canned = Fault(
            kind=FaultKind.CANNED, status=int(row["status"]), headers=tuple(headers.items()), body=body, times=1
        )
        vendor.emulator.faults.add(canned)
        answer = await vendor.look()
        assert (answer.status_code, answer.content) == (canned.status, body), row["name"]


def test_a_fault_hits_only_its_method_and_path() -> None:
    faults = Faults()
    faults.add(Fault(kind=FaultKind.HANG, method="POST", path="/sandboxes/*/pause"))
    assert faults.take("GET", "/sandboxes/a/pause") is None
    assert faults.take("POST", "/sandboxes/a/kill") is None
    assert faults.take("POST", "/sandboxes/a/pause") is not None


def test_a_fault_is_taken_back() -> None:
    faults, one, other = Faults(), Fault(kind=FaultKind.HANG), Fault(kind=FaultKind.FORBIDDEN)
    faults.add(one, other)
    faults.remove(one)
    assert faults.active() == (other,)
    faults.clear()
    assert faults.take("GET", "/") is None


@given(times=st.integers(1, 20), asked=st.integers(0, 60), seed=st.integers())
def test_a_fault_hits_as_often_as_told_and_never_more(times: int, asked: int, seed: int) -> None:
    faults = Faults(seed)
    faults.add(Fault(kind=FaultKind.FORBIDDEN, times=times))
    hits = sum(faults.take("GET", "/") is not None for _ in range(asked))
    assert hits == min(times, asked)


@given(probability=st.floats(0, 1), seed=st.integers())
def test_chance_is_seeded(probability: float, seed: int) -> None:
    def run() -> list[bool]:
        faults = Faults(seed)
        faults.add(Fault(kind=FaultKind.FORBIDDEN, probability=probability))
        return [faults.take("GET", "/") is not None for _ in range(30)]

    first = run()
    assert first == run()
    assert probability > 0 or not any(first)
    assert probability < 1 or all(first)
