"""The E2B adapter against the emulator, through E2B's own SDK: every ability, and every way the vendor fails."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from e2b import AsyncSandbox

from fleet_tui.config.secret import Secret
from fleet_tui.domain.action import Params, Verb
from fleet_tui.domain.failure import FailureClass
from fleet_tui.domain.identity import AgentId, Kind, ResourceKey
from fleet_tui.domain.outcome import Done, Refused
from fleet_tui.domain.phase import Phase
from fleet_tui.domain.resource import Resource
from fleet_tui.emulator.e2b import E2BEmulator
from fleet_tui.emulator.faults import Fault, FaultKind
from fleet_tui.engine.gate import TooLate, unless
from fleet_tui.ports import ProviderError
from fleet_tui.providers.e2b.adapter import E2BAdapter
from fleet_tui.providers.e2b.settings import E2BSettings
from tests.support.adapters import CountingGate, context_for, order_for

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
async def emulator() -> AsyncIterator[E2BEmulator]:
    async with E2BEmulator(clock=now, seed=1) as running:
        yield running


@pytest.fixture
async def adapter(emulator: E2BEmulator, tmp_path: Path) -> AsyncIterator[E2BAdapter]:
    made = adapter_for(emulator, tmp_path)
    yield made
    await made.aclose()


def adapter_for(
    emulator: E2BEmulator,
    state_dir: Path,
    *,
    key: str | None = None,
    timeout_s: float = 5.0,
    gate: CountingGate | None = None,
) -> E2BAdapter:
    settings = E2BSettings(name="e2b-us", provider="e2b", base_url=emulator.base_url)
    secret = Secret(key or emulator.default_key)
    return E2BAdapter(settings, {"api_key": secret}, context_for("e2b-us", state_dir, timeout_s=timeout_s, gate=gate))


async def made(
    emulator: E2BEmulator, adapter: E2BAdapter, *, timeout: int = 600, labels: dict[str, str] | None = None
) -> Resource:
    """Create a sandbox through the vendor's SDK and read it through the adapter."""
    box = await AsyncSandbox.create(
        "base",
        timeout=timeout,
        metadata=labels or {},
        api_key=emulator.default_key,
        api_url=emulator.base_url,
        sandbox_url=emulator.base_url,
        retries=0,
    )
    resource = await adapter.get_resource(key_of(box.sandbox_id), now())
    assert resource is not None
    return resource


def key_of(id_: str) -> ResourceKey:
    return ResourceKey(adapter_source, Kind.SANDBOX, id_)


adapter_source = context_for("e2b-us", Path("/nowhere")).source


async def test_a_listing_walks_all_pages_and_names_each_agent(emulator: E2BEmulator, adapter: E2BAdapter) -> None:
    ids = {
        (await made(emulator, adapter, labels={"fleet.agent": f"a{n}", "fleet.team": "ci"})).key.id for n in range(105)
    }

    listing = await adapter.list_resources(now())

    assert listing.complete
    assert {r.key.id for r in listing.resources} == ids
    assert {r.agent for r in listing.resources} == {AgentId(f"a{n}") for n in range(105)}
    assert {r.assignment.team for r in listing.resources} == {"ci"}
    assert len([seen for seen in emulator.requests if seen.path == "/v2/sandboxes" and seen.method == "GET"]) == 2


async def test_a_running_sandbox_is_priced_by_what_it_was_given_and_a_paused_one_costs_no_compute(
    emulator: E2BEmulator, adapter: E2BAdapter
) -> None:
    box = await made(emulator, adapter)
    assert box.rate is not None
    assert box.rate.microusd_per_hour > 0

    assert await adapter.pause(order_for(Verb.PAUSE, box)) == Done("paused, memory kept")
    paused = await adapter.get_resource(box.key, now())

    assert paused is not None
    assert paused.phase.phase is Phase.PAUSED
    assert paused.rate is not None
    assert paused.rate.microusd_per_hour == 0


async def test_a_second_pause_says_so(emulator: E2BEmulator, adapter: E2BAdapter) -> None:
    box = await made(emulator, adapter)
    await adapter.pause(order_for(Verb.PAUSE, box))

    assert await adapter.pause(order_for(Verb.PAUSE, box)) == Done("it was paused already")


async def test_resume_keeps_at_least_an_hour(emulator: E2BEmulator, adapter: E2BAdapter) -> None:
    box = await made(emulator, adapter, timeout=60)
    await adapter.pause(order_for(Verb.PAUSE, box))

    outcome = await adapter.resume(order_for(Verb.RESUME, box))
    again = await adapter.get_resource(box.key, now())

    assert outcome == Done("runs again, ends in 60 min")
    assert again is not None
    assert again.phase.phase is Phase.RUNNING
    assert again.ends_at is not None
    assert again.ends_at - now() > timedelta(minutes=59)


