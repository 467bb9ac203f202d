"""The demo, from the command to what it is for: `demo --once` until it ends, and the console until it shows the fleet.

python -m tests.bench.bench_demo [--rounds 2]
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.bench.bench_start import environment, started
from tests.bench.report import figure, heading

DEMO = (sys.executable, "-m", "fleet_tui", "demo")
FIRST_AGENT = b"-01"
SOURCES_READ = b"5 sources ok"


def once(folder: Path) -> tuple[float, float]:
    """Seconds by the clock, and seconds of CPU of everything it started and waited for."""
    before, began = os.times(), time.perf_counter()
    subprocess.run([*DEMO, "--once", "--json"], env=environment(folder), stdout=subprocess.DEVNULL, check=True)
    took_s, after = time.perf_counter() - began, os.times()
    return took_s, after.children_user + after.children_system - before.children_user - before.children_system


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args(argv)
    folder = Path(tempfile.mkdtemp(prefix="bench-demo-"))
    try:
        listed = [once(folder) for _ in range(options.rounds)]
        shown = [started(DEMO, folder, FIRST_AGENT, SOURCES_READ) for _ in range(options.rounds)]
    finally:
        shutil.rmtree(folder)
    heading(f"the demo, median of {options.rounds}")
    took_s, cpu_s = (statistics.median(values) for values in zip(*listed, strict=True))
    figure("demo --once --json: all five sources read and listed", took_s, "s", beside=f"({cpu_s:.1f} s of CPU)")
    first, whole = (statistics.median(values) for values in zip(*((s.frame_ms, s.last_ms) for s in shown), strict=True))
    figure("demo: agents on the screen", first / 1000, "s")
    figure("demo: every source read", whole / 1000, "s", beside="(Stripe's 12 calls a second are the last)")


if __name__ == "__main__":
    main()
