"""The plan dialog by its keys: the word can be typed at once, and nothing else in it listens."""

from textual.widgets import Input

from fleet_tui.domain.action import Verb
from fleet_tui.ui.widgets.check import Check
from tests.support.consoles import Desk
from tests.support.desks import a_fleet, front, writing

WIDE = (120, 32)


async def test_the_word_is_taken_wherever_the_focus_is_and_enter_sends_it() -> None:
    desk = Desk(a_fleet())
    async with desk.app.run_test(headless=False, size=WIDE, notifications=True) as pilot:
        await writing(desk, pilot)
        await pilot.press("space", "j", "space", "ctrl+k")
        await front(desk, pilot)
        await pilot.press(*"kill", "space", "2")
        assert desk.app.screen.query_one("#typed", Input).value == "kill 2"
        await pilot.press("enter")
        await desk.shows(pilot, "submitted: 2 rows")
        assert [intent.verb for intent in desk.intents.submitted] == [Verb.KILL]


async def test_enter_at_once_cancels_and_a_wrong_word_does_nothing() -> None:
    desk = Desk(a_fleet())
    async with desk.app.run_test(headless=False, size=WIDE, notifications=True) as pilot:
        await writing(desk, pilot)
        await pilot.press("space", "j", "space", "ctrl+k")
        await front(desk, pilot)
        await pilot.press(*"kill", "space", "3", "enter")
        await desk.shows(pilot, "that is not the word")
        await pilot.press("escape", "ctrl+k")
        await front(desk, pilot)
        await pilot.press("enter")
        await pilot.pause()
        assert desk.intents.acts == 0


async def test_a_check_box_says_by_a_character_whether_it_is_set() -> None:
    desk = Desk(a_fleet())
    async with desk.app.run_test(headless=False, size=WIDE, notifications=True) as pilot:
        await writing(desk, pilot)
        await pilot.press("ctrl+k")
        await front(desk, pilot)
        await desk.shows(pilot, "[ ] now: kill at once")
        desk.app.screen.query_one("#at-once", Check).focus()
        await pilot.press("space")
        await desk.shows(pilot, "[x] now: kill at once")
