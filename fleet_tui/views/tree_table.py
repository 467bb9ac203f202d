"""The rows of TREE as they are drawn: guides, states, sums of branches, and the story of a row."""

from datetime import datetime
from typing import Final

from fleet_tui.domain.agent import Agent
from fleet_tui.domain.text import SafeText, crop_cells, safe_join, safe_line
from fleet_tui.domain.tree import Top
from fleet_tui.views import fleet, row
from fleet_tui.views.ages import NONE, age
from fleet_tui.views.amounts import SOFT, Sum, full, short
from fleet_tui.views.cells import EMPTY, Cell, Role
from fleet_tui.views.columns import Align, Column
from fleet_tui.views.detail import detail_lines
from fleet_tui.views.kin import parent_basis
from fleet_tui.views.model import FleetModel
from fleet_tui.views.pieces import Line, counted, said, word
from fleet_tui.views.tree import NOBODY, ORPHANS, Node, NodeKind, TreeRows, phase_counts

COLUMNS: Final = (
    Column(name="NODE", width=40, min_width=26, priority=0, flexible=True),
    Column(name="STATE", width=12, min_width=8, priority=0),
    Column(name="FOR", width=4, priority=3),
    Column(name="$/h", width=7, min_width=6, align=Align.RIGHT, priority=1),
    Column(name="ALL $/h", width=8, align=Align.RIGHT, priority=2),
    Column(name="SAID BY", width=9, min_width=7, priority=5),
    Column(name="BRANCH", width=26, min_width=12, priority=4, flexible=True),
)
GUIDED: Final = 4
_DEEP_GUIDES: Final = 2
"""Deeper than this the depth is said in a number: names stay on the screen."""
_NAMES: Final = 12
_LINES: Final = {False: ("├─ ", "└─ ", "│  ", "   "), True: ("+- ", "`- ", "|  ", "   ")}
_OPEN: Final = {False: ("▸ ", "▾ "), True: ("> ", "v ")}
_GROUPS: Final = {
    Top.UNKNOWN_PARENT: "whose parent nobody sees",
    Top.AMBIGUOUS_PARENT: "whose parent several answer to",
}


def cells(model: FleetModel, rows: TreeRows, key: str, now: datetime, *, ascii_only: bool) -> tuple[Cell, ...]:
    """One row, in the order of COLUMNS. Raises KeyError for a row that is not there."""
    node = rows.nodes[key]
    guide = guides(rows, node, ascii_only=ascii_only)
    if node.kind is NodeKind.AGENT:
        return _agent_cells(model, rows, node, guide, now)
    branch = rows.below[key]
    names = _run_words(model, node, ascii_only=ascii_only) if node.kind is NodeKind.RUN else _group_words(node)
    state = SafeText(row.state_text(model, model.agents[node.members[0]], now))
    of_run = node.kind is NodeKind.RUN
    return (
        Cell(safe_join((guide, names)), Role.PLAIN if of_run else Role.DIM),
        fleet.cells(model, model.agents[node.members[0]], now)[_STATE]._replace(text=state) if of_run else EMPTY,
        EMPTY,
        EMPTY,
        _money(branch.rate),
        EMPTY,
        word(phase_counts(branch.phases), Role.DIM),
    )


_STATE: Final = [column.name for column in fleet.COLUMNS].index("STATE")
_RATE: Final = [column.name for column in fleet.COLUMNS].index("$/h")


def _agent_cells(model: FleetModel, rows: TreeRows, node: Node, guide: SafeText, now: datetime) -> tuple[Cell, ...]:
    agent = model.fleet[node.key]
    drawn = fleet.cells(model, agent, now)
    branch = rows.below.get(node.key) if node.key in rows.tree.children else None
    notes = _notes(rows, node)
    dim = node.key in rows.dim
    shown = (
        Cell(safe_join((guide, drawn[0].text, notes)), drawn[0].role if branch is None else Role.TITLE),
        drawn[_STATE],
        Cell(SafeText(age(agent.lead.phase.since, now) if agent.lead else NONE)),
        drawn[_RATE],
        EMPTY if branch is None else _money(branch.rate),
        word(_said_by(model, rows, agent), Role.DIM),
        EMPTY if branch is None else word(f"{branch.agents}: {phase_counts(branch.phases)}", Role.DIM),
    )
    return tuple(Cell(cell.text, Role.DIM) for cell in shown) if dim else shown


def _said_by(model: FleetModel, rows: TreeRows, agent: Agent) -> str:
    return parent_basis(model, agent) + (" ?" if agent.handle in rows.tree.inferred else "")


def _notes(rows: TreeRows, node: Node) -> SafeText:
    if node.top is Top.CYCLE:
        return SafeText(" (cycle)")
    return SafeText(" (inferred)" if node.key in rows.tree.inferred else "")


def guides(rows: TreeRows, node: Node, *, ascii_only: bool) -> SafeText:
    """The lines that lead to a row; where it stands deep, a number in place of the first of them."""
    branch, end, down, blank = _LINES[ascii_only]
    if not node.depth:
        return SafeText("")
    parts = [end if node.last else branch]
    above = node
    shown = node.depth if node.depth <= GUIDED else _DEEP_GUIDES
    while len(parts) < shown and above.parent is not None:
        above = rows.nodes[above.parent]
        parts.append(blank if above.last else down)
    deep = f"{node.depth}: " if node.depth > GUIDED else ""
    return SafeText(deep + "".join(reversed(parts)))


