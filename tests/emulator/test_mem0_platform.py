"""Mem0's own SDK works against the emulator of the hosted API unchanged, verb by verb, and its state moves."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from fleet_tui.emulator.faults import Fault, FaultKind
from fleet_tui.emulator.mem0_book import ScopeKind, SeedScope
from fleet_tui.emulator.mem0_platform import Mem0Platform
from fleet_tui.emulator.world import Vendor, seed_world
from tests.emulator.biting import Ask, Probe, check_bites
from tests.emulator.shapes import undeclared
from tests.support.clock import MovableClock
from tests.support.specs import Specs

SETTLED_S = 5.0


@pytest.fixture
async def mem0(clock: MovableClock) -> AsyncIterator[Mem0Platform]:
    async with Mem0Platform(clock=clock, seed=3) as emulator:
        yield emulator


async def sdk_of(emulator: Mem0Platform, key: str | None = None) -> Any:
    """The vendor's client. Its constructor asks the network, blocking; so it is made on another thread."""
    from mem0 import AsyncMemoryClient

    return await asyncio.to_thread(AsyncMemoryClient, api_key=key or emulator.default_key, host=emulator.base_url)


@pytest.fixture
async def sdk(mem0: Mem0Platform) -> AsyncIterator[Any]:
    client = await sdk_of(mem0)
    async with client:
        yield client


@pytest.fixture
async def raw(mem0: Mem0Platform) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Authorization": f"Token {mem0.default_key}"}
    async with httpx.AsyncClient(base_url=mem0.base_url, headers=headers, timeout=5) as client:
        yield client


def seeded(mem0: Mem0Platform, clock: MovableClock, agent: str, count: int, per_hour: float = 0.0) -> None:
    scope = SeedScope(
        kind=ScopeKind.AGENT,
        id=agent,
        base=count,
        per_hour=per_hour,
        born_at=clock(),
        seeded_at=clock(),
        task="backfill",
    )
    mem0.book.seed(scope)


async def test_the_sdk_learns_its_project_and_sends_no_telemetry(sdk: Any) -> None:
    from mem0.memory.telemetry import client_telemetry

    assert (sdk.org_id, sdk.project_id) == ("org_fleet_emulator", "proj_fleet_emulator")
    assert client_telemetry.posthog is None


async def test_a_wrong_key_is_refused_in_the_vendors_words(mem0: Mem0Platform) -> None:
    with pytest.raises(ValueError, match="Invalid API key"):
        await sdk_of(mem0, key="m0-wrong")


async def test_an_added_memory_is_pending_then_running_then_there(
    mem0: Mem0Platform, clock: MovableClock, sdk: Any, raw: httpx.AsyncClient
) -> None:
    queued = await sdk.add("the owner likes tea", agent_id="a-1", metadata={"fleet.agent": "a-1"})
    assert queued["status"] == "PENDING"
    states = []
    for _ in range(4):
        event = (await raw.get(f"/v1/event/{queued['event_id']}/")).json()
        found = await sdk.get_all(filters={"agent_id": "a-1"})
        states.append((event["status"], found["count"]))
        clock.move(1.5)
    assert states == [("PENDING", 0), ("RUNNING", 0), ("SUCCEEDED", 1), ("SUCCEEDED", 1)]
    (memory,) = (await sdk.get_all(filters={"AND": [{"agent_id": "a-1"}]}))["results"]
    assert memory["memory"] == "the owner likes tea"
    assert memory["metadata"] == {"fleet.agent": "a-1"}
    entity = next(row for row in (await sdk.users())["results"] if row["name"] == "a-1")
    assert entity["type"] == "agent"


async def test_an_add_that_is_to_fail_fails_and_stores_nothing(
    mem0: Mem0Platform, clock: MovableClock, sdk: Any, raw: httpx.AsyncClient
) -> None:
    mem0.events.failing = 1
    queued = await sdk.add("lost", agent_id="a-1")
    kept = await sdk.add("kept", agent_id="a-1")
    clock.move(SETTLED_S)
    lost = (await raw.get(f"/v1/event/{queued['event_id']}/")).json()
    assert (lost["status"], bool(lost["error"])) == ("FAILED", True)
    assert (await raw.get(f"/v1/event/{kept['event_id']}/")).json()["status"] == "SUCCEEDED"
    assert [row["memory"] for row in (await sdk.get_all(filters={"agent_id": "a-1"}))["results"]] == ["kept"]


