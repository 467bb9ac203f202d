"""The plan dialog by its keys: the word can be typed at once, and nothing else in it listens."""

from textual.widgets import Input

from fleet_tui.domain.action import Verb
from fleet_tui.ui.widgets.one_of import OneOf
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
        await pilot.press("backspace")
        await desk.shows(pilot, "type  kill 2  to go ahead")
        await pilot.press("escape", "ctrl+k")
        await front(desk, pilot)
        await pilot.press("enter")
        await pilot.pause()
        assert desk.intents.acts == 0


async def test_how_to_kill_is_chosen_by_a_character_and_the_plan_says_it() -> None:
    desk = Desk(a_fleet())
    async with desk.app.run_test(headless=False, size=WIDE, notifications=True) as pilot:
        await writing(desk, pilot)
        await pilot.press("ctrl+k")
        await front(desk, pilot)
        await desk.shows(pilot, "how    (o) stop, 30s later kill  ( ) kill now  ( ) pause instead")
        desk.app.screen.query_one("#how", OneOf).focus()
        await pilot.press("right")
        await desk.shows(pilot, "( ) stop, 30s later kill  (o) kill now")
        await desk.shows(pilot, "kill at once")
        await pilot.press("space")
        await desk.shows(pilot, "PAUSE 1 sandbox")
        await desk.shows(pilot, "press y to pause")
        await pilot.press("y")
        await desk.shows(pilot, "submitted: 1 row")
        assert [intent.verb for intent in desk.intents.submitted] == [Verb.PAUSE]
