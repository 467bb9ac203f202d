"""The whole story of one agent: the panel's lines, what it holds on every layer, its family, orders, failures."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Final

from fleet_tui.domain.agent import Agent
from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.failure import RULES, Failure
from fleet_tui.domain.identity import Layer
from fleet_tui.domain.record import ActionRecord
from fleet_tui.domain.resource import Event, Resource
from fleet_tui.views import row
from fleet_tui.views.ages import age, fine_age
from fleet_tui.views.amounts import full
from fleet_tui.views.as_json import outcome_words
from fleet_tui.views.cells import Role, phase_role
from fleet_tui.views.detail import detail_lines
from fleet_tui.views.model import FleetModel
from fleet_tui.views.pieces import Line, counted, said, word
from fleet_tui.views.raw import stale_lines
from fleet_tui.views.tally import rate_sum

_NEWEST: Final = 8
_CHILDREN: Final = 20
_LABEL_CELLS: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What is read for the story beside what the fleet's model knows: newest first."""

    events: tuple[Event, ...] = ()
    failures: tuple[Failure, ...] = ()


def story_lines(model: FleetModel, agent: Agent, now: datetime, past: Past | None) -> list[Line]:
    """`past` is None while it is being read."""
    lines = [*stale_lines(model, agent, now), *detail_lines(model, agent, now)]
    for layer in Layer:
        held = [r for r in agent.resources if r.layer is layer]
        if held:
            lines += _section(f"holds: {layer.value}")
            for resource in held:
                lines += _held(model, resource, now)
    lines += _family(model, agent, now)
    lines += _orders(model, agent, now)
    if past is None:
        return [*lines, (), (word("reading what happened", Role.DIM),)]
    return [*lines, *_failures(past.failures, now), *_events(past.events)]


def _section(title: str) -> list[Line]:
    return [(), (word(title, Role.TITLE),)]


def _held(model: FleetModel, resource: Resource, now: datetime) -> Iterator[Line]:
    hourly = rate_sum((resource,))
    cost = f"  {full(hourly)}/h" if hourly.amounts or hourly.unpriced else ""
    made = f"  made {fine_age(resource.created_at, now)} ago" if resource.created_at else ""
    doubt = "" if row.confirmed(model, resource, now) else "?"
    yield (
        said(f"  {resource.key.kind.replace('_', ' ')} {resource.name or resource.key.id}", Role.STRONG, 80),
        word("  "),
        said(f"{row.phase_word(resource)}{doubt}", phase_role(resource.phase.phase), 40),
        said(f"  {resource.key.source}{made}", Role.DIM),
        word(cost, Role.MONEY),
    )
    yield _pair("id", resource.key.id)
    if resource.incarnation != resource.key.id:
        yield _pair("incarnation", resource.incarnation)
    if resource.generation:
        yield _pair("run", resource.generation)
    if resource.phase.evidence:
        yield _pair("because", resource.phase.evidence)
    for name, value in resource.detail:
        yield _pair(name, value)
    for name, value in resource.labels:
        yield _pair(f"label {name}", value)
    vitals = model.vitals.get(resource.key)
    if vitals is not None and (vitals.cpu_percent is not None or vitals.memory_bytes is not None):
        cpu = "?" if vitals.cpu_percent is None else f"{vitals.cpu_percent:.1f} %"
        memory = "?" if vitals.memory_bytes is None else f"{vitals.memory_bytes / 1048576:.0f} MB"
        yield _pair("cpu, memory", f"{cpu}, {memory}, measured {fine_age(vitals.at, now)} ago")


def _pair(name: str, value: str) -> Line:
    return (said(f"    {name:<{_LABEL_CELLS}}", Role.DIM, 40), said(value or "-", limit=1000))


def _family(model: FleetModel, agent: Agent, now: datetime) -> list[Line]:
    names = {agent.name, agent.handle}
    parent = agent.assignment.parent
    children = [one for one in model.fleet.values() if one.assignment.parent in names] if agent.claimed else []
    if parent is None and not children:
        return []
    lines = _section("family")
    if parent is not None:
        known = next((one for one in model.agents.values() if parent in {one.name, one.handle}), None)
        state = "is not in the fleet" if known is None else f"is {row.state_text(model, known, now)}"
        lines.append(_pair("parent", f"{parent} {state}"))
    for child in children[:_CHILDREN]:
        lines.append(_pair("child", f"{model.names.of(child.handle)} is {row.state_text(model, child, now)}"))
    if len(children) > _CHILDREN:
        lines.append(_pair("", f"and {len(children) - _CHILDREN} more"))
    return lines


def _orders(model: FleetModel, agent: Agent, now: datetime) -> list[Line]:
    keys = {r.key for r in agent.resources}
    given = sorted(
        (one for one in model.actions.values() if one.target.key in keys),
        key=lambda one: one.submitted_at,
        reverse=True,
    )
    lines = _section("orders")
    if not given:
        return [*lines, (word("    none is kept", Role.DIM),)]
    return [*lines, *(_order(one, now) for one in given[:_NEWEST])]


def _order(order: ActionRecord, now: datetime) -> Line:
    outcome, reason = outcome_words(order.outcome)
    how = f"{outcome or order.state.value}{f': {reason}' if reason else ''}"
    why = f", because {order.why}" if order.why else ""
    return (
        said(f"    {fine_age(order.submitted_at, now):>8} ago  ", Role.DIM),
        word(f"{order.verb.value} ", Role.STRONG),
        said(f"by {order.actor} on {order.name}{why}: "),
        said(how, Role.GOOD if outcome == "done" else Role.WARN if outcome else Role.DIM),
    )


def _failures(failures: Iterable[Failure], now: datetime) -> list[Line]:
    newest = list(failures)
    lines = _section(f"failures, 24 h: {counted(len(newest), 'failure')}")
    for one in newest[:_NEWEST]:
        lines.append(
            (
                said(f"    {age(one.at, now):>8} ago  ".replace("now ago", "    now"), Role.DIM),
                word(f"{one.failure_class.value} ", Role.FAIL),
                said(f"{one.source}, {one.operation}: {one.text}"),
            )
        )
    if newest:
        lines.append((said(f"    {RULES[newest[0].failure_class].next_step}", Role.STRONG),))
    return lines


def _events(events: Iterable[Event]) -> list[Line]:
    newest = list(events)[:_NEWEST]
    lines = _section("last events (e shows all)")
    return [*lines, *event_lines(newest)] if newest else [*lines, (word("    none is kept", Role.DIM),)]


def event_lines(events: Iterable[Event]) -> Iterator[Line]:
    """Each event with its day, as it was told."""
    for event in events:
        at = event.at.astimezone(UTC)
        facts = "  ".join(f"{name}={value}" for name, value in event.facts)
        yield (
            word(f"    {at:%m-%d %H:%M:%S}  ", Role.DIM),
            said(f"{event.type} ", Role.STRONG),
            said(event.text),
            said(f"  {facts}" if facts else "", Role.DIM),
        )