async def test_restart_reboots_from_disk_with_a_new_generation(emulator: E2BEmulator, adapter: E2BAdapter) -> None:
    box = await made(emulator, adapter)

    outcome = await adapter.restart(order_for(Verb.RESTART, box))
    again = await adapter.get_resource(box.key, now())

    assert isinstance(outcome, Done)
    assert again is not None
    assert again.phase.phase is Phase.RUNNING
    assert again.incarnation == box.incarnation
    assert again.generation != box.generation


async def test_kill_ends_it_and_a_second_kill_is_done_too(emulator: E2BEmulator, adapter: E2BAdapter) -> None:
    box = await made(emulator, adapter)

    assert await adapter.kill(order_for(Verb.KILL, box)) == Done("e2b ended it")
    assert await adapter.get_resource(box.key, now()) is None
    assert await adapter.kill(order_for(Verb.KILL, box)) == Done("it was gone already")


async def test_verbs_on_what_is_gone_are_refused(emulator: E2BEmulator, adapter: E2BAdapter) -> None:
    box = await made(emulator, adapter)
    await adapter.kill(order_for(Verb.KILL, box))
    hour = Params(extend_s=3600)

    assert isinstance(await adapter.pause(order_for(Verb.PAUSE, box)), Refused)
    assert isinstance(await adapter.resume(order_for(Verb.RESUME, box)), Refused)
    assert isinstance(await adapter.restart(order_for(Verb.RESTART, box)), Refused)
    assert isinstance(await adapter.extend(order_for(Verb.EXTEND, box, hour)), Refused)


async def test_extend_moves_the_end(emulator: E2BEmulator, adapter: E2BAdapter) -> None:
    box = await made(emulator, adapter, timeout=60)

    await adapter.extend(order_for(Verb.EXTEND, box, Params(extend_s=7200)))
    again = await adapter.get_resource(box.key, now())

    assert again is not None
    assert again.ends_at is not None
    assert again.ends_at - now() > timedelta(minutes=118)


async def test_metrics_logs_and_events_come_from_the_control_plane(emulator: E2BEmulator, adapter: E2BAdapter) -> None:
    box = await made(emulator, adapter)

    vitals = await adapter.read_vitals([box.key], now())
    logs = await adapter.read_logs(box.key, after=None, limit=100)
    events, cursor = await adapter.read_events(after=None, now=now())
    await adapter.kill(order_for(Verb.KILL, box))
    later, _ = await adapter.read_events(after=cursor, now=now())

    assert [v.key for v in vitals] == [box.key]
    assert vitals[0].memory_bytes is not None
    assert all(isinstance(text, str) for _, text in logs.lines)
    assert "sandbox.lifecycle.created" in [event.type for event in events]
    assert [event.type for event in later] == ["sandbox.lifecycle.killed"]
    assert later[0].key == box.key


async def test_a_wrong_key_is_a_matter_for_a_person(emulator: E2BEmulator, tmp_path: Path) -> None:
    adapter = adapter_for(emulator, tmp_path, key="not-the-key")

    with pytest.raises(ProviderError) as raised:
        await adapter.list_resources(now())

    assert raised.value.failure.failure_class is FailureClass.AUTH
    assert "not-the-key" not in str(raised.value)
    await adapter.aclose()


async def test_a_port_that_nobody_listens_on_is_the_provider_being_down(tmp_path: Path) -> None:
    emulator = E2BEmulator(clock=now, seed=1)
    await emulator.start()
    adapter = adapter_for(emulator, tmp_path)
    await emulator.stop()

    with pytest.raises(ProviderError) as raised:
        await adapter.list_resources(now())

    assert raised.value.failure.failure_class in {FailureClass.PROVIDER_DOWN, FailureClass.TIMEOUT}
    await adapter.aclose()


@pytest.mark.parametrize("fault", [FaultKind.UNAUTHORIZED, FaultKind.RATE_LIMITED, FaultKind.SERVER_ERROR])
async def test_a_kill_that_the_vendor_refuses_is_a_failure_with_a_class(
    emulator: E2BEmulator, adapter: E2BAdapter, fault: FaultKind
) -> None:
    box = await made(emulator, adapter)
    emulator.faults.add(Fault(kind=fault, method="DELETE"))

    with pytest.raises(ProviderError):
        await adapter.kill(order_for(Verb.KILL, box))

    assert await adapter.get_resource(box.key, now()) is not None


async def test_a_resume_whose_term_ended_while_it_looked_is_not_sent(emulator: E2BEmulator, tmp_path: Path) -> None:
    gate = CountingGate()
    async with aclosing(adapter_for(emulator, tmp_path, gate=gate)) as adapter:
        box = await made(emulator, adapter)
        await adapter.pause(order_for(Verb.PAUSE, box))
        before = gate.passed

        with pytest.raises(TooLate), unless(lambda: gate.passed > before):
            await adapter.resume(order_for(Verb.RESUME, box))

        after = await adapter.get_resource(box.key, now())
        assert after is not None
        assert after.phase.phase is Phase.PAUSED
