"""Starts in a terminal: first frame, memory and the way out, beside Textual's smallest program; commands beside Python.

python -m tests.bench.bench_start [--rounds 5]
"""

import argparse
import fcntl
import os
import select
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

import psutil
import pyte

from tests.bench.far_app import READY
from tests.bench.report import figure, heading
from tests.bench.world import kept

SIZE = (120, 40)
WAIT_S = 60.0
MANY = 10_000
RUNS = 5000
LOG_BYTES = 99_000_000
HELLO = """
from textual.app import App
from textual.widgets import Static
class Hello(App):
    BINDINGS = [("q", "quit", "Quit")]
    def compose(self):
        yield Static("MARKER")
Hello().run()
"""
LEAST = [sys.executable, "-m", "tests.bench.far_app", "ours"]
"""The least that a console on Textual costs: the table alone, without store, configuration, header or another view."""
CONFIG = """
[fleet]
name = "bench"

[[source]]
name = "e2b"
provider = "e2b"
api_key = { env = "E2B_API_KEY" }
"""


@dataclass(frozen=True, slots=True)
class Start:
    """One start of a program in a terminal."""

    splash_ms: float
    """The first time that the first text stood on the screen, whoever painted it."""
    splash_cpu_ms: float
    frame_ms: float
    """The program's own first frame with that text."""
    cpu_ms: float
    """What it had used by then."""
    megabytes: float
    later_megabytes: float
    """When its last row is here."""
    quit_ms: float
    last_ms: float
    screen: tuple[str, ...] = ()
    """What stood on it before the key that leaves."""


def environment(folder: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "LANG": "C.UTF-8",
    }


