"""The last log lines of one resource, followed while the screen is open."""

from collections.abc import Callable
from typing import Final

from typing_extensions import override

from fleet_tui.domain.identity import ResourceKey
from fleet_tui.domain.text import SafeText
from fleet_tui.ui.messages import LogsRead
from fleet_tui.ui.screens.text import TextScreen
from fleet_tui.views.cells import Role
from fleet_tui.views.pieces import word

LOG_LINES: Final = 500
ASK_AGAIN_S: Final = 10.0


class LogScreen(TextScreen):
    """Asks for fresh lines as long as it is there; stays at the end unless scrolled away."""

    def __init__(self, heading: SafeText, key: ResourceKey, ask: Callable[[ResourceKey], None]) -> None:
        super().__init__(heading, [[word("asking the collector for its log", Role.DIM)]])
        self.key: ResourceKey = key
        self._ask: Callable[[ResourceKey], None] = ask

    @override
    def on_mount(self) -> None:
        super().on_mount()
        self._ask(self.key)
        self.set_interval(ASK_AGAIN_S, lambda: self._ask(self.key))

    def on_logs_read(self, message: LogsRead) -> None:
        """Newer lines were read."""
        message.stop()
        if message.key != self.key:
            return
        box = self.query_one("#text-box")
        following = box.scroll_offset.y >= box.max_scroll_y
        if message.lines:
            self.tell([[line] for line in message.lines])
        else:
            self.tell([[word("no log line is known: its provider may have none", Role.DIM)]])
        if following:
            self.call_after_refresh(box.scroll_end, animate=False)
