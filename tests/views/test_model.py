"""The model groups resources into agents delta by delta, and one delta at a time gives the same as all at once."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from fleet_tui.domain.action import NO_PARAMS, ActionId, IntentId, Verb
from fleet_tui.domain.assignment import AssignmentField, Overlay
from fleet_tui.domain.delta import FleetDelta, in_pieces
from fleet_tui.domain.identity import Kind, ResourceKey, SourceName
from fleet_tui.domain.outcome import Done
from fleet_tui.domain.phase import Phase
from fleet_tui.domain.record import ActionRecord
from fleet_tui.domain.resource import Resource
from fleet_tui.domain.sprawl import RuleName
from fleet_tui.views.model import FleetModel
from fleet_tui.views.sort_keys import ordered
from tests.support.facts import NOW, finding, key, next_delta, resource, status, total, vitals, whole
from tests.support.models import model_of


def test_all_resources_with_one_agent_id_are_one_row() -> None:
    model = model_of(
        resource("sbx_1", agent="ci"),
        resource("mem_1", agent="ci", source="mem0", kind=Kind.MEMORY_SCOPE),
        resource("sbx_2"),
        resource("mem_2", source="mem0", kind=Kind.MEMORY_SCOPE),
    )
    assert set(model.fleet) == {"ci", key("sbx_2").packed()}
    assert [r.key.id for r in model.fleet["ci"].resources] == ["sbx_1", "mem_1"]
    assert (model.tally.agents, model.tally.unclaimed, len(model.loose)) == (1, 1, 1)


def test_only_what_a_delta_touched_changes() -> None:
    model = model_of(*(resource(f"s{i}", agent=f"a{i}") for i in range(50)))
    change = model.apply(next_delta(2, resources=(resource("s7", agent="a7", phase=Phase.STUCK),)), NOW)
    assert (change.changed, change.gone) == (frozenset({"a7"}), frozenset())
    assert model.tally.phases == {Phase.RUNNING: 49, Phase.STUCK: 1}
    assert model.apply(next_delta(3, vitals=(vitals(key("s9")),)), NOW).changed == {"a9"}
    assert model.apply(next_delta(4, findings=(finding(key("s3")),)), NOW).changed == {"a3"}
    assert model.apply(next_delta(5, totals=(total("a4", "1.5"),)), NOW).changed == {"a4"}
    assert model.apply(next_delta(6, gone=(key("s5"),)), NOW).gone == {"a5"}
    assert not model.apply(next_delta(7), NOW)


def test_a_resource_that_finds_its_agent_leaves_its_own_row() -> None:
    model = model_of(resource("s1"))
    alone = key("s1").packed()
    change = model.apply(next_delta(2, resources=(resource("s1", agent="ci"),)), NOW)
    assert (change.changed, change.gone) == (frozenset({"ci"}), frozenset({alone}))
    change = model.apply(next_delta(3, resources=(resource("s1", agent="other"),)), NOW)
    assert (change.changed, change.gone) == (frozenset({"other"}), frozenset({"ci"}))
    change = model.apply(next_delta(4, resources=(resource("s1"),)), NOW)
    assert (change.changed, change.gone) == (frozenset({alone}), frozenset({"other"}))


def test_two_teams_with_one_agent_id_are_two_rows() -> None:
    model = model_of(resource("s1", agent="bot", team="a"), resource("s2", agent="bot", team="b"))
    assert set(model.fleet) == {"bot@a", "bot@b"}
    change = model.apply(next_delta(2, gone=(key("s2"),)), NOW)
    assert (change.changed, change.gone) == (frozenset({"bot"}), frozenset({"bot@a", "bot@b"}))


def test_no_id_takes_the_handle_of_a_team() -> None:
    model = model_of(
        resource("s1", agent="bot", team="ci"), resource("s2", agent="bot", team="ml"), resource("s3", agent="bot@ci")
    )
    assert len(model.fleet) == 3
    assert sorted(r.key.id for agent in model.fleet.values() for r in agent.resources) == ["s1", "s2", "s3"]


def test_ended_rows_leave_after_fifteen_minutes_and_come_back_when_they_run() -> None:
    model = model_of(resource("s1", agent="a", phase=Phase.ENDED_OK, since_s=60), resource("s2", agent="b"))
    assert set(model.fleet) == {"a", "b"}
    assert not model.expire(NOW + timedelta(minutes=13, seconds=59))
    assert model.next_expiry == NOW + timedelta(minutes=14)
    assert model.expire(NOW + timedelta(minutes=14)) == {"a"}
    assert set(model.agents) == {"a", "b"}
    model.apply(next_delta(2, resources=(resource("s1", agent="a", since_s=0),)), NOW)
    assert set(model.fleet) == {"a", "b"}
    assert not model.expire(NOW + timedelta(days=1))


def test_an_operators_word_is_laid_over_the_label_and_taken_away_again() -> None:
    model = model_of(resource("s1", agent="a", team="ci"), resource("s2"))
    over = (
        Overlay(subject="a", field=AssignmentField.OWNER, value="kim", set_by="kim"),
        Overlay(subject=key("s2").packed(), field=AssignmentField.TASK, value="look", set_by="kim"),
    )
    change = model.apply(next_delta(2, overlays=over, overlays_changed=True), NOW)
    assert change.changed == {"a", key("s2").packed()}
    assert model.fleet["a"].assignment.owner == "kim"
    assert model.overlaid_fields(model.fleet["a"]) == {"owner"}
    assert model.fleet[key("s2").packed()].assignment.task == "look"
    model.apply(next_delta(3, resources=(resource("s1", agent="a", team="ml"),)), NOW)
    assert (model.fleet["a"].assignment.owner, model.fleet["a"].assignment.team) == ("kim", "ml")
    change = model.apply(next_delta(4, overlays=over[1:], overlays_changed=True), NOW)
    assert change.changed == {"a"}
    assert model.fleet["a"].assignment.owner is None


def test_findings_come_and_go() -> None:
    model = model_of(resource("s1"))
    handle = key("s1").packed()
    model.apply(next_delta(2, findings=(finding(key("s1")), finding(key("s1"), RuleName.NO_END))), NOW)
    assert model.found == {RuleName.ORPHAN: 1, RuleName.NO_END: 1}
    change = model.apply(next_delta(3, gone_findings=((RuleName.ORPHAN.value, handle),)), NOW)
    assert change.changed == {handle}
    assert model.found[RuleName.ORPHAN] == 0
    assert set(model.findings[key("s1")]) == {RuleName.NO_END}


def record(id_: str, **changes: object) -> ActionRecord:
    base = ActionRecord(
        action_id=ActionId(f"i.{id_}"),
        intent_id=IntentId("i"),
        verb=Verb.KILL,
        params=NO_PARAMS,
        target=resource(id_).target,
        name=id_,
        actor="kim",
        host="h",
        via="console",
        why="",
        submitted_at=NOW,
        not_after=NOW + timedelta(minutes=15),
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def test_what_was_asked_for_is_pending_until_it_has_an_outcome() -> None:
    model = model_of(resource("s1", agent="a"))
    assert model.apply(next_delta(2, actions=(record("s1"),)), NOW).changed == {"a"}
    assert [a.verb for a in model.pending(model.fleet["a"])] == [Verb.KILL]
    model.apply(next_delta(3, actions=(record("s1", outcome=Done()),)), NOW)
    assert model.pending(model.fleet["a"]) == ()


def test_look_alike_rows_carry_what_tells_them_apart() -> None:
    model = model_of(
        resource("s1", agent="prod\u200b-1"), resource("s2", agent="prod\u2060-1"), resource("s3", agent="x")
    )
    shown = [model.names.of(handle) for handle in model.fleet]
    assert len(set(shown)) == 3
    assert sum("#" in name for name in shown) == 2
    change = model.apply(next_delta(2, gone=(key("s2"),)), NOW)
    assert change.gone == {"prod\u2060-1"}
    assert "#" not in model.names.of("prod\u200b-1")


def test_a_whole_load_in_pieces_forgets_what_was_there_once() -> None:
    model = model_of(resource("old", agent="old"))
    one = FleetDelta(
        store_id="b", revision=9, whole=True, last=False, resources=(resource("s1", agent="a"),), statuses=(status(),)
    )
    two = FleetDelta(store_id="b", revision=9, whole=True, last=True, resources=(resource("s2", agent="b"),))
    assert model.apply(one, NOW).whole
    assert model.revision == 1
    assert not model.apply(two, NOW).gone
    assert (set(model.fleet), model.revision, model.store_id) == ({"a", "b"}, 9, "b")
    model.apply(next_delta(10, gone_sources=(SourceName("e2b"),)), NOW)
    assert not model.statuses


def some_resources(rng: random.Random, ids: Sequence[str | None] = (None, "a", "b", "c")) -> list[Resource]:
    kinds = [(Kind.SANDBOX, "e2b"), (Kind.PROCESS, "local"), (Kind.MEMORY_SCOPE, "mem0")]
    found: list[Resource] = []
    for _ in range(rng.randint(0, 12)):
        kind, source = rng.choice(kinds)
        found.append(
            resource(
                f"r{rng.randint(0, 8)}",
                agent=rng.choice(ids),
                team=rng.choice([None, "x", "y"]),
                kind=kind,
                source=source,
                phase=rng.choice([Phase.RUNNING, Phase.STUCK, Phase.ENDED_OK]),
                since_s=rng.choice([10, 2000]),
                usd=rng.choice([None, "1", "0"]),
            )
        )
    return found


@settings(max_examples=120, deadline=None)
@given(st.integers(0, 2**32))
def test_step_by_step_gives_the_same_as_all_at_once(seed: int) -> None:
    rng = random.Random(seed)
    stepwise = FleetModel()
    stepwise.apply(whole(), NOW)
    piecewise = FleetModel()
    piecewise.apply(whole(), NOW)
    truth: dict[object, Resource] = {}
    for revision in range(2, 8):
        changed = some_resources(rng)
        gone = tuple(k for k in truth if rng.random() < 0.3 and k not in {r.key for r in changed})
        for one in gone:
            del truth[one]
        truth.update({r.key: r for r in changed})
        shown_before = set(stepwise.fleet)
        delta = next_delta(revision, resources=tuple(changed), gone=gone)
        for piece in in_pieces(delta, rng.randint(1, 5)):
            piecewise.apply(piece, NOW)
        change = stepwise.apply(delta, NOW)
        assert change.gone == shown_before - set(stepwise.fleet)
        assert set(stepwise.fleet) - shown_before <= change.changed
    at_once = model_of(*truth.values())
    assert stepwise.fleet == at_once.fleet
    assert stepwise.agents == at_once.agents == piecewise.agents
    assert (piecewise.fleet, piecewise.revision) == (at_once.fleet, stepwise.revision)
    assert stepwise.loose == at_once.loose
    assert (stepwise.tally.agents, stepwise.tally.unclaimed) == (at_once.tally.agents, at_once.tally.unclaimed)
    assert +stepwise.tally.phases == +at_once.tally.phases
    assert stepwise.tally.rate().amounts.get("usd", 0) == at_once.tally.rate().amounts.get("usd", 0)
    assert ordered(stepwise, stepwise.fleet, NOW) == ordered(at_once, at_once.fleet, NOW)


@settings(max_examples=120, deadline=None)
@given(st.integers(0, 2**32))
def test_every_resource_knows_its_row_also_where_ids_are_spelled_like_rows_of_others(seed: int) -> None:
    rng = random.Random(seed)
    model = model_of()
    truth: dict[ResourceKey, Resource] = {}
    for revision in range(2, 8):
        changed = some_resources(rng, (None, "a", "a@x", "a@y"))
        gone = tuple(k for k in truth if rng.random() < 0.3 and k not in {r.key for r in changed})
        model.apply(next_delta(revision, resources=tuple(changed), gone=gone), NOW)
        truth = {**{k: r for k, r in truth.items() if k not in gone}, **{r.key: r for r in changed}}

        rows = {r.key: handle for handle, agent in model.agents.items() for r in agent.resources}
        assert set(rows) == set(truth) - model.loose
        assert {k: model.handle_of(k) for k in truth} == {k: rows.get(k) for k in truth}
        assert not any(map(model.handle_of, gone))
        assert sorted(r.key for agent in model.agents.values() for r in agent.resources) == sorted(rows)
