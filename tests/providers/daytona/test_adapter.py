"""The Daytona adapter against the emulator, through Daytona's generated client."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from fleet_tui.config.secret import Secret
from fleet_tui.domain.action import Params, Verb
from fleet_tui.domain.assignment import AssignmentField
from fleet_tui.domain.capability import Capability
from fleet_tui.domain.identity import Kind, ResourceKey, SourceName
from fleet_tui.domain.money import Basis
from fleet_tui.domain.outcome import Done, Refused
from fleet_tui.domain.phase import Phase
from fleet_tui.domain.resource import Resource
from fleet_tui.domain.usage import Origin
from fleet_tui.emulator.daytona import DaytonaEmulator
from fleet_tui.emulator.faults import Fault, FaultKind
from fleet_tui.engine.gate import TooLate, unless
from fleet_tui.ports import ProviderError
from fleet_tui.providers.daytona.adapter import DaytonaAdapter
from fleet_tui.providers.daytona.settings import DaytonaSettings
from tests.support.adapters import CountingGate, context_for, hurried, order_for
from tests.support.wait import eventually_async

SOURCE = SourceName("day")
LABELS = {"fleet.agent": "migr-1", "fleet.team": "data", "purpose": "migration"}


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
async def emulator() -> AsyncIterator[DaytonaEmulator]:
    async with DaytonaEmulator(clock=hurried(), seed=1) as running:
        yield running


@pytest.fixture
async def adapter(emulator: DaytonaEmulator, tmp_path: Path) -> AsyncIterator[DaytonaAdapter]:
    made = adapter_for(emulator, tmp_path)
    yield made
    await made.aclose()


def adapter_for(
    emulator: DaytonaEmulator, state_dir: Path, *, timeout_s: float = 5.0, gate: CountingGate | None = None
) -> DaytonaAdapter:
    settings = DaytonaSettings(
        name=SOURCE,
        provider="daytona",
        base_url=emulator.base_url,
        analytics_url=emulator.base_url,
        write_labels=True,
    )
    context = context_for(SOURCE, state_dir, timeout_s=timeout_s, gate=gate)
    return DaytonaAdapter(settings, {"api_key": Secret(emulator.default_key)}, context)


async def made(emulator: DaytonaEmulator, adapter: DaytonaAdapter, **fields: object) -> Resource:
    """A started sandbox."""
    async with httpx.AsyncClient(base_url=emulator.base_url) as client:
        headers = {"Authorization": f"Bearer {emulator.default_key}"}
        answer = await client.post("/sandbox", headers=headers, json={"labels": LABELS, **fields})
        answer.raise_for_status()
    return await reached(adapter, answer.json()["id"], "started")


async def reached(adapter: DaytonaAdapter, id_: str, state: str) -> Resource:
    async def look() -> Resource | None:
        resource = await adapter.get_resource(ResourceKey(SOURCE, Kind.SANDBOX, id_), now())
        return resource if resource and resource.phase.raw == state else None

    resource = await eventually_async(look, what=f"the state {state}")
    assert resource is not None
    return resource


async def test_a_sandbox_carries_its_agent_and_its_price(emulator: DaytonaEmulator, adapter: DaytonaAdapter) -> None:
    box = await made(emulator, adapter)

    listing = await adapter.list_resources(now())

    assert listing.complete
    assert [r.key for r in listing.resources] == [box.key]
    assert (box.agent, box.assignment.team) == ("migr-1", "data")
    assert box.rate is not None
    assert box.rate.microusd_per_hour > 0
    assert [v.signal_kind for v in listing.vitals] == ["vendor activity"]


async def test_a_listing_walks_all_pages(emulator: DaytonaEmulator, adapter: DaytonaAdapter) -> None:
    async with httpx.AsyncClient(base_url=emulator.base_url) as client:
        headers = {"Authorization": f"Bearer {emulator.default_key}"}
        for _ in range(205):
            (await client.post("/sandbox", headers=headers, json={})).raise_for_status()

    listing = await adapter.list_resources(now())

    assert len({r.key for r in listing.resources}) == 205


async def test_pause_keeps_memory_and_resume_starts_it(emulator: DaytonaEmulator, adapter: DaytonaAdapter) -> None:
    box = await made(emulator, adapter)

    assert await adapter.pause(order_for(Verb.PAUSE, box)) == Done("daytona is pausing it, memory kept")
    paused = await reached(adapter, box.key.id, "paused")
    assert await adapter.resume(order_for(Verb.RESUME, paused)) == Done("daytona is starting it")

    assert paused.phase.phase is Phase.PAUSED
    assert Capability.RESUME in paused.capabilities
    await reached(adapter, box.key.id, "started")


async def test_restart_is_stop_and_start(emulator: DaytonaEmulator, adapter: DaytonaAdapter) -> None:
    box = await made(emulator, adapter)

    outcome = await adapter.restart(order_for(Verb.RESTART, box))

    assert isinstance(outcome, Done)
    again = await reached(adapter, box.key.id, "started")
    assert again.incarnation == box.incarnation
    paths = [seen.path.rsplit("/", 1)[-1] for seen in emulator.requests if seen.method == "POST"]
    assert paths[-2:] == ["stop", "start"]


async def test_kill_deletes_it_and_a_second_kill_is_done_too(
    emulator: DaytonaEmulator, adapter: DaytonaAdapter
) -> None:
    box = await made(emulator, adapter)

    assert await adapter.kill(order_for(Verb.KILL, box)) == Done("daytona is deleting it")

    async def gone() -> bool:
        return await adapter.get_resource(box.key, now()) is None

    assert await eventually_async(gone)
    assert await adapter.kill(order_for(Verb.KILL, box)) == Done("it was gone already")
    assert isinstance(await adapter.pause(order_for(Verb.PAUSE, box)), Refused)


async def test_what_the_vendor_forbids_is_refused_in_its_words(
    emulator: DaytonaEmulator, adapter: DaytonaAdapter
) -> None:
    box = await made(emulator, adapter)
    await adapter.pause(order_for(Verb.PAUSE, box))
    await reached(adapter, box.key.id, "paused")

    outcome = await adapter.pause(order_for(Verb.PAUSE, box))

    assert isinstance(outcome, Refused)
    assert outcome.detail.startswith("daytona refuses to pause it")


async def test_relabel_changes_only_our_keys_and_says_what_else_changed(
    emulator: DaytonaEmulator, adapter: DaytonaAdapter
) -> None:
    box = await made(emulator, adapter)
    assign = ((AssignmentField.TEAM, "ml"), (AssignmentField.OWNER, "kim"))

    outcome = await adapter.relabel(order_for(Verb.REASSIGN, box, Params(assign=assign)))
    after = await adapter.get_resource(box.key, now())

    assert outcome == Done("written")
    assert after is not None
    assert dict(after.labels) == {**LABELS, "fleet.team": "ml", "fleet.owner": "kim"}


async def test_extend_moves_an_end_that_there_is(emulator: DaytonaEmulator, adapter: DaytonaAdapter) -> None:
    box = await made(emulator, adapter)
    assert Capability.EXTEND not in box.capabilities

    await adapter.extend(order_for(Verb.EXTEND, box, Params(extend_s=7200)))
    after = await adapter.get_resource(box.key, now())

    assert after is not None
    assert after.ends_at is not None
    assert timedelta(minutes=118) < after.ends_at - emulator.clock() <= timedelta(hours=2)
    assert Capability.EXTEND in after.capabilities


async def test_metrics_and_logs_come_from_the_control_plane(emulator: DaytonaEmulator, adapter: DaytonaAdapter) -> None:
    box = await made(emulator, adapter)

    vitals = await adapter.read_vitals([box.key], now())
    logs = await adapter.read_logs(box.key, after=None, limit=50)

    assert all(v.key == box.key for v in vitals)
    assert all(isinstance(text, str) for _, text in logs.lines)
    assert not [seen for seen in emulator.requests if "/toolbox/" in seen.path]


async def test_the_vendors_own_report_is_a_reported_cost_by_the_day(
    emulator: DaytonaEmulator, adapter: DaytonaAdapter
) -> None:
    box = await made(emulator, adapter)

    lines = await adapter.read_usage(since=now() - timedelta(days=1), until=now(), resources=[box])

    assert lines
    assert {(line.origin, line.basis, line.agent) for line in lines} == {
        (Origin.VENDOR_REPORT, Basis.REPORTED, "migr-1")
    }
    assert len({line.line_id for line in lines}) == len(lines)


async def test_a_rate_limit_under_the_vendors_suffixed_header_says_how_long_to_wait(
    emulator: DaytonaEmulator, adapter: DaytonaAdapter
) -> None:
    emulator.faults.add(Fault(kind=FaultKind.RATE_LIMITED, retry_after_s=9))

    with pytest.raises(ProviderError) as raised:
        await adapter.list_resources(now())

    assert raised.value.failure.retry_after_s == 9


async def test_a_restart_whose_term_ended_while_it_looked_is_not_sent(
    emulator: DaytonaEmulator, tmp_path: Path
) -> None:
    gate = CountingGate()
    async with aclosing(adapter_for(emulator, tmp_path, gate=gate)) as adapter:
        box = await made(emulator, adapter)
        before = gate.passed

        with pytest.raises(TooLate), unless(lambda: gate.passed > before):
            await adapter.restart(order_for(Verb.RESTART, box))

        after = await adapter.get_resource(box.key, now())
        assert after is not None
        assert after.phase.raw == "started"
