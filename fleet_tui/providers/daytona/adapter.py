"""Speaks to Daytona through its generated async client: lists, changes of state, labels, telemetry and usage."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any

from daytona_api_client_async import SandboxLabels

from fleet_tui.config.redact import redact
from fleet_tui.config.secret import Secret
from fleet_tui.domain.action import Order
from fleet_tui.domain.failure import FailureClass
from fleet_tui.domain.identity import Kind, ResourceKey
from fleet_tui.domain.outcome import Done, Failed, Outcome, RefusalReason, Refused
from fleet_tui.domain.payload import BadPayload, fields_of, rows_of, text_of
from fleet_tui.domain.reading import Listing
from fleet_tui.domain.recall import Recall
from fleet_tui.domain.resource import Resource, Vitals
from fleet_tui.domain.usage import UsageLine
from fleet_tui.ports import AdapterContext, LogPage
from fleet_tui.providers.daytona import mapping
from fleet_tui.providers.daytona.settings import DaytonaSettings
from fleet_tui.providers.daytona.wire import DaytonaWire
from fleet_tui.transport import Answer, RawAnswer, decoded, paged, records_under

HOSTED_URL = "https://app.daytona.io/api"
PAGE_SIZE = 200
METRICS_WINDOW = timedelta(minutes=5)
LOG_WINDOW = timedelta(hours=1)
LOOK_AGAIN_S = 0.5
_NOT_FOUND = 404
_CONFLICTS = frozenset({400, 409, 422})
_GONE = Refused(RefusalReason.GONE, "daytona has no such sandbox any more")


@dataclass(frozen=True, slots=True)
class _Seen:
    """What one record says: the sandbox, and when it was last active by the vendor's word."""

    resource: Resource
    active: Vitals | None