def started(
    words: Sequence[str],
    folder: Path,
    first: bytes,
    last: bytes,
    keys: bytes = b"q",
    size: tuple[int, int] = SIZE,
) -> Start:
    """Start it, wait for a text on its screen, for the same text drawn by itself, for another one; then leave it."""
    reading, writing = os.openpty()
    fcntl.ioctl(writing, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
    before = termios.tcgetattr(writing)
    began = time.perf_counter()
    process = subprocess.Popen(
        words, stdin=writing, stdout=writing, stderr=writing, env=environment(folder), start_new_session=True
    )
    seen = b""

    def until(text: bytes, behind: bytes = b"") -> float:
        nonlocal seen
        while text not in (seen.partition(behind)[2] if behind else seen):
            if not select.select([reading], [], [], WAIT_S)[0]:
                raise RuntimeError(f"{words} never showed {text!r}: {seen[-2000:]!r}")
            seen += os.read(reading, 65536)
        return (time.perf_counter() - began) * 1000

    try:
        splash_ms, splash_cpu_ms = until(first), used_ms(process.pid)
        # A driver asks for the mouse before it draws.
        frame_ms, cpu_ms = until(first, b"\x1b[?1000h"), used_ms(process.pid)
        itself = psutil.Process(process.pid)
        held = itself.memory_info().rss / 1e6
        last_ms = until(last, b"\x1b[?1000h")
        later = itself.memory_info().rss / 1e6
        drawn = seen.rpartition(b"\x1b[?1049h")[2]
        # At once, while what waits for the first frame is still being started.
        pressed = time.perf_counter()
        os.write(reading, keys)
        while process.poll() is None:
            if select.select([reading], [], [], 0.001)[0]:
                seen += os.read(reading, 65536)
        quit_ms = (time.perf_counter() - pressed) * 1000
        while select.select([reading], [], [], 0)[0]:
            seen += os.read(reading, 65536)
        if termios.tcgetattr(writing) != before or seen.rfind(b"\x1b[?1049l") < seen.rfind(b"\x1b[?1049h"):
            raise RuntimeError(f"{words} left its terminal in disorder")
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        os.close(reading)
        os.close(writing)
    screen = pyte.Screen(*size)
    pyte.ByteStream(screen).feed(drawn)
    return Start(splash_ms, splash_cpu_ms, frame_ms, cpu_ms, held, later, quit_ms, last_ms, tuple(screen.display))


def used_ms(pid: int) -> float:
    """CPU that the living threads of a process have used, finer than its ticks."""
    return sum(int(one.read_text().split()[0]) for one in Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e6


def console(folder: Path) -> list[str]:
    return [
        sys.executable,
        "-m",
        "fleet_tui",
        "--config",
        str(folder / "fleet.toml"),
        "--state-dir",
        str(folder / "state"),
    ]


def prepared(folder: Path) -> Path:
    folder.mkdir(mode=0o700)
    config = folder / "fleet.toml"
    config.touch(mode=0o600)
    config.write_text(CONFIG, encoding="utf-8")
    return folder


def middle(starts: Sequence[Start]) -> Start:
    rows = zip(*(astuple(one)[:8] for one in starts), strict=True)
    return Start(*(statistics.median(values) for values in rows))


def starts(folder: Path, agents: Sequence[int], rounds: int) -> None:
    """Ours and the peer take turns, so that what else the machine does hits both."""
    ours: dict[int, list[Start]] = {}
    unknown: dict[int, Start] = {}
    hello: list[Start] = []
    least: list[Start] = []
    bare: list[float] = []
    interrupted: list[float] = []
    for count in agents:
        place = prepared(folder / str(count))
        with kept(place / "state", count):
            first, last = b"agent-" if count else b"EMPTY", f"[{count}]".encode() if count else b"EMPTY"
            # The first console knows nothing; what it leaves behind is what the next one begins with.
            unknown[count] = started(console(place), folder, first, last)
            for _ in range(rounds):
                hello.append(started([sys.executable, "-c", HELLO], folder, b"MARKER", b"MARKER"))
                least.append(started(LEAST, folder, READY.encode(), READY.encode()))
                ours.setdefault(count, []).append(started(console(place), folder, first, last))
                bare.append(commanded([sys.executable, "-c", "pass"], folder, 1)[1])
            interrupted += [started(console(place), folder, first, last, b"\x03").quit_ms for _ in range(rounds)]
    peer, empty = middle(hello), middle(ours[agents[0]])
    heading(f"start of the console in a terminal, beside Textual's hello, median of {rounds}")
    figure("bare python", statistics.median(bare), "ms", beside="(CPU)")
    figure("hello: first frame", peer.frame_ms, "ms", beside=f"({peer.cpu_ms:.0f} ms of CPU, {peer.megabytes:.0f} MB)")
    floor = middle(least)
    beside = (
        f"({floor.cpu_ms:.0f} ms, {floor.megabytes:.0f} MB, {floor.megabytes / peer.megabytes:.2f} x hello's memory)"
    )
    figure("floor: Textual with one table of ours: CPU / hello's", floor.cpu_ms / peer.cpu_ms, "x", beside=beside)
    for count, some in ours.items():
        tell(count, middle(some), unknown[count], peer)
    for count in agents[-1:]:
        figure(f"{count:,} rows / no row: CPU", middle(ours[count]).cpu_ms / empty.cpu_ms, "x", at_most=1.3)
    figure("from ctrl-c to the end, terminal clean", statistics.median(interrupted), "ms", at_most=100)


def tell(count: int, one: Start, unknown: Start, peer: Start) -> None:
    """The figures of one fleet; 1, 2, 3, 14, 18 and 20."""
    rows = f"{count:,} agents"
    if count:
        figure(f"{rows}: last known fleet painted", one.splash_ms, "ms", beside=f"({one.splash_cpu_ms:.0f} ms of CPU)")
        figure(f"{rows}: the same / hello's first frame", one.splash_ms / peer.frame_ms, "x", at_most=0.25)
        figure(f"{rows}: the same in CPU", one.splash_cpu_ms / peer.cpu_ms, "x", at_most=0.25)
    useful = {MANY: 290, 10 * MANY: 2000}.get(count)
    figure(f"{rows}: its own first frame", one.frame_ms, "ms", at_most=useful, beside=f"({one.cpu_ms:.0f} ms of CPU)")
    figure(f"{rows}: the same, nothing known before", unknown.frame_ms, "ms", beside=f"({unknown.cpu_ms:.0f} of CPU)")
    figure(f"{rows}: CPU to it / hello's", one.cpu_ms / peer.cpu_ms, "x", at_most=1.4 if count == MANY else None)
    figure(f"{rows}: all of them in order", one.last_ms, "ms")
    figure(f"{rows}: memory / hello's", one.megabytes / peer.megabytes, "x", at_most=None if count else 1.3)
    limit = {MANY: 60.0, 10 * MANY: 250.0}.get(count)
    figure(f"{rows}: memory when all are here", one.later_megabytes, "MB", at_most=limit)
    figure(f"{rows}: from q to the end", one.quit_ms, "ms", at_most=100, beside=f"(hello {peer.quit_ms:.0f} ms)")


def with_logs(folder: Path, rounds: int) -> None:
    """Figure 15: the console shows what is known; whoever reads the logs of 5,000 runs does it behind its back."""
    place = prepared(folder / "logs")
    (place / "state").mkdir(mode=0o700)
    for run in range(RUNS):
        kept_at = place / "state" / "runs" / f"{run:05d}"
        kept_at.mkdir(parents=True)
        (kept_at / "log").write_bytes(b"a line of an agent's log\n" * (LOG_BYTES // RUNS // 25))
    hello: list[Start] = []
    ours: list[Start] = []
    with kept(place / "state", RUNS):
        all_here = f"[{RUNS}]".encode()
        started(console(place), folder, b"agent-", all_here)
        for _ in range(rounds):
            hello.append(started([sys.executable, "-c", HELLO], folder, b"MARKER", b"MARKER"))
            ours.append(started(console(place), folder, b"agent-", all_here))
    one, peer = middle(ours), middle(hello)
    heading(f"{RUNS:,} runs with {LOG_BYTES / 1e6:.0f} MB of logs on disk, median of {rounds}")
    figure("first useful frame", one.splash_ms, "ms", at_most=400, beside=f"(hello {peer.frame_ms:.0f} ms)")
    figure("its own first frame", one.frame_ms, "ms", at_most=400, beside=f"({one.cpu_ms:.0f} ms of CPU)")


def small(folder: Path) -> None:
    """Figure 21: how many agents a terminal of 40 by 10 shows."""
    place = prepared(folder / "small")
    with kept(place / "state", 100):
        seen = started(console(place), folder, b"agent-", b"agent-", size=(40, 10)).screen
    shown = sum("agent-" in row for row in seen)
    heading("a terminal of 40 by 10")
    figure("agents visible; 4 / that", 4 / max(shown, 0.01), "x", at_most=1, beside=f"({shown} agents)")


def commanded(words: Sequence[str], folder: Path, rounds: int) -> tuple[float, float]:
    """Milliseconds by the clock and of CPU, medians."""
    walls: list[float] = []
    cpus: list[float] = []
    for _ in range(rounds):
        before, began = os.times(), time.perf_counter()
        done = subprocess.run(words, env=environment(folder), capture_output=True, check=False)
        walls.append((time.perf_counter() - began) * 1000)
        after = os.times()
        cpus.append(
            (after.children_user + after.children_system - before.children_user - before.children_system) * 1000
        )
        if done.returncode:
            raise RuntimeError(f"{words}: {done.stderr.decode()}")
    return statistics.median(walls), statistics.median(cpus)


def commands(folder: Path, rounds: int) -> None:
    place = prepared(folder / "commands")
    with kept(place / "state", 1000):
        bare = commanded([sys.executable, "-c", "pass"], folder, rounds)
        help_ = commanded([sys.executable, "-m", "fleet_tui", "--help"], folder, rounds)
        listed = commanded([*console(place)[:3], "ls", "--json", *console(place)[3:]], folder, rounds)
    nobody = prepared(folder / "nobody")
    with kept(nobody / "state", 0):
        empty = commanded([*console(nobody)[:3], "ls", "--json", *console(nobody)[3:]], folder, rounds)
    heading(f"commands, beside Python itself, median of {rounds}")
    figure("python -c pass", bare[0], "ms", beside=f"({bare[1]:.0f} ms of CPU)")
    figure(
        "--help", help_[0], "ms", at_most=100, beside=f"({help_[1]:.0f} ms of CPU, {help_[0] / bare[0]:.1f} x Python)"
    )
    figure(
        "floor: ls --json of nobody", empty[0], "ms", beside=f"({empty[1]:.0f} ms of CPU: imports and configuration)"
    )
    figure(
        "ls --json of 1,000",
        listed[0],
        "ms",
        at_most=150,
        beside=f"({listed[1]:.0f} ms of CPU, {listed[0] / bare[0]:.1f} x Python)",
    )


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--agents", type=int, nargs="*", default=[0, 10_000, 100_000])
    options = parser.parse_args(argv)
    folder = Path(tempfile.mkdtemp(prefix="bench-start-"))
    try:
        commands(folder, options.rounds)
        small(folder)
        with_logs(folder, options.rounds)
        starts(folder, options.agents, options.rounds)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
