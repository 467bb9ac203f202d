"""What is confirmed stands on the screen: a plan that found no room is not accepted, and the button says its verb."""

import pytest
from textual.widgets import Button

from fleet_tui.ui.widgets.one_of import OneOf
from tests.support.consoles import Desk
from tests.support.desks import a_fleet, front, writing

WIDE = (120, 32)


@pytest.mark.parametrize("size", [(20, 5), (1, 1), (80, 7), (24, 30)])
async def test_nobody_says_yes_to_a_plan_that_found_no_room(size: tuple[int, int]) -> None:
    desk = Desk(a_fleet(1))
    async with desk.app.run_test(headless=False, size=WIDE, notifications=True) as pilot:
        await writing(desk, pilot, 1)
        await pilot.press("p")
        await front(desk, pilot)
        await desk.shows(pilot, "press y to pause")
        await pilot.resize_terminal(*size)
        await pilot.pause(1)
        await pilot.press("y")
        await desk.tells(pilot, "too little room to show the plan")
        assert desk.intents.acts == 0
        await pilot.resize_terminal(*WIDE)
        await desk.shows(pilot, "PAUSE 1 sandbox")


async def test_the_button_says_the_verb_that_was_chosen() -> None:
    desk = Desk(a_fleet(1))
    async with desk.app.run_test(headless=False, size=WIDE, notifications=True) as pilot:
        await writing(desk, pilot, 1)
        await pilot.press("ctrl+k")
        await front(desk, pilot)
        button = desk.app.screen.query_one("#accept", Button)
        assert str(button.label) == "kill"
        how = desk.app.screen.query_one("#how", OneOf)
        how.focus()
        await pilot.press("right", "right")
        await desk.shows(pilot, "PAUSE 1 sandbox")
        assert str(button.label) == "pause"


async def test_a_plan_is_confirmed_under_the_rules_it_was_shown_under() -> None:
    desk = Desk(a_fleet(1))
    async with desk.app.run_test(headless=False, size=WIDE, notifications=True) as pilot:
        await writing(desk, pilot, 1)
        await pilot.press("p")
        await front(desk, pilot)
        await desk.shows(pilot, "press y to pause")
        desk.session.production = True
        await pilot.press("y")
        await desk.tells(pilot, "the configuration was read again while the plan was shown")
    assert desk.intents.acts == 0
