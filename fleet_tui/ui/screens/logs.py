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
READ_AGAIN_S: Final = 1.0


class LogScreen(TextScreen):
    """Asks for fresh lines as long as it is there; stays at the end unless scrolled away."""

    def __init__(
        self,
        heading: SafeText,
        key: ResourceKey,
        *,
        ask: Callable[[ResourceKey], None],
        read: Callable[[ResourceKey], None],
    ) -> None:
        super().__init__(heading, [[word("asking the collector for its log", Role.DIM)]])
        self.key: ResourceKey = key
        self._ask: Callable[[ResourceKey], None] = ask
        self._read: Callable[[ResourceKey], None] = read
        self._shown: tuple[SafeText, ...] = ()

    @override
    def on_mount(self) -> None:
        super().on_mount()
        self._ask(self.key)
        self.set_interval(ASK_AGAIN_S, lambda: self._ask(self.key))
        self.set_interval(READ_AGAIN_S, lambda: self._read(self.key))
        self.set_timer(ASK_AGAIN_S, self._say_none)

    def on_logs_read(self, message: LogsRead) -> None:
        """Newer lines were read."""
        message.stop()
        if message.key != self.key or message.lines == self._shown:
            return
        self._shown = message.lines
        box = self.query_one("#text-box")
        following = box.scroll_offset.y >= box.max_scroll_y
        self.tell([[line] for line in message.lines])
        if following:
            self.call_after_refresh(box.scroll_end, animate=False)

    def _say_none(self) -> None:
        if not self._shown:
            self.tell([[word("no log line is known: its provider may have none", Role.DIM)]])
