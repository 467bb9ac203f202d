"""A hundred thousand rows in the real console over a real store: open, scroll, sort, filter, follow, mark.

python -m tests.bench.bench_console [--agents 100000]

A frame is one turn of the event loop, in CPU time of the console's thread. The machine's other work makes even CPU time
move by a third.
"""

import argparse
import asyncio
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil
from textual.events import Key
from textual.pilot import Pilot

from fleet_tui.domain.identity import Kind, ResourceKey
from fleet_tui.store.open import open_for_intents, open_for_reader
from fleet_tui.ui.app import FleetApp
from fleet_tui.ui.session import Session
from fleet_tui.views.sort_keys import ORDERS
from tests.bench.bench_poll import SOURCE
from tests.bench.report import figure, heading
from tests.bench.turns import MeasuredLoop
from tests.bench.world import Keeper, kept
from tests.support.capture import CaptureDriver, captured
from tests.support.wait import eventually_async

SIZE = (160, 45)
FRAME_MS = 100.0
SORT_MS = 250.0
_KEYS = 20
_FILTERS = ("worker-77", "state:stuck", "team:team-3", "usd>1", "label.fleet.team:team-5")


Begun = tuple[float, float]
Line = tuple[str, float, str, float | None, str]
"""What, value, unit, target, what it stands beside. Printed at the end: the console takes stdout."""


def now_s() -> Begun:
    """CPU time and clock."""
    return time.process_time(), time.perf_counter()


class Bench:
    """One console, and what an act on it costs."""

    def __init__(self, loop: MeasuredLoop, app: FleetApp, pilot: Pilot[None], begun: Begun) -> None:
        self._loop = loop
        self.app = app
        self.pilot = pilot
        self._begun = begun
        self.lines: list[Line] = []

    def begin(self) -> None:
        self._loop.worst_s = 0.0
        self._begun = now_s()

    def end(self, what: str, *, limit_ms: float | None = None, times: int = 1) -> None:
        """Prints the worst frame, and the CPU of one act."""
        cpu_ms = (time.process_time() - self._begun[0]) * 1000 / times
        wall_ms = (time.perf_counter() - self._begun[1]) * 1000 / times
        self.lines.append((f"{what}: CPU", cpu_ms, "ms", limit_ms, f"({wall_ms:,.0f} ms by the clock)"))
        self.lines.append((f"{what}: worst frame", self._loop.worst_s * 1000, "ms", FRAME_MS, ""))

    async def until(self, fact: Callable[[], bool], what: str) -> None:
        async def look() -> bool:
            return fact()

        await eventually_async(look, timeout_s=60, what=what)

    async def settled(self) -> None:
        """Until no sort is under way and the screen is drawn."""
        await self.until(lambda: not self.app.fleet_pane.sorting, "the end of a sort")
        await self.pilot.pause()

    async def press(self, what: str, key: str, times: int = 1) -> None:
        self.begin()
        for _ in range(times):
            await self.pilot.press(key)
        await self.settled()
        self.end(what, times=times)


async def opened(bench: Bench, agents: int) -> None:
    table = bench.app.fleet_pane.table
    await bench.until(lambda: len(table.order) > 0, "the first rows")
    bench.end("first rows on the screen")
    cursor = table.cursor_key
    bench.begin()
    captured(bench.pilot).process_message(Key("down", None))
    while table.cursor_key == cursor:  # noqa: ASYNC110 - every turn of the loop is what is measured
        await asyncio.sleep(0)
    bench.end("a key while it loads")
    bench.begin()
    await bench.until(lambda: len(table.order) == agents, "all rows")
    await bench.settled()
    bench.end("then all rows in order")


async def sorted_by_every_column(bench: Bench) -> None:
    pane = bench.app.fleet_pane
    moved = 0
    for order in ORDERS[1:]:
        before = pane.table.order
        bench.begin()
        pane.sort_by(order)
        while pane.sorting:
            moved += pane.table.order is not before
            await asyncio.sleep(0)
        await bench.pilot.pause()
        bench.end(f"sort by {order}", limit_ms=SORT_MS)
    bench.lines.append(("sorts that moved a row before they were whole", float(moved), "", 0.0, ""))


async def filtered(bench: Bench) -> None:
    for text in _FILTERS:
        await bench.pilot.press("slash")
        for char in text:
            await bench.pilot.press(
                {":": "colon", "-": "minus", ">": "greater_than_sign", ".": "full_stop"}.get(char, char)
            )
        bench.begin()
        await bench.pilot.press("enter")
        await bench.settled()
        bench.end(f"filter {text} ({len(bench.app.fleet_pane.table.order)} rows)")
        await bench.press("no filter", "escape")


async def followed(bench: Bench, keeper: Keeper, agents: int) -> None:
    """A reading in which one row in a hundred changed, then one in which all did."""
    resources = bench.app.model.resources
    for what, one_in in (("1 % changed", 100), ("all changed", 1)):
        last = ResourceKey(SOURCE, Kind.SANDBOX, f"sbx-{agents - one_in:06d}")
        before = resources[last].assignment
        bench.begin()
        await asyncio.to_thread(keeper.change, one_in)
        await bench.until(lambda last=last, before=before: resources[last].assignment != before, what)  # type: ignore[misc]
        await bench.settled()
        bench.end(f"a reading with {what}")


async def run(loop: MeasuredLoop, folder: Path, agents: int, keeper: Keeper) -> list[Line]:
    reader, intents = open_for_reader(folder), open_for_intents(folder)
    app = FleetApp(Session(reader=reader, intents=intents, actor="kim", host="here"), driver_class=CaptureDriver)
    process = psutil.Process()
    empty = process.memory_info().rss
    loop.worst_s = 0.0
    begun = now_s()
    async with app.run_test(headless=False, size=SIZE) as pilot:
        bench = Bench(loop, app, pilot, begun)
        await opened(bench, agents)
        held = process.memory_info().rss
        bench.lines.append(("memory of a row", (held - empty) / agents, "B", None, f"({held / 1e6:.0f} MB in all)"))
        for what, key in (("cursor down", "down"), ("page down", "pagedown"), ("page up", "pageup")):
            await bench.press(what, key, _KEYS)
        await bench.press("to the last row", "G")
        await bench.press("to the first row", "g")
        await sorted_by_every_column(bench)
        await bench.press("the other way round", "I")
        app.fleet_pane.ranking.order, app.fleet_pane.ranking.descending = ORDERS[0], False
        await bench.press("faults only", "f")
        await bench.press("everything again", "f")
        await filtered(bench)
        await followed(bench, keeper, agents)
        await bench.press("mark all", "asterisk")
        await bench.press("cursor down with all marked", "down", _KEYS)
    reader.close()
    intents.close()
    return bench.lines


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--agents", type=int, default=100_000)
    options = parser.parse_args(argv)
    folder = Path(tempfile.mkdtemp(prefix="bench-console-"))
    try:
        with kept(folder / "state", options.agents) as keeper:
            loop = MeasuredLoop()
            try:
                lines = loop.run_until_complete(run(loop, folder / "state", options.agents, keeper))
            finally:
                loop.close()
    finally:
        shutil.rmtree(folder)
    heading(
        f"{options.agents:,} rows in the console: no frame over {FRAME_MS:.0f} ms of CPU, no sort over {SORT_MS:.0f} ms"
    )
    for what, value, unit, at_most, beside in lines:
        figure(what, value, unit, at_most=at_most, beside=beside)


if __name__ == "__main__":
    main()
