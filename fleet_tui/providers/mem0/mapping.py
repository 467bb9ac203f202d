"""Mem0 platform payloads to domain facts. Pure.

Shapes: Mem0's public OpenAPI document (entities, events) and mem0ai 2.2.1. What a memory says never comes in.
"""

from fleet_tui.domain.agent import ClaimRules, assignment_from, claim
from fleet_tui.domain.capability import Capability
from fleet_tui.domain.identity import Incarnation, Kind, ResourceKey, SourceName
from fleet_tui.domain.payload import BadPayload, fields_of, id_of, labels_of, object_of, text_of, time_of
from fleet_tui.domain.phase import Phase, PhaseFact
from fleet_tui.domain.resource import Event, Resource, pairs

PROVIDER = "mem0"
SCOPE_TYPES = frozenset({"user", "agent", "app", "run"})


def scope_id(type_: str, name: str) -> str:
    """How a scope is named within its source: its type and its own name, which may hold anything."""
    return f"{type_}:{name}"


def scope_of(id_: str) -> tuple[str, str]:
    """Type and name of a scope. Raises ValueError for what `scope_id` did not make or has no name."""
    type_, separator, name = id_.partition(":")
    if not separator or not name or type_ not in SCOPE_TYPES:
        raise ValueError("not a memory scope")
    return type_, name


def scope(payload: object, *, source: SourceName, rules: ClaimRules, memories: int | None = None) -> Resource:
    """One result of `GET /v1/entities/`. A scope of type agent is claimed by its name unless its metadata says more."""
    payload = object_of(payload, "an entity")
    type_, name = text_of(payload.get("type")), id_of(payload, "name", "an entity")
    if type_ not in SCOPE_TYPES:
        raise BadPayload("an entity has no known type")
    labels = labels_of(payload.get("metadata"))
    if type_ == "agent":
        labels.setdefault("agent_id", name)
    claimed = claim(id_=name, name=name, labels=labels, rules=rules)
    created_at = time_of(payload.get("created_at"))
    detail = {"type": type_, "updated_at": text_of(payload.get("updated_at")) or ""}
    if memories is not None:
        detail["memories"] = str(memories)
    return Resource(
        key=ResourceKey(source, Kind.MEMORY_SCOPE, scope_id(type_, name)),
        provider=PROVIDER,
        incarnation=Incarnation(f"{scope_id(type_, name)}@{payload.get('id') or payload.get('created_at')}"),
        name=name,
        phase=PhaseFact(phase=Phase.RUNNING, since=created_at, evidence="mem0 lists it", raw="listed"),
        agent=claimed.agent if claimed else None,
        claimed_by=claimed.how if claimed else "",
        assignment=assignment_from(labels),
        labels=pairs(labels),
        created_at=created_at,
        capabilities=frozenset({Capability.DELETE}),
        detail=pairs({key: value for key, value in detail.items() if value}),
    )


def event(payload: object, *, source: SourceName) -> Event | None:
    """One row of `GET /v1/events/`: queued work and how it stands. Its payload may hold memories and stays out."""
    row = fields_of(payload)
    id_, type_, status = (text_of(row.get(name)) for name in ("id", "event_type", "status"))
    at = time_of(row.get("completed_at")) or time_of(row.get("created_at"))
    if id_ is None or type_ is None or status is None or at is None:
        return None
    return Event(
        event_id=f"{source}:{id_}:{status}",
        at=at,
        source=source,
        key=None,
        agent=None,
        type=f"memory.{type_.lower()}.{status.lower()}",
    )
