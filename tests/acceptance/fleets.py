"""A small fleet at two vendors, and consoles over it in real terminals."""

import sqlite3
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from fleet_tui.emulator.daytona import DaytonaEmulator
from fleet_tui.emulator.e2b import E2BEmulator
from fleet_tui.emulator.world import Vendor
from fleet_tui.store.schema import STORE_FILE
from tests.acceptance.harness import Place, Vendors
from tests.acceptance.tmux import Screen, screen
from tests.acceptance.worlds import agent, daytona_with, e2b_with

PROGRAM = (sys.executable, "-P", "-m", "fleet_tui")


class Fleet:
    """ada with one sandbox and bob with two at E2B, eve at Daytona."""

    def __init__(self, place: Place, vendors: Vendors) -> None:
        self.place = place
        self.vendors = vendors
        self.e2b: E2BEmulator = vendors.start(e2b_with(agent("ada", Vendor.E2B), agent("bob", Vendor.E2B, count=2)))
        self.daytona: DaytonaEmulator = vendors.start(daytona_with(agent("eve", Vendor.DAYTONA, team="data")))
        place.env["LANG"] = "C.UTF-8"
        place.write(place.source(self.e2b), place.source(self.daytona))

    @contextmanager
    def console(
        self, *, columns: int = 80, rows: int = 24, through: Sequence[str] = (), desk: str = "screen"
    ) -> Iterator[Screen]:
        """The console over it, once it shows the fleet; `through` stands before its words, as ssh does."""
        where = ["--config", str(self.place.config), "--state-dir", str(self.place.state)]
        words = [*through, *PROGRAM, *where]
        with screen(self.place, words, columns=columns, rows=rows, desk=desk) as shown:
            shown.shows("ada", "bob", "eve")
            yield shown

    def boxes(self) -> set[str]:
        """The agents whose sandboxes stand at E2B."""
        return self.vendors.on_loop(lambda: {box.metadata["fleet.agent"] for box in self.e2b.boxes.by_id.values()})

    def sent(self) -> int:
        return len(self.vendors.asked(self.e2b, "DELETE")) + len(self.vendors.asked(self.daytona, "DELETE"))

    def intents(self) -> int:
        """How many were confirmed, accepted or not."""
        connection = sqlite3.connect(f"file:{self.place.state / STORE_FILE}?mode=ro", uri=True)
        try:
            return int(connection.execute("SELECT count(*) FROM intents").fetchone()[0])
        finally:
            connection.close()
