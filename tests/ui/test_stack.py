"""STACK on the screen: what each provider is, and the way from it to the agents on it."""

import pytest

from fleet_tui.ui.keys.table import View
from tests.support.consoles import Desk
from tests.support.showcase import readings, showcase
from tests.support.wait import eventually_async

ROWS = 19
SIZES = [(120, 32), (80, 24), (60, 20), (40, 10)]


def a_desk() -> Desk:
    made = Desk(showcase())
    made.reader.told_reach = readings()
    return made


@pytest.mark.parametrize("size", SIZES)
async def test_every_provider_is_there_with_what_was_measured(size: tuple[int, int]) -> None:
    desk = a_desk()
    async with desk.app.run_test(headless=False, size=size) as pilot:
        await desk.settled(pilot, ROWS)
        await pilot.press("7")
        await desk.shows(pilot, "98.95%")
        assert all(name in desk.text() for name in ("e2b", "daytona", "local"))


async def test_the_detail_follows_the_cursor() -> None:
    desk = a_desk()
    async with desk.app.run_test(headless=False, size=(120, 32)) as pilot:
        await desk.settled(pilot, ROWS)
        await pilot.press("7", "g")
        await desk.shows(pilot, "source  e2b-us")
        await pilot.press("j")
        await desk.shows(pilot, "not counted as down: 15 by our own haste")
        await pilot.press("G")
        await desk.shows(pilot, "no reading in 24 h that says anything")


async def test_enter_leads_to_the_agents_on_a_provider_and_minus_back() -> None:
    desk = a_desk()
    async with desk.app.run_test(headless=False, size=(120, 32)) as pilot:
        await desk.settled(pilot, ROWS)
        await pilot.press("7", "g", "j", "enter")
        await desk.shows(pilot, "FLEET[6/19]")
        assert desk.app.pane is desk.app.fleet_pane
        await pilot.press("minus")
        await desk.shows(pilot, "STACK")
        assert desk.app.pane.view is View.STACK


async def test_a_filter_of_its_own_narrows_it_and_escape_clears_it() -> None:
    desk = a_desk()
    async with desk.app.run_test(headless=False, size=(120, 32)) as pilot:
        await desk.settled(pilot, ROWS)
        await pilot.press("7", "slash", *"team:docs", "enter")
        await desk.shows(pilot, "filter team:docs")
        assert "daytona " not in desk.text().replace("daytona-eu", "")
        assert not desk.app.fleet_pane.filter
        await pilot.press("escape")
        await desk.shows(pilot, "5 providers")
        assert desk.app.pane.view is View.STACK


async def test_on_a_high_screen_nothing_is_empty_between_the_rows_and_their_story() -> None:
    desk = a_desk()
    async with desk.app.run_test(headless=False, size=(120, 60)) as pilot:
        await desk.settled(pilot, ROWS)
        await pilot.press("7", "g")
        await desk.shows(pilot, "source  e2b-us")

        async def close_together() -> bool:
            await pilot.pause()
            screen = desk.screen()
            last = max(n for n, line in enumerate(screen) if "98.95%" in line or "stripe" in line)
            return next(n for n, line in enumerate(screen) if "the median agent" in line) <= last + 2

        await eventually_async(close_together, what="the story right below the rows")
        await pilot.resize_terminal(120, 24)
        await desk.shows(pilot, "source  e2b-us")
