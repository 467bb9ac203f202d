"""The plan of a verb, and how to say yes to exactly what it shows."""

from dataclasses import dataclass
from datetime import datetime

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.events import Key
from textual.widgets import Input
from typing_extensions import override

from fleet_tui.domain.action import Verb
from fleet_tui.domain.plan import Plan, expected_word
from fleet_tui.domain.text import SafeText, safe_line
from fleet_tui.ui.dialogs.base import Dialog
from fleet_tui.ui.text import Line, field, title
from fleet_tui.ui.widgets.check import Check
from fleet_tui.ui.widgets.view_table import ViewTable
from fleet_tui.views import plan as shown
from fleet_tui.views.cells import Role
from fleet_tui.views.model import FleetModel
from fleet_tui.views.pieces import word


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """The operator said yes to the plan that was shown."""

    plan: Plan
    why: str
    at_once: bool = False
    """For kill: without the grace time."""


class PlanDialog(Dialog[Confirmed]):
    """Shows a plan made before it opened; nothing in it is looked up again.

    What is typed anywhere but in a field goes into the one that waits for the word. Page keys move through the rows.
    """

    BINDINGS = [  # noqa: RUF012 - Textual's way
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
    ]

    def __init__(
        self, plan: Plan, model: FleetModel, context: shown.PlanContext, now: datetime, *, ascii_only: bool = False
    ) -> None:
        super().__init__()
        self._plan: Plan = plan
        self._against: shown.PlanContext = context
        self._ascii_only: bool = ascii_only
        self._wanted: str | None = expected_word(plan, fleet=context.fleet, production=context.production)
        # Drawn once: what is confirmed is what was seen, whatever changes behind it.
        self._table = shown.plan_table(plan, model, now)
        self._lines = shown.plan_lines(plan, model, context)

    @property
    def _open(self) -> bool:
        return self._against.may_act and bool(self._plan.targets)

    @override
    def compose(self) -> ComposeResult:
        with Vertical(id="dialog"):
            yield ViewTable(self._table.columns, id="plan-table", ascii_only=self._ascii_only)
            with VerticalScroll(id="plan-words", can_focus=False):
                yield Line(id="plan-lines")
            if self._open:
                if self._plan.verb is Verb.KILL:
                    yield Check("now: kill at once, without the grace time", id="at-once")
                yield field(SafeText(""), id="why", placeholder=SafeText("why (goes to the audit)"))
            yield Line(id="confirmation")
            if self._open and self._wanted is not None:
                yield field(SafeText(""), id="typed", placeholder=SafeText("type it here"))
            yield from self.buttons(safe_line(self._plan.verb.value) if self._open else None)

    def on_mount(self) -> None:
        """Draw it; the table takes as many lines as it has rows, up to a third of the screen."""
        title(self.query_one("#dialog"), shown.title(self._plan))
        table = self.query_one("#plan-table", ViewTable)
        table.can_focus = False
        table.show(self._table)
        table.styles.height = 1 + max(1, min(len(self._table.rows), max(2, self.size.height // 3)))
        self.query_one("#plan-lines", Line).show_rows(self._lines, layout=True)
        self._tell_how()

    def on_key(self, event: Key) -> None:
        """Take the word wherever the focus is: keys that came together are on their way before the focus can move.

        A field keeps what it takes, so none of its keys comes here. A blank before the word is for what has the focus.
        """
        waiting = self.query("#typed")
        if not waiting or not event.is_printable:
            return
        typed = waiting.first(Input)
        if event.key == "space" and not typed.value:
            return
        event.stop()
        event.prevent_default()
        typed.select_on_focus = False
        typed.focus()
        typed.insert_text_at_cursor(event.character or "")

    def action_page(self, pages: int) -> None:
        """Move through the rows by pages."""
        table = self.query_one("#plan-table", ViewTable)
        if pages > 0:
            table.action_page_down()
        else:
            table.action_page_up()

    def _tell_how(self, refusal: str = "") -> None:
        line = self.query_one("#confirmation", Line)
        if refusal:
            line.show(word(refusal, Role.BAD))
        else:
            line.show(word(shown.confirmation(self._plan, self._against), Role.STRONG))

    @override
    def accept(self) -> None:
        if not self._open:
            return
        if self._wanted is not None and self.query_one("#typed", Input).value.strip() != self._wanted:
            self._tell_how("that is not the word: nothing was done")
            self.query_one("#typed", Input).focus()
            return
        now = bool(self.query("#at-once")) and self.query_one("#at-once", Check).value
        why = self.query_one("#why", Input).value
        self.dismiss(Confirmed(plan=self._plan, why=why, at_once=now))

    @on(Input.Submitted, "#typed")
    def _typed(self) -> None:
        self.accept()
