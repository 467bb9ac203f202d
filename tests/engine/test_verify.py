"""What one reading says of an action that may have been sent: never done by us where somebody else did it."""

from dataclasses import replace

import pytest

from fleet_tui.domain.action import ActionId, IntentId, Params, Verb
from fleet_tui.domain.capability import Capability
from fleet_tui.domain.identity import Incarnation
from fleet_tui.domain.outcome import Done, Failed, Outcome, RefusalReason, Refused
from fleet_tui.domain.phase import Phase
from fleet_tui.domain.record import ActionRecord
from fleet_tui.domain.resource import Resource
from fleet_tui.engine.verify import Go, Seen, judge_target
from tests.support.facts import NOW, resource

PLANNED = replace(resource("a"), generation="1")
NEVER = Seen(tried=False, after_restart=False)
BEFORE = Seen(tried=True, after_restart=True)
OURS = replace(BEFORE, restart_replaces=True)
"""At a provider where an ordered restart makes a new incarnation."""


def action(verb: Verb, row: Resource = PLANNED) -> ActionRecord:
    return ActionRecord(
        action_id=ActionId("i.0"),
        intent_id=IntentId("i"),
        verb=verb,
        params=Params(),
        target=row.target,
        name="a",
        actor="tester",
        host="here",
        via="console",
        why="",
        submitted_at=NOW,
        not_after=NOW,
    )


def another_life(by: str = "") -> Resource:
    labelled = resource("a", labels={"fleet.action": by} if by else {})
    return replace(labelled, incarnation=Incarnation("a.2"), generation="2")


def judged(verb: Verb, row: Resource | None, seen: Seen) -> Outcome | Go:
    return judge_target(action(verb), row, seen)


@pytest.mark.parametrize(
    ("can", "verdict"),
    [(frozenset({Capability.KILL}), Go), (frozenset[Capability](), Done)],
)
def test_what_ended_and_can_still_be_killed_is_killed(can: frozenset[Capability], verdict: type[object]) -> None:
    row = resource("a", phase=Phase.ENDED_FAILED, raw="error", can=can)
    assert isinstance(judge_target(action(Verb.KILL, row), row, NEVER), verdict)


@pytest.mark.parametrize("verb", [Verb.KILL, Verb.RESTART, Verb.PAUSE, Verb.RESUME])
def test_what_was_never_sent_and_is_replaced_is_refused(verb: Verb) -> None:
    outcome = judged(verb, another_life("j.0"), NEVER)
    assert isinstance(outcome, Refused)
    assert outcome.reason is RefusalReason.REPLACED


def test_a_moved_generation_refuses_a_restart_and_a_pause_and_not_a_kill() -> None:
    moved = replace(PLANNED, generation="2")
    assert isinstance(judged(Verb.KILL, moved, NEVER), Go)
    for verb in (Verb.RESTART, Verb.PAUSE):
        outcome = judged(verb, moved, NEVER)
        assert isinstance(outcome, Refused)
        assert outcome.reason is RefusalReason.CHANGED


@pytest.mark.parametrize("by", ["", "i.0", "j.0"])
def test_a_vendor_s_labels_prove_nothing_and_a_replaced_target_was_restarted_by_us(by: str) -> None:
    assert judged(Verb.RESTART, another_life(by), BEFORE) == Done(
        "another incarnation has its place", confirmed_after_restart=True
    )


def test_a_runner_says_whose_restart_it_was() -> None:
    assert isinstance(judged(Verb.RESTART, another_life("i.0"), OURS), Done)
    other = judged(Verb.RESTART, another_life("j.0"), OURS)
    assert isinstance(other, Failed)
    assert other.uncertain


def test_a_generation_that_moves_is_our_restart_only_where_an_order_moves_it() -> None:
    moved = replace(PLANNED, generation="2")
    assert isinstance(judged(Verb.RESTART, moved, BEFORE), Done)
    by_itself = judged(Verb.RESTART, moved, OURS)
    assert isinstance(by_itself, Refused)
    assert by_itself.reason is RefusalReason.CHANGED
    assert isinstance(judged(Verb.RESTART, PLANNED, OURS), Go)


def test_a_restart_of_what_is_gone_is_never_told_as_done() -> None:
    outcome = judged(Verb.RESTART, None, BEFORE)
    assert isinstance(outcome, Failed)
    assert outcome.uncertain
    assert isinstance(judged(Verb.KILL, None, BEFORE), Done)


def test_a_restart_of_which_nothing_shows_is_uncertain() -> None:
    outcome = judge_target(action(Verb.RESTART, resource("a")), resource("a"), BEFORE)
    assert isinstance(outcome, Failed)
    assert outcome.uncertain


@pytest.mark.parametrize(
    ("verb", "verdict"), [(Verb.KILL, Done), (Verb.PAUSE, Done), (Verb.RESUME, Go), (Verb.EXTEND, Go)]
)
def test_what_is_stopping_answers_for_the_verbs_that_stop_and_for_no_other(verb: Verb, verdict: type[object]) -> None:
    assert isinstance(
        judged(verb, replace(PLANNED, phase=replace(PLANNED.phase, phase=Phase.STOPPING)), BEFORE), verdict
    )


def test_what_is_paused_already_is_not_paused_again() -> None:
    paused = replace(PLANNED, phase=replace(PLANNED.phase, phase=Phase.PAUSED))
    outcome = judged(Verb.PAUSE, paused, NEVER)
    assert isinstance(outcome, Refused)
    assert outcome.reason is RefusalReason.ALREADY
    assert isinstance(judged(Verb.PAUSE, paused, BEFORE), Done)
    assert isinstance(judged(Verb.KILL, paused, NEVER), Go)
