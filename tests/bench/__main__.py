"""Runs the benchmarks one after the other, each in a process of its own: python -m tests.bench [NAME...]

Each prints its figures beside a peer or a limit from the same run, and whether the target is met. None fails for that.
"""

import argparse
import subprocess
import sys
import time
from dataclasses import dataclass

DEADLINE_S = 900.0


@dataclass(frozen=True, slots=True)
class Bench:
    """A benchmark and what it is about."""

    name: str
    about: str


BENCHES = (
    Bench("poll", "figures 9 and 13: a poll's diff and store, the collector idle"),
    Bench("list", "figure 10: records a second from pages to the store, beside raw streams"),
    Bench("store", "figures 9, 12 and 13: the store's share, readers and the loop beside a writer"),
    Bench("table", "figure 4: page down beside Textual's DataTable"),
    Bench("frame", "figures 5 and 6: bytes of a frame beside the cell-diff floor"),
    Bench("console", "100,000 rows in the real console: frames, sorts, memory"),
    Bench("idle", "figures 7 and 17: an idle minute of the console at 10,000 agents"),
    Bench("start", "figures 1, 2, 3, 14, 15, 18 to 21: starts, memory, the way out, commands"),
    Bench("far", "figure 8: from key to frame through ssh with 50 ms of round trip"),
    Bench("soak", "eight hours of churn faster than time: what memory grows by"),
    Bench("storm", "a day of events faster than time: how many a second, memory, the WAL"),
    Bench("two", "two consoles, one store: until the one knows what the other did"),
    Bench("demo", "the demo: until its fleet is listed once, and until its console shows it"),
)


def run(bench: Bench) -> bool:
    print(f"\n=== {bench.name}: {bench.about}", flush=True)
    began = time.monotonic()
    try:
        done = subprocess.run(
            [sys.executable, "-m", f"tests.bench.bench_{bench.name}"], check=False, timeout=DEADLINE_S
        )
    except subprocess.TimeoutExpired:
        print(f"  NOT MEASURED: not done within {DEADLINE_S:.0f} s")
        return False
    if done.returncode:
        print(f"  NOT MEASURED: it ended with {done.returncode}")
    print(f"  ({time.monotonic() - began:.0f} s)", flush=True)
    return done.returncode == 0


def main() -> int:
    """0 when all ran, whatever the figures are."""
    listed = "\n".join(f"  {bench.name:<9}{bench.about}" for bench in BENCHES)
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench", epilog=listed, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="which of them; all when none is named")
    names = parser.parse_args().names
    unknown = set(names) - {bench.name for bench in BENCHES}
    if unknown:
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}")
    ran = [run(bench) for bench in BENCHES if not names or bench.name in names]
    return int(not all(ran))


if __name__ == "__main__":
    sys.exit(main())
