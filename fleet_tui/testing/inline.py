"""Stand-ins for threads and for the durable file: the same promises, in one thread, with crashes on demand."""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from typing_extensions import override

from fleet_tui.domain.action import ActionId
from fleet_tui.engine.durability import Body, Durable
from fleet_tui.engine.offload import Offload

T = TypeVar("T")


class Inline(Offload):
    """Does the work at once, where it is called."""

    @override
    async def run(self, work: Callable[[], T]) -> T:
        # One turn of the loop, so that other tasks run in between as they would with a thread.
        await asyncio.sleep(0)
        return work()

    @override
    def close(self) -> None:
        return


@dataclass(slots=True)
class DurableFile:
    """What survives a crash: which workflows began and which of them ended."""

    pending: dict[ActionId, None] = field(default_factory=dict[ActionId, None])
    over: dict[ActionId, None] = field(default_factory=dict[ActionId, None])


class MemoryDurable(Durable):
    """The durable runner of one process life over a `DurableFile`."""

    def __init__(self, file: DurableFile) -> None:
        self._file = file
        self._body: Body | None = None
        self._tasks: dict[ActionId, asyncio.Task[None]] = {}
        self.broken: BaseException | None = None

    @override
    async def launch(self, body: Body) -> None:
        self._body = body
        for action_id in tuple(self._file.pending):
            self._run(action_id)

    @override
    async def start(self, action_id: ActionId) -> None:
        await asyncio.sleep(0)
        if action_id in self._file.over or action_id in self._tasks:
            return
        self._file.pending[action_id] = None
        self._run(action_id)

    @override
    async def again(self, action_ids: Collection[ActionId]) -> None:
        for action_id in action_ids:
            self._file.over.pop(action_id, None)
            await self.start(action_id)

    @override
    async def tidy(self, before: datetime) -> None:
        self._file.over.clear()

    @override
    async def close(self) -> None:
        self.crash()

    def crash(self) -> None:
        """Stop everything where it stands."""
        for task in self._tasks.values():
            task.cancel()

    def _run(self, action_id: ActionId) -> None:
        self._tasks[action_id] = asyncio.create_task(self._to_the_end(action_id))

    async def _to_the_end(self, action_id: ActionId) -> None:
        assert self._body is not None  # noqa: S101 - launched before anything is started
        try:
            await self._body(action_id)
        except Exception as error:  # noqa: BLE001 - as the real one does: it stays unfinished
            self.broken = error
            return
        self._file.pending.pop(action_id, None)
        self._file.over[action_id] = None
        self._tasks.pop(action_id, None)
