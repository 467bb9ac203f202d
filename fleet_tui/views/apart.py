"""Takes a money figure apart: every line behind it with side, role, basis and origin, and the sum that it equals."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final

from fleet_tui.domain.agent import Agent
from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.ledger import Part
from fleet_tui.domain.money import Basis, Side
from fleet_tui.domain.resource import Resource
from fleet_tui.domain.sprawl import RULES
from fleet_tui.domain.usage import Origin
from fleet_tui.domain.usage import Role as Counts
from fleet_tui.views import row
from fleet_tui.views.ages import fine_age
from fleet_tui.views.amounts import Sum, full, marked, sign
from fleet_tui.views.cells import Cell, Role
from fleet_tui.views.model import FleetModel
from fleet_tui.views.pieces import Line, counted, said, word
from fleet_tui.views.spend import GroupBy, Groups, Window
from fleet_tui.views.tally import rate_sum

ROWS: Final = 1000
"""So many parts of a side are listed, the dearest first; the others are one line with their sum."""
_PLACES: Final = 6
_AMOUNT_CELLS: Final = 18
ORIGINS: Final = {
    Origin.VENDOR_REPORT: "vendor report",
    Origin.PROVIDER_METER: "provider meter",
    Origin.RATE_CARD: "rate card",
}
_MEANS: Final = {
    Side.COST: "what we pay",
    Side.BILLED: "what we charge our customers",
    Side.CARD: "cash that settles a cost",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """A figure that can be taken apart, as the screen showed it when it was asked for."""

    title: str
    days: tuple[date, ...]
    """UTC."""
    when: str
    """What these days are called: `today`, `7 days`."""
    agent: str | None
    """The ledger is read for this agent only; None: all of the day."""
    today: Sum | None
    hourly: Sum
    resources: tuple[Resource, ...]
    chosen: Callable[[Part], bool]
    beside: tuple[Line, ...] = ()
    whole: bool = False

    def lines(self, parts: Iterable[Part]) -> list[Line]:
        """The day, then the hour, then what stands beside."""
        of_it = [part for part in parts if self.chosen(part)]
        return [*day_lines(of_it, self.today, self.when), *rate_lines(self.resources, self.hourly), *self.beside]


def agent_money(model: FleetModel, agent: Agent, now: datetime) -> Money:
    """What an agent's row shows."""
    team = row.ledger_team(agent)
    return Money(
        title=agent.name,
        days=(now.astimezone(UTC).date(),),
        when="today",
        agent=agent.name if agent.claimed else "\0",
        today=row.today(model, agent, now),
        hourly=row.rate(agent),
        resources=agent.resources,
        chosen=lambda part: team is None or part.team == team,
        beside=tuple(finding_lines(model, agent, now)),
    )


def fleet_money(model: FleetModel, now: datetime) -> Money:
    """What the header shows."""
    return Money(
        title="the whole fleet",
        days=(now.astimezone(UTC).date(),),
        when="today",
        agent=None,
        today=model.ledger.fleet(now.astimezone(UTC).date()),
        hourly=model.tally.rate(),
        resources=tuple(r for agent in model.fleet.values() for r in agent.resources),
        chosen=lambda _: True,
        whole=True,
    )


def _all(_part: Part) -> bool:
    return True


def group_money(
    model: FleetModel,
    by: GroupBy,
    group: str,
    now: datetime,
    *,
    window: Window = Window.TODAY,
    counts: Callable[[Part], bool] = _all,
) -> Money:
    """What a row of SPEND shows; of the ledger only what `counts`, where the model is a part of the fleet."""
    groups, days = Groups(model, by), window.days(now)
    resources = tuple(
        r for agent in model.fleet.values() for r in agent.resources if groups.of_resource(agent, r) == group
    )
    figure = model.ledger.by_over(groups.of_total, days).get(group)
    rolling = window is Window.DAY
    return Money(
        title=f"{by.value} {group}",
        days=(*days, days[0] - timedelta(days=1)) if rolling else days,
        when="today and yesterday" if rolling else window.value,
        agent=None,
        today=None if rolling else figure,
        hourly=rate_sum(resources),
        resources=resources,
        chosen=lambda part: counts(part) and groups.of_total(part) == group,
        beside=_of_24_hours(figure) if rolling else (),
    )


