"""A fleet's agents as a tree, and who said so."""

from fleet_tui.domain.assignment import AssignmentField, Overlay
from fleet_tui.domain.identity import Kind
from fleet_tui.domain.tree import Top
from fleet_tui.views.kin import fleet_tree, natural_key, parent_basis
from tests.support.facts import NOW, key, next_delta, resource
from tests.support.models import model_of


def test_siblings_stand_by_name_and_numbers_by_value() -> None:
    names = ["ci-fix-10", "ci-fix-9", "CI-fix-1"]
    assert sorted(names, key=natural_key) == ["CI-fix-1", "ci-fix-9", "ci-fix-10"]


def test_an_agent_stands_under_whom_its_labels_name_and_what_nobody_claims_stands_alone() -> None:
    model = model_of(resource("s1", agent="lead"), resource("s2", agent="w10", parent="lead"), resource("s3"))
    tree = fleet_tree(model)
    assert tree.parents == {"w10": "lead"}
    assert tree.tops == {"lead": Top.LEADS, key("s3").packed(): Top.ALONE}


def test_an_overlay_of_ours_wins_over_the_label_and_says_so() -> None:
    labels = {"fleet.parent": "lead"}
    model = model_of(
        resource("s1", agent="lead"),
        resource("s2", agent="w1", parent="lead", labels=labels),
        resource("s3", agent="other"),
        resource("p1", agent="w2", parent="lead", labels=labels, source="local", kind=Kind.PROCESS),
    )
    assert parent_basis(model, model.agents["w1"]) == "label"
    assert parent_basis(model, model.agents["w2"]) == "runner"
    assert parent_basis(model, model.agents["lead"]) == ""
    ours = Overlay(subject="w1", field=AssignmentField.PARENT, value="other", set_by="kim")
    model.apply(next_delta(2, overlays=(ours,), overlays_changed=True), NOW)
    assert parent_basis(model, model.agents["w1"]) == "overlay"
    assert fleet_tree(model).parents == {"w1": "other", "w2": "lead"}