async def test_without_inference_a_memory_is_there_at_once(sdk: Any) -> None:
    added = await sdk.add([{"role": "user", "content": "verbatim"}], run_id="r-1", infer=False)
    assert added["status"] == "SUCCEEDED"
    (memory,) = (await sdk.get_all(filters={"run_id": "r-1"}))["results"]
    assert (memory["id"], memory["session_id"]) == (added["results"][0]["id"], "r-1")


async def test_a_list_without_an_entity_is_refused(sdk: Any) -> None:
    from mem0.exceptions import ValidationError

    for filters in (
        {},
        {"created_at": {"gte": "2026-01-01"}},
        {"NOT": [{"agent_id": "a"}]},
        {"OR": [{"agent_id": "a"}, {}]},
    ):
        with pytest.raises(ValidationError):
            await sdk.get_all(filters=filters)
    with pytest.raises(ValidationError):
        await sdk.add("nobody's")


async def test_pages_together_are_the_whole_list_newest_first(
    mem0: Mem0Platform, clock: MovableClock, sdk: Any
) -> None:
    from mem0.exceptions import MemoryNotFoundError

    seeded(mem0, clock, "a-1", 457)
    clock.move(60)
    await sdk.add("newest", agent_id="a-1", infer=False)
    rows: list[dict[str, Any]] = []
    for number in range(1, 4):
        page = await sdk.get_all(filters={"agent_id": "a-1"}, page=number, page_size=200)
        assert page["count"] == 458
        assert (page["next"] is None) is (number == 3)
        assert (page["previous"] is None) is (number == 1)
        rows += page["results"]
    assert rows[0]["memory"] == "newest"
    assert len({row["id"] for row in rows}) == 458
    assert [row["created_at"] for row in rows] == sorted((row["created_at"] for row in rows), reverse=True)
    filtered = await sdk.get_all(filters={"AND": [{"agent_id": "a-1"}, {"memory": {"icontains": ""}}]}, page_size=200)
    assert filtered["count"] == 458
    with pytest.raises(MemoryNotFoundError):
        await sdk.get_all(filters={"agent_id": "a-1"}, page=4, page_size=200)


async def test_one_memory_is_read_changed_deleted_and_its_history_told(
    mem0: Mem0Platform, clock: MovableClock, sdk: Any
) -> None:
    from mem0.exceptions import MemoryNotFoundError, ValidationError

    seeded(mem0, clock, "a-1", 5)
    clock.move(1)
    memory = (await sdk.get_all(filters={"agent_id": "a-1"}))["results"][2]
    assert (await sdk.get(memory["id"]))["memory"] == memory["memory"]
    await sdk.update(memory["id"], text="changed", metadata={"k": "v"})
    assert (await sdk.get_all(filters={"agent_id": "a-1"}))["results"][2]["memory"] == "changed"
    assert (await sdk.delete(memory["id"]))["message"] == "Memory deleted successfully!"
    rows = (await sdk.get_all(filters={"agent_id": "a-1"}))["results"]
    assert len(rows) == 4
    assert memory["id"] not in {row["id"] for row in rows}
    assert [step["event"] for step in await sdk.history(memory["id"])] == ["UPDATE", "DELETE"]
    with pytest.raises(MemoryNotFoundError):
        await sdk.delete(memory["id"])
    with pytest.raises(ValidationError):
        await sdk.get("not-a-uuid")


async def test_memories_of_one_scope_are_deleted_later_and_of_no_other(
    mem0: Mem0Platform, clock: MovableClock, sdk: Any, raw: httpx.AsyncClient
) -> None:
    for agent in ("a-1", "a-2"):
        seeded(mem0, clock, agent, 30)
    queued = await sdk.delete_all(agent_id="a-1")
    assert (await sdk.get_all(filters={"agent_id": "a-1"}))["count"] == 30
    clock.move(SETTLED_S)
    assert (await raw.get(f"/v1/event/{queued['event_id']}/")).json()["status"] == "SUCCEEDED"
    assert (await sdk.get_all(filters={"agent_id": "a-1"}))["count"] == 0
    assert (await sdk.get_all(filters={"agent_id": "a-2"}))["count"] == 30


