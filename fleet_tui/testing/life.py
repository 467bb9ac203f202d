"""One life of a collector in the simulation: it can end between any two of its steps, and then it writes no more."""

import asyncio
import random
from collections.abc import Callable
from typing import Any, Final, cast

from fleet_tui.engine.engine import Engine
from fleet_tui.engine.source import Source
from fleet_tui.engine.surroundings import Surroundings
from fleet_tui.ports import CollectorStore, StoreUnwritable
from fleet_tui.testing.fake_adapter import FAKE, FakeAdapter
from fleet_tui.testing.inline import DurableFile, Inline, MemoryDurable
from fleet_tui.testing.memory_store import MemoryStore
from fleet_tui.testing.rig import SOURCE, hint_of
from fleet_tui.testing.virtual_time import LoopClock

CRASH_POINTS: Final = frozenset({"attempt", "settle", "start", "accept", "observe", "keep_cursor"})


class Crashed(BaseException):
    """The process is gone. No `except Exception` of the engine survives it."""


class Mortal:
    """The store as one process holds it: every call is the last one once the process is dead."""

    def __init__(self, store: MemoryStore, life: "Life") -> None:
        self._store = store
        self._life = life

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method: Callable[..., Any] = getattr(self._store, name)

        def call(*args: Any, **keywords: Any) -> Any:
            self._life.step(name, before=True)
            result = method(*args, **keywords)
            self._life.step(name, before=False)
            return result

        return call


class Life:
    """Built on what the lives before left: the vendor, the store and the durable file."""

    def __init__(
        self,
        *,
        clock: LoopClock,
        store: MemoryStore,
        durable_file: DurableFile,
        adapter: FakeAdapter,
        chance: random.Random,
        crash_share: float,
    ) -> None:
        self.alive = True
        self.disk_full = False
        self.crash_share = crash_share
        self._chance = chance
        around = Surroundings(
            clock=clock,
            store=cast("CollectorStore", Mortal(store, self)),
            offload=Inline(),
            chance=chance,
            sources={SOURCE: Source(name=SOURCE, provider=FAKE, adapter=adapter)},
        )
        self._durable = MemoryDurable(durable_file)
        self._engine = Engine(around, hint_of(store), wake_s=1.0)
        self._stop = asyncio.Event()
        self._run = asyncio.create_task(self._engine.run(self._stop, self._durable))

    def step(self, name: str, *, before: bool) -> None:
        """Perhaps the last one."""
        if not self.alive:
            raise Crashed
        if before and self.disk_full and name in CRASH_POINTS:
            raise StoreUnwritable("no space left on the device")
        if name in CRASH_POINTS and self._chance.random() < self.crash_share:
            self.crash()
            raise Crashed

    def crash(self) -> None:
        """kill -9: nothing of it runs or writes any more."""
        self.alive = False
        self._run.cancel()
        self._durable.crash()

    async def over(self) -> None:
        """Wait until it crashed."""
        await asyncio.wait({self._run})
        if not self._run.cancelled() and (error := self._run.exception()) is not None and self.alive:
            raise error
        self.alive = False
        self._durable.crash()
