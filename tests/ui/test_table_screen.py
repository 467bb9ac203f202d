"""What a terminal shows after any number of partial redraws is what it would show drawn from nothing."""

import random

import pytest
from pyte.screens import Char
from textual import events
from textual.pilot import Pilot

from fleet_tui.domain.text import safe_line
from fleet_tui.ui.crop import tighten
from fleet_tui.views.cells import Cell, Role
from tests.support.capture import CaptureDriver, captured
from tests.support.rows import keys
from tests.support.tables import TableApp

SIZE = (97, 20)
_WORDS = (
    "",
    "x",
    "fix flaky test",
    "\u751f\u7522\u7ba1\u7406 wide",
    "a\u0301bc",
    "\U0001f680 up",
    "a long task that is cut at the edge " * 3,
)


def test_the_closer_crop_is_in_place() -> None:
    assert tighten()


@pytest.mark.no_cover
@pytest.mark.parametrize("seed", range(6))
async def test_partial_redraws_leave_nothing_behind(seed: int) -> None:
    dice = random.Random(seed)
    app = TableApp(120, ascii_only=False)
    async with app.run_test(headless=False, size=SIZE) as pilot:
        for _ in range(80):
            await _anything(dice, app, pilot)
            if dice.random() < 0.6:
                await pilot.pause()
        await pilot.pause()
        partial = _seen(captured(pilot))
        captured(pilot).writes.clear()
        app.screen.refresh(layout=True)
        app.table.reload()
        await pilot.pause()

        assert partial == _seen(captured(pilot))


async def _anything(dice: random.Random, app: TableApp, pilot: Pilot[None]) -> None:
    every = keys(120)
    match dice.randrange(7):
        case 0:
            await pilot.press(dice.choice(["down", "up", "pagedown", "pageup", "G", "g", "space", "V", "U"]))
        case 1 | 2 as which:
            app.table.set_order(dice.sample(every, dice.randrange(120)), refiltered=which == 2)
        case 3:
            _change(dice, app, every)
        case 4:
            app.clock.now_s += dice.choice([0.5, 6.0])
            app.table.bury()
        case 5:
            await pilot._post_mouse_events([events.MouseScrollDown], "#fleet", (1, 1), 0)
        case _:
            app.table.set_sort(dice.choice(["AGENT", "TASK", None]), descending=dice.random() < 0.5)


def _change(dice: random.Random, app: TableApp, every: list[str]) -> None:
    changed = dice.sample(every, 20)
    for key in changed:
        text = safe_line(dice.choice(_WORDS))
        app.source.overrides[key, dice.choice([0, 1, 2, 4, 9])] = Cell(text, dice.choice(list(Role)))
    app.table.rows_changed(set(changed))


def _seen(driver: CaptureDriver) -> list[list[object]]:
    """The screen as an eye sees it: the colour of a blank is only its ground."""
    buffer = driver.terminal().buffer
    return [[_visible(buffer[y][x]) for x in range(SIZE[0])] for y in range(SIZE[1])]


def _visible(char: Char) -> object:
    if char.data == " " and not (char.reverse or char.underscore or char.strikethrough):
        return char.bg
    return char