async def test_deleting_with_no_scope_deletes_everything(mem0: Mem0Platform, clock: MovableClock, sdk: Any) -> None:
    for agent in ("a-1", "a-2"):
        seeded(mem0, clock, agent, 3)
    await sdk.delete_all()
    clock.move(SETTLED_S)
    assert (await sdk.users())["count"] == 0


async def test_an_entity_is_deleted_by_name_later_and_with_its_memories(
    mem0: Mem0Platform, clock: MovableClock, sdk: Any, raw: httpx.AsyncClient
) -> None:
    for agent in ("a-1", "a/2 ü"):
        seeded(mem0, clock, agent, 4)
    await sdk.delete_users(agent_id="a/2 ü")
    assert (await sdk.users())["count"] == 2
    clock.move(SETTLED_S)
    assert [row["name"] for row in (await sdk.users())["results"]] == ["a-1"]
    assert (await sdk.get_all(filters={"agent_id": "a/2 ü"}))["count"] == 0
    refused = await raw.delete("/v2/entities/galaxy/x/")
    assert (refused.status_code, refused.json()) == (400, {"message": "Invalid entity type"})


async def test_search_ranks_by_words_within_the_scope(sdk: Any) -> None:
    for text in ("deploys on friday are forbidden", "friday is fine", "nothing here"):
        await sdk.add(text, agent_id="a-1", infer=False)
    await sdk.add("friday elsewhere", agent_id="a-2", infer=False)
    rows = (await sdk.search("friday deploys", filters={"agent_id": "a-1"}))["results"]
    assert [row["memory"] for row in rows] == ["deploys on friday are forbidden", "friday is fine"]
    assert rows[0]["score"] > rows[1]["score"]


async def test_an_expired_memory_hides_until_it_is_asked_for(clock: MovableClock, sdk: Any) -> None:
    await sdk.add("for a day", agent_id="a-1", infer=False, expiration_date=clock().date().isoformat())
    assert (await sdk.get_all(filters={"agent_id": "a-1"}))["count"] == 1
    clock.move(86400)
    assert (await sdk.get_all(filters={"agent_id": "a-1"}))["count"] == 0
    assert (await sdk.get_all(filters={"agent_id": "a-1"}, show_expired=True))["count"] == 1


async def test_an_export_is_ready_after_a_while_and_shaped_by_its_schema(
    mem0: Mem0Platform, clock: MovableClock, sdk: Any
) -> None:
    from mem0.exceptions import MemoryNotFoundError, ValidationError

    seeded(mem0, clock, "a-1", 250)
    clock.move(1)
    item = {"type": "object", "properties": {"id": {"type": "string"}, "memory": {"type": "string"}}}
    schema: Any = {"type": "object", "properties": {"memories": {"type": "array", "items": item}}}
    with pytest.raises(ValidationError, match="memory_export_id is required"):
        await sdk.create_memory_export(schema, filters={"agent_id": "a-1"})
    with pytest.raises(ValidationError, match="Schema is required"):
        await sdk.create_memory_export("no schema", filters={"AND": [{"agent_id": "a-1"}]})
    asked = await sdk.create_memory_export(schema, filters={"AND": [{"agent_id": "a-1"}]})
    with pytest.raises(MemoryNotFoundError):
        await sdk.get_memory_export(memory_export_id=asked["id"])
    clock.move(SETTLED_S)
    export = await sdk.get_memory_export(memory_export_id=asked["id"])
    assert len(export["memories"]) == 250
    assert set(export["memories"][0]) == {"id", "memory"}
    assert await sdk.get_memory_export(filters={"agent_id": "a-1"}) == export


