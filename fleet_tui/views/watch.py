"""What changed between two looks at a fleet, in words: for a log, a script or a screen reader. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from fleet_tui.domain.assignment import AssignmentField
from fleet_tui.domain.filter import Filter
from fleet_tui.domain.reading import state_at
from fleet_tui.domain.text import SafeText, exact, has_hidden, name_cell, safe_join, safe_line
from fleet_tui.views import row
from fleet_tui.views.as_json import outcome_words, time_text
from fleet_tui.views.facts import matching
from fleet_tui.views.model import FleetModel

STATE: Final = "state"
FINDING: Final = "finding"
NONE: Final = "-"

Facts = Mapping[tuple[str, str, str], Mapping[str, str]]
"""By kind, name and identity what is watched of each thing, by field: several may have one name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """One thing that is otherwise than before. Texts are as they were told, not made safe."""

    at: datetime
    what: str
    """`agent`, `source` or `order`."""
    name: str
    field: str
    before: str | None
    """None: it was not there, or had none."""
    after: str | None


def facts_of(model: FleetModel, chosen: Filter, now: datetime) -> Facts:
    """What is watched of the agents that a filter lets through, and of what belongs to them."""
    facts: dict[tuple[str, str, str], Mapping[str, str]] = {}
    sources: set[str] = set()
    for handle in matching(model, chosen, sorted(model.fleet), now):
        agent = model.agents[handle]
        sources |= {r.key.source for r in agent.resources}
        told = {one.value: agent.assignment.value(one) for one in AssignmentField}
        found = " ".join(sorted(rule.value for rule in row.findings_of(model, agent)))
        state = row.phase_word(agent.lead) if agent.lead is not None else NONE
        fields = {STATE: state, FINDING: found, **told}
        facts["agent", handle if agent.claimed else agent.name, handle] = {k: v for k, v in fields.items() if v}
    for status in model.statuses.values():
        if not chosen or status.name in sources:
            facts["source", status.name, ""] = {STATE: state_at(status, now).value}
    agents = {name for what, name, _ in facts if what == "agent"}
    for action in model.actions.values():
        if not chosen or action.name in agents:
            ended = outcome_words(action.outcome)[0] or action.state.value
            facts["order", f"{action.verb} {action.name}", action.action_id] = {STATE: ended}
    return facts


def changes(before: Facts, after: Facts, at: datetime) -> Iterator[Changed]:
    """What differs, in a settled order: what is new, what changed, what is gone."""
    for key in [*after, *(key for key in before if key not in after)]:
        old, new = before.get(key, {}), after.get(key, {})
        fields = [STATE] if not old or not new else [*new, *(field for field in old if field not in new)]
        for field in fields:
            if old.get(field) != new.get(field):
                yield Changed(at=at, what=key[0], name=key[1], field=field, before=old.get(field), after=new.get(field))


def changed_line(changed: Changed) -> SafeText:
    """`2026-11-27T12:04:10Z agent ci-fix-07 state RUN -> LOOP`; a `-` where it was, or is, nothing."""
    name = exact(changed.name) if has_hidden(changed.name) else name_cell(changed.name)
    before, after = (safe_line(text or NONE, 200) for text in (changed.before, changed.after))
    at = f"{changed.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return safe_join(
        (safe_line(f"{at} {changed.what} "), name, safe_line(f" {changed.field} "), before, SafeText(" -> "), after)
    )


def changed_row(changed: Changed) -> dict[str, str | None]:
    """The same for `--json`, exact."""
    return {
        "at": time_text(changed.at),
        "what": changed.what,
        "name": changed.name,
        "field": changed.field,
        "from": changed.before,
        "to": changed.after,
    }
