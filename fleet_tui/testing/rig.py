"""A whole engine over the fake vendor and the store in memory, on virtual time: what tests and the simulation drive."""

import asyncio
import random
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from fleet_tui.domain.action import DEFAULT_TERM, NO_PARAMS, ActionId, Intent, IntentId, Params, Verb
from fleet_tui.domain.identity import Incarnation, Kind, ResourceKey, SourceName, Target
from fleet_tui.domain.outcome import Outcome
from fleet_tui.engine.engine import Engine
from fleet_tui.engine.source import Source
from fleet_tui.engine.surroundings import Surroundings
from fleet_tui.testing.fake_adapter import CALM, FAKE, FakeAdapter, Weather
from fleet_tui.testing.fake_vendor import Box, FakeVendor
from fleet_tui.testing.inline import DurableFile, Inline, MemoryDurable
from fleet_tui.testing.memory_store import MemoryStore
from fleet_tui.testing.virtual_time import LoopClock

SOURCE: Final = SourceName("fake")
_STEP_S: Final = 0.05


@dataclass(slots=True)
class Rig:
    """The parts, to be looked at and disturbed."""

    vendor: FakeVendor
    adapter: FakeAdapter
    store: MemoryStore
    durable_file: DurableFile
    clock: LoopClock
    around: Surroundings
    engine: Engine
    durable: MemoryDurable
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    _submitted: int = 0

    def start(self, slot: str, **labels: str) -> Box:
        """Start a sandbox at the vendor; `__` in a label's name stands for a dot."""
        named = {name.replace("__", "."): value for name, value in labels.items()}
        return self.vendor.start(slot, self.clock.now(), labels=named)

    async def listed(self, slot: str) -> Box:
        """Start a sandbox, and wait until a reading has seen it."""
        box = self.start(slot)
        await self.until(lambda: any(key.id == slot for key in self.store.resources))
        return box

    def next_life(self) -> "Rig":
        """Another collector, of what a crash of this one leaves behind."""
        return rig(vendor=self.vendor, store=self.store, durable_file=self.durable_file, clock=self.clock)

    def submit(
        self,
        verb: Verb,
        *boxes: Box,
        params: Params = NO_PARAMS,
        term: timedelta = DEFAULT_TERM,
        kind: Kind = Kind.SANDBOX,
    ) -> tuple[ActionId, ...]:
        """What a console does after the operator said yes."""
        self._submitted += 1
        now = self.clock.now()
        intent = Intent(
            intent_id=IntentId(f"i{self._submitted}"),
            verb=verb,
            params=params,
            targets=tuple(target_of(box, kind) for box in boxes),
            actor="tester",
            host="here",
            why="",
            submitted_at=now,
            not_after=now + term,
            via="console",
        )
        return self.store.submit(intent, {})

    def outcome(self, action_id: ActionId) -> Outcome | None:
        record = self.store.action(action_id)
        return record.outcome if record else None

    async def outcomes(self, *action_ids: ActionId, within_s: float = 3600) -> list[Outcome]:
        """Wait for the outcomes of these actions, in virtual seconds."""
        await self.until(lambda: all(self.outcome(a) is not None for a in action_ids), within_s=within_s)
        return [outcome for a in action_ids if (outcome := self.outcome(a)) is not None]

    async def until(self, holds: Callable[[], object], *, within_s: float = 3600) -> None:
        """Wait, in virtual seconds, until something holds."""
        async with asyncio.timeout(within_s):
            while not holds():
                await self.clock.sleep(_STEP_S)


def target_of(box: Box, kind: Kind = Kind.SANDBOX) -> Target:
    return Target(ResourceKey(SOURCE, kind, box.slot), Incarnation(box.incarnation), str(box.generation))


def rig(
    *,
    vendor: FakeVendor | None = None,
    store: MemoryStore | None = None,
    durable_file: DurableFile | None = None,
    clock: LoopClock | None = None,
    weather: Weather = CALM,
    fenced: bool = True,
    read_only: bool = False,
) -> Rig:
    """Build the parts, upon those that are there already."""
    clock = clock or LoopClock()
    vendor = vendor or FakeVendor()
    store = store or MemoryStore()
    durable_file = durable_file or DurableFile()
    chance = random.Random(0)  # noqa: S311 - a die, not a key
    adapter = FakeAdapter(vendor, source=SOURCE, clock=clock, chance=chance, weather=weather, fenced=fenced)
    around = Surroundings(
        clock=clock,
        store=store,
        offload=Inline(),
        chance=chance,
        read_only=read_only,
        sources={SOURCE: Source(name=SOURCE, provider=FAKE, adapter=adapter, act=True)},
    )
    durable = MemoryDurable(durable_file)
    engine = Engine(around, woken=hint_of(store))
    return Rig(vendor, adapter, store, durable_file, clock, around, engine, durable)


def hint_of(store: MemoryStore) -> Callable[[], bool]:
    """The store's cheap hint: somebody wrote since the last look."""
    seen = -1

    def woken() -> bool:
        nonlocal seen
        moved, seen = store.revision != seen, store.revision
        return moved

    return woken


@asynccontextmanager
async def running(parts: Rig) -> AsyncGenerator[Rig]:
    """The engine, running until the block ends."""
    async with asyncio.TaskGroup() as tasks:
        run = tasks.create_task(parts.engine.run(parts.stop, parts.durable))
        try:
            yield parts
        finally:
            parts.stop.set()
            await asyncio.wait({run}, timeout=60)
            parts.durable.crash()
