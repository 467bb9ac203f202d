"""The plan of a verb, and how to say yes to exactly what it shows."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Final

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.events import Key, Resize
from textual.message import Message
from textual.widgets import Button, Input
from typing_extensions import override

from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.dirt import Dirt, DirtReader, DirtState
from fleet_tui.domain.identity import ResourceKey
from fleet_tui.domain.plan import Plan, expected_word, good_still
from fleet_tui.domain.resource import Resource
from fleet_tui.domain.text import SafeText, safe_line
from fleet_tui.ui.dialogs.base import Dialog
from fleet_tui.ui.dialogs.choices import choices, chosen_in
from fleet_tui.ui.hand import ALONE_S, APART_S, Hand
from fleet_tui.ui.text import Line, field, relabel, title, toast
from fleet_tui.ui.widgets.check import Check
from fleet_tui.ui.widgets.one_of import Stepped
from fleet_tui.ui.widgets.view_table import ViewTable
from fleet_tui.views import plan as shown
from fleet_tui.views.cells import Cell, Role
from fleet_tui.views.model import FleetModel
from fleet_tui.views.pieces import Line as Pieces
from fleet_tui.views.pieces import TableView, hung, word
from fleet_tui.views.proposal import Chosen, Proposal

_FRAME_ROWS: Final = 3
"""Borders, and the line of the table's headings."""
_WIDEST: Final = 110
_FRAME_CELLS: Final = 4
"""Borders and padding."""
_LEAST_WORDS: Final = 3
_MOST_WORDS: Final = 12
_LEAST_CELLS: Final = 30
"""In a narrower dialog names are cut to a few letters."""
_MOMENT: Final = SafeText("a moment")


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """The operator said yes to the plan that was shown."""

    plan: Plan
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What a plan is made against and what the dialog may do with it."""

    model: FleetModel
    context: shown.PlanContext
    hand: Hand
    now: Callable[[], datetime]
    why_not: Callable[[], str]
    """Why nothing may be done at this moment; empty where it may."""
    look: DirtReader
    """Looks for work that is nowhere else. Blocks: called in a thread."""
    save: Callable[[Plan], None]
    """Keeps the plan as a file."""
    ascii_only: bool = False


@dataclass
class DirtRead(Message):
    """What a look at some directories found."""

    asked: tuple[ResourceKey, ...]
    found: Mapping[ResourceKey, Dirt]


class PlanDialog(Dialog[Confirmed]):
    """Shows a plan of agents that were resolved before it opened; nothing of the fleet is looked up again.

    What is typed anywhere but in a field goes into the one that waits for the word. Page keys move through the rows.
    Where a key is enough, `y` is that key, alone and after a moment.
    """

    BINDINGS = [  # noqa: RUF012 - Textual's way
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("ctrl+s", "save", "Save the plan", show=False),
    ]

    def __init__(self, proposal: Proposal, desk: Desk) -> None:
        super().__init__()
        self._proposal: Proposal = proposal
        self._desk: Desk = desk
        self._chosen: Chosen = Chosen()
        self._dirt: dict[ResourceKey, Dirt] = {}
        self._asked: set[ResourceKey] = set()
        self._plan: Plan = proposal.plan(self._chosen)
        self._wanted: str | None = self._word()
        self._ready: bool = False
        """A moment has passed since it became clear that a key is enough."""
        self._refusal: str = ""
        """Why the last yes did nothing: it stands until a choice, a key of the word or another yes."""
        self._drawn: int = 0
        self._lines: list[Pieces] = []

    def _table(self) -> TableView:
        proposal = self._proposal
        return shown.plan_table(self._plan, self._desk.model, proposal.now, unsaved=proposal.asks_for_dirt)

    def _word(self) -> str | None:
        context = self._desk.context
        return expected_word(self._plan, fleet=context.fleet, production=context.production)

    @property
    def _open(self) -> bool:
        return self._desk.context.may_act and (bool(self._plan.targets) or self._proposal.hand_over is not None)

    @override
    def compose(self) -> ComposeResult:
        with Vertical(id="dialog"):
            yield ViewTable(self._table().columns, id="plan-table", ascii_only=self._desk.ascii_only)
            with VerticalScroll(id="plan-words", can_focus=False):
                yield Line(id="plan-lines")
            yield from choices(self._proposal, self._plan)
            if self._desk.context.may_act:
                yield field(SafeText(""), id="why", placeholder=SafeText("why (goes to the audit)"))
            with Horizontal(id="saying"):
                yield Line(id="confirmation")
                if self._desk.context.may_act:
                    yield field(SafeText(""), id="typed", placeholder=SafeText("type it here"))
            yield from self.buttons(
                safe_line(self._plan.verb.value) if self._open else None, also=("save", SafeText("Save plan"))
            )

    def on_mount(self) -> None:
        """Draw it, and look for what the plan does not know yet."""
        self.query_one("#plan-table", ViewTable).can_focus = False
        self._draw()
        self._look()

    def on_resize(self, event: Resize) -> None:
        """The words under the rows take what is left."""
        del event
        self._fit()

    def _replan(self, chosen: Chosen) -> None:
        """Another choice: another plan, to which nobody has said yes yet."""
        self._chosen = chosen
        self._refusal = ""
        self._plan = self._with_dirt(self._proposal.plan(chosen))
        self._wanted = self._word()
        if self.query("#typed"):
            self.query_one("#typed", Input).value = ""
        self._draw()
        self._look()

    def _with_dirt(self, plan: Plan) -> Plan:
        return replace(plan, dirt=tuple((key, self._dirt.get(key, dirt)) for key, dirt in plan.dirt))

    def _look(self) -> None:
        asked = {key for key, dirt in self._plan.dirt if dirt.state is DirtState.LOOKING} - self._asked
        if not asked:
            return
        self._asked |= asked
        rows = tuple(r for r in self._plan.targets if r.key in asked)
        self.run_worker(partial(self._looked, rows), thread=True, group="dirt")

    def _looked(self, rows: tuple[Resource, ...]) -> None:
        keys = tuple(r.key for r in rows)
        self.post_message(DirtRead(keys, self._desk.look(rows)))

    def on_dirt_read(self, message: DirtRead) -> None:
        """What is clean may take a key from now on; under hands that type the word, it goes on asking for it."""
        message.stop()
        nobody = Dirt(state=DirtState.UNKNOWN, why="nobody could look")
        self._dirt |= {key: message.found.get(key, nobody) for key in message.asked}
        self._plan = self._with_dirt(self._plan)
        wanted = self._word()
        typing = self._wanted is not None and bool(self.query_one("#typed", Input).value) if self._open else False
        if wanted is not None or not typing:
            self._wanted = wanted
        self._draw()

    def _draw(self) -> None:
        """Everything as the plan is now; a yes by a key counts only some time after that."""
        desk, plan = self._desk, self._plan
        context = replace(desk.context, proposal=self._proposal, scope=self._chosen.scope, choices_shown=True)
        title(self.query_one("#dialog"), shown.title(plan))
        self.query_one("#plan-table", ViewTable).show(self._table())
        self._lines = shown.plan_lines(plan, desk.model, context)
        for accepting in self.query("#accept").results(Button):
            relabel(accepting, safe_line(plan.verb.value))
        for typed in self.query("#typed"):
            typed.display = self._open and self._wanted is not None
            if typed.has_focus and not typed.display:
                self.query_one("#cancel", Button).focus()
        self._ready = False
        self._drawn += 1
        self.set_timer(APART_S, partial(self._settled, self._drawn))
        self._tell_how()
        self._fit()

    def _settled(self, drawn: int) -> None:
        if drawn == self._drawn:
            self._ready = True
            self._tell_how()

    def _fit(self) -> None:
        if not self.is_mounted:
            return
        words = self.query_one("#plan-lines", Line)
        width = (self.query_one("#dialog").size.width or min(self.size.width * 9 // 10, _WIDEST) - _FRAME_CELLS) - 1
        rows_of_words = (row for line in self._lines for row in hung(line, width, shown.LABEL_CELLS))
        words.show_rows(rows_of_words, layout=True)
        table = self.query_one("#plan-table", ViewTable)
        rows = max(1, min(len(self._plan.targets) + len(self._plan.left_out), max(2, self.size.height // 3)))
        table.styles.height = 1 + rows
        dialog = self.query_one("#dialog")
        others = sum(1 for child in dialog.children if child.display and child.id not in {"plan-table", "plan-words"})
        left = self.size.height - _FRAME_ROWS - rows - others
        self.query_one("#plan-words").styles.max_height = max(_LEAST_WORDS, min(left, _MOST_WORDS))

    @on(Stepped)
    @on(Check.Changed)
    def _choice(self, event: Message) -> None:
        """A choice in the dialog."""
        event.stop()
        chosen = chosen_in(self)
        if chosen != self._chosen:
            self._replan(chosen)

    def on_key(self, event: Key) -> None:
        """Take the word wherever the focus is: keys that came together are on their way before the focus can move.

        A field keeps what it takes, so none of its keys comes here. A blank before the word is for what has the focus.
        """
        if not self._open or not event.is_printable:
            return
        if self._wanted is None:
            if event.key == "y":
                event.stop()
                self._by_key()
            return
        typed = self.query_one("#typed", Input)
        if event.key == "space" and not typed.value:
            return
        event.stop()
        event.prevent_default()
        typed.select_on_focus = False
        typed.focus()
        typed.insert_text_at_cursor(event.character or "")

    def on_mouse_down(self) -> None:
        """What is pressed next is pressed by the mouse."""
        self._desk.hand.mouse()

    def _by_key(self) -> None:
        """Yes by one key: only if it stands alone, before and after, and not too early."""
        hand = self._desk.hand
        if self._ready and hand.calm:
            at_s, drawn = hand.last_s, self._drawn
            self.set_timer(ALONE_S, partial(self._still_alone, at_s, drawn))

    def _still_alone(self, at_s: float, drawn: int) -> None:
        if self._desk.hand.last_s == at_s and drawn == self._drawn and self.is_current:
            self.accept()

    def action_page(self, pages: int) -> None:
        """Move through the rows by pages, and through the words under them."""
        table, words = self.query_one("#plan-table", ViewTable), self.query_one("#plan-words")
        if pages > 0:
            table.action_page_down()
            words.scroll_page_down(animate=False)
        else:
            table.action_page_up()
            words.scroll_page_up(animate=False)

    def action_save(self) -> None:
        """Keep the plan as a file, whatever may be done with it."""
        self._desk.save(self._plan)

    def _tell_how(self) -> None:
        line = self.query_one("#confirmation", Line)
        if self._refusal:
            line.show(word(self._refusal, Role.BAD), layout=True)
        elif self._open and self._wanted is not None:
            line.show(*shown.asks_for_word(self._wanted), layout=True)
        elif self._open:
            line.show(Cell(shown.asks_for_key(self._plan.verb) if self._ready else _MOMENT, Role.STRONG), layout=True)
        else:
            line.show(Cell(shown.nothing_to_confirm(self._plan, self._desk.context), Role.STRONG), layout=True)

    @override
    def pressed(self, button_id: str) -> None:
        if button_id == "save":
            self.action_save()
        elif button_id == "accept" and self._wanted is None and self._desk.hand.by_key:
            self._by_key()
        else:
            super().pressed(button_id)

    def _seen(self) -> bool:
        """What is confirmed, and how, stands on the screen: nobody says yes to a plan that found no room."""
        dialog, line = self.query_one("#dialog").region, self.query_one("#confirmation").region
        return dialog.width >= _LEAST_CELLS and bool(line) and self.region.intersection(dialog).contains_region(line)

    @override
    def accept(self) -> None:
        if self._seen():
            self._confirm()
        else:
            # Drawn anew a moment ago, it may still have to find its place: only what then has none is refused.
            self.refresh(layout=True)
            self.call_after_refresh(self._confirm_if_seen)

    def _confirm_if_seen(self) -> None:
        if self._seen():
            self._confirm()
        elif self.is_current:
            told = SafeText("too little room to show the plan: make the terminal larger; nothing was done")
            toast(self.app, told)  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType] - App is generic

    def _confirm(self) -> None:
        if not self._open or not self.is_current:
            return
        self._refusal = self._why_refused()
        self._tell_how()
        if not self._refusal:
            self.dismiss(Confirmed(plan=self._plan, why=self.query_one("#why", Input).value))
        elif self._wanted is not None:
            self.query_one("#typed", Input).focus()

    def _why_refused(self) -> str:
        """Why a yes at this moment does nothing; empty where it does what was shown."""
        if self._wanted is not None and self.query_one("#typed", Input).value.strip() != self._wanted:
            return "that is not the word: nothing was done"
        if why_not := self._desk.why_not():
            return why_not
        if not good_still(self._plan, self._desk.now()):
            return "this plan is over 5 minutes old: press esc and make it again; nothing was done"
        return ""

    @on(Input.Changed, "#typed")
    def _typing(self) -> None:
        if self._refusal:
            self._refusal = ""
            self._tell_how()

    @on(Input.Submitted, "#typed")
    def _typed(self) -> None:
        self.accept()