async def test_an_export_fills_each_kind_of_field(mem0: Mem0Platform, clock: MovableClock, sdk: Any) -> None:
    seeded(mem0, clock, "a-1", 2)
    fields: Any = {"all": {"type": "array"}, "told": {"type": "string"}, "count": {"type": "integer"}}
    asked = await sdk.create_memory_export({"properties": fields}, filters={"AND": [{"agent_id": "a-1"}]})
    clock.move(SETTLED_S)
    export = await sdk.get_memory_export(memory_export_id=asked["id"])
    assert export["count"] is None
    assert export["told"].split("\n") == export["all"]
    assert len(export["all"]) == 2


async def test_several_memories_are_deleted_in_one_call(mem0: Mem0Platform, clock: MovableClock, sdk: Any) -> None:
    from mem0.exceptions import ValidationError

    seeded(mem0, clock, "a-1", 5)
    rows = (await sdk.get_all(filters={"agent_id": "a-1"}))["results"]
    told = await sdk.batch_delete([{"memory_id": row["id"]} for row in rows[:3]])
    assert told["message"] == "Successfully deleted 3 memories"
    assert (await sdk.get_all(filters={"agent_id": "a-1"}))["count"] == 2
    with pytest.raises(ValidationError, match="Maximum of 1000"):
        await sdk.batch_delete([{"memory_id": "x"}] * 1001)


async def test_the_statistics_count_what_is_there(
    mem0: Mem0Platform, clock: MovableClock, sdk: Any, raw: httpx.AsyncClient
) -> None:
    for agent in ("a-1", "a-2"):
        seeded(mem0, clock, agent, 10)
    await sdk.get_all(filters={"agent_id": "a-1"})
    stats = (await raw.get("/v1/stats/")).json()
    assert (stats["total_memories"], stats["total_agents_with_memories"]) == (20, 2)
    assert 0 < stats["total_retrieval_events"] < stats["total_retrieval_events_limit"]


async def test_a_rate_limit_says_how_long_to_wait(mem0: Mem0Platform, sdk: Any) -> None:
    from mem0.exceptions import RateLimitError

    mem0.faults.add(Fault(kind=FaultKind.RATE_LIMITED, retry_after_s=9, times=1))
    with pytest.raises(RateLimitError) as refused:
        await sdk.users()
    told = refused.value.debug_info
    assert told["retry_after"] == 9
    assert told["x_ratelimit_remaining"] == "0"
    assert (await sdk.users())["count"] == 0


async def test_the_world_gives_each_agent_its_scope_and_leaves_some_of_nobody(
    mem0: Mem0Platform, clock: MovableClock, sdk: Any, raw: httpx.AsyncClient
) -> None:
    agents = seed_world(60, 3, clock())
    mem0.fill(agents)
    rows = (await sdk.users())["results"]
    names = {row["name"] for row in rows if row["type"] == "agent"}
    holding = {agent.id for agent in agents if agent.count(Vendor.MEM0)}
    assert holding
    assert holding <= names
    assert len(names - {agent.id for agent in agents}) >= 2
    counts = {name: (await sdk.get_all(filters={"agent_id": name}, page_size=1))["count"] for name in names}
    assert all(counts.values())
    clock.move(3 * 3600)
    later = {name: (await sdk.get_all(filters={"agent_id": name}, page_size=1))["count"] for name in names}
    assert all(later[name] >= counts[name] for name in names)
    assert sum(later.values()) > sum(counts.values())


async def test_the_same_seed_makes_the_same_memories(clock: MovableClock) -> None:
    def listed() -> list[tuple[str, str, int]]:
        emulator = Mem0Platform(clock=clock, seed=5)
        emulator.fill(seed_world(40, 5, clock()))
        return [(scope.kind, scope.id, scope.count(clock())) for scope in emulator.book.scopes()]

    assert listed() == listed()


