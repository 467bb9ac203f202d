"""Daytona's generated clients and its own SDK work against the emulator unchanged, verb by verb."""

import json
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from daytona import AsyncDaytona, CreateSandboxFromSnapshotParams, DaytonaConfig, ListSandboxesQuery
from daytona_api_client_async import (
    CreateSandbox,
    SandboxLabels,
    SandboxListSortDirection,
    SandboxListSortField,
    SandboxState,
)
from daytona_api_client_async.exceptions import (
    ApiException,
    ConflictException,
    NotFoundException,
    UnauthorizedException,
)

from fleet_tui import clock as wall
from fleet_tui.emulator.daytona import DaytonaEmulator
from fleet_tui.emulator.faults import Fault, FaultKind
from fleet_tui.emulator.world import Behaviour, seed_world
from tests.support.clock import MovableClock
from tests.support.daytona import created, filled, listed, oldest


async def test_a_created_sandbox_takes_its_time_to_start(
    daytona: DaytonaEmulator, clock: MovableClock, daytona_api: Any
) -> None:
    made = await daytona_api.create_sandbox(CreateSandbox(name="ci-fix-01", labels={"fleet.agent": "ci-fix-01"}, cpu=2))
    assert made.state is SandboxState.CREATING
    clock.move(1)
    assert (await daytona_api.get_sandbox(made.id)).state is SandboxState.CREATING
    clock.move(2)
    found = await daytona_api.get_sandbox("ci-fix-01")
    assert (found.id, found.state, found.cpu) == (made.id, SandboxState.STARTED, 2)
    assert found.labels == {"fleet.agent": "ci-fix-01"}
    with pytest.raises(ConflictException):
        await daytona_api.create_sandbox(CreateSandbox(name="ci-fix-01"))


async def test_every_page_together_is_the_whole_list(
    daytona: DaytonaEmulator, clock: MovableClock, daytona_api: Any
) -> None:
    filled(daytona, clock, agents=600)
    assert len(daytona.boxes.by_id) > 200
    rows = await listed(daytona_api)
    assert sorted(row.id for row in rows) == sorted(daytona.boxes.by_id)
    assert [row.created_at for row in rows] == sorted((row.created_at for row in rows), reverse=True)
    ascending = await listed(daytona_api, limit=7, order=SandboxListSortDirection.ASC)
    assert [row.id for row in ascending] == [row.id for row in reversed(rows)]
    by_name = await listed(daytona_api, limit=50, sort=SandboxListSortField.NAME, order=SandboxListSortDirection.ASC)
    assert [row.name for row in by_name] == sorted(box.name for box in daytona.boxes.by_id.values())
    with pytest.raises(ApiException) as refused:
        await daytona_api.list_sandboxes(cursor="nonsense")
    assert refused.value.status == 400


async def test_a_page_holds_two_hundred_at_most(
    daytona: DaytonaEmulator, clock: MovableClock, daytona_client: Any
) -> None:
    filled(daytona, clock, agents=600)
    headers = {"Authorization": f"Bearer {daytona.default_key}"}
    async with httpx.AsyncClient(base_url=daytona.base_url, headers=headers) as raw:
        assert len((await raw.get("/sandbox")).json()["items"]) == 100
        assert len((await raw.get("/sandbox?limit=200")).json()["items"]) == 200
        assert (await raw.get("/sandbox?limit=201")).status_code == 400


async def test_the_list_filters_by_labels_states_and_regions(
    daytona: DaytonaEmulator, clock: MovableClock, daytona_api: Any
) -> None:
    filled(daytona, clock)
    ci = await listed(daytona_api, labels=json.dumps({"fleet.team": "ci"}))
    assert ci
    assert {row.labels["fleet.team"] for row in ci} == {"ci"}
    resting = await listed(daytona_api, states=[SandboxState.PAUSED, SandboxState.STOPPED])
    assert {row.state for row in resting} == {SandboxState.PAUSED, SandboxState.STOPPED}
    assert {row.target for row in await listed(daytona_api, region_ids=["eu"])} == {"eu"}
    assert all(row.cpu >= 4 for row in await listed(daytona_api, min_cpu=4))
    hour_ago = clock() - timedelta(hours=1)
    young = await listed(daytona_api, created_at_after=hour_ago)
    assert {row.id for row in young} == {b.id for b in daytona.boxes.by_id.values() if b.created_at >= hour_ago}


