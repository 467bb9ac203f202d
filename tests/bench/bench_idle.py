"""An idle minute of the console at 10,000 agents: what it writes, whether that had fallen due, and its CPU.

CPU is looked at twice: of this process with the console in it, whose terminal keeps what is written, and of the program
as it is installed, in a pseudo-terminal as htop and btop beside it. Both are read to the nanosecond where the system
counts so finely. Beside them stands the floor: a Textual app that draws one cell a second, and a thread that looks at
one file once a second.

python -m tests.bench.bench_idle [--agents 10000] [--seconds 60]
"""

import argparse
import asyncio
import contextlib
import copy
import fcntl
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import psutil
import pyte
from textual.pilot import Pilot

from fleet_tui import clock
from fleet_tui.bell import bell_on
from fleet_tui.store.open import open_for_intents, open_for_reader
from fleet_tui.store.schema import STORE_FILE
from fleet_tui.ui.app import FleetApp
from fleet_tui.ui.framing import SOONEST_S
from fleet_tui.ui.session import Session
from fleet_tui.ui.widgets.table_paint import GUTTER
from fleet_tui.views import fleet
from tests.bench.bench_frame import floor
from tests.bench.report import figure, heading
from tests.bench.world import kept
from tests.support.capture import CaptureDriver, captured
from tests.support.wait import eventually_async

SIZE = (160, 45)
_REST_S = 3.0
"""What an opening leaves to be done is not idling."""
_OPEN_S = 8.0
"""The same for the whole program, from its start."""
_LATE_S = 0.5
"""What a busy machine may add to it."""

Place = tuple[str, int, int]
"""A cell of the table by row and column, or a cell of the header or the strip."""


@dataclass
class Minute:
    """What was seen of it."""

    sent: int = 0
    least: int = 0
    writes: int = 0
    cells: set[Place] = field(default_factory=set)
    not_due: set[Place] = field(default_factory=set)
    cpu_percent: float = 0.0
    megabytes: float = 0.0


def due(app: FleetApp, since: datetime, until: datetime) -> set[Place]:
    """The cells of the visible rows, and the lines around them, that print something else at some second of it.

    What fell due right before it is drawn in it: the console draws that at most `SOONEST_S` late.
    """
    found: set[Place] = {("header", 0, 0), ("strip", 0, 0), ("panel", 0, 0)}
    model, keys = app.model, app.fleet_pane.table.visible_keys
    at = since - timedelta(seconds=SOONEST_S + _LATE_S)
    before = {key: fleet.cells(model, model.fleet[key], at) for key in keys}
    while at <= until:
        at += timedelta(seconds=1)
        for key in keys:
            now = fleet.cells(model, model.fleet[key], at)
            found |= {("cell", keys.index(key), i) for i, cell in enumerate(now) if cell != before[key][i]}
            before[key] = now
    return found


def place_of(app: FleetApp, x: int, y: int) -> Place:
    """What of the console stands in a cell of the screen."""
    table = app.fleet_pane.table
    region = table.region
    if y == app.header.region.y:
        return ("header", 0, 0)
    if y == app.strip.region.y:
        return ("strip", 0, 0)
    if region.y < y < region.bottom:
        for column in table._layout():
            if column.x <= x - region.x - GUTTER < column.x + column.width:
                return ("cell", y - region.y - 1, column.index)
    if app.panel.region.contains(x, y):
        return ("panel", 0, 0)
    return ("elsewhere", x, y)


def replayed(app: FleetApp, driver: CaptureDriver, first: int, allowed: set[Place]) -> Minute:
    """Feed each write to a terminal and look what it changed."""
    seen = Minute()
    writes = driver.writes[first:]
    driver.writes = driver.writes[:first]
    screen = driver.terminal()
    for write in writes:
        before = copy.deepcopy(screen.buffer)
        earlier = pyte.Screen(screen.columns, screen.lines)
        earlier.buffer = before
        driver.writes.append(write)
        screen = driver.terminal()
        changed = {
            place_of(app, x, y)
            for y in range(screen.lines)
            for x in range(screen.columns)
            if screen.buffer[y][x] != before[y][x]
        }
        seen.sent += len(write.encode())
        seen.least += floor(earlier, screen)
        seen.writes += 1
        seen.cells |= changed
        seen.not_due |= changed - allowed
    return seen


async def minute(app: FleetApp, pilot: Pilot[None], seconds: float) -> Minute:
    await pilot.pause(_REST_S)
    driver, process = captured(pilot), psutil.Process()
    first, since, cpu_s, began = len(driver.writes), clock.now(), time.process_time(), time.monotonic()
    await asyncio.sleep(seconds)
    after_s, took_s, until = time.process_time(), time.monotonic() - began, clock.now()
    held = process.memory_info().rss / 1e6
    seen = replayed(app, driver, first, due(app, since, until))
    seen.cpu_percent = (after_s - cpu_s) / took_s * 100
    seen.megabytes = held
    return seen


@dataclass(frozen=True, slots=True)
class Idle:
    """What a program did a second."""

    cpu_percent: float
    sent: float
    wakes: float


def spent(pid: int) -> tuple[float, int]:
    """CPU seconds of a process, and how often its threads woke up."""
    process, cpu_s, wakes = psutil.Process(pid), 0.0, 0
    for task in Path(f"/proc/{pid}/task").glob("*"):
        cpu_s += int((task / "schedstat").read_text().split()[0]) / 1e9
        wakes += int((task / "status").read_text().partition("\nvoluntary_ctxt_switches:")[2].split()[0])
    if not cpu_s:
        times = process.cpu_times()
        return times.user + times.system, process.num_ctx_switches().voluntary
    return cpu_s, wakes


