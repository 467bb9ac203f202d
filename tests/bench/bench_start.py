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

from tests.bench.report import figure, heading
from tests.bench.world import kept

SIZE = (120, 40)
WAIT_S = 60.0
HELLO = """
from textual.app import App
from textual.widgets import Static
class Hello(App):
    BINDINGS = [("q", "quit", "Quit")]
    def compose(self):
        yield Static("MARKER")
Hello().run()
"""
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

    frame_ms: float
    cpu_ms: float
    """What it had used by its first frame."""
    megabytes: float
    later_megabytes: float
    """When its last row is here."""
    quit_ms: float
    last_ms: float


def environment(folder: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "LANG": "C.UTF-8",
    }


def started(words: Sequence[str], folder: Path, first: bytes, last: bytes) -> Start:
    """Start it, wait for a text on its screen, then for another one, then press q."""
    reading, writing = os.openpty()
    fcntl.ioctl(writing, termios.TIOCSWINSZ, struct.pack("HHHH", SIZE[1], SIZE[0], 0, 0))
    began = time.perf_counter()
    process = subprocess.Popen(
        words, stdin=writing, stdout=writing, stderr=writing, env=environment(folder), start_new_session=True
    )
    seen = b""

    def until(text: bytes) -> None:
        nonlocal seen
        while text not in seen:
            if not select.select([reading], [], [], WAIT_S)[0]:
                raise RuntimeError(f"{words} never showed {text!r}: {seen[-2000:]!r}")
            seen += os.read(reading, 65536)

    try:
        until(first)
        frame_ms = (time.perf_counter() - began) * 1000
        itself = psutil.Process(process.pid)
        used, held = itself.cpu_times(), itself.memory_info().rss / 1e6
        until(last)
        last_ms = (time.perf_counter() - began) * 1000
        later = itself.memory_info().rss / 1e6
        pressed = time.perf_counter()
        os.write(reading, b"q")
        while process.poll() is None:
            if select.select([reading], [], [], 0.001)[0]:
                os.read(reading, 65536)
        quit_ms = (time.perf_counter() - pressed) * 1000
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        os.close(reading)
        os.close(writing)
    return Start(frame_ms, (used.user + used.system) * 1000, held, later, quit_ms, last_ms)


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
    rows = zip(*(astuple(one) for one in starts), strict=True)
    return Start(*(statistics.median(values) for values in rows))


def starts(folder: Path, agents: Sequence[int], rounds: int) -> None:
    """Ours and the peer take turns, so that what else the machine does hits both."""
    ours: dict[int, list[Start]] = {}
    hello: list[Start] = []
    for count in agents:
        place = prepared(folder / str(count))
        with kept(place / "state", count):
            last = f"[{count}]".encode() if count else b"EMPTY"
            for _ in range(rounds):
                hello.append(started([sys.executable, "-c", HELLO], folder, b"MARKER", b"MARKER"))
                ours.setdefault(count, []).append(
                    started(console(place), folder, b"agent-" if count else b"EMPTY", last)
                )
    peer, empty = middle(hello), middle(ours[agents[0]])
    heading(f"start of the console in a terminal, beside Textual's hello, median of {rounds}")
    figure("hello: first frame", peer.frame_ms, "ms", beside=f"({peer.cpu_ms:.0f} ms of CPU, {peer.megabytes:.0f} MB)")
    for count, some in ours.items():
        one = middle(some)
        figure(f"{count:,} agents: first frame with rows", one.frame_ms, "ms", beside=f"({one.cpu_ms:.0f} ms of CPU)")
        target = 1.4 if count == 10_000 else None
        figure(f"{count:,} agents: CPU to the first frame / hello's", one.cpu_ms / peer.cpu_ms, "x", at_most=target)
        figure(
            f"{count:,} agents: memory / hello's", one.megabytes / peer.megabytes, "x", at_most=None if count else 1.3
        )
        limit = 60.0 if count == 10_000 else None
        figure(f"{count:,} agents: memory when all are here", one.later_megabytes, "MB", at_most=limit)
        figure(
            f"{count:,} agents: from q to the end",
            one.quit_ms,
            "ms",
            at_most=100,
            beside=f"(hello {peer.quit_ms:.0f} ms)",
        )
    for count in agents[-1:]:
        figure(f"{count:,} rows / no row: CPU", middle(ours[count]).cpu_ms / empty.cpu_ms, "x", at_most=1.3)


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
    heading(f"commands, beside Python itself, median of {rounds}")
    figure("python -c pass", bare[0], "ms", beside=f"({bare[1]:.0f} ms of CPU)")
    figure(
        "--help", help_[0], "ms", at_most=100, beside=f"({help_[1]:.0f} ms of CPU, {help_[0] / bare[0]:.1f} x Python)"
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
        starts(folder, options.agents, options.rounds)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
