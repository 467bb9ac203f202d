"""What is mounted when it is first asked for: by whoever asks, whole, and once."""

import asyncio

import pytest

from fleet_tui.ui.keys.table import View
from fleet_tui.ui.widgets.filter_bar import FilterBar
from fleet_tui.ui.widgets.table import FleetTable
from tests.support.consoles import Desk
from tests.support.desks import a_fleet

WIDE = (120, 32)


@pytest.mark.parametrize("view", [view for view in View if view is not View.FLEET])
async def test_a_view_that_is_asked_for_twice_at_once_is_whole_and_there_once(view: View) -> None:
    desk = Desk(a_fleet())
    async with desk.open(WIDE):
        async with asyncio.TaskGroup() as both:
            both.create_task(desk.app.show_view(view))
            both.create_task(desk.app.show_view(view))
        assert desk.app.pane.view is view
        assert desk.app.pane.query(FleetTable)
        assert [pane.id for pane in desk.app.panes.children] == [View.FLEET.value, view.value]
        await desk.app.show_view(View.FLEET)
        assert desk.app.pane is desk.app.fleet_pane


async def test_a_line_that_is_opened_twice_at_once_is_there_once() -> None:
    desk = Desk(a_fleet())
    async with desk.open(WIDE):
        async with asyncio.TaskGroup() as both:
            both.create_task(desk.app.action_filter())
            both.create_task(desk.app.action_filter())
        assert len(desk.app.query(FilterBar)) == 1


async def test_keys_behind_the_one_that_opens_a_view_or_a_line_go_there() -> None:
    desk = Desk(a_fleet())
    async with desk.open(WIDE) as pilot:
        await pilot.press("2", "v", "1", "slash", *"agent-03", "enter")
        await desk.shows(pilot, "FLEET[1/12]")
        await pilot.press("2")
        await desk.shows(pilot, "agent-03")
