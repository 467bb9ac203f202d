"""The whole story of one agent with its CPU and memory over time. What is not in the model is read in a thread."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from typing_extensions import override

from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.history import Sample
from fleet_tui.domain.text import SafeText
from fleet_tui.domain.watch import Watch
from fleet_tui.ui.screens.text import Lines, TextScreen
from fleet_tui.ui.widgets.chart import ChartBox
from fleet_tui.views.cells import Role
from fleet_tui.views.chart import Chart, samples_chart
from fleet_tui.views.pieces import Line, word
from fleet_tui.views.story import Past

CHARTS_LINES: Final = 26
"""Below this height the story has all of the screen."""
_SPANS: Final = (timedelta(hours=1), timedelta(hours=6), timedelta(hours=24), timedelta(days=7))
_MIB: Final = 1024 * 1024
_CURVE: Final = 2
"""So many measurements make a curve."""
_HOUR_S: Final = 3600
_DAYS_FROM_H: Final = 48


@dataclass
class PastRead(Message):
    """What happened to the agent, and what was measured of it; None where nothing of it is measured."""

    past: Past
    samples: tuple[Sample, ...] | None
    watched: tuple[Watch, ...] = ()


class DetailScreen(TextScreen):
    """`read` starts the reading; `story` makes the lines of what is known by then."""

    def __init__(
        self,
        heading: SafeText,
        story: Callable[[Past | None], Lines],
        read: Callable[["DetailScreen"], None],
        *,
        now: Callable[[], datetime],
        ascii_only: bool,
    ) -> None:
        super().__init__(heading, story(None))
        self._story: Callable[[Past | None], Lines] = story
        self._read: Callable[[DetailScreen], None] = read
        self._now: Callable[[], datetime] = now
        self._ascii_only: bool = ascii_only

    @override
    def above(self) -> ComposeResult:
        with Horizontal(id="detail-charts"):
            yield ChartBox(id="cpu-chart", ascii_only=self._ascii_only)
            yield ChartBox(id="memory-chart", ascii_only=self._ascii_only)

    @override
    def on_mount(self) -> None:
        super().on_mount()
        self.query_one("#detail-charts").display = False
        self._read(self)

    def on_past_read(self, message: PastRead) -> None:
        """Show it."""
        message.stop()
        self.tell(self._story(message.past))
        kept = message.samples or ()
        shown = len(kept) >= _CURVE and self.size.height >= CHARTS_LINES
        self.query_one("#detail-charts").display = shown
        if not shown:
            return
        now = self._now()
        span = span_of(kept, now)
        for name, unit, value in (("cpu", "%", _cpu), ("memory", "MB", _memory)):
            chart = samples_chart(kept, message.watched, now, span=span, unit=unit, value=value)
            self.query_one(f"#{name}-chart", ChartBox).tell(
                chart, heading=_heading(name, span, chart), nothing="no measurement is kept yet", role=Role.RUN
            )


def span_of(samples: tuple[Sample, ...], now: datetime) -> timedelta:
    """The shortest span that shows all that is kept."""
    oldest = now - samples[0].at if samples else timedelta()
    return next((span for span in _SPANS if span >= oldest), _SPANS[-1])


def _cpu(sample: Sample) -> float | None:
    return sample.cpu_percent


def _memory(sample: Sample) -> float | None:
    return None if sample.memory_bytes is None else sample.memory_bytes / _MIB


def _heading(name: str, span: timedelta, chart: Chart) -> Line:
    hours = int(span.total_seconds()) // _HOUR_S
    long = f"{hours}h" if hours < _DAYS_FROM_H else f"{hours // 24}d"
    title = word(f"{name}, last {long}, UTC", Role.TITLE)
    if not chart.known:
        return (title,)
    return (title, word(f"  highest {chart.highest:.0f} {chart.unit}", Role.DIM))
