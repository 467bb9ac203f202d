"""The log of one resource: followed, by run, in windows of time, searched. What is not on the page is not drawn."""

from collections.abc import Sequence
from typing import ClassVar, Final, Protocol

from textual.binding import Binding, BindingType
from textual.message import Message
from typing_extensions import override

from fleet_tui import clock
from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.identity import ResourceKey
from fleet_tui.domain.log import LogLine, LogState
from fleet_tui.domain.reading import SourceStatus
from fleet_tui.domain.text import SafeText
from fleet_tui.ui.screens.text import BookScreen
from fleet_tui.ui.session import Session
from fleet_tui.ui.text import title
from fleet_tui.ui.widgets.lines import LinesView
from fleet_tui.views.book import FixedPages, Place
from fleet_tui.views.cells import Cell
from fleet_tui.views.logs import LogPages, Window, heading, nothing_words
from fleet_tui.views.pieces import Line, word

ASK_AGAIN_S: Final = 10.0
READ_AGAIN_S: Final = 1.0
_HINT: Final = "s follow  L run before  m mark  0-5 window  / search  w wrap  t time  z whole screen  esc back"


@dataclass
class LogsRead(Message):
    """Lines that came behind those that are here, and what is kept in all; None: what was told before is so still."""

    key: ResourceKey
    lines: tuple[LogLine, ...]
    state: LogState | None


class LogDesk(Protocol):
    """What the screen asks of the app."""

    session: Session

    def ask_logs(self, key: ResourceKey) -> None:
        """Have the collector follow a log for a while."""
        ...

    def read_logs(self, key: ResourceKey, seq: int) -> None:
        """Read what the store holds behind `seq`, in a thread; it comes as `LogsRead`."""
        ...

    def log_status(self, key: ResourceKey) -> SourceStatus | None: ...


