"""Small questions before a plan: a word to type, a time, who it belongs to."""

from collections.abc import Mapping
from typing import Final

from textual import on
from textual.app import ComposeResult
from textual.events import Key
from textual.widgets import Input
from typing_extensions import override

from fleet_tui.domain.acknowledgement import LONGEST
from fleet_tui.domain.action import Params
from fleet_tui.domain.assignment import AssignmentField
from fleet_tui.domain.extension import extension_s
from fleet_tui.domain.filter import FilterError, duration_s
from fleet_tui.domain.text import SafeText
from fleet_tui.ui.dialogs.base import Dialog, T
from fleet_tui.ui.text import Line, field, label
from fleet_tui.views.cells import Cell, Role
from fleet_tui.views.pieces import said, word

CLEAR: Final = "-"
TASK_TO: Final = "task-to"


class _Ask(Dialog[T]):
    """Lines that explain, fields to fill, and one line for what is wrong.

    Where there is one field, what is typed goes into it wherever the focus is, in the place of what it held.
    """

    heading: SafeText
    yes: SafeText
    _taken: bool = False

    def on_key(self, event: Key) -> None:
        """A field keeps what it takes, so none of its keys comes here. A blank is for what has the focus."""
        fields = list(self.query(Input))
        if len(fields) != 1 or not event.is_printable or event.key == "space":
            return
        event.stop()
        event.prevent_default()
        only = fields[0]
        if not self._taken:
            self._taken, only.select_on_focus, only.value = True, False, ""
        only.focus()
        only.insert_text_at_cursor(event.character or "")

    def explain(self) -> Cell:
        raise NotImplementedError

    def fields(self) -> ComposeResult:
        raise NotImplementedError

    @override
    def compose(self) -> ComposeResult:
        with self.small(self.heading):
            yield label(self.explain().text)
            yield from self.fields()
            yield Line(id="trouble")
            yield from self.buttons(self.yes)

    def wrong(self, sentence: str) -> None:
        self.query_one("#trouble", Line).show(said(sentence, Role.BAD))

    @on(Input.Submitted)
    def _submitted(self) -> None:
        self.accept()


class WordDialog(_Ask[bool]):
    """Asks for one exact word."""

    yes = SafeText("Open")

    def __init__(self, heading: SafeText, wanted: str, explanation: str) -> None:
        super().__init__()
        self.heading = heading
        self._wanted: str = wanted
        self._explanation: str = explanation

    @override
    def explain(self) -> Cell:
        return said(self._explanation)

    @override
    def fields(self) -> ComposeResult:
        yield field(SafeText(""), id="typed", placeholder=SafeText("type it here"))

    @override
    def accept(self) -> None:
        if self.query_one("#typed", Input).value.strip() == self._wanted:
            self.dismiss(True)  # noqa: FBT003 - the value of the dialog
        else:
            self.wrong("that is not the word")


class HandOverDialog(Dialog[bool]):
    """A hand-over waits: look at what confirming it would do, or reassign in another way."""

    def __init__(self, waiting: Cell) -> None:
        super().__init__()
        self._waiting: Cell = waiting

    @override
    def compose(self) -> ComposeResult:
        with self.small(SafeText("HAND-OVER")):
            yield label(self._waiting.text)
            yield from self.buttons(SafeText("Confirm it"), also=("other", SafeText("Reassign")))

    @override
    def pressed(self, button_id: str) -> None:
        if button_id == "other":
            self.dismiss(False)  # noqa: FBT003 - the value of the dialog
        else:
            super().pressed(button_id)

    @override
    def accept(self) -> None:
        self.dismiss(True)  # noqa: FBT003 - the value of the dialog


class SnoozeDialog(_Ask[int]):
    """For how many seconds something is put off; 0: not at all any more."""

    heading = SafeText("SNOOZE: for how long?")
    yes = SafeText("Snooze")

    @override
    def explain(self) -> Cell:
        return word("it goes to the end until then: 30m, 4h, at most 30d; 0 opens it again")

    @override
    def fields(self) -> ComposeResult:
        yield field(SafeText("4h"), id="for", placeholder=SafeText("4h"))

    @override
    def accept(self) -> None:
        try:
            seconds = duration_s(self.query_one("#for", Input).value.strip())
        except FilterError as error:
            self.wrong(str(error))
            return
        if seconds > LONGEST.total_seconds():
            self.wrong("at most 30d")
            return
        self.dismiss(seconds)


class ExtendDialog(_Ask[Params]):
    """How long from now the end shall be."""

    heading = SafeText("EXTEND: how long from now?")
    yes = SafeText("Plan")

    @override
    def explain(self) -> Cell:
        return word("the end is then this far from now, whatever it was: 30m, 1h30m, at most 24h")

    @override
    def fields(self) -> ComposeResult:
        yield field(SafeText("1h"), id="for", placeholder=SafeText("1h"))

    @override
    def accept(self) -> None:
        try:
            seconds = extension_s(self.query_one("#for", Input).value.strip())
        except FilterError as error:
            self.wrong(str(error))
            return
        self.dismiss(Params(extend_s=seconds))


class ReassignDialog(_Ask[Params]):
    """Owner, team, task and parent, or a hand-over of the task. What is left empty stays as it is."""

    heading = SafeText("REASSIGN")
    yes = SafeText("Plan")

    def __init__(self, present: Mapping[AssignmentField, str | None], agents: int) -> None:
        super().__init__()
        self._present: Mapping[AssignmentField, str | None] = present
        self._agents: int = agents

    @override
    def explain(self) -> Cell:
        return word(f"empty: stays as it is;  {CLEAR} : nobody")

    @override
    def fields(self) -> ComposeResult:
        for one in AssignmentField:
            present = self._present.get(one)
            hint = f"{one}: {present}" if present else f"{one}"
            yield field(SafeText(""), id=one.value, placeholder=said(hint, limit=80).text)
        if self._agents == 1:
            yield field(SafeText(""), id=TASK_TO, placeholder=SafeText("hand its task over to this agent"))

    @override
    def accept(self) -> None:
        typed = {one: self.query_one(f"#{one.value}", Input).value.strip() for one in AssignmentField}
        assign = tuple((one, None if text == CLEAR else text) for one, text in typed.items() if text)
        to = self.query_one(f"#{TASK_TO}", Input).value.strip() if self._agents == 1 else ""
        if to and assign:
            self.wrong("a hand-over moves the task only: leave the other lines empty")
        elif to:
            self.dismiss(Params(task_to=to))
        elif assign:
            self.dismiss(Params(assign=assign))
        else:
            self.wrong("nothing was changed")
