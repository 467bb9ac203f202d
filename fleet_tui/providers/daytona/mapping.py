"""Daytona payloads to domain facts. Pure; unknown fields and states survive, environments and tokens never come in.

Shapes: daytona 0.226.1 and Daytona's OpenAPI documents (`SandboxListItem`, `Sandbox`, `MetricsResponse`, `LogEntry`).
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from fleet_tui.domain.agent import ClaimRules, assignment_from, claim
from fleet_tui.domain.assignment import AssignmentField
from fleet_tui.domain.capability import Capability
from fleet_tui.domain.identity import Incarnation, Kind, Layer, ResourceKey, SourceName
from fleet_tui.domain.money import Basis, Rate, Side, micro
from fleet_tui.domain.payload import fields_of, id_of, labels_of, number_of, object_of, rows_of, text_of, time_of
from fleet_tui.domain.phase import Phase, PhaseFact
from fleet_tui.domain.rates import RateCard
from fleet_tui.domain.resource import Resource, SignalKind, Vitals, pairs
from fleet_tui.domain.usage import Origin, Subject, UsageLine

PROVIDER = "daytona"
BUSY_CPU_PERCENT = 5.0
FREE_DISK_GIB = 5
"""Disk is billed beyond this (third-party price list of 2026-05, see the rate card)."""
CPU_METRIC = "daytona.sandbox.cpu.utilization"
MEMORY_METRIC = "daytona.sandbox.memory.usage"

_STATES: dict[str, Phase] = {
    "creating": Phase.STARTING,
    "restoring": Phase.STARTING,
    "starting": Phase.STARTING,
    "pending_build": Phase.NEW,
    "building_snapshot": Phase.NEW,
    "pulling_snapshot": Phase.NEW,
    "started": Phase.RUNNING,
    "resizing": Phase.RUNNING,
    "snapshotting": Phase.RUNNING,
    "forking": Phase.RUNNING,
    "resuming": Phase.STARTING,
    "pausing": Phase.STOPPING,
    "stopping": Phase.STOPPING,
    "archiving": Phase.STOPPING,
    "destroying": Phase.STOPPING,
    "paused": Phase.PAUSED,
    "stopped": Phase.PAUSED,
    "archived": Phase.PAUSED,
    "destroyed": Phase.ENDED_KILLED,
    "error": Phase.ENDED_FAILED,
    "build_failed": Phase.ENDED_FAILED,
}
_EVIDENCE = {
    "stopped": "daytona says stopped: its memory is gone, its disk is billed",
    "archived": "daytona says archived: its memory is gone, its disk is in cold storage",
    "paused": "daytona says paused: its memory is kept",
}
_DISK_ONLY = frozenset({"stopped", "stopping", "error"})
_FREE = frozenset({"archived", "destroyed", "build_failed", "pending_build", "building_snapshot", "pulling_snapshot"})
_BY_STATE: dict[str, frozenset[Capability]] = {
    "started": frozenset({Capability.PAUSE, Capability.KILL, Capability.RESTART, Capability.LOGS}),
    "paused": frozenset({Capability.RESUME, Capability.KILL, Capability.LOGS}),
    "stopped": frozenset({Capability.RESUME, Capability.RESTART, Capability.KILL, Capability.LOGS}),
    "archived": frozenset({Capability.RESUME, Capability.KILL}),
    "destroying": frozenset(),
    "destroyed": frozenset(),
}
_OTHERWISE = frozenset({Capability.KILL, Capability.LOGS})


def _rate(state: str, payload: Mapping[str, object], rates: RateCard) -> Rate | None:
    cpu, memory, disk = (number_of(payload.get(name)) for name in ("cpu", "memory", "disk"))
    if state in _FREE:
        return Rate(microusd_per_hour=0, basis=Basis.ESTIMATED)
    if state not in _STATES or cpu is None or memory is None or disk is None:
        return None
    used = {"disk_gib_hour": max(disk - FREE_DISK_GIB, Decimal(0))}
    if state not in _DISK_ONLY:
        gpus = number_of(payload.get("gpu")) or Decimal(0)
        used |= {"vcpu_hour": cpu, "gib_hour": memory, f"gpu_hour.{text_of(payload.get('gpuType')) or 'any'}": gpus}
    return rates.hourly(PROVIDER, used)


def _capabilities(state: str, payload: Mapping[str, object], *, write_labels: bool) -> frozenset[Capability]:
    found = set(_BY_STATE.get(state, _OTHERWISE))
    if state == "error" and payload.get("recoverable") is True:
        found.add(Capability.RESTART)
    if found and payload.get("autoDestroyAt"):
        found.add(Capability.EXTEND)
    if found and write_labels:
        found.add(Capability.RELABEL)
    return frozenset(found)


def sandbox(
    payload: object, *, source: SourceName, rules: ClaimRules, rates: RateCard, write_labels: bool = False
) -> Resource:
    """One item of `GET /sandbox`, or the body of `GET /sandbox/{id}`. Raises BadPayload without an id."""
    payload = object_of(payload, "a sandbox")
    id_ = id_of(payload, "id", "a sandbox")
    state = text_of(payload.get("state")) or ""
    labels = labels_of(payload.get("labels"))
    name = text_of(payload.get("name")) or id_
    claimed = claim(id_=id_, name=name, labels=labels, rules=rules)
    detail = {
        "vcpu": str(payload.get("cpu", "")),
        "memory_gib": str(payload.get("memory", "")),
        "disk_gib": str(payload.get("disk", "")),
        "snapshot": text_of(payload.get("snapshot")),
        "auto_stop_min": str(payload.get("autoStopInterval", "")),
        "error": text_of(payload.get("errorReason")),
        "organization": text_of(payload.get("organizationId")),
    }
    return Resource(
        key=ResourceKey(source, Kind.SANDBOX, id_),
        provider=PROVIDER,
        incarnation=Incarnation(id_),
        name=name,
        phase=PhaseFact(
            phase=_STATES.get(state, Phase.UNKNOWN),
            since=None,
            evidence=_EVIDENCE.get(state, f"daytona says {state}" if state in _STATES else "a state nobody here knows"),
            raw=state,
        ),
        agent=claimed.agent if claimed else None,
        claimed_by=claimed.how if claimed else "",
        assignment=assignment_from(labels),
        labels=pairs(labels),
        region=text_of(payload.get("target")),
        created_at=time_of(payload.get("createdAt")),
        ends_at=time_of(payload.get("autoDestroyAt")),
        rate=_rate(state, payload, rates),
        capabilities=_capabilities(state, payload, write_labels=write_labels),
        observes_work=True,
        detail=pairs({key: value for key, value in detail.items() if value}),
    )


def activity(payload: object, *, source: SourceName, now: datetime) -> Vitals | None:
    """The vendor's own word of when the sandbox was last active; it comes with every listing."""
    id_, at = text_of(fields_of(payload).get("id")), time_of(fields_of(payload).get("lastActivityAt"))
    if id_ is None or at is None:
        return None
    key = ResourceKey(source, Kind.SANDBOX, id_)
    return Vitals(key=key, at=now, signal_at=at, signal_kind=SignalKind.VENDOR_ACTIVITY)


