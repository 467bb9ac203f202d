"""The self-hosted Mem0 server on loopback: another API than the hosted one, without pages, with its own keys and audit.

Paths and bodies after the server's own /openapi.json (mem0ai 2.2.1). A scoped list gives 20 rows unless told more,
1000 at most; entities exist only while they have memories.
"""

import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from http import HTTPStatus
from typing import ClassVar
from uuid import UUID

from aiohttp import web
from typing_extensions import override

from fleet_tui.emulator import wire
from fleet_tui.emulator.base import Emulator, ErrorAnswer
from fleet_tui.emulator.mem0_book import Memory, MemoryBook, ScopeKey, ScopeKind, owner_of
from fleet_tui.emulator.mem0_filters import scopes_of, within
from fleet_tui.emulator.mem0_http import (
    Handler,
    Mem0RefusedError,
    as_date,
    as_object,
    body_object,
    guarded,
    relevance,
    results_in,
)
from fleet_tui.emulator.mem0_rows import message_texts
from fleet_tui.emulator.mem0_world import seed_scopes
from fleet_tui.emulator.world import SeedAgent

DEFAULT_ROWS = 20
MAX_ROWS = 1000
SCAN_ROWS = 10_000
_KINDS = (ScopeKind.AGENT, ScopeKind.RUN, ScopeKind.USER)
_PREFIX_CHARS = 12
_MAX_LOG = 2000
_DEFAULT_LOG_ROWS = 50
_MAX_LOG_ROWS = 200
_LATENCY_MS = 12.5
_WORDS: Mapping[int, str] = {
    401: "Invalid API key.",
    403: "Admin role required.",
    404: "Not Found",
    405: "Method Not Allowed",
    429: "Rate limit exceeded",
    502: "Provider is unreachable or returned a server error.",
}
_BROKEN_JSON: dict[str, object] = {
    "detail": [{"type": "json_invalid", "loc": ["body", 0], "msg": "JSON decode error", "input": {}}]
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerKey:
    """A key somebody made on the server. The key itself is shown once, at its creation."""

    id: str
    key: str
    label: str
    created_at: datetime
    last_used_at: datetime | None = None
    revoked: bool = False

    def as_json(self) -> dict[str, object]:
        return {
            "id": self.id,
            "label": self.label,
            "key_prefix": self.key[:_PREFIX_CHARS],
            "created_at": wire.rfc3339(self.created_at),
            "last_used_at": wire.rfc3339(self.last_used_at) if self.last_used_at else None,
        }


class Mem0Server(Emulator):
    """A Mem0 server somebody runs. `X-API-Key` or a bearer token; the default key is the admin's."""

    name: ClassVar[str] = "mem0-server"
    default_key: ClassVar[str] = "m0-admin-emulator-key"

    def __init__(self, *, clock: Callable[[], datetime], seed: int = 0) -> None:
        super().__init__(clock=clock, seed=seed)
        self.book = MemoryBook()
        self._ids = self.die("ids")
        self._keys: dict[str, ServerKey] = {}
        self._log: deque[dict[str, object]] = deque(maxlen=_MAX_LOG)
        self._history: dict[str, list[dict[str, object]]] = {}

    @override
    def routes(self) -> Iterable[web.AbstractRouteDef]:
        return [
            web.get("/entities", self._logged(self._entities)),
            web.delete("/entities/{kind}/{id}", self._logged(self._delete_entity)),
            web.get("/memories", self._logged(self._list)),
            web.post("/memories", self._logged(self._add)),
            web.delete("/memories", self._logged(self._delete_where)),
            web.get("/memories/{id}", self._logged(self._get)),
            web.put("/memories/{id}", self._logged(self._update)),
            web.delete("/memories/{id}", self._logged(self._delete)),
            web.get("/memories/{id}/history", self._logged(self._get_history)),
            web.post("/search", self._logged(self._search)),
            web.get("/requests", self._logged(self._requests)),
            web.get("/api-keys", self._logged(self._list_keys)),
            web.post("/api-keys", self._logged(self._create_key)),
            web.delete("/api-keys/{id}", self._logged(self._revoke_key)),
            web.post("/reset", self._logged(self._reset)),
        ]

    @override
    def error_body(self, status: int, *, retry_after_s: int = 2) -> ErrorAnswer:
        detail = _WORDS.get(
            status, "Internal Server Error" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "Bad Request"
        )
        if status == HTTPStatus.BAD_GATEWAY:
            return ErrorAnswer(body={"detail": detail, "code": "provider_unavailable", "request_id": "0badcafe"})
        headers = {"Retry-After": str(retry_after_s)} if status == HTTPStatus.TOO_MANY_REQUESTS else {}
        return ErrorAnswer(body={"detail": detail}, headers=headers)

    @override
    def key_of(self, request: web.Request) -> str | None:
        return request.headers.get("X-API-Key") or super().key_of(request)

    @override
    def rows_of(self, body: object) -> list[object] | None:
        return results_in(body)

    @override
    def fill(self, agents: Sequence[SeedAgent]) -> None:
        for scope in seed_scopes(agents, self.clock(), self.die("world")):
            self.book.seed(scope)

    @override
    def advance(self, now: datetime) -> None:
        """Nothing is queued here: memories grow by the clock alone."""

    def _logged(self, handler: Handler) -> Handler:
        """The handler, its refusals turned into answers, its outcome kept for GET /requests."""
        answer = guarded(handler)

        async def serve(request: web.Request) -> web.StreamResponse:
            response = await answer(request)
            auth = self._note_key(self.key_of(request))
            self._log.append(
                {
                    "id": self._uuid(),
                    "method": request.method,
                    "path": request.path,
                    "status_code": response.status,
                    "latency_ms": _LATENCY_MS,
                    "auth_type": auth,
                    "created_at": wire.rfc3339(self.clock()),
                }
            )
            response.headers["X-Request-ID"] = f"{self._ids.getrandbits(32):08x}"
            return response

        return serve

    def _note_key(self, key: str | None) -> str:
        """Which kind of key it was; a made key is noted as used."""
        for made in self._keys.values():
            if made.key == key:
                self._keys[made.id] = replace(made, last_used_at=self.clock())
                return "api_key"
        return "admin_api_key"

    async def _entities(self, request: web.Request) -> web.Response:
        del request
        now = self.clock()
        left, rows = SCAN_ROWS, list[dict[str, object]]()
        for scope in self.book.scopes():
            counted = min(scope.count(now), left)
            left -= counted
            if counted and scope.kind in _KINDS:
                rows.append(
                    {
                        "id": scope.id,
                        "type": scope.kind.value,
                        "total_memories": counted,
                        "created_at": wire.rfc3339(scope.created_at),
                        "updated_at": wire.rfc3339(scope.touched_at(now)),
                    }
                )
        rows.sort(key=lambda row: (str(row["type"]), str(row["id"])))
        return wire.json_answer(rows)

    async def _delete_entity(self, request: web.Request) -> web.Response:
        kind, entity_id = request.match_info["kind"], request.match_info["id"]
        if kind not in {known.value for known in _KINDS}:
            expected = "'user', 'agent' or 'run'"
            raise _invalid("literal_error", ["path", "entity_type"], f"Input should be {expected}", kind)
        self.book.drop((ScopeKind(kind), entity_id), self.clock())
        return wire.json_answer({"message": "Entity deleted"})

    async def _list(self, request: web.Request) -> web.Response:
        owner, now = owner_of(request.query), self.clock()
        limit = _whole(request, "top_k", least=0, most=MAX_ROWS)
        if not owner:
            rows = self._all(now, MAX_ROWS if limit is None else limit)
            return wire.json_answer({"results": [_row(memory) for memory in rows]})
        shown = request.query.get("show_expired", "").lower() in {"1", "true"}
        rows = self._owned(owner, now, DEFAULT_ROWS if limit is None else limit, shown=shown)
        return wire.json_answer({"results": [_row(memory) for memory in rows]})

    async def _add(self, request: web.Request) -> web.Response:
        body = await body_object(request, otherwise=Mem0RefusedError(422, _BROKEN_JSON))
        if "messages" not in body:
            raise _invalid("missing", ["body", "messages"], "Field required", body)
        owner, texts, now = owner_of(body), message_texts(body), self.clock()
        owner.pop(ScopeKind.APP, None)
        if not owner:
            raise Mem0RefusedError(400, {"detail": "At least one identifier (user_id, agent_id, run_id) is required."})
        made = [
            Memory(
                id=self._uuid(),
                text=text,
                owner=owner,
                metadata=as_object(body.get("metadata")) or {},
                categories=(),
                created_at=now,
                updated_at=now,
                expires_on=as_date(body.get("expiration_date")),
            )
            for text in texts
        ]
        for memory in made:
            self.book.write(memory)
            self._remember("ADD", memory, before=None)
        return wire.json_answer({"results": [{"id": m.id, "memory": m.text, "event": "ADD"} for m in made]})

    async def _delete_where(self, request: web.Request) -> web.Response:
        owner, now = owner_of(request.query), self.clock()
        if not owner:
            raise Mem0RefusedError(400, {"detail": "At least one identifier is required."})
        for memory in within(self.book, {kind.field: name for kind, name in owner.items()}, now):
            self.book.remove(memory.id, now)
        return wire.json_answer({"message": "All relevant memories deleted"})

    async def _get(self, request: web.Request) -> web.Response:
        memory = self.book.find(request.match_info["id"], self.clock())
        return wire.json_answer(None if memory is None else _row(memory))

    async def _update(self, request: web.Request) -> web.Response:
        memory = self._found(request)
        body = await body_object(request, otherwise=Mem0RefusedError(422, _BROKEN_JSON))
        text = body.get("text")
        changed = replace(
            memory,
            text=text if isinstance(text, str) else memory.text,
            metadata=as_object(body.get("metadata")) or memory.metadata,
            expires_on=as_date(body["expiration_date"]) if "expiration_date" in body else memory.expires_on,
            updated_at=self.clock(),
        )
        self.book.rewrite(changed)
        self._remember("UPDATE", changed, before=memory)
        return wire.json_answer({"message": "Memory updated successfully!"})

    async def _delete(self, request: web.Request) -> web.Response:
        memory = self._found(request)
        self.book.remove(memory.id, self.clock())
        self._remember("DELETE", memory, before=memory)
        return wire.json_answer({"message": "Memory deleted successfully"})

    async def _get_history(self, request: web.Request) -> web.Response:
        return wire.json_answer(self._history.get(request.match_info["id"], []))

    async def _search(self, request: web.Request) -> web.Response:
        body = await body_object(request, otherwise=Mem0RefusedError(422, _BROKEN_JSON))
        query, top_k = body.get("query"), body.get("top_k")
        if not isinstance(query, str):
            raise _invalid("missing", ["body", "query"], "Field required", body)
        named = {kind.field: name for kind, name in owner_of(body).items()}
        filters = {**(as_object(body.get("filters")) or {}), **named}
        if scopes_of(filters, self.book) is None:
            raise Mem0RefusedError(400, {"detail": "filters must contain at least one of: user_id, agent_id, run_id."})
        scored = [(relevance(query, row), row) for row in within(self.book, filters, self.clock())]
        scored = sorted((hit for hit in scored if hit[0] > 0), key=lambda hit: -hit[0])
        rows = scored[: top_k if isinstance(top_k, int) else DEFAULT_ROWS]
        return wire.json_answer({"results": [{**_row(memory), "score": score} for score, memory in rows]})

    async def _requests(self, request: web.Request) -> web.Response:
        limit = _whole(request, "limit", least=1, most=_MAX_LOG_ROWS)
        newest = list(reversed(self._log))
        return wire.json_answer(newest[: _DEFAULT_LOG_ROWS if limit is None else limit])

    async def _list_keys(self, request: web.Request) -> web.Response:
        del request
        return wire.json_answer([key.as_json() for key in reversed(self._keys.values()) if not key.revoked])

    async def _create_key(self, request: web.Request) -> web.Response:
        body = await body_object(request, otherwise=Mem0RefusedError(422, _BROKEN_JSON))
        label = body.get("label")
        if not isinstance(label, str):
            raise _invalid("missing", ["body", "label"], "Field required", body)
        made = ServerKey(
            id=self._uuid(), key=f"m0sk_{self._ids.getrandbits(128):032x}", label=label, created_at=self.clock()
        )
        self._keys[made.id] = made
        self.accepted_keys.add(made.key)
        row = made.as_json()
        row.pop("last_used_at")
        return wire.json_answer({**row, "key": made.key}, status=201)

    async def _revoke_key(self, request: web.Request) -> web.Response:
        key = self._keys.get(request.match_info["id"])
        if key is None:
            raise Mem0RefusedError(404, {"detail": "API key not found."})
        if key.revoked:
            raise Mem0RefusedError(400, {"detail": "API key is already revoked."})
        self._keys[key.id] = replace(key, revoked=True)
        self.accepted_keys.discard(key.key)
        return wire.json_answer({"message": "API key revoked."})

    async def _reset(self, request: web.Request) -> web.Response:
        del request
        self.book.drop_all()
        return wire.json_answer({"message": "All memories reset"})

    def _all(self, now: datetime, limit: int) -> list[Memory]:
        rows: dict[str, Memory] = {}
        for scope in self.book.scopes():
            if len(rows) >= limit:
                break
            rows.update((row.id, row) for row in self.book.rows((scope.kind, scope.id), now, 0, limit - len(rows)))
        return list(rows.values())[:limit]

    def _owned(self, owner: Mapping[ScopeKind, str], now: datetime, limit: int, *, shown: bool) -> list[Memory]:
        """The first rows of a scope; a second scope narrows the first."""
        first: ScopeKey = next(iter(owner.items()))
        rows: list[Memory] = []
        for start in range(0, self.book.count(first, now), MAX_ROWS):
            for row in self.book.rows(first, now, start, start + MAX_ROWS if len(owner) > 1 else limit):
                fits = all(row.owner.get(kind) == name for kind, name in owner.items())
                if fits and (shown or row.visible(now.date())) and len(rows) < limit:
                    rows.append(row)
        return rows

    def _found(self, request: web.Request) -> Memory:
        memory_id = request.match_info["id"]
        memory = self.book.find(memory_id, self.clock())
        if memory is None:
            raise Mem0RefusedError(404, {"detail": f"Memory with id {memory_id} not found"})
        return memory

    def _remember(self, event: str, memory: Memory, *, before: Memory | None) -> None:
        step: dict[str, object] = {
            "id": self._uuid(),
            "memory_id": memory.id,
            "old_memory": before.text if before else None,
            "new_memory": None if event == "DELETE" else memory.text,
            "event": event,
            "created_at": wire.rfc3339(memory.created_at),
            "updated_at": wire.rfc3339(memory.updated_at),
            "is_deleted": int(event == "DELETE"),
        }
        self._history.setdefault(memory.id, []).append(step)

    def _uuid(self) -> str:
        return str(UUID(int=self._ids.getrandbits(128), version=4))


def _row(memory: Memory) -> dict[str, object]:
    """A memory as the server prints it."""
    row: dict[str, object] = {
        "id": memory.id,
        "memory": memory.text,
        "hash": hashlib.md5(memory.text.encode(), usedforsecurity=False).hexdigest(),
        "metadata": dict(memory.metadata) or None,
        "created_at": memory.created_at.isoformat(),
        "updated_at": memory.updated_at.isoformat(),
    }
    row |= {kind.field: name for kind, name in memory.owner.items()}
    if memory.expires_on is not None:
        row["expiration_date"] = memory.expires_on.isoformat()
    return row


def _whole(request: web.Request, name: str, *, least: int, most: int) -> int | None:
    """A whole number of the query within its bounds; refused with 422 in FastAPI's words otherwise."""
    text = request.query.get(name)
    if text is None:
        return None
    if not text.lstrip("-").isdecimal():
        words = "Input should be a valid integer, unable to parse string as an integer"
        raise _invalid("int_parsing", ["query", name], words, text)
    if int(text) > most:
        raise _invalid("less_than_equal", ["query", name], f"Input should be less than or equal to {most}", text)
    if int(text) < least:
        raise _invalid("greater_than_equal", ["query", name], f"Input should be greater than or equal to {least}", text)
    return int(text)


def _invalid(kind: str, where: Sequence[str], words: str, given: object) -> Mem0RefusedError:
    return Mem0RefusedError(422, {"detail": [{"type": kind, "loc": list(where), "msg": words, "input": given}]})
