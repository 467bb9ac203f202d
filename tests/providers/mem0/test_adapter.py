"""The Mem0 platform adapter against the emulator: scopes, counts, queued deletion, and what may never be sent."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from typing_extensions import override

from fleet_tui.config.secret import Secret
from fleet_tui.domain.action import Verb
from fleet_tui.domain.identity import Kind, ResourceKey, Target
from fleet_tui.domain.outcome import Done, Failed, RefusalReason, Refused
from fleet_tui.domain.resource import Resource
from fleet_tui.emulator.faults import Fault, FaultKind
from fleet_tui.emulator.mem0_platform import Mem0Platform
from fleet_tui.ports import ProviderError
from fleet_tui.providers.mem0.adapter import Mem0Adapter
from fleet_tui.providers.mem0.settings import Mem0Settings
from tests.support.adapters import WallClock, context_for, hurried, order_for


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
async def emulator() -> AsyncIterator[Mem0Platform]:
    async with Mem0Platform(clock=hurried(), seed=1) as running:
        yield running


@pytest.fixture
async def adapter(emulator: Mem0Platform, tmp_path: Path) -> AsyncIterator[Mem0Adapter]:
    made = adapter_for(emulator, tmp_path)
    yield made
    await made.aclose()


def adapter_for(
    emulator: Mem0Platform, state_dir: Path, *, timeout_s: float = 5.0, clock: WallClock | None = None
) -> Mem0Adapter:
    settings = Mem0Settings(name="mem", provider="mem0", base_url=emulator.base_url)
    context = context_for("mem", state_dir, timeout_s=timeout_s, clock=clock)
    return Mem0Adapter(settings, {"api_key": Secret(emulator.default_key)}, context)


class SlowClock(WallClock):
    """Every look at it comes 0.4 s after the one before."""

    def __init__(self) -> None:
        self._at_s = 0.0

    @override
    def monotonic_s(self) -> float:
        self._at_s += 0.4
        return self._at_s


async def remember(emulator: Mem0Platform, agent: str, text: str) -> None:
    """Store one memory at once, as the vendor's API does without inference."""
    async with httpx.AsyncClient(base_url=emulator.base_url) as client:
        answer = await client.post(
            "/v3/memories/add/",
            headers={"Authorization": f"Token {emulator.default_key}"},
            json={"messages": [{"role": "user", "content": text}], "agent_id": agent, "infer": False},
        )
        answer.raise_for_status()


async def one(adapter: Mem0Adapter, name: str) -> Resource:
    listing = await adapter.list_resources(now())
    return next(resource for resource in listing.resources if resource.name == name)


async def test_the_first_reading_counts_for_a_second_and_later_ones_go_on(
    emulator: Mem0Platform, tmp_path: Path
) -> None:
    names = [f"agent-{number}" for number in range(6)]
    for name in names:
        await remember(emulator, name, "prefers ruff")
    adapter = adapter_for(emulator, tmp_path, clock=SlowClock())

    async def counted() -> int:
        listing = await adapter.list_resources(now())
        assert {resource.name for resource in listing.resources} >= set(names)
        return sum(1 for resource in listing.resources if "memories" in dict(resource.detail))

    try:
        assert 0 < await counted() < len(names)
        assert await counted() >= len(names)
    finally:
        await adapter.aclose()


async def test_a_scope_belongs_to_the_agent_it_is_named_after_and_says_how_much_it_holds(
    emulator: Mem0Platform, adapter: Mem0Adapter
) -> None:
    await remember(emulator, "ci-fix-07", "prefers ruff")
    await remember(emulator, "ci-fix-07", "tests first")

    scope = await one(adapter, "ci-fix-07")

    assert (scope.key.kind, scope.key.id, scope.agent) == (Kind.MEMORY_SCOPE, "agent:ci-fix-07", "ci-fix-07")
    assert dict(scope.detail)["memories"] == "2"
    assert "ruff" not in repr(scope)


async def test_a_listing_walks_all_pages(emulator: Mem0Platform, adapter: Mem0Adapter) -> None:
    for number in range(130):
        await remember(emulator, f"a{number}", "something")

    listing = await adapter.list_resources(now())

    assert listing.complete
    assert {r.name for r in listing.resources} == {f"a{number}" for number in range(130)}


async def test_delete_waits_for_the_queued_work(emulator: Mem0Platform, adapter: Mem0Adapter) -> None:
    await remember(emulator, "old", "something")
    await remember(emulator, "kept", "something")
    scope = await one(adapter, "old")

    assert await adapter.delete(order_for(Verb.DELETE, scope)) == Done("mem0 deleted it")
    assert await adapter.get_resource(scope.key, now()) is None
    assert [r.name for r in (await adapter.list_resources(now())).resources] == ["kept"]


async def test_a_deletion_that_the_vendor_fails_later_is_a_failure(
    emulator: Mem0Platform, adapter: Mem0Adapter
) -> None:
    await remember(emulator, "old", "something")
    scope = await one(adapter, "old")
    emulator.events.failing = 1

    outcome = await adapter.delete(order_for(Verb.DELETE, scope))

    assert isinstance(outcome, Failed)
    assert await adapter.get_resource(scope.key, now()) is not None


@pytest.mark.parametrize("id_", ["", "agent:", ":", "agent", "everything:x"])
async def test_an_empty_scope_is_refused_and_nothing_is_sent(
    emulator: Mem0Platform, adapter: Mem0Adapter, id_: str
) -> None:
    await remember(emulator, "kept", "something")
    order = order_for(Verb.DELETE, await one(adapter, "kept"))
    key = ResourceKey(order.target.key.source, Kind.MEMORY_SCOPE, id_)

    outcome = await adapter.delete(replace(order, target=Target(key, order.target.incarnation)))

    assert isinstance(outcome, Refused)
    assert outcome.reason is RefusalReason.EMPTY_SCOPE
    assert not [seen for seen in emulator.requests if seen.method == "DELETE"]


async def test_events_are_told_once_and_without_what_was_remembered(
    emulator: Mem0Platform, adapter: Mem0Adapter
) -> None:
    await remember(emulator, "old", "a private matter")
    await adapter.delete(order_for(Verb.DELETE, await one(adapter, "old")))

    first, cursor = await adapter.read_events(after=None, now=now())
    second, again = await adapter.read_events(after=cursor, now=now())

    assert [event.type for event in first] == ["memory.delete_user.succeeded"]
    assert "private" not in repr(first)
    assert (second, again) == ((), cursor)


async def test_a_rate_limit_says_how_long_to_wait(emulator: Mem0Platform, adapter: Mem0Adapter) -> None:
    emulator.faults.add(Fault(kind=FaultKind.RATE_LIMITED, retry_after_s=7))

    with pytest.raises(ProviderError) as raised:
        await adapter.list_resources(now())

    assert raised.value.failure.retry_after_s == 7
