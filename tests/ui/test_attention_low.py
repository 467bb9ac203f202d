"""On a low screen the list of what needs somebody stays, and what tells more of it gives way."""

from tests.support.consoles import Desk
from tests.support.showcase import showcase


async def test_ten_lines_show_the_list_and_not_its_story() -> None:
    desk = Desk(showcase())
    async with desk.app.run_test(headless=False, size=(40, 10), notifications=True) as pilot:
        await desk.shows(pilot, "FLEET[")
        await pilot.press("5")
        await desk.shows(pilot, "ATTENTION")
        await desk.shows(pilot, "HIGH")
        assert "i take" not in desk.text()
