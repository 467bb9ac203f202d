"""What a verb's words name is one thing or an error, never a guess."""

import pytest

from fleet_tui.domain.action import NO_PARAMS, Verb
from fleet_tui.domain.filter import parse_to_act
from fleet_tui.domain.identity import Kind, SourceName
from fleet_tui.domain.outcome import RefusalReason
from fleet_tui.domain.phase import Phase
from fleet_tui.domain.plan import Plan
from fleet_tui.views.choice import Ambiguous, Choice, WrongKind, choose, choose_ids, plan_choice, without_sources
from fleet_tui.views.model import FleetModel
from tests.support.facts import NOW, resource
from tests.support.models import model_of


def chosen(model: FleetModel, *words: str) -> tuple[list[str], list[str]]:
    """Handles and ids."""
    choice = choose(model, parse_to_act(words), NOW)
    return [agent.handle for agent in choice.agents], [r.key.id for r in choice.resources]


FLEET = (
    resource("sb-1", agent="ci-1", team="ci"),
    resource("sb-2", agent="ci-1", team="ci", source="daytona"),
    resource("sb-3", agent="etl", team="data"),
    resource("sb-4"),
    resource("ci-1", agent="ci-1", team="ci", source="mem0", kind=Kind.MEMORY_SCOPE),
)


def test_an_agents_name_means_the_whole_agent_even_where_a_resource_has_that_id() -> None:
    assert chosen(model_of(*FLEET), "ci-1") == (["ci-1"], [])


def test_an_id_means_that_resource_and_not_its_agent() -> None:
    assert chosen(model_of(*FLEET), "sb-1") == ([], ["sb-1"])
    assert chosen(model_of(*FLEET), "sb-4") == ([], ["sb-4"])


def test_fields_mean_every_row_they_fit() -> None:
    agents, resources = chosen(model_of(*FLEET), "team:ci")

    assert (agents, resources) == (["ci-1"], [])
    assert len(chosen(model_of(*FLEET), "all:")[0]) == 3


def test_a_name_and_a_field_that_disagree_mean_nothing() -> None:
    assert choose(model_of(*FLEET), parse_to_act(["ci-1", "team:data"]), NOW) == Choice()
    assert choose(model_of(*FLEET), parse_to_act(["sb-1", "source:daytona"]), NOW) == Choice()


def test_an_unknown_word_is_told_what_it_could_have_meant() -> None:
    with pytest.raises(Ambiguous, match="sb-11 names no agent and no id; did you mean sb-1"):
        chosen(model_of(*FLEET), "sb-11")


def test_one_id_in_two_sources_is_no_answer_until_a_source_is_named() -> None:
    model = model_of(resource("same", source="e2b-us"), resource("same", source="e2b-eu"))

    with pytest.raises(Ambiguous, match="same could be same source:e2b-eu or same source:e2b-us: say which"):
        chosen(model, "same")
    assert chosen(model, "same", "source:e2b-eu") == ([], ["same"])


def test_one_name_in_two_teams_is_no_answer_until_a_team_is_named() -> None:
    model = model_of(resource("a", agent="bot", team="x"), resource("b", agent="bot", team="y"))

    with pytest.raises(Ambiguous, match="bot could be bot@x or bot@y"):
        chosen(model, "bot")
    assert chosen(model, "bot@x") == (["bot@x"], [])
    assert chosen(model, "bot", "team:y") == (["bot@y"], [])


def test_a_field_does_not_reach_what_left_the_fleet_a_while_ago() -> None:
    model = model_of(resource("old", agent="old", phase=Phase.ENDED_OK, since_s=3600), resource("new", agent="new"))

    assert chosen(model, "all:") == (["new"], [])
    assert chosen(model, "old")[0] == ["old"]


FINAL = (
    resource("scope-1", source="mem0", kind=Kind.MEMORY_SCOPE),
    resource("scope-2", source="mem0", kind=Kind.MEMORY_SCOPE),
    resource("key-1", source="mem0", kind=Kind.API_KEY),
    resource("sb-1"),
)


def test_a_final_verb_takes_ids_of_its_kind_once_each() -> None:
    found = choose_ids(model_of(*FINAL), Verb.DELETE, ["scope-1", "scope-2", "scope-1"])

    assert [r.key.id for r in found] == ["scope-1", "scope-2"]


