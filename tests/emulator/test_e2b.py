"""E2B's own SDK works against the emulator unchanged, verb by verb."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from e2b import (
    AsyncSandbox,
    AuthenticationException,
    RateLimitException,
    SandboxException,
    SandboxNotFoundException,
    SandboxQuery,
    SandboxState,
)
from e2b.api.client.api.sandboxes import get_sandboxes_metrics, get_v_2_sandboxes_sandbox_id_logs
from e2b.api.client.models.logs_direction import LogsDirection
from e2b.api.client_async import get_api_client
from e2b.connection_config import ConnectionConfig

from fleet_tui.emulator.e2b import E2BEmulator
from fleet_tui.emulator.e2b_state import Box, State
from fleet_tui.emulator.faults import Fault, FaultKind
from fleet_tui.emulator.world import Behaviour, seed_world
from tests.support.clock import MovableClock

Opts = dict[str, Any]


@pytest.fixture
def opts(e2b: E2BEmulator) -> Opts:
    """What the SDK needs to find the emulator; without retries, which would hide what came back first."""
    return {
        "api_key": e2b.default_key,
        "api_url": e2b.base_url,
        "sandbox_url": e2b.base_url,
        "request_timeout": 5,
        "retries": 0,
    }


@pytest.fixture
async def raw(e2b: E2BEmulator) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"X-API-Key": e2b.default_key}
    async with httpx.AsyncClient(base_url=e2b.base_url, headers=headers, timeout=5) as client:
        yield client


async def listed(opts: Opts, **more: Any) -> list[Any]:
    paginator = AsyncSandbox.list(**more, **opts)
    rows: list[Any] = []
    while paginator.has_next:
        rows += await paginator.next_items()
    return rows


def filled(e2b: E2BEmulator, clock: MovableClock, agents: int = 60) -> None:
    e2b.fill(seed_world(agents, 3, clock()))


def first(e2b: E2BEmulator, behaviour: Behaviour) -> Box:
    return next(box for box in e2b.boxes.by_id.values() if box.work.behaviour is behaviour)


async def test_a_created_sandbox_is_listed_found_and_carries_its_metadata(e2b: E2BEmulator, opts: Opts) -> None:
    box = await AsyncSandbox.create("claude", timeout=600, metadata={"fleet.agent": "ci fix & co"}, **opts)
    (row,) = await listed(opts, query=SandboxQuery(metadata={"fleet.agent": "ci fix & co"}))
    info = await AsyncSandbox.get_info(box.sandbox_id, **opts)
    assert row.sandbox_id == info.sandbox_id == box.sandbox_id
    assert info.metadata == {"fleet.agent": "ci fix & co"}
    assert info.state is SandboxState.RUNNING
    assert info.end_at - info.started_at == timedelta(seconds=600)
    assert await listed(opts, query=SandboxQuery(metadata={"fleet.agent": "other"})) == []


async def test_one_idempotency_key_makes_one_sandbox(e2b: E2BEmulator, opts: Opts) -> None:
    one = await AsyncSandbox.create("base", idempotency_key="act-1", **opts)
    two = await AsyncSandbox.create("base", idempotency_key="act-1", **opts)
    other = await AsyncSandbox.create("base", idempotency_key="act-2", **opts)
    assert one.sandbox_id == two.sandbox_id != other.sandbox_id
    assert len(e2b.boxes.by_id) == 2


async def test_an_unknown_template_makes_no_sandbox(e2b: E2BEmulator, opts: Opts) -> None:
    with pytest.raises(SandboxException):
        await AsyncSandbox.create("no-such-template", **opts)
    assert not e2b.boxes.by_id


async def test_every_page_together_is_the_whole_list_in_order(
    e2b: E2BEmulator, clock: MovableClock, opts: Opts
) -> None:
    filled(e2b, clock, agents=400)
    assert len(e2b.boxes.by_id) > 200
    rows = await listed(opts)
    assert [row.sandbox_id for row in rows] == [box.id for box in e2b.boxes.after(None, newest_first=True)]
    assert {row.sandbox_id for row in rows} == set(e2b.boxes.by_id)
    small = await listed(opts, limit=7, order="asc")
    assert [row.sandbox_id for row in small] == [row.sandbox_id for row in reversed(rows)]
    sizes = {seen.query.get("limit") for seen in e2b.requests if seen.path == "/v2/sandboxes"}
    assert sizes == {None, "7"}


async def test_a_page_holds_at_most_a_hundred_and_says_how_many_run(
    e2b: E2BEmulator, clock: MovableClock, raw: httpx.AsyncClient
) -> None:
    filled(e2b, clock, agents=400)
    page = await raw.get("/v2/sandboxes")
    assert len(page.json()) == 100
    assert page.headers["X-Next-Token"]
    assert int(page.headers["X-Total-Running"]) == e2b.boxes.running
    assert (await raw.get("/v2/sandboxes", params={"limit": 101})).status_code == 400
    assert (await raw.get("/v2/sandboxes", params={"nextToken": "nonsense"})).status_code == 400


async def test_the_list_filters_by_state(e2b: E2BEmulator, clock: MovableClock, opts: Opts) -> None:
    filled(e2b, clock)
    paused = await listed(opts, query=SandboxQuery(state=[SandboxState.PAUSED]))
    running = await listed(opts, query=SandboxQuery(state=[SandboxState.RUNNING]))
    assert paused
    assert {row.state for row in paused} == {SandboxState.PAUSED}
    assert len(running) == e2b.boxes.running
    assert len(paused) + len(running) == len(e2b.boxes.by_id)


async def test_pause_and_connect_keep_the_id_and_start_the_time_to_live_anew(
    e2b: E2BEmulator, clock: MovableClock, opts: Opts
) -> None:
    box_id = (await AsyncSandbox.create("base", timeout=300, **opts)).sandbox_id
    clock.move(100)
    assert await AsyncSandbox.pause(box_id, **opts) is True
    assert await AsyncSandbox.pause(box_id, **opts) is False
    assert (await AsyncSandbox.get_info(box_id, **opts)).state is SandboxState.PAUSED
    clock.move(1000)
    again = await AsyncSandbox.connect(box_id, timeout=900, **opts)
    info = await AsyncSandbox.get_info(box_id, **opts)
    assert again.sandbox_id == box_id
    assert info.state is SandboxState.RUNNING
    assert info.started_at == clock()
    assert info.end_at == clock() + timedelta(seconds=900)


async def test_connect_says_whether_it_resumed(e2b: E2BEmulator, opts: Opts, raw: httpx.AsyncClient) -> None:
    box_id = (await AsyncSandbox.create("base", timeout=3000, **opts)).sandbox_id
    end_at = e2b.boxes.by_id[box_id].end_at
    assert (await raw.post(f"/v2/sandboxes/{box_id}/connect", json={"timeout": 60})).status_code == 200
    assert e2b.boxes.by_id[box_id].end_at == end_at, "connecting to a running sandbox never shortens its life"
    await AsyncSandbox.pause(box_id, **opts)
    assert (await raw.post(f"/v2/sandboxes/{box_id}/connect", json={"timeout": 60})).status_code == 201
    assert (await raw.post(f"/sandboxes/{box_id}/resume", json={"timeout": 60})).status_code == 409


async def test_a_snapshot_of_a_dead_guest_resumes_by_reboot_only(e2b: E2BEmulator, opts: Opts) -> None:
    box_id = (await AsyncSandbox.create("base", **opts)).sandbox_id
    await AsyncSandbox.pause(box_id, **opts)
    e2b.boxes.by_id[box_id].unresponsive = True
    with pytest.raises(Exception, match="guest agent") as refused:
        await AsyncSandbox.connect(box_id, **opts)
    assert type(refused.value).__name__ == "GuestUnresponsiveException"
    await AsyncSandbox.connect(box_id, on_resume="reboot", **opts)
    assert e2b.boxes.by_id[box_id].state is State.RUNNING


async def test_kill_is_idempotent_and_leaves_only_an_event(
    e2b: E2BEmulator, opts: Opts, raw: httpx.AsyncClient
) -> None:
    box_id = (await AsyncSandbox.create("base", **opts)).sandbox_id
    assert await AsyncSandbox.kill(box_id, **opts) is True
    assert await AsyncSandbox.kill(box_id, **opts) is False
    assert await listed(opts) == []
    with pytest.raises(SandboxNotFoundException):
        await AsyncSandbox.get_info(box_id, **opts)
    feed = (await raw.get(f"/events/sandboxes/{box_id}")).json()
    assert [event["type"] for event in feed] == ["sandbox.lifecycle.killed", "sandbox.lifecycle.created"]


async def test_a_longer_timeout_postpones_the_end(e2b: E2BEmulator, clock: MovableClock, opts: Opts) -> None:
    box_id = (await AsyncSandbox.create("base", timeout=60, **opts)).sandbox_id
    other = (await AsyncSandbox.create("base", timeout=60, **opts)).sandbox_id
    clock.move(50)
    await AsyncSandbox.set_timeout(box_id, 600, **opts)
    clock.move(100)
    assert [row.sandbox_id for row in await listed(opts)] == [box_id]
    clock.move(501)
    assert await listed(opts) == []
    assert {e2b.ended[box_id].id, e2b.ended[other].id} == {box_id, other}


async def test_refreshes_only_ever_extend(e2b: E2BEmulator, opts: Opts, raw: httpx.AsyncClient) -> None:
    box_id = (await AsyncSandbox.create("base", timeout=600, **opts)).sandbox_id
    box = e2b.boxes.by_id[box_id]
    before = box.end_at
    assert (await raw.post(f"/sandboxes/{box_id}/refreshes", json={"duration": 60})).status_code == 204
    assert box.end_at == before
    assert (await raw.post(f"/sandboxes/{box_id}/refreshes", json={"duration": 1200})).status_code == 204
    assert box.end_at == before + timedelta(seconds=600)
    assert (await raw.post(f"/sandboxes/{box_id}/refreshes", json={"duration": 3601})).status_code == 400


async def test_a_sandbox_that_pauses_on_timeout_is_kept(e2b: E2BEmulator, clock: MovableClock, opts: Opts) -> None:
    lifecycle: Any = {"on_timeout": "pause"}
    box_id = (await AsyncSandbox.create("base", timeout=30, lifecycle=lifecycle, **opts)).sandbox_id
    end_at = e2b.boxes.by_id[box_id].end_at
    clock.move(300)
    (row,) = await listed(opts)
    assert (row.sandbox_id, row.state) == (box_id, SandboxState.PAUSED)
    assert e2b.boxes.events[-1].at == end_at, "it ended when it was due, not when somebody looked"


async def test_metrics_come_one_by_one_and_in_bulk(e2b: E2BEmulator, clock: MovableClock, opts: Opts) -> None:
    filled(e2b, clock, agents=200)
    loops, waits = first(e2b, Behaviour.LOOPS), first(e2b, Behaviour.LEAKS)
    series = await AsyncSandbox.get_metrics(loops.id, start=clock() - timedelta(seconds=60), end=clock(), **opts)
    assert len(series) == 12
    assert all(point.cpu_used_pct > 80 for point in series)
    assert all(0 < point.mem_used < point.mem_total for point in series)
    api = get_api_client(ConnectionConfig(**opts))
    found = await get_sandboxes_metrics.asyncio_detailed(client=api, sandbox_ids=[loops.id, waits.id, "ighost"])
    measured: Any = found.parsed
    sandboxes = measured.sandboxes
    assert set(sandboxes) == {loops.id, waits.id}
    assert sandboxes[waits.id]["cpuUsedPct"] < 5


async def test_bulk_metrics_take_a_hundred_ids_at_most(raw: httpx.AsyncClient) -> None:
    ids = ",".join(f"i{number}" for number in range(101))
    assert (await raw.get("/sandboxes/metrics", params={"sandbox_ids": ids})).status_code == 400


async def test_logs_run_both_ways_and_outlive_the_sandbox(e2b: E2BEmulator, clock: MovableClock, opts: Opts) -> None:
    box_id = (await AsyncSandbox.create("base", timeout=3600, **opts)).sandbox_id
    clock.move(600)
    api = get_api_client(ConnectionConfig(**opts))
    read = get_v_2_sandboxes_sandbox_id_logs.asyncio_detailed
    forward: Any = (await read(box_id, client=api, limit=1000)).parsed
    times = [entry.timestamp for entry in forward.logs]
    assert len(times) > 20
    assert times == sorted(times)
    cursor = int(times[10].timestamp() * 1000)
    rest: Any = (await read(box_id, client=api, cursor=cursor)).parsed
    assert [entry.timestamp for entry in rest.logs] == times[10:]
    newest: Any = (await read(box_id, client=api, limit=3, direction=LogsDirection.BACKWARD)).parsed
    assert [entry.timestamp for entry in newest.logs] == times[:-4:-1]
    await AsyncSandbox.kill(box_id, **opts)
    clock.move(600)
    after: Any = (await read(box_id, client=api)).parsed
    assert [entry.timestamp for entry in after.logs] == times


async def test_the_lifecycle_feed_pages_by_offset_and_filters_by_type(
    e2b: E2BEmulator, clock: MovableClock, raw: httpx.AsyncClient
) -> None:
    filled(e2b, clock)
    first_page = (await raw.get("/events/sandboxes")).json()
    assert len(first_page) == 10
    whole = (await raw.get("/events/sandboxes", params={"limit": 100})).json()
    second = (await raw.get("/events/sandboxes", params={"limit": 10, "offset": 10})).json()
    assert first_page + second == whole[:20]
    assert [event["timestamp"] for event in whole] == sorted((event["timestamp"] for event in whole), reverse=True)
    paused = (await raw.get("/events/sandboxes", params={"limit": 100, "types": "sandbox.lifecycle.paused"})).json()
    assert {event["type"] for event in paused} == {"sandbox.lifecycle.paused"}
    clock.move(8 * 86400)
    kinds = {event["type"] for event in (await raw.get("/events/sandboxes", params={"limit": 100})).json()}
    assert "sandbox.lifecycle.paused" not in kinds, "the feed forgets after seven days"


async def test_agents_of_the_world_fail_end_and_are_started_again(
    e2b: E2BEmulator, clock: MovableClock, opts: Opts
) -> None:
    filled(e2b, clock, agents=200)
    fails, short = first(e2b, Behaviour.FAILS), first(e2b, Behaviour.SHORT_TTL)
    before = {row.sandbox_id for row in await listed(opts)}
    assert {fails.id, short.id} < before
    clock.move(1000)
    after = {row.sandbox_id: row for row in await listed(opts)}
    assert fails.id not in after
    assert short.id not in after
    renewed = [row for box_id, row in after.items() if box_id not in before]
    assert renewed
    names = {box.metadata.get("fleet.agent") for box in e2b.ended.values()}
    assert {row.metadata["fleet.agent"] for row in renewed} <= names


async def test_orphans_carry_no_metadata(e2b: E2BEmulator, clock: MovableClock, opts: Opts) -> None:
    filled(e2b, clock, agents=200)
    assert any(row.metadata == {} for row in await listed(opts))


async def test_a_wrong_key_gets_the_vendors_refusal(e2b: E2BEmulator, opts: Opts) -> None:
    with pytest.raises(AuthenticationException, match="Invalid API key"):
        await listed({**opts, "api_key": "e2b_other"})
    e2b.accepted_keys.add("e2b_other")
    assert await listed({**opts, "api_key": "e2b_other"}) == []


async def test_the_record_of_requests_holds_no_key(e2b: E2BEmulator, opts: Opts) -> None:
    await AsyncSandbox.create("base", **opts)
    assert [(seen.method, seen.path) for seen in e2b.requests] == [("POST", "/v2/sandboxes")]
    assert e2b.default_key not in repr(e2b.requests)


async def test_the_plans_limit_of_running_sandboxes_is_a_429(e2b: E2BEmulator, opts: Opts) -> None:
    e2b.max_running = 1
    await AsyncSandbox.create("base", **opts)
    with pytest.raises(RateLimitException, match="maximum number"):
        await AsyncSandbox.create("base", **opts)


async def test_an_effect_whose_answer_is_lost_has_happened(e2b: E2BEmulator, opts: Opts) -> None:
    box_id = (await AsyncSandbox.create("base", **opts)).sandbox_id
    e2b.faults.add(Fault(kind=FaultKind.RESET_AFTER, method="DELETE", times=1))
    with pytest.raises(httpx.HTTPError):
        await AsyncSandbox.kill(box_id, **opts)
    assert box_id in e2b.ended
    assert await AsyncSandbox.kill(box_id, **opts) is False


@pytest.mark.no_cover
async def test_ten_thousand_sandboxes_are_listed_within_seconds(
    e2b: E2BEmulator, clock: MovableClock, raw: httpx.AsyncClient
) -> None:
    e2b.fill(seed_world(16_000, 1, clock()))
    total, token, pages = 0, "", 0
    while True:
        page = await raw.get("/v2/sandboxes", params={"limit": 100, **({"nextToken": token} if token else {})})
        total, pages = total + len(page.json()), pages + 1
        token = page.headers.get("X-Next-Token", "")
        if not token:
            break
    assert total == len(e2b.boxes.by_id) > 10_000
    assert pages == -(-total // 100)
