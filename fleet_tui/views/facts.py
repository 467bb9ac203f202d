"""What an agent or a resource answers to a filter."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

from fleet_tui.domain.agent import Agent
from fleet_tui.domain.filter import Facts, Field, Filter, matches, unmatched_names
from fleet_tui.domain.money import MICRO
from fleet_tui.domain.phase import ENDED, Phase, short
from fleet_tui.domain.resource import Resource
from fleet_tui.views import row
from fleet_tui.views.amounts import Sum
from fleet_tui.views.model import FleetModel
from fleet_tui.views.tally import rate_sum

PLACES: Final = frozenset({Field.ID, Field.KIND, Field.LAYER, Field.PROVIDER, Field.SOURCE, Field.REGION})
"""What is said of a single resource, and of an agent only through what it has."""


class AgentFacts:
    """An agent's answers: places and ids are those of everything it has, phase, age and name its own."""

    def __init__(self, model: FleetModel, agent: Agent, now: datetime) -> None:
        self._model = model
        self._agent = agent
        self._now = now

    def texts(self, field: Field) -> tuple[str, ...]:
        agent = self._agent
        match field:
            case Field.AGENT:
                return tuple(dict.fromkeys(self._claims()))
            case Field.NAME:
                return tuple(dict.fromkeys((agent.name, *(r.name for r in agent.resources if r.name))))
            case Field.PHASE:
                return phase_answers(agent.lead.phase.phase if agent.lead else None)
            case Field.FINDING:
                return tuple(rule.value for rule in row.findings_of(self._model, agent))
            case Field.OWNER | Field.TEAM | Field.TASK | Field.PARENT:
                return _one(getattr(agent.assignment, field.value))
            case Field.STALE:
                return ("yes" if any(row.is_stale(self._model, r, self._now) for r in self._speaking()) else "no",)
            case _:
                return tuple(dict.fromkeys(text for r in agent.resources for text in place_answers(r, field)))

    def _claims(self) -> tuple[str, ...]:
        agent = self._agent
        return (*(r.agent for r in agent.resources if r.agent), agent.handle) if agent.claimed else ()

    def _speaking(self) -> tuple[Resource, ...]:
        return (self._agent.lead,) if self._agent.lead else self._agent.resources

    def label(self, key: str) -> tuple[str, ...]:
        return tuple(value for r in self._agent.resources for name, value in r.labels if name == key)

    def number(self, field: Field) -> Decimal | None:
        agent = self._agent
        match field:
            case Field.AGE:
                return _seconds(self._now, agent.lead.created_at if agent.lead else None)
            case Field.LEFT:
                end = row.ends_at(agent)
                return None if end is None else Decimal(int((end - self._now).total_seconds()))
            case Field.USD:
                return _units(row.today(self._model, agent, self._now))
            case Field.RATE:
                return _units(row.rate(agent))
            case _:
                return None

    def words(self) -> tuple[str, ...]:
        agent = self._agent
        assignment = agent.assignment
        said = (assignment.owner, assignment.team, assignment.task, assignment.parent)
        ids = [text for r in agent.resources for text in (r.key.id, r.name, r.key.source, r.region or "")]
        shown = row.state_text(self._model, agent, self._now)
        return (agent.handle if agent.claimed else agent.name, shown, *ids, *(text for text in said if text))

    def names(self) -> tuple[str, ...]:
        return (*self._claims(), *(r.key.id for r in self._agent.resources))


class TogetherFacts:
    """What several agents answer together: any of them may. Numbers are known of one alone only."""

    def __init__(self, parts: Sequence[Facts]) -> None:
        self._parts = parts

    def texts(self, field: Field) -> tuple[str, ...]:
        return tuple(dict.fromkeys(text for part in self._parts for text in part.texts(field)))

    def label(self, key: str) -> tuple[str, ...]:
        return tuple(text for part in self._parts for text in part.label(key))

    def number(self, field: Field) -> Decimal | None:
        return self._parts[0].number(field) if len(self._parts) == 1 else None

    def words(self) -> tuple[str, ...]:
        return tuple(text for part in self._parts for text in part.words())

    def names(self) -> tuple[str, ...]:
        return tuple(text for part in self._parts for text in part.names())