class LogScreen(BookScreen):
    """Asks for fresh lines as long as it is there; stays at the end unless scrolled away."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("l", "run_now", "This run", show=False),
        Binding("L", "run_before", "The run before", show=False),
        Binding("s,F", "follow", "Follow", show=False),
        Binding("t", "stamps", "Times", show=False),
        Binding("m", "mark", "Mark", show=False),
        *(Binding(str(one.value), f"window({one.value})", one.title, show=False) for one in Window),
    ]
    hint = _HINT

    def __init__(self, heading: SafeText, keys: Sequence[ResourceKey], desk: LogDesk, *, before: bool = False) -> None:
        self.pages: LogPages = LogPages()
        super().__init__(heading, self.pages, wrap=False)
        self._keys: Sequence[ResourceKey] = keys
        self._at: int = 0
        self._desk: LogDesk = desk
        self._state: LogState | None = None
        self._opened_s: float = clock.monotonic_s()
        self._before: bool = before
        """The run before the present one is asked for, once it is known which that is."""
        self._newest_run: str | None = None
        self._shows_nothing: bool = True
        self._reading: bool = False
        self.book.at_end = True

    @property
    def key(self) -> ResourceKey:
        """Whose log is shown."""
        return self._keys[self._at]

    @override
    def on_mount(self) -> None:
        super().on_mount()
        self._open()
        self.set_interval(ASK_AGAIN_S, lambda: self._desk.ask_logs(self.key))
        self.set_interval(READ_AGAIN_S, self._read)

    def _open(self) -> None:
        self._opened_s = clock.monotonic_s()
        self._desk.ask_logs(self.key)
        self._reading = False
        self._read()

    def _read(self) -> None:
        if self._reading:
            return
        self._reading = True
        self._desk.read_logs(self.key, self.pages.last_seq)

    def on_logs_read(self, message: LogsRead) -> None:
        """Newer lines were read, or there are none."""
        message.stop()
        if message.key != self.key:
            return
        self._reading = False
        self._state = message.state or self._state
        self._follow_run()
        gone = self.pages.take(message.lines)
        if self.pages.window.span is not None:
            self._choose()
        elif gone:
            self.book.top = Place(max(0, self.book.top.line - gone), self.book.top.row)
            self.book.turn()
        self._show()

    def _follow_run(self) -> None:
        runs = [run.generation for run in self._state.runs] if self._state is not None else []
        newest = runs[-1] if runs else None
        if newest == self._newest_run:
            return
        followed = self.pages.run in {None, self._newest_run}
        self._newest_run = newest
        if self._before and len(runs) > 1:
            self._before = False
            self.pages.run = runs[-2]
        elif followed:
            self.pages.run = newest or None
        self._choose()

    def _choose(self) -> None:
        """Show other lines, at the line that was on top where it is still shown."""
        seq = self.pages.seq_at(self.book.top.line)
        self.pages.choose(self._desk.session.now())
        self.book.top = Place(self.pages.place_of(seq))
        self.book.turn()

    def _show(self) -> None:
        now, status = self._desk.session.now(), self._desk.log_status(self.key)
        nothing = self.pages.count() == 0
        if nothing:
            asked_s = clock.monotonic_s() - self._opened_s
            self.book.turn(FixedPages(nothing_words(self.pages, self._state, status, now, asked_s=asked_s)))
        elif self._shows_nothing:
            self.book.turn(self.pages)
        self._shows_nothing = nothing
        self.query_one(LinesView).draw()
        runs = [run.generation for run in self._state.runs] if self._state is not None else []
        kept = sum(run.lines for run in self._state.runs) if self._state is not None else 0
        self._tell_heading(heading(self.pages, runs, status, now, follow=self.book.at_end, kept=kept))

    def _tell_heading(self, line: Line) -> None:
        cells: list[Cell] = [word("  "), *line]
        title(self.query_one("#text-box"), self._heading, *cells)

    def action_follow(self) -> None:
        """Stay at the end when lines come, or stay here."""
        if self.book.at_end:
            self.book.at_end = False
        else:
            self.book.to_last()
        self._show()

    def action_run_now(self) -> None:
        """The present run; from there back."""
        if self._at == 0 and self.pages.run in {None, self._newest_run}:
            self.dismiss(None)
        elif self._at:
            self._go_to(0)
        else:
            self._show_run(self._newest_run)

    def action_run_before(self) -> None:
        """The run before the one that is shown: of this resource, else what the agent ran in before."""
        runs = [run.generation for run in self._state.runs] if self._state is not None else []
        at = runs.index(self.pages.run) if self.pages.run in runs else len(runs) - 1
        if at > 0:
            self._show_run(runs[at - 1])
        elif self._at + 1 < len(self._keys):
            self._go_to(self._at + 1)
        else:
            self.tell_hint("no run before this one is kept")

    def _show_run(self, run: str | None) -> None:
        self.pages.run = run or None
        self.tell_hint()
        self._choose()
        self.book.to_last()
        self._show()

    def _go_to(self, at: int) -> None:
        self._at = at
        self._state, self._newest_run = None, None
        self.pages = LogPages()
        self.book.turn(self.pages)
        self.book.at_end = True
        self._open()
        self._show()

    def action_stamps(self) -> None:
        """The time before each line, or not."""
        self.pages.stamps = not self.pages.stamps
        self.turned()

    def action_mark(self) -> None:
        """A line under what came until now."""
        if self._state is None:
            self.tell_hint("the log is not read yet: there is nothing to mark")
            return
        self.pages.set_mark()
        self._choose()
        self._show()
        self.tell_hint("marked: what comes from now on begins with a bright time; 5 shows only that")

    def action_window(self, place: int) -> None:
        """How far back lines are shown."""
        window = Window(place)
        if window is Window.MARK and self.pages.mark is None:
            self.tell_hint("m sets a mark first")
            return
        self.pages.window = window
        self.tell_hint()
        self._choose()
        self._show()
