"""TREE: who stands under whom, what a whole branch costs, and who said so."""

from collections import Counter
from collections.abc import Collection, Generator, Iterable, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from fleet_tui.domain.agent import Agent
from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.filter import Filter
from fleet_tui.domain.phase import Phase, attention_rank, short
from fleet_tui.domain.sprawl import RuleName
from fleet_tui.domain.tree import Run, Top, Tree, runs_of
from fleet_tui.views import row
from fleet_tui.views.amounts import Sum
from fleet_tui.views.as_json import dollars
from fleet_tui.views.facts import matching
from fleet_tui.views.kin import parent_basis, tree_of_steps
from fleet_tui.views.model import FleetModel
from fleet_tui.views.ordering import finished
from fleet_tui.views.tally import add_rate

NOBODY: Final = "no parent"
ORPHANS: Final = "orphans"
STEP_ROWS: Final = 500
"""So many rows are placed or summed up within some ten milliseconds."""


class NodeKind(StrEnum):
    AGENT = "agent"
    RUN = "run"
    """Siblings that look alike, in one row."""
    GROUP = "group"
    """Words of ours over agents that have no parent here."""


@dataclass(slots=True)
class Below:
    """What a branch is, its own top included."""

    agents: int = 0
    phases: Counter[Phase] = field(default_factory=Counter[Phase])
    rate: Sum = field(default_factory=Sum)

    def take(self, other: "Below") -> None:
        self.agents += other.agents
        self.phases.update(other.phases)
        for currency, amount in other.rate.amounts.items():
            self.rate.add(amount, currency, ())
        self.rate.bases |= other.rate.bases
        self.rate.unpriced += other.rate.unpriced


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One row. `key` is the agent's handle, or a name of ours that no agent has."""

    key: str
    kind: NodeKind
    depth: int
    parent: str | None
    """The key of the row above which it hangs under."""
    last: bool
    """No sibling follows."""
    members: tuple[str, ...]
    """The agents it stands for; of a run all of them, of a group those directly under it."""
    word: str = ""
    """Of a run the stem of its names, of a group what is said of it."""
    top: Top | None = None
    opened: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeRows:
    """All rows in order. `dim` are those that stand there for the sake of others only."""

    tree: Tree
    order: list[str]
    nodes: Mapping[str, Node]
    below: Mapping[str, Below]
    dim: frozenset[str] = frozenset()
    matched: int = 0

    def run_of(self, handle: str) -> Node | None:
        """The closed run that an agent is hidden in."""
        if handle in self.nodes:
            return None
        return next((one for one in self.nodes.values() if one.kind is NodeKind.RUN and handle in one.members), None)

    def stands_for(self, key: str) -> tuple[str, ...]:
        """The agents that a row means to a mark: itself, all of a run, none of a group."""
        node = self.nodes.get(key)
        if node is None or node.kind is NodeKind.AGENT:
            return (key,)
        return node.members if node.kind is NodeKind.RUN else ()


@dataclass(frozen=True, slots=True)
class _Waiting:
    item: "str | Run | _Group"
    depth: int
    parent: str | None
    last: bool


@dataclass(frozen=True, slots=True)
class _Group:
    key: str
    word: str
    top: Top
    members: tuple[str, ...]


