"""A collector that knows 10,000 agents and has no source due: for the idle figure."""

import asyncio
import random
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from typing_extensions import override

from fleet_tui.clock import SystemClock
from fleet_tui.config.provider import Provider
from fleet_tui.config.source import SourceSettings
from fleet_tui.domain.identity import Kind, Layer, SourceName
from fleet_tui.domain.reading import Listing
from fleet_tui.engine.durable import DbosDurable
from fleet_tui.engine.engine import Engine
from fleet_tui.engine.offload import StoreThread
from fleet_tui.engine.source import Source
from fleet_tui.engine.surroundings import Surroundings
from fleet_tui.ports import Lister
from fleet_tui.store.open import open_for_reader
from fleet_tui.store.open_collector import open_for_collector
from tests.bench.bench_poll import SOURCE, listed
from tests.support.wait import eventually_async

NEVER_AGAIN_S = 3600.0


class Quiet(Lister):
    def __init__(self, agents: int) -> None:
        self._agents = agents

    @override
    async def list_resources(self, now: datetime) -> Listing:
        rows = tuple(replace(listed(n, 0), created_at=now, ends_at=None) for n in range(self._agents))
        return Listing(resources=rows, kinds=frozenset({Kind.SANDBOX}))


def main(folder: Path, agents: int) -> None:
    provider = Provider(
        name="quiet",
        layer=Layer.COMPUTE,
        kinds=frozenset({Kind.SANDBOX}),
        settings=SourceSettings,
        adapter="none:None",
        cadence_s=NEVER_AGAIN_S,
    )

    async def run() -> None:
        clock, thread = SystemClock(), StoreThread()
        store, _lock = await thread.run(lambda: open_for_collector(folder, clock.now()))
        source = Source(name=SourceName(SOURCE), provider=provider, adapter=Quiet(agents))
        around = Surroundings(
            clock=clock, store=store, offload=thread, chance=random.Random(1), sources={SOURCE: source}
        )
        engine = Engine(around, open_for_reader(folder).woken)

        async def tell() -> None:
            async def read() -> bool:
                return bool(around.pictures) and around.pictures[SOURCE].status.rows >= agents

            await eventually_async(read, timeout_s=60)
            print("up", flush=True)

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(engine.run(asyncio.Event(), DbosDurable(folder)))
            tasks.create_task(tell())

    asyncio.run(run())
