"""Which agent a resource belongs to, and what an agent is: all its resources, led by its newest running compute."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from enum import StrEnum

from fleet_tui.domain.assignment import Assignment
from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.identity import RUNS, AgentId, Layer, may_name_an_agent
from fleet_tui.domain.phase import ENDED, Phase
from fleet_tui.domain.resource import Resource

AGENT_LABEL = "fleet.agent"
AGENT_ALIASES = ("agent", "agent_id", "agentId")
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Join(StrEnum):
    """How far a shared agent id reaches. Agents can write labels, so the default stops at the team."""

    TEAM = "team"
    ANYWHERE = "anywhere"


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingRule:
    """`match` is searched in the value of `field` (`name`, `id` or `label.KEY`); `agent` may use its groups (`\\1`)."""

    field: str
    match: re.Pattern[str]
    agent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimRules:
    """How one source's resources find their agent, in this order."""

    label: str = AGENT_LABEL
    aliases: tuple[str, ...] = AGENT_ALIASES
    rules: tuple[MappingRule, ...] = ()
    name_pattern: re.Pattern[str] | None = None
    """Its group `agent`, or its first one, is the agent."""


@dataclass(frozen=True, slots=True)
class Claim:
    agent: AgentId
    how: str


def claim(*, id_: str, name: str, labels: Mapping[str, str], rules: ClaimRules) -> Claim | None:
    """Who claims a resource; None when no rule does."""
    for label in (rules.label, *rules.aliases):
        if may_name_an_agent(value := labels.get(label, "").strip()):
            return Claim(AgentId(value), f"label {label}")
    for number, rule in enumerate(rules.rules, 1):
        value = {"name": name, "id": id_}.get(rule.field) or labels.get(rule.field.removeprefix("label."), "")
        if (found := rule.match.search(value)) and may_name_an_agent(agent := found.expand(rule.agent)):
            return Claim(AgentId(agent), f"rule {number}")
    if rules.name_pattern and (found := rules.name_pattern.search(name)):
        value = found.groupdict().get("agent") or (found.group(1) if rules.name_pattern.groups else found.group(0))
        if may_name_an_agent(value or ""):
            return Claim(AgentId(value), "name pattern")
    return None


def assignment_from(labels: Mapping[str, str]) -> Assignment:
    """Owner, team, task and parent as the labels below `fleet.` say, else the plain words."""

    def first(*keys: str) -> str | None:
        return next((value for key in keys if (value := labels.get(key, "").strip())), None)

    return Assignment(
        owner=first("fleet.owner", "owner"),
        team=first("fleet.team", "team"),
        task=first("fleet.task", "task"),
        parent=first("fleet.parent", "parent"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """Everything that carries one agent id within one team, or one compute resource that nobody claims."""

    handle: str
    """Unique in the fleet: the agent id, `id@team` where two teams use it, or the packed key of an unclaimed one."""
    name: str
    resources: tuple[Resource, ...]
    lead: Resource | None
    """Its newest running compute, else its newest compute, else None."""
    assignment: Assignment
    claimed: bool

    @property
    def running(self) -> tuple[Resource, ...]:
        """What the verbs on running things touch."""
        return tuple(r for r in self.resources if r.key.kind in RUNS and r.phase.phase not in ENDED)

    @property
    def stays(self) -> tuple[Resource, ...]:
        """What such a verb leaves alone."""
        return tuple(r for r in self.resources if r.key.kind not in RUNS)

    @property
    def phase(self) -> Phase:
        return self.lead.phase.phase if self.lead else Phase.UNKNOWN


def _recency(resource: Resource) -> tuple[bool, datetime, str]:
    return (
        resource.phase.phase not in ENDED,
        resource.created_at or resource.phase.since or _LONG_AGO,
        resource.key.packed(),
    )


def agent_of(handle: str, name: str, resources: Iterable[Resource], *, claimed: bool = True) -> Agent:
    """Put the resources of one agent together. The lead's assignment wins, the others fill what it leaves open."""
    ordered = tuple(resources)
    if len(ordered) == 1:
        return _agent_of_one(handle, name, ordered[0], claimed=claimed)
    ordered = tuple(sorted(ordered, key=lambda r: r.key))
    compute = [r for r in ordered if r.layer is Layer.COMPUTE]
    lead = max(compute, key=_recency, default=None)
    first = ([lead] if lead else []) + [r for r in ordered if r is not lead]

    def of(field: str) -> str | None:
        return next((v for r in first if (v := getattr(r.assignment, field)) is not None), None)

    return Agent(
        handle=handle,
        name=name,
        resources=ordered,
        lead=lead,
        assignment=Assignment(owner=of("owner"), team=of("team"), task=of("task"), parent=of("parent")),
        claimed=claimed,
    )


def _agent_of_one(handle: str, name: str, only: Resource, *, claimed: bool) -> Agent:
    """Most agents have one resource: nothing is to be sorted or filled in."""
    return Agent(
        handle=handle,
        name=name,
        resources=(only,),
        lead=only if only.layer is Layer.COMPUTE else None,
        assignment=only.assignment,
        claimed=claimed,
    )


def agents_of_id(agent: AgentId, resources: Iterable[Resource], join: Join) -> tuple[Agent, ...]:
    """The agents that share one id: one, unless two teams use it and the join stops at the team.

    What names no team joins the only team there is; where there are two, it stands for itself.
    """
    members = tuple(resources)
    if len(members) == 1:
        return (_agent_of_one(agent, agent, members[0], claimed=True),)
    teams = sorted({r.assignment.team for r in members if r.assignment.team is not None})
    if join is Join.ANYWHERE or len(teams) <= 1:
        return (agent_of(agent, agent, members),) if members else ()
    groups = [(f"{agent}@{team}", [r for r in members if r.assignment.team == team]) for team in teams]
    teamless = [r for r in members if r.assignment.team is None]
    if teamless:
        groups.append((f"{agent}@", teamless))
    return tuple(agent_of(handle, agent, group) for handle, group in groups)
