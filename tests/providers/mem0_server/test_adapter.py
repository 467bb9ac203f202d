"""The adapter of a self-hosted Mem0 server: what its caps hide is said, and its keys can be revoked."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from fleet_tui.config.secret import Secret
from fleet_tui.domain.action import Verb
from fleet_tui.domain.identity import Kind
from fleet_tui.domain.outcome import Done
from fleet_tui.emulator.faults import Fault, FaultKind
from fleet_tui.emulator.mem0_server import Mem0Server
from fleet_tui.ports import ProviderError
from fleet_tui.providers.mem0_server.adapter import Mem0ServerAdapter
from fleet_tui.providers.mem0_server.settings import Mem0ServerSettings
from tests.support.adapters import context_for, order_for


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
async def emulator() -> AsyncIterator[Mem0Server]:
    async with Mem0Server(clock=now, seed=1) as running:
        yield running


@pytest.fixture
async def adapter(emulator: Mem0Server, tmp_path: Path) -> AsyncIterator[Mem0ServerAdapter]:
    settings = Mem0ServerSettings(name="own", provider="mem0-server", base_url=emulator.base_url)
    made = Mem0ServerAdapter(settings, {"api_key": Secret(emulator.default_key)}, context_for("own", tmp_path))
    yield made
    await made.aclose()


async def post(emulator: Mem0Server, path: str, body: dict[str, object]) -> None:
    async with httpx.AsyncClient(base_url=emulator.base_url) as client:
        answer = await client.post(path, headers={"X-API-Key": emulator.default_key}, json=body)
        answer.raise_for_status()


async def remember(emulator: Mem0Server, agent: str, count: int) -> None:
    messages = [{"role": "user", "content": f"fact {number}"} for number in range(count)]
    await post(emulator, "/memories", {"messages": messages, "agent_id": agent})


async def test_a_scope_counts_all_its_memories_and_not_the_20_of_a_page(
    emulator: Mem0Server, adapter: Mem0ServerAdapter
) -> None:
    await remember(emulator, "ci-fix-07", 120)

    listing = await adapter.list_resources(now())

    assert listing.complete
    assert [(r.agent, dict(r.detail)["memories"]) for r in listing.resources] == [("ci-fix-07", "120")]


async def test_where_the_server_stops_looking_the_listing_is_partial_and_counts_say_at_least(
    emulator: Mem0Server, adapter: Mem0ServerAdapter
) -> None:
    await remember(emulator, "big", 10_000)
    await remember(emulator, "small", 3)

    listing = await adapter.list_resources(now())

    assert not listing.complete
    assert "10000 memories only" in listing.notes[0]
    assert dict(listing.resources[0].detail)["memories"] == "1000+"


async def test_delete_ends_one_scope_and_no_other(emulator: Mem0Server, adapter: Mem0ServerAdapter) -> None:
    await remember(emulator, "old", 2)
    await remember(emulator, "kept", 2)
    listing = await adapter.list_resources(now())
    old = next(r for r in listing.resources if r.name == "old")

    assert await adapter.delete(order_for(Verb.DELETE, old)) == Done("the server deleted it")
    assert [r.name for r in (await adapter.list_resources(now())).resources] == ["kept"]


async def test_a_key_is_listed_by_its_label_and_revoked_by_its_id(
    emulator: Mem0Server, adapter: Mem0ServerAdapter
) -> None:
    await post(emulator, "/api-keys", {"label": "laptop"})
    listing = await adapter.list_resources(now())
    key = next(r for r in listing.resources if r.key.kind is Kind.API_KEY)

    assert key.name == "laptop"
    assert await adapter.revoke(order_for(Verb.REVOKE, key)) == Done("the server revoked it")
    assert await adapter.get_resource(key.key, now()) is None


async def test_a_server_that_cannot_list_its_keys_still_lists_its_scopes(
    emulator: Mem0Server, adapter: Mem0ServerAdapter
) -> None:
    await remember(emulator, "a", 1)
    emulator.faults.add(Fault(kind=FaultKind.SERVER_ERROR, path="/api-keys"))

    listing = await adapter.list_resources(now())

    assert listing.complete
    assert listing.kinds == {Kind.MEMORY_SCOPE}
    assert [r.name for r in listing.resources] == ["a"]
    assert "list_keys" in listing.notes[0]


async def test_a_key_is_not_gone_because_the_server_cannot_list_its_keys(
    emulator: Mem0Server, adapter: Mem0ServerAdapter
) -> None:
    await post(emulator, "/api-keys", {"label": "laptop"})
    listing = await adapter.list_resources(now())
    key = next(r.key for r in listing.resources if r.key.kind is Kind.API_KEY)
    emulator.faults.add(Fault(kind=FaultKind.SERVER_ERROR, path="/api-keys"))

    with pytest.raises(ProviderError, match="nobody can tell"):
        await adapter.get_resource(key, now())


async def test_an_answer_that_is_no_list_of_keys_says_nothing_of_them(
    emulator: Mem0Server, adapter: Mem0ServerAdapter
) -> None:
    emulator.faults.add(Fault(kind=FaultKind.CANNED, path="/api-keys", status=200, body=b'{"detail": "welcome"}'))

    listing = await adapter.list_resources(now())

    assert listing.kinds == {Kind.MEMORY_SCOPE}
