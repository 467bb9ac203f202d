"""SPEND: what the fleet costs now and in a window of days, by group. Sides stand beside each other, never added."""

from collections import Counter, defaultdict
from collections.abc import Generator, Iterable
from dataclasses import field, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from fleet_tui.domain.agent import Agent
from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.identity import SourceName
from fleet_tui.domain.money import Basis, Side
from fleet_tui.domain.resource import Resource
from fleet_tui.domain.sprawl import RuleName
from fleet_tui.domain.text import SafeText
from fleet_tui.views.amounts import SOFT, Sum, full, short
from fleet_tui.views.cells import Cell, Role
from fleet_tui.views.chart import Chart
from fleet_tui.views.columns import Align, Column
from fleet_tui.views.model import FleetModel
from fleet_tui.views.ordering import finished, sort_steps
from fleet_tui.views.pieces import Line, TableRow, TableView, counted, said, word
from fleet_tui.views.sources import is_bad, nothing_to_show
from fleet_tui.views.tally import add_rate


class GroupBy(StrEnum):
    """By what the money is grouped."""

    TEAM = "team"
    AGENT = "agent"
    TASK = "task"
    PROVIDER = "provider"
    LAYER = "layer"
    SOURCE = "source"


UNALLOCATED: Final = "(unallocated)"
_BAR_CELLS: Final = 8
AT_ONCE: Final = 2000
"""Agents of one step."""
_ROWS_AT_ONCE: Final = 500


class Window(StrEnum):
    """Whole days, UTC: those that totals are kept of; and the last 24 hours, of a ledger of their own (`rolling`)."""

    TODAY = "today"
    DAY = "24 h"
    YESTERDAY = "yesterday"
    WEEK = "7 days"
    MONTH = "30 days"

    @property
    def length(self) -> int:
        """How many days it has."""
        return {Window.WEEK: 7, Window.MONTH: 30}.get(self, 1)

    @property
    def before(self) -> str:
        """What the same time before it is called."""
        return {Window.TODAY: "yesterday"}.get(self, "before")

    def days(self, now: datetime) -> tuple[date, ...]:
        """Its days, the newest first."""
        last = now.astimezone(UTC).date() - timedelta(days=self is Window.YESTERDAY)
        return tuple(last - timedelta(days=back) for back in range(self.length))

    def days_before(self, now: datetime) -> tuple[date, ...]:
        """As many days before it; none where nothing of them is read."""
        if self is Window.DAY:
            return ()
        return tuple(day - timedelta(days=self.length) for day in self.days(now))


_COLUMNS: Final = (
    Column(name="GROUP", width=24, min_width=12, priority=0, flexible=True),
    Column(name="AGENTS", width=6, align=Align.RIGHT, priority=4),
    Column(name="$/h", width=9, min_width=7, align=Align.RIGHT, priority=1),
    Column(name="WINDOW", width=10, min_width=9, align=Align.RIGHT, priority=0),
    Column(name="", width=8, priority=6),
    Column(name="SHARE", width=5, align=Align.RIGHT, priority=3),
    Column(name="BEFORE", width=10, min_width=9, align=Align.RIGHT, priority=5),
    Column(name="IDLE$/D", width=8, min_width=7, align=Align.RIGHT, priority=2),
    Column(name="BASIS", width=18, min_width=9, priority=7),
    Column(name="BILLED", width=10, min_width=9, align=Align.RIGHT, priority=8),
    Column(name="CARD", width=9, align=Align.RIGHT, priority=9),
)


_KEPT_OF_DAYS: Final = frozenset({"BEFORE", "BILLED", "CARD"})
"""Columns that only whole days have."""


class Headed(Protocol):
    """A piece of money that says whose it is."""

    @property
    def agent(self) -> str: ...

    @property
    def team(self) -> str: ...

    @property
    def source(self) -> SourceName: ...


