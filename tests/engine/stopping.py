"""Parts of a collector that stop their own process, once, at a named point of an action."""

import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from typing_extensions import override

from fleet_tui.domain.action import Order
from fleet_tui.domain.outcome import Outcome
from fleet_tui.engine.offload import Offload
from tests.engine.folder_vendor import Folder, FolderAdapter

STOPPED = "stopped"


class StopsAt:
    """Stops at `before NAME` or `after NAME`; a file says that it did."""

    def __init__(self, root: Path, point: str) -> None:
        self._marker = root / STOPPED
        self._point = point

    def reach(self, point: str) -> None:
        if point == self._point and not self._marker.exists():
            self._marker.touch()
            # To this very thread, which then takes no further step; to the process, another one might take it first.
            signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)


class Stopping:
    """A store whose every method is a point before it and one after it; none of them within a transaction."""

    def __init__(self, store: object, stops: StopsAt) -> None:
        self._store = store
        self._stops = stops

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method: Callable[..., Any] = getattr(self._store, name)

        def call(*words: Any, **named: Any) -> Any:
            self._stops.reach(f"before {name}")
            answer = method(*words, **named)
            self._stops.reach(f"after {name}")
            return answer

        return call


class StoppingAdapter(FolderAdapter):
    """The same around the call that has the effect; it stands on the store's thread, so between two transactions."""

    def __init__(self, folder: Folder, stops: StopsAt, thread: Offload) -> None:
        super().__init__(folder)
        self._stops = stops
        self._thread = thread

    @override
    async def kill(self, order: Order) -> Outcome:
        await self._thread.run(lambda: self._stops.reach("before kill"))
        outcome = await super().kill(order)
        await self._thread.run(lambda: self._stops.reach("after kill"))
        return outcome

    @override
    async def pause(self, order: Order) -> Outcome:
        await self._thread.run(lambda: self._stops.reach("before pause"))
        outcome = await super().pause(order)
        await self._thread.run(lambda: self._stops.reach("after pause"))
        return outcome
