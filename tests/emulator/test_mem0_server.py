"""The emulated self-hosted Mem0 server: its limits, keys and audit log, and that it is another API than the hosted."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from fleet_tui.emulator.faults import FaultKind
from fleet_tui.emulator.mem0_book import ScopeKind, SeedScope
from fleet_tui.emulator.mem0_server import Mem0Server
from fleet_tui.emulator.world import Vendor, seed_world
from tests.emulator.biting import Ask, Probe, check_bites
from tests.emulator.shapes import undeclared
from tests.support.clock import MovableClock
from tests.support.specs import Specs


@pytest.fixture
async def server(clock: MovableClock) -> AsyncIterator[Mem0Server]:
    async with Mem0Server(clock=clock, seed=3) as emulator:
        yield emulator


@pytest.fixture
async def admin(server: Mem0Server) -> AsyncIterator[httpx.AsyncClient]:
    async with with_key(server, server.default_key) as client:
        yield client


def with_key(server: Mem0Server, key: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=server.base_url, headers={"X-API-Key": key}, timeout=5)


def seeded(server: Mem0Server, clock: MovableClock, agent: str, count: int) -> None:
    scope = SeedScope(
        kind=ScopeKind.AGENT, id=agent, base=count, per_hour=0.0, born_at=clock(), seeded_at=clock(), task="backfill"
    )
    server.book.seed(scope)


async def rows_of(client: httpx.AsyncClient, **query: Any) -> list[dict[str, Any]]:
    answer = await client.get("/memories", params=query)
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = answer.json()["results"]
    return rows


async def test_the_hosted_sdk_does_not_work_on_it(server: Mem0Server) -> None:
    from mem0 import AsyncMemoryClient

    with pytest.raises(ValueError, match="Error"):
        await asyncio.to_thread(AsyncMemoryClient, api_key=server.default_key, host=server.base_url)


async def test_both_key_headers_work_and_a_wrong_key_is_refused(server: Mem0Server, admin: httpx.AsyncClient) -> None:
    assert (await admin.get("/entities")).status_code == 200
    async with httpx.AsyncClient(base_url=server.base_url) as client:
        bearer = {"Authorization": f"Bearer {server.default_key}"}
        assert (await client.get("/entities", headers=bearer)).status_code == 200
        refused = await client.get("/entities", headers={"X-API-Key": "m0sk_wrong"})
    assert (refused.status_code, refused.json()) == (401, {"detail": "Invalid API key."})


async def test_a_scope_gives_twenty_rows_unless_told_more_and_a_thousand_at_most(
    server: Mem0Server, clock: MovableClock, admin: httpx.AsyncClient
) -> None:
    seeded(server, clock, "a-1", 1200)
    assert len(await rows_of(admin, agent_id="a-1")) == 20
    assert len(await rows_of(admin, agent_id="a-1", top_k=120)) == 120
    most = await rows_of(admin, agent_id="a-1", top_k=1000)
    assert len({row["id"] for row in most}) == 1000
    assert len(await rows_of(admin, agent_id="a-1", top_k=0)) == 0
    for wrong in ("1001", "10000", "-1", "many"):
        refused = await admin.get("/memories", params={"agent_id": "a-1", "top_k": wrong})
        assert refused.status_code == 422
        assert refused.json()["detail"][0]["loc"] == ["query", "top_k"]
    (entity,) = (await admin.get("/entities")).json()
    assert entity["total_memories"] == 1200


async def test_entities_are_counted_over_ten_thousand_rows_only(
    server: Mem0Server, clock: MovableClock, admin: httpx.AsyncClient
) -> None:
    seeded(server, clock, "big", 9_990)
    seeded(server, clock, "cut", 50)
    seeded(server, clock, "unseen", 50)
    counts = {row["id"]: row["total_memories"] for row in (await admin.get("/entities")).json()}
    assert counts == {"big": 9_990, "cut": 10}


async def test_an_added_memory_is_there_at_once_and_an_entity_lives_as_long_as_it_has_one(
    admin: httpx.AsyncClient,
) -> None:
    body = {"messages": [{"role": "user", "content": "tea"}], "agent_id": "a-1", "user_id": "u-1", "metadata": {"k": 1}}
    (added,) = (await admin.post("/memories", json=body)).json()["results"]
    assert (added["memory"], added["event"]) == ("tea", "ADD")
    entities = (await admin.get("/entities")).json()
    assert [(row["type"], row["id"], row["total_memories"]) for row in entities] == [
        ("agent", "a-1", 1),
        ("user", "u-1", 1),
    ]
    (row,) = await rows_of(admin, agent_id="a-1", user_id="u-1")
    assert (row["id"], row["user_id"], row["metadata"]) == (added["id"], "u-1", {"k": 1})
    assert await rows_of(admin, agent_id="a-1", user_id="u-2") == []
    assert (await admin.delete(f"/memories/{added['id']}")).status_code == 200
    assert (await admin.get("/entities")).json() == []


async def test_one_memory_is_read_changed_and_deleted(
    server: Mem0Server, clock: MovableClock, admin: httpx.AsyncClient
) -> None:
    seeded(server, clock, "a-1", 3)
    path = f"/memories/{(await rows_of(admin, agent_id='a-1'))[1]['id']}"
    assert (await admin.put(path, json={"text": "changed"})).status_code == 200
    assert (await admin.get(path)).json()["memory"] == "changed"
    assert (await admin.delete(path)).json() == {"message": "Memory deleted successfully"}
    assert (await admin.get(path)).json() is None
    gone = await admin.delete(path)
    assert (gone.status_code, "not found" in gone.json()["detail"]) == (404, True)
    assert [step["event"] for step in (await admin.get(f"{path}/history")).json()] == ["UPDATE", "DELETE"]
    assert len(await rows_of(admin, agent_id="a-1")) == 2


async def test_deleting_by_scope_spares_every_other_scope_and_wants_one(
    server: Mem0Server, clock: MovableClock, admin: httpx.AsyncClient
) -> None:
    for agent in ("a-1", "a-2", "a-3"):
        seeded(server, clock, agent, 30)
    bare = await admin.delete("/memories")
    assert (bare.status_code, bare.json()) == (400, {"detail": "At least one identifier is required."})
    assert (await admin.delete("/memories", params={"agent_id": "a-1"})).status_code == 200
    assert (await admin.delete("/entities/agent/a-2")).json() == {"message": "Entity deleted"}
    assert (await admin.delete("/entities/app/a-3")).status_code == 422
    assert [row["id"] for row in (await admin.get("/entities")).json()] == ["a-3"]


async def test_without_a_scope_everything_is_listed_up_to_the_limit(
    server: Mem0Server, clock: MovableClock, admin: httpx.AsyncClient
) -> None:
    for agent in ("a-1", "a-2"):
        seeded(server, clock, agent, 700)
    assert len(await rows_of(admin)) == 1000
    assert len(await rows_of(admin, top_k=900)) == 900


async def test_a_made_key_works_until_it_is_revoked_and_is_shown_whole_once(
    server: Mem0Server, clock: MovableClock, admin: httpx.AsyncClient
) -> None:
    made = await admin.post("/api-keys", json={"label": "ci"})
    assert made.status_code == 201
    key, key_id = made.json()["key"], made.json()["id"]
    assert (await admin.get("/api-keys")).json()[0]["last_used_at"] is None
    async with with_key(server, key) as user:
        clock.move(60)
        assert (await user.get("/entities")).status_code == 200
        (listed,) = (await admin.get("/api-keys")).json()
        assert listed["last_used_at"] is not None
        assert "key" not in listed
        assert key.startswith(listed["key_prefix"])
        assert (await admin.delete(f"/api-keys/{key_id}")).json() == {"message": "API key revoked."}
        assert (await user.get("/entities")).status_code == 401
    assert (await admin.get("/api-keys")).json() == []
    assert (await admin.delete(f"/api-keys/{key_id}")).status_code == 400
    assert (await admin.delete("/api-keys/none")).status_code == 404
    assert (await admin.post("/api-keys", json={})).status_code == 422


async def test_the_audit_log_tells_who_did_what_newest_first(admin: httpx.AsyncClient) -> None:
    await admin.get("/entities")
    await admin.delete("/memories/nope")
    log = (await admin.get("/requests", params={"limit": 2})).json()
    assert [(row["method"], row["path"], row["status_code"]) for row in log] == [
        ("DELETE", "/memories/nope", 404),
        ("GET", "/entities", 200),
    ]
    assert {row["auth_type"] for row in log} == {"admin_api_key"}
    assert (await admin.get("/requests", params={"limit": 201})).status_code == 422


async def test_search_stays_in_its_scope_and_wants_one(admin: httpx.AsyncClient) -> None:
    for agent in ("a-1", "a-2"):
        body = {"messages": [{"role": "user", "content": f"friday of {agent}"}], "agent_id": agent}
        assert (await admin.post("/memories", json=body)).status_code == 200
    found = (await admin.post("/search", json={"query": "friday", "filters": {"agent_id": "a-1"}})).json()["results"]
    assert [row["memory"] for row in found] == ["friday of a-1"]
    assert (await admin.post("/search", json={"query": "friday"})).status_code == 400
    assert (await admin.post("/search", json={})).status_code == 422


async def test_the_world_stands_on_it_and_grows(
    server: Mem0Server, clock: MovableClock, admin: httpx.AsyncClient
) -> None:
    agents = seed_world(40, 3, clock())
    server.fill(agents)
    counts = {(row["type"], row["id"]): row["total_memories"] for row in (await admin.get("/entities")).json()}
    assert {("agent", agent.id) for agent in agents if agent.count(Vendor.MEM0)} <= set(counts)
    clock.move(6 * 3600)
    later = {(row["type"], row["id"]): row["total_memories"] for row in (await admin.get("/entities")).json()}
    assert sum(later.values()) > sum(counts.values())


@pytest.mark.parametrize("kind", list(FaultKind))
async def test_every_fault_bites(server: Mem0Server, clock: MovableClock, kind: FaultKind) -> None:
    seeded(server, clock, "a-1", 9)
    body = {"messages": [{"role": "user", "content": "x"}], "agent_id": "new"}
    probe = Probe(
        emulator=server,
        headers={"X-API-Key": server.default_key},
        look=Ask(method="GET", path="/memories?agent_id=a-1", more={}),
        act=Ask(method="POST", path="/memories", more={"json": body}),
        effects=lambda: server.book.count((ScopeKind.AGENT, "new"), clock()),
        rows=lambda answer: answer["results"],
    )
    await check_bites(probe, kind)


@pytest.mark.specs
async def test_every_answer_keeps_to_the_official_specification(
    server: Mem0Server, clock: MovableClock, admin: httpx.AsyncClient, specs: Specs
) -> None:
    spec = specs.read("mem0-oss-server.json")
    seeded(server, clock, "a-1", 3)
    memory = (await rows_of(admin, agent_id="a-1"))[0]["id"]
    key = (await admin.post("/api-keys", json={"label": "x"})).json()["id"]
    asks: list[tuple[str, str, int, dict[str, str], Any]] = [
        ("GET", "/entities", 200, {}, None),
        ("GET", "/memories", 200, {}, None),
        ("GET", "/memories/{memory_id}", 200, {"memory_id": memory}, None),
        ("PUT", "/memories/{memory_id}", 200, {"memory_id": memory}, {"text": "y"}),
        ("GET", "/memories/{memory_id}/history", 200, {"memory_id": memory}, None),
        ("DELETE", "/memories/{memory_id}", 200, {"memory_id": memory}, None),
        ("POST", "/memories", 422, {}, {}),
        ("POST", "/search", 422, {}, {}),
        ("GET", "/requests", 200, {}, None),
        ("GET", "/api-keys", 200, {}, None),
        ("POST", "/api-keys", 201, {}, {"label": "y"}),
        ("POST", "/api-keys", 422, {}, {}),
        ("DELETE", "/api-keys/{key_id}", 200, {"key_id": key}, None),
        ("DELETE", "/entities/{entity_type}/{entity_id}", 200, {"entity_type": "agent", "entity_id": "a-1"}, None),
        ("DELETE", "/entities/{entity_type}/{entity_id}", 422, {"entity_type": "app", "entity_id": "a-1"}, None),
        ("POST", "/reset", 200, {}, None),
    ]
    for method, path, status, ids, body in asks:
        answer = await admin.request(method, path.format(**ids), json=body)
        assert answer.status_code == status, (method, path, answer.text)
        spec.check(method, path, status, answer.json())
        assert not undeclared(spec, method, path, status, answer.json()), (method, path)