class Groups:
    """Names the group of a resource's rate and of a day total."""

    def __init__(self, model: FleetModel, by: GroupBy) -> None:
        self._by = by
        self._providers = {name: status.provider for name, status in model.statuses.items()}
        self._layers = _layer_of_source(model) if by is GroupBy.LAYER else {}
        self._tasks = _task_of_agent(model) if by is GroupBy.TASK else {}

    def of_resource(self, agent: Agent, resource: Resource) -> str:
        match self._by:
            case GroupBy.TEAM:
                return agent.assignment.team or UNALLOCATED
            case GroupBy.AGENT:
                return agent.name if agent.claimed else UNALLOCATED
            case GroupBy.TASK:
                return agent.assignment.task or UNALLOCATED
            case GroupBy.PROVIDER:
                return resource.provider
            case GroupBy.LAYER:
                return resource.layer.value
            case GroupBy.SOURCE:
                return resource.key.source

    def of_total(self, total: Headed) -> str:
        match self._by:
            case GroupBy.TEAM:
                return total.team or UNALLOCATED
            case GroupBy.AGENT:
                return total.agent or UNALLOCATED
            case GroupBy.TASK:
                return self._tasks.get(total.agent, UNALLOCATED)
            case GroupBy.PROVIDER:
                return self._providers.get(total.source, total.source)
            case GroupBy.LAYER:
                return self._layers.get(total.source, UNALLOCATED)
            case GroupBy.SOURCE:
                return total.source


def _layer_of_source(model: FleetModel) -> dict[str, str]:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for resource in model.resources.values():
        counts[resource.key.source][resource.layer.value] += 1
    return {source: layers.most_common(1)[0][0] for source, layers in counts.items()}


def _task_of_agent(model: FleetModel) -> dict[str, str]:
    return {agent.name: agent.assignment.task for agent in model.agents.values() if agent.assignment.task}


@dataclass(slots=True)
class _Sums:
    """What is known of each group."""

    rates: dict[str, Sum] = field(default_factory=lambda: defaultdict[str, Sum](Sum))
    agents: dict[str, set[str]] = field(default_factory=lambda: defaultdict[str, set[str]](set))
    idle: dict[str, Sum] = field(default_factory=lambda: defaultdict[str, Sum](Sum))
    cost: dict[str, Sum] = field(default_factory=dict[str, Sum])
    billed: dict[str, Sum] = field(default_factory=dict[str, Sum])
    card: dict[str, Sum] = field(default_factory=dict[str, Sum])
    before: dict[str, Sum] = field(default_factory=dict[str, Sum])


def _idle_cost(model: FleetModel, resource: Resource, cost: dict[str, Sum], group: str) -> None:
    """What a resource that does nothing costs a day, as its idle finding says."""
    finding = model.findings.get(resource.key, {}).get(RuleName.IDLE)
    if finding is None:
        return
    if finding.microusd_per_day is None:
        cost[group].unpriced += 1
    else:
        cost[group].add(finding.microusd_per_day, "usd", (Basis.ESTIMATED,))


def _sum_steps(
    model: FleetModel, groups: Groups, days: Iterable[date], before: Iterable[date]
) -> Generator[None, None, _Sums]:
    sums = _Sums()
    group_of, some_idle = groups.of_resource, bool(model.found[RuleName.IDLE])
    for number, (handle, agent) in enumerate(list(model.fleet.items())):
        if number % AT_ONCE == AT_ONCE - 1:
            yield
        for resource in agent.resources:
            group = group_of(agent, resource)
            sums.agents[group].add(handle)
            add_rate(sums.rates[group], resource)
            if some_idle:
                _idle_cost(model, resource, sums.idle, group)
    ledger, of_total = model.ledger, groups.of_total
    sums.cost = yield from ledger.by_over_steps(of_total, days)
    sums.billed = yield from ledger.by_over_steps(of_total, days, Side.BILLED)
    sums.card = yield from ledger.by_over_steps(of_total, days, Side.CARD)
    sums.before = yield from ledger.by_over_steps(of_total, before)
    return sums


