"""Speaks to E2B: reads through its SDK's own HTTP client, so that nothing is lost, and acts through its SDK's calls."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeVar
from urllib.parse import quote

from e2b import AsyncSandbox
from e2b.api.client_async import get_api_client  # pyright: ignore[reportUnknownVariableType] # its kwargs have no types
from e2b.connection_config import ApiParams, ConnectionConfig
from e2b.exceptions import (
    AuthenticationException,
    GuestUnresponsiveException,
    RateLimitException,
    SandboxException,
    SandboxNotFoundException,
    ServiceBusyException,
)

from fleet_tui.config.secret import Secret
from fleet_tui.domain.action import Order
from fleet_tui.domain.failure import FailureClass
from fleet_tui.domain.identity import Kind, ResourceKey
from fleet_tui.domain.outcome import Done, Outcome, RefusalReason, Refused
from fleet_tui.domain.payload import BadPayload, fields_of, rows_of
from fleet_tui.domain.reading import Listing
from fleet_tui.domain.recall import Recall
from fleet_tui.domain.resource import Event, Resource, Vitals
from fleet_tui.ports import AdapterContext, LogPage, ProviderError
from fleet_tui.providers.e2b import mapping
from fleet_tui.providers.e2b.settings import E2BSettings
from fleet_tui.transport import PACKED, Answer, Calls, JsonApi, RawAnswer, decoded, paged, records_of

T = TypeVar("T")
PAGE_SIZE = 100
METRICS_AT_ONCE = 100
LEAST_TIMEOUT_S = 3600
EVENT_PAGES = 10
_NOT_FOUND = 404
_GONE = Refused(RefusalReason.GONE, "e2b has no such sandbox any more")


class E2BAdapter:
    """One E2B account."""

    def __init__(self, settings: E2BSettings, secrets: Mapping[str, Secret], context: AdapterContext) -> None:
        self._context = context
        self._calls = Calls(context, secrets.values())
        self._recall = Recall(self._recorded)
        key = secrets["api_key"].reveal()
        self._params: ApiParams = {
            "api_key": key,
            "request_timeout": context.timeout_s,
            "retries": 0,
        }
        if settings.base_url:
            self._params["api_url"] = settings.base_url
            self._params["sandbox_url"] = settings.base_url
        config = ConnectionConfig(**self._params)
        self._api = get_api_client(config)
        events_url = settings.events_url or settings.base_url or config.api_url
        self._events = JsonApi(context, events_url, {"X-API-Key": key}, secrets.values())

    async def aclose(self) -> None:
        await self._events.aclose()
        await self._api.get_async_httpx_client().aclose()

    async def list_resources(self, now: datetime) -> Listing:
        """All sandboxes, running and paused, page by page."""
        resources: list[Resource] = []
        notes: list[str] = []
        server_time: datetime | None = None

        records: list[bytes] = []

        async def page(cursor: str | None) -> tuple[RawAnswer, str | None]:
            params = {"limit": str(PAGE_SIZE), "state": "running,paused"}
            if cursor:
                params["nextToken"] = cursor
            raw = await self._raw("list sandboxes", "/v2/sandboxes", params)
            return raw, raw.headers.get("x-next-token")

        async for raw in paged(self._calls, "list sandboxes", page):
            server_time = raw.server_time or server_time
            with self._calls.translated("list sandboxes"):
                found = records_of(raw.content)
            if found is None:
                raise self._calls.failure(
                    FailureClass.PROVIDER_DOWN, "list sandboxes", "the answer is not a list of sandboxes"
                )
            records.extend(found)
        with self._calls.translated("list sandboxes"):
            mapped = self._recall.rows(records)
        for row in mapped:
            if isinstance(row, Resource):
                resources.append(row)
            else:
                notes.append(str(row))
        return Listing(
            resources=tuple(resources),
            kinds=frozenset({Kind.SANDBOX}),
            complete=not notes,
            notes=tuple(dict.fromkeys(notes)),
            server_time=server_time,
        )

    async def get_resource(self, key: ResourceKey, now: datetime) -> Resource | None:
        answer = await self._get("get sandbox", f"/sandboxes/{quote(key.id, safe='')}", {}, key=key, allow={_NOT_FOUND})
        if answer.status == _NOT_FOUND:
            return None
        with self._calls.translated("get sandbox", key=key):
            return self._resource(answer.body)

    async def kill(self, order: Order) -> Outcome:
        id_ = order.target.key.id
        there = await self._act("kill", order, lambda: AsyncSandbox.kill(id_, **self._params))
        return Done("e2b ended it") if there else Done("it was gone already")

    async def pause(self, order: Order) -> Outcome:
        """A pause that keeps memory: E2B's own default."""
        id_ = order.target.key.id
        try:
            paused = await self._act("pause", order, lambda: AsyncSandbox.pause(id_, **self._params))
        except _Gone:
            return _GONE
        return Done("paused, memory kept") if paused else Done("it was paused already")

    async def resume(self, order: Order) -> Outcome:
        """Connect, with the time it had left or at least an hour: connecting always sets a new timeout."""
        try:
            seconds = await self._connect(order, reboot=False)
        except _Gone:
            return _GONE
        return Done(f"runs again, ends in {seconds // 60} min")

    async def restart(self, order: Order) -> Outcome:
        """Pause, then connect with a cold boot from disk; what ran in memory is gone."""
        id_ = order.target.key.id
        try:
            await self._act("pause", order, lambda: AsyncSandbox.pause(id_, **self._params))
            seconds = await self._connect(order, reboot=True)
        except _Gone:
            return _GONE
        return Done(f"rebooted from its disk, ends in {seconds // 60} min")

    async def extend(self, order: Order) -> Outcome:
        seconds = order.params.extend_s
        if seconds is None or seconds <= 0:
            return Refused(RefusalReason.EMPTY_SCOPE, "say for how long: --for 1h")
        id_ = order.target.key.id
        try:
            await self._act("extend", order, lambda: AsyncSandbox.set_timeout(id_, seconds, **self._params))
        except _Gone:
            return _GONE
        return Done(f"ends in {seconds // 60} min")

    async def read_logs(self, key: ResourceKey, *, after: str | None, limit: int) -> LogPage:
        params = {"limit": str(min(limit, 1000)), "direction": "forward" if after else "backward"}
        if after:
            params["cursor"] = after
        answer = await self._get("read logs", f"/v2/sandboxes/{quote(key.id, safe='')}/logs", params, key=key)
        entries = rows_of(fields_of(answer.body).get("logs")) or ()
        lines = [line for entry in entries if (line := mapping.log_line(entry)) is not None]
        lines.sort(key=lambda line: line[0].timestamp() if line[0] else 0.0)
        newest = max((at for at, _ in lines if at is not None), default=None)
        cursor = str(int(newest.timestamp() * 1000) + 1) if newest else after
        return LogPage(lines=tuple(lines), cursor=cursor, more=len(lines) >= limit)

    async def read_vitals(self, keys: Sequence[ResourceKey], now: datetime) -> tuple[Vitals, ...]:
        """Metrics of up to 100 sandboxes a call."""
        vitals: list[Vitals] = []
        for start in range(0, len(keys), METRICS_AT_ONCE):
            ids = ",".join(key.id for key in keys[start : start + METRICS_AT_ONCE])
            answer = await self._get("read metrics", "/sandboxes/metrics", {"sandbox_ids": ids})
            for id_, payload in fields_of(fields_of(answer.body).get("sandboxes")).items():
                measured = mapping.metric(id_, payload, source=self._context.source, now=now)
                if measured is not None:
                    vitals.append(measured)
        return tuple(vitals)

    async def read_events(self, *, after: str | None, now: datetime) -> tuple[tuple[Event, ...], str | None]:
        """Lifecycle events, newest first, down to the one seen last."""
        fresh: list[Event] = []
        for page in range(EVENT_PAGES if after else 1):
            answer = await self._events.request(
                "read events",
                "GET",
                "/events/sandboxes",
                params={"offset": page * PAGE_SIZE, "limit": PAGE_SIZE, "orderAsc": "false"},
            )
            items = rows_of(answer.body) or []
            for item in items:
                told = mapping.event(item, source=self._context.source)
                if told is None:
                    continue
                if told.event_id == after:
                    return tuple(reversed(fresh)), fresh[0].event_id if fresh else after
                fresh.append(told)
            if len(items) < PAGE_SIZE:
                break
        return tuple(reversed(fresh)), fresh[0].event_id if fresh else after

    def _recorded(self, record: bytes) -> Resource | BadPayload:
        try:
            return self._resource(decoded(record))
        except BadPayload as error:
            return error

    def _resource(self, payload: object) -> Resource:
        return mapping.sandbox(
            payload, source=self._context.source, rules=self._context.claims, rates=self._context.rates
        )

    async def _connect(self, order: Order, *, reboot: bool) -> int:
        id_ = order.target.key.id
        seconds = await self._timeout_it_had(order.target.key)
        await self._act(
            "connect",
            order,
            lambda: AsyncSandbox.connect(id_, seconds, on_resume="reboot" if reboot else "restore", **self._params),
        )
        return seconds

    async def _timeout_it_had(self, key: ResourceKey) -> int:
        now = self._context.clock.now()
        resource = await self.get_resource(key, now)
        if resource is None:
            raise _Gone
        left = (resource.ends_at - now) if resource.ends_at else timedelta()
        return max(int(left.total_seconds()), LEAST_TIMEOUT_S)

    async def _get(
        self,
        operation: str,
        path: str,
        params: Mapping[str, str],
        *,
        key: ResourceKey | None = None,
        allow: set[int] | None = None,
    ) -> Answer:
        raw = await self._raw(operation, path, params, key=key, allow=allow)
        with self._calls.translated(operation, key=key):
            return raw.decoded()

    async def _raw(
        self,
        operation: str,
        path: str,
        params: Mapping[str, str],
        *,
        key: ResourceKey | None = None,
        allow: set[int] | None = None,
    ) -> RawAnswer:
        client = self._api.get_async_httpx_client()

        async def read() -> RawAnswer:
            async with client.stream("GET", path, params=params, headers={"accept-encoding": PACKED}) as response:
                return await self._calls.raw_of(response)

        raw = await self._calls.through(operation, read, key=key, reads=True)
        return self._calls.good(operation, raw, allow=allow or (), key=key)

    async def _act(self, operation: str, order: Order, call: Callable[[], Awaitable[T]]) -> T:
        """Make one call of the SDK and put its exceptions into our words. Raises `_Gone` where the vendor says 404."""
        key = order.target.key
        try:
            with self._calls.translated(operation, key=key):
                async with self._context.gate.through(), asyncio.timeout(order.deadline_s):
                    return await call()
        except SandboxNotFoundException:
            raise _Gone from None
        except AuthenticationException:
            raise self._failure(FailureClass.AUTH, operation, "e2b refuses the key", key) from None
        except RateLimitException:
            raise self._failure(FailureClass.RATE_LIMITED, operation, "e2b says: too many requests", key) from None
        except (ServiceBusyException, GuestUnresponsiveException):
            raise self._failure(FailureClass.PROVIDER_DOWN, operation, "e2b says it is busy", key) from None
        except SandboxException as error:
            status = getattr(error, "status_code", None)
            if isinstance(status, int):
                raise self._calls.of_status(operation, status, key=key) from None
            raise self._failure(FailureClass.UNKNOWN, operation, "e2b refused it", key) from None
        except KeyError:
            text = "e2b sent an error that its own SDK cannot read"
            raise self._failure(FailureClass.PROVIDER_DOWN, operation, text, key) from None

    def _failure(self, failure_class: FailureClass, operation: str, text: str, key: ResourceKey) -> ProviderError:
        return self._calls.failure(failure_class, operation, text, key=key)


class _Gone(Exception):
    """The vendor has no such sandbox."""