class ResourceFacts:
    """A resource's own answers."""

    def __init__(self, model: FleetModel, resource: Resource, now: datetime, *, today: Sum | None = None) -> None:
        self._model = model
        self._resource = model.effective(resource)
        self._now = now
        self._today = today

    def texts(self, field: Field) -> tuple[str, ...]:
        resource = self._resource
        match field:
            case Field.AGENT:
                return _one(resource.agent)
            case Field.NAME:
                return _one(resource.name)
            case Field.PHASE:
                return phase_answers(resource.phase.phase)
            case Field.FINDING:
                return tuple(rule.value for rule in self._model.findings.get(resource.key, ()))
            case Field.OWNER | Field.TEAM | Field.TASK | Field.PARENT:
                return _one(getattr(resource.assignment, field.value))
            case Field.STALE:
                return ("yes" if row.is_stale(self._model, resource, self._now) else "no",)
            case _:
                return place_answers(resource, field)

    def label(self, key: str) -> tuple[str, ...]:
        return tuple(value for name, value in self._resource.labels if name == key)

    def number(self, field: Field) -> Decimal | None:
        resource = self._resource
        match field:
            case Field.AGE:
                return _seconds(self._now, resource.created_at)
            case Field.LEFT:
                return None if resource.ends_at is None else -(_seconds(self._now, resource.ends_at) or Decimal(0))
            case Field.USD:
                return _units(self._today)
            case Field.RATE:
                return _units(rate_sum((resource,)))
            case _:
                return None

    def words(self) -> tuple[str, ...]:
        resource = self._resource
        assignment = resource.assignment
        said = (resource.agent, resource.region, assignment.owner, assignment.team, assignment.task, assignment.parent)
        return (resource.key.id, resource.name, resource.key.source, *(text for text in said if text))

    def names(self) -> tuple[str, ...]:
        return (self._resource.key.id, *_one(self._resource.agent))


def phase_answers(phase: Phase | None) -> tuple[str, ...]:
    """A phase answers to its full word, its printed one, and `ended` where it is an end."""
    if phase is None:
        return ()
    return (phase.value, short(phase), *(("ended",) if phase in ENDED else ()))


def place_answers(resource: Resource, field: Field) -> tuple[str, ...]:
    """What and where a resource is."""
    match field:
        case Field.ID:
            return (resource.key.id,)
        case Field.KIND:
            return (resource.key.kind.value,)
        case Field.LAYER:
            return (resource.layer.value,)
        case Field.PROVIDER:
            return (resource.provider,)
        case Field.SOURCE:
            return (resource.key.source,)
        case Field.REGION:
            return _one(resource.region)
        case _:
            return ()


def _one(text: str | None) -> tuple[str, ...]:
    return (text,) if text else ()


def _seconds(now: datetime, since: datetime | None) -> Decimal | None:
    return None if since is None else Decimal(int((now - since).total_seconds()))


def _units(total: Sum | None) -> Decimal | None:
    """The amount that the cell prints, as a number: several currencies are never added."""
    if total is None or not total.known:
        return None
    main = total.main()
    return None if main is None else Decimal(main[1]) / MICRO


def matching(model: FleetModel, chosen: Filter, handles: Iterable[str], now: datetime) -> list[str]:
    """The agents that a filter lets through, in the order they came."""
    if not chosen:
        return list(handles)
    return [handle for handle in handles if matches(chosen, AgentFacts(model, model.agents[handle], now))]


def matching_resources(model: FleetModel, chosen: Filter, now: datetime) -> list[Resource]:
    """The resources that a filter lets through, by key."""
    ordered = sorted(model.resources.values(), key=lambda resource: resource.key)
    if not chosen:
        return ordered
    return [resource for resource in ordered if matches(chosen, ResourceFacts(model, resource, now))]


def misnamed(model: FleetModel, chosen: Filter, now: datetime) -> dict[str, tuple[str, ...]]:
    """Bare words of a verb's filter that name nothing, each with what it could have meant."""
    return unmatched_names(chosen, (AgentFacts(model, agent, now) for agent in model.agents.values()))
