"""The values that exist in a fleet, field by field: what a filter can be completed with. Pure."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Final

from fleet_tui.domain.agent import Agent
from fleet_tui.domain.filter import Field
from fleet_tui.domain.filter_words import NUMBERS
from fleet_tui.domain.phase import short
from fleet_tui.domain.resource import Resource
from fleet_tui.domain.text import has_hidden, safe_line
from fleet_tui.views.model import FleetModel

LOOKED_AT: Final = 10_000
"""Of a longer fleet the first rows speak for the others: completing must not be waited for."""
_ASSIGNED: Final = frozenset({Field.OWNER, Field.TEAM, Field.TASK, Field.PARENT})


class Vocabulary:
    """Made when a line is opened; each field is looked up once."""

    def __init__(self, model: FleetModel) -> None:
        self._model = model
        self._values: dict[str, tuple[str, ...]] = {}

    def values(self, field: Field) -> tuple[str, ...]:
        """The values of a field, in order; only such as can be typed as they look."""
        return self._once(field.value, lambda: self._of(field))

    def label_keys(self) -> tuple[str, ...]:
        """The keys of labels."""
        return self._once("label.", lambda: (name for r in self._resources() for name, _ in r.labels))

    def label_values(self, key: str) -> tuple[str, ...]:
        """The values of one label."""
        return self._once(
            f"label.{key}", lambda: (value for r in self._resources() for name, value in r.labels if name == key)
        )

    def names(self) -> tuple[str, ...]:
        """The names of the rows of FLEET."""
        return self.values(Field.NAME)

    def _once(self, name: str, found: Callable[[], Iterable[str]]) -> tuple[str, ...]:
        if name not in self._values:
            self._values[name] = tuple(sorted(value for value in set(found()) if _typable(value)))
        return self._values[name]

    def _agents(self) -> Iterator[Agent]:
        return islice(self._model.fleet.values(), LOOKED_AT)

    def _resources(self) -> Iterator[Resource]:
        return (resource for agent in self._agents() for resource in agent.resources)

    def _of(self, field: Field) -> Iterable[str]:
        model = self._model
        if field in NUMBERS:
            return ()
        if field in _ASSIGNED:
            return (value for a in self._agents() if (value := getattr(a.assignment, field.value)))
        match field:
            case Field.AGENT:
                return (agent.handle for agent in self._agents() if agent.claimed)
            case Field.NAME:
                return (agent.name for agent in self._agents())
            case Field.PHASE:
                return (short(agent.lead.phase.phase).lower() for agent in self._agents() if agent.lead)
            case Field.FINDING:
                return (rule.value for found in model.findings.values() for rule in found)
            case Field.STALE:
                return ("yes", "no")
            case Field.PROVIDER:
                return (status.provider for status in model.statuses.values())
            case Field.SOURCE:
                return (status.name for status in model.statuses.values())
            case _:
                return self._places(field)

    def _places(self, field: Field) -> Iterable[str]:
        match field:
            case Field.ID:
                return (r.key.id for r in self._resources())
            case Field.KIND:
                return (r.key.kind.value for r in self._resources())
            case Field.LAYER:
                return (r.layer.value for r in self._resources())
            case Field.REGION:
                return (r.region for r in self._resources() if r.region)
            case _:
                return ()


def _typable(value: str) -> bool:
    if not value or '"' in value:
        return False
    return (value.isascii() and value.isprintable()) or (not has_hidden(value) and safe_line(value) == value)
