"""Bytes a frame costs against the cell-diff floor, in one run: python -m tests.bench.bench_frame."""

import asyncio
import os
from collections.abc import Callable

import pyte
from textual.pilot import Pilot

from fleet_tui.domain.text import safe_line
from fleet_tui.views.cells import Cell
from tests.bench.report import figure, heading
from tests.support.capture import captured
from tests.support.tables import TableApp

SIZE = (160, 45)
_GAP = 4


def floor(before: pyte.Screen, after: pyte.Screen) -> int:
    """What an ideal program would send: changed runs, a cursor move for each, colours where they change."""
    sent = 0
    style: tuple[object, ...] | None = None
    for y in range(after.lines):
        end = -1
        for x in range(after.columns):
            now = after.buffer[y][x]
            if now == before.buffer[y][x]:
                continue
            if end < 0 or x - end > _GAP:
                sent += len(f"\x1b[{y + 1};{x + 1}H")
            else:
                sent += x - end - 1
            look = (now.fg, now.bg, now.bold, now.italics, now.underscore, now.reverse, now.strikethrough)
            if look != style:
                sent += _cost(style, look)
                style = look
            sent += len(now.data.encode())
            end = x
    return sent


def _cost(style: tuple[object, ...] | None, look: tuple[object, ...]) -> int:
    codes: list[str] = []
    if style is None or style[0] != look[0]:
        codes.append("38;2;000;000;000")
    if style is None or style[1] != look[1]:
        codes.append("48;2;000;000;000")
    if style is not None and style[2:] != look[2:]:
        codes.append("1")
    return len("\x1b[m") + len(";".join(codes))


async def ratio(what: str, act: Callable[[TableApp, Pilot[None]], object], at_most: float | None = None) -> None:
    """Bytes written beside the floor, for one act on a table of 10,000 rows."""
    app = TableApp(10_000)
    async with app.run_test(headless=False, size=SIZE) as pilot:
        await pilot.pause()
        driver = captured(pilot)
        before = driver.terminal()
        written = len(driver.text)
        done = act(app, pilot)
        if asyncio.iscoroutine(done):
            await done
        await pilot.pause()
        sent = len(driver.text[written:].encode())
        least = floor(before, driver.terminal())
    figure(f"{what}: bytes / floor", sent / max(1, least), "x", at_most=at_most, beside=f"({sent} B / {least} B)")


def _one_cell(app: TableApp, _pilot: Pilot[None]) -> None:
    app.source.overrides["a00005", 4] = Cell(safe_line("12m"))
    app.table.rows_changed({"a00005"})


def _ages(app: TableApp, _pilot: Pilot[None]) -> None:
    for number in range(44):
        app.source.overrides[f"a{number:05d}", 4] = Cell(safe_line(f"{number + 100}m"))
    app.table.rows_changed({f"a{number:05d}" for number in range(44)})


async def main() -> None:
    """Print the figures."""
    heading("bytes of a frame, of a table of 10,000 rows at 160x45, beside what a cell-diff would send")
    await ratio("one cell", _one_cell, 3.0)
    await ratio("age tick on every visible row", _ages, 1.3)
    await ratio("cursor down", lambda _app, pilot: pilot.press("down"))
    await ratio("page down", lambda _app, pilot: pilot.press("pagedown"), 1.6)


if __name__ == "__main__":
    os.environ["COLORTERM"] = "truecolor"
    asyncio.run(main())
