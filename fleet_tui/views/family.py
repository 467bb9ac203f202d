"""Who stands above and below an agent, and who does the same task, as assignments say it. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from fleet_tui.domain.agent import Agent
from fleet_tui.domain.plan import Plan
from fleet_tui.domain.tree import Tree
from fleet_tui.views.kin import fleet_tree
from fleet_tui.views.model import FleetModel


def lives(agent: Agent) -> bool:
    """Something of it runs, or nobody knows of anything that could."""
    return bool(agent.running) or (agent.lead is None and bool(agent.resources))


def has_ended(agent: Agent) -> bool:
    """It had something that ran, and nothing of it does."""
    return agent.lead is not None and not agent.running


def left_out(agents: Iterable[Agent], plan: Plan) -> tuple[str, ...]:
    """Names of those that have ended, but for what a plan names: a sandbox that broke is still there to be killed."""
    named = {target.key for target in plan.targets} | {left.resource.key for left in plan.left_out}
    return tuple(a.name for a in agents if has_ended(a) and not any(r.key in named for r in a.resources))


def below(model: FleetModel, agents: Sequence[Agent]) -> tuple[Agent, ...]:
    """Every descendant that is in FLEET and not among them already, as TREE has them."""
    tree = _tree_around(model, agents)
    if tree is None:
        return ()
    inside = {agent.handle for agent in agents}
    handles = dict.fromkeys(handle for agent in agents for handle in tree.subtree(agent.handle))
    return tuple(model.fleet[handle] for handle in handles if handle not in inside and handle in model.fleet)


def above(model: FleetModel, agents: Sequence[Agent]) -> tuple[Agent, ...]:
    """Their living parents that are not among them."""
    tree = _tree_around(model, agents)
    if tree is None:
        return ()
    inside = {agent.handle for agent in agents}
    parents = dict.fromkeys(tree.parents.get(agent.handle) for agent in agents)
    return tuple(
        model.agents[handle]
        for handle in parents
        if handle is not None and handle not in inside and lives(model.agents[handle])
    )


def _tree_around(model: FleetModel, agents: Sequence[Agent]) -> Tree | None:
    """The part of the tree in which somebody has a parent; None where nobody has."""
    words = {agent.assignment.parent for agent in model.agents.values()} - {None}
    if not words:
        return None
    handles = [
        handle
        for handle, agent in model.agents.items()
        if agent.assignment.parent is not None
        or handle in words
        or agent.name in words
        or not words.isdisjoint(word for r in agent.resources for word in (r.agent, r.key.id))
    ]
    return fleet_tree(model, [*handles, *(agent.handle for agent in agents)])


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