@pytest.mark.parametrize(
    ("verb", "under_way", "settled", "back_via"),
    [
        ("stop_sandbox", SandboxState.STOPPING, SandboxState.STOPPED, SandboxState.STARTING),
        ("pause_sandbox", SandboxState.PAUSING, SandboxState.PAUSED, SandboxState.RESUMING),
    ],
)
async def test_stop_and_pause_are_two_ways_to_rest_and_start_ends_both(
    clock: MovableClock,
    daytona_api: Any,
    verb: str,
    under_way: SandboxState,
    settled: SandboxState,
    back_via: SandboxState,
) -> None:
    box = await created(daytona_api, clock)
    assert (await getattr(daytona_api, verb)(box.id)).state is under_way
    with pytest.raises(ConflictException, match="in progress"):
        await daytona_api.start_sandbox(box.id)
    clock.move(5)
    assert (await daytona_api.get_sandbox(box.id)).state is settled
    with pytest.raises(ApiException) as twice:
        await getattr(daytona_api, verb)(box.id)
    assert twice.value.status == 400
    assert (await daytona_api.start_sandbox(box.id)).state is back_via
    clock.move(5)
    assert (await daytona_api.start_sandbox(box.id)).state is SandboxState.STARTED


async def test_only_a_stopped_sandbox_is_archived_and_it_is_restored_by_start(
    clock: MovableClock, daytona_api: Any
) -> None:
    box = await created(daytona_api, clock)
    with pytest.raises(ApiException) as refused:
        await daytona_api.archive_sandbox(box.id)
    assert refused.value.status == 400
    await daytona_api.stop_sandbox(box.id)
    clock.move(5)
    assert (await daytona_api.archive_sandbox(box.id)).state is SandboxState.ARCHIVING
    clock.move(30)
    assert (await daytona_api.get_sandbox(box.id)).state is SandboxState.ARCHIVED
    assert (await daytona_api.start_sandbox(box.id)).state is SandboxState.RESTORING


async def test_delete_is_seen_under_way_and_then_nothing_is_left(
    daytona: DaytonaEmulator, clock: MovableClock, daytona_api: Any
) -> None:
    box = await created(daytona_api, clock)
    assert (await daytona_api.delete_sandbox(box.id)).state is SandboxState.DESTROYING
    assert [row.state for row in await listed(daytona_api)] == [SandboxState.DESTROYING]
    clock.move(3)
    assert await listed(daytona_api) == []
    with pytest.raises(NotFoundException):
        await daytona_api.delete_sandbox(box.id)
    assert box.id in daytona.boxes.gone


async def test_labels_are_replaced_as_a_whole(clock: MovableClock, daytona_api: Any) -> None:
    box = await created(daytona_api, clock, labels={"fleet.owner": "mara", "keep": "me"})
    answer = await daytona_api.replace_labels(box.id, SandboxLabels(labels={"fleet.owner": "wei"}))
    assert answer.labels == {"fleet.owner": "wei"}
    assert (await daytona_api.get_sandbox(box.id)).labels == {"fleet.owner": "wei"}


async def test_a_time_to_live_ends_a_sandbox_in_any_state(
    daytona: DaytonaEmulator, clock: MovableClock, daytona_api: Any
) -> None:
    box = await created(daytona_api, clock)
    await daytona_api.stop_sandbox(box.id)
    clock.move(5)
    row = await daytona_api.set_ttl(box.id, 10)
    assert datetime.fromisoformat(row.auto_destroy_at) == clock() + timedelta(minutes=10)
    clock.move(300)
    await daytona_api.set_ttl(box.id, 10)
    clock.move(400)
    assert len(await listed(daytona_api)) == 1, "a new time to live counts from the moment it was set"
    clock.move(300)
    assert await listed(daytona_api) == []


async def test_intervals_are_set_and_auto_stop_and_auto_pause_exclude_each_other(
    clock: MovableClock, daytona_api: Any
) -> None:
    box = await created(daytona_api, clock)
    assert (await daytona_api.set_autostop_interval(box.id, 30)).auto_stop_interval == 30
    paused = await daytona_api.set_auto_pause_interval(box.id, 20)
    assert (paused.auto_stop_interval, paused.auto_pause_interval) == (0, 20)
    assert (await daytona_api.set_auto_archive_interval(box.id, 60)).auto_archive_interval == 60
    assert (await daytona_api.set_auto_delete_interval(box.id, -1)).auto_delete_interval == -1


async def test_an_idle_sandbox_stops_by_itself_and_a_working_one_does_not(
    daytona: DaytonaEmulator, clock: MovableClock, daytona_api: Any
) -> None:
    filled(daytona, clock)
    leak, steady = oldest(daytona, Behaviour.LEAKS), oldest(daytona, Behaviour.STEADY)
    await daytona_api.set_autostop_interval(leak.id, 15)
    await daytona_api.set_autostop_interval(steady.id, 15)
    clock.move(3600)
    assert (await daytona_api.get_sandbox(leak.id)).state is SandboxState.STOPPED
    assert (await daytona_api.get_sandbox(steady.id)).state is SandboxState.STARTED


