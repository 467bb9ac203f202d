"""One cause that hits several agents at once is one incident, however many failures it is."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from fleet_tui.domain.dataclass import dataclass

WITHIN: Final = timedelta(minutes=5)
AT_LEAST: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """Something that went wrong, and whom it hit. Those of one `cause` may be one incident."""

    cause: str
    at: datetime
    agents: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Occurrences of one cause, none more than 5 minutes after the one before."""

    cause: str
    first: datetime
    last: datetime
    events: int
    agents: tuple[str, ...]


def incidents_of(occurrences: Iterable[Occurrence]) -> tuple[Incident, ...]:
    """Where one cause hit at least three agents within 5 minutes; the newest first."""
    by_cause: dict[str, list[Occurrence]] = {}
    for one in occurrences:
        by_cause.setdefault(one.cause, []).append(one)
    found = [
        Incident(
            cause=cause,
            first=spell[0].at,
            last=spell[-1].at,
            events=len(spell),
            agents=tuple(sorted({agent for one in spell for agent in one.agents})),
        )
        for cause, listed in by_cause.items()
        for spell in _spells(sorted(listed, key=lambda one: one.at))
        if _hits_enough(spell)
    ]
    return tuple(sorted(found, key=lambda one: (-one.last.timestamp(), one.cause)))


def _spells(ordered: Sequence[Occurrence]) -> list[list[Occurrence]]:
    spells: list[list[Occurrence]] = []
    for one in ordered:
        if spells and one.at - spells[-1][-1].at <= WITHIN:
            spells[-1].append(one)
        else:
            spells.append([one])
    return spells


def _hits_enough(spell: Sequence[Occurrence]) -> bool:
    """Some 5 minutes of it hit enough different agents."""
    hit: Counter[str] = Counter()
    begin = 0
    for one in spell:
        hit.update(one.agents)
        while one.at - spell[begin].at > WITHIN:
            hit.subtract(spell[begin].agents)
            begin += 1
        if sum(1 for count in hit.values() if count > 0) >= AT_LEAST:
            return True
    return False
