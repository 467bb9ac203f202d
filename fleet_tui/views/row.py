"""What one row of FLEET says about an agent, before it is text: shared by the table, the filter and `--json`."""

from datetime import UTC, date, datetime, timedelta
from typing import Final

from fleet_tui.domain.agent import Agent
from fleet_tui.domain.identity import Layer
from fleet_tui.domain.money import Side
from fleet_tui.domain.phase import BURNING, ENDED, Phase, attention_rank, short
from fleet_tui.domain.reading import is_fresh, stale_after_s
from fleet_tui.domain.resource import Resource, Vitals
from fleet_tui.domain.sprawl import RuleName
from fleet_tui.domain.text import safe_line
from fleet_tui.views.ages import age_due, left_due
from fleet_tui.views.amounts import Sum
from fleet_tui.views.model import FleetModel
from fleet_tui.views.tally import rate_sum

FINDING_WORDS: Final = {RuleName.ORPHAN: "ORPHAN", RuleName.DUPLICATE_TASK: "DUP"}
"""Findings that are printed before the phase."""

_ORPHAN_RANK: Final = 25
_DUPLICATE_RANK: Final = 45
_UNCONFIRMED_RANK: Final = 42
_NO_COMPUTE_RANK: Final = 130


def findings_of(model: FleetModel, agent: Agent) -> frozenset[RuleName]:
    """The rules that some resource of the agent matches."""
    if not model.findings:
        return frozenset()
    return frozenset(rule for r in agent.resources for rule in model.findings.get(r.key, ()))


def is_stale(model: FleetModel, resource: Resource, now: datetime) -> bool:
    """Its source has not been read lately: what the row says may not be so any more."""
    status = model.statuses.get(resource.key.source)
    return status is None or not is_fresh(status, now)


def confirmed(model: FleetModel, resource: Resource, now: datetime) -> bool:
    """What the phase column says needs no `?`."""
    return resource.phase.confirmed and not is_stale(model, resource, now)


def phase_word(resource: Resource) -> str:
    """`RUN`, or `?hibernating` for a state that only the vendor knows."""
    phase = resource.phase
    if phase.phase is not Phase.UNKNOWN:
        return short(phase.phase)
    return f"?{safe_line(phase.raw, 24)}" if phase.raw else "?"


def state_text(model: FleetModel, agent: Agent, now: datetime) -> str:
    """Findings, then the phase, then `?` where it is not confirmed, then what was asked for and has no outcome yet."""
    found = findings_of(model, agent)
    words = [word for rule, word in FINDING_WORDS.items() if rule in found]
    if agent.lead is None:
        words.append("-")
    else:
        word = phase_word(agent.lead)
        sure = word.startswith("?") or confirmed(model, agent.lead, now)
        words.append(word if sure else f"{word}?")
    words.extend(f">{verb}" for verb in dict.fromkeys(action.verb.value for action in model.pending(agent)))
    return " ".join(words)


def where(agent: Agent) -> str:
    """`e2b/us`, the source where no region is told, `+2` for more running compute elsewhere."""
    lead = agent.lead
    if lead is None:
        places = sorted({r.provider for r in agent.resources})
        return "+".join(places)
    place = f"{lead.provider}/{lead.region}" if lead.region else _source_place(lead)
    if len(agent.resources) == 1:
        return place
    others = sum(1 for r in agent.running if r is not lead)
    return f"{place} +{others}" if others else place


def _source_place(resource: Resource) -> str:
    source = resource.key.source
    return source if source.startswith(resource.provider) else f"{resource.provider}:{source}"


def observed(agent: Agent) -> bool:
    """Some source of work signals exists for it."""
    return any(r.observes_work for r in agent.resources)


