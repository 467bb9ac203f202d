"""STACK: layers, providers, who stands on each, and how often each answered our own readings."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from textual.app import ComposeResult
from typing_extensions import override

from fleet_tui.domain.filter import Field, Filter, Term
from fleet_tui.domain.filter_words import quoted
from fleet_tui.ports import FleetReader
from fleet_tui.ui.keys.table import View
from fleet_tui.ui.panes.storied import StoriedPane
from fleet_tui.ui.text import Line
from fleet_tui.ui.widgets.view_table import ViewTable
from fleet_tui.views.cells import Role
from fleet_tui.views.columns import Column
from fleet_tui.views.pieces import Line as Pieces
from fleet_tui.views.pieces import word
from fleet_tui.views.stack import (
    WEEK,
    Measured,
    chain_lines,
    measured,
    provider_of,
    stack_detail,
    stack_table,
    summary,
)

_FAILURES: Final = 2000
LEAST_FAILURES: Final = 3
TALL_STORY: Final = 8
"""The lines of the story, with its rule, where it is not the one that gets what is left."""
_BESIDE_ROWS: Final = 2
"""The heading, and a blank line below."""


class StackPane(StoriedPane):
    """Figures are read when the pane is shown; states and counts follow every delta."""

    view = View.STACK
    reads = True
    reads_every_s = 60.0
    by_model = True
    found: Measured = Measured()
    _fitted: int = 0
    """How high the table is made for its rows; 0: it has what the story leaves."""

    @override
    def columns(self) -> Sequence[Column]:
        return stack_table(self.model, self.found, self.session.now()).columns

    @override
    def compose(self) -> ComposeResult:
        yield Line(id="stack-summary", classes="summary")
        yield ViewTable(self.columns(), id="stack-table", ascii_only=self.ascii_only)
        yield Line(id="stack-chain", classes="words")
        yield self.told

    @override
    def refill(self) -> None:
        now = self.session.now()
        model = self.narrowed_model(now)
        first = (word("STACK  ", Role.TITLE), *summary(model, self.found, now), self.filter_words())
        self.query_one("#stack-summary", Line).show(*first)
        self.query_one(ViewTable).show(stack_table(model, self.found, now, filtered=self.filter.text))
        self.query_one("#stack-chain", Line).show_rows(chain_lines(model, self.found), layout=True)
        self.tell_now()

    @override
    def make_room(self) -> None:
        """Where the screen is high, the table is as high as its rows, and the story below has what they leave."""
        super().make_room()
        table, chain = self.query_one(ViewTable), self.query_one("#stack-chain", Line)
        wanted = len(table.order) + _BESIDE_ROWS
        left = self.size.height - 1 - chain.size.height - wanted
        high = self.told.display and bool(table.order) and left > TALL_STORY
        if (wanted if high else 0) == self._fitted:
            return
        self._fitted = wanted if high else 0
        table.styles.height = wanted if high else None
        self.told.styles.height = "1fr" if high else None
        self.call_after_refresh(self.tell_now)

    @override
    def read(self, reader: FleetReader, now: datetime) -> Callable[[], None]:
        found = measured(reader.reach(since=now - WEEK), reader.failures(since=now - WEEK, limit=_FAILURES), now)
        return lambda: self._found(found)

    def _found(self, found: Measured) -> None:
        self.found = found
        self.refill()

    @override
    def tell(self, key: str) -> list[Pieces]:
        room = max(LEAST_FAILURES, self.told.size.height)
        return stack_detail(self.narrowed_model(self.session.now()), key, self.found, at_most=room)

    @override
    def leads_to(self) -> Filter | None:
        """Enter: who stands on the provider under the cursor."""
        key = self.table.cursor_key
        if key is None or self.table.cursor_gone:
            return None
        return of_provider(provider_of(key))


def of_provider(provider: str) -> Filter:
    """The filter `provider:NAME`."""
    return Filter(terms=(Term(text=quoted(f"provider:{provider}"), field=Field.PROVIDER, value=provider),))
