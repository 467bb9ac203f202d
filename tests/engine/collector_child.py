"""A collector over the folder vendor, to be killed: the real engine, the real store, the real durable workflows."""

import asyncio
import random
import signal
import sys
from pathlib import Path
from typing import cast

from fleet_tui.clock import SystemClock
from fleet_tui.config.provider import Provider
from fleet_tui.config.source import SourceSettings
from fleet_tui.domain.identity import Kind, Layer
from fleet_tui.engine.collector_log import log_into
from fleet_tui.engine.durable import DbosDurable
from fleet_tui.engine.engine import Engine
from fleet_tui.engine.offload import StoreThread
from fleet_tui.engine.source import Source
from fleet_tui.engine.surroundings import Surroundings
from fleet_tui.store.open import open_for_reader
from fleet_tui.store.open_collector import open_for_collector
from fleet_tui.store.write import SqliteCollectorStore
from tests.engine.folder_vendor import SOURCE, Folder, FolderAdapter
from tests.engine.stopping import Stopping, StoppingAdapter, StopsAt

FOLDER = Provider(
    name="folder", layer=Layer.COMPUTE, kinds=frozenset({Kind.SANDBOX}), settings=SourceSettings, adapter="none:None"
)


async def main(root: Path, point: str) -> None:
    clock, thread = SystemClock(), StoreThread()
    store, _lock = open_for_collector(root / "state", clock.now())
    log_into(root / "state", ())
    adapter = FolderAdapter(Folder(root))
    if point:
        stops = StopsAt(root, point)
        store = cast("SqliteCollectorStore", Stopping(store, stops))
        adapter = StoppingAdapter(Folder(root), stops, thread)
    around = Surroundings(
        clock=clock,
        store=store,
        offload=thread,
        chance=random.Random(),
        sources={SOURCE: Source(name=SOURCE, provider=FOLDER, adapter=adapter)},
    )
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    durable = DbosDurable(root / "state")
    print("up", flush=True)
    await Engine(around, open_for_reader(root / "state").woken).run(stop, durable)
    await durable.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else ""))
