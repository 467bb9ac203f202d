"""Whatever a vendor or an agent writes, every view gives safe text, and `--json` gives it back exactly."""

import json
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import timedelta

import pytest

from fleet_tui.domain.action import NO_PARAMS, ActionId, IntentId, Params, Verb
from fleet_tui.domain.assignment import AssignmentField
from fleet_tui.domain.failure import FailureClass
from fleet_tui.domain.filter import Field, parse_to_look
from fleet_tui.domain.identity import Kind
from fleet_tui.domain.outcome import Failed
from fleet_tui.domain.phase import Phase
from fleet_tui.domain.plan import plan_for_agents
from fleet_tui.domain.record import ActionRecord, AuditRow
from fleet_tui.views import (
    audit,
    detail,
    facts,
    failures,
    fleet,
    header,
    outcomes,
    plan,
    sources,
    spend,
    sprawl,
    table_text,
)
from fleet_tui.views.as_json import agent_rows, plan_rows
from fleet_tui.views.cells import Cell
from fleet_tui.views.model import FleetModel
from fleet_tui.views.pieces import TableView
from fleet_tui.views.sort_keys import ordered
from tests.support.corpora import own_hostile_names
from tests.support.facts import NOW, failure, finding, key, next_delta, resource, status, total, vitals, whole

NAMES = own_hostile_names()


def is_safe(text: str) -> bool:
    return all(char.isprintable() and unicodedata.category(char)[0] != "C" for char in text)


def texts(found: object) -> Iterator[str]:
    """Every piece of text in what a view gave."""
    match found:
        case Cell():
            yield found.text
        case str():
            yield found
        case TableView():
            yield found.empty
            for row in found.rows:
                yield from texts(row.cells)
        case Iterable():
            for part in found:
                yield from texts(part)
        case None:
            return
        case _:
            raise AssertionError(f"a view gave {found!r}")


def hostile_model(text: str) -> FleetModel:
    model = FleetModel()
    bad = resource(
        text,
        agent=text,
        name=text,
        team=text,
        owner=text,
        task=text,
        region=text,
        raw=text,
        phase=Phase.UNKNOWN,
        labels={text: text},
        detail={"program": text, "dirty": text},
    )
    lone = resource(f"lone{text}", name=text, owner=text)
    held = resource(text, agent=text, name=text, source="mem0", kind=Kind.MEMORY_SCOPE)
    model.apply(whole(bad, lone, held), NOW)
    model.apply(
        next_delta(
            2,
            statuses=(status("e2b", ok_s=90, failure=failure(text=text)), status("mem0")),
            vitals=(vitals(bad.key),),
            findings=(finding(lone.key), finding(bad.key)),
            totals=(total(text, "1.5", team=text),),
            actions=(acted(text, bad.key.id),),
        ),
        NOW,
    )
    return model


def acted(text: str, id_: str) -> ActionRecord:
    return ActionRecord(
        action_id=ActionId("i.0"),
        intent_id=IntentId("i"),
        verb=Verb.KILL,
        params=NO_PARAMS,
        target=resource(id_).target,
        name=text,
        actor=text,
        host=text,
        via="console",
        why=text,
        submitted_at=NOW,
        not_after=NOW + timedelta(minutes=15),
        outcome=Failed(FailureClass.UNKNOWN, text),
    )


def audited(text: str) -> AuditRow:
    return AuditRow(
        seq=1, at=NOW, actor=text, host=text, via=text, what=text, target=text, incarnation=text, outcome=text,
        reason=text, why=text, intent_id=text, action_id=text, hash=text,
    )  # fmt: skip