class DaytonaAdapter:
    """One Daytona account."""

    def __init__(self, settings: DaytonaSettings, secrets: Mapping[str, Secret], context: AdapterContext) -> None:
        self._context = context
        self._write_labels = settings.write_labels
        self._recall = Recall(self._recorded)
        self._wire = DaytonaWire(secrets["api_key"], settings.base_url or HOSTED_URL, settings.analytics_url, context)

    async def aclose(self) -> None:
        await self._wire.aclose()

    async def list_resources(self, now: datetime) -> Listing:
        """All sandboxes of the account, page by page."""
        records: list[bytes] = []
        server_time: datetime | None = None

        async def page(cursor: str | None) -> tuple[RawAnswer, str | None]:
            answer = await self._wire.ask_raw(
                "list sandboxes",
                lambda: self._wire.sandboxes.list_sandboxes_without_preload_content(
                    cursor=cursor, limit=PAGE_SIZE, _request_timeout=self._context.timeout_s
                ),
            )
            with self._wire.calls.translated("list sandboxes"):
                found, others = records_under(answer.content, "items")
            if found is None:
                text = "the answer is not a list of sandboxes"
                raise self._wire.calls.failure(FailureClass.PROVIDER_DOWN, "list sandboxes", text)
            records.extend(found)
            return answer, text_of(others.get("nextCursor"))

        async for answer in paged(self._wire.calls, "list sandboxes", page):
            server_time = answer.server_time or server_time
        with self._wire.calls.translated("list sandboxes"):
            read = self._recall.rows(records)
        seen = [one for one in read if isinstance(one, _Seen)]
        notes = dict.fromkeys(str(one) for one in read if isinstance(one, BadPayload))
        return Listing(
            resources=tuple(one.resource for one in seen),
            kinds=frozenset({Kind.SANDBOX}),
            complete=not notes,
            vitals=tuple(one.active for one in seen if one.active is not None),
            notes=tuple(notes),
            server_time=server_time,
        )

    async def get_resource(self, key: ResourceKey, now: datetime) -> Resource | None:
        answer = await self._wire.ask(
            "get sandbox",
            lambda: self._wire.sandboxes.get_sandbox_without_preload_content(
                key.id, _request_timeout=self._context.timeout_s
            ),
            key=key,
            allow=frozenset({_NOT_FOUND}),
        )
        if answer.status == _NOT_FOUND:
            return None
        with self._wire.calls.translated("get sandbox", key=key):
            return self._resource(answer.body)

    async def kill(self, order: Order) -> Outcome:
        """Delete: Daytona's word for the end. Its disk goes with it."""
        call = self._wire.sandboxes.delete_sandbox_without_preload_content
        answer = await self._change("kill", order, call)
        if isinstance(answer, Refused):
            return Done("it was gone already") if answer is _GONE else answer
        return Done("daytona is deleting it")

    async def pause(self, order: Order) -> Outcome:
        answer = await self._change("pause", order, self._wire.sandboxes.pause_sandbox_without_preload_content)
        return answer if isinstance(answer, Refused) else Done("daytona is pausing it, memory kept")

    async def resume(self, order: Order) -> Outcome:
        answer = await self._change("resume", order, self._wire.sandboxes.start_sandbox_without_preload_content)
        return answer if isinstance(answer, Refused) else Done("daytona is starting it")

    async def restart(self, order: Order) -> Outcome:
        """Stop and start, or recover one in error. The box comes back; the agent only if its entry point starts it."""
        state = await self._state(order)
        if state == "error":
            answer = await self._change("recover", order, self._wire.sandboxes.recover_sandbox_without_preload_content)
            return answer if isinstance(answer, Refused) else Done("daytona is recovering it")
        if state not in {"stopped", "stopping"}:
            answer = await self._change("stop", order, self._wire.sandboxes.stop_sandbox_without_preload_content)
            if isinstance(answer, Refused):
                return answer
        if not await self._reached("stopped", order):
            return Failed(FailureClass.TIMEOUT, "it did not stop in time; it was not started again")
        answer = await self._change("start", order, self._wire.sandboxes.start_sandbox_without_preload_content)
        if isinstance(answer, Refused):
            return answer
        return Done("stopped and started; the agent runs only if the box's entry point starts it")

    async def extend(self, order: Order) -> Outcome:
        seconds = order.params.extend_s
        if seconds is None or seconds <= 0:
            return Refused(RefusalReason.EMPTY_SCOPE, "say for how long: --for 1h")
        minutes = -(-seconds // 60)
        answer = await self._change(
            "extend",
            order,
            partial(self._wire.sandboxes.set_ttl_without_preload_content, ttl_minutes=minutes),
        )
        return answer if isinstance(answer, Refused) else Done(f"ends in {minutes} min")

    async def relabel(self, order: Order) -> Outcome:
        """Read, merge only keys below `fleet.`, write the whole set, read again, and say what else changed."""
        before = await self.get_resource(order.target.key, self._context.clock.now())
        if before is None:
            return _GONE
        wish = mapping.merged_labels(dict(before.labels), order.params.assign)
        answer = await self._change(
            "relabel",
            order,
            partial(
                self._wire.sandboxes.replace_labels_without_preload_content, sandbox_labels=SandboxLabels(labels=wish)
            ),
        )
        if isinstance(answer, Refused):
            return answer
        after = await self.get_resource(order.target.key, self._context.clock.now())
        if after is None:
            return _GONE
        written = dict(after.labels)
        others = sorted(key for key in written.keys() | wish.keys() if written.get(key) != wish.get(key))
        return Done(f"written; changed meanwhile by somebody else: {', '.join(others)}" if others else "written")

    async def read_logs(self, key: ResourceKey, *, after: str | None, limit: int) -> LogPage:
        now = self._context.clock.now()
        since = datetime.fromisoformat(after) if after else now - LOG_WINDOW
        answer = await self._wire.ask(
            "read logs",
            lambda: self._wire.sandboxes.get_sandbox_logs_without_preload_content(
                key.id, since, now, limit=limit, _request_timeout=self._context.timeout_s
            ),
            key=key,
        )
        items = rows_of(fields_of(answer.body).get("items")) or ()
        lines = [line for item in items if (line := mapping.log_line(item)) is not None]
        lines.sort(key=lambda line: line[0].timestamp() if line[0] else 0.0)
        newest = max((at for at, _ in lines if at is not None), default=None)
        cursor = (newest + timedelta(milliseconds=1)).isoformat() if newest else after
        return LogPage(lines=tuple(lines), cursor=cursor, more=len(lines) >= limit)

    async def read_vitals(self, keys: Sequence[ResourceKey], now: datetime) -> tuple[Vitals, ...]:
        """The vendor has no bulk metrics: one call for each."""
        vitals: list[Vitals] = []
        for key in keys:
            answer = await self._wire.ask(
                "read metrics",
                partial(
                    self._wire.sandboxes.get_sandbox_metrics_without_preload_content,
                    key.id,
                    now - METRICS_WINDOW,
                    now,
                    metric_names=[mapping.CPU_METRIC, mapping.MEMORY_METRIC],
                    _request_timeout=self._context.timeout_s,
                ),
                key=key,
                allow=frozenset({_NOT_FOUND}),
            )
            measured = mapping.metrics(key, answer.body, now=now) if answer.status != _NOT_FOUND else None
            if measured is not None:
                vitals.append(measured)
        return tuple(vitals)

    async def read_usage(
        self, *, since: datetime, until: datetime, resources: Sequence[Resource]
    ) -> tuple[UsageLine, ...]:
        """The vendor's own report, day by day; nothing where no analytics address is configured."""
        if self._wire.usage is None:
            return ()
        by_id = {r.key.id: r for r in resources}
        organizations = sorted({value for r in resources for name, value in r.detail if name == "organization"})
        lines: list[UsageLine] = []
        day = since.date()
        while day <= until.date():
            for organization in organizations:
                for row in await self._report(organization, day):
                    resource = by_id.get(text_of(fields_of(row).get("sandboxId")) or "")
                    line = resource and mapping.usage_line(row, resource=resource, day=day, until=until)
                    if line:
                        lines.append(line)
            day += timedelta(days=1)
        return tuple(lines)

    async def _report(self, organization: str, day: date) -> list[object]:
        start = datetime.combine(day, time(), UTC)
        answer = await self._wire.ask(
            "read usage",
            lambda: self._wire.usage.organization_organization_id_usage_sandbox_get_without_preload_content(
                organization,
                start.isoformat(),
                (start + timedelta(days=1)).isoformat(),
                _request_timeout=self._context.timeout_s,
            ),
        )
        return rows_of(answer.body) or []

    def _recorded(self, record: bytes) -> "_Seen | BadPayload":
        payload = decoded(record)
        try:
            resource = self._resource(payload)
        except BadPayload as error:
            return error
        active = mapping.activity(payload, source=self._context.source, now=self._context.clock.now())
        return _Seen(resource, active)

    def _resource(self, payload: object) -> Resource:
        return mapping.sandbox(
            payload,
            source=self._context.source,
            rules=self._context.claims,
            rates=self._context.rates,
            write_labels=self._write_labels,
        )

    async def _state(self, order: Order) -> str:
        resource = await self.get_resource(order.target.key, self._context.clock.now())
        return "" if resource is None else resource.phase.raw

    async def _reached(self, state: str, order: Order) -> bool:
        deadline = self._context.clock.monotonic_s() + order.deadline_s / 2
        while await self._state(order) != state:
            if self._context.clock.monotonic_s() > deadline:
                return False
            await self._context.clock.sleep(LOOK_AGAIN_S)
        return True

    async def _change(self, operation: str, order: Order, call: Callable[..., Any]) -> Answer | Refused:
        """One call that changes something. 404 is `_GONE`; what the vendor's rules forbid is Refused in its words."""
        key = order.target.key
        answer = await self._wire.ask(
            operation,
            lambda: call(key.id, _request_timeout=self._context.timeout_s),
            key=key,
            allow=_CONFLICTS | {_NOT_FOUND},
            reads=False,
        )
        if answer.status == _NOT_FOUND:
            return _GONE
        if answer.status in _CONFLICTS:
            message = text_of(fields_of(answer.body).get("message"))
            return Refused(
                RefusalReason.CHANGED, redact(f"daytona refuses to {operation} it: {message or answer.status}")
            )
        return answer