@pytest.mark.parametrize("kind", list(FaultKind))
async def test_every_fault_bites(mem0: Mem0Platform, clock: MovableClock, kind: FaultKind) -> None:
    for number in range(12):
        seeded(mem0, clock, f"a-{number}", 1)
    added = {"messages": [{"role": "user", "content": "x"}], "agent_id": "a-0", "infer": False}

    def follow(body: Any) -> Ask | None:
        return Ask(method="GET", path=body["next"], more={}) if body["next"] else None

    probe = Probe(
        emulator=mem0,
        headers={"Authorization": f"Token {mem0.default_key}"},
        look=Ask(method="GET", path="/v1/entities/?page=1&page_size=5", more={}),
        act=Ask(method="POST", path="/v3/memories/add/", more={"json": {**added, "agent_id": "a-11"}}),
        effects=lambda: mem0.book.count((ScopeKind.AGENT, "a-11"), clock()),
        rows=lambda body: body["results"],
        follow=follow,
    )
    await check_bites(probe, kind)


@pytest.mark.specs
async def test_every_answer_keeps_to_the_official_specification(
    mem0: Mem0Platform, clock: MovableClock, sdk: Any, raw: httpx.AsyncClient, specs: Specs
) -> None:
    spec = specs.read("mem0.json")
    mem0.fill(seed_world(30, 3, clock()))
    agent = (await sdk.users())["results"][0]["name"]
    scope = {"filters": {"agent_id": agent}}
    queued = (
        await raw.post("/v3/memories/add/", json={"messages": [{"role": "user", "content": "x"}], "agent_id": agent})
    ).json()
    memory = (await raw.post("/v3/memories/", json=scope)).json()["results"][0]["id"]
    clock.move(SETTLED_S)
    event = {"event_id": queued["event_id"]}
    schema = {"type": "object", "properties": {"m": {"type": "array"}}}
    structured = {"schema": schema, "filters": {"AND": [{"agent_id": agent}]}}
    asks: list[tuple[str, str, int, dict[str, str], Any]] = [
        ("GET", "/v1/ping/", 200, {}, None),
        ("GET", "/v1/entities/", 200, {}, None),
        ("POST", "/v3/memories/", 200, {}, scope),
        ("POST", "/v3/memories/search/", 200, {}, {"query": "the", **scope}),
        ("GET", "/v1/memories/{memory_id}/", 200, {"memory_id": memory}, None),
        ("PUT", "/v1/memories/{memory_id}/", 200, {"memory_id": memory}, {"text": "y"}),
        ("GET", "/v1/memories/{memory_id}/history/", 200, {"memory_id": memory}, None),
        ("DELETE", "/v1/memories/{memory_id}/", 200, {"memory_id": memory}, None),
        ("DELETE", "/v1/memories/{memory_id}/", 404, {"memory_id": memory}, None),
        ("GET", "/v1/memories/{memory_id}/", 400, {"memory_id": "nope"}, None),
        ("GET", "/v1/events/", 200, {}, None),
        ("GET", "/v1/event/{event_id}/", 200, event, None),
        ("GET", "/v1/event/{event_id}/", 404, {"event_id": memory}, None),
        ("GET", "/v1/stats/", 200, {}, None),
        ("POST", "/v1/exports/", 201, {}, structured),
        ("POST", "/v1/exports/get/", 400, {}, {}),
        ("POST", "/v1/exports/get/", 404, {}, {"filters": {"agent_id": "nobody"}}),
        ("DELETE", "/v1/memories/", 200, {}, None),
        ("GET", "/v2/entities/{entity_type}/{entity_id}/", 200, {"entity_type": "agent", "entity_id": agent}, None),
        ("DELETE", "/v2/entities/{entity_type}/{entity_id}/", 200, {"entity_type": "agent", "entity_id": agent}, None),
        ("DELETE", "/v2/entities/{entity_type}/{entity_id}/", 400, {"entity_type": "star", "entity_id": agent}, None),
    ]
    for method, path, status, ids, body in asks:
        answer = await raw.request(method, path.format(**ids), json=body)
        assert answer.status_code == status, (method, path, answer.text)
        spec.check(method, path, status, answer.json())
        assert not undeclared(spec, method, path, status, answer.json()), (method, path)
    async with httpx.AsyncClient(base_url=mem0.base_url, headers={"Authorization": "Token wrong"}) as stranger:
        refused = await stranger.get("/v1/ping/")
    spec.check("GET", "/v1/ping/", refused.status_code, refused.json())
