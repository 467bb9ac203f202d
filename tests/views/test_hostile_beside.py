"""The views beside FLEET, and what leaves the console, give safe text whatever a vendor or an agent writes.

A view that gives lines, cells or a table fails here by its name until it is drawn in one of the two sweeps.
"""

import ast
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from fleet_tui.config.notify import Shape, Terminal
from fleet_tui.domain.action import Verb
from fleet_tui.domain.agent import Join
from fleet_tui.domain.attention_place import Place
from fleet_tui.domain.dirt import Dirt, DirtState
from fleet_tui.domain.filter import EVERYTHING
from fleet_tui.domain.history import Recorded
from fleet_tui.domain.identity import AgentId
from fleet_tui.domain.notice import ChannelStatus
from fleet_tui.domain.plan import plan_for_agents
from fleet_tui.domain.resource import Event
from fleet_tui.domain.text import safe_line
from fleet_tui.notify.message import body, message
from fleet_tui.ui.telling import notice_sequence
from fleet_tui.views import (
    attention_rows,
    dirt,
    failures,
    outcomes,
    past,
    raw,
    reassign,
    resources,
    sources,
    spend_detail,
    sprawl,
    stack,
    story,
    tree_table,
    watch,
)
from fleet_tui.views import plan as plans
from fleet_tui.views.attention import Attention, AttentionBook
from fleet_tui.views.export import csv_rows
from fleet_tui.views.fleet import loose_line
from fleet_tui.views.header import Standing, permission
from fleet_tui.views.model import FleetModel
from fleet_tui.views.spend import GroupBy, Window
from fleet_tui.views.tree import tree_rows
from tests.support.facts import NOW, failure, hand_over, key
from tests.views.test_hostile import NAMES, hostile_model, is_safe, texts

_VIEWS = Path(__file__).parents[2] / "fleet_tui" / "views"
_GIVES = ("Line", "SafeText", "Cell", "TableView")
_PARTS = frozenset(
    {
        *("text_of", "suffixed", "said", "word", "fitted", "hung", "cut", "plain", "guides"),
        *("asks_for_key", "asks_for_word", "sieve_steps", "spend_steps", "line_steps", "group_steps"),
        *("first_run_lines", "chart_heading", "heading", "nothing_words", "day_lines", "rate_lines", "usage_lines"),
        *("line_texts", "incident_lines"),
    }
)
"""Made of what others give, or drawn by the console's own sweep."""


def attention(model: FleetModel, text: str) -> Attention:
    return AttentionBook(model).look(NOW, Place(store=text, collector=text, free_bytes=1))


def about_rows(model: FleetModel, text: str) -> Iterator[object]:
    found = stack.measured((), (failure(text=text, of=key(text)),), NOW)
    table = stack.stack_table(model, found, NOW, filtered=text)
    yield table
    yield stack.chain_lines(model, found)
    yield [stack.stack_detail(model, row.key, found) for row in table.rows]
    yield resources.resource_table(model, model.resources.values(), NOW)
    yield [resources.resource_lines(model, one, NOW) for one in model.resources.values()]
    rows = tree_rows(model, NOW, collapse=False)
    yield [tree_table.cells(model, rows, one, NOW, ascii_only=False) for one in rows.order]
    yield [tree_table.story(model, rows, one, NOW) for one in rows.order]
    for agent in model.agents.values():
        yield raw.raw_lines(model, agent, NOW)
        yield raw.stale_lines(model, agent, NOW)
        yield story.story_lines(model, agent, NOW, None)
        yield spend_detail.group_lines(model, NOW, GroupBy.AGENT, Window.TODAY, agent.handle)
    yield [sprawl.finding_lines(model, row.key, NOW) for row in sprawl.findings_table(model, NOW).rows]
    told = failures.open_incidents(model, [failure(text=text, of=key(text))])
    yield [
        failures.story_of(model, row.key, [failure(text=text)], told, NOW)
        for row in failures.open_table(model, NOW).rows
    ]
    yield loose_line(model)
    event = Event(event_id="1", at=NOW, source=text, key=key(text), agent=AgentId(text), type=text, text=text)
    yield list(story.event_lines([event]))
    yield [sources.source_words(status, NOW) for status in model.statuses.values()]


