"""A model of the rows that a filter lets through, so that every view of it is about them alone. Pure."""

from collections.abc import Generator, Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Final, TypeVar

from fleet_tui.domain.agent import Join
from fleet_tui.domain.delta import DayTotal, FleetDelta
from fleet_tui.domain.failure import Failure
from fleet_tui.domain.filter import Field, Filter, matches
from fleet_tui.domain.identity import SourceName
from fleet_tui.domain.reading import SourceStatus
from fleet_tui.domain.record import AuditRow
from fleet_tui.domain.resource import Resource
from fleet_tui.views.facts import ResourceFacts, matching
from fleet_tui.views.model import FleetModel
from fleet_tui.views.ordering import finished

_KEY_PARTS: Final = 3
_AT_ONCE: Final = 500
"""Rows of one step."""
_T = TypeVar("_T")


def narrowed(model: FleetModel, chosen: Filter, now: datetime, *, join: Join) -> FleetModel:
    """The agents, loose resources, sources, findings and money that a filter lets through; all without one."""
    return finished(narrow_steps(model, chosen, now, join=join))


def narrow_steps(model: FleetModel, chosen: Filter, now: datetime, *, join: Join) -> Generator[None, None, FleetModel]:
    """The same in steps of some ten milliseconds. The model may move meanwhile: then the part is of about then."""
    if not chosen:
        return model
    part = FleetModel(join=join)
    part.apply(FleetDelta(store_id=model.store_id, revision=model.revision, whole=True, last=False), now)
    names: dict[str, None] = {}
    for handles in _pieces(list(model.agents)):
        agents = [model.agents[one] for one in matching(model, chosen, filter(model.agents.__contains__, handles), now)]
        names |= dict.fromkeys(agent.name for agent in agents if agent.claimed)
        _take(part, model, [r for agent in agents for r in agent.resources], now)
        yield
    for keys in _pieces(list(model.loose)):
        loose = (model.resources[key] for key in keys if key in model.resources)
        _take(part, model, [r for r in loose if matches(chosen, ResourceFacts(model, r, now))], now)
        yield
    for totals in model.ledger.pieces_of(names):
        part.apply(_more(model, totals=tuple(totals)), now)
        yield
    sources = {key.source for key in part.resources} | _named_sources(model, chosen)
    statuses = tuple(s for s in model.statuses.values() if s.name in sources)
    part.apply(_more(model, statuses=statuses, last=True), now)
    return part


def _pieces(every: list[_T]) -> Iterator[list[_T]]:
    return (every[begin : begin + _AT_ONCE] for begin in range(0, len(every), _AT_ONCE))


def _more(
    model: FleetModel,
    *,
    totals: tuple[DayTotal, ...] = (),
    statuses: tuple[SourceStatus, ...] = (),
    last: bool = False,
) -> FleetDelta:
    return FleetDelta(store_id=model.store_id, revision=model.revision, totals=totals, statuses=statuses, last=last)


def _take(part: FleetModel, model: FleetModel, resources: list[Resource], now: datetime) -> None:
    """Resources as the operators' words make them, with what is known of each."""
    keys = [resource.key for resource in resources]
    piece = replace(
        _more(model),
        resources=tuple(model.effective(resource) for resource in resources),
        vitals=tuple(model.vitals[key] for key in keys if key in model.vitals),
        findings=tuple(f for key in keys for f in model.findings.get(key, {}).values()),
    )
    part.apply(piece, now)


def _named_sources(model: FleetModel, chosen: Filter) -> set[SourceName]:
    named = {term.value for term in chosen.terms if term.field in {Field.SOURCE, Field.PROVIDER} and not term.negated}
    return {s.name for s in model.statuses.values() if s.name in named or s.provider in named}


def failures_within(failures: Iterable[Failure], part: FleetModel) -> list[Failure]:
    """Failures of the rows and sources of a narrowed model."""
    return [f for f in failures if (f.key in part.resources if f.key is not None else f.source in part.statuses)]


class AuditFacts:
    """A line of the audit's answers: its target's parts, its age, and every word in it."""

    def __init__(self, line: AuditRow, now: datetime) -> None:
        self._line = line
        self._now = now
        self._parts = tuple(line.target.replace("\x1f", "/").split("/", _KEY_PARTS - 1))

    def texts(self, field: Field) -> tuple[str, ...]:
        if field is Field.AGENT and len(self._parts) == 1:
            return self._parts
        if len(self._parts) != _KEY_PARTS:
            return ()
        places = {Field.SOURCE: 0, Field.KIND: 1, Field.ID: 2}
        return (self._parts[places[field]],) if field in places else ()

    def label(self, key: str) -> tuple[str, ...]:
        del key
        return ()

    def number(self, field: Field) -> Decimal | None:
        return Decimal(int((self._now - self._line.at).total_seconds())) if field is Field.AGE else None

    def words(self) -> tuple[str, ...]:
        line = self._line
        return (line.actor, line.host, line.via, line.what, *self._parts, line.outcome, line.reason, line.why)

    def names(self) -> tuple[str, ...]:
        return self._parts


def audit_within(lines: Iterable[AuditRow], chosen: Filter, now: datetime) -> list[AuditRow]:
    """The lines that a filter lets through."""
    return [line for line in lines if matches(chosen, AuditFacts(line, now))]
