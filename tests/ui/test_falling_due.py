"""What the clock alone changes is drawn when it falls due, and nothing else is: no age on the screen is old."""

import threading
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from textual.events import MouseScrollDown
from textual.pilot import Pilot
from typing_extensions import override

from fleet_tui.domain.identity import ResourceKey
from fleet_tui.domain.phase import Phase
from fleet_tui.ui.framing import SOONEST_S
from fleet_tui.views.fleet import COLUMNS
from tests.bench.bench_idle import due
from tests.support.capture import captured
from tests.support.consoles import Desk, MemoryReader
from tests.support.desks import a_fleet, opened
from tests.support.facts import NOW, failure, finding, next_delta, resource, status, total, whole
from tests.support.wait import eventually_async

WIDE = (120, 32)
SMALL = (80, 24)
FOR = [column.name for column in COLUMNS].index("FOR")


def line_of(desk: Desk, name: str) -> str:
    return next(line for line in desk.screen() if name in line)


async def until_line(desk: Desk, pilot: Pilot[None], name: str, text: str) -> None:
    async def there() -> bool:
        await pilot.pause()
        return text in line_of(desk, name)

    await eventually_async(there, timeout_s=5, what=f"{text!r} on the row of {name}")


async def test_what_fell_due_is_drawn_soon_whatever_is_told_meanwhile() -> None:
    desk = Desk(whole(resource("s1", agent="agent-1", since_s=59)))
    async with desk.app.run_test(headless=False, size=WIDE) as pilot:
        await opened(desk, pilot, 1)
        await until_line(desk, pilot, "agent-1", " now ")
        desk.time.pass_s(2)
        # Each delta, each rest of the cursor and each toggled window say this.
        desk.app.told_standing()
        await until_line(desk, pilot, "agent-1", " 1m ")


async def test_a_row_that_comes_back_on_the_page_says_its_age_of_now() -> None:
    desk = Desk(a_fleet(200))
    async with desk.app.run_test(headless=False, size=SMALL) as pilot:
        await opened(desk, pilot, 200)
        await until_line(desk, pilot, "agent-00", " 11m ")
        await pilot.press("G")
        desk.time.pass_s(600)
        await pilot.press("g")
        await pilot.pause()
        assert " 21m " in line_of(desk, "agent-00")


async def test_a_row_that_comes_back_on_the_page_says_what_became_of_its_source() -> None:
    desk = Desk(a_fleet(200))
    async with desk.app.run_test(headless=False, size=SMALL) as pilot:
        await opened(desk, pilot, 200)
        await until_line(desk, pilot, "agent-00", " RUN ")
        await pilot.press("G")
        desk.reader.put(next_delta(2, statuses=(status(ok_s=900, failure=failure()),)))
        await desk.shows(pilot, "UNREACHABLE")
        await pilot.press("g")
        await pilot.pause()
        assert " RUN? " in line_of(desk, "agent-00")


async def test_rows_that_the_wheel_brings_on_the_page_fall_due_too() -> None:
    rows = [resource(f"old-{n:02}", agent=f"old-{n:02}", since_s=None, created_s=None) for n in range(22)]
    young = resource("young", agent="young", since_s=58, created_s=58)
    desk = Desk(whole(*rows, young))
    async with desk.app.run_test(headless=False, size=SMALL) as pilot:
        await opened(desk, pilot, 23)
        table = desk.app.fleet_pane.table
        assert "young" not in table.visible_keys
        for _ in range(10):
            table.post_message(MouseScrollDown(table, 1, 5, 0, 0, 0, False, False, False))  # noqa: FBT003 - Textual's own order
        await until_line(desk, pilot, "young", " now ")
        desk.time.pass_s(3)
        await until_line(desk, pilot, "young", " 1m ")


