"""The console's terminal: Textual's own driver with the last net under it, able to take over from the splash."""

import sys
import threading
from base64 import b64encode
from io import TextIOWrapper
from typing import Any, ClassVar, Final, Protocol, cast, runtime_checkable

from textual.app import App
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Key
from textual.message import Message
from typing_extensions import override

from fleet_tui.config.notify import Terminal
from fleet_tui.domain.text import SafeText
from fleet_tui.ui.ascii import in_ascii
from fleet_tui.ui.guard import FrameGuard
from fleet_tui.ui.listening import Listener
from fleet_tui.ui.outlet import Outlet, Patience
from fleet_tui.ui.sgr import compact
from fleet_tui.ui.telling import notice_sequence

_ALTERNATE_SCREEN: Final = "\x1b[?1049h"


def clipboard_sequence(text: SafeText) -> str:
    """OSC 52: what asks a terminal to put text on the clipboard. Safe text is one line, so pasting it runs nothing."""
    return f"\x1b]52;c;{b64encode(text.encode()).decode()}\a"


@runtime_checkable
class Plain(Protocol):
    """An app that may draw with ASCII alone."""

    ascii_only: bool


def draws_ascii(app: object) -> bool:
    """Whether the terminal of this app gets nothing but ASCII."""
    return isinstance(app, Plain) and app.ascii_only


def sent(guard: FrameGuard, data: str, *, ascii_only: bool) -> str:
    """What goes to the terminal: looked at, in as few bytes as can be, and in ASCII where that is all it knows."""
    frame = compact(guard.checked(data))
    return in_ascii(frame) if ascii_only else frame


class Handover(Protocol):
    """What holds the terminal until the console does."""

    @property
    def modes(self) -> list[Any] | None:
        """The terminal's modes from before; None where nothing holds it."""
        ...

    def taken(self) -> None:
        """The console has it now and gives it back at its own end."""
        ...


@runtime_checkable
class MouseDriver(Protocol):
    """A driver that can let the terminal have the mouse."""

    def switch_mouse(self, *, on: bool) -> None:
        """Ask for mouse events, or for none."""
        ...


@runtime_checkable
class KeyHolder(Protocol):
    """A driver that may keep keys until there is something that they could mean; only ctrl-c is heard before."""

    def let_keys(self) -> None:
        """Let go what was kept, in its order, and keep nothing any more."""
        ...


@runtime_checkable
class PatientDriver(Protocol):
    """A driver that waits for a terminal that takes nothing, unless it is told that the end has come."""

    patience: Patience


class ConsoleDriver(LinuxDriver):
    """Writes only what a frame is made of."""

    strict: ClassVar[bool] = False
    handover: ClassVar[Handover | None] = None
    """The splash, if there is one."""
    holds_keys: ClassVar[bool] = False

    def __init__(
        self, app: App[Any], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)  # pyright: ignore[reportUnknownMemberType]
        self.guard: FrameGuard = FrameGuard(strict=self.strict)
        self._on_alternate_screen: bool = self.handover is not None and self.handover.modes is not None
        self._listener: Listener | None = None
        # What Textual asks of it is all there: it writes, flushes, and has a descriptor.
        self._file = cast("TextIOWrapper", Outlet(sys.__stderr__ or sys.stderr))
        self.patience: Patience = Patience()
        self._keeping: threading.Lock = threading.Lock()
        self._keys: list[Message] | None = [] if self.holds_keys else None

    def let_keys(self) -> None:
        with self._keeping:
            kept, self._keys = self._keys, None
            for key in kept or ():
                self.process_message(key)

    def _heard(self, message: Message) -> None:
        with self._keeping:
            if self._keys is not None and isinstance(message, Key) and message.key != "ctrl+c":
                self._keys.append(message)
            else:
                self.process_message(message)

    @override
    def run_input_thread(self) -> None:
        self._listener = Listener(self.fileno, self.exit_event, self._heard, debug=self._debug)
        self._listener.run()

    @override
    def disable_input(self) -> None:
        if self._listener is not None:
            self._listener.wake()
            self._listener = None
        super().disable_input()

    @override
    def write(self, data: str) -> None:
        if data == _ALTERNATE_SCREEN and self._on_alternate_screen:
            # The splash switched already; a second switch would clear what it drew.
            self._on_alternate_screen = False
            return
        self._put(sent(self.guard, data, ascii_only=draws_ascii(self._app)))

    def _put(self, frame: str) -> None:
        if self._writer_thread is not None:
            self.patience.hand(self._writer_thread, frame)

    @override
    def close(self) -> None:
        if self._writer_thread is not None:
            self.patience.stop(self._writer_thread)

    @override
    def _sigcont_application(self, *told: Any) -> None:
        # The kernel sends it with the SIGHUP of a terminal that goes away, and anybody may: what was not suspended
        # would be started a second time, and its first threads would never end.
        if self._must_signal_resume:
            super()._sigcont_application(*told)  # pyright: ignore[reportUnknownMemberType]

    def copy(self, text: SafeText) -> None:
        """Put text on the clipboard: the one way past the net, on an operator's key only."""
        self._put(clipboard_sequence(text))
        self.flush()

    def tell(self, how: Terminal, title: SafeText, text: SafeText, *, tmux: bool) -> None:
        """Ring, or ask for a notice: only where fleet.toml asks for it."""
        self._put(notice_sequence(how, title, text, tmux=tmux))
        self.flush()

    def switch_mouse(self, *, on: bool) -> None:
        """Ask for mouse events, or for none; it stays so when the console comes back from the background."""
        self._mouse = on or self._mouse
        if on:
            self._enable_mouse_support()
        else:
            self._disable_mouse_support()
        self._mouse = on
        self.flush()

    @override
    def start_application_mode(self) -> None:
        super().start_application_mode()  # type: ignore[no-untyped-call]
        if self.handover is not None and self.handover.modes is not None:
            self.attrs_before = self.handover.modes
            self.handover.taken()
