"""Who stands above and below an agent, and who does the same task, as assignments say it. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from fleet_tui.domain.agent import Agent
from fleet_tui.views.model import FleetModel


def lives(agent: Agent) -> bool:
    """Something of it runs, or nobody knows of anything that could."""
    return bool(agent.running) or (agent.lead is None and bool(agent.resources))


def words_for(agent: Agent) -> frozenset[str]:
    """What a parent field may hold to mean this agent."""
    return frozenset({agent.handle, agent.name})


def below(model: FleetModel, agents: Sequence[Agent]) -> tuple[Agent, ...]:
    """Every descendant that is not among them already, nearest first. A circle of parents ends where it began."""
    children: defaultdict[str, list[Agent]] = defaultdict(list)
    for agent in model.agents.values():
        if agent.assignment.parent is not None:
            children[agent.assignment.parent].append(agent)
    if not children:
        return ()
    seen = {agent.handle for agent in agents}
    found: list[Agent] = []
    front: Iterable[Agent] = agents
    while front:
        next_front: list[Agent] = []
        for parent in front:
            for name in sorted(words_for(parent)):
                for child in children.get(name, ()):
                    if child.handle not in seen:
                        seen.add(child.handle)
                        next_front.append(child)
        found += next_front
        front = next_front
    return tuple(found)


def above(model: FleetModel, agents: Sequence[Agent]) -> tuple[Agent, ...]:
    """Their living parents that are not among them."""
    named = {agent.assignment.parent for agent in agents} - {None}
    if not named:
        return ()
    inside = {agent.handle for agent in agents}
    return tuple(
        agent
        for handle, agent in sorted(model.agents.items())
        if handle not in inside and lives(agent) and named & words_for(agent)
    )


def same_task(model: FleetModel, agents: Sequence[Agent]) -> tuple[tuple[str, tuple[Agent, ...]], ...]:
    """Each task of theirs with the living agents outside that have it too."""
    tasks = {agent.assignment.task for agent in agents} - {None}
    if not tasks:
        return ()
    inside = {agent.handle for agent in agents}
    others: defaultdict[str, list[Agent]] = defaultdict(list)
    for handle, agent in sorted(model.agents.items()):
        task = agent.assignment.task
        if task in tasks and task is not None and handle not in inside and lives(agent):
            others[task].append(agent)
    return tuple((task, tuple(others.get(task, ()))) for task in sorted(task for task in tasks if task is not None))
