"""FAILURES: what fails now, and what failed in the last day by class, with the next step of each."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from textual.app import ComposeResult
from typing_extensions import override

from fleet_tui.domain.failure import Failure
from fleet_tui.ports import FleetReader
from fleet_tui.ui.keys.table import View
from fleet_tui.ui.panes.base import Pane
from fleet_tui.ui.text import Line
from fleet_tui.ui.widgets.table import FleetTable
from fleet_tui.ui.widgets.view_table import ViewTable
from fleet_tui.views.cells import Role
from fleet_tui.views.failures import classes_table, open_table, summary
from fleet_tui.views.model import Change
from fleet_tui.views.pieces import word

WINDOW: Final = timedelta(hours=24)
NEWEST: Final = 2000
OPEN_AGENTS: Final = 1000
"""More than these nobody reads here: the line above counts them all, and `fleet-tui failures` lists them."""
_AGENT: Final = "agent "


class FailuresPane(Pane):
    """Two tables: what is open, on which keys act, above the classes of the window."""

    view = View.FAILURES
    reads = True
    reads_every_s = 30.0
    failures: tuple[Failure, ...] = ()

    @override
    def compose(self) -> ComposeResult:
        now = self.session.now()
        yield Line(id="failures-summary")
        yield ViewTable(open_table(self.model, now).columns, id="open-table", ascii_only=self.ascii_only)
        yield ViewTable(classes_table((), now).columns, id="classes-table", ascii_only=self.ascii_only)

    @property
    @override
    def table(self) -> FleetTable:
        return self.query_one("#open-table", FleetTable)

    @override
    def take(self, change: Change) -> None:
        self.refill()

    @override
    def refill(self) -> None:
        now = self.session.now()
        said = (word("FAILURES  ", Role.TITLE), *summary(self.model, self.failures, now))
        self.query_one("#failures-summary", Line).show(*said)
        self.query_one("#open-table", ViewTable).show(open_table(self.model, now, agents_at_most=OPEN_AGENTS))
        self.query_one("#classes-table", ViewTable).show(classes_table(self.failures, now))

    @override
    def read(self, reader: FleetReader, now: datetime) -> Callable[[], None]:
        failures = reader.failures(since=now - WINDOW, limit=NEWEST)
        return lambda: self._told(failures)

    def _told(self, failures: tuple[Failure, ...]) -> None:
        self.failures = failures
        self.refill()

    @override
    def handle_of(self, key: str) -> str | None:
        handle = key.removeprefix(_AGENT)
        return handle if key.startswith(_AGENT) and handle in self.model.fleet else None
