"""Daytona's generated clients and its own SDK work against the emulator unchanged, verb by verb."""

import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from daytona import AsyncDaytona, CreateSandboxFromSnapshotParams, DaytonaConfig, ListSandboxesQuery
from daytona_analytics_api_client_async import ApiClient as AnalyticsClient
from daytona_analytics_api_client_async import Configuration as AnalyticsConfiguration
from daytona_analytics_api_client_async import UsageApi
from daytona_api_client_async import (
    ApiClient,
    ConfigApi,
    Configuration,
    CreateSandbox,
    OrganizationsApi,
    SandboxApi,
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
from fleet_tui.emulator import daytona_usage
from fleet_tui.emulator.daytona import DaytonaEmulator
from fleet_tui.emulator.daytona_state import Box, State
from fleet_tui.emulator.daytona_wire import ORGANIZATION_ID
from fleet_tui.emulator.faults import Fault, FaultKind
from fleet_tui.emulator.world import Behaviour, seed_world
from tests.support.clock import MovableClock


@pytest.fixture
async def daytona(clock: MovableClock) -> AsyncIterator[DaytonaEmulator]:
    async with DaytonaEmulator(clock=clock, seed=3) as emulator:
        yield emulator


@pytest.fixture
async def client(daytona: DaytonaEmulator) -> AsyncIterator[Any]:
    async with ApiClient(Configuration(host=daytona.base_url)) as api:
        api.default_headers["Authorization"] = f"Bearer {daytona.default_key}"
        yield api


@pytest.fixture
def api(client: Any) -> Any:
    return SandboxApi(client)


async def listed(api: Any, **more: Any) -> list[Any]:
    rows: list[Any] = []
    cursor: str | None = None
    while True:
        page = await api.list_sandboxes(cursor=cursor, **more)
        rows += page.items
        cursor = page.next_cursor
        if cursor is None:
            return rows


def filled(daytona: DaytonaEmulator, clock: MovableClock, agents: int = 200) -> None:
    daytona.fill(seed_world(agents, 3, clock()))


def first(daytona: DaytonaEmulator, behaviour: Behaviour) -> Box:
    """The oldest of them."""
    boxes = (box for box in daytona.boxes.by_id.values() if box.work.behaviour is behaviour)
    return min(boxes, key=lambda box: box.created_at)


async def created(api: Any, clock: MovableClock, **more: Any) -> Any:
    """A sandbox that has started."""
    row = await api.create_sandbox(CreateSandbox(**more))
    clock.move(3)
    return row


async def test_a_created_sandbox_takes_its_time_to_start(
    daytona: DaytonaEmulator, clock: MovableClock, api: Any
) -> None:
    made = await api.create_sandbox(CreateSandbox(name="ci-fix-01", labels={"fleet.agent": "ci-fix-01"}, cpu=2))
    assert made.state is SandboxState.CREATING
    clock.move(1)
    assert (await api.get_sandbox(made.id)).state is SandboxState.CREATING
    clock.move(2)
    found = await api.get_sandbox("ci-fix-01")
    assert (found.id, found.state, found.cpu) == (made.id, SandboxState.STARTED, 2)
    assert found.labels == {"fleet.agent": "ci-fix-01"}
    with pytest.raises(ConflictException):
        await api.create_sandbox(CreateSandbox(name="ci-fix-01"))


async def test_every_page_together_is_the_whole_list(daytona: DaytonaEmulator, clock: MovableClock, api: Any) -> None:
    filled(daytona, clock, agents=600)
    assert len(daytona.boxes.by_id) > 200
    rows = await listed(api)
    assert sorted(row.id for row in rows) == sorted(daytona.boxes.by_id)
    assert [row.created_at for row in rows] == sorted((row.created_at for row in rows), reverse=True)
    ascending = await listed(api, limit=7, order=SandboxListSortDirection.ASC)
    assert [row.id for row in ascending] == [row.id for row in reversed(rows)]
    by_name = await listed(api, limit=50, sort=SandboxListSortField.NAME, order=SandboxListSortDirection.ASC)
    assert [row.name for row in by_name] == sorted(box.name for box in daytona.boxes.by_id.values())
    with pytest.raises(ApiException) as refused:
        await api.list_sandboxes(cursor="nonsense")
    assert refused.value.status == 400


async def test_a_page_holds_two_hundred_at_most(daytona: DaytonaEmulator, clock: MovableClock, client: Any) -> None:
    filled(daytona, clock, agents=600)
    headers = {"Authorization": f"Bearer {daytona.default_key}"}
    async with httpx.AsyncClient(base_url=daytona.base_url, headers=headers) as raw:
        assert len((await raw.get("/sandbox")).json()["items"]) == 100
        assert len((await raw.get("/sandbox?limit=200")).json()["items"]) == 200
        assert (await raw.get("/sandbox?limit=201")).status_code == 400


async def test_the_list_filters_by_labels_states_and_regions(
    daytona: DaytonaEmulator, clock: MovableClock, api: Any
) -> None:
    filled(daytona, clock)
    ci = await listed(api, labels=json.dumps({"fleet.team": "ci"}))
    assert ci
    assert {row.labels["fleet.team"] for row in ci} == {"ci"}
    resting = await listed(api, states=[SandboxState.PAUSED, SandboxState.STOPPED])
    assert {row.state for row in resting} == {SandboxState.PAUSED, SandboxState.STOPPED}
    assert {row.target for row in await listed(api, region_ids=["eu"])} == {"eu"}
    assert all(row.cpu >= 4 for row in await listed(api, min_cpu=4))
    hour_ago = clock() - timedelta(hours=1)
    young = await listed(api, created_at_after=hour_ago)
    assert {row.id for row in young} == {b.id for b in daytona.boxes.by_id.values() if b.created_at >= hour_ago}


@pytest.mark.parametrize(
    ("verb", "under_way", "settled", "back_via"),
    [
        ("stop_sandbox", SandboxState.STOPPING, SandboxState.STOPPED, SandboxState.STARTING),
        ("pause_sandbox", SandboxState.PAUSING, SandboxState.PAUSED, SandboxState.RESUMING),
    ],
)
async def test_stop_and_pause_are_two_ways_to_rest_and_start_ends_both(
    clock: MovableClock, api: Any, verb: str, under_way: SandboxState, settled: SandboxState, back_via: SandboxState
) -> None:
    box = await created(api, clock)
    assert (await getattr(api, verb)(box.id)).state is under_way
    with pytest.raises(ConflictException, match="in progress"):
        await api.start_sandbox(box.id)
    clock.move(5)
    assert (await api.get_sandbox(box.id)).state is settled
    with pytest.raises(ApiException) as twice:
        await getattr(api, verb)(box.id)
    assert twice.value.status == 400
    assert (await api.start_sandbox(box.id)).state is back_via
    clock.move(5)
    assert (await api.start_sandbox(box.id)).state is SandboxState.STARTED


async def test_only_a_stopped_sandbox_is_archived_and_it_is_restored_by_start(clock: MovableClock, api: Any) -> None:
    box = await created(api, clock)
    with pytest.raises(ApiException) as refused:
        await api.archive_sandbox(box.id)
    assert refused.value.status == 400
    await api.stop_sandbox(box.id)
    clock.move(5)
    assert (await api.archive_sandbox(box.id)).state is SandboxState.ARCHIVING
    clock.move(30)
    assert (await api.get_sandbox(box.id)).state is SandboxState.ARCHIVED
    assert (await api.start_sandbox(box.id)).state is SandboxState.RESTORING


async def test_delete_is_seen_under_way_and_then_nothing_is_left(
    daytona: DaytonaEmulator, clock: MovableClock, api: Any
) -> None:
    box = await created(api, clock)
    assert (await api.delete_sandbox(box.id)).state is SandboxState.DESTROYING
    assert [row.state for row in await listed(api)] == [SandboxState.DESTROYING]
    clock.move(3)
    assert await listed(api) == []
    with pytest.raises(NotFoundException):
        await api.delete_sandbox(box.id)
    assert box.id in daytona.boxes.gone


async def test_labels_are_replaced_as_a_whole(clock: MovableClock, api: Any) -> None:
    box = await created(api, clock, labels={"fleet.owner": "mara", "keep": "me"})
    answer = await api.replace_labels(box.id, SandboxLabels(labels={"fleet.owner": "wei"}))
    assert answer.labels == {"fleet.owner": "wei"}
    assert (await api.get_sandbox(box.id)).labels == {"fleet.owner": "wei"}


async def test_a_time_to_live_ends_a_sandbox_in_any_state(
    daytona: DaytonaEmulator, clock: MovableClock, api: Any
) -> None:
    box = await created(api, clock)
    await api.stop_sandbox(box.id)
    clock.move(5)
    row = await api.set_ttl(box.id, 10)
    assert datetime.fromisoformat(row.auto_destroy_at) == clock() + timedelta(minutes=10)
    clock.move(300)
    await api.set_ttl(box.id, 10)
    clock.move(400)
    assert len(await listed(api)) == 1, "a new time to live counts from the moment it was set"
    clock.move(300)
    assert await listed(api) == []


async def test_intervals_are_set_and_auto_stop_and_auto_pause_exclude_each_other(clock: MovableClock, api: Any) -> None:
    box = await created(api, clock)
    assert (await api.set_autostop_interval(box.id, 30)).auto_stop_interval == 30
    paused = await api.set_auto_pause_interval(box.id, 20)
    assert (paused.auto_stop_interval, paused.auto_pause_interval) == (0, 20)
    assert (await api.set_auto_archive_interval(box.id, 60)).auto_archive_interval == 60
    assert (await api.set_auto_delete_interval(box.id, -1)).auto_delete_interval == -1


async def test_an_idle_sandbox_stops_by_itself_and_a_working_one_does_not(
    daytona: DaytonaEmulator, clock: MovableClock, api: Any
) -> None:
    filled(daytona, clock)
    leak, steady = first(daytona, Behaviour.LEAKS), first(daytona, Behaviour.STEADY)
    await api.set_autostop_interval(leak.id, 15)
    await api.set_autostop_interval(steady.id, 15)
    clock.move(3600)
    assert (await api.get_sandbox(leak.id)).state is SandboxState.STOPPED
    assert (await api.get_sandbox(steady.id)).state is SandboxState.STARTED


async def test_a_stopped_sandbox_is_archived_or_deleted_when_its_time_comes(clock: MovableClock, api: Any) -> None:
    kept = await created(api, clock, auto_archive_interval=60)
    dropped = await created(api, clock, auto_delete_interval=30)
    await api.stop_sandbox(kept.id)
    await api.stop_sandbox(dropped.id)
    clock.move(20 * 60)
    assert {row.state for row in await listed(api)} == {SandboxState.STOPPED}
    clock.move(50 * 60)
    assert [(row.id, row.state) for row in await listed(api)] == [(kept.id, SandboxState.ARCHIVED)]


async def test_an_errored_sandbox_says_why_and_may_be_recovered(
    daytona: DaytonaEmulator, clock: MovableClock, api: Any
) -> None:
    filled(daytona, clock, agents=600)
    clock.move(700)
    rows = await listed(api, states=[SandboxState.ERROR])
    assert all(row.error_reason for row in rows)
    good = next(row for row in rows if row.recoverable)
    bad = next(row for row in rows if not row.recoverable)
    with pytest.raises(ApiException) as refused:
        await api.recover_sandbox(bad.id)
    assert refused.value.status == 400
    with pytest.raises(ApiException):
        await api.start_sandbox(good.id)
    await api.recover_sandbox(good.id)
    clock.move(5)
    back = await api.get_sandbox(good.id)
    assert (back.state, back.error_reason) == (SandboxState.STARTED, None)


async def test_telemetry_shows_load_only_while_it_ran(daytona: DaytonaEmulator, clock: MovableClock, api: Any) -> None:
    filled(daytona, clock)
    loops = first(daytona, Behaviour.LOOPS)
    since = clock() - timedelta(minutes=10)
    names = ["daytona.sandbox.cpu.utilization"]
    answer = await api.get_sandbox_metrics(loops.id, var_from=since, to=clock(), metric_names=names)
    (series,) = answer.series
    assert len(series.data_points) == 40
    assert all(point.value > 80 for point in series.data_points)
    await api.stop_sandbox(loops.id)
    clock.move(3600)
    later = await api.get_sandbox_metrics(loops.id, var_from=clock() - timedelta(minutes=10), to=clock())
    assert later.series == []


async def test_logs_come_newest_first_in_numbered_pages(
    daytona: DaytonaEmulator, clock: MovableClock, api: Any
) -> None:
    filled(daytona, clock)
    steady = first(daytona, Behaviour.STEADY)
    span = {"var_from": clock() - timedelta(minutes=30), "to": clock()}
    one = await api.get_sandbox_logs(steady.id, page=1, limit=10, **span)
    two = await api.get_sandbox_logs(steady.id, page=2, limit=10, **span)
    times = [row.timestamp for row in [*one.items, *two.items]]
    assert len(times) == 20
    assert times == sorted(times, reverse=True)
    assert one.total_pages == -(-one.total // 10)
    warnings = await api.get_sandbox_logs(steady.id, severities=["WARN"], **span)
    assert {row.severity_text for row in warnings.items} == {"WARN"}


async def test_config_names_only_our_own_addresses(daytona: DaytonaEmulator, client: Any) -> None:
    config = await ConfigApi(client).config_controller_get_config()
    assert config.analytics_api_url == daytona.base_url
    assert config.proxy_toolbox_url.startswith(daytona.base_url)
    daytona.reads.analytics = False
    assert (await ConfigApi(client).config_controller_get_config()).analytics_api_url is None


async def test_quotas_count_what_runs(daytona: DaytonaEmulator, clock: MovableClock, client: Any) -> None:
    filled(daytona, clock)
    usage = await OrganizationsApi(client).get_organization_usage_overview(ORGANIZATION_ID)
    running = [box for box in daytona.boxes.by_id.values() if box.state is State.STARTED]
    assert sum(region.current_cpu_usage for region in usage.region_usage) == sum(box.cpu for box in running)
    with pytest.raises(ApiException) as refused:
        await OrganizationsApi(client).get_organization_usage_overview("another")
    assert refused.value.status == 403


async def test_usage_prices_an_hour_as_the_list_does_and_outlives_the_sandbox(
    daytona: DaytonaEmulator, clock: MovableClock, api: Any
) -> None:
    start = clock()
    box = await created(api, clock, cpu=2, memory=4, disk=10)
    clock.move(3599)
    await api.delete_sandbox(box.id)
    clock.move(3600)
    async with AnalyticsClient(AnalyticsConfiguration(host=daytona.base_url)) as analytics:
        analytics.default_headers["Authorization"] = f"Bearer {daytona.default_key}"
        usage = UsageApi(analytics)
        span = (start.isoformat(), clock().isoformat())
        (row,) = await usage.organization_organization_id_usage_sandbox_get(ORGANIZATION_ID, *span)
        (period,) = await usage.organization_organization_id_sandbox_sandbox_id_usage_get(
            ORGANIZATION_ID, box.id, *span
        )
        whole = await usage.organization_organization_id_usage_aggregated_get(ORGANIZATION_ID, *span)
        chart = await usage.organization_organization_id_usage_chart_get(ORGANIZATION_ID, *span)
    hour_usd = 2 * daytona_usage.CPU_USD_PER_H + 4 * daytona_usage.MEMORY_USD_PER_GIB_H
    hour_usd += 5 * daytona_usage.DISK_USD_PER_GIB_H
    assert row.sandbox_id == box.id
    assert row.total_price == pytest.approx(hour_usd * 3602 / 3600, rel=0.01)
    assert row.total_cpu_seconds == pytest.approx(7204, abs=8)
    assert period.price == whole.total_price == row.total_price
    by_hour = sum(point.cpu_price + point.ram_price + point.disk_price for point in chart)
    assert by_hour == pytest.approx(row.total_price, abs=1e-5)


async def test_a_stopped_sandbox_costs_its_disk_only_and_an_archived_one_nothing(
    daytona: DaytonaEmulator, clock: MovableClock, api: Any
) -> None:
    box = await created(api, clock, cpu=2, memory=4, disk=10)
    await api.stop_sandbox(box.id)
    clock.move(10)
    stopped_at = clock()
    clock.move(3600)
    daytona.advance(clock())
    (row,) = daytona_usage.periods_json(daytona.boxes.by_id[box.id], stopped_at, clock(), clock())
    assert row["price"] == pytest.approx(5 * daytona_usage.DISK_USD_PER_GIB_H, rel=1e-3)
    assert (row["cpu"], row["ramGB"], "endAt" in row) == (0, 0, False)
    await api.archive_sandbox(box.id)
    clock.move(60)
    archived_at = clock()
    clock.move(3600)
    daytona.advance(clock())
    assert daytona_usage.periods_json(daytona.boxes.by_id[box.id], archived_at, clock(), clock()) == []


async def test_looking_inside_counts_as_activity_and_listing_does_not(
    daytona: DaytonaEmulator, clock: MovableClock, api: Any
) -> None:
    filled(daytona, clock)
    leak = first(daytona, Behaviour.LEAKS)
    before = (await api.get_sandbox(leak.id)).last_activity_at
    clock.move(60)
    await listed(api)
    assert (await api.get_sandbox(leak.id)).last_activity_at == before
    headers = {"Authorization": f"Bearer {daytona.default_key}"}
    async with httpx.AsyncClient(base_url=daytona.base_url, headers=headers) as raw:
        assert (await raw.get(f"/toolbox/{leak.id}/system/metrics")).json()["cpuCount"] == leak.cpu
    assert (await api.get_sandbox(leak.id)).last_activity_at != before


async def test_a_wrong_key_gets_the_vendors_refusal(daytona: DaytonaEmulator, client: Any, api: Any) -> None:
    client.default_headers["Authorization"] = "Bearer dtn_other"
    with pytest.raises(UnauthorizedException) as refused:
        await api.list_sandboxes()
    assert json.loads(refused.value.body)["statusCode"] == 401


@pytest.mark.parametrize(
    ("call", "limit"), [("list", "authenticated"), ("create", "sandbox-create"), ("stop", "sandbox-lifecycle")]
)
async def test_a_429_names_its_limit_in_every_header(daytona: DaytonaEmulator, api: Any, call: str, limit: str) -> None:
    daytona.faults.add(Fault(kind=FaultKind.RATE_LIMITED, retry_after_s=7))
    calls = {
        "list": lambda: api.list_sandboxes(),
        "create": lambda: api.create_sandbox(CreateSandbox()),
        "stop": lambda: api.stop_sandbox("any"),
    }
    with pytest.raises(ApiException) as limited:
        await calls[call]()
    assert limited.value.status == 429
    assert limited.value.headers[f"Retry-After-{limit}"] == "7"
    assert "Retry-After" not in limited.value.headers


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
