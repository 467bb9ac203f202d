"""SPRAWL: what should not exist, by rule and by row."""

from collections.abc import Sequence
from typing import Final

from textual.app import ComposeResult
from textual.events import Resize
from typing_extensions import override

from fleet_tui.domain.filter import Facts
from fleet_tui.domain.identity import ResourceKey, unpacked
from fleet_tui.ui.keys.table import View
from fleet_tui.ui.panes.storied import StoriedPane
from fleet_tui.ui.text import Line
from fleet_tui.ui.widgets.table import FleetTable
from fleet_tui.ui.widgets.view_table import ViewTable
from fleet_tui.views.cells import Role
from fleet_tui.views.columns import Column
from fleet_tui.views.facts import ResourceFacts
from fleet_tui.views.pieces import Line as Pieces
from fleet_tui.views.pieces import word
from fleet_tui.views.sprawl import finding_lines, findings_table, rules_table, summary

_BESIDE_ROWS: Final = 2
"""The heading, and a blank line below."""


class SprawlPane(StoriedPane):
    """Rules above, findings below; keys act on the finding under the cursor."""

    view = View.SPRAWL

    @override
    def columns(self) -> Sequence[Column]:
        now = self.session.now()
        return *rules_table(self.model, now).columns, *findings_table(self.model, now).columns

    @override
    def compose(self) -> ComposeResult:
        now = self.session.now()
        yield Line(id="sprawl-summary")
        yield ViewTable(rules_table(self.model, now).columns, id="rules-table", ascii_only=self.ascii_only, beside=True)
        yield ViewTable(findings_table(self.model, now).columns, id="findings-table", ascii_only=self.ascii_only)
        yield self.told

    @property
    @override
    def table(self) -> FleetTable:
        return self.query_one("#findings-table", FleetTable)

    @override
    def grow_older(self) -> None:
        self.refill()

    @override
    def refill(self) -> None:
        now = self.session.now()
        self.query_one("#sprawl-summary", Line).show(word("SPRAWL  ", Role.TITLE), *summary(self.model))
        low = self.size.height < self.tall_lines and bool(self.model.findings)
        view = rules_table(self.model, now, low=low)
        rules = self.query_one("#rules-table", ViewTable)
        rules.show(view)
        rules.styles.height = len(view.rows) + _BESIDE_ROWS
        self.query_one("#findings-table", ViewTable).show(findings_table(self.model, now))
        self.tell_now()

    @override
    def on_resize(self, event: Resize) -> None:
        """Rules that found nothing give way where the screen is low."""
        super().on_resize(event)
        self.call_after_refresh(self.refill)

    @override
    def tell(self, key: str) -> list[Pieces]:
        return finding_lines(self.model, key, self.session.now())

    @override
    def handle_of(self, key: str) -> str | None:
        return self.model.handle_of(_subject(key))

    @override
    def facts(self, key: str) -> Facts | None:
        resource = self.model.resources.get(_subject(key))
        return None if resource is None else ResourceFacts(self.model, resource, self.session.now())


def _subject(key: str) -> ResourceKey:
    _, _, subject = key.partition("\x1f")
    return unpacked(subject)
