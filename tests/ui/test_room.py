"""Every line of a screen earns its place: no empty charts, no second cursor, no word that is cut for nothing."""

from datetime import timedelta

import pytest

from fleet_tui.domain.history import Spent
from fleet_tui.domain.identity import Layer, SourceName
from fleet_tui.domain.sprawl import RULES
from tests.support.consoles import Desk
from tests.support.facts import NOW
from tests.support.showcase import acts, curve, showcase
from tests.support.wait import eventually_async

ROWS = 19
WIDE = (120, 32)


async def spend_screen(*spent: Spent, curve: bool) -> list[str]:
    """SPEND when what was spent is read: until then there may be a curve."""
    desk = Desk(showcase())
    desk.reader.told_spent = spent
    async with desk.app.run_test(headless=False, size=WIDE) as pilot:
        await desk.settled(pilot, ROWS)
        await pilot.press("2")
        await desk.shows(pilot, "GROUP")

        async def read() -> bool:
            await pilot.pause()
            return "highest $" in desk.text() if curve else "last 24 h" not in desk.text()

        await eventually_async(read, what="the last day")
        return desk.screen()


async def test_the_room_of_a_chart_without_a_curve_belongs_to_the_table() -> None:
    screen = await spend_screen(curve=False)

    assert not any("last 24 h" in line for line in screen)
    assert sum(not line.strip() for line in screen[: screen.index(next(x for x in screen if "GROUP" in x))]) == 0


async def test_a_curve_stands_above_the_table() -> None:
    screen = await spend_screen(*curve(), curve=True)

    heading = next(number for number, line in enumerate(screen) if "$/h, last 24 h" in line)
    assert heading < next(number for number, line in enumerate(screen) if "GROUP" in line)
    assert "highest $" in screen[heading]


async def test_money_of_the_quarter_that_is_not_over_is_no_curve_yet() -> None:
    last = next(iter(curve()))
    screen = await spend_screen(
        Spent(
            start=NOW,
            end=NOW + timedelta(minutes=1),
            source=SourceName("e2b-us"),
            layer=Layer.COMPUTE,
            agent=last.agent,
            team=last.team,
            currency="usd",
            amount_micro=10,
        ),
        curve=False,
    )

    assert not any("last 24 h" in line for line in screen)


@pytest.mark.parametrize(("view", "shown"), [("3", "CLASS"), ("4", "NEXT STEP")])
async def test_only_the_table_that_keys_act_on_has_a_cursor(view: str, shown: str) -> None:
    desk = Desk(showcase())
    async with desk.app.run_test(headless=False, size=WIDE) as pilot:
        await desk.settled(pilot, ROWS)
        await pilot.press(view)
        await desk.shows(pilot, shown)

        assert sum(line.startswith(">") for line in desk.screen()) == 1


async def test_what_a_rule_means_and_its_next_step_are_read_whole_at_120_columns() -> None:
    desk = Desk(showcase())
    async with desk.app.run_test(headless=False, size=WIDE) as pilot:
        await desk.settled(pilot, ROWS)
        await pilot.press("4")
        await desk.shows(pilot, "NEXT STEP")

        text = desk.text()
        for rule in RULES.values():
            assert rule.title in text
            assert rule.means in text


async def test_the_audit_shows_the_minute_and_tells_the_line_under_the_cursor() -> None:
    desk = Desk(showcase())
    desk.reader.told_audit = acts()
    async with desk.app.run_test(headless=False, size=WIDE) as pilot:
        await desk.settled(pilot, ROWS)
        await pilot.press("6")
        await desk.shows(pilot, "22 Nov 11:58")
        await desk.shows(pilot, "actor   kim on ops-1 via console")
        await pilot.press("j", "j", "j")
        await desk.shows(pilot, "outcome failed daytona: 503 no capacity")


async def test_where_there_is_nothing_to_tell_of_no_line_is_kept_for_it() -> None:
    desk = Desk(showcase())
    async with desk.app.run_test(headless=False, size=WIDE) as pilot:
        await desk.settled(pilot, ROWS)
        await pilot.press("6")
        await desk.shows(pilot, "nobody has done anything yet")
        await desk.settled(pilot, ROWS)
        assert not desk.app.pane.query_one(".story").display
        await pilot.press("4")
        await desk.shows(pilot, "found after 3 complete readings")


async def test_on_a_low_screen_only_rules_that_found_something_take_lines_from_what_they_found() -> None:
    desk = Desk(showcase())
    async with desk.app.run_test(headless=False, size=(60, 20)) as pilot:
        await desk.settled(pilot, ROWS)
        await pilot.press("4")
        await desk.shows(pilot, "old-migr")
        assert "duplicate task" not in desk.text()
        assert all(name in desk.text() for name in ("orphan: nobody claims it", "sbx_9f2c", "old-migr"))


async def test_the_words_of_an_alarm_have_the_most_room_on_a_narrow_screen() -> None:
    desk = Desk(showcase())
    async with desk.app.run_test(headless=False, size=(60, 20)) as pilot:
        await desk.settled(pilot, ROWS)
        await pilot.press("5")
        await desk.shows(pilot, "ci-fix-07 no progress")
        await desk.shows(pilot, "l r ^k m")
