"""What operators ask for is kept, done once, and in the audit."""

from datetime import timedelta

import pytest

from fleet_tui.domain.action import ActionId
from fleet_tui.domain.assignment import AssignmentField, Overlay
from fleet_tui.domain.failure import FailureClass
from fleet_tui.domain.identity import Incarnation, Target
from fleet_tui.domain.outcome import TWICE, Done, Failed, RefusalReason, Refused
from fleet_tui.domain.record import ActionState, WantedKind
from fleet_tui.domain.resource import Event
from fleet_tui.domain.text import LINE_LIMIT
from fleet_tui.ports import LogPage, StoreError
from fleet_tui.store import write_logs
from tests.support import facts
from tests.support.facts import NOW, hand_over
from tests.support.stores import SOURCE, Stores, intent, loaded

TARGETS = tuple(facts.resource(id_).target for id_ in ("a", "b"))


def submitted(held: Stores, id_: str = "i1") -> tuple[ActionId, ...]:
    held.intents.submit(intent(id_, *TARGETS), {target.key: f"name of {target.key.id}" for target in TARGETS})
    return tuple(record.action_id for record in held.collector.accept(NOW))


def test_an_intent_becomes_one_action_for_each_target_in_the_order_of_the_plan(opened: Stores) -> None:
    assert submitted(opened) == ("i1.0", "i1.1")
    assert opened.collector.accept(NOW) == ()
    first, second = opened.collector.unsettled()
    assert (first.target, second.target) == TARGETS
    assert first.name == "name of a"
    assert first.state is ActionState.ACCEPTED
    assert first.not_after == NOW + timedelta(minutes=15)
    assert (first.actor, first.host, first.via, first.why) == ("ada", "laptop", "console", "runaway")


def test_the_same_intent_submitted_twice_is_accepted_once(opened: Stores) -> None:
    submitted(opened)
    assert submitted(opened) == ()
    assert len(opened.collector.unsettled()) == 2


def test_an_action_goes_from_accepted_through_started_to_settled_and_readers_see_each(opened: Stores) -> None:
    reader = opened.reader()
    picture = loaded(reader)
    (action, _) = submitted(opened)
    seen = []
    for step in (
        lambda: None,
        lambda: opened.collector.start(action, NOW),
        lambda: opened.collector.settle(action, Done("gone"), NOW),
    ):
        step()
        picture.follow(reader)
        seen.append(picture.actions[action].state)  # type: ignore[attr-defined]
    assert seen == [ActionState.ACCEPTED, ActionState.STARTED, ActionState.SETTLED]
    held = opened.collector.action(action)
    assert held is not None
    assert (held.outcome, held.settled_at) == (Done("gone"), NOW)


def test_starting_a_settled_action_does_not_bring_it_back(opened: Stores) -> None:
    (action, _) = submitted(opened)
    opened.collector.settle(action, Done(), NOW)
    opened.collector.start(action, NOW)
    assert [record.action_id for record in opened.collector.unsettled()] == ["i1.1"]


@pytest.mark.parametrize(
    ("outcome", "word", "reason"),
    [
        (Done("gone", confirmed_after_restart=True), "done", "gone"),
        (Refused(RefusalReason.EXPIRED, "too late"), "refused", "expired: too late"),
        (
            Failed(FailureClass.TIMEOUT, "no answer", uncertain=True),
            "failed",
            "timeout: no answer; uncertain: nobody can tell whether it took effect",
        ),
        (Done("paused", uncertain=True), "done", f"paused; {TWICE}"),
    ],
)
def test_an_outcome_and_its_audit_row_are_written_once(
    opened: Stores, outcome: Done | Refused | Failed, word: str, reason: str
) -> None:
    (action, _) = submitted(opened)
    assert opened.collector.settle(action, outcome, NOW)
    assert not opened.collector.settle(action, Done("again"), NOW)
    held = opened.collector.action(action)
    assert held is not None
    assert held.outcome == outcome
    (row,) = opened.reader().audit(limit=10)
    assert (row.outcome, row.reason, row.what) == (word, reason, "kill")
    assert (row.target, row.incarnation, row.action_id) == ("e2b/sandbox/a", "a", action)
    assert (row.actor, row.host, row.via, row.why) == ("ada", "laptop", "console", "runaway")


