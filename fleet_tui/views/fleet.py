"""FLEET as data: its columns, the cells of a row, and when a row has to be drawn again."""

from datetime import datetime
from typing import Final

from fleet_tui.domain.agent import Agent
from fleet_tui.domain.phase import ENDED
from fleet_tui.domain.sprawl import RuleName
from fleet_tui.domain.text import SafeText, name_cell, safe_line
from fleet_tui.views import row
from fleet_tui.views.ages import NONE, UNKNOWN, age, left
from fleet_tui.views.amounts import SOFT, Sum, short
from fleet_tui.views.cells import Cell, Role, phase_role
from fleet_tui.views.columns import Align, Column
from fleet_tui.views.detail import SOON_S
from fleet_tui.views.model import FleetModel

COLUMNS: Final = (
    Column(name="AGENT", width=18, min_width=12, priority=0),
    Column(name="KIND", width=7, priority=9),
    Column(name="WHERE", width=15, min_width=9, priority=5),
    Column(name="STATE", width=11, min_width=8, priority=0),
    Column(name="FOR", width=4, priority=1),
    Column(name="BEAT", width=4, priority=3),
    Column(name="$/h", width=7, min_width=6, align=Align.RIGHT, priority=2),
    Column(name="TODAY", width=8, min_width=7, align=Align.RIGHT, priority=7),
    Column(name="TEAM", width=9, min_width=8, priority=8),
    Column(name="LEFT", width=4, priority=6),
    Column(name="TASK", width=20, min_width=10, priority=4, flexible=True),
)

_TEXT_CELLS: Final = 256


def cells(model: FleetModel, agent: Agent, now: datetime) -> tuple[Cell, ...]:
    """One row, in the order of COLUMNS."""
    lead = agent.lead
    ended = lead is not None and lead.phase.phase in ENDED
    return (
        Cell(model.names.of(agent.handle), Role.DIM if ended else Role.STRONG),
        Cell(name_cell(row.kind_word(agent), 32), Role.DIM),
        Cell(name_cell(row.where(agent), 64)),
        _state(model, agent, now),
        Cell(SafeText(age(lead.phase.since, now) if lead else NONE)),
        _beat(model, agent, now),
        _rate(agent),
        _money(row.today(model, agent, now)),
        _word(agent.assignment.team, agent.claimed),
        _left(agent, now),
        _task(agent),
    )


def _state(model: FleetModel, agent: Agent, now: datetime) -> Cell:
    text = SafeText(row.state_text(model, agent, now))
    if agent.lead is None:
        return Cell(text, Role.DIM)
    if RuleName.ORPHAN in row.findings_of(model, agent):
        return Cell(text, Role.ORPHAN)
    if row.is_stale(model, agent.lead, now):
        return Cell(text, Role.STALE)
    return Cell(text, phase_role(agent.lead.phase.phase))


def _beat(model: FleetModel, agent: Agent, now: datetime) -> Cell:
    if not agent.running:
        return Cell(SafeText(NONE), Role.DIM)
    signal = row.beat(model, agent)
    if signal is None or signal.signal_at is None:
        return Cell(SafeText(NONE if row.observed(agent) and not model.past else UNKNOWN), Role.UNKNOWN)
    return Cell(SafeText(age(signal.signal_at, now)))


def _rate(agent: Agent) -> Cell:
    hourly = row.rate(agent)
    if not hourly.amounts and not hourly.unpriced:
        return Cell(SafeText(NONE), Role.DIM)
    return _money(hourly)


def _money(total: Sum | None) -> Cell:
    text = SafeText(short(total))
    if total is None or not total.known:
        return Cell(text, Role.UNKNOWN)
    return Cell(text, Role.MONEY if SOFT.isdisjoint(total.bases) and not total.unpriced else Role.ESTIMATE)


def _word(text: str | None, claimed: bool) -> Cell:
    if text is None:
        return Cell(SafeText(NONE if claimed else UNKNOWN), Role.DIM)
    return Cell(name_cell(text, _TEXT_CELLS))


def _left(agent: Agent, now: datetime) -> Cell:
    end = row.ends_at(agent)
    soon = end is not None and (end - now).total_seconds() < SOON_S
    return Cell(SafeText(left(end, now)), Role.WARN if soon else Role.DIM if end is None else Role.PLAIN)


def _task(agent: Agent) -> Cell:
    if agent.assignment.task is not None:
        return Cell(safe_line(agent.assignment.task, _TEXT_CELLS))
    if not agent.claimed:
        owner = agent.assignment.owner
        return Cell(safe_line(f"- (owner {owner})" if owner else "- (no agent claims it)", _TEXT_CELLS), Role.DIM)
    if agent.lead is None:
        kinds = ", ".join(sorted({r.key.kind.replace("_", " ") for r in agent.resources}))
        return Cell(SafeText(f"- (no compute; holds {kinds})"), Role.DIM)
    return Cell(SafeText(NONE), Role.DIM)


def loose_line(model: FleetModel) -> SafeText | None:
    """The one counted line under the table: what is neither compute nor claimed."""
    count = len(model.loose)
    if not count:
        return None
    those = "1 resource that no agent claims" if count == 1 else f"{count} resources that no agent claims"
    return SafeText(f"+ {those}; {'it does' if count == 1 else 'they do'} not run (4 SPRAWL)")
