"""What the words of a verb name: agents, or single resources, and nothing that could have meant two things. Pure."""

import difflib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from fleet_tui.domain.action import VERBS, Params, Verb
from fleet_tui.domain.agent import Agent
from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.filter import Filter, matches
from fleet_tui.domain.identity import Kind, ResourceKey, SourceName
from fleet_tui.domain.outcome import RefusalReason
from fleet_tui.domain.plan import LeftOut, Plan, keeping, plan_for_agents, plan_for_resources, wrong_kind_text
from fleet_tui.domain.resource import Resource
from fleet_tui.views.facts import PLACES, AgentFacts, ResourceFacts, misnamed
from fleet_tui.views.family import below
from fleet_tui.views.model import FleetModel


class Ambiguous(ValueError):
    """A word names more than one thing, or nothing; the sentence says what it could have meant."""


class WrongKind(ValueError):
    """A verb that takes one kind was given another; the sentence names the right verb."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Whole agents, or single resources by their own ids."""

    agents: tuple[Agent, ...] = ()
    resources: tuple[Resource, ...] = ()
    only: frozenset[ResourceKey] | None = None
    """Where the filter says what and where things are: of the agents' resources those of which it is true."""


def choose(model: FleetModel, chosen: Filter, now: datetime, *, children: bool = False) -> Choice:
    """What a verb's filter means, with `children` also all that stands below it. Raises Ambiguous.

    Without a bare word it ranges over the rows of FLEET. A bare word is an agent's name first, else the id of one
    resource, which then stands for itself and not for its agent. What a filter says of kinds and places narrows what
    it means of an agent: `source:a` reaches nothing at b, and `kind:meter` nothing that runs.
    """
    words = list(dict.fromkeys(term.value for term in chosen.terms if term.bare))

    def with_children(agents: Sequence[Agent]) -> Sequence[Agent]:
        return (*agents, *below(model, agents)) if children else agents

    if not words:
        return _narrowed(model, chosen, with_children(_matching(model, chosen, sorted(model.fleet), now)), now)
    named = _matching(model, chosen, sorted(model.agents), now)
    claimed = [agent for agent in named if agent.claimed and words[0] in _own_names(agent)]
    if len(claimed) == 1:
        return _narrowed(model, chosen, with_children(claimed), now)
    if claimed:
        raise Ambiguous(_either(words[0], [agent.handle for agent in claimed]))
    resources = [r for r in _with_id(model, words[0]) if matches(chosen, ResourceFacts(model, r, now))]
    if len(resources) > 1:
        raise Ambiguous(_either(words[0], [f"{words[0]} source:{r.key.source}" for r in resources]))
    if resources:
        return Choice(resources=tuple(resources))
    if wrong := misnamed(model, chosen, now):
        raise Ambiguous(" ".join(_unknown(word, near) for word, near in wrong.items()))
    return Choice()


def choose_ids(model: FleetModel, verb: Verb, words: Sequence[str]) -> tuple[Resource, ...]:
    """The resources that a final verb's ids name, all of one kind. Raises Ambiguous or WrongKind."""
    found = [_one_id(model, verb, word) for word in dict.fromkeys(words)]
    for resource in found:
        if resource.key.kind not in VERBS[verb].kinds:
            raise WrongKind(f"{resource.key.id}: {wrong_kind_text(verb, resource.key.kind)}")
    kinds = sorted({resource.key.kind for resource in found})
    if len(kinds) > 1:
        raise WrongKind(f"{verb} takes ids of one kind only, and these are {' and '.join(_kind(k) for k in kinds)}")
    return tuple(found)


def plan_choice(
    verb: Verb,
    choice: Choice,
    *,
    model: FleetModel,
    now: datetime,
    params: Params,
    acting: Collection[SourceName],
) -> Plan:
    """Plan a verb over what was chosen."""
    statuses = dict(model.statuses)
    if single := by_themselves(verb, choice):
        return plan_for_resources(verb, single, statuses=statuses, now=now, params=params, acting=acting)
    plan = plan_for_agents(verb, choice.agents, statuses=statuses, now=now, params=params, acting=acting)
    return plan if choice.only is None else within(plan, choice.only)


def by_themselves(verb: Verb, choice: Choice) -> tuple[Resource, ...]:
    """The resources that are meant for themselves and not as parts of an agent."""
    named = choice.resources or _named(choice)
    return named if choice.resources or not any(r.key.kind in VERBS[verb].kinds for r in named) else ()


def _narrowed(model: FleetModel, chosen: Filter, agents: Iterable[Agent], now: datetime) -> Choice:
    whole = tuple(agents)
    places = tuple(term for term in chosen.terms if term.field in PLACES)
    if not places or not whole:
        return Choice(agents=whole)
    there = Filter(terms=places, purpose=chosen.purpose)
    resources = (r for agent in whole for r in agent.resources)
    return Choice(
        agents=whole, only=frozenset(r.key for r in resources if matches(there, ResourceFacts(model, r, now)))
    )


def _named(choice: Choice) -> tuple[Resource, ...]:
    only = choice.only or frozenset()
    return tuple(r for agent in choice.agents for r in agent.resources if r.key in only)


def within(plan: Plan, only: Collection[ResourceKey]) -> Plan:
    """The plan with what lies elsewhere among what stays."""
    return replace(
        keeping(plan, tuple(r for r in plan.targets if r.key in only)),
        left_out=tuple(left for left in plan.left_out if left.resource.key in only),
        stays=(*plan.stays, *(r for r in plan.targets if r.key not in only)),
    )


def without_sources(plan: Plan, unread: Mapping[SourceName, str]) -> Plan:
    """The plan without what lies in sources that could not be read again, each left out by name with the reason."""
    kept = tuple(r for r in plan.targets if r.key.source not in unread)
    out = tuple(LeftOut(r, RefusalReason.STALE, unread[r.key.source]) for r in plan.targets if r.key.source in unread)
    if not out:
        return plan
    return replace(keeping(plan, kept), left_out=(*plan.left_out, *out), notes=(), stale=False)


def _own_names(agent: Agent) -> set[str]:
    return {agent.handle, agent.name, *(r.agent for r in agent.resources if r.agent)}


def _matching(model: FleetModel, chosen: Filter, handles: Iterable[str], now: datetime) -> list[Agent]:
    agents = (model.agents[handle] for handle in handles)
    return [agent for agent in agents if matches(chosen, AgentFacts(model, agent, now))]


def _with_id(model: FleetModel, word: str) -> list[Resource]:
    return sorted((r for r in model.resources.values() if r.key.id == word), key=lambda r: r.key)


def _one_id(model: FleetModel, verb: Verb, word: str) -> Resource:
    found = sorted((r for r in model.resources.values() if word in {r.key.id, str(r.key)}), key=lambda r: r.key)
    fitting = [r for r in found if r.key.kind in VERBS[verb].kinds] or found
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise Ambiguous(_either(word, [str(r.key) for r in fitting]))
    ids = sorted({r.key.id for r in model.resources.values() if r.key.kind in VERBS[verb].kinds})
    raise Ambiguous(_unknown(word, tuple(difflib.get_close_matches(word, ids, 3, 0.5))))


def _either(word: str, meanings: Iterable[str]) -> str:
    return f"{word} could be {' or '.join(meanings)}: say which"


def _unknown(word: str, near: Iterable[str]) -> str:
    listed = ", ".join(near)
    return f"{word} names no agent and no id" + (f"; did you mean {listed}?" if listed else "")


def _kind(kind: Kind) -> str:
    return kind.replace("_", " ")
