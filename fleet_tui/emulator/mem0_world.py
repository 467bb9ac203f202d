"""The memories of the seeded world: one scope per agent that keeps any, a run scope for some, and scopes of nobody."""

import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from fleet_tui.emulator.mem0_book import ScopeKind, SeedScope
from fleet_tui.emulator.world import Behaviour, SeedAgent, Vendor, standing_on

_ORPHANS_PER_AGENTS = 12
_SILENT = frozenset({Behaviour.PAUSED, Behaviour.LEAKS, Behaviour.FAILS})
_ORPHAN_STEMS = ("retired-bot", "old-triage", "pilot", "trial-agent", "intern-demo")


def seed_scopes(agents: Sequence[SeedAgent], now: datetime, die: random.Random) -> Iterator[SeedScope]:
    """The scopes of those agents that stand on Mem0, then scopes whose agent lives nowhere (at least two)."""
    for agent, number in standing_on(agents, Vendor.MEM0):
        yield _scope_of(agent, number, now, die)
    if agents:
        for number in range(max(2, len(agents) // _ORPHANS_PER_AGENTS)):
            yield _orphan(number, now, die)


def _scope_of(agent: SeedAgent, number: int, now: datetime, die: random.Random) -> SeedScope:
    busy = agent.behaviour not in _SILENT
    age_h = max(0.0, (now - agent.born_at).total_seconds() / 3600)
    per_hour = die.uniform(0.5, 12.0)
    return SeedScope(
        kind=ScopeKind.AGENT if number == 0 else ScopeKind.RUN,
        id=agent.id if number == 0 else f"{agent.id}-run-{number}",
        base=3 + int(per_hour * age_h),
        per_hour=per_hour if busy else 0.0,
        born_at=agent.born_at,
        seeded_at=now,
        task=agent.task,
        metadata=agent.labels(),
    )


def _orphan(number: int, now: datetime, die: random.Random) -> SeedScope:
    stem = _ORPHAN_STEMS[number % len(_ORPHAN_STEMS)]
    return SeedScope(
        kind=ScopeKind.AGENT,
        id=f"{stem}-{number + 1:02d}",
        base=die.randrange(12, 240),
        per_hour=0.0,
        born_at=now - timedelta(days=die.uniform(20, 120)),
        seeded_at=now - timedelta(days=die.uniform(8, 19)),
        task="a project that ended",
    )