def test_settling_what_nobody_accepted_is_an_error_and_writes_nothing(opened: Stores) -> None:
    with pytest.raises(StoreError, match=r"no action i9\.0"):
        opened.collector.settle(ActionId("i9.0"), Done(), NOW)
    assert opened.reader().audit(limit=10) == ()


def test_an_attempt_is_remembered_for_its_incarnation_only(opened: Stores) -> None:
    (action, other) = submitted(opened)
    target = TARGETS[0]
    assert not opened.collector.attempted(action, target)
    opened.collector.attempt(action, target, NOW)
    opened.collector.attempt(action, target, NOW)
    assert opened.collector.attempted(action, target)
    assert opened.collector.attempted(action, Target(target.key, target.incarnation, "next generation"))
    assert not opened.collector.attempted(action, Target(target.key, Incarnation("reborn")))
    assert not opened.collector.attempted(other, target)


def test_an_overlay_replaces_the_one_before_and_each_is_in_the_audit(opened: Stores) -> None:
    reader = opened.reader()
    picture = loaded(reader)
    for value in ("ops", None):
        overlay = Overlay(subject="coder", field=AssignmentField.OWNER, value=value, set_by="ada")
        opened.intents.overlay([overlay], now=NOW, host="laptop", why="on leave")
    picture.follow(reader)
    assert [overlay.value for overlay in picture.overlays.values()] == [None]
    assert [row.reason for row in reader.audit(limit=5)] == ["owner cleared", "owner = ops"]


def test_a_confirmed_hand_over_moves_the_task_in_one_step(opened: Stores) -> None:
    opened.intents.hand_over(hand_over())
    confirmed = opened.intents.confirm_hand_over("h1", actor="bob", host="laptop", now=NOW)
    assert confirmed is not None
    assert confirmed.state == "confirmed"
    picture = loaded(opened.reader())
    tasks = {subject: overlay.value for (subject, field), overlay in picture.overlays.items() if field == "task"}
    assert tasks == {"coder": None, "tester": "issue 7"}
    assert [row.what for row in opened.reader().audit(limit=9)] == [
        "hand-over confirmed",
        "reassign",
        "reassign",
        "hand-over asked",
    ]
    assert opened.intents.confirm_hand_over("h1", actor="bob", host="laptop", now=NOW) is None
    assert len(opened.reader().audit(limit=9)) == 4


def test_a_hand_over_moves_the_task_also_where_a_word_lies_over_single_resources(opened: Stores) -> None:
    giver, taker = facts.resource("a", agent="coder"), facts.resource("b", agent="tester")
    opened.observe(changed=(giver, taker, facts.resource("c", agent="other")))
    words = [("a", "issue 7"), ("b", "issue 1"), ("c", "issue 2")]
    opened.intents.overlay(
        [
            Overlay(subject=facts.key(id_).packed(), field=AssignmentField.TASK, value=task, set_by="ada")
            for id_, task in words
        ],
        now=NOW,
        host="laptop",
        why="",
    )
    opened.intents.hand_over(hand_over())

    assert opened.intents.confirm_hand_over("h1", actor="bob", host="laptop", now=NOW) is not None

    laid = {(subject, field): overlay.value for (subject, field), overlay in loaded(opened.reader()).overlays.items()}
    assert [laid[facts.key(id_).packed(), AssignmentField.TASK] for id_, _ in words] == [None, "issue 7", "issue 2"]


def test_a_hand_over_leaves_the_other_tasks_of_who_gives_where_they_are(opened: Stores) -> None:
    opened.observe(changed=(facts.resource("a", agent="coder"), facts.resource("b", agent="coder")))
    other = Overlay(subject=facts.key("b").packed(), field=AssignmentField.TASK, value="issue 9", set_by="ada")
    opened.intents.overlay([other], now=NOW, host="laptop", why="")
    opened.intents.hand_over(hand_over())
    assert opened.intents.confirm_hand_over("h1", actor="bob", host="laptop", now=NOW) is not None
    laid = {subject: overlay.value for (subject, _), overlay in loaded(opened.reader()).overlays.items()}
    assert laid == {"coder": None, "tester": "issue 7", facts.key("b").packed(): "issue 9"}


