"""The seeded world: which agents there are, where they stand and how each behaves. Pure; same seed, same world."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import cycle, islice
from typing import TypeVar

from fleet_tui.emulator.chance import die_for, happens

T = TypeVar("T")

_LOCAL_PER_AGENTS = 25
_MAX_LOCAL = 8
_FIRST_HAVE_ALL = 2
_LEADERS = 3
"""Whom of its team an agent may stand under: few lead, and some of those stand under each other."""
_TRIBE = 100
"""So many agents have their leaders among themselves."""
_NEWEST_S = 40
_OLDEST_S = 30 * 3600
_OLD_LEAK_S = 9 * 86400


class Vendor(StrEnum):
    """Where an agent can stand; `local` is started by the demo, never by an emulator."""

    LOCAL = "local"
    E2B = "e2b"
    DAYTONA = "daytona"
    MEM0 = "mem0"
    STRIPE = "stripe"


class Behaviour(StrEnum):
    """What an agent does as time moves."""

    STEADY = "steady"
    WAITS = "waits"
    """Asks a person something and falls silent."""
    FAILS = "fails"
    """Its sandbox dies or ends in an error state."""
    LOOPS = "loops"
    """Works at full load and says the same line again and again."""
    SPENDS = "spends"
    """Costs several times what its peers do."""
    LEAKS = "leaks"
    """Leaves old, idle resources behind that still cost money."""
    ORPHAN = "orphan"
    """Nobody's: its resources carry no label at all."""
    PAUSED = "paused"
    SHORT_TTL = "short-ttl"
    """Its time limit ends within minutes while it works."""


class AgentCli(StrEnum):
    CLAUDE = "claude"
    CODEX = "codex"
    GEMINI = "gemini"
    AIDER = "aider"
    OPENCODE = "opencode"


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """How many resources of one vendor an agent holds."""

    vendor: Vendor
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedAgent:
    """One agent of the seeded world. `id` is its name too; `parent` is another agent's id."""

    id: str
    cli: AgentCli
    owner: str
    team: str
    task: str
    parent: str | None
    placements: tuple[Placement, ...]
    born_at: datetime
    behaviour: Behaviour
    region: str
    spend_microusd_per_h: int

    def count(self, vendor: Vendor) -> int:
        """How many resources it holds at that vendor; 0 is none."""
        return sum(placement.count for placement in self.placements if placement.vendor is vendor)

    def labels(self) -> dict[str, str]:
        """What its creator wrote on its resources: `fleet.*`, or nothing at all for an orphan."""
        if self.behaviour is Behaviour.ORPHAN:
            return {}
        labels = {
            "fleet.agent": self.id,
            "fleet.team": self.team,
            "fleet.owner": self.owner,
            "fleet.task": self.task,
        }
        if self.parent is not None:
            labels["fleet.parent"] = self.parent
        return labels


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    stem: str
    team: str
    tasks: tuple[str, ...]
    weight: int


_JOBS: tuple[_Job, ...] = (
    _Job(stem="ci-fix", team="ci", tasks=("flaky test in checkout", "red main on arm64", "cache key drift"), weight=5),
    _Job(stem="review", team="ci", tasks=("review queue", "review of the auth change"), weight=3),
    _Job(stem="etl-shard", team="data", tasks=("backfill orders", "reshard events", "late rows of May"), weight=5),
    _Job(stem="index", team="data", tasks=("rebuild search index", "embed the wiki"), weight=3),
    _Job(
        stem="migr",
        team="platform",
        tasks=("move to python 3.13", "drop the old queue", "split the monolith"),
        weight=3,
    ),
    _Job(stem="infra", team="platform", tasks=("rotate certificates", "right-size the nodes"), weight=2),
    _Job(stem="train-eval", team="ml", tasks=("eval of checkpoint 41", "label noise report"), weight=3),
    _Job(stem="scrape", team="growth", tasks=("price watch", "lead enrichment", "sitemap crawl"), weight=4),
    _Job(stem="triage", team="growth", tasks=("inbox triage", "churn notes"), weight=2),
    _Job(stem="docs-bot", team="docs", tasks=("docs for the 2.0 release", "dead links", "changelog"), weight=2),
)
_OWNERS: Mapping[str, tuple[str, ...]] = {
    "ci": ("mara", "tobias"),
    "data": ("ivana", "wei"),
    "platform": ("olu", "katya"),
    "ml": ("ravi", "sanne"),
    "growth": ("bea", "jonas"),
    "docs": ("lin",),
}
_SHARES: tuple[tuple[Behaviour, int], ...] = (
    (Behaviour.STEADY, 58),
    (Behaviour.WAITS, 9),
    (Behaviour.FAILS, 6),
    (Behaviour.PAUSED, 6),
    (Behaviour.ORPHAN, 5),
    (Behaviour.LOOPS, 4),
    (Behaviour.SPENDS, 4),
    (Behaviour.LEAKS, 4),
    (Behaviour.SHORT_TTL, 4),
)
_LOCAL_BEHAVIOURS = (
    Behaviour.STEADY,
    Behaviour.LOOPS,
    Behaviour.FAILS,
    Behaviour.FAILS,
    Behaviour.PAUSED,
    Behaviour.WAITS,
    Behaviour.LEAKS,
    Behaviour.LOOPS,
)
"""What the local agents do, in the order in which there are more of them."""
_REGIONS = ("us", "us", "us", "eu")