def beat(model: FleetModel, agent: Agent) -> Vitals | None:
    """The newest work signal of anything the agent has."""
    newest: Vitals | None = None
    for resource in agent.resources:
        vitals = model.vitals.get(resource.key)
        if vitals is None or vitals.signal_at is None:
            continue
        if newest is None or newest.signal_at is None or vitals.signal_at > newest.signal_at:
            newest = vitals
    return newest


def ends_at(agent: Agent) -> datetime | None:
    """When the first of its running things ends by itself."""
    if all(r.ends_at is None for r in agent.resources):
        return None
    return min((r.ends_at for r in agent.running if r.ends_at is not None), default=None)


def rate(agent: Agent) -> Sum:
    return rate_sum(agent.resources)


def today(model: FleetModel, agent: Agent, now: datetime) -> Sum | None:
    """What it cost today, UTC; None where nobody knows. What is known to cost nothing is a known 0."""
    return cost_on(model, agent, now.astimezone(UTC).date())


def cost_on(model: FleetModel, agent: Agent, day: date) -> Sum | None:
    """What it cost on a day, UTC."""
    if agent.claimed:
        spent = model.ledger.agent(agent.name, day, team=ledger_team(agent))
        if spent is not None:
            return spent
    return rate(agent) if _free(agent) and not model.past else None


def ledger_team(agent: Agent) -> str | None:
    """The team that its id alone does not name: two teams use it. None where the id names the agent."""
    _, at, team = agent.handle.partition("@") if agent.handle != agent.name else (agent.name, "", "")
    return team if at else None


def _free(agent: Agent) -> bool:
    """It is known to cost nothing an hour."""
    priced = False
    for resource in agent.resources:
        phase = resource.phase.phase
        if phase in ENDED:
            continue
        if resource.rate is not None:
            if resource.rate.microusd_per_hour:
                return False
            priced = True
        elif phase in BURNING and resource.layer is Layer.COMPUTE:
            return False
    return priced


def billed_today(model: FleetModel, agent: Agent, now: datetime, side: Side) -> Sum | None:
    """Another side's money, never added to what it cost."""
    return model.ledger.agent(agent.name, now.astimezone(UTC).date(), side=side) if agent.claimed else None


def kind_word(agent: Agent) -> str:
    """What sort of agent it is: its program where the provider tells it, else what it runs in."""
    lead = agent.lead
    if lead is None:
        return next((r.key.kind.replace("_", " ") for r in agent.resources), "-")
    for key, value in lead.detail:
        if key == "program" and value:
            return value
    return lead.key.kind.value


def rank(model: FleetModel, agent: Agent) -> int:
    """How much a person is needed, 0 most."""
    lead = agent.lead
    if lead is None:
        return _NO_COMPUTE_RANK
    phase = lead.phase
    result = attention_rank(phase.phase) * 10
    if not phase.confirmed and phase.phase not in ENDED:
        result = min(result, _UNCONFIRMED_RANK)
    if model.findings:
        found = findings_of(model, agent)
        if RuleName.ORPHAN in found:
            result = min(result, _ORPHAN_RANK)
        if RuleName.DUPLICATE_TASK in found:
            result = min(result, _DUPLICATE_RANK)
    return result


def due_at(model: FleetModel, agent: Agent, now: datetime) -> datetime | None:
    """When some cell of the row will print something else although no fact changed; None: never."""
    lead = agent.lead
    signal = beat(model, agent)
    times = [left_due(ends_at(agent), now), age_due(signal.signal_at if signal else None, now)]
    if today(model, agent, now) is not None:
        times.append(_midnight_after(now))
    if lead is not None:
        times.append(age_due(lead.phase.since, now))
        status = model.statuses.get(lead.key.source)
        if status is not None and status.last_ok_at is not None:
            turns_stale = status.last_ok_at + timedelta(seconds=stale_after_s(status.cadence_s), milliseconds=1)
            times.append(turns_stale if turns_stale > now else None)
    return min((at for at in times if at is not None), default=None)


def _midnight_after(now: datetime) -> datetime:
    """When today is another day, UTC."""
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