def test_of_two_hand_overs_of_one_task_only_the_first_that_is_confirmed_moves_it(opened: Stores) -> None:
    opened.intents.hand_over(hand_over())
    opened.intents.hand_over(hand_over(taker="writer", id_="h2", by="bob"))
    assert opened.intents.confirm_hand_over("h1", actor="ada", host="laptop", now=NOW) is not None
    assert opened.intents.confirm_hand_over("h2", actor="bob", host="laptop", now=NOW) is None
    picture = loaded(opened.reader())
    assert {one.hand_over_id: one.state for one in picture.hand_overs.values()} == {  # type: ignore[attr-defined]
        "h1": "confirmed",
        "h2": "expired",
    }
    tasks = {subject: overlay.value for (subject, field), overlay in picture.overlays.items() if field == "task"}
    assert tasks == {"coder": None, "tester": "issue 7"}
    (line,) = [row for row in opened.reader().audit(limit=9) if row.what == "hand-over overtaken"]
    assert (line.target, line.actor) == ("coder -> writer", "ada")


def test_a_hand_over_that_was_overtaken_stays_so_although_the_task_came_back(opened: Stores) -> None:
    opened.intents.hand_over(hand_over())
    opened.intents.hand_over(hand_over(taker="writer", id_="h2"))
    assert opened.intents.confirm_hand_over("h1", actor="ada", host="laptop", now=NOW) is not None
    back = Overlay(subject="coder", field=AssignmentField.TASK, value="issue 7", set_by="bob")
    opened.intents.overlay([back], now=NOW, host="laptop", why="")
    for id_ in ("h1", "h2"):
        assert opened.intents.confirm_hand_over(id_, actor="ada", host="laptop", now=NOW) is None


def test_a_task_that_was_reassigned_since_it_was_asked_for_is_not_moved(opened: Stores) -> None:
    opened.intents.hand_over(hand_over())
    other = Overlay(subject="coder", field=AssignmentField.TASK, value="issue 8", set_by="bob")
    opened.intents.overlay([other], now=NOW, host="laptop", why="")
    assert opened.intents.confirm_hand_over("h1", actor="ada", host="laptop", now=NOW) is None
    assert [overlay.value for overlay in loaded(opened.reader()).overlays.values()] == ["issue 8"]


def test_a_hand_over_that_nobody_confirmed_expires_and_can_no_more_be_confirmed(opened: Stores) -> None:
    opened.intents.hand_over(hand_over())
    opened.collector.expire_hand_overs(NOW + timedelta(hours=23))
    assert [row.what for row in opened.reader().audit(limit=9)] == ["hand-over asked"]
    late = NOW + timedelta(hours=25)
    assert opened.intents.confirm_hand_over("h1", actor="bob", host="laptop", now=late) is None
    opened.collector.expire_hand_overs(late)
    (held,) = loaded(opened.reader()).hand_overs.values()
    assert held.state == "expired"  # type: ignore[attr-defined]
    assert [row.what for row in opened.reader().audit(limit=9)] == ["hand-over expired", "hand-over asked"]


def test_wanted_rows_expire_and_what_is_asked_again_is_another_row(opened: Stores) -> None:
    opened.intents.want(WantedKind.LOGS, "x", now=NOW, for_s=30)
    (first,) = opened.collector.wanted(NOW)
    opened.intents.want(WantedKind.LOGS, "x", now=NOW, for_s=60)
    (second,) = opened.collector.wanted(NOW)
    assert second.wanted_id != first.wanted_id
    assert second.expires_at == NOW + timedelta(seconds=60)
    assert opened.collector.wanted(NOW + timedelta(seconds=61)) == ()


def test_a_reader_says_when_a_reading_was_asked_for_last(opened: Stores) -> None:
    later = NOW + timedelta(seconds=3)
    opened.intents.want(WantedKind.LOGS, "x", now=NOW, for_s=30)
    opened.intents.want(WantedKind.POLL, "box", now=NOW, for_s=30)
    opened.intents.want(WantedKind.POLL, "box", now=later, for_s=30)
    assert opened.reader().polls_asked() == {"box": later}


def test_a_note_is_in_the_audit(opened: Stores) -> None:
    opened.intents.note("window opened", actor="ada", host="laptop", via="console", why="deploy", now=NOW)
    (row,) = opened.reader().audit(limit=1)
    assert (row.what, row.outcome, row.why) == ("window opened", "noted", "deploy")


def test_cursors_are_kept(opened: Stores) -> None:
    assert opened.collector.cursor("events") is None
    opened.collector.keep_cursor("events", "41")
    opened.collector.keep_cursor("events", "42\ud800")
    assert opened.collector.cursor("events") == "42\ud800"