@pytest.mark.parametrize(
    ("ids", "sentence"),
    [
        (["sb-1"], "delete does not touch a sandbox: use pause or resume or restart or kill or extend"),
        (["key-1"], "delete does not touch an api key: use revoke"),
        (["scope-1", "sb-1"], "delete does not touch a sandbox"),
    ],
)
def test_ids_of_another_kind_are_refused_with_the_right_verb(ids: list[str], sentence: str) -> None:
    with pytest.raises(WrongKind, match=sentence):
        choose_ids(model_of(*FINAL), Verb.DELETE, ids)


def test_a_final_verb_never_takes_a_name_or_a_part_of_an_id() -> None:
    with pytest.raises(Ambiguous, match="scope names no agent and no id; did you mean scope-"):
        choose_ids(model_of(*FINAL), Verb.DELETE, ["scope"])


def test_a_final_verb_takes_the_kind_it_touches_where_two_things_share_an_id() -> None:
    both = (
        resource("x", source="mem0", kind=Kind.MEMORY_SCOPE),
        resource("x", source="mem0", kind=Kind.API_KEY),
        resource("x", source="other", kind=Kind.MEMORY_SCOPE),
    )
    model = model_of(*both)

    assert [r.key.kind for r in choose_ids(model, Verb.REVOKE, ["x"])] == [Kind.API_KEY]
    with pytest.raises(Ambiguous, match="mem0/memory_scope/x or other/memory_scope/x"):
        choose_ids(model, Verb.DELETE, ["x"])
    assert [r.key.source for r in choose_ids(model, Verb.DELETE, ["other/memory_scope/x"])] == ["other"]


def test_what_could_not_be_read_is_left_out_by_name_and_nothing_stays_stale() -> None:
    model = model_of(*FLEET)
    choice = choose(model, parse_to_act(["all:"]), NOW)
    acting = frozenset(model.statuses)
    plan = plan_choice(Verb.KILL, choice, model=model, now=NOW, params=NO_PARAMS, acting=acting)

    cut = without_sources(plan, {SourceName("daytona"): "it is dead"})

    assert len(plan.targets) == 4
    assert sorted(r.key.id for r in cut.targets) == ["sb-1", "sb-3", "sb-4"]
    assert [(left.resource.key.id, left.reason, left.detail) for left in cut.left_out] == [
        ("sb-2", RefusalReason.STALE, "it is dead")
    ]
    assert [r.key.id for r in cut.stays] == ["ci-1"]
    assert without_sources(plan, {SourceName("stripe"): "it is dead"}) is plan


@pytest.mark.parametrize(
    ("words", "targets", "stays"),
    [
        (["source:daytona"], ["sb-2"], ["ci-1", "sb-1"]),
        (["ci-1", "source:e2b"], ["sb-1"], ["ci-1", "sb-2"]),
        (["team:ci", "kind:sandbox"], ["sb-1", "sb-2"], ["ci-1"]),
        (["id:sb-2"], ["sb-2"], ["ci-1", "sb-1"]),
        (["team:ci"], ["sb-1", "sb-2"], ["ci-1"]),
    ],
)
def test_what_a_filter_says_of_places_narrows_what_a_verb_touches(
    words: list[str], targets: list[str], stays: list[str]
) -> None:
    plan = killing(model_of(*FLEET), *words)

    assert sorted(r.key.id for r in plan.targets) == targets
    assert sorted(r.key.id for r in plan.stays) == stays


def test_a_filter_for_another_kind_touches_no_agent_that_has_one_and_names_the_right_verb() -> None:
    plan = killing(model_of(*FLEET), "kind:memory_scope")

    assert plan.targets == ()
    assert [(left.resource.key.id, left.detail) for left in plan.left_out] == [
        ("ci-1", "kill does not touch a memory scope: use delete")
    ]


def killing(model: FleetModel, *words: str) -> Plan:
    choice = choose(model, parse_to_act(words), NOW)
    acting = frozenset(model.statuses)
    return plan_choice(Verb.KILL, choice, model=model, now=NOW, params=NO_PARAMS, acting=acting)
