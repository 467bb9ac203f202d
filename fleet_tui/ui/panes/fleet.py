"""FLEET: one row per agent. Rows change at once, but move only while nobody's hand is on them."""

from collections.abc import Generator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from textual.app import ComposeResult
from typing_extensions import override

from fleet_tui import clock
from fleet_tui.domain.filter import EVERYTHING, Filter
from fleet_tui.domain.text import SafeText
from fleet_tui.ui.keys.table import View
from fleet_tui.ui.messages import RowPicked
from fleet_tui.ui.panes.base import Pane
from fleet_tui.ui.panes.marking import chosen_marks, marks_words
from fleet_tui.ui.places import Place
from fleet_tui.ui.session import Session
from fleet_tui.ui.text import Line
from fleet_tui.ui.widgets.table import CursorMoved, FleetTable, HeadingClicked, MarksChanged
from fleet_tui.ui.widgets.table_keys import Counted
from fleet_tui.views import fleet, row
from fleet_tui.views.cells import Cell, Role
from fleet_tui.views.columns import Column
from fleet_tui.views.first_run import first_run_lines
from fleet_tui.views.model import Change, FleetModel
from fleet_tui.views.ordering import finished
from fleet_tui.views.pieces import Line as Pieces
from fleet_tui.views.pieces import said, word
from fleet_tui.views.ranking import Ranking
from fleet_tui.views.sort_keys import ATTENTION
from fleet_tui.views.sources import is_bad, nothing_to_show
from fleet_tui.views.still import StillFleet

QUIET_S: Final = 0.6
"""After a cursor movement rows stand still for so long."""
PATIENCE_S: Final = 2.0
"""The longest that a row waits for its place while the cursor keeps moving."""
AT_ONCE_ROWS: Final = 4000
"""A fleet of so many rows is sorted and filtered within a frame; a longer one between frames."""


