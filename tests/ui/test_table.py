"""The table on a screen: frames, keys, mouse, and rows that keep who they are."""

import pytest
from textual import events
from textual.pilot import Pilot

from fleet_tui.domain.text import name_cell, safe_line
from fleet_tui.ui.widgets.table import Activated, CursorMoved, HeadingClicked, MarksChanged, OrderSettled
from fleet_tui.ui.widgets.table_model import TOMBSTONE_S
from fleet_tui.views.cells import Cell
from fleet_tui.views.ordering import key_steps
from tests.support.capture import captured
from tests.support.corpora import own_hostile_names
from tests.support.rows import keys
from tests.support.tables import TableApp

WIDE = (120, 32)
SMALL = (80, 24)


async def _drawn(pilot: Pilot[None]) -> list[str]:
    await pilot.pause()
    return captured(pilot).screen()


async def test_the_first_page_is_drawn_and_no_other_row_is_asked_for() -> None:
    app = TableApp(100_000)
    async with app.run_test(headless=False, size=WIDE) as pilot:
        screen = await _drawn(pilot)

        assert screen[0].split() == ["AGENT", "KIND", "WHERE", "STATE", "FOR", "BEAT", "$/H", "TODAY", "TEAM", "TASK"]
        assert screen[1].startswith(">  agent-00000")
        assert screen[31].startswith("   agent-00030")
        assert app.source.asked <= 31


@pytest.mark.parametrize(
    ("width", "kept"),
    [
        (120, ("AGENT", "KIND", "WHERE", "STATE", "FOR", "BEAT", "$/H", "TODAY", "TEAM", "TASK")),
        (80, ("AGENT", "WHERE", "STATE", "FOR", "BEAT", "$/H", "TODAY", "TEAM", "TASK")),
        (40, ("AGENT", "STATE", "FOR", "BEAT")),
    ],
)
async def test_columns_drop_by_priority_and_the_name_stays(width: int, kept: tuple[str, ...]) -> None:
    app = TableApp()
    async with app.run_test(headless=False, size=(width, 24)) as pilot:
        await pilot.pause()

        assert app.table.shown_columns == kept


async def test_forty_columns_by_ten_lines_show_nine_agents() -> None:
    app = TableApp()
    async with app.run_test(headless=False, size=(40, 10)) as pilot:
        screen = await _drawn(pilot)

        assert sum("agent-" in line for line in screen) == 9


async def test_the_cursor_follows_the_agent_through_a_new_order() -> None:
    app = TableApp(1000)
    async with app.run_test(headless=False, size=SMALL) as pilot:
        await pilot.press("down", "down", "down")
        assert app.table.cursor_key == "a00003"

        app.table.set_order(keys(1000)[::-1])
        screen = await _drawn(pilot)

        assert app.table.cursor_key == "a00003"
        assert next(line for line in screen if line.startswith(">")).split()[1] == "agent-00003"


async def test_a_row_that_vanished_leaves_a_tombstone_that_nothing_can_be_done_to() -> None:
    app = TableApp(20)
    async with app.run_test(headless=False, size=SMALL) as pilot:
        await pilot.press("down", "down")
        app.source.gone.add("a00002")
        app.table.set_order([key for key in keys(20) if key != "a00002"])
        screen = await _drawn(pilot)

        assert screen[3].startswith(">x agent-00002")
        assert app.table.cursor_gone
        await pilot.press("enter", "space")
        assert app.seen.of(Activated) == []
        assert app.table.marks == frozenset()

        app.clock.now_s += TOMBSTONE_S
        app.table.bury()
        screen = await _drawn(pilot)
        assert not any("agent-00002" in line for line in screen)
        assert app.table.cursor_key is None
        assert app.seen.messages[-1] == CursorMoved("fleet", None)
        await pilot.press("enter")
        assert app.seen.of(Activated) == []
        await pilot.press("down")
        assert app.table.cursor_key == "a00003"


async def test_marks_survive_a_filter_and_the_hidden_ones_are_named() -> None:
    app = TableApp(10)
    async with app.run_test(headless=False, size=SMALL) as pilot:
        await pilot.press("space", "down", "down", "down", "V")
        assert app.table.marks == {"a00000", "a00001", "a00002", "a00003"}

        app.table.set_order(["a00003", "a00007"])
        await pilot.pause()
        assert app.table.hidden_marks == {"a00000", "a00001", "a00002"}
        screen = await _drawn(pilot)
        assert screen[1].startswith(">* agent-00003")
        assert screen[2].startswith("   agent-00007")

        await pilot.press("asterisk")
        assert len(app.table.marks) == 5
        await pilot.press("U")
        assert app.table.marks == frozenset()
        assert app.seen.messages[-1] == MarksChanged("fleet", 0)


