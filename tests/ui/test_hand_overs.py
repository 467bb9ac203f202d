"""A hand-over in the console: asked for, confirmed once, and only while it is still what it was."""

from dataclasses import replace

from textual.widgets import Input

from fleet_tui.domain.action import Verb
from fleet_tui.domain.assignment import AssignmentField, Overlay
from fleet_tui.domain.delta import FleetDelta
from fleet_tui.domain.record import HandOver
from fleet_tui.domain.resource import Resource
from fleet_tui.ui.dialogs.plan import PlanDialog
from tests.support.consoles import Desk
from tests.support.desks import a_fleet, agents, front, writing
from tests.support.facts import hand_over, whole

WIDE = (120, 32)


def handing_over(*rows: Resource) -> tuple[FleetDelta, HandOver]:
    asked = hand_over("agent-00", "agent-01", "fix 0", by="kim")
    return replace(whole(*rows), hand_overs=(asked,)), asked


async def test_a_task_is_handed_to_nobody_who_is_not_there() -> None:
    desk = Desk(a_fleet(3))
    async with desk.app.run_test(headless=False, size=WIDE, notifications=True) as pilot:
        await writing(desk, pilot, 3)
        await pilot.press("m")
        await desk.shows(pilot, "REASSIGN")
        desk.app.screen.query_one("#task-to", Input).value = "agent-1"
        await pilot.click("#accept")
        await desk.tells(pilot, "agent-1 names no agent that could take the task fix 0")
        assert not isinstance(desk.app.screen, PlanDialog)
        assert desk.intents.handed == []


async def test_a_hand_over_is_confirmed_in_the_console_and_its_giver_paused() -> None:
    delta, asked = handing_over(*agents(3))
    desk = Desk(delta)
    desk.intents.handed.append(asked)
    async with desk.app.run_test(headless=False, size=WIDE, notifications=True) as pilot:
        await writing(desk, pilot, 3)
        await pilot.press("j", "m")
        await desk.shows(pilot, "the task fix 0 waits to move from agent-00 to agent-01")
        await pilot.click("#accept")
        await front(desk, pilot)
        await desk.shows(pilot, "fix 0 goes from agent-00 to agent-01")
        assert "PAUSE 1 sandbox" in desk.text()
        await pilot.click("#accept")
        await desk.shows(pilot, "submitted: 1 row")
        assert desk.intents.confirmed == ["h1"]
        (intent,) = desk.intents.submitted
        assert (intent.verb, [t.key.id for t in intent.targets]) == (Verb.PAUSE, ["sbx_00"])


async def test_a_hand_over_whose_task_is_gone_is_not_confirmed() -> None:
    delta, asked = handing_over(*agents(3))
    other = Overlay(subject="agent-00", field=AssignmentField.TASK, value="test 9", set_by="lee")
    desk = Desk(replace(delta, overlays=(other,), overlays_changed=True))
    desk.intents.handed.append(asked)
    async with desk.app.run_test(headless=False, size=WIDE, notifications=True) as pilot:
        await writing(desk, pilot, 3)
        await pilot.press("m")
        await desk.shows(pilot, "HAND-OVER")
        await pilot.click("#accept")
        await desk.tells(pilot, "agent-00 has the task fix 0 no more: it has test 9")
        assert desk.intents.confirmed == []


async def test_beside_a_waiting_hand_over_one_can_still_reassign() -> None:
    delta, _ = handing_over(*agents(3))
    desk = Desk(delta)
    async with desk.app.run_test(headless=False, size=WIDE, notifications=True) as pilot:
        await writing(desk, pilot, 3)
        await pilot.press("m")
        await desk.shows(pilot, "HAND-OVER")
        await pilot.click("#other")
        await desk.shows(pilot, "REASSIGN")
        assert desk.app.screen.query_one("#owner", Input).value == ""
        await pilot.press("escape")
        assert desk.intents.confirmed == []