def everything(model: FleetModel, text: str) -> Iterator[object]:
    for agent in model.fleet.values():
        yield fleet.cells(model, agent, NOW)
        yield detail.detail_lines(model, agent, NOW)
    agents = list(model.fleet.values())
    for verb in Verb:
        params = Params(task_to=text) if verb is Verb.REASSIGN else NO_PARAMS
        planned = plan_for_agents(verb, agents, statuses=model.statuses, now=NOW, params=params)
        context = plan.PlanContext(fleet=text, production=True, hidden=(text,))
        yield plan.title(planned)
        yield plan.plan_table(planned, model, NOW)
        yield plan.plan_lines(planned, model, context)
    named = Params(assign=((AssignmentField.TASK, text),))
    planned = plan_for_agents(Verb.REASSIGN, agents, statuses=model.statuses, now=NOW, params=named)
    yield plan.plan_lines(planned, model, plan.PlanContext(fleet=text, production=False))
    for by in spend.GroupBy:
        yield spend.spend_table(model, NOW, by)
        yield spend.spend_lines(model, NOW, by)
    listed = [failure(text=text, of=key(text))]
    yield failures.classes_table(listed, NOW)
    yield failures.open_table(model, NOW)
    yield failures.failure_lines(listed)
    yield failures.summary(model, listed, NOW)
    yield sprawl.rules_table(model, NOW)
    yield sprawl.findings_table(model, NOW)
    yield sprawl.summary(model)
    yield audit.audit_table([audited(text)])
    yield audit.audit_lines(audited(text))
    yield outcomes.outcome_lines(list(model.actions.values()), NOW)
    yield outcomes.summary(list(model.actions.values()))
    yield header.header_line(model, header.Standing(fleet=text, production=True), NOW, 120)
    yield sources.strip(model.statuses.values(), NOW, 120)
    yield sources.nothing_to_show(model.statuses.values(), NOW, filtered=text)
    yield table_text.table_text(
        fleet.COLUMNS, [fleet.cells(model, agent, NOW) for agent in model.fleet.values()], width=80
    )


@pytest.mark.parametrize("text", NAMES.values(), ids=NAMES)
def test_no_view_lets_a_hostile_text_through(text: str) -> None:
    model = hostile_model(text)
    for found in everything(model, text):
        for piece in texts(found):
            assert is_safe(piece), piece


@pytest.mark.parametrize("text", NAMES.values(), ids=NAMES)
def test_json_gives_every_text_back_exactly(text: str) -> None:
    model = hostile_model(text)
    rows = agent_rows(model, ordered(model, model.fleet, NOW), NOW)
    printed = json.dumps(rows)
    assert printed.isascii()
    mine = next(row for row in json.loads(printed) if row["claimed"])
    assert [mine[name] for name in ("id", "agent", "name", "team", "owner", "task", "region", "raw_state")] == [
        text
    ] * 8
    assert mine["labels"] == {text: text}
    planned = plan_for_agents(Verb.KILL, list(model.fleet.values()), statuses=model.statuses, now=NOW)
    assert json.loads(json.dumps(plan_rows(planned)))


@pytest.mark.parametrize("text", NAMES.values(), ids=NAMES)
def test_a_filter_finds_a_hostile_name_by_its_exact_text(text: str) -> None:
    model = hostile_model(text)
    if not text or text.startswith("~"):
        return
    agent = next(agent for agent in model.fleet.values() if agent.claimed)
    assert facts.AgentFacts(model, agent, NOW).texts(Field.ID) == (text,)
    assert agent.handle in facts.matching(model, parse_to_look([f"task:{text}"]), model.fleet, NOW) or not text.strip()


def test_every_line_fits_the_width_it_was_made_for() -> None:
    model = hostile_model("x" * 300)
    for width in (40, 60, 80, 120, 200):
        line = header.header_line(model, header.Standing(fleet="x" * 300, production=True), NOW, width)
        assert sum(len(cell.text) for cell in line) <= width
        assert sum(len(cell.text) for cell in sources.strip(model.statuses.values(), NOW, width)) <= width
        rows = [fleet.cells(model, agent, NOW) for agent in model.fleet.values()]
        assert max(len(text) for text in table_text.table_text(fleet.COLUMNS, rows, width=width)) <= width
