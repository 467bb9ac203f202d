"""A narrowed model holds the rows that a filter lets through, their sources and their money, and nothing else."""

from dataclasses import replace
from datetime import timedelta

import pytest

from fleet_tui.domain.agent import Join
from fleet_tui.domain.filter import parse_to_look
from fleet_tui.domain.identity import Kind, ResourceKey, SourceName
from fleet_tui.domain.money import Side
from fleet_tui.domain.record import AuditRow
from fleet_tui.domain.sprawl import RuleName
from fleet_tui.views.model import FleetModel
from fleet_tui.views.narrow import audit_within, failures_within, narrowed
from tests.support.facts import NOW, failure, finding, key, next_delta, resource, total, whole


@pytest.fixture
def model() -> FleetModel:
    model = FleetModel()
    rows = (
        resource("sb-1", agent="ci-1", team="ci"),
        resource("sb-2", agent="etl", team="data", source="daytona"),
        resource("scope", source="mem0", kind=Kind.MEMORY_SCOPE),
    )
    model.apply(whole(*rows), NOW)
    found = tuple(finding(r.key, RuleName.ORPHAN) for r in rows)
    totals = (total("ci-1", "3", team="ci"), total("etl", "5", team="data", source="daytona"))
    model.apply(next_delta(2, findings=found, totals=totals), NOW)
    return model


def part_of(model: FleetModel, *words: str) -> FleetModel:
    return narrowed(model, parse_to_look(words), NOW, join=Join.TEAM)


def test_no_filter_is_the_whole_fleet(model: FleetModel) -> None:
    assert part_of(model) is model


def test_a_filter_keeps_its_rows_with_their_findings_and_money(model: FleetModel) -> None:
    part = part_of(model, "team:ci")

    assert [k.id for k in part.resources] == ["sb-1"]
    assert [k.id for k in part.findings] == ["sb-1"]
    assert list(part.statuses) == ["e2b"]
    assert [(t.agent, t.amount_micro) for t in part.ledger.of_day(NOW.date(), Side.COST)] == [("ci-1", 3_000_000)]


def test_what_nobody_claims_is_kept_where_the_filter_fits_it(model: FleetModel) -> None:
    part = part_of(model, "source:mem0")

    assert [k.id for k in part.resources] == ["scope"]
    assert list(part.statuses) == ["mem0"]


def test_a_named_source_is_kept_also_when_nothing_lies_in_it(model: FleetModel) -> None:
    assert list(part_of(model, "source:daytona", "team:nobody").statuses) == ["daytona"]


def test_failures_are_those_of_kept_rows_and_sources(model: FleetModel) -> None:
    listed = [
        failure(source="e2b"),
        failure(source="daytona"),
        failure(source="e2b", of=key("sb-1")),
        failure(source="e2b", of=key("sb-9")),
    ]

    assert failures_within(listed, part_of(model, "team:ci")) == [listed[0], listed[2]]


LINE = AuditRow(
    seq=1,
    at=NOW - timedelta(minutes=5),
    actor="kim",
    host="box",
    via="command",
    what="kill",
    target=ResourceKey(SourceName("e2b-us"), Kind.SANDBOX, "sb/1").packed(),
    incarnation="sb/1",
    outcome="done",
    reason="",
    why="cleaning up",
    intent_id="i",
    action_id="i.0",
    hash="",
)


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        (["kim"], True),
        (["cleaning"], True),
        (["id:sb/1"], True),
        (["source:e2b-us", "kind:sandbox"], True),
        (["age:..1h"], True),
        (["age:1h.."], False),
        (["source:e2b"], False),
        (["-kim"], False),
        (["team:ci"], False),
    ],
)
def test_the_audit_answers_to_the_same_filter(words: list[str], kept: bool) -> None:
    assert bool(audit_within([LINE], parse_to_look(words), NOW)) is kept


def test_a_line_about_an_agent_answers_to_its_name() -> None:
    line = replace(LINE, target="docs-bot", what="reassign")

    assert audit_within([line], parse_to_look(["agent:docs-bot"]), NOW) == [line]