def about_people(model: FleetModel, text: str) -> Iterator[object]:
    seen = attention(model, text)
    yield attention_rows.attention_table(model, seen.items, NOW, ids=True, filtered=text)
    yield [attention_rows.story_lines(one, NOW, runbook=(text,)) for one in seen.items]
    yield attention_rows.header_cell(seen)
    yield attention_rows.channel_words(ChannelStatus(name=text, failures=3, failing_since=NOW, text=text), NOW)
    yield reassign.hand_over_words(hand_over(text, text, text, id_=text, by=text), NOW)
    yield outcomes.order_lines(model, {}, NOW)
    yield [outcomes.outcome_line(one, NOW) for one in model.actions.values()]
    planned = plan_for_agents(Verb.KILL, list(model.fleet.values()), statuses=model.statuses, now=NOW)
    for state in DirtState:
        known = Dirt(state=state, files=1, commits=1, branch=text, why=text)
        yield dirt.dirt_cell(known)
        keys = [(target.key, known) for target in planned.targets]
        yield list(dirt.dirt_lines(replace(planned, dirt=tuple(keys)), 5))
    yield plans.nothing_to_confirm(planned, plans.PlanContext(fleet=text, production=True, why_not=text))
    yield permission(Standing(fleet=text), NOW)
    recorded = Recorded(moment=NOW, resources=tuple(model.resources.values()), begins=NOW, earlier=None, later=None)
    yield past.past_lines(past.past_fleet(recorded, (), model.statuses, join=Join.TEAM), NOW, 120)
    yield watch.changed_line(watch.Changed(at=NOW, what="agent", name=text, field="task", before=text, after=text))


@pytest.mark.parametrize("text", NAMES.values(), ids=NAMES)
def test_no_view_beside_fleet_lets_a_hostile_text_through(text: str) -> None:
    model = hostile_model(text)
    for found in (*about_rows(model, text), *about_people(model, text)):
        for piece in texts(found):
            assert is_safe(piece), piece


@pytest.mark.parametrize("text", NAMES.values(), ids=NAMES)
def test_what_leaves_the_console_is_safe_too(text: str) -> None:
    model = hostile_model(text)
    seen = attention(model, text)
    said = message(text, seen.items)
    for shape in Shape:
        told = body(said, shape, "topic")
        assert is_safe("".join(str(value) for value in told.values()).replace("\\n", "").replace("\n", ""))
    for how in Terminal:
        title, line = (safe_line(one) for one in (text, said.lines[0]))
        inner = notice_sequence(how, title, line, tmux=False)
        assert is_safe(inner.removeprefix("\x1b]").removesuffix("\x07"))
    table = resources.resource_table(model, model.resources.values(), NOW)
    for row in csv_rows(table):
        assert is_safe(row.removesuffix("\n"))
    changes = watch.changes({}, watch.facts_of(model, EVERYTHING, NOW), NOW)
    assert all(is_safe(watch.changed_line(one)) for one in changes)


def test_every_view_that_gives_text_is_drawn_with_hostile_text() -> None:
    drawn = "".join(
        Path(__file__).with_name(name).read_text() for name in ("test_hostile.py", "test_hostile_beside.py")
    )
    missed = [
        f"{module.name}: {found.name}"
        for module in sorted(_VIEWS.glob("*.py"))
        for found in ast.parse(module.read_text(encoding="utf-8")).body
        if isinstance(found, ast.FunctionDef) and not found.name.startswith("_") and found.returns is not None
        if any(one in ast.unparse(found.returns) for one in _GIVES)
        if found.name not in _PARTS and f"{found.name}(" not in drawn
    ]
    assert missed == []
