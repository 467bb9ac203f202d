"""TREE: parents and children as known; keys act on the agent under the cursor, by its handle as in FLEET."""

from collections.abc import Generator, Sequence
from datetime import datetime
from typing import Final

from textual.app import ComposeResult
from textual.timer import Timer
from typing_extensions import override

from fleet_tui import clock
from fleet_tui.domain.filter import EVERYTHING, Filter
from fleet_tui.domain.text import SafeText
from fleet_tui.ui.keys.table import View
from fleet_tui.ui.messages import RowPicked
from fleet_tui.ui.panes.marking import chosen_marks, marks_words
from fleet_tui.ui.panes.storied import StoriedPane
from fleet_tui.ui.session import Session
from fleet_tui.ui.text import Line
from fleet_tui.ui.widgets.table import CursorMoved, FleetTable
from fleet_tui.ui.widgets.tree_table import TreeTable
from fleet_tui.views import tree_table
from fleet_tui.views.cells import Cell
from fleet_tui.views.columns import Column
from fleet_tui.views.model import Change, FleetModel
from fleet_tui.views.ordering import finished
from fleet_tui.views.pieces import Line as Pieces
from fleet_tui.views.sources import nothing_to_show
from fleet_tui.views.tree import NodeKind, TreeRows, tree_rows, tree_steps

QUIET_S: Final = 0.6
"""After a cursor movement rows stand still for so long."""
PATIENCE_S: Final = 2.0
"""The longest that they do."""
AT_ONCE_ROWS: Final = 1000
"""The tree of so many agents is built within a frame; a larger one between frames."""
REST_FACTOR: Final = 20
"""So many times as long as building the tree took it rests: a large fleet costs no more than a twentieth of a core."""