class _Builder:
    """Walks the tree once, without recursion."""

    def __init__(
        self,
        model: FleetModel,
        agents: Mapping[str, Agent],
        tree: Tree,
        kept: Collection[str],
        opened: Collection[str],
    ) -> None:
        self._model = model
        self._agents = agents
        self._tree = tree
        self._kept = kept
        self._opened = opened
        self.order: list[str] = []
        self.nodes: dict[str, Node] = {}

    def steps(self, now: datetime, *, collapse: bool) -> Generator[None, None, None]:
        self._now = now
        self._collapse = collapse
        waiting = self._items(None, 0, self._tops())
        while waiting:
            waiting.extend(self._place(waiting.pop()))
            if not len(self.order) % STEP_ROWS:
                yield

    def _tops(self) -> list["str | Run | _Group"]:
        tops = [handle for handle in self._tree.tops if handle in self._kept]
        standing: list[str | Run | _Group] = [
            handle for handle in tops if self._tree.tops[handle] in {Top.LEADS, Top.CYCLE}
        ]
        groups: dict[tuple[Top, str], list[str]] = {}
        for handle in tops:
            top = self._tree.tops[handle]
            if top in {Top.UNKNOWN_PARENT, Top.AMBIGUOUS_PARENT}:
                groups.setdefault((top, self._tree.words[handle]), []).append(handle)
            elif top is Top.ALONE:
                groups.setdefault((top, self._alone(handle)), []).append(handle)
        ordered = sorted(groups, key=lambda one: (list(Top).index(one[0]), one[1] == ORPHANS))
        return standing + [
            _Group(self._free(f"\x1f{top.value}\x1f{said}"), said, top, tuple(groups[top, said]))
            for top, said in ordered
        ]

    def _alone(self, handle: str) -> str:
        found = row.findings_of(self._model, self._agents[handle])
        return ORPHANS if RuleName.ORPHAN in found else NOBODY

    def _free(self, key: str) -> str:
        """A key that no agent answers to, whatever agents are called."""
        while key in self._agents or key in self._model.agents:
            key += "\x1f"
        return key

    def _items(self, parent: str | None, depth: int, items: Sequence["str | Run | _Group"]) -> list[_Waiting]:
        """In the order in which they are taken from the end."""
        return [_Waiting(item, depth, parent, last=number == 0) for number, item in enumerate(reversed(items))]

    def _runs(self, siblings: Iterable[str]) -> list["str | Run | _Group"]:
        kept = [handle for handle in siblings if handle in self._kept]
        return list(runs_of(kept, self._alike)) if self._collapse else list(kept)

    def _alike(self, handle: str) -> tuple[str, ...] | None:
        name = self._model.names.of(handle)
        stem = name.rstrip("0123456789")
        if stem == name or not stem or self._tree.children.get(handle):
            return None
        return (stem, row.state_text(self._model, self._agents[handle], self._now))

    def _place(self, one: _Waiting) -> list[_Waiting]:
        match one.item:
            case str() as handle:
                top = self._tree.tops.get(handle)
                self._put(one, handle, NodeKind.AGENT, (handle,), top=top)
                return self._items(handle, one.depth + 1, self._runs(self._tree.children.get(handle, ())))
            case Run(stem=stem, members=members):
                start = f"{one.parent or ''}\x1frun\x1f{stem}"
                key, number = self._free(start), 1
                while key in self.nodes:
                    number += 1
                    key = self._free(f"{start}\x1f{number}")
                opened = key in self._opened
                self._put(one, key, NodeKind.RUN, members, said=stem, opened=opened)
                return self._items(key, one.depth + 1, list(members)) if opened else []
            case _Group() as group:
                self._put(one, group.key, NodeKind.GROUP, group.members, said=group.word, top=group.top)
                return self._items(group.key, one.depth + 1, self._runs(group.members))

    def _put(
        self,
        one: _Waiting,
        key: str,
        kind: NodeKind,
        members: tuple[str, ...],
        *,
        said: str = "",
        top: Top | None = None,
        opened: bool = False,
    ) -> None:
        self.order.append(key)
        self.nodes[key] = Node(
            key=key,
            kind=kind,
            depth=one.depth,
            parent=one.parent,
            last=one.last,
            members=members,
            word=said,
            top=top,
            opened=opened,
        )


def tree_rows(
    model: FleetModel,
    now: datetime,
    *,
    chosen: Filter | None = None,
    opened: Collection[str] = (),
    collapse: bool = True,
) -> TreeRows:
    """The rows of the whole fleet, or of what a filter lets through with those above it."""
    return finished(tree_steps(model, now, chosen=chosen, opened=opened, collapse=collapse))