def _of_24_hours(figure: Sum | None) -> tuple[Line, ...]:
    """How the figure of the last 24 hours comes from that of two days."""
    return (
        (word("the last 24 hours", Role.TITLE),),
        (word(f"{full(figure):>{_AMOUNT_CELLS}}  ", Role.MONEY), word("is the figure shown", Role.GOOD)),
        (word("of what began earlier the part inside counts, as if it had been spent evenly", Role.DIM),),
        (),
    )


def counted_sum(parts: Iterable[Part]) -> Sum | None:
    """What the counted parts of one side add up to, as totals say it; None where there is no part."""
    result: Sum | None = None
    for part in parts:
        if part.role is not Counts.COUNTED:
            continue
        result = result or Sum()
        unpriced = part.lines if part.basis is Basis.UNPRICED else 0
        result.add(part.counts_micro, part.currency, {part.basis}, unpriced)
    return result


def day_lines(parts: Sequence[Part], shown: Sum | None, when: str = "today") -> list[Line]:
    """A day's money by side. `shown` is the figure of the cost that the screen has: it equals the sum."""
    if not parts:
        return [(word(f"no usage line is known of {when}, which is not the same as no cost", Role.DIM),)]
    lines: list[Line] = []
    for side in Side:
        of_side = [part for part in parts if part.side is side]
        if of_side:
            lines += _side(side, of_side, shown if side is Side.COST else None, when)
    return lines


def _side(side: Side, parts: Sequence[Part], shown: Sum | None, when: str) -> list[Line]:
    total = counted_sum(parts)
    lines: list[Line] = [(word(f"{side.value}, {when}", Role.TITLE), word(f"  {_MEANS[side]}", Role.DIM))]
    lines.append(
        (word(f"{'AMOUNT':>{_AMOUNT_CELLS}}  ROLE      BASIS      ORIGIN          LINES  TO     OF WHAT", Role.DIM),)
    )
    lines += (_part(part) for part in parts[:ROWS])
    if len(parts) > ROWS:
        rest = counted_sum(parts[ROWS:])
        lines.append(
            (word(f"{_amount(rest):>{_AMOUNT_CELLS}}  "), word(f"{len(parts) - ROWS} smaller parts", Role.DIM))
        )
    lines.append(
        (word(f"{_amount(total):>{_AMOUNT_CELLS}}  ", Role.MONEY), word("the sum of what is counted", Role.STRONG))
    )
    if shown is not None:
        same = total is not None and _same(total, shown)
        said_so = (
            "which is the figure shown" if same else "newer lines came: the figure shown follows with the next reading"
        )
        lines.append(
            (word(f"{full(shown):>{_AMOUNT_CELLS}}  ", Role.MONEY), word(said_so, Role.GOOD if same else Role.WARN))
        )
    if any(part.basis is Basis.PLAN for part in parts):
        lines.append((word("what a flat plan covers is list price: it is in no sum", Role.DIM),))
    if any(part.role is Counts.COMPARED for part in parts):
        lines.append((word("compared: another origin counts for that subject and day", Role.DIM),))
    return [*lines, ()]


def _same(total: Sum, shown: Sum) -> bool:
    return {k: v for k, v in total.amounts.items() if v} == {k: v for k, v in shown.amounts.items() if v}


def _amount(total: Sum | None) -> str:
    if total is None or not total.amounts:
        return "?"
    return ", ".join(
        sign(code, marked(amount, total.bases, at_least=bool(total.unpriced), places=_PLACES))
        for code, amount in sorted(total.amounts.items())
    )


