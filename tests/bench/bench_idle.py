"""An idle minute of the console at 10,000 agents: what it writes, whether that had fallen due, and its CPU.

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
import tempfile
import termios
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import psutil
import pyte
from textual.pilot import Pilot

from fleet_tui import clock
from fleet_tui.store.open import open_for_intents, open_for_reader
from fleet_tui.ui.app import FleetApp
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
    """The cells of the visible rows, and the lines around them, that print something else at some second of it."""
    found: set[Place] = {("header", 0, 0), ("strip", 0, 0)}
    model, keys = app.model, app.fleet_pane.table.visible_keys
    before = {key: fleet.cells(model, model.fleet[key], since) for key in keys}
    at = since
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
    first, since, cpu, began = len(driver.writes), clock.now(), process.cpu_times(), time.monotonic()
    await asyncio.sleep(seconds)
    after, took_s, until = process.cpu_times(), time.monotonic() - began, clock.now()
    held = process.memory_info().rss / 1e6
    seen = replayed(app, driver, first, due(app, since, until))
    seen.cpu_percent = (after.user + after.system - cpu.user - cpu.system) / took_s * 100
    seen.megabytes = held
    return seen


def peer(words: Sequence[str], seconds: float) -> tuple[float, float] | None:
    """CPU of one core in percent and bytes a second of another program that refreshes once a second; None: not here."""
    if shutil.which(words[0]) is None:
        print(f"  {words[0]} is not installed: nothing to hold this against")
        return None
    reading, writing = os.openpty()
    fcntl.ioctl(writing, termios.TIOCSWINSZ, struct.pack("HHHH", SIZE[1], SIZE[0], 0, 0))
    env = {"PATH": os.environ["PATH"], "TERM": "xterm-256color", "HOME": tempfile.gettempdir(), "LANG": "C.UTF-8"}
    sent = 0

    def read() -> None:
        nonlocal sent
        with contextlib.suppress(OSError):
            while some := os.read(reading, 65536):
                sent += len(some)

    with subprocess.Popen(words, stdin=writing, stdout=writing, stderr=writing, env=env) as process:
        os.close(writing)
        threading.Thread(target=read, daemon=True).start()
        time.sleep(_REST_S)
        before, first, began = psutil.Process(process.pid).cpu_times(), sent, time.monotonic()
        time.sleep(seconds)
        after, took_s = psutil.Process(process.pid).cpu_times(), time.monotonic() - began
        process.kill()
    os.close(reading)
    return (after.user + after.system - before.user - before.system) / took_s * 100, (sent - first) / took_s


async def run(folder: Path, agents: int, seconds: float) -> Minute:
    reader, intents = open_for_reader(folder), open_for_intents(folder)
    app = FleetApp(Session(reader=reader, intents=intents, actor="kim", host="here"), driver_class=CaptureDriver)
    async with app.run_test(headless=False, size=SIZE) as pilot:

        async def loaded() -> bool:
            return len(app.fleet_pane.table.order) == agents

        await eventually_async(loaded, timeout_s=60, what="all rows")
        seen = await minute(app, pilot, seconds)
    reader.close()
    intents.close()
    return seen


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--agents", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=60.0)
    options = parser.parse_args(argv)
    folder = Path(tempfile.mkdtemp(prefix="bench-idle-"))
    try:
        with kept(folder / "state", options.agents):
            seen = asyncio.run(run(folder / "state", options.agents, options.seconds))
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
    a_second = seen.sent / options.seconds
    figure("bytes a second", a_second, "B", at_most=64)
    figure("CPU of one core", seen.cpu_percent, "%")
    if (btop := peer(["btop"], options.seconds / 3)) is not None:
        figure(
            "bytes a second / btop's",
            a_second / btop[1],
            "x",
            at_most=0.1,
            beside=f"(btop {btop[1]:,.0f} B, {btop[0]:.2f} %)",
        )
    if (htop := peer(["htop", "-d10"], options.seconds / 3)) is not None:
        figure(
            "CPU / htop's",
            seen.cpu_percent / htop[0],
            "x",
            at_most=2.0,
            beside=f"(htop {htop[1]:,.0f} B, {htop[0]:.2f} %)",
        )
    figure("memory", seen.megabytes, "MB", beside="(with this benchmark in it)")


if __name__ == "__main__":
    main()
