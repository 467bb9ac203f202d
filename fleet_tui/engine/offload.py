"""Runs what blocks, the store above all, away from the event loop: one thread, one call after the other."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar

from typing_extensions import override

T = TypeVar("T")


class Offload(Protocol):
    """Runs `work` where it may block and gives what it returned or raised."""

    async def run(self, work: Callable[[], T]) -> T: ...

    def close(self) -> None: ...


class StoreThread(Offload):
    """The one thread that touches the store: what it is handed runs in order and never at once."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")

    @override
    async def run(self, work: Callable[[], T]) -> T:
        # Shielded: a write that has begun ends, whoever stops waiting for it.
        return await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._pool, work))

    @override
    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)
