"""E2B payloads to domain facts. Pure; unknown fields and states survive, secrets and env maps never come in.

Shapes: e2b 2.63.0 and E2B's OpenAPI document (`ListedSandbox`, `SandboxDetail`, `SandboxMetric`, `SandboxLogEntry`).
"""

from datetime import UTC, datetime
from decimal import Decimal

from fleet_tui.domain.agent import ClaimRules, assignment_from, claim
from fleet_tui.domain.capability import Capability
from fleet_tui.domain.comeback import AUTO_RESUME, UNTOLD
from fleet_tui.domain.identity import Incarnation, Kind, ResourceKey, SourceName
from fleet_tui.domain.money import Basis, Rate
from fleet_tui.domain.payload import fields_of, id_of, labels_of, number_of, object_of, text_of, time_of
from fleet_tui.domain.phase import Phase, PhaseFact
from fleet_tui.domain.rates import RateCard
from fleet_tui.domain.resource import Event, Resource, SignalKind, Vitals, pairs

PROVIDER = "e2b"
BUSY_CPU_PERCENT = 5.0
_RUNNING = frozenset({Capability.PAUSE, Capability.KILL, Capability.RESTART, Capability.EXTEND, Capability.LOGS})
_PAUSED = frozenset({Capability.RESUME, Capability.KILL, Capability.RESTART, Capability.LOGS})
_UNKNOWN = frozenset({Capability.KILL, Capability.LOGS})


def phase_of(state: str, started_at: datetime | None) -> PhaseFact:
    """`running` and `paused` are all that E2B knows; a killed sandbox is absent."""
    match state:
        case "running":
            return PhaseFact(phase=Phase.RUNNING, since=started_at, evidence="e2b says running", raw=state)
        case "paused":
            return PhaseFact(phase=Phase.PAUSED, since=None, evidence="e2b says paused", raw=state)
        case _:
            return PhaseFact(phase=Phase.UNKNOWN, since=None, evidence="a state nobody here knows", raw=state)


def _capabilities(phase: Phase) -> frozenset[Capability]:
    if phase is Phase.RUNNING:
        return _RUNNING
    return _PAUSED if phase is Phase.PAUSED else _UNKNOWN


def _rate(phase: Phase, vcpu: Decimal | None, memory_mib: Decimal | None, rates: RateCard) -> Rate | None:
    if phase is Phase.PAUSED:
        return Rate(microusd_per_hour=0, basis=Basis.ESTIMATED)
    if phase is not Phase.RUNNING or vcpu is None or memory_mib is None:
        return None
    return rates.hourly(PROVIDER, {"vcpu_hour": vcpu, "gib_hour": memory_mib / 1024})


def _auto_resume(lifecycle: object) -> str:
    """Only the detail of one sandbox tells it; the listing does not."""
    told = fields_of(lifecycle).get("autoResume")
    return UNTOLD if not isinstance(told, bool) else "yes" if told else "no"


def sandbox(payload: object, *, source: SourceName, rules: ClaimRules, rates: RateCard) -> Resource:
    """One item of `GET /v2/sandboxes`, or the body of `GET /sandboxes/{id}`. Raises BadPayload without id or state."""
    payload = object_of(payload, "a sandbox")
    id_ = id_of(payload, "sandboxID", "a sandbox")
    state = payload.get("state")
    started_at = time_of(payload.get("startedAt"))
    phase = phase_of(state if isinstance(state, str) else "", started_at)
    labels = labels_of(payload.get("metadata"))
    name = text_of(payload.get("alias")) or id_
    claimed = claim(id_=id_, name=name, labels=labels, rules=rules)
    vcpu, memory_mib = number_of(payload.get("cpuCount")), number_of(payload.get("memoryMB"))
    detail = {
        "template": payload.get("templateID"),
        "vcpu": str(vcpu) if vcpu is not None else None,
        "memory_mib": str(memory_mib) if memory_mib is not None else None,
        "disk_mib": str(disk) if (disk := number_of(payload.get("diskSizeMB"))) is not None else None,
        "envd": payload.get("envdVersion"),
        AUTO_RESUME: _auto_resume(payload.get("lifecycle")),
    }
    return Resource(
        key=ResourceKey(source, Kind.SANDBOX, id_),
        provider=PROVIDER,
        incarnation=Incarnation(id_),
        generation=str(payload.get("startedAt") or ""),
        name=name,
        phase=phase,
        agent=claimed.agent if claimed else None,
        claimed_by=claimed.how if claimed else "",
        assignment=assignment_from(labels),
        labels=pairs(labels),
        created_at=started_at,
        ends_at=time_of(payload.get("endAt")) if phase.phase is Phase.RUNNING else None,
        rate=_rate(phase.phase, vcpu, memory_mib, rates),
        capabilities=_capabilities(phase.phase),
        observes_work=True,
        detail=pairs({key: value for key, value in detail.items() if isinstance(value, str)}),
    )


def metric(id_: str, payload: object, *, source: SourceName, now: datetime) -> Vitals | None:
    """One value of `GET /sandboxes/metrics`: CPU in percent of what it has, memory in bytes. None for nonsense."""
    payload = fields_of(payload)
    if not payload:
        return None
    cpu = number_of(payload.get("cpuUsedPct"))
    memory = number_of(payload.get("memUsed"))
    stamp = number_of(payload.get("timestampUnix"))
    at = datetime.fromtimestamp(int(stamp), UTC) if stamp is not None and stamp < 10**11 else now
    busy = cpu is not None and cpu > BUSY_CPU_PERCENT
    return Vitals(
        key=ResourceKey(source, Kind.SANDBOX, id_),
        at=at,
        cpu_percent=float(cpu) if cpu is not None else None,
        memory_bytes=int(memory) if memory is not None else None,
        signal_at=at if busy else None,
        signal_kind=SignalKind.CPU if busy else None,
    )


def log_line(payload: object) -> tuple[datetime | None, str] | None:
    """One entry of `GET /v2/sandboxes/{id}/logs`, as time and text."""
    entry = fields_of(payload)
    message, level = entry.get("message"), text_of(entry.get("level"))
    if not isinstance(message, str):
        return None
    return time_of(entry.get("timestamp")), f"{level} {message}" if level else message


def event(payload: object, *, source: SourceName) -> Event | None:
    """One lifecycle event, kept 7 days by the vendor; the only word of a sandbox that was killed."""
    told = fields_of(payload)
    id_, type_, at = text_of(told.get("id")), text_of(told.get("type")), time_of(told.get("timestamp"))
    sandbox_id = text_of(told.get("sandboxId"))
    if id_ is None or type_ is None or at is None:
        return None
    key = ResourceKey(source, Kind.SANDBOX, sandbox_id) if sandbox_id else None
    return Event(event_id=f"{source}:{id_}", at=at, source=source, key=key, agent=None, type=type_)
