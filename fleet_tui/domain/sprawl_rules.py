"""Whether a rule of `sprawl` holds for a row, and since when: pure predicates over facts, without the grace."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from fleet_tui.domain.assignment import Assignment
from fleet_tui.domain.identity import RUNS, AgentId, Kind
from fleet_tui.domain.phase import BURNING, ENDED, Phase
from fleet_tui.domain.resource import Resource
from fleet_tui.domain.sprawl import RuleName
from fleet_tui.domain.work import Quiet

_OFF: Final = frozenset({"", "0", "off", "never", "none"})
_AUTO_STOPS: Final = ("auto_stop_min", "auto_stop", "idle_timeout")


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """What a rule needs of the other rows."""

    carried: frozenset[AgentId] = frozenset()
    """Agents that something running or paused carries."""
    last_end: Mapping[AgentId, datetime] = field(default_factory=dict[AgentId, datetime])
    newest_on_task: Mapping[str, Resource] = field(default_factory=dict[str, Resource])
    """For tasks that two agents run: the newest of their running rows."""
    sees_all_compute: bool = False
    """Every compute source is healthy, so that "nothing carries it" is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A row with what is known beside it. `assignment` has the operator's words laid over the provider's."""

    row: Resource
    assignment: Assignment
    whole: Whole
    first_seen: datetime
    """Not before which we can say anything: its birth, else the beginning of our watching."""
    silence: Quiet | None = None
    since_is_told: bool = False
    """The provider says itself since when it is in its phase."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """A rule holds. `watched` False: the time comes from the provider, and gaps in our watching do not matter."""

    since: datetime
    evidence: str
    watched: bool = True


Predicate = Callable[[Subject], Holding | None]


def _alive(subject: Subject) -> bool:
    return subject.row.phase.phase not in ENDED and subject.row.phase.phase is not Phase.UNKNOWN


def _runs(subject: Subject) -> bool:
    return subject.row.key.kind in RUNS and _alive(subject)


def _bills_nobody(subject: Subject) -> bool:
    """It is known to be free, or a process of this machine that nobody has priced: no bill ever names it."""
    rate = subject.row.rate
    return subject.row.key.kind is Kind.PROCESS if rate is None else rate.microusd_per_hour == 0


def orphan(subject: Subject) -> Holding | None:
    """It lives, and no agent, owner or task claims it."""
    if not _runs(subject) or subject.row.agent is not None or subject.assignment.claimed:
        return None
    return Holding(since=subject.first_seen, evidence="it has no agent, owner or task")


def idle(subject: Subject) -> Holding | None:
    """It is billed and does nothing that anybody can see."""
    rate = subject.row.rate
    if not _runs(subject) or subject.silence is None or rate is None or rate.microusd_per_hour <= 0:
        return None
    return Holding(since=subject.silence.since, evidence="billed, and no work signal since")


def no_end(subject: Subject) -> Holding | None:
    """A sandbox that burns money until somebody thinks of it."""
    row = subject.row
    if row.key.kind is not Kind.SANDBOX or row.phase.phase not in BURNING or row.ends_at is not None:
        return None
    detail = dict(row.detail)
    if any(detail.get(name, "").lower() not in _OFF for name in _AUTO_STOPS):
        return None
    return Holding(since=subject.first_seen, evidence="it has neither a timeout nor an auto-stop")


def unlabelled(subject: Subject) -> Holding | None:
    """Its money has no team to land on."""
    if not _runs(subject) or subject.assignment.team is not None or _bills_nobody(subject):
        return None
    return Holding(since=subject.first_seen, evidence="it names no team")


def paused_long(subject: Subject) -> Holding | None:
    """Paused, and perhaps forgotten."""
    row = subject.row
    if row.phase.phase is not Phase.PAUSED or row.phase.since is None:
        return None
    return Holding(since=row.phase.since, evidence="paused", watched=not subject.since_is_told)


def memory_without_agent(subject: Subject) -> Holding | None:
    """Nothing that runs or is paused carries its agent; only said when all compute can be seen."""
    row = subject.row
    if row.key.kind is not Kind.MEMORY_SCOPE or not _alive(subject) or not subject.whole.sees_all_compute:
        return None
    if row.agent is None:
        return Holding(since=subject.first_seen, evidence="it names no agent")
    if row.agent in subject.whole.carried:
        return None
    ended = subject.whole.last_end.get(row.agent)
    since = max(ended, subject.first_seen) if ended else subject.first_seen
    return Holding(since=since, evidence="nothing that runs or is paused carries its agent")


def duplicate_task(subject: Subject) -> Holding | None:
    """Another agent, started later, runs the same task."""
    task = subject.assignment.task
    if task is None or not _runs(subject) or subject.row.phase.phase not in BURNING:
        return None
    newest = subject.whole.newest_on_task.get(task)
    if newest is None or newest.agent == subject.row.agent or newest.key == subject.row.key:
        return None
    began = newest.created_at or newest.phase.since or subject.first_seen
    return Holding(since=max(began, subject.first_seen), evidence=f"a newer agent runs its task too: {newest.name}")


PREDICATES: Final[Mapping[RuleName, Predicate]] = {
    RuleName.ORPHAN: orphan,
    RuleName.IDLE: idle,
    RuleName.NO_END: no_end,
    RuleName.UNLABELLED: unlabelled,
    RuleName.PAUSED_LONG: paused_long,
    RuleName.MEMORY_WITHOUT_AGENT: memory_without_agent,
    RuleName.DUPLICATE_TASK: duplicate_task,
}
