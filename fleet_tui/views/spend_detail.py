"""The story of one group of SPEND: its days, its dearest agents, where its money goes, and what does nothing."""

from collections import defaultdict
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from datetime import date, datetime
from heapq import nsmallest
from typing import Final

from fleet_tui.domain.agent import Agent
from fleet_tui.domain.delta import DayTotal
from fleet_tui.domain.money import amount_text
from fleet_tui.domain.sprawl import RuleName
from fleet_tui.views.amounts import Sum, full, short
from fleet_tui.views.cells import Cell, Role
from fleet_tui.views.ledger import added
from fleet_tui.views.model import FleetModel
from fleet_tui.views.ordering import finished
from fleet_tui.views.pieces import Line, counted, said, word
from fleet_tui.views.spend import AT_ONCE, GroupBy, Groups, Window, bases_words, dollars, share
from fleet_tui.views.tally import add_rate

_DAYS: Final = 7
_DEAREST: Final = 6


def group_lines(model: FleetModel, now: datetime, by: GroupBy, window: Window, name: str) -> list[Line]:
    """What is known of the group under the cursor; days are UTC."""
    return finished(group_steps(model, now, by, window, name))


def group_steps(
    model: FleetModel, now: datetime, by: GroupBy, window: Window, name: str
) -> Generator[None, None, list[Line]]:
    """The same in steps of some ten milliseconds."""
    groups = Groups(model, by)
    mine: list[Agent] = []
    agents = list(model.fleet.values())
    for begin in range(0, len(agents), AT_ONCE):
        piece = agents[begin : begin + AT_ONCE]
        mine += (one for one in piece if any(groups.of_resource(one, r) == name for r in one.resources))
        yield
    days: dict[date, Sum] = {}
    for day in Window.WEEK.days(now)[:_DAYS]:
        sums = yield from _sums_of(model, groups, (day,), name, lambda _: name)
        days |= {day: sums[name]} if name in sums else {}
    spent = yield from _sums_of(model, groups, window.days(now), name, lambda total: total.agent)
    sources = yield from _sums_of(model, groups, window.days(now), name, lambda total: total.source)
    lines = [] if window is Window.DAY else [_days(now, days)]
    lines.append((yield from _dearest_steps(groups, name, mine, spent)))
    return [*lines, _sources(sources), *_idle(model, groups, name, mine)]


def _sums_of(
    model: FleetModel, groups: Groups, days: Iterable[date], name: str, key: Callable[[DayTotal], str]
) -> Generator[None, None, dict[str, Sum]]:
    """The cost of one group, by whatever `key` says."""
    sums: dict[str, Sum] = defaultdict(Sum)
    for totals in model.ledger.pieces(days):
        for total in totals:
            if groups.of_total(total) == name:
                sums[key(total)].add(total.amount_micro, total.currency, total.bases, total.unpriced_lines)
        yield
    return sums


def _label(text: str) -> Cell:
    return word(f"{text:<8}", Role.DIM)


def _days(now: datetime, days: Mapping[date, Sum]) -> Line:
    line: list[Cell] = [_label("days")]
    for day in Window.WEEK.days(now)[:_DAYS]:
        total = days.get(day)
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


def _dearest_steps(
    groups: Groups, name: str, mine: Sequence[Agent], spent: Mapping[str, Sum]
) -> Generator[None, None, Line]:
    rates: dict[str, Sum] = {}
    for number, agent in enumerate(mine, 1):
        if agent.claimed:
            rates[agent.name] = _rate(agent, groups, name)
        if number % AT_ONCE == 0:
            yield
    every = {*spent, *rates} - {""}
    names = nsmallest(_DEAREST, every, key=lambda one: (-dollars(spent.get(one)), -dollars(rates.get(one)), one))
    line: list[Cell] = [_label("agents")]
    for one in names:
        line.append(said(f"{one} ", Role.STRONG, 48))
        line.append(word(short(spent.get(one)), Role.MONEY if one in spent else Role.UNKNOWN))
        line.append(word(f" at {short(rates[one])}/h   " if one in rates else " gone   ", Role.DIM))
    if len(every) > _DEAREST:
        line.append(word(f"and {len(every) - _DEAREST} more", Role.DIM))
    if not names:
        line.append(word("none by name", Role.DIM))
    return tuple(line)


def _sources(sums: Mapping[str, Sum]) -> Line:
    whole = added(sums.values())
    if whole is None:
        return (_label("from"), word("no usage line names this group in the window", Role.UNKNOWN))
    line: list[Cell] = [_label("from")]
    for source in sorted(sums, key=lambda one: (-dollars(sums[one]), one)):
        line.append(said(f"{source} ", Role.STRONG, 48))
        line.append(word(full(sums[source]), Role.MONEY))
        line.append(word(f" {share(sums[source], whole)}, {bases_words(sums[source])}   ", Role.DIM))
    return tuple(line)


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
