"""The engine: polls, verdicts and actions of one collector under one task group, until it is told to stop."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from datetime import timedelta
from functools import partial
from typing import Final

from fleet_tui.config.retention import tidy_kept
from fleet_tui.domain.identity import SourceName
from fleet_tui.engine.actions import Actions
from fleet_tui.engine.durability import Durable
from fleet_tui.engine.intake import WAKE_S, Intake
from fleet_tui.engine.logs import LogDesk
from fleet_tui.engine.poller import SourcePoller
from fleet_tui.engine.source import Source
from fleet_tui.engine.surroundings import Surroundings
from fleet_tui.engine.terms import Terms
from fleet_tui.engine.verdicts import Verdicts
from fleet_tui.ports import Closer, StoreError, StoreUnwritable

TIDY_S: Final = 60.0
RELAUNCH_S: Final = 30.0
FORGOTTEN_AFTER: Final = timedelta(days=7)
"""Settled workflows are kept so long in the durable file; the store keeps the outcome itself."""
CLOSE_DEADLINE_S: Final = 5.0

_log = logging.getLogger(__name__)


class Engine:
    """`woken` is the store's cheap hint that somebody committed."""

    def __init__(self, around: Surroundings, woken: Callable[[], bool], *, wake_s: float = WAKE_S) -> None:
        self._around = around
        self._woken = woken
        self._wake_s = wake_s
        self._terms = Terms(around)
        self._actions = Actions(around, self._terms)
        self._logs = LogDesk(around)
        self._verdicts = Verdicts(around)
        self._pollers: dict[SourceName, asyncio.Task[None]] = {}
        self._tasks: asyncio.TaskGroup | None = None
        self._to_forget = False

    async def run(self, stop: asyncio.Event, durable: Durable) -> None:
        """Run until `stop` is set. Raises an ExceptionGroup when the store is lost, as `FencedOut` among others."""
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            self._logs.within(tasks)
            for source in tuple(self._around.sources.values()):
                await self._begin(source)
            running = [
                tasks.create_task(self._act(durable)),
                tasks.create_task(self._repeated(self._verdicts.look, lambda: self._verdicts.every_s)),
                tasks.create_task(self._repeated(partial(self._tidy, durable), lambda: TIDY_S)),
            ]
            await stop.wait()
            for task in (*running, *self._pollers.values()):
                task.cancel()
            self._logs.stop()
        self._tasks = None

    async def _act(self, durable: Durable) -> None:
        """Take up what an earlier collector left, then whatever is asked for. Polls go on while this cannot."""
        while True:
            try:
                await self._terms.recall()
                await durable.launch(self._actions.carry_out)
                unsettled = await self._around.stored(lambda store: store.unsettled())
                await durable.again([record.action_id for record in unsettled])
                break
            except StoreError:
                raise
            except Exception:  # noqa: BLE001 - whatever ails the durable file, looking must go on
                _log.exception("durable actions could not be launched; it is tried again")
                await self._around.clock.sleep(RELAUNCH_S)
        intake = Intake(self._around, durable, self._logs, self._terms, self._woken, wake_s=self._wake_s)
        await intake.run()

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

    async def replace_sources(self, sources: Collection[Source], *, also_keep: Collection[SourceName] = ()) -> None:
        """Go on with these sources: new ones begin, changed ones begin anew, others end and are forgotten.

        `also_keep` names sources that are configured but cannot be used now: their rows stay.
        """
        around = self._around
        wanted = {source.name: source for source in sources}
        before = dict(around.sources)
        # At once: an action that looks meanwhile finds its source as it is configured now.
        around.sources.clear()
        around.sources.update(wanted)
        around.unusable = frozenset(also_keep)
        for name, source in before.items():
            if wanted.get(name) is source:
                continue
            if (task := self._pollers.pop(name, None)) is not None:
                task.cancel()
                await asyncio.wait({task})
            await close(source)
        for source in wanted.values():
            if self._tasks is not None and source.name not in self._pollers:
                await self._begin(source)
        await self._forget()

    async def _begin(self, source: Source) -> None:
        poller = SourcePoller(source, self._around)
        await poller.recall()
        assert self._tasks is not None  # noqa: S101 - only called while running
        self._pollers[source.name] = self._tasks.create_task(poller.run())

    async def _forget(self) -> None:
        keep, now = (*self._around.sources, *self._around.unusable), self._around.clock.now()
        for name in set(self._around.pictures) - set(keep):
            del self._around.pictures[name]
        self._verdicts.forget(keep)
        self._to_forget = True
        try:
            await self._around.stored(lambda store: store.forget_sources(keep, now))
            self._to_forget = False
        except StoreUnwritable as error:
            _log.error("what is configured no more is forgotten later: %s", error)

    async def _repeated(self, duty: Callable[[], Awaitable[None]], every_s: Callable[[], float]) -> None:
        while True:
            await self._around.clock.sleep(every_s())
            try:
                await duty()
            except StoreUnwritable as error:
                _log.error("nothing could be kept: %s", error)
            except StoreError:
                raise
            except Exception:  # noqa: BLE001 - one bad verdict or a busy durable file must not stop the polls
                _log.exception("a duty of the engine broke; it is tried again")

    async def _tidy(self, durable: Durable) -> None:
        if self._to_forget:
            await self._forget()
        now = self._around.clock.now()
        await self._around.stored(lambda store: store.expire_hand_overs(now))
        await self._around.stored(lambda store: store.tidy(now))
        await durable.tidy(now - FORGOTTEN_AFTER)
        if (state_dir := self._around.state_dir) is not None:
            gone = await self._around.offload.run(lambda: tidy_kept(state_dir, now))
            if gone:
                _log.info("%d old files beside the store went, the first was %s", len(gone), gone[0])


async def close(source: Source) -> None:
    """Give back what an adapter holds; one that will not end in time is left."""
    if isinstance(source.adapter, Closer):
        try:
            async with asyncio.timeout(CLOSE_DEADLINE_S):
                await source.adapter.aclose()
        except Exception:  # noqa: BLE001 - foreign code on its way out
            _log.warning("%s: its adapter did not close", source.name)
