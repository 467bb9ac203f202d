"""Payloads of a self-hosted Mem0 server to domain facts. Pure.

Shapes: `/openapi.json` of the server of mem0ai 2.2.1 and what such a server was seen to answer.
"""

from fleet_tui.domain.agent import ClaimRules, assignment_from, claim
from fleet_tui.domain.capability import Capability
from fleet_tui.domain.identity import Incarnation, Kind, ResourceKey, SourceName
from fleet_tui.domain.payload import BadPayload, id_of, object_of, text_of, time_of
from fleet_tui.domain.phase import Phase, PhaseFact
from fleet_tui.domain.resource import Resource, pairs

PROVIDER = "mem0-server"
SCOPE_TYPES = frozenset({"user", "agent", "run"})
DEFAULT_ROWS = 20
"""How many memories the server gives when it is not told how many."""
MOST_ROWS = 1000
"""The most it gives at all: there are no pages, so a longer scope can only be counted as at least this."""
ENTITY_SCAN_ROWS = 10_000
"""How many memories it looks at to list scopes: beyond it, scopes may be missing and counts too small."""


def scope_id(type_: str, name: str) -> str:
    """How a scope is named within its source: its type and its own name, which may hold anything."""
    return f"{type_}:{name}"


def scope_of(id_: str) -> tuple[str, str]:
    """Type and name of a scope. Raises ValueError for what `scope_id` did not make or has no name."""
    type_, separator, name = id_.partition(":")
    if not separator or not name or type_ not in SCOPE_TYPES:
        raise ValueError("not a memory scope")
    return type_, name


def scope(payload: object, *, source: SourceName, rules: ClaimRules, memories: str | None = None) -> Resource:
    """One row of `GET /entities`. `memories` replaces the server's count where its scan was cut."""
    payload = object_of(payload, "an entity")
    type_, name = text_of(payload.get("type")), id_of(payload, "id", "an entity")
    if type_ not in SCOPE_TYPES:
        raise BadPayload("an entity has no known type")
    labels = {"agent_id": name} if type_ == "agent" else {}
    claimed = claim(id_=name, name=name, labels=labels, rules=rules)
    created_at = time_of(payload.get("created_at"))
    total = payload.get("total_memories")
    detail = {
        "type": type_,
        "memories": memories or (str(total) if isinstance(total, int) and not isinstance(total, bool) else ""),
        "updated_at": str(payload.get("updated_at") or ""),
    }
    return Resource(
        key=ResourceKey(source, Kind.MEMORY_SCOPE, scope_id(type_, name)),
        provider=PROVIDER,
        incarnation=Incarnation(f"{scope_id(type_, name)}@{payload.get('created_at') or ''}"),
        name=name,
        phase=PhaseFact(phase=Phase.RUNNING, since=created_at, evidence="the server lists it", raw="listed"),
        agent=claimed.agent if claimed else None,
        claimed_by=claimed.how if claimed else "",
        assignment=assignment_from(labels),
        labels=pairs(labels),
        created_at=created_at,
        capabilities=frozenset({Capability.DELETE}),
        detail=pairs({key: value for key, value in detail.items() if value}),
    )


def api_key(payload: object, *, source: SourceName) -> Resource:
    """One row of `GET /api-keys`: its label and when it was used last; the key itself is never listed."""
    payload = object_of(payload, "a key")
    id_ = id_of(payload, "id", "a key")
    used = text_of(payload.get("last_used_at"))
    created_at = time_of(payload.get("created_at"))
    return Resource(
        key=ResourceKey(source, Kind.API_KEY, id_),
        provider=PROVIDER,
        incarnation=Incarnation(id_),
        name=text_of(payload.get("label")) or id_,
        phase=PhaseFact(phase=Phase.RUNNING, since=created_at, evidence="the server lists it", raw="listed"),
        created_at=created_at,
        capabilities=frozenset({Capability.REVOKE}),
        detail=pairs({"last_used_at": used} if used else {}),
    )