async def test_a_stopped_sandbox_is_archived_or_deleted_when_its_time_comes(
    clock: MovableClock, daytona_api: Any
) -> None:
    kept = await created(daytona_api, clock, auto_archive_interval=60)
    dropped = await created(daytona_api, clock, auto_delete_interval=30)
    await daytona_api.stop_sandbox(kept.id)
    await daytona_api.stop_sandbox(dropped.id)
    clock.move(20 * 60)
    assert {row.state for row in await listed(daytona_api)} == {SandboxState.STOPPED}
    clock.move(50 * 60)
    assert [(row.id, row.state) for row in await listed(daytona_api)] == [(kept.id, SandboxState.ARCHIVED)]


async def test_an_errored_sandbox_says_why_and_may_be_recovered(
    daytona: DaytonaEmulator, clock: MovableClock, daytona_api: Any
) -> None:
    filled(daytona, clock, agents=600)
    clock.move(700)
    rows = await listed(daytona_api, states=[SandboxState.ERROR])
    assert all(row.error_reason for row in rows)
    good = next(row for row in rows if row.recoverable)
    bad = next(row for row in rows if not row.recoverable)
    with pytest.raises(ApiException) as refused:
        await daytona_api.recover_sandbox(bad.id)
    assert refused.value.status == 400
    with pytest.raises(ApiException):
        await daytona_api.start_sandbox(good.id)
    await daytona_api.recover_sandbox(good.id)
    clock.move(5)
    back = await daytona_api.get_sandbox(good.id)
    assert (back.state, back.error_reason) == (SandboxState.STARTED, None)


async def test_a_wrong_key_gets_the_vendors_refusal(
    daytona: DaytonaEmulator, daytona_client: Any, daytona_api: Any
) -> None:
    daytona_client.default_headers["Authorization"] = "Bearer dtn_other"
    with pytest.raises(UnauthorizedException) as refused:
        await daytona_api.list_sandboxes()
    assert json.loads(str(refused.value.body))["statusCode"] == 401


@pytest.mark.parametrize(
    ("call", "limit"), [("list", "authenticated"), ("create", "sandbox-create"), ("stop", "sandbox-lifecycle")]
)
async def test_a_429_names_its_limit_in_every_header(
    daytona: DaytonaEmulator, daytona_api: Any, call: str, limit: str
) -> None:
    daytona.faults.add(Fault(kind=FaultKind.RATE_LIMITED, retry_after_s=7))
    calls = {
        "list": daytona_api.list_sandboxes,
        "create": lambda: daytona_api.create_sandbox(CreateSandbox()),
        "stop": lambda: daytona_api.stop_sandbox("any"),
    }
    with pytest.raises(ApiException) as limited:
        await calls[call]()
    assert limited.value.status == 429
    headers: Any = limited.value.headers
    assert headers[f"Retry-After-{limit}"] == "7"
    assert "Retry-After" not in headers


async def test_the_whole_sdk_runs_a_sandbox_from_create_to_delete() -> None:
    async with DaytonaEmulator(clock=wall.now) as daytona:
        daytona.boxes.pace = 0.05
        with pytest.warns(DeprecationWarning, match="Polling-only"):
            sdk = AsyncDaytona(
                DaytonaConfig(api_key=daytona.default_key, api_url=daytona.base_url, use_deprecated_polling=True)
            )
        async with sdk:
            box = await sdk.create(CreateSandboxFromSnapshotParams(name="whole", labels={"fleet.agent": "a"}))
            assert box.state == SandboxState.STARTED
            names = [row.name async for row in sdk.list(ListSandboxesQuery(labels={"fleet.agent": "a"}))]
            assert names == ["whole"]
            assert (await box.set_labels({"fleet.agent": "b"})) == {"fleet.agent": "b"}
            await box.set_autostop_interval(0)
            await box.set_ttl(60)
            await box.pause()
            await box.start()
            await box.stop()
            assert (await sdk.get("whole")).state == SandboxState.STOPPED
            await box.start()
            assert (await box.get_metrics_latest()).cpu_used_pct is not None
            assert isinstance(await box.get_metrics(), list)
            await sdk.delete(box)
        assert not [seen for seen in daytona.requests if "paginated" in seen.path]


@pytest.mark.no_cover
async def test_ten_thousand_sandboxes_are_listed_within_seconds(daytona: DaytonaEmulator, clock: MovableClock) -> None:
    daytona.fill(seed_world(22_000, 1, clock()))
    headers = {"Authorization": f"Bearer {daytona.default_key}"}
    total, cursor, pages = 0, "", 0
    async with httpx.AsyncClient(base_url=daytona.base_url, headers=headers, timeout=5) as raw:
        while cursor is not None:
            body = (await raw.get("/sandbox", params={"limit": 200, **({"cursor": cursor} if cursor else {})})).json()
            total, pages, cursor = total + len(body["items"]), pages + 1, body["nextCursor"]
    assert total == len(daytona.boxes.by_id) > 10_000
    assert pages == -(-total // 200)
