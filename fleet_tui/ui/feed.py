"""Reads the store in a thread of its own and keeps the deltas until the app takes them, in order and none twice."""

import threading
from collections import deque
from collections.abc import Callable
from typing import Final

from textual.message import Message

from fleet_tui import clock
from fleet_tui.bell import Bell, PlainBell
from fleet_tui.domain.delta import FleetDelta, in_pieces
from fleet_tui.ports import FleetReader, StoreError
from fleet_tui.ui.messages import FleetPolled, StoreTrouble

WAKE_S: Final = 0.05
"""Between two looks while something moves."""
SETTLE_S: Final = 0.02
"""From the first write of a transaction to the look at it: by then most are committed."""
REST_S: Final = 0.1
"""Between two looks while nothing moves and nobody tells: a look costs 7 microseconds of work and 150 of waking up."""
LONG_REST_S: Final = 0.25
LONG_AFTER: Final = 1200
"""Looks in a row that found nothing, some two minutes of them."""
NET_S: Final = 1.0
"""The same where writes are told: in case one was not."""
TROUBLE_S: Final = 1.0
DRAWN_S: Final = 1.0
"""So long the rest of a load waits for the frame that shows its first rows: both would only make each other late."""
PIECE_ROWS: Final = 1000
"""What the app takes in at once: some ten milliseconds, so that a key never waits for a hundred thousand rows."""


class Stopped(Exception):
    """Nobody wants the rest of what is being read."""


class Pace:
    """How long to sleep between two looks: longer after each that found nothing, and longest where writes are told."""

    def __init__(self) -> None:
        self.pause_s: float = WAKE_S
        self._trusts: bool = True
        self._told: bool = False
        self._in_vain: int = 0

    def rang(self, since_s: float) -> float:
        """A write was told, so long after the last look; after how many seconds to look. Its commit may be seen a
        moment later only, so the next looks follow soon.
        """
        settle_s = max(SETTLE_S, WAKE_S - since_s)
        self.pause_s, self._trusts, self._told, self._in_vain = WAKE_S, True, True, 0
        return settle_s

    def found(self) -> None:
        """A look found a commit. One that nobody told means that this place tells nothing."""
        self._trusts &= self._told or self.pause_s < NET_S
        self.pause_s, self._in_vain = WAKE_S, 0

    def in_vain(self, *, hears: bool) -> None:
        """A look found nothing."""
        self._in_vain += 1
        self._told = False
        long_s = LONG_REST_S if self._in_vain > LONG_AFTER else REST_S
        self.pause_s = min(2 * self.pause_s, NET_S if hears and self._trusts else long_s)


class Feed:
    """`run` belongs into a thread; `take` into the app's."""

    def __init__(
        self, reader: FleetReader, post: Callable[[Message], object], bell: Callable[[], Bell] = PlainBell
    ) -> None:
        self._reader: FleetReader = reader
        self._post: Callable[[Message], object] = post
        self._make_bell: Callable[[], Bell] = bell
        self._bell: Bell | None = None
        self._stop: threading.Event = threading.Event()
        self._drawn: threading.Event = threading.Event()
        self._deltas: deque[FleetDelta] = deque()
        self._revision: int | None = None
        self._trouble: bool = False
        self._pace: Pace = Pace()

    def stop(self) -> None:
        """Let `run` end: at once where it sleeps, and after the rows at hand where it reads."""
        self._stop.set()
        self._drawn.set()
        if self._bell is not None:
            self._bell.ring()

    def drawn(self) -> None:
        """The first rows stand on the screen; from any thread."""
        self._drawn.set()

    def take(self) -> FleetDelta | None:
        """The next delta, or None."""
        try:
            return self._deltas.popleft()
        except IndexError:
            return None

    @property
    def waiting(self) -> bool:
        return bool(self._deltas)

    def run(self) -> None:
        """Load, then follow until stopped. Trouble with the store is told and tried again, never the end."""
        try:
            while not self._stop.is_set():
                try:
                    self._read()
                except StoreError as error:
                    self._tell(str(error))
                    self._stop.wait(TROUBLE_S)
                    continue
                self._tell("")
                self._sleep()
        except Stopped:
            pass
        finally:
            if self._bell is not None:
                self._bell.close()

    def _sleep(self) -> None:
        if self._bell is None:
            # Not before the first rows are here: what listens for writes takes as long to load as many of them.
            self._bell = self._make_bell()
        if self._stop.is_set():
            return
        began_s = clock.monotonic_s()
        if self._bell.wait(self._pace.pause_s):
            self._stop.wait(self._pace.rang(clock.monotonic_s() - began_s))
            # What was told until now is seen by the look that follows.
            self._bell.wait(0.0)

    @property
    def _hears(self) -> bool:
        return self._bell is not None and self._bell.hears

    def _read(self) -> None:
        if self._revision is None:
            self._revision = self._reader.load(self._keep, chunk=PIECE_ROWS)
        elif self._reader.woken() or self._trouble:
            delta = self._reader.changes(self._revision)
            self._revision = delta.revision
            if delta.empty:
                # Our own last write, or a checkpoint.
                self._pace.in_vain(hears=self._hears)
            else:
                self._pace.found()
                self._keep(delta)
        else:
            self._pace.in_vain(hears=self._hears)

    def _keep(self, delta: FleetDelta) -> None:
        if self._stop.is_set():
            raise Stopped
        for piece in in_pieces(delta, PIECE_ROWS):
            self._deltas.append(piece)
            self._post(FleetPolled())
        if not delta.last:
            self._drawn.wait(DRAWN_S)

    def _tell(self, sentence: str) -> None:
        if sentence or self._trouble:
            self._post(StoreTrouble(sentence))
        self._trouble = bool(sentence)
