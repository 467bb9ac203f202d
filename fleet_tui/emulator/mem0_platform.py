"""The hosted Mem0 API on loopback: entities, memories by filter, queued adds and deletes, events, statistics, exports.

Paths and bodies after mem0ai/mem0 docs/openapi.json. A bare `DELETE /v1/memories/` wipes the project here, as the
vendor's own SDK can be made to send it by mistake.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import ClassVar
from uuid import UUID

import msgspec
from aiohttp import web
from typing_extensions import override

from fleet_tui.emulator import wire
from fleet_tui.emulator.base import Emulator, ErrorAnswer
from fleet_tui.emulator.mem0_book import Memory, MemoryBook, ScopeKey, ScopeKind, owner_of
from fleet_tui.emulator.mem0_events import EventQueue
from fleet_tui.emulator.mem0_exports import ExportDesk, schema_of
from fleet_tui.emulator.mem0_filters import Filters, passes, scopes_of, single_scope, within
from fleet_tui.emulator.mem0_http import (
    Mem0RefusedError,
    Rows,
    as_date,
    as_list,
    as_object,
    body_object,
    fields_of,
    guarded,
    page_of,
    relevance,
    results_in,
)
from fleet_tui.emulator.mem0_rows import (
    BAD_ADD,
    entity_row,
    found_row,
    history_row,
    memory_row,
    memory_totals,
    message_texts,
    one_memory_row,
)
from fleet_tui.emulator.mem0_world import seed_scopes
from fleet_tui.emulator.world import SeedAgent

ENTITY_REQUIRED = "One of the filters: app_id, user_id, agent_id, run_id is required!"
EXPORT_ENTITY_REQUIRED = "One of the filters: app_id, user_id, agent_id, run_id, memory_export_id is required!"
ORG_ID = "org_fleet_emulator"
PROJECT_ID = "proj_fleet_emulator"
DELETE_QUEUED = "Delete in progress. This may take some time."
_WORDS: Mapping[int, str] = {
    401: "Invalid API key. You can find your API key on https://app.mem0.ai/dashboard/api-keys.",
    403: "You do not have permission to perform this action.",
    404: "Not found.",
    405: "Method not allowed.",
    429: "Request was throttled. Expected available in {retry_after_s} seconds.",
}
_MAX_BATCH = 1000
_RETRIEVAL_LIMIT = 100_000
_REQUESTS_PER_MINUTE = 300


class Mem0Platform(Emulator):
    """api.mem0.ai. `events.failing = N` lets the next N queued works fail."""

    name: ClassVar[str] = "mem0"
    default_key: ClassVar[str] = "m0-emulator-key"

    def __init__(self, *, clock: Callable[[], datetime], seed: int = 0) -> None:
        super().__init__(clock=clock, seed=seed)
        self.book = MemoryBook()
        self.events = EventQueue(starts_after_s=1.0, ends_after_s=3.0)
        self.exports = ExportDesk()
        self._ids = self.die("ids")
        self._history: dict[str, list[dict[str, object]]] = {}
        self._retrievals = 0
        self._adds = 0
        self._expiring = False
        self._looped: dict[str, bytes] = {}

    @override
    def routes(self) -> Iterable[web.AbstractRouteDef]:
        return [
            web.get("/v1/ping/", guarded(self._ping)),
            web.get("/v1/entities/", guarded(self._entities)),
            web.get("/v2/entities/{kind}/{id}/", guarded(self._entity)),
            web.delete("/v2/entities/{kind}/{id}/", guarded(self._delete_entity)),
            web.post("/v3/memories/", guarded(self._list)),
            web.post("/v3/memories/add/", guarded(self._add)),
            web.post("/v3/memories/search/", guarded(self._search)),
            web.delete("/v1/memories/", guarded(self._delete_where)),
            web.get("/v1/memories/{id}/", guarded(self._get)),
            web.put("/v1/memories/{id}/", guarded(self._update)),
            web.delete("/v1/memories/{id}/", guarded(self._delete)),
            web.get("/v1/memories/{id}/history/", guarded(self._get_history)),
            web.delete("/v1/batch/", guarded(self._delete_batch)),
            web.get("/v1/events/", guarded(self._list_events)),
            web.get("/v1/event/{id}/", guarded(self._event)),
            web.get("/v1/stats/", guarded(self._stats)),
            web.post("/v1/exports/", guarded(self._export)),
            web.post("/v1/exports/get/", guarded(self._get_export)),
        ]

    @override
    def error_body(self, status: int, *, retry_after_s: int = 2) -> ErrorAnswer:
        words = _WORDS.get(status, "A server error occurred.").format(retry_after_s=retry_after_s)
        if status != HTTPStatus.TOO_MANY_REQUESTS:
            return ErrorAnswer(body={"detail": words})
        reset_at = int(self.clock().timestamp()) + retry_after_s
        headers = {
            "Retry-After": str(retry_after_s),
            "X-RateLimit-Limit": str(_REQUESTS_PER_MINUTE),
            "X-RateLimit-Remaining": "0",
            "X-RateLimit-Reset": str(reset_at),
        }
        return ErrorAnswer(body={"detail": words}, headers=headers)

    @override
    def key_of(self, request: web.Request) -> str | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "token" and token else None

    @override
    def rows_of(self, body: object) -> list[object] | None:
        return results_in(body)

    @override
    def loop_cursor(self, request: web.Request, answer: web.Response) -> web.Response:
        """The first page seen of a path, for ever, naming itself as the next."""
        body = as_object(wire.decoded(answer)) or {}
        if "next" in body:
            body["next"] = f"{self.base_url}{request.path_qs}"
            self._looped.setdefault(request.path, msgspec.json.encode(body))
        first = self._looped.get(request.path)
        return answer if first is None else wire.json_answer(msgspec.json.decode(first))

    @override
    def fill(self, agents: Sequence[SeedAgent]) -> None:
        for scope in seed_scopes(agents, self.clock(), self.die("world")):
            self.book.seed(scope)

    @override
    def advance(self, now: datetime) -> None:
        self.events.settle(now)

    async def _ping(self, request: web.Request) -> web.Response:
        del request
        return wire.json_answer(
            {"status": "ok", "org_id": ORG_ID, "project_id": PROJECT_ID, "user_email": "fleet@example.com"}
        )

    async def _entities(self, request: web.Request) -> web.Response:
        now = self.clock()
        scopes = list(self.book.scopes())
        body = self._paged(request, len(scopes), lambda a, b: [entity_row(scope, now) for scope in scopes[a:b]])
        for kind in ScopeKind:
            body[f"total_{kind.value}s"] = sum(scope.kind is kind for scope in scopes)
        return wire.json_answer(body)

    async def _entity(self, request: web.Request) -> web.Response:
        scope = self.book.scope(_scope_key(request))
        return wire.json_answer([] if scope is None else [entity_row(scope, self.clock())])

    async def _delete_entity(self, request: web.Request) -> web.Response:
        key = _scope_key(request)

        def effect(at: datetime) -> list[object]:
            self.book.drop(key, at)
            return []

        return self._queued("DELETE_USER", {"entity_type": key[0].value, "entity_id": key[1]}, effect)

    async def _list(self, request: web.Request) -> web.Response:
        body = await body_object(request, otherwise=Mem0RefusedError(400, {"error": ENTITY_REQUIRED}))
        filters = self._filters(body)
        self._retrievals += 1
        now = self.clock()
        fields = fields_of(body)
        scope = single_scope(filters) if set(body) <= {"filters", "fields", "page", "page_size"} else None
        if scope is not None and not self._expiring:
            total = self.book.count(scope, now)
            page = self._paged(
                request, total, lambda a, b: [memory_row(row, fields) for row in self.book.rows(scope, now, a, b)], body
            )
            return wire.json_answer(page)
        rows = [row for row in within(self.book, filters, now) if passes(row, body, now)]
        page = self._paged(request, len(rows), lambda a, b: [memory_row(row, fields) for row in rows[a:b]], body)
        return wire.json_answer(page)

    async def _search(self, request: web.Request) -> web.Response:
        no_query = Mem0RefusedError(400, {"error": "query is required"})
        body = await body_object(request, otherwise=no_query)
        query, top_k, floor = body.get("query"), body.get("top_k"), body.get("threshold")
        if not isinstance(query, str) or not query.strip():
            raise no_query
        filters = self._filters(body)
        self._retrievals += 1
        now = self.clock()
        least = float(floor) if isinstance(floor, int | float) else 0.1
        scored = [(relevance(query, row), row) for row in within(self.book, filters, now) if passes(row, body, now)]
        scored = sorted((hit for hit in scored if hit[0] >= least), key=lambda hit: -hit[0])
        rows = [found_row(score, row) for score, row in scored[: top_k if isinstance(top_k, int) else 10]]
        return wire.json_answer({"results": rows})

    async def _add(self, request: web.Request) -> web.Response:
        body = await body_object(request, otherwise=Mem0RefusedError(400, BAD_ADD))
        owner = owner_of({**(as_object(body.get("filters")) or {}), **body})
        texts = message_texts(body)
        if not texts or not owner:
            raise Mem0RefusedError(400, BAD_ADD)
        self._adds += 1
        backdated = body.get("timestamp")
        if not isinstance(backdated, int) or isinstance(backdated, bool):
            backdated = None

        def effect(at: datetime) -> list[object]:
            made_at = datetime.fromtimestamp(backdated, UTC) if backdated is not None else at
            made = [self._write(text, owner, body, made_at) for text in texts]
            return [{"id": memory.id, "data": {"memory": memory.text}, "event": "ADD"} for memory in made]

        if body.get("infer") is not False:
            return self._queued("ADD", body, effect, {"status": "PENDING"})
        results = effect(self.clock())
        return wire.json_answer(
            {"message": "Memories stored.", "status": "SUCCEEDED", "event_id": self._uuid(), "results": results}
        )

    async def _delete_where(self, request: web.Request) -> web.Response:
        owner = owner_of(request.query)

        def effect(at: datetime) -> list[object]:
            if not owner:
                self.book.drop_all()
                return []
            for memory in within(self.book, {kind.field: name for kind, name in owner.items()}, at):
                self.book.remove(memory.id, at)
            return []

        return self._queued("DELETE_ALL", dict(request.query), effect)

    async def _get(self, request: web.Request) -> web.Response:
        return wire.json_answer(one_memory_row(self._found(request)))

    async def _update(self, request: web.Request) -> web.Response:
        memory = self._found(request)
        body = await body_object(request, otherwise=Mem0RefusedError(400, {"error": "Invalid JSON"}))
        text = body.get("text")
        changed = replace(
            memory,
            text=text if isinstance(text, str) else memory.text,
            metadata=as_object(body.get("metadata")) or memory.metadata,
            expires_on=as_date(body["expiration_date"]) if "expiration_date" in body else memory.expires_on,
            updated_at=self.clock(),
        )
        self._expiring = self._expiring or changed.expires_on is not None
        self.book.rewrite(changed)
        self._remember("UPDATE", changed, before=memory)
        return wire.json_answer(one_memory_row(changed))

    async def _delete(self, request: web.Request) -> web.Response:
        memory = self._found(request)
        self.book.remove(memory.id, self.clock())
        self._remember("DELETE", memory, before=memory)
        body: dict[str, object] = {"message": "Memory deleted successfully!"}
        if request.query.get("delete_linked", "").lower() == "true":
            body["cascade_count"] = 0
        return wire.json_answer(body)

    async def _delete_batch(self, request: web.Request) -> web.Response:
        body = await body_object(request, otherwise=Mem0RefusedError(400, {"error": "Invalid JSON"}))
        memories = as_list(body.get("memories")) or []
        if len(memories) > _MAX_BATCH:
            raise Mem0RefusedError(
                400, {"error": f"Maximum of {_MAX_BATCH} memories can be deleted in a single request"}
            )
        gone = [self.book.remove(str((as_object(row) or {}).get("memory_id")), self.clock()) for row in memories]
        return wire.json_answer({"message": f"Successfully deleted {sum(gone)} memories"})

    async def _get_history(self, request: web.Request) -> web.Response:
        memory_id = request.match_info["id"]
        past = self._history.get(memory_id, [])
        memory = self.book.find(memory_id, self.clock())
        first = history_row(self._uuid(), "ADD", memory, before=None) if memory and not past else None
        return wire.json_answer([first] if first else past)

    async def _list_events(self, request: web.Request) -> web.Response:
        now = self.clock()
        wanted = request.query.get("event_type")
        events = [event for event in self.events.newest_first() if wanted in {None, event.event_type}]
        return wire.json_answer(
            self._paged(request, len(events), lambda a, b: [event.as_json(now) for event in events[a:b]])
        )

    async def _event(self, request: web.Request) -> web.Response:
        event = self.events.find(request.match_info["id"])
        if event is None:
            raise Mem0RefusedError(404, {"error": "Event not found or you don't have permission to access it."})
        return wire.json_answer(event.detail_json(self.clock()))

    async def _stats(self, request: web.Request) -> web.Response:
        del request
        usage = {"total_retrieval_events": self._retrievals, "total_api_retrieval_events": self._retrievals}
        usage |= {"total_add_events": self._adds, "total_retrieval_events_limit": _RETRIEVAL_LIMIT}
        return wire.json_answer({**memory_totals(self.book.scopes(), self.clock()), **usage})

    async def _export(self, request: web.Request) -> web.Response:
        refused = Mem0RefusedError(400, {"error": EXPORT_ENTITY_REQUIRED})
        body = await body_object(request, otherwise=refused)
        schema = schema_of(body)
        filters = as_object(body.get("filters")) or {}
        scopes = scopes_of(filters, self.book)
        if not set(filters) & {"AND", "OR"} or scopes is None:
            raise refused
        now, export_id = self.clock(), self._uuid()
        owner = dict(scopes) if len(scopes) == 1 else {}
        self.exports.ask(export_id=export_id, schema=schema, owner=owner, rows=within(self.book, filters, now), now=now)
        message = "Memory export request received. The export will be ready in a few seconds."
        return wire.json_answer({"message": message, "id": export_id}, status=201)

    async def _get_export(self, request: web.Request) -> web.Response:
        refused = Mem0RefusedError(400, {"message": ENTITY_REQUIRED})
        body = await body_object(request, otherwise=refused)
        owner = owner_of(as_object(body.get("filters")) or {})
        export_id = body.get("memory_export_id")
        if export_id is None and not owner:
            raise refused
        return wire.json_answer(self.exports.fetch(export_id=export_id, owner=owner, now=self.clock()))

    def _queued(
        self,
        event_type: str,
        payload: Mapping[str, object],
        effect: Callable[[datetime], list[object]],
        extra: Mapping[str, object] | None = None,
    ) -> web.Response:
        event = self.events.put(
            event_id=self._uuid(), event_type=event_type, payload=payload, now=self.clock(), effect=effect
        )
        return wire.json_answer({**(extra or {"message": DELETE_QUEUED}), "event_id": event.id})

    def _paged(
        self, request: web.Request, total: int, rows: Rows, body: Mapping[str, object] | None = None
    ) -> dict[str, object]:
        """One page; the query's page number wins over the body's."""
        asked = {name: str(value) for name, value in (body or {}).items() if name in {"page", "page_size"}}
        return page_of(f"{self.base_url}{request.path}", {**asked, **request.query}, total, rows)

    def _filters(self, body: Mapping[str, object]) -> Filters:
        filters = as_object(body.get("filters")) or {}
        if scopes_of(filters, self.book) is None:
            raise Mem0RefusedError(400, {"error": ENTITY_REQUIRED})
        return filters

    def _write(self, text: str, owner: Mapping[ScopeKind, str], body: Mapping[str, object], at: datetime) -> Memory:
        memory = Memory(
            id=self._uuid(),
            text=text,
            owner=owner,
            metadata=as_object(body.get("metadata")) or {},
            categories=("misc",),
            created_at=at,
            updated_at=at,
            expires_on=as_date(body.get("expiration_date")),
        )
        self._expiring = self._expiring or memory.expires_on is not None
        self.book.write(memory)
        self._remember("ADD", memory, before=None)
        return memory

    def _remember(self, event: str, memory: Memory, *, before: Memory | None) -> None:
        self._history.setdefault(memory.id, []).append(history_row(self._uuid(), event, memory, before=before))

    def _found(self, request: web.Request) -> Memory:
        memory_id = request.match_info["id"]
        try:
            UUID(memory_id)
        except ValueError as broken:
            raise Mem0RefusedError(400, {"error": "memory_id should be a valid UUID"}) from broken
        memory = self.book.find(memory_id, self.clock())
        if memory is None:
            raise Mem0RefusedError(404, {"error": "Memory not found!"})
        return memory

    def _uuid(self) -> str:
        return str(UUID(int=self._ids.getrandbits(128), version=4))


def _scope_key(request: web.Request) -> ScopeKey:
    try:
        return ScopeKind(request.match_info["kind"]), request.match_info["id"]
    except ValueError as broken:
        raise Mem0RefusedError(400, {"message": "Invalid entity type"}) from broken
