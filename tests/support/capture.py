"""A terminal for tests: keeps exactly what an app writes, under a strict net, and can say what its screen shows."""

import re
from typing import Any

import pyte
from textual.app import App
from textual.drivers.headless_driver import HeadlessDriver
from textual.pilot import Pilot
from typing_extensions import override

from fleet_tui.config.notify import Terminal
from fleet_tui.domain.text import SafeText
from fleet_tui.ui.driver import clipboard_sequence, draws_ascii, sent
from fleet_tui.ui.guard import FrameGuard
from fleet_tui.ui.telling import notice_sequence

# pyte knows neither synchronized updates nor pointer shapes.
_UNKNOWN_TO_PYTE = re.compile(r"\x1b\[\?2026[hl]|\x1b\]22;[a-z-]*\x07")


class CaptureDriver(HeadlessDriver):
    """Run an app with `App(driver_class=CaptureDriver)` and `run_test(headless=False)` to get its frames here."""

    strict = True

    def __init__(self, app: App[Any], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None):
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self.guard = FrameGuard(strict=self.strict)
        self.writes: list[str] = []
        self.copied: list[str] = []
        self.notices: list[str] = []
        self._followed: list[str] = []
        self._follower = pyte.Screen(1, 1)

    @property
    @override
    def is_headless(self) -> bool:
        return False

    @override
    def write(self, data: str) -> None:
        self.writes.append(sent(self.guard, data, ascii_only=draws_ascii(self._app)))

    def copy(self, text: SafeText) -> None:
        """As the console's driver does."""
        self.copied.append(clipboard_sequence(text))

    def tell(self, how: Terminal, title: SafeText, text: SafeText, *, tmux: bool) -> None:
        """As the console's driver does."""
        self.notices.append(notice_sequence(how, title, text, tmux=tmux))

    @property
    def text(self) -> str:
        """Everything written so far."""
        return "".join(self.writes)

    def screen(self) -> list[str]:
        """The lines a terminal would show now."""
        return [line.rstrip() for line in self._following().display]

    def column_of(self, line: int, text: str) -> int:
        """In which cell of a line a text without wide characters begins; -1 where it is not."""
        terminal = self._following()
        cells = [terminal.buffer[line][column].data[:1] or "\x00" for column in range(terminal.columns)]
        return "".join(cells).find(text)

    def terminal(self) -> pyte.Screen:
        """A terminal that has read everything written so far."""
        width, height = self._get_terminal_size()
        terminal = pyte.Screen(width, height)
        _feed(terminal, self.writes)
        return terminal

    def _following(self) -> pyte.Screen:
        """The same, but one that reads on where it stopped: a test looks often, and pyte reads slowly."""
        read = len(self._followed)
        follower = self._follower
        if self.writes[:read] != self._followed or (follower.columns, follower.lines) != self._get_terminal_size():
            read, self._follower = 0, pyte.Screen(*self._get_terminal_size())
        _feed(self._follower, self.writes[read:])
        self._followed = self.writes.copy()
        return self._follower


def _feed(terminal: pyte.Screen, writes: list[str]) -> None:
    pyte.Stream(terminal).feed(_UNKNOWN_TO_PYTE.sub("", "".join(writes)).replace("\n", "\r\n"))


def captured(pilot: Pilot[Any]) -> CaptureDriver:
    """The driver of a running test."""
    driver = pilot.app._driver
    assert isinstance(driver, CaptureDriver)
    return driver