async def test_the_money_of_today_is_that_of_the_new_day_after_midnight() -> None:
    row = resource("s1", agent="agent-1", since_s=None, created_s=None)
    # No age and no source that turns stale: the day is all that the clock changes.
    desk = Desk(replace(whole(row), statuses=(status(cadence_s=10**6),), totals=(total("agent-1", "7.77"),)))
    async with desk.app.run_test(headless=False, size=WIDE) as pilot:
        await opened(desk, pilot, 1)
        await until_line(desk, pilot, "agent-1", "7.77")
        desk.time.pass_s(12 * 3600 + 1)
        desk.app.fall_due()
        await pilot.pause()
        assert "7.77" not in line_of(desk, "agent-1")


async def test_of_the_row_that_fell_due_only_the_age_is_drawn() -> None:
    rows = [resource(f"s{n}", agent=f"agent-{n}", since_s=65 + n) for n in range(10)]
    desk = Desk(whole(*rows))
    async with desk.app.run_test(headless=False, size=WIDE) as pilot:
        await opened(desk, pilot, 10)
        await until_line(desk, pilot, "agent-9", " 1m ")
        driver = captured(pilot)
        desk.app.fall_due()
        await pilot.pause()
        before = len(driver.writes)
        desk.time.pass_s(46)
        desk.app.fall_due()
        await until_line(desk, pilot, "agent-9", " 2m ")
        assert " 1m " in line_of(desk, "agent-8")
        assert "agent-" not in "".join(driver.writes[before:])


async def test_the_bench_takes_what_fell_due_right_before_its_minute_for_due() -> None:
    rows = [resource("s1", agent="stuck", phase=Phase.STUCK, since_s=119.6)]
    desk = Desk(whole(*rows))
    async with desk.app.run_test(headless=False, size=WIDE) as pilot:
        await opened(desk, pilot, 1)
        begins = NOW + timedelta(seconds=0.9)
        assert begins - rows[0].phase.since > timedelta(seconds=120)  # type: ignore[operator]
        # It fell due before the minute begins, and is drawn within it.
        assert SOONEST_S > 0.5
        assert ("cell", 0, FOR) in due(desk.app, begins, begins + timedelta(seconds=30))


@pytest.mark.parametrize(
    ("key", "shown", "old", "older"), [("8", "TREE", " 11m ", " 31m "), ("4", "SPRAWL", " 3h ", " 4h ")]
)
async def test_in_every_view_the_ages_go_on_although_nothing_changes(
    key: str, shown: str, old: str, older: str
) -> None:
    row = resource("s1", agent="agent-1")
    desk = Desk(replace(whole(row), statuses=(status(cadence_s=10**6),), findings=(finding(row.key),)))
    async with desk.app.run_test(headless=False, size=WIDE) as pilot:
        await opened(desk, pilot, 1)
        await pilot.press(key)
        await desk.shows(pilot, shown)
        await desk.shows(pilot, old)
        desk.time.pass_s(20 * 60 if shown == "TREE" else 3600)
        desk.app.fall_due()
        await desk.shows(pilot, older)


async def test_the_panel_says_the_age_of_its_row_to_the_minute() -> None:
    desk = Desk(a_fleet(3))
    async with desk.app.run_test(headless=False, size=WIDE) as pilot:
        await opened(desk, pilot, 3)
        await desk.shows(pilot, "11m00s")
        desk.time.pass_s(61)
        desk.app.fall_due()
        await desk.shows(pilot, "12m01s")


class Slow(MemoryReader):
    """Somebody else reads through it."""

    free = threading.Event()

    @override
    def log_tail(self, key: ResourceKey, *, limit: int) -> tuple[tuple[datetime | None, str], ...]:
        assert self.free.wait(30)
        return super().log_tail(key, limit=limit)


async def test_nothing_waits_for_the_log_beside_the_story() -> None:
    desk = Desk(a_fleet())
    reader = Slow(a_fleet())
    reader.logs = ((NOW, "401 invalid x-api-key"),)
    desk.app.feed._reader = desk.session.reader = reader
    async with desk.app.run_test(headless=False, size=WIDE) as pilot:
        await opened(desk, pilot)
        await pilot.press("slash", *"agent-11", "enter")
        await desk.shows(pilot, "FLEET[1/12]")
        assert "401 invalid" not in desk.text()
        reader.free.set()
        await desk.shows(pilot, "log of sbx_11")
        await desk.shows(pilot, "401 invalid x-api-key")