def _order_steps(sums: _Sums) -> Generator[None, None, list[str]]:
    """The dearest first, and what belongs to nobody last."""
    names = list({**sums.rates, **sums.cost, **sums.billed, **sums.card})
    by_name = yield from sort_steps(names)
    dearest = [-dollars(sums.cost.get(name)) for name in names]
    order = yield from sort_steps(dearest, by_name)
    yield
    return sorted((names[one] for one in order), key=lambda name: name == UNALLOCATED)


def spend_table(
    model: FleetModel,
    now: datetime,
    by: GroupBy = GroupBy.TEAM,
    *,
    window: Window = Window.TODAY,
    filtered: str = "",
) -> TableView:
    """One row per group, the dearest of the window first, and what belongs to nobody last; drawn with ASCII."""
    return finished(spend_steps(model, now, by, window=window, ascii_only=True, filtered=filtered))


def spend_steps(
    model: FleetModel, now: datetime, by: GroupBy, *, window: Window, ascii_only: bool, filtered: str = ""
) -> Generator[None, None, TableView]:
    """The same in steps of some ten milliseconds."""
    days = window.days(now)
    sums = yield from _sum_steps(model, Groups(model, by), days, window.days_before(now))
    order = yield from _order_steps(sums)
    whole = model.ledger.over(days)
    rows: list[TableRow] = []
    away = {name for name, side in (("BILLED", sums.billed), ("CARD", sums.card)) if not side}
    columns = tuple(one for one in columns_of(window) if one.name not in away)
    kept = [n for n, one in enumerate(_COLUMNS) if _has(window, one) and one.name not in away]
    for name in order:
        cells = _cells(sums, name, whole, ascii_only=ascii_only)
        shown = tuple(cells[n] for n in kept)
        rows.append(TableRow(key=name, cells=shown))
        if len(rows) % _ROWS_AT_ONCE == 0:
            yield
    return TableView(columns=columns, rows=tuple(rows), empty=_nothing(model, now, filtered))


def _cells(sums: _Sums, name: str, whole: Sum | None, *, ascii_only: bool) -> tuple[Cell, ...]:
    cost = sums.cost.get(name)
    return (
        said(name, Role.DIM if name == UNALLOCATED else Role.STRONG, 128),
        word(str(len(sums.agents[name])) if name in sums.agents else "-"),
        _money(sums.rates.get(name), none="-"),
        _money(cost),
        word(_bar(cost, whole, ascii_only=ascii_only), Role.MONEY),
        word(share(cost, whole)),
        _money(sums.before.get(name)),
        _idle(sums.idle.get(name)),
        word(bases_words(cost), Role.DIM),
        _money(sums.billed.get(name), none="-"),
        _money(sums.card.get(name), none="-"),
    )


def columns_of(window: Window) -> tuple[Column, ...]:
    """The columns, named after the window."""
    heads = {"WINDOW": window.value.upper(), "BEFORE": window.before.upper()}
    shown = (column for column in _COLUMNS if _has(window, column))
    return tuple(replace(column, name=heads.get(column.name, column.name)) for column in shown)


def _has(window: Window, column: Column) -> bool:
    return window is not Window.DAY or column.name not in _KEPT_OF_DAYS


def _nothing(model: FleetModel, now: datetime, filtered: str) -> SafeText:
    """Nothing is let through, nobody could be asked, or those who were asked know of no money."""
    if filtered and not model.resources:
        return nothing_to_show((), now, filtered=filtered)[0]
    statuses = list(model.statuses.values())
    if all(is_bad(status, now) or status.last_ok_at is None for status in statuses):
        return nothing_to_show(statuses, now)[0]
    return SafeText("no money is known yet, which is not the same as none")


def _idle(cost: Sum | None) -> Cell:
    if cost is None:
        return word("-", Role.DIM)
    return word(short(cost), Role.WARN if cost.known else Role.UNKNOWN)


