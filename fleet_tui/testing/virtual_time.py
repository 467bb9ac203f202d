"""An event loop whose clock jumps to what is due next: hours pass in milliseconds, in the same order each time."""

import asyncio
import selectors
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from selectors import SelectorKey
from typing import Any, Final, TypeVar

from typing_extensions import override

from fleet_tui.ports import Clock

T = TypeVar("T")
TURN_S: Final = 1e-7
START: Final = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)


class Stalled(RuntimeError):
    """Everything waits and nothing is due: in real time this would hang for ever."""


class _JumpingSelector(selectors.DefaultSelector):
    """Instead of waiting, moves the clock of its loop."""

    loop: "JumpingLoop | None" = None

    @override
    def select(self, timeout: float | None = None) -> list[tuple[SelectorKey, int]]:
        ready = super().select(0)
        if ready or self.loop is None:
            return ready
        if timeout is None:
            raise Stalled("every task waits and no timer is set")
        # A turn takes a moment, as it does in real time: else who waits for a rounding error waits for ever.
        self.loop.elapsed_s += max(timeout, 0.0) + TURN_S
        return ready


class JumpingLoop(asyncio.SelectorEventLoop):
    """Use it without threads, sockets or child processes: only timers move it."""

    def __init__(self) -> None:
        self.elapsed_s = 0.0
        selector = _JumpingSelector()
        super().__init__(selector)
        selector.loop = self

    @override
    def time(self) -> float:
        return self.elapsed_s


class LoopClock(Clock):
    """The clock of the running loop; `jump` moves the wall clock alone, as NTP or a suspended laptop does."""

    def __init__(self, start: datetime = START) -> None:
        self._start = start
        self._jumped = timedelta()

    @override
    def now(self) -> datetime:
        return self._start + self._jumped + timedelta(seconds=self.monotonic_s())

    @override
    def monotonic_s(self) -> float:
        return asyncio.get_running_loop().time()

    @override
    async def sleep(self, delay_s: float) -> None:
        await asyncio.sleep(delay_s)

    def jump(self, by: timedelta) -> None:
        """Move the wall clock; the monotonic one does not notice."""
        self._jumped += by


def run_virtually(main: Coroutine[Any, Any, T]) -> T:
    """Run to the end on a jumping loop."""
    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        return runner.run(main)
