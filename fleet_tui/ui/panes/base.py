"""What the app asks of every pane."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from textual.containers import Vertical

from fleet_tui.domain.acknowledgement import Judged
from fleet_tui.domain.filter import EVERYTHING, Facts, Filter
from fleet_tui.domain.text import SafeText, safe_line
from fleet_tui.ports import FleetReader
from fleet_tui.ui.keys.table import View
from fleet_tui.ui.messages import RowPicked
from fleet_tui.ui.panes.marking import name_of_lost
from fleet_tui.ui.places import Place
from fleet_tui.ui.session import Session
from fleet_tui.ui.widgets.table import FleetTable, MarksChanged
from fleet_tui.ui.widgets.view_table import ViewTable
from fleet_tui.views.attention import Attention
from fleet_tui.views.cells import Cell, Role
from fleet_tui.views.columns import Column
from fleet_tui.views.facts import AgentFacts
from fleet_tui.views.model import Change, FleetModel
from fleet_tui.views.pieces import said

if TYPE_CHECKING:
    from fleet_tui.ui.screens.text import Lines
    from fleet_tui.views.apart import Money


class Pane(Vertical):
    """A view on the screen. Its subclass draws; the app says when."""

    view: View
    reads: ClassVar[bool] = False
    """It also shows what no delta carries: that is read when the pane is shown and when an action settles."""
    reads_every_s: ClassVar[float | None] = None
    """And again with the first delta after so long."""

    tells: ClassVar[bool] = False
    """Enter shows the story of its row, also where that stands for an agent."""

    by_model: ClassVar[bool] = False
    """The filter narrows the model that it draws from, and not the rows of its table."""

    def __init__(self, model: FleetModel, session: Session, *, ascii_only: bool = False) -> None:
        super().__init__(id=self.view.value)
        self.model: FleetModel = model
        self.session: Session = session
        self.ascii_only: bool = ascii_only
        self._filter: Filter = EVERYTHING

    def columns(self) -> Sequence[Column]:
        """The columns of all its tables, by whose names columns.toml arranges them; known before it is mounted."""
        raise NotImplementedError

    @property
    def table(self) -> FleetTable:
        """The table that keys act on."""
        return self.query(FleetTable).last()

    @property
    def filter(self) -> Filter:
        """What this pane shows only."""
        return self._filter

    def narrow(self, chosen: Filter) -> None:
        """Show only what matches: rows of the table, unless the pane draws from the narrowed model."""
        if chosen == self._filter:
            return
        self._filter = chosen
        if isinstance(self.table, ViewTable) and not self.by_model:
            self.table.sift(chosen, self.facts)
        else:
            self.refill()

    def narrowed_model(self, now: datetime) -> FleetModel:
        """The part of the fleet that the filter lets through: all of it without one."""
        from fleet_tui.views.narrow import narrowed

        return narrowed(self.model, self._filter, now, join=self.session.join)

    def filter_words(self) -> Cell:
        """What the line above the table says of the filter."""
        return said(f"   filter {self._filter.text}" if self._filter else "", Role.STRONG)

    def take(self, change: Change) -> None:
        """Facts changed while this pane is shown: most draw everything again."""
        self.refill()

    def refill(self) -> None:
        """Draw everything: the pane is shown now."""
        raise NotImplementedError

    def grow_older(self) -> None:
        """Nothing changed for a minute: draw again what the clock alone changes. FLEET knows itself what falls due."""

    def read(self, reader: FleetReader, now: datetime) -> Callable[[], None]:
        """Read what no delta carries, in a thread; what this gives is run by the app, and draws. Raises StoreError."""
        raise NotImplementedError

    def attend(self, attention: Attention) -> None:
        """What needs somebody was looked at; most panes leave that to the header."""

    def alerts(self, attention: Attention) -> tuple[Judged, ...]:
        """What `i` would take now."""
        return attention.of(self.chosen())

    def row_in_fleet(self) -> str | None:
        """The agent whose row in FLEET Enter goes to; None: it opens something here."""
        return None

    def story(self) -> "tuple[SafeText, Lines] | None":
        """What Enter shows, a heading and lines, where the row under the cursor stands for no agent."""
        return None

    def next_window(self) -> None:
        """Look at the next window of time."""

    def next_group(self) -> None:
        """Group by the next thing."""

    def show_agent(self, handle: str) -> bool:
        """Put the cursor on an agent's row, opening what hides it; False where it has none."""
        return self.table.move_to_key(handle)

    def show_above(self) -> bool:
        """Put the cursor on the row that the present one hangs under; False where it hangs under none."""
        return False

    def opens(self) -> bool:
        """Whether Enter opened or closed the row under the cursor itself."""
        return False

    def leads_to(self) -> Filter | None:
        """What Enter narrows FLEET to, where the row under the cursor stands for many agents."""
        return None

    def handle_of(self, key: str) -> str | None:
        """The agent that a row stands for, by the row's key, if it is in the fleet."""
        return None

    def money_subject(self) -> "Money | None":
        """The figure of the row under the cursor where the row is no agent's."""
        return None

    def handle_under_cursor(self) -> str | None:
        """The agent that the row under the cursor stands for, if it is still there."""
        key = self.table.cursor_key
        return None if key is None or self.table.cursor_gone else self.handle_of(key)

    def facts(self, key: str) -> Facts | None:
        """What a row answers to a filter beside what its cells say, by the row's key."""
        agent = self.model.agents.get(self.handle_of(key) or "")
        return None if agent is None else AgentFacts(self.model, agent, self.session.now())

    @property
    def narrowed(self) -> bool:
        """Not every row is let through."""
        return bool(self.filter)

    def widen(self) -> None:
        """Show everything again."""
        self.narrow(EVERYTHING)

    @property
    def count(self) -> tuple[int, int] | None:
        """How many rows are shown, and how many there are; None where the filter hides no rows of its own."""
        return self.table.count if isinstance(self.table, ViewTable) and not self.by_model else None

    def place(self) -> Place:
        """Where one stands in it, to come back to."""
        return Place(view=self.view, filter=self.filter, cursor=self.table.cursor_key)

    def restore(self, place: Place) -> None:
        """Stand there again, as far as its row is still there."""
        self.narrow(place.filter)
        self.land(place.cursor)

    def land(self, key: str | None) -> None:
        """Put the cursor on a row as soon as it is in order."""
        if key is not None:
            self.table.land_on(key)

    def chosen(self) -> tuple[str, ...]:
        """The agents that a verb would take now: the marked ones, else the one under the cursor."""
        marked = {handle for key in self.table.marks if (handle := self.handle_of(key)) is not None}
        handle = self.handle_under_cursor()
        return tuple(sorted(marked)) or (() if handle is None else (handle,))

    def hidden(self) -> tuple[str, ...]:
        """Marked agents that are not shown."""
        return tuple(sorted({handle for key in self.table.hidden_marks if (handle := self.handle_of(key)) is not None}))

    def lost(self) -> tuple[str, ...]:
        """Names of what was marked and is not there any more."""
        return tuple(sorted(name_of_lost(key) for key in self.table.lost_marks))

    def marked(self) -> SafeText:
        """What the footer says about marks."""
        count = sum(self.handle_of(key) is not None for key in self.table.marks)
        return safe_line(f"{count} marked ") if count else SafeText("")

    def on_marks_changed(self, message: MarksChanged) -> None:
        """The footer counts them."""
        message.stop()
        self.post_message(RowPicked())

    def names(self, handles: Sequence[str]) -> tuple[str, ...]:
        return tuple(self.model.names.of(handle) for handle in handles)
