"""CPU per page-down frame against Textual's DataTable, in one run: python -m tests.bench.bench_table."""

import asyncio
from statistics import median
from time import process_time
from typing import Any

from textual.app import App, ComposeResult
from textual.widgets import DataTable
from typing_extensions import override

from fleet_tui.ui.widgets.table import FleetTable
from tests.bench.report import figure, heading
from tests.support.capture import CaptureDriver, captured
from tests.support.rows import COLUMNS, Agents, keys

SIZE = (160, 45)
FRAMES = 20


class Ours(App[None]):
    """The table alone."""

    def __init__(self, rows: int) -> None:
        super().__init__(driver_class=CaptureDriver)
        self.rows = rows

    @override
    def compose(self) -> ComposeResult:
        """The table."""
        yield FleetTable(COLUMNS, Agents(), id="table")

    def on_mount(self) -> None:
        """Fill it."""
        self.query_one(FleetTable).set_order(keys(self.rows))
        self.query_one(FleetTable).focus()


class Theirs(App[None]):
    """DataTable with the same cells."""

    def __init__(self, rows: int) -> None:
        super().__init__(driver_class=CaptureDriver)
        self.rows = rows

    @override
    def compose(self) -> ComposeResult:
        """The table."""
        yield DataTable[str](cursor_type="row")

    def on_mount(self) -> None:
        """Fill it."""
        table = self.query_one(DataTable)
        source = Agents()
        for column in COLUMNS:
            table.add_column(column.name, width=column.width)
        for key in keys(self.rows):
            table.add_row(*(cell.text for cell in source.cells(key)), key=key)
        table.focus()


async def frames(app: App[Any], key: str) -> tuple[float, float]:
    """CPU ms and bytes per frame of one key."""
    async with app.run_test(headless=False, size=SIZE) as pilot:
        await pilot.pause()
        await pilot.press(key)
        driver = captured(pilot)
        driver.writes.clear()
        spent: list[float] = []
        for _ in range(FRAMES):
            begun = process_time()
            await pilot.press(key)
            await pilot.pause()
            spent.append(process_time() - begun)
        return median(spent) * 1000, len(driver.text) / FRAMES


async def idle_ms(app: App[Any]) -> float:
    """CPU ms that the pilot itself costs for a key that does nothing."""
    async with app.run_test(headless=False, size=SIZE) as pilot:
        await pilot.press("f12")
        spent: list[float] = []
        for _ in range(FRAMES):
            begun = process_time()
            await pilot.press("f12")
            await pilot.pause()
            spent.append(process_time() - begun)
        return median(spent) * 1000


async def main() -> None:
    """Print the figures."""
    pilot = await idle_ms(Ours(10))
    ours: dict[int, float] = {}
    heading(f"CPU of a frame at 160x45 (without the pilot's own {pilot:.2f} ms a key)")
    for rows in (1_000, 10_000, 100_000):
        ms, written = await frames(Ours(rows), "pagedown")
        ours[rows] = ms - pilot
        figure(f"{rows:,} rows: page down", ours[rows], "ms", beside=f"({written:,.0f} B)")
        down, down_bytes = await frames(Ours(rows), "down")
        figure(f"{rows:,} rows: cursor down", down - pilot, "ms", at_most=5, beside=f"({down_bytes:,.0f} B)")
    ms, written = await frames(Theirs(10_000), "pagedown")
    theirs = ms - pilot
    beside = f"({theirs:.1f} ms, {written:,.0f} B)"
    figure("page down / Textual's DataTable, 10,000 rows", ours[10_000] / theirs, "x", at_most=0.15, beside=beside)
    figure("page down, 100,000 / 1,000 rows", ours[100_000] / ours[1_000], "x", at_most=1.1)


if __name__ == "__main__":
    asyncio.run(main())