def _run_words(model: FleetModel, node: Node, *, ascii_only: bool) -> SafeText:
    """`ci-fix-10 .. ci-fix-31 (22)`."""
    first, last = model.names.of(node.members[0]), model.names.of(node.members[-1])
    sign = _OPEN[ascii_only][node.opened]
    return safe_join(
        (SafeText(sign), first, SafeText(" .. "), last, SafeText(f" ({len(node.members)})")),
    )


def _group_words(node: Node) -> SafeText:
    count = counted(len(node.members), "agent")
    if node.top in _GROUPS:
        return safe_join((SafeText("("), crop_cells(safe_line(node.word), 32), SafeText(f": not here) {count}")))
    return SafeText(f"(orphans) {count}, see 4 SPRAWL" if node.word == ORPHANS else f"({NOBODY}) {count}")


def _money(total: Sum) -> Cell:
    if not total.amounts and not total.unpriced:
        return Cell(SafeText(NONE), Role.DIM)
    text = SafeText(short(total))
    if not total.known:
        return Cell(text, Role.UNKNOWN)
    return Cell(text, Role.MONEY if SOFT.isdisjoint(total.bases) and not total.unpriced else Role.ESTIMATE)


def summary(model: FleetModel, rows: TreeRows, *, filtered: str) -> Line:
    """The line above the table."""
    tree = rows.tree
    tops = list(tree.tops.values())
    shown = f"{rows.matched}/{len(model.fleet)}" if filtered else str(len(model.fleet))
    line: list[Cell] = [word("TREE", Role.TITLE), word(f"[{shown}]  {counted(tops.count(Top.LEADS), 'root')}")]
    line.append(word(f"  {tops.count(Top.ALONE)} without a parent", Role.DIM))
    for top, one, many in (
        (Top.UNKNOWN_PARENT, "unknown parent", "unknown parents"),
        (Top.AMBIGUOUS_PARENT, "ambiguous parent", "ambiguous parents"),
        (Top.CYCLE, "cycle", "cycles"),
    ):
        if count := tops.count(top):
            line.append(word(f"  {counted(count, one, many)}", Role.WARN))
    if filtered:
        line.append(said(f"  filter {filtered}", Role.STRONG))
    return tuple(line)


def story(model: FleetModel, rows: TreeRows, key: str, now: datetime) -> list[Line]:
    """Where the row stands and why, then the story of the agent."""
    node = rows.nodes.get(key)
    if node is None:
        return []
    if node.kind is not NodeKind.AGENT:
        return _many(model, rows, node)
    agent = model.fleet.get(key)
    if agent is None:
        return []
    lines = [_path(model, rows, key)]
    lines.extend(_why_here(model, rows, node, agent))
    if key in rows.tree.children:
        branch = rows.below[key]
        text = f"{counted(branch.agents, 'agent')}: {phase_counts(branch.phases)}   {full(branch.rate)} an hour"
        lines.append((word("branch ", Role.DIM), word(text)))
    return [*lines, *detail_lines(model, agent, now)]


def _path(model: FleetModel, rows: TreeRows, key: str) -> Line:
    above = rows.tree.ancestors(key)
    names = [model.names.of(handle) for handle in (*reversed(above[:_NAMES]), key)]
    line: list[Cell] = [word("path   ", Role.DIM)]
    if len(above) > _NAMES:
        line.append(word(f"({len(above) - _NAMES} above) > ", Role.DIM))
    for number, name in enumerate(names):
        line.append(word(" > " if number else "", Role.DIM))
        line.append(Cell(name, Role.STRONG if number == len(names) - 1 else Role.PLAIN))
    return tuple(line)


def _why_here(model: FleetModel, rows: TreeRows, node: Node, agent: Agent) -> list[Line]:
    label = word("parent ", Role.DIM)
    if node.key in rows.tree.cycles:
        ring = rows.tree.cycles[node.key]
        names = " > ".join(model.names.of(handle) for handle in (*ring[:_NAMES], ring[0]))
        more = f" ({len(ring)} of them)" if len(ring) > _NAMES else ""
        return [(label, word(f"parents lead in a circle: {names}{more}; m sets another", Role.WARN))]
    if agent.assignment.parent is None:
        return []
    basis = parent_basis(model, agent)
    inferred = ", inferred: the word alone does not say which agent" if node.key in rows.tree.inferred else ""
    lost = {Top.UNKNOWN_PARENT: ", and nobody here is called that", Top.AMBIGUOUS_PARENT: ", and several answer to it"}
    why = lost.get(node.top, "") if node.top else ""
    return [(label, said(f"{agent.assignment.parent}", Role.PLAIN, 64), word(f", said by {basis}{inferred}{why}"))]


def _many(model: FleetModel, rows: TreeRows, node: Node) -> list[Line]:
    branch = rows.below[node.key]
    names = ", ".join(model.names.of(handle) for handle in node.members[:_NAMES])
    more = f" and {len(node.members) - _NAMES} more" if len(node.members) > _NAMES else ""
    first: Line
    if node.kind is NodeKind.RUN:
        what = "enter closes them" if node.opened else "enter opens them, space marks them all"
        first = (word(f"{len(node.members)} siblings that look alike: {what}"),)
    elif node.top is not None and (why := _GROUPS.get(node.top)) is not None:
        first = (word(f"agents {why}: "), said(node.word, Role.STRONG, 64), word("; m on one of them sets another"))
    elif node.word == ORPHANS:
        first = (word("nobody claims these, and they stand under nobody: 4 SPRAWL says why and what they cost"),)
    else:
        first = (word("nobody named a parent for these, and nobody stands under them"),)
    total = f"{counted(branch.agents, 'agent')}: {phase_counts(branch.phases)}   {full(branch.rate)} an hour"
    return [first, (word("branch ", Role.DIM), word(total)), (word("who    ", Role.DIM), word(names + more))]