def test_log_lines_come_back_in_order_as_they_came(opened: Stores) -> None:
    key = facts.key("a")
    lines = tuple((NOW, f"line {n} \x1b[31m\ud800") for n in range(6))
    opened.collector.append_logs(key, LogPage(lines=lines[:4], cursor="4"), NOW)
    opened.collector.append_logs(key, LogPage(lines=lines[4:], cursor="6"), NOW)
    assert opened.reader().log_tail(key, limit=3) == lines[3:]
    assert opened.reader().log_tail(facts.key("b"), limit=3) == ()


def test_lines_know_their_run_and_are_read_from_where_one_was(opened: Stores) -> None:
    key, reader = facts.key("a"), opened.reader()
    assert reader.log_state(key) is None
    opened.collector.append_logs(key, LogPage(lines=(), cursor=None), NOW)
    state = reader.log_state(key)
    assert state is not None
    assert (state.read_at, state.size_bytes, state.runs) == (NOW, 0, ())

    opened.collector.append_logs(key, LogPage(lines=((None, "one"), (NOW, "two")), cursor="2", generation="1"), NOW)
    opened.collector.append_logs(key, LogPage(lines=((None, "x" * 50_000),), cursor="3", generation="2"), NOW)
    lines = reader.log_after(key, seq=0, limit=10)
    assert [(line.generation, line.text[:5], line.at, line.read_at) for line in lines] == [
        ("1", "one", None, NOW), ("1", "two", NOW, NOW), ("2", "xxxxx", None, NOW),
    ]  # fmt: skip
    assert len(lines[2].text) == LINE_LIMIT + 1
    assert reader.log_after(key, seq=lines[1].seq, limit=10) == lines[2:]
    assert reader.log_after(key, seq=0, limit=2) == lines[1:]
    state = reader.log_state(key)
    assert state is not None
    assert [(run.generation, run.lines) for run in state.runs] == [("1", 2), ("2", 1)]


def test_a_line_is_no_younger_than_its_provider_says(opened: Stores) -> None:
    key = facts.key("s1")
    for at in (NOW - timedelta(minutes=20), NOW + timedelta(minutes=5), None):
        opened.collector.append_logs(key, LogPage(lines=((None, "boom"),), cursor="1", written_by=at), NOW)

    assert [line.moment for line in opened.reader().log_after(key, seq=0, limit=9)] == [
        NOW - timedelta(minutes=20),
        NOW,
        NOW,
    ]


def test_a_runs_log_is_a_ring_of_bytes(opened: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write_logs, "RING_BYTES", 1000)
    key = facts.key("a")
    for n in range(100):
        opened.collector.append_logs(key, LogPage(lines=((NOW, f"{n:019d}"),), cursor=None), NOW)
    kept = opened.reader().log_tail(key, limit=1000)
    assert [int(text) for _, text in kept] == list(range(50, 100))


def test_a_line_longer_than_the_ring_keeps_its_beginning(opened: Stores) -> None:
    key = facts.key("a")
    opened.collector.append_logs(key, LogPage(lines=((NOW, "é" * 5_000_000),), cursor=None), NOW)
    ((_, kept),) = opened.reader().log_tail(key, limit=5)
    assert kept == "é" * (write_logs.LINE_BYTES // 2)


def test_events_are_told_once_and_read_newest_first(opened: Stores) -> None:
    key = facts.key("a")
    events = tuple(
        Event(
            event_id=f"e{n}",
            at=NOW + timedelta(seconds=n),
            source=SOURCE,
            key=key if n % 2 else None,
            agent=None,
            type="sandbox.lifecycle",
        )
        for n in range(4)
    )
    opened.observe(events=events)
    opened.observe(events=events)
    reader = opened.reader()
    assert reader.events(limit=10) == events[::-1]
    assert reader.events(limit=10, key=key) == (events[3], events[1])
    assert len(reader.events(limit=2)) == 2


def test_failures_are_read_newest_first_since_a_moment(opened: Stores) -> None:
    failures = tuple(facts.failure(at_s=seconds, of=facts.key("a")) for seconds in (30, 20, 10))
    opened.observe(failures=failures)
    reader = opened.reader()
    assert reader.failures(since=NOW - timedelta(seconds=25), limit=9) == (failures[2], failures[1])