def tree_steps(
    model: FleetModel,
    now: datetime,
    *,
    chosen: Filter | None = None,
    opened: Collection[str] = (),
    collapse: bool = True,
) -> Generator[None, None, TreeRows]:
    """The same in small steps, of the agents that are there at the first of them."""
    agents = dict(model.fleet)
    found = frozenset(matching(model, chosen, agents, now)) if chosen else frozenset(agents)
    yield
    tree = yield from tree_of_steps(model, agents)
    yield
    kept = tree.with_ancestors(found) if chosen else found
    builder = _Builder(model, agents, tree, kept, opened)
    yield from builder.steps(now, collapse=collapse)
    below = yield from branch_steps(agents, tree)
    for key, node in builder.nodes.items():
        if node.kind is not NodeKind.AGENT:
            below[key] = _together(below, agents, node.members)
    return TreeRows(
        tree=tree,
        order=builder.order,
        nodes=builder.nodes,
        below=below,
        dim=frozenset(kept - found),
        matched=len(found),
    )


def _own(agent: Agent) -> Below:
    mine = Below(agents=1)
    if agent.lead is not None:
        mine.phases[agent.lead.phase.phase] += 1
    for resource in agent.resources:
        add_rate(mine.rate, resource)
    return mine


def branch_steps(agents: Mapping[str, Agent], tree: Tree) -> Generator[None, None, dict[str, Below]]:
    """What every branch is, of those agents that stand in one: summed up from the leaves."""
    found: dict[str, Below] = {}
    for number, placed in enumerate(reversed(list(tree.walk()))):
        if not number % STEP_ROWS:
            yield
        handle = placed.handle
        if handle not in tree.children and handle not in tree.parents:
            continue
        mine = _own(agents[handle])
        if (so_far := found.get(handle)) is not None:
            so_far.take(mine)
            mine = so_far
        if (parent := tree.parents.get(handle)) is not None:
            found.setdefault(parent, Below()).take(mine)
    return found


def _together(below: Mapping[str, Below], agents: Mapping[str, Agent], members: Iterable[str]) -> Below:
    total = Below()
    for handle in members:
        total.take(below.get(handle) or _own(agents[handle]))
    return total


def phase_counts(phases: Mapping[Phase, int]) -> str:
    """`2 STUCK 22 RUN`, those that need a person first."""
    ordered = sorted(phases, key=lambda phase: (attention_rank(phase), phase))
    return " ".join(f"{phases[phase]} {short(phase)}" for phase in ordered)


def tree_json(model: FleetModel, rows: TreeRows, now: datetime) -> list[dict[str, Any]]:
    """`tree --json`: every agent, parents first; `parent` is the word that was said, `under` whom that is here."""

    depths = {placed.handle: placed.depth for placed in rows.tree.walk()}

    def element(handle: str) -> dict[str, Any]:
        agent = model.agents[handle]
        branch = rows.below.get(handle) or _own(agent)
        top = rows.tree.tops.get(handle)
        return {
            "handle": handle,
            "name": agent.name,
            "claimed": agent.claimed,
            "depth": depths[handle],
            "under": rows.tree.parents.get(handle),
            "parent": agent.assignment.parent,
            "parent_said_by": parent_basis(model, agent) or None,
            "parent_inferred": handle in rows.tree.inferred,
            "top": top.value if top else None,
            "cycle": list(rows.tree.cycles.get(handle, ())),
            "matched": handle not in rows.dim,
            "phase": agent.phase.value,
            "children": list(rows.tree.children.get(handle, ())),
            "branch_agents": branch.agents,
            "branch_phases": {phase.value: count for phase, count in sorted(branch.phases.items())},
            "branch_usd_per_hour": dollars(branch.rate),
            "stale": agent.lead is not None and row.is_stale(model, agent.lead, now),
        }

    return [element(key) for key in rows.order if rows.nodes[key].kind is NodeKind.AGENT]