async def test_a_changed_cell_redraws_its_cells_and_nothing_else() -> None:
    app = TableApp(1000)
    async with app.run_test(headless=False, size=WIDE) as pilot:
        await pilot.pause()
        driver = captured(pilot)
        driver.writes.clear()
        app.source.overrides["a00005", 8] = Cell(safe_line("teamx"))
        app.table.rows_changed({"a00005", "a00900"})
        await pilot.pause()

        assert "teamx" in driver.text
        assert "agent-00004" not in driver.text
        assert "agent-00006" not in driver.text
        driver.writes.clear()
        app.table.rows_changed({"a00005"})
        await pilot.pause()
        assert driver.text == ""


async def test_an_order_that_changes_nothing_writes_nothing() -> None:
    app = TableApp(1000)
    async with app.run_test(headless=False, size=WIDE) as pilot:
        await pilot.pause()
        driver = captured(pilot)
        driver.writes.clear()
        app.table.set_order(keys(1000))
        await pilot.pause()

        assert driver.text == ""


async def test_a_long_sort_keeps_the_old_order_until_it_is_done() -> None:
    app = TableApp(50_000)
    async with app.run_test(headless=False, size=SMALL) as pilot:
        steps = key_steps(keys(50_000), list(range(50_000)), descending=True)
        app.table.sort_in_steps(steps)
        assert app.table.order[0] == "a00000"
        while not app.seen.of(OrderSettled):
            await pilot.pause()

        assert app.table.order[0] == "a49999"
        assert app.table.cursor_key == "a00000"


async def test_the_sorted_column_shows_its_direction() -> None:
    app = TableApp()
    async with app.run_test(headless=False, size=SMALL) as pilot:
        app.table.set_sort("STATE", descending=True)
        assert "STATEv" in (await _drawn(pilot))[0]
        app.table.set_sort("BEAT")
        assert "BEAT^" in (await _drawn(pilot))[0]


async def test_a_click_moves_the_cursor_a_double_click_opens_and_the_wheel_scrolls() -> None:
    app = TableApp(200)
    async with app.run_test(headless=False, size=SMALL) as pilot:
        await pilot.click("#fleet", offset=(10, 5))
        assert app.table.cursor_key == "a00004"
        await pilot.click("#fleet", offset=(10, 6), times=2)
        assert app.seen.of(Activated) == [Activated("fleet", "a00005")]
        await pilot._post_mouse_events([events.MouseScrollDown], "#fleet", (1, 1), 0)
        await pilot.pause()
        assert app.table.visible_keys[0] == "a00003"
        assert app.table.cursor_key == "a00005"
        await pilot.click("#fleet", offset=(4, 0))
        assert app.seen.of(HeadingClicked) == [HeadingClicked("fleet", "AGENT")]


@pytest.mark.parametrize("name", own_hostile_names())
async def test_hostile_text_moves_no_column_and_reaches_no_action(name: str) -> None:
    raw = own_hostile_names()[name]
    app = TableApp(5)
    app.source.overrides["a00001", 0] = Cell(name_cell(raw))
    app.source.overrides["a00001", 9] = Cell(safe_line(raw))
    async with app.run_test(headless=False, size=WIDE) as pilot:
        await pilot.pause()
        driver = captured(pilot)
        assert driver.column_of(2, "LOOP ") == driver.column_of(3, "STUCK ") > 0
        assert driver.column_of(2, "e2b/us") == driver.column_of(3, "e2b/us") > 0
        for x in range(0, 120, 7):
            await pilot.click("#fleet", offset=(x, 2))
        await pilot.press("enter")

        assert app.is_running
        assert all(message == Activated("fleet", "a00001") for message in app.seen.of(Activated))
        assert captured(pilot).guard.hits == 0


async def test_where_there_are_no_rows_the_reason_stands() -> None:
    app = TableApp(0)
    async with app.run_test(headless=False, size=SMALL) as pilot:
        app.table.set_empty([safe_line("No source is configured."), safe_line("fleet-tui config init writes one.")])
        screen = await _drawn(pilot)

        assert any(line.strip() == "No source is configured." for line in screen)


async def test_without_unicode_every_sign_is_ascii() -> None:
    app = TableApp(500)
    async with app.run_test(headless=False, size=SMALL) as pilot:
        await pilot.press("space")
        screen = await _drawn(pilot)

        assert all(line.isascii() for line in screen)
        assert screen[1].startswith(">* ")
        assert screen[1].endswith("#")
