"""An assignment goes to the provider where it may, and lies over its word everywhere else."""

from dataclasses import replace

import pytest

from fleet_tui.domain.assignment import AssignmentField, Overlay
from fleet_tui.domain.capability import Capability
from fleet_tui.domain.identity import SourceName
from fleet_tui.domain.resource import Resource
from fleet_tui.views.model import FleetModel
from fleet_tui.views.reassign import Moving, Reassignment, moving, reassignment, still_waits
from tests.support.facts import NOW, hand_over, next_delta, resource
from tests.support.models import model_of

TEAM = ((AssignmentField.TEAM, "data"),)


def writable(row: Resource) -> Resource:
    return replace(row, capabilities=row.capabilities | {Capability.RELABEL})


def split(model: FleetModel, *writing: str) -> Reassignment:
    rows = [r for agent in model.agents.values() for r in agent.resources]
    return reassignment(model, rows, TEAM, writing={SourceName(name) for name in writing}, actor="kim")


def subjects(result: Reassignment) -> set[str]:
    return {overlay.subject for overlay in result.overlays}


def test_an_agent_that_stays_here_gets_one_word_for_all_it_has() -> None:
    model = model_of(resource("a", agent="bot"), resource("b", agent="bot", source="daytona"))

    result = split(model)

    assert result.written == ()
    assert result.overlays == (Overlay(subject="bot", field=AssignmentField.TEAM, value="data", set_by="kim"),)


def test_what_nobody_claims_gets_a_word_of_its_own() -> None:
    row = resource("a")

    assert subjects(split(model_of(row))) == {row.key.packed()}


def test_a_source_is_told_only_when_it_may_be_and_can_hold_labels() -> None:
    can, cannot = writable(resource("a", agent="x")), resource("b", agent="y")

    assert [r.key.id for r in split(model_of(can, cannot), "e2b").written] == ["a"]
    assert split(model_of(can, cannot)).written == ()


def test_an_agent_in_both_sorts_of_sources_gets_a_word_per_resource_that_stays() -> None:
    told, kept = writable(resource("a", agent="bot")), resource("b", agent="bot", source="daytona")

    result = split(model_of(told, kept), "e2b")

    assert ([r.key.id for r in result.written], subjects(result)) == (["a"], {kept.key.packed()})


def test_one_id_in_two_teams_is_never_reached_by_one_word() -> None:
    rows = (resource("a", agent="bot", team="x"), resource("b", agent="bot", team="y"))

    assert subjects(split(model_of(*rows))) == {row.key.packed() for row in rows}


def test_a_word_of_ours_that_lies_over_a_written_label_is_renewed_with_it() -> None:
    row = writable(resource("a", agent="bot"))
    model = model_of(row)
    old = Overlay(subject="bot", field=AssignmentField.TEAM, value="old", set_by="lee")
    model.apply(next_delta(2, overlays=(old,), overlays_changed=True), NOW)

    result = split(model, "e2b")
    model.apply(next_delta(3, overlays=(old, *result.overlays), overlays_changed=True), NOW)

    assert [r.key.id for r in result.written] == ["a"]
    assert model.effective(model.resources[row.key]).assignment.team == "data"


def test_a_task_moves_between_two_agents_by_their_ids() -> None:
    model = model_of(resource("a", agent="bot", task="build"), resource("b", agent="eve"))

    assert moving(model, model.agents["bot"], "eve") == Moving(giver="bot", taker="eve", task="build")


@pytest.mark.parametrize(
    ("taker", "says"),
    [("eva", "eva names no agent"), ("bot", "cannot hand its task to itself"), ("single", "names no agent")],
)
def test_a_task_goes_to_nobody_who_is_not_there(taker: str, says: str) -> None:
    model = model_of(resource("a", agent="bot", task="build"), resource("b", name="single"))

    assert says in str(moving(model, model.agents["bot"], taker))


def test_what_has_no_task_or_no_id_hands_nothing_over() -> None:
    single = resource("c", name="single", task="build")
    model = model_of(resource("a", agent="bot"), resource("b", agent="eve"), single)

    assert "bot has no task" in str(moving(model, model.agents["bot"], "eve"))
    assert "single carries no agent id" in str(moving(model, model.agents[single.key.packed()], "eve"))


def test_an_id_that_two_teams_share_neither_gives_nor_takes() -> None:
    shared = (resource("a", agent="bot", team="x", task="build"), resource("b", agent="bot", team="y"))
    model = model_of(*shared, resource("c", agent="eve", task="test"))

    assert "more than one agent carries the id bot" in str(moving(model, model.agents["bot@x"], "eve"))
    assert "more than one agent carries the id bot" in str(moving(model, model.agents["eve"], "bot@y"))


def test_a_hand_over_waits_only_while_its_giver_has_the_task() -> None:
    model = model_of(resource("a", agent="bot", task="build"), resource("b", agent="eve"))
    waiting = hand_over("bot", "eve", "build")

    assert still_waits(model, waiting) == ""
    other = Overlay(subject="bot", field=AssignmentField.TASK, value="test", set_by="lee")
    model.apply(next_delta(2, overlays=(other,), overlays_changed=True), NOW)
    assert still_waits(model, waiting) == "bot has the task build no more: it has test"
