"""The engine: polls, verdicts and actions of one collector under one task group, until it is told to stop."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from datetime import timedelta
from typing import Final

from fleet_tui.domain.identity import SourceName
from fleet_tui.engine.actions import Actions
from fleet_tui.engine.durable import Durable
from fleet_tui.engine.intake import Intake
from fleet_tui.engine.logs import LogDesk
from fleet_tui.engine.poller import SourcePoller
from fleet_tui.engine.source import Source
from fleet_tui.engine.surroundings import Surroundings
from fleet_tui.engine.verdicts import Verdicts
from fleet_tui.ports import Closer, StoreError, StoreUnwritable

TIDY_S: Final = 60.0
FORGOTTEN_AFTER: Final = timedelta(days=7)
"""Settled workflows are kept so long in the durable file; the store keeps the outcome itself."""
CLOSE_DEADLINE_S: Final = 5.0

_log = logging.getLogger(__name__)


class Engine:
    """`woken` is the store's cheap hint that somebody committed."""

    def __init__(self, around: Surroundings, durable: Durable, woken: Callable[[], bool]) -> None:
        self._around = around
        self._durable = durable
        self._actions = Actions(around)
        self._logs = LogDesk(around)
        self._intake = Intake(around, durable, self._logs, woken)
        self._verdicts = Verdicts(around)
        self._pollers: dict[SourceName, asyncio.Task[None]] = {}
        self._tasks: asyncio.TaskGroup | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop` is set. Raises an ExceptionGroup when the store is lost, as `FencedOut` among others."""
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            self._logs.within(tasks)
            for source in tuple(self._around.sources.values()):
                await self._begin(source)
            await self._durable.launch(self._actions.carry_out)
            unsettled = await self._around.stored(lambda store: store.unsettled())
            await self._durable.again([record.action_id for record in unsettled])
            running = [
                tasks.create_task(self._intake.run()),
                tasks.create_task(self._repeated(self._verdicts.look, self._verdicts.every_s)),
                tasks.create_task(self._repeated(self._tidy, TIDY_S)),
            ]
            await stop.wait()
            for task in (*running, *self._pollers.values()):
                task.cancel()
            self._logs.stop()

    async def look_once(self) -> Collection[SourceName]:
        """Poll every source once, judge once; give the names of those that could not be read."""
        pollers = [SourcePoller(source, self._around) for source in self._around.sources.values()]
        good: dict[SourceName, bool] = {}

        async def once(poller: SourcePoller) -> None:
            await poller.recall()
            good[poller.name] = await poller.poll()
            if good[poller.name]:
                await poller.read_usage()

        async with asyncio.TaskGroup() as tasks:
            for poller in pollers:
                tasks.create_task(once(poller))
        await self._verdicts.look()
        return [name for name, was_good in good.items() if not was_good]

    async def replace_sources(self, sources: Collection[Source]) -> None:
        """Go on with these sources: new ones begin, changed ones begin anew, others end and are forgotten."""
        around = self._around
        wanted = {source.name: source for source in sources}
        for name, source in tuple(around.sources.items()):
            if wanted.get(name) is source:
                continue
            if (task := self._pollers.pop(name, None)) is not None:
                task.cancel()
                await asyncio.wait({task})
            del around.sources[name]
            await close(source)
        for source in wanted.values():
            if source.name not in around.sources:
                around.sources[source.name] = source
                await self._begin(source)
        await self._forget()

    async def _begin(self, source: Source) -> None:
        poller = SourcePoller(source, self._around)
        await poller.recall()
        assert self._tasks is not None  # noqa: S101 - only called while running
        self._pollers[source.name] = self._tasks.create_task(poller.run())

    async def _forget(self) -> None:
        keep, now = tuple(self._around.sources), self._around.clock.now()
        for name in set(self._around.pictures) - set(keep):
            del self._around.pictures[name]
        await self._around.stored(lambda store: store.forget_sources(keep, now))

    async def _repeated(self, duty: Callable[[], Awaitable[None]], every_s: float) -> None:
        while True:
            await self._around.clock.sleep(every_s)
            try:
                await duty()
            except StoreUnwritable as error:
                _log.error("nothing could be kept: %s", error)
            except StoreError:
                raise
            except Exception:  # noqa: BLE001 - one bad verdict or a busy durable file must not stop the polls
                _log.exception("a duty of the engine broke; it is tried again")

    async def _tidy(self) -> None:
        now = self._around.clock.now()
        await self._around.stored(lambda store: store.expire_hand_overs(now))
        await self._around.stored(lambda store: store.tidy(now))
        await self._durable.tidy(now - FORGOTTEN_AFTER)


async def close(source: Source) -> None:
    """Give back what an adapter holds; one that will not end in time is left."""
    if isinstance(source.adapter, Closer):
        try:
            async with asyncio.timeout(CLOSE_DEADLINE_S):
                await source.adapter.aclose()
        except Exception:  # noqa: BLE001 - foreign code on its way out
            _log.warning("%s: its adapter did not close", source.name)