class FleetPane(Pane):
    """Its table reads cells from the model when they become visible, never before."""

    view = View.FLEET

    def __init__(self, model: FleetModel, session: Session, *, ascii_only: bool = False) -> None:
        super().__init__(model, session, ascii_only=ascii_only)
        self.ranking: Ranking = Ranking(model)
        self._table: FleetTable = FleetTable(fleet.COLUMNS, self, id="fleet-table", ages=self, ascii_only=ascii_only)
        self._status: Line = Line(id="fleet-status")
        self._loose: Line = Line(id="fleet-loose")
        self._still: StillFleet | None = None
        """What the table shows while it is frozen."""
        self.follows: bool = False
        """The page goes where the row under the cursor goes."""
        self._moved_s: float = 0.0
        self._waiting_since_s: float | None = None
        self._nothing: tuple[SafeText, ...] = ()
        self._untouched_on: str | None = ""
        """Where the cursor was put while nobody had moved it yet; None from then on."""
        self._loading: bool = False
        self.sorting: bool = False
        """A sort is under way between frames."""
        self._sort_again: bool = False
        self._refiltered: bool = False

    @override
    def columns(self) -> Sequence[Column]:
        return fleet.COLUMNS

    @override
    def compose(self) -> ComposeResult:
        yield self._status
        yield self._table
        yield self._loose

    @property
    @override
    def table(self) -> FleetTable:
        return self._table

    def cells(self, key: str) -> Sequence[Cell]:
        """The row source of the table."""
        shown = self._shown
        return fleet.cells(shown, shown.fleet[key], self.now())

    def due_at(self, key: str) -> datetime | None:
        """When the clock alone changes a row; a frozen one stands."""
        return None if self._still is not None else row.due_at(self.model, self.model.fleet[key], self.session.now())

    @property
    def _shown(self) -> FleetModel:
        """What rows and their order are drawn from."""
        return self._still or self.model

    def now(self) -> datetime:
        """The moment that the table shows."""
        return self.session.now() if self._still is None else self._still.at

    def freeze(self) -> None:
        """Let the table stand as it is, ages and values too; again: show what came meanwhile, all at once.

        Facts are taken in all the time: only what the table draws holds still.
        """
        if self.model.loading:
            return
        if self._still is None:
            self._still = StillFleet(self.model, self.session.now())
            self.ranking.look_at(self._still)
            self.tell_status(self._still.at)
        else:
            self._still = None
            self.ranking.look_at(self.model)
            self.refill()

    @override
    def refill(self) -> None:
        self.table.reload()
        self._reorder(rebuilt=True)

    @override
    def take(self, change: Change) -> None:
        now = self.session.now()
        self._loading |= change.whole
        if self._loading:
            # The first rows are shown at once, and all of them when the last ones are here.
            self._loading = not change.last
            if self._still is not None:
                self.tell_status(now)
            elif change.last or not len(self.ranking):
                self.refill()
            return
        if self._still is not None:
            self.tell_status(now)
            return
        moved = self.ranking.update(change.changed, change.gone, now)
        self.table.rows_changed(change.changed)
        if change.sources:
            self.table.forget_unseen()
            self.table.rows_changed(set(self.table.visible_keys))
        if moved:
            self._reorder_soon()
        self.tell_status(now)

    def fall_due(self, now: datetime) -> None:
        """The clock moved: ended rows leave, ages are drawn again where they say something else."""
        gone = self.model.expire(now)
        if self._still is not None:
            return
        if gone and self.ranking.update((), gone, now):
            self._reorder_soon()
        self.table.fall_due()

    def next_due(self) -> datetime | None:
        """When something here falls due by the clock alone, or fell due and is not drawn yet."""
        if self._still is not None:
            return self.model.next_expiry
        times = (self.table.next_due(), self.model.next_expiry)
        return min((at for at in times if at is not None), default=None)

    def _held(self) -> float:
        """How long the order has to stand still from now on; 0: not at all."""
        if not self.screen.is_active:
            return PATIENCE_S
        now_s = clock.monotonic_s()
        waited = now_s - (self._waiting_since_s if self._waiting_since_s is not None else now_s)
        return max(0.0, min(QUIET_S - (now_s - self._moved_s), PATIENCE_S - waited))

    def _reorder_soon(self) -> None:
        if self._waiting_since_s is not None:
            return
        hold_s = self._held()
        if hold_s <= 0:
            self._reorder()
            return
        self._waiting_since_s = clock.monotonic_s()
        self.set_timer(hold_s, self._reorder_if_quiet)

    def _reorder_if_quiet(self) -> None:
        if self._still is not None:
            self._waiting_since_s = None
            return
        hold_s = self._held()
        if hold_s > 0:
            self.set_timer(max(0.1, hold_s), self._reorder_if_quiet)
            return
        self._reorder()

    def _reorder(self, *, rebuilt: bool = False, refiltered: bool = False) -> None:
        """Sort; `rebuilt` looks at every row first. In a long fleet the old order stands until the new one is whole."""
        self._waiting_since_s = None
        if self.sorting and not rebuilt:
            self._sort_again = True
            return
        self._refiltered |= refiltered
        steps = self._order_steps(rebuilt=rebuilt)
        if len(self._shown.fleet) <= AT_ONCE_ROWS:
            self._settle(finished(steps))
            return
        self.sorting = True
        self.table.sort_in_steps(steps, self._settle)

    def _order_steps(self, *, rebuilt: bool) -> Generator[None, None, list[str]]:
        if rebuilt:
            yield from self.ranking.rebuild_steps(self.now())
        return (yield from self.ranking.order_steps())

    def _settle(self, order: list[str]) -> None:
        now = self.session.now()
        self.table.set_order(order, refiltered=self._refiltered)
        self.sorting = self._refiltered = False
        if self._untouched_on is not None:
            # Nobody chose a row yet, so there is none to follow: what needs a person most is on top.
            self.table.action_first()
            self._untouched_on = self.table.cursor_key or ""
        self.table.lose_marks([handle for handle in self.table.marks if handle not in self._shown.agents])
        self.tell_status(now)
        self.post_message(Counted())
        if self._sort_again:
            self._sort_again = False
            self._reorder_soon()

    def _narrowed_text(self) -> str:
        if not len(self._shown.fleet) or not self.ranking.narrowed:
            return ""
        return " ".join(
            part for part in (self.ranking.filter.text, "faults only" if self.ranking.faults_only else "") if part
        )

    def tell_status(self, now: datetime) -> None:
        """The line above the table and the counted line under it."""
        first = self.session.first_run
        nothing = nothing_to_show(
            self.model.statuses.values(),
            now,
            filtered=self._narrowed_text(),
            empty=first_run_lines(first) if first is not None and not self.model.agents else (),
        )
        if self.model.agents:
            self.session.first_run = None
        if nothing != self._nothing:
            self._nothing = nothing
            self.table.set_empty(nothing)
        bad = sum(1 for status in self.model.statuses.values() if is_bad(status, now))
        live = word("live", Role.GOOD)
        if self.model.loading_whole:
            live = word("loading", Role.DIM)
        elif bad:
            live = word(f"{bad} of {len(self.model.statuses)} sources not read", Role.STALE)
        if self._still is not None:
            frozen = word(f"frozen {self._still.at.astimezone(UTC):%H:%M}Z", Role.WARN)
            live = word(f"{frozen.text}, {live.text}", Role.WARN) if bad else frozen
        follows = (word("  following the row", Role.STRONG),) if self.follows else ()
        self._status.show(*self.status_line(), live, *follows)
        loose = fleet.loose_line(self.model)
        self._loose.display = loose is not None
        self._loose.show(Cell(loose or SafeText(""), Role.DIM))

    def status_line(self) -> Pieces:
        """What is shown in which order; how fresh it is comes behind it."""
        ranking = self.ranking
        shown = f"{len(ranking)}/{len(self._shown.fleet)}" if ranking.narrowed else str(len(ranking))
        if self.model.loading_whole and self._still is None:
            shown = f"{len(self.model.fleet)}.."
        order = "best match" if ranking.by_match else f"{ranking.order}{' reversed' if ranking.descending else ''}"
        return (
            word("FLEET", Role.TITLE),
            word(f"[{shown}]  sort {order}  filter "),
            said(self._narrowed_text() or "none", Role.STRONG if ranking.narrowed else Role.DIM),
            word("  "),
        )

    def on_cursor_moved(self, message: CursorMoved) -> None:
        """Let the order rest while the cursor moves, and tell the app whom it stands on."""
        message.stop()
        if (message.key or "") != self._untouched_on:
            self._untouched_on = None
        if self._untouched_on is None:
            self._moved_s = clock.monotonic_s()
        self.post_message(RowPicked())

    def touch(self) -> None:
        """Somebody means the row under the cursor: from now on the cursor stays with it."""
        self._untouched_on = None

    @override
    def on_marks_changed(self, message: MarksChanged) -> None:
        # Textual calls that of the base after this one by itself.
        self._untouched_on = None

    def on_heading_clicked(self, message: HeadingClicked) -> None:
        """Sort by what was clicked; a second click turns it round."""
        message.stop()
        self.sort_by(message.column)

    def sort_by(self, order: str) -> None:
        """Sort by a column; asked for again, the other way round."""
        ranking = self.ranking
        ranking.descending = not ranking.descending if ranking.order == order else False
        ranking.order = order
        self.resort()

    def resort(self) -> None:
        """The order was chosen anew: rows move at once."""
        ranking = self.ranking
        self.table.set_sort(None if ranking.order == ATTENTION else ranking.order, descending=ranking.descending)
        self._reorder(rebuilt=True, refiltered=True)

    @property
    @override
    def filter(self) -> Filter:
        return self.ranking.filter

    @property
    @override
    def narrowed(self) -> bool:
        return self.ranking.narrowed

    @override
    def narrow(self, chosen: Filter) -> None:
        if chosen != self.ranking.filter:
            self.ranking.filter = chosen
            self.resort()

    @override
    def widen(self) -> None:
        self.ranking.faults_only = False
        self.ranking.filter = EVERYTHING
        self.resort()

    @property
    @override
    def count(self) -> tuple[int, int]:
        return len(self.ranking), len(self._shown.fleet)

    @override
    def place(self) -> Place:
        ranking = self.ranking
        return replace(
            super().place(),
            order=ranking.order,
            descending=ranking.descending,
            faults_only=ranking.faults_only,
        )

    @override
    def restore(self, place: Place) -> None:
        ranking = self.ranking
        if not place.same_rows(self.place()):
            ranking.filter, ranking.faults_only = place.filter, place.faults_only
            ranking.order, ranking.descending = place.order or ATTENTION, place.descending
            self.resort()
        self.land(place.cursor)

    @override
    def handle_of(self, key: str) -> str | None:
        return key if key in self.model.fleet else None

    @override
    def chosen(self) -> tuple[str, ...]:
        return chosen_marks(self.model, self.table) or super().chosen()

    @override
    def hidden(self) -> tuple[str, ...]:
        return tuple(sorted(handle for handle in self.table.hidden_marks if handle in self.model.agents))

    @override
    def marked(self) -> SafeText:
        return marks_words(self.model, self.table)
