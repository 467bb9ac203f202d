"""An assignment goes to the provider where it may, and lies over its word everywhere else."""

from dataclasses import replace

from fleet_tui.domain.assignment import AssignmentField, Overlay
from fleet_tui.domain.capability import Capability
from fleet_tui.domain.identity import SourceName
from fleet_tui.domain.resource import Resource
from fleet_tui.views.model import FleetModel
from fleet_tui.views.reassign import Reassignment, reassignment
from tests.support.facts import NOW, next_delta, resource, whole

TEAM = ((AssignmentField.TEAM, "data"),)


def writable(row: Resource) -> Resource:
    return replace(row, capabilities=row.capabilities | {Capability.RELABEL})


def split(model: FleetModel, *writing: str) -> Reassignment:
    rows = [r for agent in model.agents.values() for r in agent.resources]
    return reassignment(model, rows, TEAM, writing={SourceName(name) for name in writing}, actor="kim")


def model_of(*rows: Resource) -> FleetModel:
    model = FleetModel()
    model.apply(whole(*rows), NOW)
    return model


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
