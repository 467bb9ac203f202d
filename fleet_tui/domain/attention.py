"""What needs a person: one item per cause, with what waiting has cost so far and what helps; many alike are one."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from itertools import islice
from typing import Final

from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.identity import SourceName
from fleet_tui.domain.money import Basis

INCIDENT_AGENTS: Final = 3
INCIDENT_SPAN: Final = timedelta(minutes=5)
"""The same cause on so many agents within this is one incident."""
_INCIDENT: Final = "incident:"
_NAMED: Final = 12
_GLANCE: Final = 64
_VARYING = re.compile(r"[0-9a-f]{8,}|[0-9]+")
_SECONDS_PER_HOUR: Final = 3600
ESTIMATED: Final = frozenset({Basis.ESTIMATED})


class Severity(StrEnum):
    """How bad it is, worst first."""

    CRIT = "crit"
    HIGH = "high"
    MED = "med"
    LOW = "low"

    @property
    def rank(self) -> int:
        """0 is the worst."""
        return _ORDER.index(self)

    def raised(self, by: int) -> "Severity":
        """So many steps worse, at most the worst."""
        return _ORDER[max(0, self.rank - by)]


_ORDER: Final = tuple(Severity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What waiting costs, in millionths of a dollar. None is unknown and never zero.

    `spent_micro` is what it has cost since it began, `per_hour_micro` another hour as far as rates are known.
    """

    spent_micro: int | None
    per_hour_micro: int | None
    bases: frozenset[Basis] = frozenset()
    at_least: bool = False
    """Something in it has no price."""


def running_cost(per_hour_micro: int | None, since: datetime | None, now: datetime, *, at_least: bool = False) -> Cost:
    """A rate that has run since then: always an estimate."""
    if per_hour_micro is None:
        return Cost(spent_micro=None, per_hour_micro=None)
    spent = None if since is None else spent_since(per_hour_micro, since, now)
    return Cost(spent_micro=spent, per_hour_micro=per_hour_micro, bases=ESTIMATED, at_least=at_least)


def spent_since(per_hour_micro: int, since: datetime, now: datetime) -> int:
    """Millionths; a time that is still to come has cost nothing."""
    return round(per_hour_micro * max(0.0, (now - since).total_seconds()) / _SECONDS_PER_HOUR)


def summed(costs: Iterable[Cost | None]) -> Cost | None:
    """Together; an unknown part makes the sum an `at least`, only unknown parts an unknown sum."""
    known = [cost for cost in costs if cost is not None]
    if not known:
        return None
    spent = [cost.spent_micro for cost in known if cost.spent_micro is not None]
    hourly = [cost.per_hour_micro for cost in known if cost.per_hour_micro is not None]
    return Cost(
        spent_micro=sum(spent) if spent else None,
        per_hour_micro=sum(hourly) if hourly else None,
        bases=frozenset[Basis]().union(*{cost.bases for cost in known}),
        at_least=any(cost.at_least for cost in known) or len(spent) < len(known),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing that needs a person. Texts are as the world wrote them and unfit to draw as they are.

    `cause` stays the same from poll to poll for as long as the same thing is wrong.
    """

    cause: str
    severity: Severity
    subject: str
    text: str
    since: datetime | None = None
    cost: Cost | None = None
    """None where waiting costs nothing."""
    at_stake: bool = False
    """The cost is what its work has cost since it was started: that is lost with it, waiting itself costs nothing."""
    handles: tuple[str, ...] = ()
    """The agents it is about."""
    source: SourceName | None = None
    size: int = 1
    """How many rows it is about."""
    do: tuple[str, ...] = ()
    """Keys that help, as a person reads them."""
    lines: tuple[str, ...] = ()
    """Why we say so, and what to do."""
    runbook: str = ""
    """The runbook that may say more: `auth` is auth.md."""
    group: str = ""
    """What it shares with others of the same cause; empty: it stands for itself."""
    again_at: datetime | None = None
    """When it is told once more."""

    @property
    def id(self) -> str:
        """Six digits that mean the cause at a command line."""
        return cause_id(self.cause)

    @property
    def causes(self) -> tuple[str, ...]:
        """Every cause by which somebody may have dealt with it: its own, and that of its incident."""
        return (self.cause, *((f"{_INCIDENT}{self.group}",) if self.group else ()))


def cause_id(cause: str) -> str:
    """The short form of a cause."""
    return sha256(cause.encode("utf-8", "surrogatepass")).hexdigest()[:6]


def likeness(text: str) -> str:
    """A text without what varies between two of a kind: counts, ids, ports."""
    return _VARYING.sub("#", text.lower())[:120]


def incidents(items: Iterable[Item]) -> list[Item]:
    """Items that share a group become one where enough of them began within five minutes."""
    alone: list[Item] = []
    groups: dict[str, list[Item]] = {}
    for item in items:
        if item.group:
            groups.setdefault(item.group, []).append(item)
        else:
            alone.append(item)
    for group, members in groups.items():
        together = at_once(item.since for item in members)
        alone.extend([_incident(group, members)] if together else members)
    return alone


def at_once(begun: Iterable[datetime | None]) -> bool:
    """Enough of these began within five minutes."""
    times = (at for at in begun if at is not None)
    # Among thousands it is nearly always so, and seen from the first ones.
    glance = list(islice(times, _GLANCE))
    return _close(sorted(glance)) or _close(sorted([*glance, *times]))


def _close(times: Sequence[datetime]) -> bool:
    step = INCIDENT_AGENTS - 1
    return any(late - early <= INCIDENT_SPAN for early, late in zip(times, times[step:], strict=False))


def _incident(group: str, members: Sequence[Item]) -> Item:
    ordered = sorted(
        members, key=lambda item: (item.since is None, item.since.timestamp() if item.since else 0.0, item.cause)
    )
    return incident(
        ordered[0],
        group,
        subjects=[item.subject for item in ordered],
        handles=tuple(handle for item in ordered for handle in item.handles),
        cost=summed(item.cost for item in ordered),
        severity=min((item.severity for item in ordered), key=lambda severity: severity.rank),
    )


def incident(
    first: Item, group: str, *, subjects: Sequence[str], handles: tuple[str, ...], cost: Cost | None, severity: Severity
) -> Item:
    """Items of one group as one, which says what the first of them says."""
    named = ", ".join(subjects[:_NAMED])
    more = f" and {len(subjects) - _NAMED} more" if len(subjects) > _NAMED else ""
    return replace(
        first,
        cause=f"{_INCIDENT}{group}",
        severity=severity,
        subject=f"{len(subjects)} agents",
        cost=cost,
        handles=handles,
        size=len(subjects),
        lines=(f"one cause on {len(subjects)} agents: {named}{more}", *first.lines),
        group="",
    )


def order(item: Item) -> tuple[int, bool, bool, int, str]:
    """The worst first; of the same severity what is about to be lost, then what waiting costs an hour.

    What nobody can price comes before what costs nothing.
    """
    cost = None if item.at_stake else item.cost
    hourly = cost.per_hour_micro if cost is not None else None
    unpriced = cost is not None and hourly is None
    return (
        item.severity.rank,
        not item.at_stake,
        not (unpriced or hourly),
        -(hourly or 0),
        item.cause,
    )