def metrics(key: ResourceKey, payload: object, *, now: datetime) -> Vitals | None:
    """The newest CPU percentage and memory bytes of `GET /sandbox/{id}/telemetry/metrics`."""
    newest: dict[str, tuple[datetime, Decimal]] = {}
    for one in map(fields_of, rows_of(fields_of(payload).get("series")) or ()):
        name = str(one.get("metricName"))
        for point in map(fields_of, rows_of(one.get("dataPoints")) or ()):
            at, value = time_of(point.get("timestamp")), number_of(point.get("value"))
            if at is not None and value is not None and (name not in newest or newest[name][0] < at):
                newest[name] = (at, value)
    if not newest:
        return None
    cpu, memory = newest.get(CPU_METRIC), newest.get(MEMORY_METRIC)
    busy = cpu is not None and cpu[1] > BUSY_CPU_PERCENT
    return Vitals(
        key=key,
        at=now,
        cpu_percent=float(cpu[1]) if cpu else None,
        memory_bytes=int(memory[1]) if memory else None,
        signal_at=cpu[0] if cpu and busy else None,
        signal_kind=SignalKind.CPU if busy else None,
    )


def log_line(payload: object) -> tuple[datetime | None, str] | None:
    """One entry of `GET /sandbox/{id}/telemetry/logs`, as time and text."""
    entry = fields_of(payload)
    body, severity = entry.get("body"), text_of(entry.get("severityText"))
    if not isinstance(body, str):
        return None
    return time_of(entry.get("timestamp")), f"{severity} {body}" if severity else body


def usage_line(payload: object, *, resource: Resource, day: date, until: datetime) -> UsageLine | None:
    """One row of the analytics report for one day: what the vendor says a sandbox cost. None where it has no price."""
    price = number_of(fields_of(payload).get("totalPrice"))
    if price is None:
        return None
    start = datetime.combine(day, time(), UTC)
    key = resource.key
    return UsageLine(
        line_id=f"{key.source}:{key.id}:{day.isoformat()}:report",
        subject=Subject(source=key.source, layer=Layer.COMPUTE, kind=key.kind, id=key.id),
        side=Side.COST,
        origin=Origin.VENDOR_REPORT,
        basis=Basis.REPORTED,
        start=start,
        end=min(start + timedelta(days=1), until),
        amount_micro=micro(price),
        currency="usd",
        quantity=str(price),
        unit="usd",
        agent=resource.agent,
        team=resource.assignment.team,
        task=resource.assignment.task,
    )


def merged_labels(there: Mapping[str, str], assign: tuple[tuple[AssignmentField, str | None], ...]) -> dict[str, str]:
    """The whole set of labels to write: what is there, with only keys below `fleet.` changed; None takes one away."""
    merged = dict(there)
    for field, value in assign:
        if value is None:
            merged.pop(f"fleet.{field}", None)
        else:
            merged[f"fleet.{field}"] = value
    return merged
