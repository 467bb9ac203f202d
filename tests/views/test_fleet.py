"""A row of FLEET says what is known, how sure that is, and never a silent zero."""

from dataclasses import replace
from datetime import timedelta

import pytest

from fleet_tui.domain.action import NO_PARAMS, ActionId, IntentId, Verb
from fleet_tui.domain.identity import Kind
from fleet_tui.domain.money import Basis
from fleet_tui.domain.phase import Phase
from fleet_tui.domain.record import ActionRecord
from fleet_tui.domain.sprawl import RuleName
from fleet_tui.views import fleet
from fleet_tui.views.cells import Role
from fleet_tui.views.columns import place
from fleet_tui.views.model import FleetModel
from fleet_tui.views.row import due_at
from fleet_tui.views.sort_keys import ordered
from tests.support.facts import NOW, finding, resource, status, total, vitals
from tests.support.models import model_of


def row(model: FleetModel, handle: str = "a") -> dict[str, str]:
    agent = model.fleet[handle]
    names = [column.name for column in fleet.COLUMNS]
    return {name: cell.text for name, cell in zip(names, fleet.cells(model, agent, NOW), strict=True)}


def test_a_row_in_full() -> None:
    box = resource("s1", agent="a", team="ci", task="fix 1", region="us", ends_in_s=5400, detail={"program": "claude"})
    model = model_of(box, vitals=(vitals(box.key, signal_s=120),), totals=(total("a", "18.4", team="ci"),))
    assert row(model) == {
        "AGENT": "a", "KIND": "claude", "WHERE": "e2b/us", "STATE": "RUN", "FOR": "11m", "BEAT": "2m", "$/h": "0.10~",
        "TODAY": "18.40", "TEAM": "ci", "LEFT": "1h", "TASK": "fix 1",
    }  # fmt: skip


def test_where_names_the_newest_running_compute_and_counts_the_rest() -> None:
    model = model_of(
        resource("s1", agent="a", region="us", created_s=9000),
        resource("s2", agent="a", source="daytona", region="eu", created_s=60),
        resource("s3", agent="a", phase=Phase.ENDED_OK, created_s=1),
        resource("m", agent="a", source="mem0", kind=Kind.MEMORY_SCOPE),
    )
    assert row(model)["WHERE"] == "daytona/eu +1"
    assert row(model_of(resource("s1", agent="a", source="e2b-two")))["WHERE"] == "e2b-two"


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, "0.10~"),
        ({"basis": Basis.REPORTED}, "0.10"),
        ({"usd": None}, "?"),
        ({"usd": "0", "basis": Basis.REPORTED}, "0.00"),
        ({"currency": "eur"}, "0.10~ eur"),
        ({"phase": Phase.ENDED_OK}, "-"),
    ],
)
def test_a_rate_carries_its_basis(changes: dict[str, object], text: str) -> None:
    assert row(model_of(resource("s1", agent="a", **changes)))["$/h"] == text  # type: ignore[arg-type]


def test_a_rate_of_which_a_part_is_unknown_is_at_least_that() -> None:
    model = model_of(resource("s1", agent="a"), resource("s2", agent="a", usd=None))
    assert row(model)["$/h"] == ">=0.10~"


@pytest.mark.parametrize(
    ("totals", "text"),
    [
        ((), "?"),
        ((total("a", "1.5"),), "1.50"),
        ((total("a", "1.5", basis=Basis.ESTIMATED),), "1.50~"),
        ((total("a", "1.5", basis=Basis.CLAIMED),), "1.50~"),
        ((total("a", "1.5", unpriced=2),), ">=1.50"),
        ((total("a", "0", unpriced=2),), "?"),
        ((total("a", "0"),), "0.00"),
        ((total("a", "1"), total("a", "2", source="mem0")), "3.00"),
        ((total("a", "1"), total("a", "2", currency="eur")), "1.00+"),
        ((total("a", "5", days_ago=1),), "?"),
        ((total("b", "5"),), "?"),
    ],
)
def test_today_is_never_a_silent_zero(totals: tuple[object, ...], text: str) -> None:
    assert row(model_of(resource("s1", agent="a"), totals=totals))["TODAY"] == text


def test_what_is_known_to_cost_nothing_costs_nothing() -> None:
    assert row(model_of(resource("s1", agent="a", usd="0", basis=Basis.REPORTED)))["TODAY"] == "0.00"


def test_a_finding_stands_before_the_phase_and_doubt_behind_it() -> None:
    lone = resource("s1")
    model = model_of(lone, findings=(finding(lone.key), finding(lone.key, RuleName.NO_END)))
    assert row(model, lone.key.packed())["STATE"] == "ORPHAN RUN"
    assert row(model_of(resource("s1", agent="a", confirmed=False)))["STATE"] == "RUN?"
    assert row(model_of(resource("s1", agent="a"), statuses=(status(ok_s=31),)))["STATE"] == "RUN?"
    assert row(model_of(resource("s1", agent="a"), statuses=(status(ok_s=29),)))["STATE"] == "RUN"
    unknown = resource("s1", agent="a", phase=Phase.UNKNOWN, raw="hibernating")
    assert row(model_of(unknown))["STATE"] == "?hibernating"


