"""An event loop whose clock jumps to what is due next: hours pass in milliseconds, in the same order each time."""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from functools import wraps
from selectors import SelectorKey
from typing import Any, Final, ParamSpec, TypeVar

from typing_extensions import override

from fleet_tui.engine.surroundings import MachineClock

P = ParamSpec("P")
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


class LoopClock(MachineClock):
    """The clock of the running loop. `jump` sets the wall clock, as NTP does; `suspend` is a laptop's lid."""

    def __init__(self, start: datetime = START) -> None:
        self._start = start
        self._jumped = timedelta()
        self._slept = timedelta()

    @override
    def now(self) -> datetime:
        return self.true_now() + self._jumped

    def true_now(self) -> datetime:
        """What a clock says that nobody sets: a vendor's."""
        return self._start + timedelta(seconds=self.uptime_s())

    @override
    def monotonic_s(self) -> float:
        return asyncio.get_running_loop().time()

    @override
    def uptime_s(self) -> float:
        return self.monotonic_s() + self._slept.total_seconds()

    @override
    async def sleep(self, delay_s: float) -> None:
        await asyncio.sleep(delay_s)

    def jump(self, by: timedelta) -> None:
        """Move the wall clock; no other one notices."""
        self._jumped += by

    def suspend(self, for_: timedelta) -> None:
        """Time passes and nobody runs: only the monotonic clock does not notice."""
        self._slept += for_


def run_virtually(main: Coroutine[Any, Any, T]) -> T:
    """Run to the end on a jumping loop."""
    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        return runner.run(main)


def virtually(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Make a test that runs on a jumping loop."""

    @wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        run_virtually(test(*args, **kwargs))

    return run
