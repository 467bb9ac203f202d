"""Who asks what a verb would do has chosen that row: the cursor goes where it goes, though nobody moved it."""

from fleet_tui.domain.phase import Phase
from tests.support.consoles import Desk
from tests.support.facts import next_delta, resource, whole


async def test_the_cursor_stays_with_the_agent_that_a_verb_was_asked_for() -> None:
    first, second = resource("sbx_a", agent="a", phase=Phase.LOOPING), resource("sbx_b", agent="b")
    desk = Desk(whole(first, second))
    async with desk.app.run_test(headless=False, size=(120, 32), notifications=True) as pilot:
        await desk.shows(pilot, "FLEET[2]")
        table = desk.app.fleet_pane.table
        meant = table.cursor_key
        await pilot.press("ctrl+k")
        await desk.shows(pilot, "KILL 1 sandbox")
        await pilot.press("escape")
        desk.reader.put(next_delta(2, resources=(resource("sbx_a", agent="a", phase=Phase.ENDED_KILLED),)))
        await desk.shows(pilot, "KILLED")
        assert table.order[-1] == meant
        assert table.cursor_key == meant