def test_what_was_asked_for_stands_behind_the_phase() -> None:
    box = resource("s1", agent="a")
    asked = ActionRecord(
        action_id=ActionId("i.0"), intent_id=IntentId("i"), verb=Verb.KILL, params=NO_PARAMS, target=box.target,
        name="a", actor="kim", host="h", via="console", why="", submitted_at=NOW, not_after=NOW,
    )  # fmt: skip
    assert row(model_of(box, actions=(asked,)))["STATE"] == "RUN >kill"


def test_a_beat_that_nobody_could_give_is_unknown_and_one_that_never_came_is_not() -> None:
    assert row(model_of(resource("s1", agent="a", observes=False)))["BEAT"] == "?"
    assert row(model_of(resource("s1", agent="a")))["BEAT"] == "-"
    box = resource("s1", agent="a", phase=Phase.ENDED_OK)
    assert row(model_of(box, vitals=(vitals(box.key),)))["BEAT"] == "-"


def test_an_agent_without_compute_says_what_it_holds() -> None:
    model = model_of(resource("m", agent="a", source="mem0", kind=Kind.MEMORY_SCOPE, usd=None))
    assert row(model)["STATE"] == "-"
    assert row(model)["TASK"] == "- (no compute; holds memory scope)"
    assert row(model)["$/h"] == "-"


def test_the_default_order_asks_who_needs_a_person() -> None:
    model = model_of(
        resource("1", agent="runs", usd="9"),
        resource("2", agent="cheap", usd="1"),
        resource("3", agent="stuck", phase=Phase.STUCK),
        resource("4", agent="loops", phase=Phase.LOOPING),
        resource("5", agent="waits", phase=Phase.WAITING),
        resource("6", agent="doubt", confirmed=False, usd="0"),
        resource("7", agent="paused", phase=Phase.PAUSED, usd="99"),
        resource("8"),
        findings=(finding(resource("8").key),),
    )
    names = [model.fleet[handle].name for handle in ordered(model, model.fleet, NOW)]
    assert names == ["loops", "stuck", "waits", "8", "doubt", "runs", "cheap", "paused"]


@pytest.mark.parametrize(
    "order", ["AGENT", "KIND", "WHERE", "STATE", "FOR", "BEAT", "$/h", "TODAY", "TEAM", "LEFT", "TASK"]
)
def test_what_is_unknown_sorts_last_and_equal_rows_stand_by_id(order: str) -> None:
    known = resource("1", agent="b", team="t", task="x", ends_in_s=60)
    twin = resource("2", agent="c", team="t", task="x", ends_in_s=60)
    bare = resource("3", agent="a", usd=None, since_s=None, created_s=None)
    model = model_of(
        known, twin, bare, vitals=(vitals(known.key), vitals(twin.key)), totals=(total("b", "1"), total("c", "1"))
    )
    found = ordered(model, model.fleet, NOW, order=order)
    expected = ["a", "b", "c"] if order in {"AGENT", "KIND", "WHERE", "STATE"} else ["b", "c", "a"]
    assert found == expected


def test_a_row_falls_due_when_its_text_changes_and_not_before() -> None:
    box = resource("s1", agent="a", since_s=65, ends_in_s=600)
    model = model_of(box, vitals=(vitals(box.key, signal_s=10),), statuses=(status(cadence_s=100, ok_s=0),))
    before = row(model)
    due = due_at(model, model.fleet["a"], NOW)
    assert due == NOW + timedelta(seconds=1)
    names = [column.name for column in fleet.COLUMNS]
    later = dict(zip(names, [c.text for c in fleet.cells(model, model.fleet["a"], due)], strict=True))
    assert {name for name in names if later[name] != before[name]} == {"LEFT"}


@pytest.mark.parametrize(
    ("width", "kept"),
    [
        (116, "AGENT KIND WHERE STATE FOR BEAT $/h TODAY TEAM LEFT TASK"),
        (76, "AGENT WHERE STATE FOR BEAT $/h TODAY LEFT TASK"),
        (36, "AGENT STATE FOR $/h"),
    ],
)
def test_columns_drop_in_order_and_the_name_never(width: int, kept: str) -> None:
    assert " ".join(fleet.COLUMNS[one.index].name for one in place(fleet.COLUMNS, width)) == kept


def test_what_neither_runs_nor_is_claimed_is_one_counted_line() -> None:
    model = model_of(*(resource(f"m{i}", source="mem0", kind=Kind.MEMORY_SCOPE) for i in range(3)))
    assert not model.fleet
    assert (fleet.loose_line(model) or "").startswith("+ 3 resources that no agent claims")
    assert fleet.loose_line(model_of(resource("s1", agent="a"))) is None


def test_an_end_that_is_near_is_a_warning() -> None:
    model = model_of(resource("s1", agent="a", ends_in_s=540))
    cell = fleet.cells(model, model.fleet["a"], NOW)[9]
    assert (cell.text, cell.role) == ("9m", Role.WARN)
    assert row(model_of(replace(resource("s1", agent="a"), ends_at=NOW)))["LEFT"] == "over"
