"""The agents of a fleet as a tree: who answers to which parent's word, and who said that word."""

import re
from collections.abc import Generator, Iterable, Mapping
from typing import Final

from fleet_tui.domain.agent import Agent
from fleet_tui.domain.assignment import AssignmentField
from fleet_tui.domain.identity import Kind
from fleet_tui.domain.tree import Kin, Tree, tree_of
from fleet_tui.views.model import FleetModel
from fleet_tui.views.ordering import finished

_LABELS: Final = frozenset({"fleet.parent", "parent"})
_DIGITS: Final = re.compile(r"(\d{1,18})")
NaturalKey = tuple[tuple[int, int, str], ...]


def natural_key(name: str) -> NaturalKey:
    """Sorts `ci-fix-9` before `ci-fix-10`."""
    parts = _DIGITS.split(name.casefold())
    return tuple((0, int(part), "") if number % 2 else (1, 0, part) for number, part in enumerate(parts))


def fleet_tree(model: FleetModel, handles: Iterable[str] | None = None) -> Tree:
    """The tree of the rows of FLEET, or of some agents; siblings stand by name, `x-9` before `x-10`."""
    chosen = model.fleet if handles is None else handles
    return finished(tree_of_steps(model, {handle: model.agents[handle] for handle in chosen if handle in model.agents}))


def tree_of_steps(model: FleetModel, agents: Mapping[str, Agent]) -> Generator[None, None, Tree]:
    """The same of agents as they were at one moment, in pieces of some ten milliseconds for ten thousand of them."""
    named = [(natural_key(model.names.of(handle)), handle) for handle in agents]
    yield
    named.sort()
    yield
    kin = [_kin(agents[handle]) for _, handle in named]
    yield
    return tree_of(kin)


def _kin(agent: Agent) -> Kin:
    assignment = agent.assignment
    if agent.claimed:
        ids = tuple(dict.fromkeys(r.agent for r in agent.resources if r.agent))
        return Kin(handle=agent.handle, ids=ids, team=assignment.team, parent=assignment.parent)
    own = tuple(r.key.id for r in agent.resources)
    return Kin(handle=agent.handle, ids=own, names=(agent.name,), team=assignment.team, parent=assignment.parent)


def parent_basis(model: FleetModel, agent: Agent) -> str:
    """Who said the parent: `overlay`, `label` or `runner`; empty where nobody did."""
    if AssignmentField.PARENT.value in model.overlaid_fields(agent):
        return "overlay"
    parent = agent.assignment.parent
    if parent is None:
        return ""
    says = next((r for r in agent.resources if r.assignment.parent == parent), None)
    if says is not None and says.key.kind is Kind.PROCESS:
        return "runner"
    labelled = any(name in _LABELS for r in agent.resources for name, _ in r.labels)
    return "label" if labelled else "provider"
