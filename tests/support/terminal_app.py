"""A program for terminal tests: python -m tests.support.terminal_app WHAT [LOG]. It runs the console's own driver."""

import sys
from pathlib import Path
from typing import Any, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.widgets import Static
from typing_extensions import override

from fleet_tui.domain.text import safe_line
from fleet_tui.ui.driver import ConsoleDriver
from fleet_tui.ui.guarded import GuardedApp
from fleet_tui.ui.text import Line

CLIPBOARD_ATTACK = "\x1b]52;c;cm0gLXJmIH4=\x1b\\\x1b]2;PWNED TITLE\x1b\\MARK"


class TerminalApp(GuardedApp[None]):
    """Draws the attack, safely or carelessly, or without an end where it is `busy`; any key quits, `x` breaks it, `c`
    copies.
    """

    def __init__(self, what: str, log_path: Path | None) -> None:
        super().__init__(log_path=log_path)
        self.what = what
        self.drawn = 0

    @override
    def compose(self) -> ComposeResult:
        if self.what == "careless":
            yield Static(CLIPBOARD_ATTACK, markup=False)
        yield Line(id="line")

    def on_mount(self) -> None:
        """Draw."""
        self.leave_when_told()
        if self.what == "busy":
            self.set_interval(0.01, self._draw_on)
        self.query_one(Line).show(safe_line(CLIPBOARD_ATTACK + " READY"), layout=True)

    def _draw_on(self) -> None:
        self.drawn += 1
        self.query_one(Line).show_rows([[safe_line(f"{self.drawn} {'x' * 90}")]] * 20, layout=True)

    def on_key(self, event: events.Key) -> None:
        """Break, copy or quit."""
        if event.key == "x":
            api_key = "sk-" + "canary" * 4
            token = {"token": "canarycanary"}
            raise KeyError(f"no agent \x1b[2J under password={api_key}", len(token))
        if event.key == "c":
            self.copy_to_clipboard("safe\ntext")
            return
        self.exit()


class Held:
    """A splash that painted nothing."""

    modes: ClassVar[list[Any] | None] = [0, 0, 0, 0, 0, 0, []]

    def taken(self) -> None:
        """Nothing to undo."""


if __name__ == "__main__":
    if sys.argv[1] == "taken-over":
        ConsoleDriver.handover = Held()
    app = TerminalApp(sys.argv[1], Path(sys.argv[2]) if len(sys.argv) > 2 else None)
    app.run()
    sys.exit(app.return_code)
