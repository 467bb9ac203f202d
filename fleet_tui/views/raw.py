"""What the store holds of an agent, resource by resource, as JSON: every text exact, nothing written like a key."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from typing import Any, cast

from fleet_tui.config.redact import redact
from fleet_tui.domain.agent import Agent
from fleet_tui.domain.resource import Resource, Vitals
from fleet_tui.domain.text import safe_line
from fleet_tui.views import row
from fleet_tui.views.as_json import agent_row, time_text
from fleet_tui.views.cells import Cell, Role
from fleet_tui.views.model import FleetModel
from fleet_tui.views.pieces import Line, said, word
from fleet_tui.views.sources import source_words

_PAIRS = frozenset({"labels", "detail"})


def stored(fact: object) -> Any:
    """A fact as JSON shows it: enums by their value, times in RFC 3339, pairs as a mapping."""
    if isinstance(fact, datetime):
        return time_text(fact)
    if isinstance(fact, Enum):
        return stored(fact.value)
    if is_dataclass(fact) and not isinstance(fact, type):
        return {
            one.name: dict(getattr(fact, one.name)) if one.name in _PAIRS else stored(getattr(fact, one.name))
            for one in fields(fact)
        }
    if isinstance(fact, frozenset | tuple):
        held = [stored(one) for one in cast("Iterable[object]", fact)]
        return sorted(held) if isinstance(fact, frozenset) else held
    return fact


def stale_lines(model: FleetModel, agent: Agent, now: datetime) -> list[Line]:
    """Which of its sources are not read as they should be: what stands here may not be so any more."""
    lines: list[Line] = []
    for source in dict.fromkeys(r.key.source for r in agent.resources):
        of_source = next(r for r in agent.resources if r.key.source == source)
        if row.is_stale(model, of_source, now):
            status = model.statuses.get(source)
            words = said(f"{source} was never read", Role.STALE) if status is None else source_words(status, now)
            lines.append((words, word(": what it says here may not be so any more", Role.DIM)))
    return lines


def raw_lines(model: FleetModel, agent: Agent, now: datetime) -> list[Line]:
    """The agent as `--json` prints it, then each of its resources as it is stored."""
    lines = stale_lines(model, agent, now)
    summary = {key: value for key, value in agent_row(model, agent, now).items() if key != "resources"}
    lines += _titled("agent, as show --json prints it", summary)
    for resource in agent.resources:
        lines.append(())
        lines += _titled(
            f"{resource.key.kind} {resource.key.id} of {resource.key.source}, as stored", _whole(model, resource)
        )
    return lines


def _whole(model: FleetModel, resource: Resource) -> dict[str, Any]:
    vitals: Vitals | None = model.vitals.get(resource.key)
    found = model.findings.get(resource.key, {})
    facts: dict[str, Any] = {"layer": resource.layer.value, **stored(resource)}
    return facts | {"vitals": stored(vitals), "findings": [stored(one) for one in found.values()]}


def _titled(title: str, facts: dict[str, Any]) -> Iterator[Line]:
    yield (said(title, Role.TITLE),)
    for line in json.dumps(facts, indent=2).splitlines():
        yield tuple(_coloured(redact(line)))


def _coloured(line: str) -> Iterator[Cell]:
    """A name, then what it says."""
    name, colon, value = line.partition('": ')
    if colon and name.lstrip().startswith('"'):
        yield said(f"{name}{colon}", Role.KEY)
        yield said(value, Role.DIM if value in {"null", "null,"} else Role.PLAIN)
    else:
        yield Cell(safe_line(line))
