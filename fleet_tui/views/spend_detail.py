"""The story of one group of SPEND: its days, its dearest agents, where its money goes, and what does nothing."""

from collections import defaultdict
from datetime import datetime
from typing import Final

from fleet_tui.domain.agent import Agent
from fleet_tui.domain.money import amount_text
from fleet_tui.domain.sprawl import RuleName
from fleet_tui.views.amounts import Sum, full, short
from fleet_tui.views.cells import Cell, Role
from fleet_tui.views.model import FleetModel
from fleet_tui.views.pieces import Line, counted, said, word
from fleet_tui.views.spend import GroupBy, Groups, Window, bases_words, dollars, share
from fleet_tui.views.tally import add_rate

_DAYS: Final = 7
_DEAREST: Final = 6


def group_lines(model: FleetModel, now: datetime, by: GroupBy, window: Window, name: str) -> list[Line]:
    """What is known of the group under the cursor; days are UTC."""
    groups = Groups(model, by)
    mine = [
        agent for agent in model.fleet.values() if any(groups.of_resource(agent, r) == name for r in agent.resources)
    ]
    lines = [_days(model, groups, now, name), _dearest(model, groups, now, window, name, mine)]
    lines += _sources(model, groups, now, window, name)
    return [*lines, *_idle(model, groups, name, mine)]


def _label(text: str) -> Cell:
    return word(f"{text:<8}", Role.DIM)


def _days(model: FleetModel, groups: Groups, now: datetime, name: str) -> Line:
    line: list[Cell] = [_label("days")]
    for day in Window.WEEK.days(now)[:_DAYS]:
        total = model.ledger.by_over(groups.of_total, (day,)).get(name)
        line.append(word(f"{day:%d %b} ", Role.DIM))
        line.append(word(short(total), Role.MONEY if total is not None else Role.UNKNOWN))
        line.append(word("   "))
    return tuple(line)


def _rate(agent: Agent, groups: Groups, name: str) -> Sum:
    total = Sum()
    for resource in agent.resources:
        if groups.of_resource(agent, resource) == name:
            add_rate(total, resource)
    return total


def _dearest(model: FleetModel, groups: Groups, now: datetime, window: Window, name: str, mine: list[Agent]) -> Line:
    spent: dict[str, Sum] = defaultdict(Sum)
    for day in window.days(now):
        for total in model.ledger.of_day(day):
            if groups.of_total(total) == name:
                spent[total.agent].add(total.amount_micro, total.currency, total.bases, total.unpriced_lines)
    rates = {agent.name: _rate(agent, groups, name) for agent in mine if agent.claimed}
    names = sorted({*spent, *rates} - {""}, key=lambda one: (-dollars(spent.get(one)), -dollars(rates.get(one)), one))
    line: list[Cell] = [_label("agents")]
    for one in names[:_DEAREST]:
        line.append(said(f"{one} ", Role.STRONG, 48))
        line.append(word(short(spent.get(one)), Role.MONEY if one in spent else Role.UNKNOWN))
        line.append(word(f" at {short(rates[one])}/h   " if one in rates else " gone   ", Role.DIM))
    if len(names) > _DEAREST:
        line.append(word(f"and {len(names) - _DEAREST} more", Role.DIM))
    if not names:
        line.append(word("none by name", Role.DIM))
    return tuple(line)


def _sources(model: FleetModel, groups: Groups, now: datetime, window: Window, name: str) -> list[Line]:
    sums: dict[str, Sum] = defaultdict(Sum)
    whole = Sum()
    for day in window.days(now):
        for total in model.ledger.of_day(day):
            if groups.of_total(total) == name:
                for one in (sums[total.source], whole):
                    one.add(total.amount_micro, total.currency, total.bases, total.unpriced_lines)
    if not sums:
        return [(_label("from"), word("no usage line names this group in the window", Role.UNKNOWN))]
    line: list[Cell] = [_label("from")]
    for source in sorted(sums, key=lambda one: (-dollars(sums[one]), one)):
        line.append(said(f"{source} ", Role.STRONG, 48))
        line.append(word(full(sums[source]), Role.MONEY))
        line.append(word(f" {share(sums[source], whole)}, {bases_words(sums[source])}   ", Role.DIM))
    return [tuple(line)]


def _idle(model: FleetModel, groups: Groups, name: str, mine: list[Agent]) -> list[Line]:
    idle = [
        (resource.name or resource.key.id, found.microusd_per_day)
        for agent in mine
        for resource in agent.resources
        if groups.of_resource(agent, resource) == name
        and (found := model.findings.get(resource.key, {}).get(RuleName.IDLE)) is not None
    ]
    if not idle:
        return []
    costs = [cost for _, cost in idle if cost is not None]
    text = f"${amount_text(sum(costs))}~ a day" if costs else "? a day"
    names = ", ".join(one for one, _ in idle[:_DEAREST])
    more = f" and {len(idle) - _DEAREST} more" if len(idle) > _DEAREST else ""
    first = word(f"{'>=' if costs and len(costs) < len(idle) else ''}{text} for {counted(len(idle), 'idle row')}: ")
    return [(_label("idle"), first, said(names + more, Role.WARN, 200))]
