"""Log lines as they are shown: which run, which window of time. Bounded by lines and bytes."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Final

from fleet_tui.domain.agent import Agent
from fleet_tui.domain.capability import Capability
from fleet_tui.domain.log import LogLine, LogState
from fleet_tui.domain.reading import SourceStatus
from fleet_tui.domain.resource import Resource
from fleet_tui.domain.text import safe_line
from fleet_tui.views.ages import age
from fleet_tui.views.cells import Cell, Role
from fleet_tui.views.pieces import Line, counted, word
from fleet_tui.views.sources import is_bad, source_words

LINES_KEPT: Final = 5000
BYTES_KEPT: Final = 4 * 1024 * 1024
_TRIM: Final = 250
"""So many lines go at once when there are too many."""
_STAMP_CELLS: Final = 10
_COLOURS: Final = re.compile(r"\x1b\[[0-9;:]*m")


class Window(Enum):
    """How far back lines are shown. The value is the key's place: 0 all, 1 the shortest."""

    ALL = 0
    MINUTE = 1
    MINUTES_5 = 2
    MINUTES_15 = 3
    HOUR = 4
    MARK = 5

    @property
    def span(self) -> timedelta | None:
        return _SPANS.get(self)

    @property
    def title(self) -> str:
        return _TITLES[self]


_SPANS: Final = {
    Window.MINUTE: timedelta(minutes=1),
    Window.MINUTES_5: timedelta(minutes=5),
    Window.MINUTES_15: timedelta(minutes=15),
    Window.HOUR: timedelta(hours=1),
}
_TITLES: Final = {
    Window.ALL: "all",
    Window.MINUTE: "last 1m",
    Window.MINUTES_5: "last 5m",
    Window.MINUTES_15: "last 15m",
    Window.HOUR: "last 1h",
    Window.MARK: "since the mark",
}


def logged(agent: Agent) -> tuple[Resource, ...]:
    """What of an agent keeps a log: what leads it first, the others newest first."""
    newest = sorted(agent.resources, key=lambda r: (r.created_at is None, -(r.created_at or _LONG_AGO).timestamp()))
    candidates = dict.fromkeys((*((agent.lead,) if agent.lead else ()), *newest))
    return tuple(r for r in candidates if Capability.LOGS in r.capabilities)


_LONG_AGO: Final = datetime.fromtimestamp(0, UTC)


