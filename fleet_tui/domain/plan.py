"""A plan: what a verb would change, what it leaves out and why, and how hard it must be confirmed. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from fleet_tui.domain.action import NO_PARAMS, VERBS, Params, Verb
from fleet_tui.domain.agent import Agent
from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.dirt import Found, asked_about, dirty
from fleet_tui.domain.identity import RUNS, Kind, SourceName, Target
from fleet_tui.domain.outcome import RefusalReason
from fleet_tui.domain.phase import ENDED, Phase
from fleet_tui.domain.reading import SourceStatus, is_fresh
from fleet_tui.domain.resource import Resource

GOOD_FOR: Final = timedelta(minutes=5)
"""A plan that was looked at for longer is not submitted any more."""
_SET_BACK: Final = timedelta(seconds=5)
"""A clock that is kept by the network may be set back a little under a plan."""


class Level(StrEnum):
    """How an operator says yes. In production the fleet's name replaces either."""

    KEY = "key"
    WORD = "word"
    FLEET_NAME = "fleet name"


@dataclass(frozen=True, slots=True)
class LeftOut:
    resource: Resource
    reason: RefusalReason
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Made once, shown, and submitted as it was shown."""

    verb: Verb
    params: Params
    targets: tuple[Resource, ...]
    left_out: tuple[LeftOut, ...]
    stays: tuple[Resource, ...]
    joined_by_label: tuple[str, ...]
    """Handles whose resources lie in more than one source and are one agent by their label alone."""
    notes: tuple[str, ...]
    stale: bool
    made_at: datetime
    dirt: Found = ()
    """For verbs that end work: what lies in the directories of the targets that have one here."""

    @property
    def word(self) -> str:
        """What is typed at `Level.WORD`: verb and count."""
        return f"{self.verb} {len(self.targets)}"


def level(plan: Plan, *, production: bool) -> Level:
    """One fresh, clean row asks for a key; more than one, stale readings, work that would be lost or that nobody
    could look for yet, or a final verb for the typed word."""
    if production:
        return Level.FLEET_NAME
    if len(plan.targets) > 1 or plan.stale or dirty(plan.dirt) or VERBS[plan.verb].final:
        return Level.WORD
    return Level.KEY


def expected_word(plan: Plan, *, fleet: str, production: bool) -> str | None:
    """The text to type, or None where a key is enough."""
    match level(plan, production=production):
        case Level.KEY:
            return None
        case Level.WORD:
            return plan.word
        case Level.FLEET_NAME:
            return fleet


def plan_for_agents(
    verb: Verb,
    agents: Sequence[Agent],
    *,
    statuses: dict[SourceName, SourceStatus],
    now: datetime,
    params: Params = NO_PARAMS,
    acting: Collection[SourceName] | None = None,
) -> Plan:
    """Plan a verb over whole agents: verbs on what runs take their running resources and leave the rest where it is.

    `acting` names the sources that a verb may reach; None allows all. A final verb over agents plans nothing: it
    takes ids of one kind (`plan_for_resources`).
    """
    chosen: list[Resource] = []
    stays: list[Resource] = []
    for agent in agents:
        if verb is Verb.REASSIGN:
            chosen.extend(agent.resources)
            continue
        chosen.extend(r for r in agent.resources if r.key.kind in RUNS)
        stays.extend(agent.stays)
    plan = plan_for_resources(verb, chosen, statuses=statuses, now=now, params=params, acting=acting)
    joined = tuple(agent.handle for agent in agents if agent.claimed and len({r.key.source for r in agent.running}) > 1)
    return replace(
        plan,
        left_out=tuple(left for left in plan.left_out if left.resource.phase.phase not in ENDED),
        stays=tuple(stays),
        joined_by_label=joined,
    )


def plan_for_resources(
    verb: Verb,
    resources: Sequence[Resource],
    *,
    statuses: dict[SourceName, SourceStatus],
    now: datetime,
    params: Params = NO_PARAMS,
    acting: Collection[SourceName] | None = None,
) -> Plan:
    """Plan a verb over named resources; what it cannot touch is left out by name and reason."""
    targets: list[Resource] = []
    left_out: list[LeftOut] = []
    for resource in resources:
        reason = _why_not(verb, resource, acting)
        if reason is None:
            targets.append(resource)
        else:
            left_out.append(LeftOut(resource, *reason))
    stale_sources = sorted(
        {r.key.source for r in targets if (s := statuses.get(r.key.source)) is None or not is_fresh(s, now)}
    )
    notes = tuple(
        f"{source}: its last reading is old; rows are read again before anything is done" for source in stale_sources
    )
    return Plan(
        verb=verb,
        params=params,
        targets=tuple(targets),
        left_out=tuple(left_out),
        stays=(),
        joined_by_label=(),
        notes=notes,
        stale=bool(stale_sources),
        made_at=now,
        dirt=asked_about(verb, targets),
    )


def good_still(plan: Plan, now: datetime) -> bool:
    """Whether what the plan shows is new enough to say yes to. A clock that was set back makes no plan new."""
    return -_SET_BACK <= now - plan.made_at <= GOOD_FOR


def only_fresh(plan: Plan, statuses: dict[SourceName, SourceStatus]) -> Plan:
    """The plan without its stale rows, each left out by name; as it is where nothing fresh would be left."""

    def fresh(resource: Resource) -> bool:
        status = statuses.get(resource.key.source)
        return status is not None and is_fresh(status, plan.made_at)

    kept = tuple(r for r in plan.targets if fresh(r))
    if not kept or len(kept) == len(plan.targets):
        return plan
    why = "its last reading is old"
    out = tuple(LeftOut(r, RefusalReason.STALE, why) for r in plan.targets if not fresh(r))
    return replace(keeping(plan, kept), left_out=(*plan.left_out, *out), notes=(), stale=False)


def keeping(plan: Plan, targets: tuple[Resource, ...]) -> Plan:
    """The plan with only these of its targets."""
    kept = {r.key for r in targets}
    return replace(plan, targets=targets, dirt=tuple(one for one in plan.dirt if one[0] in kept))


def _why_not(verb: Verb, resource: Resource, acting: Collection[SourceName] | None) -> tuple[RefusalReason, str] | None:
    spec = VERBS[verb]
    if resource.key.kind not in spec.kinds:
        return RefusalReason.WRONG_KIND, wrong_kind_text(verb, resource.key.kind)
    if acting is not None and resource.key.source not in acting:
        return RefusalReason.UNKNOWN_SOURCE, f"name {resource.key.source} in fleet.toml first"
    if resource.phase.phase in ENDED and spec.capability not in resource.capabilities:
        return RefusalReason.GONE, "it has ended"
    if already := _already(verb, resource.phase.phase):
        return RefusalReason.ALREADY, already
    if verb is not Verb.REASSIGN and spec.capability not in resource.capabilities:
        return RefusalReason.NOT_SUPPORTED, f"{resource.provider} cannot {verb} this {resource.key.kind}"
    return None


def _already(verb: Verb, phase: Phase) -> str | None:
    if verb is Verb.PAUSE and phase is Phase.PAUSED:
        return "it is paused already"
    if verb is Verb.RESUME and phase not in {Phase.PAUSED, Phase.UNKNOWN}:
        return "it is not paused"
    return None


def wrong_kind_text(verb: Verb, kind: Kind) -> str:
    """Which verb is right for a kind that this one may not touch."""
    right = [spec.verb for spec in VERBS.values() if kind in spec.kinds and spec.verb is not Verb.REASSIGN]
    touched = f"{'an' if kind[0] in 'aeiou' else 'a'} {kind.replace('_', ' ')}"
    if not right:
        return f"{verb} does not touch {touched}, and no verb here does"
    return f"{verb} does not touch {touched}: use {' or '.join(right)}"


def targets_of(plan: Plan) -> tuple[Target, ...]:
    return tuple(r.target for r in plan.targets)
