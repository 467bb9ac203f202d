"""Speaks to a Mem0 server that somebody runs; says where its caps cut what can be known."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from urllib.parse import quote

from fleet_tui.config.secret import Secret
from fleet_tui.domain.action import Order
from fleet_tui.domain.failure import FailureClass
from fleet_tui.domain.identity import Kind, ResourceKey
from fleet_tui.domain.outcome import Done, Outcome, RefusalReason, Refused
from fleet_tui.domain.payload import BadPayload, fields_of, number_of, rows_of, text_of
from fleet_tui.domain.reading import Listing
from fleet_tui.domain.recall import Recall
from fleet_tui.domain.resource import Resource
from fleet_tui.ports import AdapterContext, ProviderError
from fleet_tui.providers.mem0_server import mapping
from fleet_tui.providers.mem0_server.settings import Mem0ServerSettings
from fleet_tui.transport import Json, JsonApi, decoded, records_of, records_under

USUAL_URL = "http://127.0.0.1:8000"
COUNTS_A_POLL = 20
_NOT_FOUND = 404
_EMPTY = Refused(RefusalReason.EMPTY_SCOPE, "no memory scope is named by this id: nothing is deleted")


class Mem0ServerAdapter:
    """One server."""

    def __init__(self, settings: Mem0ServerSettings, secrets: Mapping[str, Secret], context: AdapterContext) -> None:
        self._context = context
        self._list_keys = settings.list_keys
        self._entities = Recall(_entity)
        self._recall = Recall(self._recorded)
        self._recalled_keys = Recall(self._key)
        key = secrets["api_key"].reveal()
        self._api = JsonApi(context, settings.base_url or USUAL_URL, {"X-API-Key": key}, secrets.values())

    async def aclose(self) -> None:
        await self._api.aclose()

    async def list_resources(self, now: datetime) -> Listing:
        """Scopes and, where the server can list them, its API keys."""
        answer = await self._api.raw("list entities", "GET", "/entities")
        with self._api.calls.translated("list entities"):
            records = _records(answer.content, "entities")
            if records is None:
                text = "the answer is not a list of entities"
                raise self._api.calls.failure(FailureClass.PROVIDER_DOWN, "list entities", text)
            entities = self._entities.rows(records)
        notes: list[str] = []
        cut = sum(entity.memories for entity in entities) >= mapping.ENTITY_SCAN_ROWS
        if cut:
            notes.append(
                f"the server looks at {mapping.ENTITY_SCAN_ROWS} memories only: scopes may be missing, "
                f"and a scope is counted up to {mapping.MOST_ROWS}"
            )
        exact = [await self._count(entity) for entity in entities[: COUNTS_A_POLL if cut else 0]]
        exact += [None] * (len(records) - len(exact))
        read = self._recall.rows(list(zip(records, exact, strict=True)))
        resources = [one for one in read if isinstance(one, Resource)]
        unread = [str(one) for one in read if isinstance(one, BadPayload)]
        notes.extend(unread)
        kinds = {Kind.MEMORY_SCOPE}
        if self._list_keys:
            keys, note = await self._keys()
            resources.extend(keys)
            if note is None:
                kinds.add(Kind.API_KEY)
            else:
                notes.append(note)
        return Listing(
            resources=tuple(resources),
            kinds=frozenset(kinds),
            complete=not (cut or unread),
            notes=tuple(dict.fromkeys(notes)),
            server_time=answer.server_time,
        )

    async def get_resource(self, key: ResourceKey, now: datetime) -> Resource | None:
        """The server has no call for one scope or key: the list is read again."""
        listing = await self.list_resources(now)
        found = next((resource for resource in listing.resources if resource.key == key), None)
        if found is None and not listing.would_name(key):
            text = "the server did not list everything, so nobody can tell whether it is still there"
            raise self._api.calls.failure(FailureClass.PROVIDER_DOWN, "read again", text, key=key)
        return found

    async def delete(self, order: Order) -> Outcome:
        key = order.target.key
        try:
            type_, name = mapping.scope_of(key.id)
        except ValueError:
            return _EMPTY
        answer = await self._api.request(
            "delete",
            "DELETE",
            f"/entities/{type_}/{quote(name, safe='')}",
            key=key,
            allow=frozenset({_NOT_FOUND}),
        )
        return Done("it was gone already") if answer.status == _NOT_FOUND else Done("the server deleted it")

    async def revoke(self, order: Order) -> Outcome:
        key = order.target.key
        if key.kind is not Kind.API_KEY or not key.id:
            return Refused(RefusalReason.WRONG_KIND, "only an API key can be revoked here")
        answer = await self._api.request(
            "revoke", "DELETE", f"/api-keys/{quote(key.id, safe='')}", key=key, allow=frozenset({_NOT_FOUND})
        )
        return Done("it was gone already") if answer.status == _NOT_FOUND else Done("the server revoked it")

    def _recorded(self, record: tuple[bytes, str | None]) -> Resource | BadPayload:
        raw, exact = record
        try:
            return mapping.scope(decoded(raw), source=self._context.source, rules=self._context.claims, memories=exact)
        except BadPayload as error:
            return error

    async def _count(self, entity: "_Entity") -> str | None:
        """How many memories a scope has, `1000+` where the server's cap hides the rest."""
        if entity.type_ not in mapping.SCOPE_TYPES or entity.name is None:
            return None
        answer = await self._api.request(
            "count memories",
            "GET",
            "/memories",
            params={f"{entity.type_}_id": entity.name, "top_k": mapping.MOST_ROWS},
        )
        rows = _rows(answer.body, "results")
        if rows is None:
            return None
        return f"{mapping.MOST_ROWS}+" if len(rows) >= mapping.MOST_ROWS else str(len(rows))

    async def _keys(self) -> tuple[list[Resource], str | None]:
        """The server's keys; a server that cannot list them costs a note and nothing else."""
        with suppress(ProviderError, BadPayload):
            answer = await self._api.raw("list keys", "GET", "/api-keys")
            with self._api.calls.translated("list keys"):
                records = _records(answer.content, "api_keys")
                if records is not None:
                    return self._recalled_keys.rows(records), None
        return [], "the server does not list its API keys: set list_keys = false to say no more of it"

    def _key(self, record: bytes) -> Resource:
        return mapping.api_key(decoded(record), source=self._context.source)


@dataclass(frozen=True, slots=True)
class _Entity:
    """What must be known of a record before it is mapped: what to count, and how much it says it holds."""

    type_: str | None
    name: str | None
    memories: Decimal


def _entity(record: bytes) -> _Entity:
    row = fields_of(decoded(record))
    memories = number_of(row.get("total_memories")) or Decimal(0)
    return _Entity(text_of(row.get("type")), text_of(row.get("id")), memories)


def _rows(body: Json, name: str) -> list[object] | None:
    """A bare list, or one under its name or `results`."""
    fields = fields_of(body)
    return rows_of(body if not fields else fields.get(name, fields.get("results")))


def _records(raw: bytes, name: str) -> list[bytes] | None:
    """The same, each as it came."""
    found = records_of(raw)
    for under in (name, "results"):
        found = records_under(raw, under)[0] if found is None else found
    return found
