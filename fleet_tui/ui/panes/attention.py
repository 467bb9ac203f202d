"""ATTENTION: what needs somebody, what waiting has cost, and what to press."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from textual.app import ComposeResult
from textual.events import Resize
from typing_extensions import override

from fleet_tui.domain.acknowledgement import Judged
from fleet_tui.domain.filter import Facts, Filter
from fleet_tui.domain.text import SafeText, safe_line
from fleet_tui.ui.keys.table import View
from fleet_tui.ui.panes.base import Pane
from fleet_tui.ui.screens.text import Lines
from fleet_tui.ui.text import Line
from fleet_tui.ui.widgets.table import CursorMoved, FleetTable
from fleet_tui.ui.widgets.view_table import ViewTable
from fleet_tui.views.attention import NOTHING, Attention, within
from fleet_tui.views.attention_rows import attention_table, story_lines, summary
from fleet_tui.views.cells import Cell, Role
from fleet_tui.views.columns import Column
from fleet_tui.views.facts import AgentFacts, TogetherFacts
from fleet_tui.views.model import Change
from fleet_tui.views.pieces import word

SHOWN: int = 1000
"""More than these nobody reads: the line above counts them all, and `fleet-tui attention` lists them."""
ABOUT_AT_MOST: int = 50
"""So many agents of an item answer to a filter."""
_KEYS = (("i", "take"), ("Z", "snooze"), ("enter", "row"))
_HINT = "taken: back on change or after 4 h, at most twice"

_LEAST_LINES: Final = 10
"""A pane below this height is the list alone."""
_TALL_LINES: Final = 18
"""A pane below this height has a low story."""


class AttentionPane(Pane):
    """A table of causes above the story of the one under the cursor; keys act on the agents it is about."""

    view = View.ATTENTION
    tells = True
    attention: Attention = NOTHING
    shown: tuple[Judged, ...] = ()
    """What the filter lets through of it."""
    _anew: bool = False
    _by_cause: Mapping[str, Judged] = MappingProxyType({})

    @override
    def columns(self) -> Sequence[Column]:
        return attention_table(self.model, (), self.session.now()).columns

    @override
    def compose(self) -> ComposeResult:
        yield Line(id="attention-summary")
        yield ViewTable(self.columns(), id="attention-table", ascii_only=self.ascii_only)
        yield Line(id="attention-story")
        yield Line(id="attention-hint")

    @property
    @override
    def table(self) -> FleetTable:
        return self.query_one("#attention-table", FleetTable)

    @override
    def take(self, change: Change) -> None:
        """What it shows is looked at after every change, by the app."""

    @override
    def attend(self, attention: Attention) -> None:
        if attention is not self.attention:
            self.attention = attention
            self._by_cause = {one.item.cause: one for one in attention.items}
            self.refill()

    @override
    def narrow(self, chosen: Filter) -> None:
        """A filter lets an item through by its agents, its source, or what it says."""
        if chosen != self._filter:
            self._filter, self._anew = chosen, True
            self.refill()

    @override
    def refill(self) -> None:
        now = self.session.now()
        self.shown = tuple(within(self.model, self._filter, self.attention.items, now))
        said = (word("ATTENTION  ", Role.TITLE), *summary(self.model, self.attention, now), self.filter_words())
        self.query_one("#attention-summary", Line).show(*said)
        table = attention_table(self.model, self.shown, now, at_most=SHOWN, filtered=self._filter.text)
        self.query_one("#attention-table", ViewTable).show(table, anew=self._anew)
        self._anew = False
        self.query_one("#attention-hint", Line).show(*_hint())
        self._draw_story()

    def on_cursor_moved(self, message: CursorMoved) -> None:
        """The story follows the cursor."""
        message.stop()
        self._draw_story()

    def on_resize(self, event: Resize) -> None:
        """The story and the hint give way to the list where the screen is low."""
        lines = event.size.height
        self.query_one("#attention-story", Line).set_class(lines < _TALL_LINES, "low")
        self.query_one("#attention-hint", Line).display = lines >= _LEAST_LINES
        self.call_after_refresh(self._draw_story)

    def _draw_story(self) -> None:
        one, line = self._under_cursor(), self.query_one("#attention-story", Line)
        line.display = one is not None and self.size.height >= _LEAST_LINES
        if one is not None:
            runbook = self.session.runbook(one.item.runbook) if one.item.runbook else ()
            line.show_rows(story_lines(one, self.session.now(), runbook=runbook)[: line.size.height or 6])

    @override
    def facts(self, key: str) -> Facts | None:
        one = self._by_cause.get(key)
        agents = self.model.agents
        handles = [] if one is None else [handle for handle in one.item.handles if handle in agents][:ABOUT_AT_MOST]
        now = self.session.now()
        return TogetherFacts([AgentFacts(self.model, agents[handle], now) for handle in handles])

    def _under_cursor(self) -> Judged | None:
        key = None if self.table.cursor_gone else self.table.cursor_key
        return next((one for one in self.shown if one.item.cause == key), None)

    @override
    def alerts(self, attention: Attention) -> tuple[Judged, ...]:
        key = None if self.table.cursor_gone else self.table.cursor_key
        meant = self.table.marks or {key}
        seen = {one.item.cause for one in self.shown}
        return tuple(one for one in attention.items if one.item.cause in meant and one.item.cause in seen)

    @override
    def handle_under_cursor(self) -> str | None:
        one = self._under_cursor()
        return next((h for h in one.item.handles if h in self.model.agents), None) if one is not None else None

    @override
    def chosen(self) -> tuple[str, ...]:
        """Every agent that the marked items are about, else those of the one under the cursor."""
        handles = (handle for one in self.alerts(self.attention) for handle in one.item.handles)
        return tuple(handle for handle in dict.fromkeys(handles) if handle in self.model.agents)

    @override
    def row_in_fleet(self) -> str | None:
        one = self._under_cursor()
        if one is None or len(one.item.handles) != 1:
            return None
        return one.item.handles[0] if one.item.handles[0] in self.model.fleet else None

    @override
    def marked(self) -> SafeText:
        count = self.table.mark_count
        return safe_line(f"{count} marked ") if count else SafeText("")

    @override
    def story(self) -> tuple[SafeText, Lines] | None:
        """All of it, for an item that is no single row of FLEET."""
        one = self._under_cursor()
        if one is None:
            return None
        now = self.session.now()
        names = [self.model.names.of(handle) for handle in one.item.handles if handle in self.model.agents]
        story = story_lines(one, now, runbook=self.session.runbook(one.item.runbook))
        return SafeText("attention"), [*story, *((name,) for name in names)]


def _hint() -> list[Cell]:
    keys = [cell for key, does in _KEYS for cell in (word(key, Role.KEY), word(f" {does}  ", Role.DIM))]
    return [*keys, word(f" {_HINT}", Role.DIM)]