def peer(
    words: Sequence[str], seconds: float, *, env: Mapping[str, str] | None = None, rest_s: float = _REST_S
) -> Idle | None:
    """Another program in a pseudo-terminal of the same size, left alone; None: not here."""
    if shutil.which(words[0]) is None:
        print(f"  {words[0]} is not installed: nothing to hold this against")
        return None
    reading, writing = os.openpty()
    fcntl.ioctl(writing, termios.TIOCSWINSZ, struct.pack("HHHH", SIZE[1], SIZE[0], 0, 0))
    usual = {"PATH": os.environ["PATH"], "TERM": "xterm-256color", "HOME": tempfile.gettempdir(), "LANG": "C.UTF-8"}
    sent = 0

    def read() -> None:
        nonlocal sent
        with contextlib.suppress(OSError):
            while some := os.read(reading, 65536):
                sent += len(some)

    with subprocess.Popen(
        words, stdin=writing, stdout=writing, stderr=writing, env={**usual, **(env or {})}, start_new_session=True
    ) as process:
        os.close(writing)
        threading.Thread(target=read, daemon=True).start()
        time.sleep(rest_s)
        (cpu_s, woke), first, began = spent(process.pid), sent, time.monotonic()
        time.sleep(seconds)
        (cpu_after_s, woke_after), took_s = spent(process.pid), time.monotonic() - began
        process.kill()
    os.close(reading)
    return Idle((cpu_after_s - cpu_s) / took_s * 100, (sent - first) / took_s, (woke_after - woke) / took_s)


FLOOR = """
import os, sys, threading
from textual.app import App
from textual.widgets import Static

class Floor(App):
    def compose(self):
        yield Static("0", id="cell")
    def on_mount(self):
        self.told, self.ended = 0, threading.Event()
        self.set_interval(1.0, self.tick)
        self.run_worker(self.look, thread=True)
    def tick(self):
        self.told += 1
        self.query_one("#cell", Static).update(str(self.told % 10), layout=False)
    def look(self):
        while not self.ended.wait(1.0):
            os.stat(sys.argv[1])

Floor().run()
"""
"""What a Textual program costs at least that shows something new each second and looks at one file as often."""


async def run(folder: Path, agents: int, seconds: float) -> Minute:
    reader, intents = open_for_reader(folder), open_for_intents(folder)
    session = Session(
        reader=reader, intents=intents, actor="kim", host="here", bell=partial(bell_on, folder / STORE_FILE)
    )
    app = FleetApp(session, driver_class=CaptureDriver)
    async with app.run_test(headless=False, size=SIZE) as pilot:

        async def loaded() -> bool:
            return len(app.fleet_pane.table.order) == agents

        await eventually_async(loaded, timeout_s=60, what="all rows")
        seen = await minute(app, pilot, seconds)
    reader.close()
    intents.close()
    return seen


def told(idle: Idle) -> str:
    return f"({idle.cpu_percent:.2f} %, {idle.sent:,.0f} B, {idle.wakes:.1f} wake-ups a second)"


def empty_config(folder: Path) -> Path:
    """One source, which the one that keeps the store fills, and which this console never reads itself."""
    file = folder / "fleet.toml"
    file.write_text("")
    return file


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--agents", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=60.0)
    options = parser.parse_args(argv)
    folder = Path(tempfile.mkdtemp(prefix="bench-idle-"))
    try:
        with kept(folder / "state", options.agents):
            seen = asyncio.run(run(folder / "state", options.agents, options.seconds))
            itself = peer(
                [sys.executable, "-m", "fleet_tui", "--state-dir", str(folder / "state")],
                options.seconds,
                env={"FLEET_TUI_CONFIG": str(empty_config(folder))},
                rest_s=_OPEN_S,
            )
            bare = peer([sys.executable, "-c", FLOOR, str(folder / "state" / STORE_FILE)], options.seconds / 3)
            btop, htop = peer(["btop"], options.seconds / 3), peer(["htop", "-d10"], options.seconds / 3)
    finally:
        shutil.rmtree(folder)
    heading(f"{options.seconds:.0f} idle seconds of the console at {options.agents:,} agents")
    figure(
        "cells written that had not fallen due",
        len(seen.not_due),
        "cells",
        at_most=0,
        beside=str(sorted(seen.not_due)[:3]),
    )
    figure("cells and lines written", len(seen.cells), "cells", beside=f"({seen.writes} frames)")
    figure(
        "bytes / cell-diff floor",
        seen.sent / max(1, seen.least),
        "x",
        at_most=3.0,
        beside=f"({seen.sent} B / {seen.least} B)",
    )
    figure("bytes a second", seen.sent / options.seconds, "B", at_most=64)
    figure("CPU of one core, within this process", seen.cpu_percent, "%", at_most=0.3)
    assert itself is not None
    assert bare is not None
    figure("CPU of one core, the program", itself.cpu_percent, "%", at_most=0.3, beside=told(itself))
    figure("the floor: a bare Textual app that ticks", bare.cpu_percent, "%", beside=told(bare))
    if btop is not None:
        figure("bytes a second / btop's", itself.sent / btop.sent, "x", at_most=0.1, beside=told(btop))
    if htop is not None:
        figure("CPU / htop's", itself.cpu_percent / htop.cpu_percent, "x", at_most=2.0, beside=told(htop))
    figure("memory", seen.megabytes, "MB", beside="(with this benchmark in it)")


if __name__ == "__main__":
    main()
