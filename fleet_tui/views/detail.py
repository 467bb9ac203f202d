"""The story of one agent: why it is in its state, what to do next, what it holds, what stays, what it cost."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Final

from fleet_tui.domain.agent import Agent
from fleet_tui.domain.assignment import AssignmentField
from fleet_tui.domain.failure import RULES as FAILURE_RULES
from fleet_tui.domain.identity import RUNS, Kind
from fleet_tui.domain.money import Side
from fleet_tui.domain.phase import ENDED, Phase
from fleet_tui.domain.resource import Resource
from fleet_tui.domain.sprawl import RULES as SPRAWL_RULES
from fleet_tui.domain.text import exact, has_hidden
from fleet_tui.views import row
from fleet_tui.views.ages import fine, fine_age
from fleet_tui.views.amounts import full
from fleet_tui.views.cells import Role
from fleet_tui.views.model import FleetModel
from fleet_tui.views.pieces import Line, said, word
from fleet_tui.views.sources import source_words

_LABEL_CELLS: Final = 7
SOON_S: Final = 15 * 60
"""An end that is nearer than this is worth a warning."""
_DIRTY_KEYS: Final = frozenset({"dirty", "git_dirty", "unpushed"})
_NEXT_OF_PHASE: Final = {
    Phase.WAITING: "it waits for a person: read its last lines, then answer it",
    Phase.STUCK: "it has a task and shows no work: read its last lines, restart or reassign it",
    Phase.LOOPING: "it starts and fails again and again: read the cause before a restart",
    Phase.ENDED_FAILED: "read its last lines, then restart it",
    Phase.ENDED_LOST: "restart it: what it ran in is gone",
    Phase.UNKNOWN: "the provider says something we do not know: look there",
    Phase.IDLE: "no task and no work: pause it or give it one",
}


def _line(label: str, text: str, role: Role = Role.PLAIN) -> Line:
    return (word(f"{label:<{_LABEL_CELLS}}", Role.DIM), said(text, role))


def detail_lines(model: FleetModel, agent: Agent, now: datetime) -> list[Line]:
    """Every line has a label; what nobody knows is said so."""
    lines = [_assignment(model, agent), _why(model, agent, now)]
    lines.extend(_found(model, agent, now))
    lines.append(_line("next", next_step(model, agent, now), Role.STRONG))
    lines.append(_line("holds", _listed(r for r in agent.resources if r.key.kind in RUNS) or "nothing that runs"))
    lines.append(_line("stays", _listed(agent.stays) or "nothing beside what runs"))
    lines.extend(_spent(model, agent, now))
    lines.extend(_dirty(agent))
    lines.extend(_times(model, agent, now))
    lines.extend(_exact_names(agent))
    return lines


def _assignment(model: FleetModel, agent: Agent) -> Line:
    ours = model.overlaid_fields(agent)
    words = [
        f"{field} {value}{' (ours)' if field.value in ours else ''}"
        for field in AssignmentField
        if (value := agent.assignment.value(field)) is not None
    ]
    how = next((r.claimed_by for r in agent.resources if r.claimed_by), "")
    claim = f"  claimed by {how}" if how else "" if agent.claimed else "  no agent claims it"
    return _line("who", ("  ".join(words) or "no owner, team, task or parent") + claim)


def _why(model: FleetModel, agent: Agent, now: datetime) -> Line:
    lead = agent.lead
    if lead is None:
        return _line("why", "it holds things, but nothing that computes")
    raw = f", raw state {lead.phase.raw}" if lead.phase.raw else ""
    sure = "" if row.confirmed(model, lead, now) else ", not confirmed"
    since = fine_age(lead.phase.since, now)
    return _line("why", f"{row.phase_word(lead)} for {since}: {lead.phase.evidence}{raw}{sure}")


def _found(model: FleetModel, agent: Agent, now: datetime) -> Iterator[Line]:
    for resource in agent.resources:
        for finding in model.findings.get(resource.key, {}).values():
            rule = SPRAWL_RULES[finding.rule]
            text = f"{rule.title}, for {fine_age(finding.since, now)}: {finding.evidence}"
            yield _line("found", text, Role.ORPHAN)


def next_step(model: FleetModel, agent: Agent, now: datetime) -> str:
    """The most useful thing to do; what was asked for already comes first."""
    for action in model.pending(agent):
        asked = fine_age(action.submitted_at, now)
        return f"{action.verb} by {action.actor} is {action.state}, asked {asked} ago"
    lead = agent.lead
    if lead is not None and row.is_stale(model, lead, now):
        status = model.statuses.get(lead.key.source)
        if status is not None and status.failure is not None:
            rule = FAILURE_RULES[status.failure.failure_class]
            return f"{lead.key.source} cannot be read ({status.failure.failure_class}): {rule.next_step}"
    for resource in agent.resources:
        for finding in model.findings.get(resource.key, {}).values():
            return SPRAWL_RULES[finding.rule].proposal
    if lead is not None and lead.phase.phase is Phase.WAITING and ("terminal", "yes") in lead.detail:
        return f"it waits for a person: fleet-tui attach {lead.key.id if has_hidden(agent.name) else agent.name}"
    if lead is not None and lead.phase.phase in _NEXT_OF_PHASE:
        return _NEXT_OF_PHASE[lead.phase.phase]
    end = row.ends_at(agent)
    if end is not None and 0 < (end - now).total_seconds() < SOON_S:
        return "its provider ends it soon: extend it, or let it end"
    return "nothing"


def resource_words(resource: Resource) -> str:
    """`sandbox sbx_77a1 (e2b, RUN)`."""
    phase = f", {row.phase_word(resource)}" if resource.key.kind in RUNS else ""
    return f"{resource.key.kind.replace('_', ' ')} {resource.name or resource.key.id} ({resource.key.source}{phase})"


def _listed(resources: Iterable[Resource]) -> str:
    return ", ".join(resource_words(resource) for resource in resources)


def _spent(model: FleetModel, agent: Agent, now: datetime) -> Iterator[Line]:
    today = row.today(model, agent, now)
    bases = ", ".join(sorted(basis.value for basis in today.bases)) if today else ""
    because = f" ({bases})" if bases else " (nobody told yet)"
    hourly = row.rate(agent)
    rates = ", ".join(sorted(basis.value for basis in hourly.bases))
    rate_basis = f" ({rates})" if rates else " (no price known)" if hourly.unpriced else ""
    now_too = f", {full(hourly)} an hour now{rate_basis}" if hourly.amounts or hourly.unpriced else ""
    yield _line("spent", f"{full(today)} today{because}{now_too}", Role.MONEY)
    for side in (Side.BILLED, Side.CARD):
        if (other := row.billed_today(model, agent, now, side)) is not None:
            yield _line(side.value, f"{full(other)} today, apart from what it cost")


def _dirty(agent: Agent) -> Iterator[Line]:
    """What somebody tells of its unsaved work; of a sandbox nobody can tell from outside, and nothing is said."""
    told = [(key, value) for r in agent.resources for key, value in r.detail if key in _DIRTY_KEYS]
    for key, value in told[:1]:
        yield _line("dirty", f"{key.replace('_', ' ')}: {value}")
    if not told and any(r.key.kind is Kind.PROCESS for r in agent.running):
        yield _line("dirty", "unsaved work is looked for when a kill or restart is planned", Role.DIM)


def _times(model: FleetModel, agent: Agent, now: datetime) -> Iterator[Line]:
    signal = row.beat(model, agent)
    if signal is not None and signal.signal_at is not None:
        how = f" ({signal.signal_kind})" if signal.signal_kind else ""
        yield _line("beat", f"{fine_age(signal.signal_at, now)} ago{how}")
    elif model.past:
        yield _line("beat", "not kept of then")
    elif not row.observed(agent):
        yield _line("beat", "no source of work signals: never called idle or stuck")
    end = row.ends_at(agent)
    if end is not None:
        seconds = int((end - now).total_seconds())
        text = f"ends in {fine(seconds)}" if seconds > 0 else "its end has passed"
        role = Role.WARN if seconds < SOON_S else Role.PLAIN
        yield _line("ends", f"{text}, at {end.astimezone(UTC):%Y-%m-%d %H:%M}Z", role)
    for source in dict.fromkeys(r.key.source for r in agent.resources):
        status = model.statuses.get(source)
        if status is not None:
            yield (word(f"{'seen':<{_LABEL_CELLS}}", Role.DIM), source_words(status, now))


def _exact_names(agent: Agent) -> Iterator[Line]:
    for resource in agent.resources:
        if resource.phase.phase in ENDED:
            continue
        for what, text in (("name", resource.name), ("id", resource.key.id)):
            if has_hidden(text):
                yield _line("exact", f"{what} {exact(text, 120)} holds hidden or mixed characters", Role.WARN)
