"""Reads the store in a thread of its own and keeps the deltas until the app takes them, in order and none twice."""

import threading
from collections import deque
from collections.abc import Callable
from typing import Final

from textual.message import Message

from fleet_tui.domain.delta import FleetDelta, in_pieces
from fleet_tui.ports import FleetReader, StoreError
from fleet_tui.ui.messages import FleetPolled, StoreTrouble

WAKE_S: Final = 0.05
REST_WAKE_S: Final = 0.1
"""Between two looks while nothing moves: a look costs 7 microseconds of work and 150 of waking up."""
RESTS_AFTER: Final = 20
"""Looks in a row that found nothing."""
TROUBLE_S: Final = 1.0
PIECE_ROWS: Final = 1000
"""What the app takes in at once: some ten milliseconds, so that a key never waits for a hundred thousand rows."""


class Feed:
    """`run` belongs into a thread; `take` into the app's."""

    def __init__(self, reader: FleetReader, post: Callable[[Message], object]) -> None:
        self._reader: FleetReader = reader
        self._post: Callable[[Message], object] = post
        self._stop: threading.Event = threading.Event()
        self._deltas: deque[FleetDelta] = deque()
        self._revision: int | None = None
        self._trouble: bool = False
        self._found_nothing: int = 0

    def stop(self) -> None:
        self._stop.set()

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
        while not self._stop.is_set():
            try:
                self._read()
            except StoreError as error:
                self._tell(str(error))
                self._stop.wait(TROUBLE_S)
                continue
            self._tell("")
            self._stop.wait(WAKE_S if self._found_nothing < RESTS_AFTER else REST_WAKE_S)

    def _read(self) -> None:
        if self._revision is None:
            self._revision = self._reader.load(self._keep, chunk=PIECE_ROWS)
            return
        self._found_nothing += 1
        if self._reader.woken() or self._trouble:
            delta = self._reader.changes(self._revision)
            self._revision = delta.revision
            self._found_nothing = 0
            if not delta.empty:
                self._keep(delta)

    def _keep(self, delta: FleetDelta) -> None:
        for piece in in_pieces(delta, PIECE_ROWS):
            self._deltas.append(piece)
            self._post(FleetPolled())

    def _tell(self, sentence: str) -> None:
        if sentence or self._trouble:
            self._post(StoreTrouble(sentence))
        self._trouble = bool(sentence)
