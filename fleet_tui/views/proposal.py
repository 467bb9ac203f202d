"""What an operator may still choose in the dialog of a verb, over agents that were resolved once. Pure.

Every plan it gives is made of the same agents, statuses and moment, so that choosing looks nothing up again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from fleet_tui.domain.action import NO_PARAMS, Params, Verb
from fleet_tui.domain.agent import Agent
from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.dirt import may_hold_work
from fleet_tui.domain.identity import ResourceKey, SourceName
from fleet_tui.domain.plan import Plan, only_fresh, plan_for_agents, plan_for_resources
from fleet_tui.domain.reading import SourceStatus
from fleet_tui.domain.record import HandOver
from fleet_tui.domain.resource import Resource
from fleet_tui.views.cells import Role
from fleet_tui.views.choice import Choice, by_themselves, within
from fleet_tui.views.family import above, below, same_task
from fleet_tui.views.model import FleetModel
from fleet_tui.views.pieces import counted

_SHOWN_NAMES: Final = 5
_SHOWN_TASKS: Final = 3


class How(StrEnum):
    """For kill: how hard."""

    STOP = "stop"
    NOW = "now"
    PAUSE = "pause"


class Scope(StrEnum):
    THESE = "these"
    CHILDREN = "children"


WITH_SCOPE = frozenset({Verb.PAUSE, Verb.RESUME, Verb.RESTART, Verb.KILL})
"""Verbs that may take whom an agent started along."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What was chosen so far."""

    how: How = How.STOP
    scope: Scope = Scope.THESE
    stale_too: bool = False
    rescue: bool = False


AS_ASKED = Chosen()


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """One verb over agents, with those below them, those above them, and who has the same task."""

    verb: Verb
    params: Params
    agents: tuple[Agent, ...]
    children: tuple[Agent, ...] = ()
    parents: tuple[Agent, ...] = ()
    tasks: tuple[tuple[str, tuple[Agent, ...]], ...] = ()
    statuses: dict[SourceName, SourceStatus]
    acting: frozenset[SourceName] | None
    now: datetime
    hand_over: HandOver | None = None
    """A task that moves when this is confirmed; the verb is then done to who had it."""
    single: tuple[Resource, ...] = ()
    """Resources that are meant for themselves; there are no agents then."""
    only: frozenset[ResourceKey] | None = None
    """Of the agents' resources those that are meant; None: all of them."""

    @property
    def asks_for_dirt(self) -> bool:
        """Some plan of it may have to say what work is nowhere else."""
        return any(may_hold_work(self.verb, r) for agent in (*self.agents, *self.children) for r in agent.running)

    def acted_on(self, scope: Scope) -> tuple[Agent, ...]:
        return (*self.agents, *self.children) if scope is Scope.CHILDREN else self.agents

    def plan(self, chosen: Chosen = AS_ASKED) -> Plan:
        """The plan of what was chosen. Of stale rows only those that were asked for, or where there are no others."""
        verb = Verb.PAUSE if self.verb is Verb.KILL and chosen.how is How.PAUSE else self.verb
        params = self.params
        if verb is Verb.KILL and chosen.how is How.NOW:
            params = replace(params, now=True, grace_s=0.0)
        if verb in {Verb.KILL, Verb.RESTART} and chosen.rescue:
            params = replace(params, rescue=True)
        plan = self._made(verb, params, chosen.scope)
        return plan if chosen.stale_too else only_fresh(plan, self.statuses)

    def _made(self, verb: Verb, params: Params, scope: Scope) -> Plan:
        statuses, now, acting = self.statuses, self.now, self.acting
        if self.single:
            return plan_for_resources(verb, self.single, statuses=statuses, now=now, params=params, acting=acting)
        agents = self.acted_on(scope)
        plan = plan_for_agents(verb, agents, statuses=statuses, now=now, params=params, acting=acting)
        return plan if self.only is None else within(plan, self.only)


def family_words(proposal: Proposal, scope: Scope) -> Iterator[tuple[str, str, Role]]:
    """Who else is meant, and who stays: children, parents, whoever works on the same task. Label, text, role."""
    if proposal.hand_over is not None:
        moved = proposal.hand_over
        yield (
            "moves",
            f"{moved.task} goes from {moved.from_agent} to {moved.to_agent}, and {moved.from_agent} told to pause",
            Role.WARN,
        )
    if proposal.children:
        names = _names(proposal.children)
        count = counted(len(proposal.children), "child", "children")
        if scope is Scope.CHILDREN:
            yield "below", f"{count} too: {names}", Role.WARN
        else:
            yield "below", f"{count} not meant: {names}", Role.PLAIN
    if proposal.parents:
        yield "above", f"{_names(proposal.parents)} stays; whether that starts it again is not known", Role.WARN
    yield from _tasks(proposal, scope)


def _tasks(proposal: Proposal, scope: Scope) -> Iterator[tuple[str, str, Role]]:
    """Tasks that others work on each in a line, those that nobody else does together."""
    alone: list[str] = []
    shared: list[str] = []
    for task, others in proposal.tasks:
        held = [agent for agent in others if scope is Scope.THESE or agent not in proposal.children]
        if held:
            shared.append(f"{task}: also worked on by {_names(held)}")
        else:
            alone.append(task)
    for text in shared[:_SHOWN_TASKS]:
        yield "task", text, Role.PLAIN
    if len(shared) > _SHOWN_TASKS:
        yield "task", f"and {len(shared) - _SHOWN_TASKS} more that others work on", Role.PLAIN
    if alone:
        what = alone[0] if len(alone) == 1 else f"{len(alone)} tasks"
        yield "task", f"{what}: no other worker", Role.PLAIN


def _names(agents: Sequence[Agent]) -> str:
    more = f" and {len(agents) - _SHOWN_NAMES} more" if len(agents) > _SHOWN_NAMES else ""
    return ", ".join(agent.name for agent in agents[:_SHOWN_NAMES]) + more


def propose(
    verb: Verb,
    agents: tuple[Agent, ...],
    *,
    model: FleetModel,
    now: datetime,
    params: Params = NO_PARAMS,
    acting: frozenset[SourceName] | None = None,
) -> Proposal:
    """Resolve once everything that the verb could come to mean."""
    return Proposal(
        verb=verb,
        params=params,
        agents=agents,
        children=below(model, agents) if verb in WITH_SCOPE else (),
        parents=above(model, agents) if verb in WITH_SCOPE else (),
        tasks=same_task(model, agents) if verb in WITH_SCOPE else (),
        statuses=dict(model.statuses),
        acting=acting,
        now=now,
    )


def propose_choice(
    verb: Verb,
    choice: Choice,
    *,
    model: FleetModel,
    now: datetime,
    params: Params = NO_PARAMS,
    acting: frozenset[SourceName] | None = None,
) -> Proposal:
    """The same over what words named: whole agents, parts of them, or single resources."""
    single = by_themselves(verb, choice)
    agents = () if single else choice.agents
    proposal = propose(verb, agents, model=model, now=now, params=params, acting=acting)
    children = proposal.children if choice.only is None else ()
    return replace(proposal, single=single, only=choice.only, children=children)