def seed_world(agents: int, seed: int, now: datetime) -> tuple[SeedAgent, ...]:
    """`agents` agents, the same for the same arguments. `now` (aware) is when the world is looked at first.

    From 20 agents on it holds every behaviour; from 3 on it stands on all five vendors.
    """
    die = die_for("world", seed)
    jobs = _jobs(agents, die)
    behaviours = _behaviours(agents, die)
    names = list(_names(jobs))
    places = _places(behaviours, die)
    return tuple(
        _agent(
            index=index, names=names, jobs=jobs, behaviour=behaviours[index], placements=places[index], die=die, now=now
        )
        for index in range(agents)
    )


def standing_on(agents: Sequence[SeedAgent], vendor: Vendor) -> Iterator[tuple[SeedAgent, int]]:
    """Each agent of that vendor with the number, from 0, of each of its resources there."""
    for agent in agents:
        for number in range(agent.count(vendor)):
            yield agent, number


def _agent(
    *,
    index: int,
    names: Sequence[str],
    jobs: Sequence[_Job],
    behaviour: Behaviour,
    placements: tuple[Placement, ...],
    die: random.Random,
    now: datetime,
) -> SeedAgent:
    job = jobs[index]
    peers = [at for at in range(index - index % _TRIBE, index) if jobs[at].team == job.team]
    parent = names[die.choice(peers[:_LEADERS])] if peers and happens(die, 0.6) else None
    spend = int(die.uniform(0.05, 0.9) * 1_000_000) * (12 if behaviour is Behaviour.SPENDS else 1)
    return SeedAgent(
        id=names[index],
        cli=die.choices(tuple(AgentCli), weights=(10, 6, 3, 1, 2))[0],
        owner=die.choice(_OWNERS[job.team]),
        team=job.team,
        task=_task(die.choice(job.tasks), names[index]),
        parent=parent,
        placements=placements,
        born_at=now - timedelta(seconds=_age_s(behaviour, die)),
        behaviour=behaviour,
        region=die.choice(_REGIONS),
        spend_microusd_per_h=spend,
    )


def _task(work: str, name: str) -> str:
    """The same work is a ticket of its own for each agent, but for a few who were set on the same one."""
    die = die_for("ticket", name)
    return f"#{die.randrange(100, 110) if happens(die, 0.08) else die.randrange(110, 1000)} {work}"


def _age_s(behaviour: Behaviour, die: random.Random) -> float:
    """Most are minutes to hours old, leaks and the paused are days old."""
    match behaviour:
        case Behaviour.LEAKS:
            return die.uniform(_OLD_LEAK_S / 3, _OLD_LEAK_S)
        case Behaviour.PAUSED | Behaviour.ORPHAN:
            return die.uniform(3600, _OLD_LEAK_S)
        case _:
            return float(_NEWEST_S + (_OLDEST_S - _NEWEST_S) * die.random() ** 3)


def _jobs(agents: int, die: random.Random) -> list[_Job]:
    """Jobs by weight; every team is there before any comes often."""
    jobs = list(islice(cycle(_JOBS), min(agents, len(_JOBS))))
    jobs += die.choices(_JOBS, weights=[job.weight for job in _JOBS], k=agents - len(jobs))
    return _shuffled(jobs, die)


def _names(jobs: Sequence[_Job]) -> Iterator[str]:
    seen: dict[str, int] = {}
    for job in jobs:
        seen[job.stem] = seen.get(job.stem, 0) + 1
        yield f"{job.stem}-{seen[job.stem]:02d}"


def _behaviours(agents: int, die: random.Random) -> list[Behaviour]:
    """By share, at least one of each where there is room; the rest is steady."""
    total = sum(share for _, share in _SHARES)
    rare = [kind for kind, share in _SHARES[1:] for _ in range(max(1, round(agents * share / total)))]
    rare = rare[: max(0, agents - 2)]
    return _shuffled([*rare, *[Behaviour.STEADY] * (agents - len(rare))], die)


def _places(behaviours: Sequence[Behaviour], die: random.Random) -> list[tuple[Placement, ...]]:
    """Few are local; the others have one compute vendor each, about half also memory and a third a customer."""
    local = _local(behaviours)
    computes = cycle((Vendor.E2B, Vendor.DAYTONA, Vendor.E2B, Vendor.E2B, Vendor.DAYTONA))
    full = 0
    places: list[tuple[Placement, ...]] = []
    for index, behaviour in enumerate(behaviours):
        compute = Vendor.LOCAL if index in local else next(computes)
        place = [Placement(vendor=compute, count=_compute_count(compute, behaviour, die))]
        if behaviour is not Behaviour.ORPHAN:
            full += 1
            if full <= _FIRST_HAVE_ALL or happens(die, 0.5):
                place.append(Placement(vendor=Vendor.MEM0, count=die.choice((1, 1, 1, 2))))
            if full <= _FIRST_HAVE_ALL or happens(die, 0.33):
                place.append(Placement(vendor=Vendor.STRIPE, count=1))
        places.append(tuple(place))
    return places


def _local(behaviours: Sequence[Behaviour]) -> set[int]:
    """Which agents run on this machine: few, of many behaviours, and one that works before any other."""
    local: set[int] = set()
    for wanted in _LOCAL_BEHAVIOURS[: min(_MAX_LOCAL, max(1, len(behaviours) // _LOCAL_PER_AGENTS))]:
        able = (index for index, behaviour in enumerate(behaviours) if behaviour is wanted and index not in local)
        local.update(islice(able, 1))
    return local


def _compute_count(vendor: Vendor, behaviour: Behaviour, die: random.Random) -> int:
    if vendor is Vendor.LOCAL or behaviour in {Behaviour.ORPHAN, Behaviour.PAUSED}:
        return 1
    return 3 if behaviour is Behaviour.LEAKS else die.choice((1, 1, 1, 1, 2))


def _shuffled(items: list[T], die: random.Random) -> list[T]:
    die.shuffle(items)
    return items
