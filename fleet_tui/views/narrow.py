"""A model of the rows that a filter lets through, so that every view of it is about them alone. Pure."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from fleet_tui.domain.agent import Join
from fleet_tui.domain.delta import FleetDelta
from fleet_tui.domain.failure import Failure
from fleet_tui.domain.filter import Field, Filter, matches
from fleet_tui.domain.identity import SourceName
from fleet_tui.domain.money import Side
from fleet_tui.domain.record import AuditRow
from fleet_tui.views.facts import matching, matching_resources
from fleet_tui.views.model import FleetModel

_KEY_PARTS = 3


def narrowed(model: FleetModel, chosen: Filter, now: datetime, *, join: Join) -> FleetModel:
    """The agents, loose resources, sources, findings and money that a filter lets through; all without one."""
    if not chosen:
        return model
    agents = [model.agents[handle] for handle in matching(model, chosen, sorted(model.agents), now)]
    kept = {r.key: model.effective(r) for agent in agents for r in agent.resources}
    kept |= {r.key: r for r in matching_resources(model, chosen, now) if r.key in model.loose}
    names = {agent.name for agent in agents if agent.claimed}
    sources = {key.source for key in kept} | _named_sources(model, chosen)
    part = FleetModel(join=join)
    part.apply(
        FleetDelta(
            store_id=model.store_id,
            revision=model.revision,
            whole=True,
            resources=tuple(kept.values()),
            statuses=tuple(s for s in model.statuses.values() if s.name in sources),
            vitals=tuple(vitals for key, vitals in model.vitals.items() if key in kept),
            findings=tuple(f for key, found in model.findings.items() if key in kept for f in found.values()),
            totals=tuple(
                t
                for day in model.ledger.days()
                for side in Side
                for t in model.ledger.of_day(day, side)
                if t.agent in names
            ),
        ),
        now,
    )
    return part


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
