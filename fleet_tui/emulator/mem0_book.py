"""The memories behind both Mem0 emulators: scopes that grow with time, without storing what can be derived."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

_SEED_TAG = 0x6D30
_TEXTS = (
    "Prefers small pull requests, one concern each",
    "The staging database is read only on Fridays",
    "Task '{task}' was handed over with open questions",
    "Retries of the payment tests need a clean cache first",
    "Owner wants a summary before anything is merged",
    "The build image is pinned; do not update it silently",
    "Last run of '{task}' stopped at the migration step",
    "Logs older than a week live in cold storage",
)
_CATEGORIES = ("work", "preferences", "technology", "misc")


class ScopeKind(StrEnum):
    """What a memory can belong to. The self-hosted server knows no app."""

    USER = "user"
    AGENT = "agent"
    APP = "app"
    RUN = "run"

    @property
    def field(self) -> str:
        return f"{self.value}_id"


Owner = Mapping[ScopeKind, str]
ScopeKey = tuple[ScopeKind, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """One stored fact and the scopes it belongs to."""

    id: str
    text: str
    owner: Owner
    metadata: Mapping[str, object]
    categories: tuple[str, ...]
    created_at: datetime
    updated_at: datetime
    expires_on: date | None = None

    def visible(self, today: date) -> bool:
        return self.expires_on is None or self.expires_on >= today


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedScope:
    """A scope of the seeded world: `base` memories made since `born_at`, then `per_hour` more while time moves."""

    kind: ScopeKind
    id: str
    base: int
    per_hour: float
    born_at: datetime
    seeded_at: datetime
    task: str
    metadata: Mapping[str, object] = field(default_factory=dict[str, object])

    def count(self, now: datetime) -> int:
        hours = max(0.0, (now - self.seeded_at).total_seconds() / 3600)
        return self.base + math.floor(hours * self.per_hour)

    def made_at(self, number: int) -> datetime:
        if number >= self.base and self.per_hour > 0:
            return self.seeded_at + timedelta(hours=(number - self.base + 1) / self.per_hour)
        return self.born_at + (self.seeded_at - self.born_at) * ((number + 1) / (self.base + 1))


@dataclass(slots=True)
class Scope:
    """One scope as it stands now. `seed` is None for scopes that requests created."""

    number: int
    kind: ScopeKind
    id: str
    created_at: datetime
    updated_at: datetime
    seed: SeedScope | None = None
    gone: set[int] = field(default_factory=set[int])
    own: dict[str, None] = field(default_factory=dict[str, None])

    def count(self, now: datetime) -> int:
        seeded = self.seed.count(now) - len(self.gone) if self.seed else 0
        return seeded + len(self.own)

    def touched_at(self, now: datetime) -> datetime:
        if self.seed is None or self.seed.count(now) == 0:
            return self.updated_at
        return max(self.updated_at, self.seed.made_at(self.seed.count(now) - 1))


class MemoryBook:
    """All scopes and memories of one account. A seeded memory is derived from its number, never stored."""

    def __init__(self) -> None:
        self._scopes: dict[ScopeKey, Scope] = {}
        self._numbered: list[Scope] = []
        self._written: dict[str, Memory] = {}

    def seed(self, scope: SeedScope) -> None:
        """Add a scope of the seeded world; one that exists already stays as it is."""
        key = (scope.kind, scope.id)
        if key not in self._scopes:
            self._open(key, scope.born_at).seed = scope

    def scopes(self) -> Iterator[Scope]:
        """Every scope, oldest first."""
        yield from self._scopes.values()

    def scope(self, key: ScopeKey) -> Scope | None:
        return self._scopes.get(key)

    def count(self, key: ScopeKey, now: datetime) -> int:
        scope = self._scopes.get(key)
        return scope.count(now) if scope else 0

    def rows(self, key: ScopeKey, now: datetime, start: int = 0, stop: int | None = None) -> list[Memory]:
        """The memories of one scope, newest first, from `start` to before `stop`."""
        scope = self._scopes.get(key)
        if scope is None:
            return []
        own = list(reversed(scope.own))
        end = scope.count(now) if stop is None else min(stop, scope.count(now))
        rows = [self._written[memory_id] for memory_id in own[start:end]]
        seeded = _live(scope, now)
        newest = len(seeded) - 1 + len(own)
        rows.extend(self._seeded(scope, seeded[newest - at]) for at in range(max(start, len(own)), end))
        return rows

    def find(self, memory_id: str, now: datetime) -> Memory | None:
        """The memory with that id; None when there is none."""
        written = self._written.get(memory_id)
        if written is not None:
            return written
        at = self._place(memory_id, now)
        return self._seeded(*at) if at else None

    def write(self, memory: Memory) -> None:
        """Add a memory, opening the scopes it belongs to."""
        self._written[memory.id] = memory
        for kind, scope_id in memory.owner.items():
            scope = self._scopes.get((kind, scope_id)) or self._open((kind, scope_id), memory.created_at)
            scope.own[memory.id] = None
            scope.updated_at = max(scope.updated_at, memory.updated_at)

    def rewrite(self, memory: Memory) -> None:
        """Keep this version of a memory that stands in the book."""
        self._written[memory.id] = memory

    def remove(self, memory_id: str, now: datetime) -> bool:
        """Whether there was such a memory to remove."""
        memory = self.find(memory_id, now)
        if memory is None:
            return False
        at = self._place(memory_id, now)
        if at:
            at[0].gone.add(at[1])
        self._written.pop(memory_id, None)
        for key in memory.owner.items():
            scope = self._scopes.get(key)
            if scope is not None:
                scope.own.pop(memory_id, None)
        return True

    def drop(self, key: ScopeKey, now: datetime) -> int:
        """Remove a scope with everything in it; how many memories went."""
        scope = self._scopes.get(key)
        if scope is None:
            return 0
        count = scope.count(now)
        kind, scope_id = key
        for memory in [row for row in self._written.values() if row.owner.get(kind) == scope_id]:
            self.remove(memory.id, now)
        scope.seed = None
        del self._scopes[key]
        return count

    def drop_all(self) -> None:
        for scope in self._scopes.values():
            scope.seed = None
        self._scopes.clear()
        self._written.clear()

    def _open(self, key: ScopeKey, at: datetime) -> Scope:
        scope = Scope(number=len(self._numbered), kind=key[0], id=key[1], created_at=at, updated_at=at)
        self._numbered.append(scope)
        self._scopes[key] = scope
        return scope

    def _place(self, memory_id: str, now: datetime) -> tuple[Scope, int] | None:
        """The seeded scope and number behind an id, when that memory exists now."""
        try:
            value = UUID(memory_id).int
        except ValueError:
            return None
        number, memory_number = value >> 96, value & 0xFFFFFFFF
        if (value >> 32) & 0xFFFF != _SEED_TAG or number >= len(self._numbered):
            return None
        scope = self._numbered[number]
        if scope.seed is None or memory_number >= scope.seed.count(now) or memory_number in scope.gone:
            return None
        return scope, memory_number

    def _seeded(self, scope: Scope, number: int) -> Memory:
        memory_id = _seed_id(scope.number, number)
        written = self._written.get(memory_id)
        if written is not None:
            return written
        seed = scope.seed
        if seed is None:
            raise LookupError(f"scope {scope.kind}:{scope.id} holds no seeded memories")
        made_at = seed.made_at(number)
        return Memory(
            id=memory_id,
            text=_TEXTS[(number + scope.number) % len(_TEXTS)].format(task=seed.task),
            owner={scope.kind: scope.id},
            metadata=seed.metadata,
            categories=(_CATEGORIES[number % len(_CATEGORIES)],),
            created_at=made_at,
            updated_at=made_at,
        )


def owner_of(fields: Mapping[str, object]) -> dict[ScopeKind, str]:
    """The scopes named by `user_id`, `agent_id`, `app_id` and `run_id`; empty and missing ones are left out."""
    found: dict[ScopeKind, str] = {}
    for kind in ScopeKind:
        value = fields.get(kind.field)
        if isinstance(value, str) and value:
            found[kind] = value
    return found


def _live(scope: Scope, now: datetime) -> Sequence[int]:
    """The numbers of the seeded memories that are left, oldest first."""
    if scope.seed is None:
        return ()
    numbers = range(scope.seed.count(now))
    return [number for number in numbers if number not in scope.gone] if scope.gone else numbers


def _seed_id(scope_number: int, number: int) -> str:
    value = (scope_number << 96) | (_SEED_TAG << 32) | number
    return str(_versioned(value))


def _versioned(value: int) -> UUID:
    """A well-formed version 4 UUID around the bits in use."""
    return UUID(int=(value & ~(0xF << 76) & ~(0x3 << 62)) | (4 << 76) | (0x2 << 62))
