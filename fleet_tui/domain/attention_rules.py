"""From facts to what needs a person: agents, findings, actions and hand-overs."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from fleet_tui.domain.action import VERBS, Verb
from fleet_tui.domain.agent import Agent
from fleet_tui.domain.attention import Cost, Item, Severity, likeness, running_cost, summed
from fleet_tui.domain.capability import Capability
from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.failure import RULES as FAILURE_RULES
from fleet_tui.domain.identity import Layer, ResourceKey
from fleet_tui.domain.outcome import TWICE, Done, Failed, Outcome, RefusalReason, Refused
from fleet_tui.domain.phase import BURNING, ENDED, Phase
from fleet_tui.domain.record import ActionRecord, HandOver
from fleet_tui.domain.resource import Resource
from fleet_tui.domain.sprawl import RULES as SPRAWL_RULES
from fleet_tui.domain.sprawl import Finding, RuleName

ENDS_SOON: Final = timedelta(minutes=10)
ENDS_AT_ONCE: Final = timedelta(minutes=5)
BRIEF: Final = timedelta(minutes=30)
"""What lives no longer than this by design is not told to end soon."""
WORKING: Final = timedelta(minutes=5)
"""A work signal younger than this says that it works."""
STUCK_AGAIN: Final = timedelta(minutes=30)
KEPT: Final = timedelta(hours=24)
"""For so long a failed action, an agent that failed earlier and a hand-over that nobody confirmed are told."""
DEAR_MICROUSD_PER_DAY: Final = 24_000_000
"""An orphan that costs so much a day stands for itself; cheaper ones are one item."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _PhaseRule:
    severity: Severity
    words: str
    do: tuple[Verb, ...]
    next_step: str
    runbook: str


NEEDY: Final[dict[Phase, _PhaseRule]] = {
    Phase.LOOPING: _PhaseRule(
        severity=Severity.CRIT,
        words="crash loop",
        do=(Verb.RESTART, Verb.KILL, Verb.REASSIGN),
        next_step="it starts and fails again and again: read the cause (l) before a restart",
        runbook="loop",
    ),
    Phase.STUCK: _PhaseRule(
        severity=Severity.HIGH,
        words="no progress",
        do=(Verb.RESTART, Verb.KILL, Verb.REASSIGN),
        next_step="it has a task and shows no work: read its last lines (l), restart or reassign it",
        runbook="stuck",
    ),
    Phase.WAITING: _PhaseRule(
        severity=Severity.HIGH,
        words="waits for you",
        do=(Verb.PAUSE,),
        next_step="it waits for a person: read its last lines (l), then answer it where it runs",
        runbook="waiting",
    ),
    Phase.ENDED_FAILED: _PhaseRule(
        severity=Severity.MED,
        words="failed",
        do=(Verb.RESTART, Verb.REASSIGN),
        next_step="read its last lines (l), then restart it or give its task to another",
        runbook="failed",
    ),
    Phase.ENDED_LOST: _PhaseRule(
        severity=Severity.HIGH,
        words="lost",
        do=(Verb.RESTART, Verb.REASSIGN),
        next_step="what it ran in is gone: restart it, or give its task to another",
        runbook="lost",
    ),
}
"""Phases in which an agent needs a person."""

_WASTE: Final = frozenset({RuleName.ORPHAN, RuleName.IDLE, RuleName.PAUSED_LONG, RuleName.DUPLICATE_TASK})
"""Rules whose rows cost money for nothing while they wait."""
_FINDING_SEVERITY: Final = {
    RuleName.ORPHAN: Severity.MED,
    RuleName.IDLE: Severity.MED,
    RuleName.DUPLICATE_TASK: Severity.MED,
}
_FINDING_DO: Final = {
    RuleName.ORPHAN: (Verb.KILL, Verb.REASSIGN),
    RuleName.IDLE: (Verb.PAUSE,),
    RuleName.NO_END: (Verb.EXTEND,),
    RuleName.UNLABELLED: (Verb.REASSIGN,),
    RuleName.PAUSED_LONG: (Verb.KILL,),
    RuleName.DUPLICATE_TASK: (Verb.KILL, Verb.PAUSE),
}


def key_of(verb: Verb) -> str:
    """A verb's key as a person reads it."""
    return (VERBS[verb].key or "").replace("ctrl+", "^")


def agent_item(agent: Agent, *, name: str, signal_at: datetime | None, now: datetime) -> Item | None:
    """Why this agent needs a person now; None: it does not."""
    lead = agent.lead
    if lead is None:
        return None
    rule = NEEDY.get(lead.phase.phase)
    if rule is None:
        return _ends_soon(agent, lead, name=name, signal_at=signal_at, now=now)
    phase, since = lead.phase, lead.phase.since
    ended = phase.phase in ENDED
    evidence = phase.evidence or phase.raw
    unsure = () if phase.confirmed else ("not confirmed by a second reading",)
    return Item(
        cause=f"agent:{agent.handle}:{phase.phase}",
        severity=rule.severity,
        subject=name,
        text=f"{rule.words}: {evidence}" if evidence else rule.words,
        since=since,
        cost=None if ended else cost_of(agent.running, since, now),
        handles=(agent.handle,),
        source=lead.key.source,
        do=("l", *_can(agent, rule.do)),
        lines=(*unsure, rule.next_step),
        runbook=rule.runbook,
        group=f"{phase.phase}:{lead.key.source}:{likeness(evidence)}",
        again_at=since + STUCK_AGAIN if phase.phase is Phase.STUCK and since is not None else None,
    )


