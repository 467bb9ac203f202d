"""Prints figure 10: records a second from a vendor's pages to the store, beside raw streams with a fast JSON decoder.

python -m tests.bench.bench_list [--records 2000] [--rounds 7]
"""

import argparse
import asyncio
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from fleet_tui.clock import now
from fleet_tui.config.secret import Secret
from fleet_tui.domain.identity import Layer, SourceName
from fleet_tui.domain.reading import Reading, SourceStatus
from fleet_tui.engine.picture import Picture, picture_of
from fleet_tui.engine.reconciler import Pace, reconcile
from fleet_tui.providers.e2b.adapter import PAGE_SIZE, E2BAdapter
from fleet_tui.providers.e2b.settings import E2BSettings
from fleet_tui.store.open_collector import open_for_collector
from tests.bench.report import figure, heading
from tests.support.adapters import context_for

SOURCE = SourceName("e2b")
PACE = Pace(layer=Layer.COMPUTE, cadence_s=5.0, roll=0.5)
WARM = 2
LEAST = 0.15
"""The share of the peer's records a second that is to be reached."""
VENDOR = """
import asyncio, sys
from fleet_tui.emulator.world import Vendor
from tests.acceptance.worlds import agent, e2b_with
async def main():
    async with e2b_with(agent("ada", Vendor.E2B, count=int(sys.argv[1]))) as emulator:
        print(emulator.base_url, emulator.default_key, flush=True)
        await asyncio.Event().wait()
asyncio.run(main())
"""


@contextmanager
def vendor(records: int) -> Generator[tuple[str, str]]:
    """An emulator in a process of its own: its address and its key."""
    with subprocess.Popen([sys.executable, "-c", VENDOR, str(records)], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url, key = process.stdout.readline().split()
            yield url, key
        finally:
            process.kill()


@dataclass(frozen=True, slots=True)
class Took:
    """One whole listing: how much it held, and what it cost this process."""

    records: int
    wall_s: float
    cpu_s: float


async def took(work: Callable[[], Awaitable[int]]) -> Took:
    wall, cpu = time.perf_counter(), time.process_time()
    records = await work()
    return Took(records, time.perf_counter() - wall, time.process_time() - cpu)


class Raw:
    """The least that reads every page: one connection, bytes out, bytes in, decoded and let go."""

    def __init__(self, url: str, key: str) -> None:
        self._address = urlsplit(url)
        self._key = key

    async def list(self) -> int:
        reader, writer = await asyncio.open_connection(self._address.hostname, self._address.port)
        count, token = 0, ""
        try:
            while True:
                words = f"limit={PAGE_SIZE}&state=running%2Cpaused" + (f"&nextToken={token}" if token else "")
                head = f"GET /v2/sandboxes?{words} HTTP/1.1\r\nHost: {self._address.netloc}\r\nX-API-Key: {self._key}"
                writer.write(f"{head}\r\n\r\n".encode())
                fields = _fields(await reader.readuntil(b"\r\n\r\n"))
                body = await reader.readexactly(int(fields["content-length"]))
                count += len(msgspec.json.decode(body))
                token = fields.get("x-next-token", "")
                if not token:
                    return count
        finally:
            writer.close()
            await writer.wait_closed()


def _fields(head: bytes) -> Mapping[str, str]:
    lines = head.decode("latin-1").split("\r\n")[1:]
    return {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}


class Ours:
    """The adapter, the comparison and the store, as the collector joins them."""

    def __init__(self, url: str, key: str, folder: Path) -> None:
        self.store, self.lock = open_for_collector(folder / "state", now())
        settings = E2BSettings(name="e2b", provider="e2b", base_url=url)
        self.adapter = E2BAdapter(settings, {"api_key": Secret(key)}, context_for("e2b", folder))
        status = SourceStatus(name=SOURCE, provider="e2b", cadence_s=5.0)
        self.picture: Picture = picture_of(status, (), (), known_before=False)

    async def list(self) -> int:
        began = now()
        listing = await self.adapter.list_resources(began)
        done = reconcile(self.picture, Reading(source=SOURCE, started_at=began, ended_at=now(), listing=listing), PACE)
        self.store.observe(done.observation)
        self.picture = done.picture
        return len(listing.resources)

    async def close(self) -> None:
        await self.adapter.aclose()
        self.store.close()
        self.lock.close()


async def measured(records: int, rounds: int, folder: Path) -> tuple[list[Took], list[Took]]:
    with vendor(records) as (url, key):
        ours, raw = Ours(url, key, folder), Raw(url, key)
        pairs = [(await took(ours.list), await took(raw.list)) for _ in range(rounds + WARM)]
        await ours.close()
    return [mine for mine, _ in pairs[WARM:]], [theirs for _, theirs in pairs[WARM:]]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--records", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="bench-list-"))
    try:
        mine, theirs = asyncio.run(measured(options.records, options.rounds, folder))
    finally:
        shutil.rmtree(folder)
    assert {one.records for one in (*mine, *theirs)} == {options.records}

    heading(f"figure 10: {options.records:,} records from pages to the store, median of {options.rounds}")
    for what, cost in (("by CPU of this process", _cpu), ("by the wall clock", _wall)):
        ours, peer = (statistics.median(one.records / cost(one) for one in side) for side in (mine, theirs))
        beside = f"({ours:,.0f} of {peer:,.0f} records/s)"
        # To reach is a share of the peer's speed, so its inverse is what must stay small.
        figure(f"raw streams / ours {what}", peer / ours, "x", at_most=1 / LEAST, beside=beside)


def _cpu(one: Took) -> float:
    return one.cpu_s


def _wall(one: Took) -> float:
    return one.wall_s


if __name__ == "__main__":
    main()
