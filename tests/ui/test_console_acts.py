"""The console acts: plans, confirmations, orders and outcomes, and what never happens by accident."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from textual.widgets import Button, Input

from fleet_tui.domain.action import Verb, action_id
from fleet_tui.domain.assignment import AssignmentField
from fleet_tui.domain.capability import Capability
from fleet_tui.domain.identity import Kind
from fleet_tui.domain.outcome import Done, RefusalReason, Refused
from fleet_tui.domain.record import ActionRecord, WantedKind
from fleet_tui.ui.hand import APART_S
from fleet_tui.ui.widgets.one_of import OneOf
from tests.support.consoles import Desk
from tests.support.desks import a_fleet, agents, front, writing
from tests.support.facts import NOW, RUNS_CAN, finding, key, next_delta, resource, status, total, whole
from tests.support.wait import eventually_async

WIDE = (120, 32)


async def test_one_fresh_row_asks_for_a_key_and_cancel_has_the_focus() -> None:
    desk = Desk(a_fleet())
    async with desk.app.run_test(headless=False, size=WIDE, notifications=True) as pilot:
        await writing(desk, pilot)
        await pilot.press("p")
        await front(desk, pilot)
        assert isinstance(desk.app.focused, Button)
        assert desk.app.focused.id == "cancel"
        await pilot.press("enter")
        await pilot.pause()
        assert desk.intents.acts == 0
        await pilot.press("p")
        await front(desk, pilot)
        await pilot.click("#accept")
        await desk.shows(pilot, "submitted: 1 row")
        (intent,) = desk.intents.submitted
        assert (intent.verb, intent.actor, intent.via) == (Verb.PAUSE, "kim", "console")
        assert [target.key.id for target in intent.targets] == ["sbx_00"]
        assert intent.not_after == NOW + timedelta(minutes=15)


async def test_several_rows_ask_for_verb_and_count_and_name_what_the_filter_hides() -> None:
    desk = Desk(a_fleet())
    async with desk.app.run_test(headless=False, size=WIDE, notifications=True) as pilot:
        await writing(desk, pilot)
        await pilot.press("space", "j", "space", "j", "space")
        await desk.shows(pilot, "3 marked $0.30~/h")
        await pilot.press("slash", *"-agent:agent-01", "enter")
        await desk.settled(pilot, 11)
        await pilot.press("ctrl+k")
        await front(desk, pilot)
        assert "KILL 3 sandboxes" in desk.text()
        assert "1 marked rows are hidden by the filter: agent-01" in desk.text()
        await pilot.click("#accept")
        await desk.shows(pilot, "that is not the word")
        assert desk.intents.acts == 0
        desk.app.screen.query_one("#how", OneOf).choose("now")
        await desk.shows(pilot, "kill at once")
        desk.app.screen.query_one("#why", Input).value = "key revoked"
        typed = desk.app.screen.query_one("#typed", Input)
        typed.value = "kill 3"
        typed.focus()
        await pilot.press("enter")
        await desk.shows(pilot, "submitted: 3 rows")
        (intent,) = desk.intents.submitted
        assert (intent.params.now, intent.why, len(intent.targets)) == (True, "key revoked", 3)
        assert desk.app.fleet_pane.table.marks == frozenset()


async def test_what_was_confirmed_is_what_was_seen_even_if_the_fleet_moved() -> None:
    desk = Desk(a_fleet())
    async with desk.app.run_test(headless=False, size=WIDE, notifications=True) as pilot:
        await writing(desk, pilot)
        await pilot.press("p")
        await front(desk, pilot)
        changed = replace(resource("sbx_00", agent="other"), generation="2")
        desk.reader.put(next_delta(2, resources=(changed,)))
        await desk.shows(pilot, "12 agents")
        await pilot.click("#accept")
        await desk.shows(pilot, "submitted: 1 row")
        assert desk.intents.submitted[0].targets == (agents()[0].target,)


async def test_stale_rows_ask_for_the_word_and_for_a_fresh_reading() -> None:
    desk = Desk(replace(a_fleet(), statuses=(status(ok_s=90),)))
    async with desk.app.run_test(headless=False, size=WIDE, notifications=True) as pilot:
        await writing(desk, pilot)
        await pilot.press("r")
        await front(desk, pilot)
        assert "STALE 1m30s" in desk.text()
        assert "type  restart 1  to go ahead" in desk.text()

        async def asked() -> bool:
            return (WantedKind.POLL, "e2b") in desk.intents.wanted

        await eventually_async(asked)


async def test_a_window_that_closed_meanwhile_refuses() -> None:
    desk = Desk(a_fleet())
    async with desk.app.run_test(headless=False, size=WIDE, notifications=True) as pilot:
        await writing(desk, pilot)
        await pilot.press("p")
        await front(desk, pilot)
        desk.time.pass_s(601)
        await pilot.click("#accept")
        await desk.shows(pilot, "this console only looks")
        assert desk.intents.acts == 0
        settled = asyncio.Event()
        desk.app.screen.set_timer(APART_S, settled.set)
        await settled.wait()
        assert "this console only looks" in desk.text()


async def test_an_order_that_the_store_does_not_take_is_told() -> None:
    desk = Desk(a_fleet())
    async with desk.app.run_test(headless=False, size=WIDE, notifications=True) as pilot:
        await writing(desk, pilot)
        desk.intents.full = True
        await pilot.press("p")
        await front(desk, pilot)
        await pilot.click("#accept")
        await desk.shows(pilot, "nothing was submitted")


async def test_what_stays_and_what_is_left_out_is_named() -> None:
    desk = Desk(
        whole(
            resource("sbx_1", agent="a", can=RUNS_CAN - {Capability.PAUSE}),
            resource("sbx_2", agent="a", source="daytona"),
            resource("mem_1", agent="a", source="mem0", kind=Kind.MEMORY_SCOPE),
        )
    )
    async with desk.app.run_test(headless=False, size=WIDE, notifications=True) as pilot:
        await writing(desk, pilot, 1)
        await pilot.press("p")
        await front(desk, pilot)
        text = desk.text()
        assert "out    a sbx_1: e2b cannot pause this sandbox" in text
        assert "stays" in text
        assert "memory scope mem_1 (mem0)" in text
        assert "a: one agent in several sources by its label alone" in text


async def test_extend_asks_how_long_first() -> None:
    desk = Desk(a_fleet())
    async with desk.app.run_test(headless=False, size=WIDE, notifications=True) as pilot:
        await writing(desk, pilot)
        await pilot.press("t")
        await desk.shows(pilot, "EXTEND: how long from now?")
        box = desk.app.screen.query_one("#for", Input)
        box.focus()
        box.value = "soon"
        await pilot.press("enter")
        await desk.shows(pilot, "is not a time")
        box.value = "90m"
        await pilot.press("enter")
        await front(desk, pilot)
        await pilot.click("#accept")
        await desk.shows(pilot, "submitted: 1 row")
        assert desk.intents.submitted[0].params.extend_s == 5400


async def test_reassign_is_kept_here_where_no_provider_may_hold_it() -> None:
    desk = Desk(a_fleet())
    async with desk.app.run_test(headless=False, size=WIDE, notifications=True) as pilot:
        await writing(desk, pilot)
        await pilot.press("m")
        await desk.shows(pilot, "REASSIGN")
        desk.app.screen.query_one("#owner", Input).value = "kim"
        desk.app.screen.query_one("#task", Input).value = "-"
        await pilot.click("#accept")
        await front(desk, pilot)
        await pilot.click("#accept")
        await desk.shows(pilot, "kept here for 1 row")
        assert desk.intents.submitted == []
        assert {(o.subject, o.field, o.value) for o in desk.intents.overlays} == {
            ("agent-00", AssignmentField.OWNER, "kim"),
            ("agent-00", AssignmentField.TASK, None),
        }


async def test_a_task_is_handed_over_and_waits_for_a_word() -> None:
    desk = Desk(a_fleet())
    async with desk.app.run_test(headless=False, size=WIDE, notifications=True) as pilot:
        await writing(desk, pilot)
        await pilot.press("m")
        await desk.shows(pilot, "REASSIGN")
        desk.app.screen.query_one("#task-to", Input).value = "agent-05"
        await pilot.click("#accept")
        await front(desk, pilot)
        await pilot.click("#accept")
        await desk.shows(pilot, "the task waits to move: m on either of the two confirms it")
        (asked,) = desk.intents.handed
        assert (asked.from_agent, asked.to_agent, asked.task) == ("agent-00", "agent-05", "fix 0")
        assert asked.not_after == NOW + timedelta(hours=24)


async def test_outcomes_come_back_row_by_row() -> None:
    desk = Desk(a_fleet())
    async with desk.app.run_test(headless=False, size=WIDE, notifications=True) as pilot:
        await writing(desk, pilot)
        await pilot.press("space", "j", "space", "p")
        await front(desk, pilot)
        desk.app.screen.query_one("#typed", Input).value = "pause 2"
        await pilot.click("#accept")
        await desk.shows(pilot, "submitted: 2 rows")
        (intent,) = desk.intents.submitted
        records = [
            ActionRecord(
                action_id=action_id(intent.intent_id, i), intent_id=intent.intent_id, verb=intent.verb,
                params=intent.params,
                target=target, name=f"agent-0{i}", actor="kim", host="h", via="console", why="", submitted_at=NOW,
                not_after=NOW,
            )
            for i, target in enumerate(intent.targets)
        ]  # fmt: skip
        desk.reader.put(next_delta(2, actions=tuple(records)))
        await desk.shows(pilot, "pause: 2 under way")
        await desk.shows(pilot, "RUN >pause")
        refused = Refused(RefusalReason.CHANGED, "it is another one now")
        desk.reader.put(
            next_delta(3, actions=(replace(records[0], outcome=Done()), replace(records[1], outcome=refused)))
        )
        await desk.shows(pilot, "pause: 1 done, 1 refused")
        await desk.shows(pilot, "pause agent-01 (e2b): refused, changed")
        await pilot.press("o")
        await desk.shows(pilot, "pause agent-01 (e2b): refused, changed: it is another one now")
        desk.reader.put(next_delta(4, actions=(replace(records[1], outcome=Done("it went on")),)))
        await desk.shows(pilot, "pause agent-01 (e2b): done, it went on")


async def test_findings_are_acted_upon_from_sprawl() -> None:
    desk = Desk(
        replace(whole(resource("lone"), *agents(2)), findings=(finding(key("lone")),), totals=(total("a", "1"),))
    )
    async with desk.app.run_test(headless=False, size=WIDE, notifications=True) as pilot:
        await writing(desk, pilot, 3)
        await pilot.press("4")
        await desk.shows(pilot, "no owner in 3 complete readings")
        await pilot.press("ctrl+k")
        await front(desk, pilot)
        assert "KILL 1 sandbox" in desk.text()
        await pilot.click("#accept")
        await desk.shows(pilot, "submitted: 1 row")
        assert desk.intents.submitted[0].targets[0].key == key("lone")