def _ends_soon(agent: Agent, lead: Resource, *, name: str, signal_at: datetime | None, now: datetime) -> Item | None:
    end, born = lead.ends_at, lead.created_at
    if end is None or lead.phase.phase is not Phase.RUNNING or not now < end <= now + ENDS_SOON:
        return None
    if born is not None and end - born <= BRIEF:
        return None
    if signal_at is None or now - signal_at > WORKING:
        return None
    minutes = max(1, int((end - now).total_seconds()) // 60)
    return Item(
        cause=f"agent:{agent.handle}:ends:{lead.incarnation}",
        severity=Severity.HIGH if agent.assignment.task and end <= now + ENDS_AT_ONCE else Severity.MED,
        subject=name,
        text=f"ends in {minutes} min while working",
        since=None,
        cost=cost_of(agent.running, born, now),
        at_stake=True,
        handles=(agent.handle,),
        source=lead.key.source,
        do=_can(agent, (Verb.EXTEND,)),
        lines=("its provider ends it then, whatever it is doing: extend it, or let it end",),
        runbook="ends",
    )


def _can(agent: Agent, verbs: Iterable[Verb]) -> tuple[str, ...]:
    """The keys of those verbs that something of this agent can do; our own word about its assignment always can."""
    able: set[Capability] = {one for resource in agent.resources for one in resource.capabilities}
    return tuple(key_of(verb) for verb in verbs if verb is Verb.REASSIGN or VERBS[verb].capability in able)


def cost_of(resources: Iterable[Resource], since: datetime | None, now: datetime) -> Cost:
    """What these have cost since then at their rates of now; compute that burns without a known rate is unknown."""
    per_hour, unpriced = hourly_of(resources)
    return running_cost(per_hour, since, now, at_least=unpriced)


def hourly_of(resources: Iterable[Resource]) -> tuple[int | None, bool]:
    """What these cost an hour in millionths, as far as rates are known, and whether some are not."""
    per_hour, priced, unpriced = 0, False, False
    for resource in resources:
        rate, phase = resource.rate, resource.phase.phase
        if rate is not None and rate.currency == "usd":
            per_hour, priced = per_hour + rate.microusd_per_hour, True
        elif rate is not None or (phase in BURNING and resource.layer is Layer.COMPUTE):
            unpriced = True
    return (None if unpriced and not priced else per_hour), unpriced


def earlier_item(agents: Sequence[Agent], now: datetime) -> Item | None:
    """Agents that failed or were lost and have left FLEET, as one; None where there is none of the last day."""
    ends = [(since, a) for a in agents if a.lead and (since := a.lead.phase.since) is not None and now - since <= KEPT]
    if not ends:
        return None
    ends.sort(key=lambda end: (end[0], end[1].handle))
    return Item(
        cause="failed-earlier",
        severity=Severity.LOW,
        subject=_agents(len(ends)),
        text="failed or were lost earlier" if len(ends) > 1 else "failed or was lost earlier",
        since=ends[0][0],
        handles=tuple(agent.handle for _, agent in ends),
        size=len(ends),
        lines=(listed([agent.name for _, agent in reversed(ends)]), "fleet-tui failures says more"),
    )


def finding_items(
    findings: Iterable[Finding],
    now: datetime,
    *,
    name_of: Callable[[ResourceKey], str],
    handle_of: Callable[[ResourceKey], str | None],
) -> list[Item]:
    """One item per rule; an orphan that is dear stands for itself."""
    by_rule: dict[str, list[Finding]] = {}
    for finding in findings:
        dear = finding.rule is RuleName.ORPHAN and (finding.microusd_per_day or 0) >= DEAR_MICROUSD_PER_DAY
        cause = f"finding:{finding.rule}" + (f":{finding.subject.packed()}" if dear else "")
        by_rule.setdefault(cause, []).append(finding)
    return [_finding_item(cause, found, now, name_of, handle_of) for cause, found in by_rule.items()]


def _finding_item(
    cause: str,
    found: Sequence[Finding],
    now: datetime,
    name_of: Callable[[ResourceKey], str],
    handle_of: Callable[[ResourceKey], str | None],
) -> Item:
    ordered = sorted(found, key=lambda one: (one.since, one.subject))
    first = ordered[0]
    rule = SPRAWL_RULES[first.rule]
    alone = len(ordered) == 1
    dear = cause != f"finding:{first.rule}"
    handles = dict.fromkeys(handle for one in ordered if (handle := handle_of(one.subject)) is not None)
    return Item(
        cause=cause,
        severity=Severity.HIGH if dear else _FINDING_SEVERITY.get(first.rule, Severity.LOW),
        subject=name_of(first.subject) if alone else f"{len(ordered)} rows",
        text=rule.title,
        since=first.since,
        cost=summed(_finding_cost(one, now) for one in ordered) if first.rule in _WASTE else None,
        handles=tuple(handles),
        source=first.subject.source if alone else None,
        size=len(ordered),
        do=tuple(key_of(verb) for verb in _FINDING_DO.get(first.rule, ())),
        lines=(
            first.evidence if alone else f"{rule.means}: {listed([name_of(one.subject) for one in ordered])}",
            rule.proposal,
        ),
        runbook=first.rule.value,
    )


def _finding_cost(finding: Finding, now: datetime) -> Cost:
    daily = finding.microusd_per_day
    return running_cost(None if daily is None else round(daily / 24), finding.since, now)


def is_unsound(record: ActionRecord) -> bool:
    """It failed, perhaps happened twice, or its time was over first: nobody may go on believing that it was done."""
    match record.outcome:
        case Failed() | Done(uncertain=True) | Refused(reason=RefusalReason.EXPIRED):
            return True
        case _:
            return False


def action_items(
    records: Iterable[ActionRecord], now: datetime, *, handle_of: Callable[[ResourceKey], str | None]
) -> list[Item]:
    """Orders of the last day that failed or expired, those of one order and one reason together."""
    orders: dict[str, list[ActionRecord]] = {}
    for record in records:
        if record.settled_at is not None and now - record.settled_at <= KEPT:
            reason = _reason(record.outcome)
            orders.setdefault(f"action:{record.intent_id}:{reason}", []).append(record)
    return [_action_item(cause, held, handle_of) for cause, held in orders.items()]


def _reason(outcome: Outcome | None) -> str:
    match outcome:
        case Failed(failure_class=failure_class):
            return failure_class.value
        case Done():
            return "uncertain"
        case _:
            return "expired"


def _action_item(cause: str, held: Sequence[ActionRecord], handle_of: Callable[[ResourceKey], str | None]) -> Item:
    first = min(held, key=lambda record: record.action_id)
    words, step, detail = _unsound(first.outcome)
    handles = dict.fromkeys(handle for record in held if (handle := handle_of(record.target.key)) is not None)
    return Item(
        cause=cause,
        severity=Severity.HIGH,
        subject=first.name if len(held) == 1 else f"{len(held)} rows",
        text=f"{first.verb} {words}" + (f": {detail}" if detail else ""),
        since=min(record.settled_at for record in held if record.settled_at is not None),
        handles=tuple(handles),
        source=first.target.key.source,
        size=len(held),
        do=tuple(key for key in ("o", key_of(first.verb)) if key),
        lines=(f"ordered by {first.actor} at {first.host}" + (f": {first.why}" if first.why else ""), step),
        runbook=first.verb.value,
    )


def _unsound(outcome: Outcome | None) -> tuple[str, str, str]:
    """In words, what to do, and the detail as it was recorded."""
    match outcome:
        case Failed(failure_class=failure_class, detail=detail, uncertain=uncertain):
            return (
                "may have failed, uncertain" if uncertain else "failed",
                FAILURE_RULES[failure_class].next_step,
                detail,
            )
        case Done(detail=detail):
            return f"was done, {TWICE}", "d shows it as it stands now: see whether it is as you want it", detail
        case Refused(detail=detail):
            return "expired, never sent", "it was not sent: order it again if you still want it", detail
        case _:
            return "has no outcome", "o lists the outcomes", ""


def hand_over_item(hand_over: HandOver, now: datetime) -> Item | None:
    """A task on its way that waits for a word, or that nobody confirmed in time."""
    late = hand_over.state == "expired" or (hand_over.state == "waiting" and hand_over.not_after < now)
    if hand_over.state not in {"waiting", "expired"} or (late and now - hand_over.not_after > KEPT):
        return None
    what = f"task {hand_over.task} to {hand_over.to_agent}"
    return Item(
        cause=f"hand-over:{hand_over.hand_over_id}:{'late' if late else 'waiting'}",
        severity=Severity.MED,
        subject=hand_over.from_agent,
        text=f"hand-over of {what} was not confirmed in time" if late else f"hand-over of {what} waits for a word",
        since=hand_over.not_after if late else hand_over.asked_at,
        handles=(hand_over.from_agent,),
        do=(key_of(Verb.REASSIGN),),
        lines=(
            f"asked by {hand_over.asked_by}",
            "ask again with m"
            if late
            else f"fleet-tui reassign {hand_over.from_agent} --task-to {hand_over.to_agent} --confirm moves it",
        ),
    )


def _agents(count: int) -> str:
    return f"{count} agent{'s' if count != 1 else ''}"


def listed(names: Sequence[str], at_most: int = 8) -> str:
    """The first names of many."""
    more = f" and {len(names) - at_most} more" if len(names) > at_most else ""
    return ", ".join(names[:at_most]) + more
