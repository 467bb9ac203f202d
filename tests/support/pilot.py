"""A pilot that waits for facts: Textual's takes a process that gets no processor for one that has nothing to do."""

import asyncio
import time
from typing import Any, Final, TypeVar

import textual.app
import textual.pilot
from textual._queue import Queue
from textual.app import App
from textual.dom import DOMNode
from textual.message_pump import MessagePump
from textual.pilot import Pilot
from typing_extensions import override

Result = TypeVar("Result")
_TURNS: Final = 6
"""So many turns of the loop a key may be on its way from one part of the app to the next."""
_STEP_S: Final = 0.001
_LONGEST_S: Final = 60.0
"""What takes longer waits for something that the test does next."""


class RestingPilot(Pilot[Result]):
    """Comes back from a key, a click or a pause when every part of the app waits for its next message.

    Timers and threads are not waited for: their effects are facts that a test names.
    """

    @override
    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.app._press_keys((key,))
            await self._rest()

    @override
    async def pause(self, delay: float | None = None) -> None:
        if delay is not None:
            await asyncio.sleep(delay)
        await self._rest()

    async def _rest(self) -> None:
        app = self.app
        until_s, calm = time.monotonic() + _LONGEST_S, 0
        while calm < _TURNS and time.monotonic() < until_s and app._running and app._exception is None:
            await asyncio.sleep(0)
            if drawn_is_due(app):
                with app._context():
                    app.screen._on_timer_update()
                calm = 0
            elif rests(app):
                calm += 1
            else:
                # A thread that one of its parts waits for needs the processor, too.
                await asyncio.sleep(0 if calm else _STEP_S)
                calm = 0
        if calm < _TURNS and app._running and app._exception is None:
            busy = [part for part in (app, *app._registry) if not _waits(part)]
            raise AssertionError(f"the app did not come to rest within {_LONGEST_S} s: {busy} {list(app.workers)}")


def drawn_is_due(app: App[Any]) -> bool:
    """Whether something is to be drawn that nothing holds back."""
    if app._batch_count or not app.screen_stack:
        return False
    screen = app.screen
    return bool(
        screen._layout_required
        or screen._scroll_required
        or screen._repaint_required
        or screen._recompose_required
        or screen._dirty_widgets
    )


def rests(app: App[Any]) -> bool:
    """Whether the app, its screens and widgets all wait for a message, and no work between frames is under way."""
    parts: list[DOMNode] = [app, *app._registry]
    return all(map(_waits, parts)) and all(worker.is_finished or worker._thread_worker for worker in app.workers)


def _waits(pump: MessagePump) -> bool:
    if pump._closed or pump._task is None or pump._task.done():
        return True
    queue: Queue[Any] = pump._message_queue
    listens = any(not waiting.done() for waiting in queue.ready_event._waiters)
    return listens and queue.empty() and pump._pending_message is None and not pump._next_callbacks


async def _at_once(min_sleep: float = 0.0, max_sleep: float = 0.0) -> None:
    """The pilot waits itself."""


def rest_instead_of_time() -> None:
    """Let every pilot be one that rests."""
    textual.app.wait_for_idle = _at_once  # type: ignore[attr-defined]
    textual.pilot.Pilot = RestingPilot  # type: ignore[misc]
