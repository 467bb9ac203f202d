"""A chart with its heading. Drawn in a thread when something in it changed, and never while it is hidden."""

from typing import Final

from textual import events
from textual.message import Message

from fleet_tui.domain.dataclass import dataclass
from fleet_tui.ui.text import Line
from fleet_tui.views.cells import Role
from fleet_tui.views.chart import Chart
from fleet_tui.views.pieces import Line as Words
from fleet_tui.views.pieces import word

_LEAST_CELLS: Final = 24
_LEAST_LINES: Final = 4


@dataclass
class ChartDrawn(Message):
    """A drawing is done; an older one than was asked for last is thrown away."""

    number: int
    lines: list[Words]


class ChartBox(Line):
    """Shows one chart. plotext is imported with the first one."""

    def __init__(self, *, id: str, ascii_only: bool = False) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._ascii_only: bool = ascii_only
        self._chart: Chart | None = None
        self._heading: Words = ()
        self._nothing: Words = ()
        self._role: Role = Role.MONEY
        self._number: int = 0

    def tell(self, chart: Chart | None, *, heading: Words, nothing: str, role: Role) -> None:
        """Show this; `nothing` says what it means where no point is known."""
        before = (self._chart, self._heading)
        self._chart, self._heading, self._role = chart, heading, role
        self._nothing = (word(f"  {nothing}", Role.DIM),)
        if before != (chart, heading):
            self._redraw()

    def on_resize(self, event: events.Resize) -> None:
        """Another size, another drawing."""
        del event
        self._redraw()

    def _redraw(self) -> None:
        width, height = self.size.width, self.size.height - 1
        self._number += 1
        chart = self._chart
        if chart is None or not chart.known or width < _LEAST_CELLS or height < _LEAST_LINES:
            self.show_rows([self._heading, *([] if chart is not None and chart.known else [self._nothing])])
            return
        number, role, ascii_only = self._number, self._role, self._ascii_only

        def draw() -> None:
            from fleet_tui.ui.plot import drawn  # noqa: PLC0415 - 90 ms that a start does not pay

            self.post_message(ChartDrawn(number, drawn(chart, width, height, ascii_only=ascii_only, role=role)))

        self.run_worker(draw, thread=True, group="chart")

    def on_chart_drawn(self, message: ChartDrawn) -> None:
        """Show it, unless something else is to be shown by now."""
        message.stop()
        if message.number == self._number:
            self.show_rows([self._heading, *message.lines])
