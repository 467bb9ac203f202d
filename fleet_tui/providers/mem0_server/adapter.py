"""Speaks to a Mem0 server that somebody runs; says where its caps cut what can be known."""

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import quote

from fleet_tui.config.secret import Secret
from fleet_tui.domain.action import Order
from fleet_tui.domain.failure import FailureClass
from fleet_tui.domain.identity import Kind, ResourceKey
from fleet_tui.domain.outcome import Done, Outcome, RefusalReason, Refused
from fleet_tui.domain.payload import BadPayload, fields_of, number_of, rows_of, text_of
from fleet_tui.domain.reading import Listing
from fleet_tui.domain.resource import Resource
from fleet_tui.ports import AdapterContext, ProviderError
from fleet_tui.providers.mem0_server import mapping
from fleet_tui.providers.mem0_server.settings import Mem0ServerSettings
from fleet_tui.transport import Json, JsonApi

USUAL_URL = "http://127.0.0.1:8000"
COUNTS_A_POLL = 20
_NOT_FOUND = 404
_EMPTY = Refused(RefusalReason.EMPTY_SCOPE, "no memory scope is named by this id: nothing is deleted")


class Mem0ServerAdapter:
    """One server."""

    def __init__(self, settings: Mem0ServerSettings, secrets: Mapping[str, Secret], context: AdapterContext) -> None:
        self._context = context
        self._list_keys = settings.list_keys
        key = secrets["api_key"].reveal()
        self._api = JsonApi(context, settings.base_url or USUAL_URL, {"X-API-Key": key})

    async def aclose(self) -> None:
        await self._api.aclose()

    async def list_resources(self, now: datetime) -> Listing:
        """Scopes and, where the server can list them, its API keys."""
        answer = await self._api.request("list entities", "GET", "/entities")
        rows = _rows(answer.body, "entities")
        if rows is None:
            text = "the answer is not a list of entities"
            raise self._api.calls.failure(FailureClass.PROVIDER_DOWN, "list entities", text)
        notes: list[str] = []
        unread = False
        counted = sum(number_of(fields_of(row).get("total_memories")) or 0 for row in rows)
        cut = counted >= mapping.ENTITY_SCAN_ROWS
        if cut:
            notes.append(
                f"the server looks at {mapping.ENTITY_SCAN_ROWS} memories only: scopes may be missing, "
                f"and a scope is counted up to {mapping.MOST_ROWS}"
            )
        kinds = {Kind.MEMORY_SCOPE}
        resources: list[Resource] = []
        for number, row in enumerate(rows):
            try:
                exact = await self._count(row) if cut and number < COUNTS_A_POLL else None
                found = mapping.scope(row, source=self._context.source, rules=self._context.claims, memories=exact)
                resources.append(found)
            except BadPayload as error:
                notes.append(str(error))
                unread = True
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
        return next((resource for resource in listing.resources if resource.key == key), None)

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

    async def _count(self, row: Json) -> str | None:
        """How many memories a scope has, `1000+` where the server's cap hides the rest."""
        type_, name = text_of(fields_of(row).get("type")), text_of(fields_of(row).get("id"))
        if type_ not in mapping.SCOPE_TYPES or name is None:
            return None
        answer = await self._api.request(
            "count memories", "GET", "/memories", params={f"{type_}_id": name, "top_k": mapping.MOST_ROWS}
        )
        rows = _rows(answer.body, "results")
        if rows is None:
            return None
        return f"{mapping.MOST_ROWS}+" if len(rows) >= mapping.MOST_ROWS else str(len(rows))

    async def _keys(self) -> tuple[list[Resource], str | None]:
        """The server's keys; a server that cannot list them costs a note and nothing else."""
        try:
            answer = await self._api.request("list keys", "GET", "/api-keys")
            rows = _rows(answer.body, "api_keys")
            return [mapping.api_key(row, source=self._context.source) for row in rows or ()], None
        except (ProviderError, BadPayload):
            return [], "the server does not list its API keys: set list_keys = false to say no more of it"


def _rows(body: Json, name: str) -> list[object] | None:
    """A bare list, or one under its name or `results`."""
    fields = fields_of(body)
    return rows_of(body if not fields else fields.get(name, fields.get("results")))