class TreePane(StoriedPane):
    """Cells follow every delta; the tree itself is built again when rows changed, and not while the cursor moves."""

    view = View.TREE

    def __init__(self, model: FleetModel, session: Session, *, ascii_only: bool = False) -> None:
        super().__init__(model, session, ascii_only=ascii_only)
        self._opened: set[str] = set()
        self._table: TreeTable = TreeTable(
            tree_table.COLUMNS, self, self._stands_for, id="tree-table", ascii_only=ascii_only
        )
        self.rows: TreeRows = tree_rows(model, session.now())
        self._moved_s: float = 0.0
        self._built_s: float = 0.0
        self._cost_s: float = 0.0
        self._asked_s: float | None = None
        self._coming: TreeRows | None = None
        self._refiltered: bool = False
        self._building: bool = False
        """A tree is being built between frames."""
        self._build_again: bool = False
        self._timer: Timer | None = None

    @override
    def columns(self) -> Sequence[Column]:
        return tree_table.COLUMNS

    @override
    def compose(self) -> ComposeResult:
        yield Line(id="tree-summary", classes="summary")
        yield self._table
        yield self.told

    @property
    @override
    def table(self) -> FleetTable:
        return self._table

    def cells(self, key: str) -> Sequence[Cell]:
        """The row source of the table."""
        return tree_table.cells(self.model, self.rows, key, self.session.now(), ascii_only=self.ascii_only)

    def _stands_for(self, key: str) -> Sequence[str]:
        return self.rows.stands_for(key)

    @override
    def refill(self) -> None:
        self._build()

    @override
    def take(self, change: Change) -> None:
        if change.whole:
            self._build()
            return
        self._table.rows_changed(self._there() if change.sources else change.changed)
        if change.changed or change.gone:
            self._build_soon()
        key = self._table.cursor_key
        if change.sources or key in change.changed:
            self.tell_now()

    @override
    def grow_older(self) -> None:
        self._table.rows_changed(self._there())
        self.tell_now()

    def _there(self) -> set[str]:
        """Visible rows that are no tombstones: those keep what they said last."""
        known, fleet = self.rows.nodes, self.model.fleet
        keys = self._table.visible_keys
        return {key for key in keys if key in known and (known[key].kind is not NodeKind.AGENT or key in fleet)}

    def _wait_s(self) -> float:
        now_s = clock.monotonic_s()
        asked_s = self._asked_s if self._asked_s is not None else now_s
        quiet_s = min(QUIET_S - (now_s - self._moved_s), PATIENCE_S - (now_s - asked_s))
        return max(0.0, quiet_s, self._built_s + REST_FACTOR * self._cost_s - now_s)

    def _build_soon(self) -> None:
        if self._asked_s is None:
            self._asked_s = clock.monotonic_s()
            self._build_if_quiet()

    def _build_if_quiet(self) -> None:
        wait_s = self._wait_s()
        if wait_s > 0:
            self._timer = self.set_timer(max(0.05, wait_s), self._build_if_quiet)
        else:
            self._build()

    def _build(self, *, refiltered: bool = False, at_once: bool = False) -> None:
        """Build the tree again: at once where it is small or asked for, else between frames, the old one standing."""
        if self._timer is not None:
            self._timer.stop()
        self._asked_s = self._timer = None
        if self._building and not refiltered and not at_once:
            self._build_again = True
            return
        self._refiltered |= refiltered
        now = self.session.now()
        steps = tree_steps(self.model, now, chosen=self.filter, opened=frozenset(self._opened))
        if at_once or len(self.model.fleet) <= AT_ONCE_ROWS:
            self._settle(finished(steps))
        else:
            self._building = True
            self._table.sort_in_steps(self._order_steps(steps), lambda _: self._settle(self._coming))

    def _order_steps(self, steps: Generator[None, None, TreeRows]) -> Generator[None, None, list[str]]:
        cost_s = 0.0
        while True:
            begun_s = clock.monotonic_s()
            try:
                next(steps)
            except StopIteration as done:
                self._coming = done.value
                self._cost_s = cost_s + clock.monotonic_s() - begun_s
                return []
            cost_s += clock.monotonic_s() - begun_s
            yield

    def _settle(self, rows: TreeRows | None) -> None:
        if rows is None:
            return
        before, self.rows, self._coming = self.rows, rows, None
        self._building = False
        changed = {key for key in self._table.visible_keys if key in rows.nodes and _differs(before, rows, key)}
        refiltered, self._refiltered = self._refiltered, False
        self._draw(self.session.now(), changed, refiltered=refiltered)
        self._built_s = clock.monotonic_s()
        if self._build_again:
            self._build_again = False
            self._build_soon()

    def _draw(self, now: datetime, changed: set[str], *, refiltered: bool) -> None:
        table = self._table
        table.set_empty(nothing_to_show(self.model.statuses.values(), now, filtered=self.filter.text))
        table.rows_changed(changed | self._there())
        table.set_order(list(self.rows.order), refiltered=refiltered)
        table.lose_marks([handle for handle in table.marks if handle not in self.model.agents])
        self.query_one("#tree-summary", Line).show(
            *tree_table.summary(self.model, self.rows, filtered=self.filter.text)
        )
        self.tell_now()

    @override
    def narrow(self, chosen: Filter) -> None:
        if chosen != self._filter:
            self._filter = chosen
            self._build(refiltered=True)

    @override
    def show_agent(self, handle: str) -> bool:
        if handle not in self.model.fleet:
            return False
        self._build(at_once=True)
        if handle not in self.rows.nodes and self.rows.run_of(handle) is None:
            self._filter = EVERYTHING
            self._build(refiltered=True, at_once=True)
        if (run := self.rows.run_of(handle)) is not None:
            self._opened.add(run.key)
            self._build(at_once=True)
        return self._table.move_to_key(handle) or self._table.cursor_key == handle

    @override
    def show_above(self) -> bool:
        node = self.rows.nodes.get(self._table.cursor_key or "")
        if node is None or node.parent is None:
            return False
        return self._table.move_to_key(node.parent)

    @override
    def opens(self) -> bool:
        """Enter on a run: its members one by one, or together again."""
        node = self.rows.nodes.get(self._table.cursor_key or "")
        if node is None or node.kind is not NodeKind.RUN or self._table.cursor_gone:
            return False
        self._opened ^= {node.key}
        self._build(at_once=True)
        return True

    @override
    def on_cursor_moved(self, message: CursorMoved) -> None:
        super().on_cursor_moved(message)
        self._moved_s = clock.monotonic_s()
        self.post_message(RowPicked())

    @override
    def tell(self, key: str) -> list[Pieces]:
        return tree_table.story(self.model, self.rows, key, self.session.now())

    @override
    def handle_under_cursor(self) -> str | None:
        key = self._table.cursor_key
        node = self.rows.nodes.get(key or "")
        if key is None or node is None or node.kind is not NodeKind.AGENT or self._table.cursor_gone:
            return None
        return key if key in self.model.fleet else None

    @override
    def chosen(self) -> tuple[str, ...]:
        return chosen_marks(self.model, self._table) or super().chosen()

    @override
    def hidden(self) -> tuple[str, ...]:
        runs = (node for node in self.rows.nodes.values() if node.kind is NodeKind.RUN)
        shown = {handle for node in runs for handle in node.members}
        return tuple(sorted(h for h in self._table.hidden_marks if h in self.model.agents and h not in shown))

    @override
    def marked(self) -> SafeText:
        return marks_words(self.model, self._table)


def _differs(before: TreeRows, after: TreeRows, key: str) -> bool:
    return before.nodes.get(key) != after.nodes[key] or before.below.get(key) != after.below.get(key)
