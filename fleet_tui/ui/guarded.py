"""The app the console stands on: guarded terminal, our own crash screen, a clipboard that takes safe text only."""

import asyncio
import logging
import signal
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar, runtime_checkable

from rich.console import RenderableType
from textual import on
from textual.app import App
from textual.driver import Driver
from textual.events import Event, Key
from typing_extensions import override

from fleet_tui.config.redact import redact
from fleet_tui.domain.text import SafeText, safe_line
from fleet_tui.ui.crash import crash_lines, crash_record
from fleet_tui.ui.crop import tighten
from fleet_tui.ui.driver import ConsoleDriver, PatientDriver
from fleet_tui.ui.hand import Hand
from fleet_tui.ui.text import printed
from fleet_tui.ui.themes import variable_defaults

_log: Final = logging.getLogger("fleet_tui.ui")
_Result = TypeVar("_Result")


@runtime_checkable
class Clipboard(Protocol):
    """A driver that can put text on the terminal's clipboard."""

    def copy(self, text: SafeText) -> None:
        """Send it."""
        ...


class GuardedApp(App[_Result]):
    """Breaks in our words: where the log is, no local variables, no vendor's text that was not made safe."""

    ENABLE_COMMAND_PALETTE = False
    ascii_only: bool = False
    """The terminal gets nothing but ASCII."""

    def __init__(
        self,
        *,
        log_path: Path | None = None,
        redact_text: Callable[[str], str] = redact,
        driver_class: type[Driver] = ConsoleDriver,
    ) -> None:
        tighten()
        # Given explicitly, so that TEXTUAL_DRIVER cannot name another.
        super().__init__(driver_class=driver_class)
        self._log_path: Path | None = log_path
        self._redact: Callable[[str], str] = redact_text
        self.hand: Hand = Hand()
        self._heard_before: list[tuple[signal.Signals, Any]] = []

    @override
    async def on_event(self, event: Event) -> None:
        # Before anything is done with it: a key that opens a dialog is known to it as the one before its own.
        if isinstance(event, Key) and not event.is_forwarded:
            if self._exit or not self.screen_stack:
                # It came behind the one that left: nothing is there any more that it could mean.
                return
            self.hand.key(event.time)
        await super().on_event(event)

    def leave_when_told(self) -> None:
        """Leave as by quitting when the system ends us or the terminal goes away, with the code a shell expects."""
        loop = asyncio.get_running_loop()

        def leave(told: int, _frame: object) -> None:
            # Heard by the loop alone it would not be heard while that waits for a terminal that stands still.
            if isinstance(self._driver, PatientDriver):
                self._driver.patience.end()
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(partial(self.exit, return_code=128 + told))

        self._heard_before = [(told, signal.signal(told, leave)) for told in (signal.SIGTERM, signal.SIGHUP)]

    def leave_no_more(self) -> None:
        """It is left: whoever heard such words before hears them again."""
        for told, before in self._heard_before:
            signal.signal(told, before or signal.SIG_DFL)
        self._heard_before = []

    @on(Driver.SignalResume)
    def _draw_all(self) -> None:
        # The terminal that one comes back to is empty, and nothing of ours changed meanwhile.
        self.refresh(layout=True)

    @override
    def get_theme_variable_defaults(self) -> dict[str, str]:
        return variable_defaults()

    @override
    def copy_to_clipboard(self, text: str) -> None:
        safe = safe_line(text)
        self._clipboard = safe
        if isinstance(self._driver, Clipboard):
            self._driver.copy(safe)

    @override
    def _handle_exception(self, error: Exception) -> None:
        # Textual would let an error draw itself, or draw a traceback with all local variables.
        self._return_code = 1
        if self._exception is None:
            self._exception = error
            self._exception_event.set()  # pyright: ignore[reportUnknownMemberType] - Textual leaves it untyped
        _log.error("the console broke\n%s", crash_record(error, self._redact))
        self._break_down(crash_lines(error, self._log_path, self._redact))

    @override
    def panic(self, *renderables: RenderableType) -> None:
        # Called by Textual's input thread and by whoever gives up; what it would print is not ours to judge.
        reason = RuntimeError("the terminal or a part of Textual gave up")
        _log.error("%s", reason)
        self._break_down(crash_lines(reason, self._log_path, self._redact))

    def _break_down(self, lines: list[SafeText]) -> None:
        if not self._exit_renderables:
            self._exit_renderables.append(printed(lines))
        self._close_messages_no_wait()
