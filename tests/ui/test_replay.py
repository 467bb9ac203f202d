"""Time: steps land where something changed, nothing of today stands in the past, and nothing can be done to it."""

from datetime import timedelta

from textual.pilot import Pilot

from fleet_tui.domain.phase import Phase
from fleet_tui.domain.watch import Watch
from fleet_tui.ui.screens.past import PastScreen
from fleet_tui.ui.widgets.bar import Bar
from tests.support.consoles import Desk
from tests.support.desks import a_fleet, front, opened
from tests.support.facts import NOW, next_delta, resource, total, vitals
from tests.support.wait import eventually_async

WIDE = (120, 32)
SMALL = (80, 24)
HOUR = timedelta(hours=1)


def a_desk() -> Desk:
    """An hour ago agent-00 was stuck; two hours ago it was alone and paused."""
    desk = Desk(a_fleet())
    box = resource("sbx_00", agent="agent-00", since_s=9000)
    desk.reader.told_past = {
        NOW - 2 * HOUR: (resource("sbx_00", agent="agent-00", phase=Phase.PAUSED, since_s=9000, usd="0"),),
        NOW - HOUR: (
            resource("sbx_00", agent="agent-00", phase=Phase.STUCK, since_s=9000),
            resource("sbx_01", agent="gone-by-now", since_s=9000),
        ),
    }
    desk.reader.told_watched = ((box.key.source, Watch(NOW - 3 * HOUR, NOW - HOUR)),)
    return desk


async def in_the_past(desk: Desk, pilot: Pilot[None], *keys: str) -> PastScreen:
    await opened(desk, pilot)
    await pilot.press(*keys)
    await front(desk, pilot, PastScreen)
    screen = desk.app.screen
    assert isinstance(screen, PastScreen)
    return screen


async def live(desk: Desk, pilot: Pilot[None]) -> None:
    async def there() -> bool:
        await pilot.pause()
        return not desk.app.in_front

    await eventually_async(there, what="the live console")


async def test_steps_land_on_changes_and_after_the_last_one_it_is_live() -> None:
    desk = a_desk()
    async with desk.app.run_test(headless=False, size=WIDE, notifications=True) as pilot:
        await in_the_past(desk, pilot, "left_curly_bracket")
        await desk.shows(pilot, "AT 11:00:00Z   1h00m ago  { } step  End/esc live  2 agents")
        await desk.shows(pilot, "gone-by-now")
        await desk.shows(pilot, "STUCK")
        await pilot.press("left_curly_bracket")
        await desk.shows(pilot, "AT 10:00:00Z   2h00m ago")
        assert "gone-by-now" not in desk.text()
        await pilot.press("left_curly_bracket")
        await desk.shows(pilot, "nothing older is recorded")
        await pilot.press("right_curly_bracket")
        await desk.shows(pilot, "AT 11:00:00Z")
        await pilot.press("right_curly_bracket")
        await live(desk, pilot)


async def test_keys_of_the_live_console_do_nothing_behind_the_past_and_say_so() -> None:
    desk = a_desk()
    async with desk.app.run_test(headless=False, size=WIDE, notifications=True) as pilot:
        await in_the_past(desk, pilot, "left_curly_bracket")
        for key in ("slash", "colon", "4", "l"):
            await pilot.press(key)
            await desk.shows(pilot, "that key is of the live console, and this is the past: End goes there")
            await pilot.press("left_curly_bracket")
            await desk.shows_no(pilot, "that key")
        await pilot.press("ctrl+p", "end")
        await live(desk, pilot)
        assert desk.app.pane is desk.app.fleet_pane
        assert desk.app.focused is desk.app.fleet_pane.table
        assert not any(bar.display for bar in desk.app.query(Bar))


async def test_nothing_of_today_stands_in_the_past_and_ages_are_those_of_then() -> None:
    desk = a_desk()
    desk.reader.put(
        next_delta(2, vitals=(vitals(resource("sbx_00").key),), totals=(total("agent-00", "77.77", team="ci"),))
    )
    async with desk.open(WIDE) as pilot:
        await desk.shows(pilot, "77.77")
        for keys in (("left_curly_bracket",), ("left_curly_bracket",)):
            await pilot.press(*keys)
            await desk.shows(pilot, "End/esc live")
            (row,) = [line for line in desk.screen() if "agent-00" in line]
            assert "77.77" not in desk.text()
            assert row.split().count("?") >= 1
        await desk.shows(pilot, "AT 10:00:00Z")
        (row,) = [line for line in desk.screen() if "agent-00" in line]
        assert "PAUSED" in row
        assert "30m" in row
        assert "0.00" in row
        await desk.shows(pilot, "not kept, so ?")
        await pilot.press("d")
        await desk.shows(pilot, "as it was then")
        await desk.shows(pilot, "not kept of then")


async def test_nothing_can_be_done_to_the_past() -> None:
    desk = a_desk()
    async with desk.open(WIDE) as pilot:
        await pilot.press("W")
        await desk.shows(pilot, "[RW 10m]")
        await pilot.press("left_curly_bracket")
        await front(desk, pilot, PastScreen)
        for pressed in ("p", "ctrl+k", "f9", "r", "m", "t", "W"):
            await pilot.press(pressed)
            await desk.shows(pilot, "this is the past: nothing can be done to it")
            assert isinstance(desk.app.screen, PastScreen)
        assert desk.intents.acts == 0


async def test_the_live_fleet_goes_on_meanwhile_and_is_back_at_once() -> None:
    desk = a_desk()
    async with desk.app.run_test(headless=False, size=SMALL, notifications=True) as pilot:
        await in_the_past(desk, pilot, "left_curly_bracket")
        desk.reader.put(next_delta(2, resources=(resource("sbx_99", agent="newcomer"),)))

        async def taken() -> bool:
            await pilot.pause()
            return "newcomer" in desk.app.model.fleet

        await eventually_async(taken, what="the newcomer in the live fleet")
        assert "newcomer" not in desk.text()
        await pilot.press("end")
        await live(desk, pilot)
        await desk.shows(pilot, "13 agents")


async def test_a_moment_in_a_gap_of_watching_is_told_and_unconfirmed() -> None:
    desk = a_desk()
    async with desk.open(WIDE) as pilot:
        desk.app.action_at("11:30")
        await front(desk, pilot, PastScreen)
        await desk.shows(pilot, "AT 11:30:00Z")
        await desk.shows(pilot, "NOT WATCHED then: e2b")
        await desk.shows(pilot, "STUCK?")


async def test_a_moment_that_is_not_recorded_is_refused() -> None:
    desk = a_desk()
    async with desk.open(WIDE) as pilot:
        desk.app.action_at("9:00")
        await desk.shows(pilot, "nothing older can be rebuilt")
        desk.app.action_at("tomorrow")
        await desk.shows(pilot, "say when: 14:05")
        await pilot.press("right_curly_bracket")
        await desk.shows(pilot, "this is live")
        assert not desk.app.in_front
