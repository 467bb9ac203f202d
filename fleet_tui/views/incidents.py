"""Incidents of FAILURES: one cause on several agents, from failed calls and from agents that fail."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.failure import RULES, Failure
from fleet_tui.domain.identity import SourceName
from fleet_tui.domain.incident import Incident, Occurrence, incidents_of
from fleet_tui.domain.phase import ENDED, short
from fleet_tui.views.ages import age
from fleet_tui.views.cells import Cell, Role
from fleet_tui.views.model import FleetModel
from fleet_tui.views.pieces import Line, TableRow, counted, said, word

KEY: Final = "incident "
_NAMES: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An incident in words. `source` is the one that failed as a whole."""

    key: str
    incident: Incident
    state: str
    why: str
    next_step: str
    source: SourceName | None = None
    over: bool = False
    """The source fails no more, or of another cause."""


def incidents(model: FleetModel, failures: Iterable[Failure], failing: Iterable[str]) -> tuple[Told, ...]:
    """Of the failures of a window and of the agents that fail now."""
    listed = list(failures)
    standing = _standing(model)
    words: dict[str, tuple[str, str, str, SourceName | None]] = {}
    occurrences: list[Occurrence] = []
    for failure in listed:
        rule = RULES[failure.failure_class]
        whole = failure.source if failure.key is None else None
        text = f"{failure.source} {failure.operation}: {failure.text}"
        words.setdefault(failure.cause, (failure.failure_class.value, text, rule.next_step, whole))
        handle = None if failure.key is None else model.handle_of(failure.key)
        hit = standing.get(failure.source, frozenset()) if failure.key is None else frozenset({handle} - {None})
        agents = frozenset(one for one in hit if one is not None)
        occurrences.append(Occurrence(cause=failure.cause, at=failure.at, agents=agents))
    for handle in failing:
        lead = model.agents[handle].lead
        if lead is None or lead.phase.since is None or not lead.phase.evidence:
            continue
        cause = f"{lead.phase.phase.value}\x1f{lead.key.source}\x1f{lead.phase.evidence}"
        text = f"{lead.key.source}: {lead.phase.evidence}"
        words.setdefault(cause, (short(lead.phase.phase), text, "read the last lines of one of them", None))
        occurrences.append(Occurrence(cause=cause, at=lead.phase.since, agents=frozenset({handle})))
    return tuple(
        Told(
            key=f"{KEY}{one.first.timestamp()} {one.cause}",
            incident=one,
            state=words[one.cause][0],
            why=words[one.cause][1],
            next_step=words[one.cause][2],
            source=words[one.cause][3],
            over=_over(model, words[one.cause][3], one.cause),
        )
        for one in incidents_of(occurrences)
    )


def _over(model: FleetModel, source: SourceName | None, cause: str) -> bool:
    """Agents that fail of it are still failing; a source tells its present failure itself."""
    if source is None:
        return False
    status = model.statuses.get(source)
    return status is None or status.failure is None or status.failure.cause != cause


def _standing(model: FleetModel) -> dict[SourceName, frozenset[str]]:
    found: dict[SourceName, set[str]] = {}
    for handle, agent in model.fleet.items():
        for resource in agent.resources:
            if resource.phase.phase not in ENDED:
                found.setdefault(resource.key.source, set()).add(handle)
    return {source: frozenset(handles) for source, handles in found.items()}


def incident_rows(told: Sequence[Told], now: datetime) -> list[TableRow]:
    """Rows for the table of what fails now."""
    return [TableRow(key=one.key, cells=_cells(one, now)) for one in told]


def _cells(one: Told, now: datetime) -> tuple[Cell, ...]:
    role = Role.DIM if one.over else Role.BAD
    return (
        word(f"{'over:' if one.over else 'INCIDENT'} {counted(len(one.incident.agents), 'agent')}", role),
        word(one.state, role),
        word(age(one.incident.first, now)),
        said(one.why, Role.DIM if one.over else Role.PLAIN),
        word("nothing: it is over" if one.over else one.next_step, Role.DIM),
    )


def incident_lines(model: FleetModel, one: Told) -> list[Line]:
    """First, last, whom it hit, and what to do."""
    incident = one.incident
    first, last = incident.first.astimezone(UTC), incident.last.astimezone(UTC)
    names = ", ".join(model.names.of(handle) for handle in incident.agents[:_NAMES])
    more = f" and {len(incident.agents) - _NAMES} more" if len(incident.agents) > _NAMES else ""
    hit = "stand on it" if one.source is not None else "were hit"
    span = f"first {first:%d %b %H:%M:%S}Z, last {last:%d %b %H:%M:%S}Z, {counted(incident.events, 'time')}"
    return [
        (word("when   ", Role.DIM), word(span)),
        (word("why    ", Role.DIM), said(one.why)),
        (word("who    ", Role.DIM), word(f"{counted(len(incident.agents), 'agent')} {hit}: {names}{more}")),
        (word("next   ", Role.DIM), word("nothing: it is over" if one.over else one.next_step, Role.STRONG)),
    ]