class LogPages:
    """The lines of one resource's log that are kept here, and which of them are shown."""

    def __init__(self, *, lines_kept: int = LINES_KEPT, bytes_kept: int = BYTES_KEPT) -> None:
        self._lines_kept = lines_kept
        self._bytes_kept = bytes_kept
        self._lines: list[LogLine] = []
        self._shown: list[LogLine] = []
        self.size_bytes = 0
        self.stamps = True
        self.window = Window.ALL
        self.run: str | None = None
        """The run whose lines are shown; None: all of them."""
        self.mark: int | None = None
        """The last line there was when the mark was set."""
        self._since: datetime | None = None

    @property
    def last_seq(self) -> int:
        return self._lines[-1].seq if self._lines else 0

    @property
    def held(self) -> int:
        return len(self._lines)

    @property
    def of_run(self) -> int:
        """How many lines are here of the run that is shown, in whatever window."""
        return self.held if self.run is None else sum(line.generation == self.run for line in self._lines)

    @property
    def newest(self) -> datetime | None:
        return next((at for line in reversed(self._shown) if (at := line.moment) is not None), None)

    def take(self, lines: Sequence[LogLine]) -> int:
        """Add lines behind the others; how many lines left the top of what is shown."""
        self._lines += lines
        self.size_bytes += sum(map(_size, lines))
        self._shown += [line for line in lines if self._shows(line)]
        return self._trim()

    def _trim(self) -> int:
        over = len(self._lines) - self._lines_kept
        if over <= 0 and self.size_bytes <= self._bytes_kept:
            return 0
        cut = max(over + min(_TRIM, self._lines_kept // 4), 0) if over > 0 else 0
        freed = sum(map(_size, self._lines[:cut]))
        while cut < len(self._lines) and self.size_bytes - freed > self._bytes_kept:
            freed += _size(self._lines[cut])
            cut += 1
        del self._lines[:cut]
        self.size_bytes -= freed
        first = self._lines[0].seq if self._lines else 0
        gone = bisect_left(self._shown, first, key=lambda line: line.seq) if self._lines else len(self._shown)
        del self._shown[:gone]
        return gone

    def choose(self, now: datetime) -> None:
        """Look anew at which lines are shown: another window, another run, or time passed."""
        span = self.window.span
        self._since = None if span is None else now - span
        self._shown = [line for line in self._lines if self._shows(line)]

    def _shows(self, line: LogLine) -> bool:
        if self.run is not None and line.generation != self.run:
            return False
        if self.window is Window.MARK:
            return self.mark is None or line.seq > self.mark
        return self._since is None or (line.moment is not None and line.moment >= self._since)

    def set_mark(self) -> None:
        self.mark = self.last_seq

    def place_of(self, seq: int) -> int:
        """The place of the first shown line that is no older than `seq`."""
        return bisect_left(self._shown, seq, key=lambda line: line.seq)

    def seq_at(self, index: int) -> int:
        return self._shown[index].seq if 0 <= index < len(self._shown) else 0

    def count(self) -> int:
        return len(self._shown)

    def indent(self, index: int) -> int:
        del index
        return _STAMP_CELLS if self.stamps else 2

    def line(self, index: int) -> Line:
        """Colours that the agent wrote are left out; every other control is shown as what it is."""
        line = self._shown[index]
        text = Cell(safe_line(_COLOURS.sub("", line.text)))
        first = index == 0 or self._shown[index - 1].seq <= (self.mark or 0)
        marked = self.mark is not None and line.seq > self.mark and first
        stamp = (_stamp(line, marked=marked),) if self.stamps or marked else ()
        return (*stamp, text)


def _stamp(line: LogLine, *, marked: bool) -> Cell:
    at = line.moment
    clock = "        ?" if at is None else f"{'~' if line.at is None else ' '}{at.astimezone(UTC):%H:%M:%S}"
    return word(f"{clock} ", Role.TITLE if marked else Role.DIM)


def _size(line: LogLine) -> int:
    return len(line.text.encode("utf-8", "surrogatepass")) + 1


def run_words(run: str | None, runs: Iterable[str]) -> str:
    """`run 2 of 3`, `run 2`, `all runs`; what tells no runs apart says nothing."""
    known = [one for one in runs if one]
    if not known:
        return ""
    if run is None:
        return f"all {len(known)} runs" if len(known) > 1 else f"run {known[0]}"
    return f"run {safe_line(run, 20)}" + (f" of {safe_line(known[-1], 20)}" if len(known) > 1 else "")


def nothing_words(
    pages: LogPages, state: LogState | None, status: SourceStatus | None, now: datetime, *, asked_s: float
) -> list[Line]:
    """Why no line is shown: not read yet, unreachable, empty, and nothing in the window are four things."""
    if pages.held:
        of_run = f" of run {safe_line(pages.run, 20)}" if pages.run is not None else ""
        text = f"no line{of_run} in this window ({pages.window.title}); {counted(pages.of_run, 'line')} outside it"
        return [(word(text, Role.DIM),), (word("0 shows all", Role.DIM),)]
    if status is not None and is_bad(status, now):
        return [(word("its source cannot be read now, and no line is known from before", Role.BAD),),
                (source_words(status, now),)]  # fmt: skip
    if state is not None:
        at = f"{state.read_at.astimezone(UTC):%H:%M:%S}Z"
        return [(word(f"EMPTY: the log was read at {at} and holds no line", Role.DIM),)]
    if asked_s < _PATIENCE_S:
        return [(word("asking the collector for its log", Role.DIM),)]
    return [
        (word(f"not read for {asked_s:.0f} s: no answer from the collector", Role.WARN),),
        (word("fleet-tui collect --status tells whether one is alive", Role.DIM),),
    ]


_PATIENCE_S: Final = 10.0


def heading(
    pages: LogPages, runs: Sequence[str], status: SourceStatus | None, now: datetime, *, follow: bool, kept: int
) -> Line:
    """What is shown and how sure it is, behind the name: run, follow, window, lines, how old the newest is."""
    parts: list[Cell] = []
    if run := run_words(pages.run, runs):
        parts.append(word(run, Role.STRONG))
    if pages.run is not None and runs and pages.run != runs[-1]:
        parts.append(word("over", Role.DIM))
    else:
        parts.append(word("following", Role.GOOD) if follow else word("not following", Role.DIM))
    parts.append(word(pages.window.title, Role.DIM if pages.window is Window.ALL else Role.WARN))
    parts.append(word(counted(pages.count(), "line"), Role.DIM))
    if kept > pages.held:
        parts.append(word(f"{kept - pages.held} older in the store", Role.DIM))
    if pages.newest is not None:
        newest = age(pages.newest, now)
        parts.append(word(f"newest {newest}{'' if newest == 'now' else ' ago'}", Role.DIM))
    if status is not None and is_bad(status, now):
        parts.append(source_words(status, now))
    cells: list[Cell] = []
    for part in parts:
        cells += [word("  "), part] if cells else [part]
    return tuple(cells)
