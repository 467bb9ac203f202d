"""FAILURES: what fails now, and what failed in a window of time by class, with the next step of each."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from textual.app import ComposeResult
from typing_extensions import override

from fleet_tui.domain.failure import Failure
from fleet_tui.domain.text import SafeText
from fleet_tui.ports import FleetReader
from fleet_tui.ui.keys.table import View
from fleet_tui.ui.panes.storied import StoriedPane
from fleet_tui.ui.screens.text import Lines
from fleet_tui.ui.text import Line
from fleet_tui.ui.widgets.table import FleetTable
from fleet_tui.ui.widgets.view_table import ViewTable
from fleet_tui.views.cells import Role
from fleet_tui.views.columns import Column
from fleet_tui.views.failures import (
    AGENT,
    Window,
    classes_table,
    open_incidents,
    open_table,
    story_of,
    summary,
)
from fleet_tui.views.incidents import Told
from fleet_tui.views.pieces import Line as Pieces
from fleet_tui.views.pieces import word

NEWEST: Final = 2000
OPEN_AGENTS: Final = 1000
"""More than these nobody reads here: the line above counts them all, and `fleet-tui failures` lists them."""


class FailuresPane(StoriedPane):
    """Two tables: what is open, on which keys act, above the classes of the window; `w` takes the next window."""

    view = View.FAILURES
    reads = True
    reads_every_s = 30.0
    failures: tuple[Failure, ...] = ()
    window: Window = Window.DAY
    incidents: tuple[Told, ...] = ()

    @override
    def columns(self) -> Sequence[Column]:
        now = self.session.now()
        return *open_table(self.model, now).columns, *classes_table((), now).columns

    @override
    def compose(self) -> ComposeResult:
        now = self.session.now()
        yield Line(id="failures-summary")
        yield ViewTable(open_table(self.model, now).columns, id="open-table", ascii_only=self.ascii_only)
        yield ViewTable(classes_table((), now).columns, id="classes-table", ascii_only=self.ascii_only, beside=True)
        yield self.told

    @property
    @override
    def table(self) -> FleetTable:
        return self.query_one("#open-table", FleetTable)

    @override
    def grow_older(self) -> None:
        self.refill()

    @override
    def refill(self) -> None:
        now = self.session.now()
        self.incidents = open_incidents(self.model, self.failures)
        counts = summary(
            self.model,
            self.failures,
            now,
            window=self.window,
            at_most=NEWEST,
            incidents_open=sum(not one.over for one in self.incidents),
        )
        said = (word("FAILURES  ", Role.TITLE), *counts)
        self.query_one("#failures-summary", Line).show(*said)
        self.query_one("#open-table", ViewTable).show(
            open_table(self.model, now, agents_at_most=OPEN_AGENTS, told=self.incidents)
        )
        self.query_one("#classes-table", ViewTable).show(classes_table(self.failures, now))
        self.tell_now()

    @override
    def tell(self, key: str) -> list[Pieces]:
        return story_of(self.model, key, self.failures, self.incidents, self.session.now())

    @override
    def story(self) -> tuple[SafeText, Lines] | None:
        """Enter on a source or an incident of agents: all that is known of it."""
        key = self.table.cursor_key
        lines = [] if key is None or self.table.cursor_gone else self.tell(key)
        return (SafeText("failures"), lines) if lines else None

    @override
    def next_window(self) -> None:
        every = list(Window)
        self.window = every[(every.index(self.window) + 1) % len(every)]

    @override
    def read(self, reader: FleetReader, now: datetime) -> Callable[[], None]:
        failures = reader.failures(since=now - self.window.span, limit=NEWEST)
        return lambda: self._told(failures)

    def _told(self, failures: tuple[Failure, ...]) -> None:
        self.failures = failures
        self.refill()

    @override
    def handle_of(self, key: str) -> str | None:
        handle = key.removeprefix(AGENT)
        return handle if key.startswith(AGENT) and handle in self.model.fleet else None
