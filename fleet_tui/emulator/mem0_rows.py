"""How the hosted Mem0 API prints its objects."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from fleet_tui.emulator.mem0_book import Memory, Scope, ScopeKind
from fleet_tui.emulator.mem0_http import as_list, as_object
from fleet_tui.emulator.wire import rfc3339

BAD_ADD = {
    "error": "400 Bad Request",
    "details": {
        "message": "Invalid input data. Please refer to the memory creation documentation at "
        "https://docs.mem0.ai/platform/quickstart#4-1-create-memories for correct formatting and required fields."
    },
}

_OWNER = "fleet_emulator"


def entity_row(scope: Scope, now: datetime) -> dict[str, object]:
    return {
        "id": str(scope.number + 1),
        "name": scope.id,
        "created_at": rfc3339(scope.created_at),
        "updated_at": rfc3339(scope.touched_at(now)),
        "owner": _OWNER,
        "metadata": dict(scope.seed.metadata) if scope.seed and scope.seed.metadata else None,
        "type": scope.kind.value,
    }


def memory_row(memory: Memory, fields: frozenset[str] | None = None) -> dict[str, object]:
    """A memory as lists print it: its run is `session_id`. `fields` restricts what is printed."""
    row: dict[str, object] = {
        "id": memory.id,
        "memory": memory.text,
        "user_id": memory.owner.get(ScopeKind.USER),
        "agent_id": memory.owner.get(ScopeKind.AGENT),
        "app_id": memory.owner.get(ScopeKind.APP),
        "session_id": memory.owner.get(ScopeKind.RUN),
        "metadata": dict(memory.metadata),
        "categories": list(memory.categories),
        "structured_attributes": {
            "year": memory.created_at.year,
            "month": memory.created_at.month,
            "day": memory.created_at.day,
            "day_of_week": memory.created_at.strftime("%A").lower(),
        },
        "replaced_by": None,
        "synthesized": False,
        "expiration_date": memory.expires_on.isoformat() if memory.expires_on else None,
        "created_at": rfc3339(memory.created_at),
        "updated_at": rfc3339(memory.updated_at),
    }
    return row if fields is None else {name: value for name, value in row.items() if name in fields}


def one_memory_row(memory: Memory) -> dict[str, object]:
    """A memory as get and update print it."""
    return {**memory_row(memory), "lifecycle_state": "active"}


def found_row(score: float, memory: Memory) -> dict[str, object]:
    """A memory as search prints it: its run is `run_id`, and it has a score."""
    return {
        "id": memory.id,
        "memory": memory.text,
        "user_id": memory.owner.get(ScopeKind.USER),
        "score": score,
        "score_breakdown": {"semantic": score, "bm25": score, "entity": 0.0},
        "agent_id": memory.owner.get(ScopeKind.AGENT),
        "app_id": memory.owner.get(ScopeKind.APP),
        "run_id": memory.owner.get(ScopeKind.RUN),
        "expiration_date": memory.expires_on.isoformat() if memory.expires_on else None,
        "metadata": dict(memory.metadata),
        "categories": list(memory.categories),
        "created_at": rfc3339(memory.created_at),
        "updated_at": rfc3339(memory.updated_at),
    }


def message_texts(body: Mapping[str, object]) -> list[str]:
    """What the messages of an add say, each one memory: the stand-in for the extraction model."""
    texts: list[str] = []
    for message in as_list(body.get("messages")) or []:
        content = (as_object(message) or {}).get("content")
        if isinstance(content, str) and content.strip():
            texts.append(content.strip())
    return texts


def history_row(row_id: str, event: str, memory: Memory, *, before: Memory | None) -> dict[str, object]:
    """One step in a memory's history; `event` is ADD, UPDATE or DELETE."""
    return {
        "id": row_id,
        "memory_id": memory.id,
        "input": [{"role": "user", "content": memory.text}],
        "old_memory": before.text if before else None,
        "new_memory": memory.text,
        "user_id": memory.owner.get(ScopeKind.USER, ""),
        "agent_id": memory.owner.get(ScopeKind.AGENT),
        "app_id": memory.owner.get(ScopeKind.APP),
        "session_id": memory.owner.get(ScopeKind.RUN),
        "categories": list(memory.categories),
        "event": event,
        "metadata": dict(memory.metadata),
        "created_at": rfc3339(memory.created_at),
        "updated_at": rfc3339(memory.updated_at),
    }


def memory_totals(scopes: Iterable[Scope], now: datetime) -> dict[str, int]:
    """How many memories and scopes with memories there are. A memory of several scopes counts in each."""
    counts: dict[ScopeKind, list[int]] = {kind: [] for kind in ScopeKind}
    for scope in scopes:
        counts[scope.kind].append(scope.count(now))
    totals = {"total_memories": sum(sum(numbers) for numbers in counts.values())}
    for kind in (ScopeKind.USER, ScopeKind.AGENT, ScopeKind.RUN):
        holding = [number for number in counts[kind] if number]
        totals[f"total_{kind.value}s_with_memories"] = len(holding)
        totals[f"memories_per_{kind.value}"] = sum(holding) // len(holding) if holding else 0
    return totals