def _part(part: Part) -> Line:
    priced = part.basis is not Basis.UNPRICED
    amount = sign(part.currency, marked(part.amount_micro, {part.basis}, places=_PLACES)) if priced else "unpriced"
    team = f"team {part.team}  " if part.team else ""
    kind = part.subject.kind.replace("_", " ") if part.subject.kind else ""
    subject = " ".join(filter(None, (part.subject.source, kind, part.subject.id or "the account")))
    counts = part.counts_micro or (part.role is Counts.COUNTED and part.basis is not Basis.PLAN)
    return (
        said(f"{amount:>{_AMOUNT_CELLS}}  ", Role.MONEY if counts else Role.DIM),
        word(f"{part.role.value:<10}", Role.PLAIN if counts else Role.DIM),
        word(f"{part.basis.value:<11}{ORIGINS[part.origin]:<16}{part.lines:>5}  ", Role.DIM),
        word(f"{part.until.astimezone(UTC):%H:%M}  ", Role.DIM),
        said(f"{part.agent}  " if part.agent else "", Role.STRONG),
        said(team),
        said(subject, Role.DIM),
    )


def _resource_words(resource: Resource) -> str:
    """Many sandboxes are called alike after what runs in them: the agent's name tells them apart."""
    name = resource.name or resource.key.id
    agent = f"  of {resource.agent}" if resource.agent is not None and resource.agent != name else ""
    return f"{resource.key.source} {resource.key.kind.replace('_', ' ')} {name}{agent}"


def rate_lines(resources: Sequence[Resource], shown: Sum) -> list[Line]:
    """What each costs an hour now, and the sum that the screen shows."""
    lines: list[Line] = [(word("an hour now", Role.TITLE),)]
    costing = [r for r in resources if (one := rate_sum((r,))).amounts or one.unpriced]
    free = len(resources) - len(costing)
    ordered = sorted(costing, key=lambda r: (-(r.rate.microusd_per_hour if r.rate else 0), r.key))
    for resource in ordered[:ROWS]:
        one = rate_sum((resource,))
        basis = resource.rate.basis.value if resource.rate else "unpriced"
        figure = _amount(one) if one.amounts else "?"
        lines.append(
            (
                word(f"{figure:>{_AMOUNT_CELLS}}  ", Role.MONEY if one.amounts else Role.UNKNOWN),
                word(f"{basis:<11}", Role.DIM),
                said(f"{row.phase_word(resource):<10}", Role.DIM),
                said(_resource_words(resource)),
            )
        )
    if len(ordered) > ROWS:
        rest = rate_sum(tuple(ordered[ROWS:]))
        lines.append((word(f"{_amount(rest):>{_AMOUNT_CELLS}}  "), word(f"{len(ordered) - ROWS} more", Role.DIM)))
    if free:
        lines.append(
            (
                word(f"{'-':>{_AMOUNT_CELLS}}  ", Role.DIM),
                word(f"{counted(free, 'thing')} with no rate and no running compute", Role.DIM),
            )
        )
    total = rate_sum(tuple(resources))
    lines.append((word(f"{_amount(total):>{_AMOUNT_CELLS}}  ", Role.MONEY), word("the sum", Role.STRONG)))
    lines.append((word(f"{full(shown):>{_AMOUNT_CELLS}}  ", Role.MONEY), word("is the figure shown", Role.GOOD)))
    return [*lines, ()]


def finding_lines(model: FleetModel, agent: Agent, now: datetime) -> list[Line]:
    """What each finding of an agent costs a day: its rate, 24 times."""
    lines: list[Line] = []
    for resource in agent.resources:
        for found in model.findings.get(resource.key, {}).values():
            cost = (
                "?"
                if found.microusd_per_day is None
                else sign("usd", marked(found.microusd_per_day, (), places=_PLACES))
            )
            hourly = rate_sum((resource,))
            how = f"24 times {full(hourly)} an hour" if hourly.amounts else "no rate is known"
            lines.append(
                (
                    word(f"{cost:>{_AMOUNT_CELLS}}  ", Role.MONEY),
                    word(f"{RULES[found.rule].title}, for {fine_age(found.since, now)}: ", Role.ORPHAN),
                    Cell(said(how).text, Role.DIM),
                )
            )
    return [(word("findings, a day", Role.TITLE),), *lines, ()] if lines else []
