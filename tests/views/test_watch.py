"""What changed between two looks, a line each."""

from dataclasses import replace
from datetime import timedelta

from fleet_tui.domain.filter import EVERYTHING, Filter, parse_line
from fleet_tui.domain.phase import Phase
from fleet_tui.domain.resource import Resource
from fleet_tui.views.model import FleetModel
from fleet_tui.views.watch import changed_line, changed_row, changes, facts_of
from tests.support.facts import NOW, failure, resource, status, whole


def _facts(
    *resources: Resource, chosen: Filter = EVERYTHING, ok_s: float = 1.0
) -> dict[tuple[str, str, str], dict[str, str]]:
    model = FleetModel()
    trouble = failure() if ok_s > 60 else None
    model.apply(replace(whole(*resources), statuses=(status(ok_s=ok_s, failure=trouble),)), NOW)
    return {key: dict(fields) for key, fields in facts_of(model, chosen, NOW).items()}


def _lines(
    before: dict[tuple[str, str, str], dict[str, str]], after: dict[tuple[str, str, str], dict[str, str]]
) -> list[str]:
    return [changed_line(one).partition(" ")[2] for one in changes(before, after, NOW)]


def test_nothing_changed_says_nothing() -> None:
    assert _lines(_facts(resource("a", agent="one")), _facts(resource("a", agent="one"))) == []


def test_what_is_new_what_changed_and_what_is_gone() -> None:
    before = _facts(resource("a", agent="one", team="ci"), resource("b", agent="two"))
    after = _facts(resource("a", agent="one", phase=Phase.STUCK, team="data"), resource("c", agent="three"))

    assert _lines(before, after) == [
        "agent one state RUN -> STUCK",
        "agent one team ci -> data",
        "agent three state - -> RUN",
        "agent two state RUN -> -",
    ]


def test_two_of_one_name_are_two() -> None:
    first, second = (resource(id_, agent=None, name="same") for id_ in ("a", "b"))

    assert _lines(_facts(first, second), _facts(second)) == ["agent same state RUN -> -"]
    assert _lines(_facts(second), _facts(first, second)) == ["agent same state - -> RUN"]


def test_a_source_in_trouble_is_one_line_and_its_agents_none() -> None:
    lines = _lines(_facts(resource("a", agent="one")), _facts(resource("a", agent="one"), ok_s=600.0))

    assert lines == ["source e2b state ok -> unreachable"]


def test_a_filter_leaves_the_others_out() -> None:
    chosen = parse_line("team:ml")
    before = _facts(resource("a", agent="one"), resource("b", agent="two", team="ml"), chosen=chosen)
    after = _facts(
        resource("a", agent="one", phase=Phase.STUCK), resource("b", agent="two", team="ml", phase=Phase.IDLE),
        chosen=chosen,
    )  # fmt: skip

    assert _lines(before, after) == ["agent two state RUN -> IDLE"]


def test_a_line_is_one_line_whatever_the_name_is_and_json_is_exact() -> None:
    hostile = "a\nb\u202ec"
    (changed,) = changes(_facts(), _facts(resource("a", agent=hostile)), NOW + timedelta(seconds=1))

    line = changed_line(changed)
    assert line.isprintable()
    assert "\\u{a}" in line
    assert changed_row(changed)["name"] == hostile