def _bar(part: Sum | None, whole: Sum | None, *, ascii_only: bool) -> str:
    of = dollars(whole)
    if of <= 0 or part is None:
        return ""
    filled = max(0, min(_BAR_CELLS, round(_BAR_CELLS * dollars(part) / of)))
    sign, rest = ("#", "-") if ascii_only else ("━", "─")
    return sign * filled + rest * (_BAR_CELLS - filled)


def dollars(total: Sum | None) -> int:
    """Millionths of a dollar in a sum, for orders and shares."""
    return total.amounts.get("usd", 0) if total is not None else 0


def _money(total: Sum | None, *, none: str = "?") -> Cell:
    if total is None or (not total.amounts and not total.unpriced):
        return word(none, Role.UNKNOWN if none == "?" else Role.DIM)
    if not total.known:
        return word(short(total), Role.UNKNOWN)
    role = Role.MONEY if SOFT.isdisjoint(total.bases) and not total.unpriced else Role.ESTIMATE
    return word(short(total), role)


def share(part: Sum | None, whole: Sum | None) -> str:
    """How much of the whole a part is, in dollars."""
    of = dollars(whole)
    return f"{100 * dollars(part) // of}%" if of > 0 and part is not None else "-"


def bases_words(total: Sum | None) -> str:
    """What a sum rests on."""
    if total is None:
        return "nobody told"
    words = [basis.value for basis in sorted(total.bases) if basis is not Basis.UNPRICED]
    return "+".join([*words, *([f"{total.unpriced} unpriced"] if total.unpriced else [])]) or "-"


def spend_lines(model: FleetModel, now: datetime, by: GroupBy, window: Window = Window.TODAY) -> list[Line]:
    """What stands above the table: now, the window, unallocated, the other sides, and what the marks mean."""
    return finished(line_steps(model, now, by, window))


def line_steps(model: FleetModel, now: datetime, by: GroupBy, window: Window) -> Generator[None, None, list[Line]]:
    """The same in steps of some milliseconds."""
    days = window.days(now)
    by_team = yield from model.ledger.by_over_steps(lambda total: total.team or UNALLOCATED, days)
    unallocated = by_team.get(UNALLOCATED)
    whole = model.ledger.over(days)
    first: list[Cell] = [word("now "), word(f"{full(model.tally.rate())} an hour", Role.MONEY)]
    first += [word(f"   {window.value} "), word(full(whole), Role.MONEY), word(f" ({bases_words(whole)})", Role.DIM)]
    if 1 < len(days) != (known := len(set(days) & set(model.ledger.days()))):
        first.append(word(f", {known} of {len(days)} days known", Role.WARN))
    if unallocated is not None:
        first += [word("   unallocated "), word(f"{full(unallocated)} ({share(unallocated, whole)})", Role.WARN)]
    lines: list[Line] = [tuple(first)]
    for side, means in ((Side.BILLED, "what we charge our customers"), (Side.CARD, "cash that settles a cost")):
        if (other := model.ledger.over(days, side)) is not None:
            lines.append(
                (
                    word(f"{side.value} "),
                    word(full(other), Role.MONEY),
                    word(f"  {means}, never added to the cost", Role.DIM),
                )
            )
    marks = "~ estimated or claimed   >= something in it has no price   ? nobody knows   IDLE$/D a day for no work"
    note = "   counted for the task that an agent has now" if by is GroupBy.TASK else ""
    lines.append((word(marks + note, Role.DIM),))
    return lines


def chart_heading(by: GroupBy, group: str | None, chart: Chart | None) -> Line:
    """Whose curve it is, its highest hour and how much of the day is unknown."""
    whose = said("all" if group is None else f"{by.value} {group}", Role.STRONG, 60)
    line: Line = (word("$/h, last 24 h, UTC  ", Role.TITLE), whose)
    if chart is None or not chart.known:
        return line
    gaps = len(chart.pieces) - 1
    unknown = f", {counted(gaps, 'gap')} in which nobody knows" if gaps else ""
    return (*line, word(f"  highest ${chart.highest:.2f}{unknown}", Role.DIM))
