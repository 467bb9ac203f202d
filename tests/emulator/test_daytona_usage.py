"""What the Daytona emulator measures, limits and charges."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from daytona_analytics_api_client_async import ApiClient as AnalyticsClient
from daytona_analytics_api_client_async import Configuration as AnalyticsConfiguration
from daytona_analytics_api_client_async import UsageApi
from daytona_api_client_async import ConfigApi, OrganizationsApi
from daytona_api_client_async.exceptions import ApiException

from fleet_tui.emulator import daytona_usage
from fleet_tui.emulator.daytona import DaytonaEmulator
from fleet_tui.emulator.daytona_state import State
from fleet_tui.emulator.daytona_wire import ORGANIZATION_ID
from fleet_tui.emulator.world import Behaviour
from tests.support.clock import MovableClock
from tests.support.daytona import created, filled, listed, oldest


async def test_telemetry_shows_load_only_while_it_ran(
    daytona: DaytonaEmulator, clock: MovableClock, daytona_api: Any
) -> None:
    filled(daytona, clock)
    loops = oldest(daytona, Behaviour.LOOPS)
    since = clock() - timedelta(minutes=10)
    names = ["daytona.sandbox.cpu.utilization"]
    answer = await daytona_api.get_sandbox_metrics(loops.id, var_from=since, to=clock(), metric_names=names)
    (series,) = answer.series
    assert len(series.data_points) == 40
    assert all(point.value > 80 for point in series.data_points)
    await daytona_api.stop_sandbox(loops.id)
    clock.move(3600)
    later = await daytona_api.get_sandbox_metrics(loops.id, var_from=clock() - timedelta(minutes=10), to=clock())
    assert later.series == []


async def test_logs_come_newest_first_in_numbered_pages(
    daytona: DaytonaEmulator, clock: MovableClock, daytona_api: Any
) -> None:
    filled(daytona, clock)
    steady = oldest(daytona, Behaviour.STEADY)
    span = {"var_from": clock() - timedelta(minutes=30), "to": clock()}
    one = await daytona_api.get_sandbox_logs(steady.id, page=1, limit=10, **span)
    two = await daytona_api.get_sandbox_logs(steady.id, page=2, limit=10, **span)
    times = [row.timestamp for row in [*one.items, *two.items]]
    assert len(times) == 20
    assert times == sorted(times, reverse=True)
    assert one.total_pages == -(-one.total // 10)
    warnings = await daytona_api.get_sandbox_logs(steady.id, severities=["WARN"], **span)
    assert {row.severity_text for row in warnings.items} == {"WARN"}


async def test_config_names_only_our_own_addresses(daytona: DaytonaEmulator, daytona_client: Any) -> None:
    config = await ConfigApi(daytona_client).config_controller_get_config()
    assert config.analytics_api_url == daytona.base_url
    assert config.proxy_toolbox_url.startswith(daytona.base_url)
    daytona.reads.analytics = False
    assert (await ConfigApi(daytona_client).config_controller_get_config()).analytics_api_url is None


async def test_quotas_count_what_runs(daytona: DaytonaEmulator, clock: MovableClock, daytona_client: Any) -> None:
    filled(daytona, clock)
    usage = await OrganizationsApi(daytona_client).get_organization_usage_overview(ORGANIZATION_ID)
    running = [box for box in daytona.boxes.by_id.values() if box.state is State.STARTED]
    assert sum(region.current_cpu_usage for region in usage.region_usage) == sum(box.cpu for box in running)
    with pytest.raises(ApiException) as refused:
        await OrganizationsApi(daytona_client).get_organization_usage_overview("another")
    assert refused.value.status == 403


async def test_usage_prices_an_hour_as_the_list_does_and_outlives_the_sandbox(
    daytona: DaytonaEmulator, clock: MovableClock, daytona_api: Any
) -> None:
    start = clock()
    box = await created(daytona_api, clock, cpu=2, memory=4, disk=10)
    clock.move(3599)
    await daytona_api.delete_sandbox(box.id)
    clock.move(3600)
    async with AnalyticsClient(AnalyticsConfiguration(host=daytona.base_url)) as analytics:
        analytics.default_headers["Authorization"] = f"Bearer {daytona.default_key}"
        usage: Any = UsageApi(analytics)
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
    daytona: DaytonaEmulator, clock: MovableClock, daytona_api: Any
) -> None:
    box = await created(daytona_api, clock, cpu=2, memory=4, disk=10)
    await daytona_api.stop_sandbox(box.id)
    clock.move(10)
    stopped_at = clock()
    clock.move(3600)
    daytona.advance(clock())
    (row,) = daytona_usage.periods_json(daytona.boxes.by_id[box.id], stopped_at, clock(), clock())
    assert row["price"] == pytest.approx(5 * daytona_usage.DISK_USD_PER_GIB_H, rel=1e-3)
    assert (row["cpu"], row["ramGB"], "endAt" in row) == (0, 0, False)
    await daytona_api.archive_sandbox(box.id)
    clock.move(60)
    archived_at = clock()
    clock.move(3600)
    daytona.advance(clock())
    assert daytona_usage.periods_json(daytona.boxes.by_id[box.id], archived_at, clock(), clock()) == []


async def test_looking_inside_counts_as_activity_and_listing_does_not(
    daytona: DaytonaEmulator, clock: MovableClock, daytona_api: Any
) -> None:
    filled(daytona, clock)
    leak = oldest(daytona, Behaviour.LEAKS)
    before = (await daytona_api.get_sandbox(leak.id)).last_activity_at
    clock.move(60)
    await listed(daytona_api)
    assert (await daytona_api.get_sandbox(leak.id)).last_activity_at == before
    headers = {"Authorization": f"Bearer {daytona.default_key}"}
    async with httpx.AsyncClient(base_url=daytona.base_url, headers=headers) as raw:
        assert (await raw.get(f"/toolbox/{leak.id}/system/metrics")).json()["cpuCount"] == leak.cpu
    assert (await daytona_api.get_sandbox(leak.id)).last_activity_at != before
