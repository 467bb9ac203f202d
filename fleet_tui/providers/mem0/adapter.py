"""Speaks to the hosted Mem0 platform over HTTP; no call of ours ever goes out without the name of a scope."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import quote

from fleet_tui.config.secret import Secret
from fleet_tui.domain.action import Order
from fleet_tui.domain.failure import FailureClass
from fleet_tui.domain.identity import Kind, ResourceKey
from fleet_tui.domain.outcome import Done, Failed, Outcome, RefusalReason, Refused
from fleet_tui.domain.payload import BadPayload, fields_of, rows_of, text_of
from fleet_tui.domain.reading import Listing
from fleet_tui.domain.recall import Recall
from fleet_tui.domain.resource import Event, Resource
from fleet_tui.ports import AdapterContext
from fleet_tui.providers.mem0 import mapping
from fleet_tui.providers.mem0.settings import Mem0Settings
from fleet_tui.transport import Json, JsonApi, RawAnswer, decoded, paged, records_under

HOSTED_URL = "https://api.mem0.ai"
PAGE_SIZE = 100
COUNTS_A_POLL = 20
FIRST_COUNTS_S = 1.0
"""The first reading is waited for: it shows what there is, and later ones how much of it."""
COUNT_KEPT = timedelta(minutes=10)
EVENT_PAGES = 5
LOOK_AGAIN_S = 0.5
_NOT_FOUND = 404
_EMPTY = Refused(RefusalReason.EMPTY_SCOPE, "no memory scope is named by this id: nothing is deleted")


class Mem0Adapter:
    """One project of the platform: the key decides which."""

    def __init__(self, settings: Mem0Settings, secrets: Mapping[str, Secret], context: AdapterContext) -> None:
        self._context = context
        self._count = settings.count_memories
        key = secrets["api_key"].reveal()
        self._api = JsonApi(
            context, settings.base_url or HOSTED_URL, {"Authorization": f"Token {key}"}, secrets.values()
        )
        self._counts: dict[str, tuple[datetime, int]] = {}
        self._names: Recall[bytes, str | None] = Recall(lambda record: self._scope_id(decoded(record)))
        self._recall = Recall(self._recorded)

    async def aclose(self) -> None:
        await self._api.aclose()

    async def list_resources(self, now: datetime) -> Listing:
        """All entities, page by page, with the memory counts of some scopes, oldest count first."""
        records: list[bytes] = []
        server_time: datetime | None = None

        async def page(cursor: str | None) -> tuple[RawAnswer, str | None]:
            number = int(cursor or "1")
            answer = await self._api.raw(
                "list entities", "GET", "/v1/entities/", params={"page": number, "page_size": PAGE_SIZE}
            )
            with self._api.calls.translated("list entities"):
                found, others = records_under(answer.content, "results")
            if found is None:
                text = "the answer is not a list of entities"
                raise self._api.calls.failure(FailureClass.PROVIDER_DOWN, "list entities", text)
            records.extend(found)
            return answer, str(number + 1) if others.get("next") else None

        async for answer in paged(self._api.calls, "list entities", page):
            server_time = answer.server_time or server_time
        with self._api.calls.translated("list entities"):
            ids = self._names.rows(records)
        await self._refresh_counts([id_ for id_ in ids if id_], now)
        counts = (self._counts[id_][1] if id_ in self._counts else None for id_ in ids)
        read = self._recall.rows(list(zip(records, counts, strict=True)))
        notes = dict.fromkeys(str(one) for one in read if isinstance(one, BadPayload))
        resources = [one for one in read if isinstance(one, Resource)]
        if len(set(ids)) != len(ids):
            # Pages shift while they are read: what stands on two is one scope.
            resources = list({one.key: one for one in resources}.values())
        return Listing(
            resources=tuple(resources),
            kinds=frozenset({Kind.MEMORY_SCOPE}),
            complete=not notes,
            notes=tuple(notes),
            server_time=server_time,
        )

    async def get_resource(self, key: ResourceKey, now: datetime) -> Resource | None:
        try:
            type_, name = mapping.scope_of(key.id)
        except ValueError:
            return None
        answer = await self._api.request(
            "get entity",
            "GET",
            f"/v2/entities/{type_}/{quote(name, safe='')}/",
            key=key,
            allow=frozenset({_NOT_FOUND}),
        )
        rows = rows_of(answer.body) or [answer.body]
        if answer.status == _NOT_FOUND or not rows[0]:
            return None
        with self._api.calls.translated("get entity", key=key):
            id_ = self._scope_id(rows[0])
            return self._resource(rows[0], self._counts[id_][1] if id_ in self._counts else None)

    async def delete(self, order: Order) -> Outcome:
        """Delete one scope with its memories. The platform queues it: the outcome is what its event says."""
        key = order.target.key
        try:
            type_, name = mapping.scope_of(key.id)
        except ValueError:
            return _EMPTY
        answer = await self._api.request(
            "delete",
            "DELETE",
            f"/v2/entities/{type_}/{quote(name, safe='')}/",
            key=key,
            allow=frozenset({_NOT_FOUND}),
        )
        if answer.status == _NOT_FOUND:
            return Done("it was gone already")
        event_id = text_of(fields_of(answer.body).get("event_id"))
        if event_id is None:
            return Done("mem0 deleted it")
        return await self._ended(order, event_id)

    async def read_events(self, *, after: str | None, now: datetime) -> tuple[tuple[Event, ...], str | None]:
        """Queued work, newest first, down to the one that was the newest last time."""
        fresh: list[Event] = []
        for number in range(1, (EVENT_PAGES if after else 1) + 1):
            answer = await self._api.request(
                "read events", "GET", "/v1/events/", params={"page": number, "page_size": PAGE_SIZE}
            )
            rows = rows_of(fields_of(answer.body).get("results")) or ()
            for row in rows:
                told = mapping.event(row, source=self._context.source)
                if told is None or not told.type.endswith((".succeeded", ".failed")):
                    continue
                if told.event_id == after:
                    return tuple(reversed(fresh)), fresh[0].event_id if fresh else after
                fresh.append(told)
            if len(rows) < PAGE_SIZE:
                break
        return tuple(reversed(fresh)), fresh[0].event_id if fresh else after

    def _recorded(self, record: tuple[bytes, int | None]) -> Resource | BadPayload:
        raw, memories = record
        try:
            return self._resource(decoded(raw), memories)
        except BadPayload as error:
            return error

    def _resource(self, payload: Json, memories: int | None) -> Resource:
        return mapping.scope(payload, source=self._context.source, rules=self._context.claims, memories=memories)

    def _scope_id(self, payload: Json) -> str | None:
        row = fields_of(payload)
        type_, name = text_of(row.get("type")), text_of(row.get("name"))
        if type_ is None or type_ not in mapping.SCOPE_TYPES or name is None:
            return None
        return mapping.scope_id(type_, name)

    async def _refresh_counts(self, ids: list[str], now: datetime) -> None:
        """Counting costs a call a scope, so only a few are counted in each poll."""
        there = set(ids)
        self._counts = {id_: count for id_, count in self._counts.items() if id_ in there}
        if not self._count:
            return
        due = [id_ for id_ in ids if id_ not in self._counts or now - self._counts[id_][0] > COUNT_KEPT]
        due.sort(key=lambda id_: (id_ in self._counts, self._counts.get(id_, (now, 0))[0]))
        first, began_s = not self._counts, self._context.clock.monotonic_s()
        for id_ in due[:COUNTS_A_POLL]:
            if first and self._context.clock.monotonic_s() - began_s > FIRST_COUNTS_S:
                return
            type_, name = mapping.scope_of(id_)
            answer = await self._api.request(
                "count memories",
                "POST",
                "/v3/memories/",
                params={"page": 1, "page_size": 1},
                body={"filters": {f"{type_}_id": name}},
            )
            count = fields_of(answer.body).get("count")
            if isinstance(count, int) and count >= 0:
                self._counts[id_] = (now, count)

    async def _ended(self, order: Order, event_id: str) -> Outcome:
        """Wait for the queued work within half the action's deadline."""
        clock = self._context.clock
        deadline = clock.monotonic_s() + order.deadline_s / 2
        while True:
            answer = await self._api.request(
                "watch the deletion", "GET", f"/v1/event/{quote(event_id, safe='')}/", key=order.target.key
            )
            status = fields_of(answer.body).get("status")
            if status == "SUCCEEDED":
                return Done("mem0 deleted it")
            if status == "FAILED":
                return Failed(FailureClass.PROVIDER_DOWN, "mem0 queued the deletion and then failed it")
            if clock.monotonic_s() > deadline:
                return Failed(FailureClass.TIMEOUT, "mem0 queued the deletion and has not ended it", uncertain=True)
            await clock.sleep(LOOK_AGAIN_S)
