"""A line at the foot of the screen: typed into, completed, recalled, and told at once what is wrong with it."""

from collections.abc import Awaitable, Sequence
from functools import partial
from typing import ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Input
from textual.widgets.input import Selection
from typing_extensions import override

from fleet_tui.domain.text import SafeText
from fleet_tui.ui.text import Line, label
from fleet_tui.ui.widgets.prompt import Meant, Prompt
from fleet_tui.views.cells import Cell, Role
from fleet_tui.views.completion import Completion
from fleet_tui.views.pieces import Piece, fitted, said, word

_NONE: Final = Completion(start=0)


class Bar(Vertical):
    """Hidden until opened. A subclass says how a line goes on, what typing does, and what enter does."""

    sign: ClassVar[SafeText]
    hint: ClassVar[SafeText]

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        keys: dict[str, Meant] = {
            "enter": lambda: self.accept(self.line),
            "escape": self.cancel,
            "tab": partial(self.complete, 1),
            "shift+tab": partial(self.complete, -1),
            "up": partial(self.recall, -1),
            "down": partial(self.recall, 1),
        }
        self._prompt: Prompt = Prompt(id=f"{id}-text", placeholder=self.hint, suggest=self._suggested, keys=keys)
        self._note: Line = Line(classes="note")
        self._options: Line = Line(classes="options")
        self._completion: Completion = _NONE
        self._typed: str = ""
        """What was typed by hand, where the line holds one of its options now."""
        self._option: int | None = None
        self._history: Sequence[str] = ()
        self._recalled: int = 0
        self._mistake: str = ""
        self._from: Widget | None = None
        """What had the focus when it was opened."""

    @override
    def compose(self) -> ComposeResult:
        with Horizontal(classes="bar-line"):
            yield label(self.sign, Role.KEY)
            yield self._prompt
            yield self._note
        yield self._options

    @property
    def line(self) -> str:
        """What stands in it."""
        return self._prompt.value

    def show_line(self, line: str, history: Sequence[str]) -> None:
        """Open it. At once and not with the next message: what is typed behind its key belongs into it."""
        self._history, self._recalled = history, len(history)
        if self.screen.focused is not self._prompt:
            self._from = self.screen.focused
        self.display = True
        self.note()
        self._put(line)
        self._completion, self._option, self._typed, self._mistake = _NONE, None, line, ""
        self._tell_options()
        self.screen.set_focus(self._prompt)

    def choose_all(self) -> None:
        """What is typed next takes the place of what stands there; an arrow or End keeps it."""
        self._prompt.selection = Selection(0, len(self.line))

    def shut(self) -> None:
        """Hide it; keys go at once to where they went before."""
        self.display = False
        if self._from is not None and self.screen.focused is self._prompt:
            self.screen.set_focus(self._from)

    def to_table(self) -> None:
        """Keys go to where they went before, while it stays open."""
        self.screen.set_focus(self._from)

    def to_line(self) -> None:
        """Keys go into it again."""
        self.screen.set_focus(self._prompt)

    def note(self, *cells: Cell) -> None:
        """What stands at its right end."""
        self._note.show(*cells, layout=True)

    def wrong(self, sentence: str) -> None:
        """Say under the line what is wrong with it; it stays open."""
        self._mistake = sentence
        self._tell_options()

    def completion(self, line: str) -> Completion:
        """How a line could go on."""
        raise NotImplementedError

    def typing(self, line: str) -> None:
        """The line was changed."""

    def accept(self, line: str) -> Awaitable[None] | None:
        """Enter."""
        raise NotImplementedError

    def cancel(self) -> None:
        """Escape."""
        raise NotImplementedError

    def _put(self, line: str) -> None:
        self._prompt.value = line
        self._prompt.cursor_position = len(line)

    def _suggested(self, line: str) -> str | None:
        completion = self._completion if self._option is None and self._typed == line else _NONE
        whole = completion.line(line, completion.options[0]) if completion.options else ""
        return whole if line and whole.startswith(line) else None

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        if not self.display:
            return
        line = self._prompt.value
        if self._option is None or line != self._line_of(self._option):
            self._typed, self._option = line, None
            self._completion = self.completion(line) if self._prompt.cursor_at_end else _NONE
        self._tell_options()
        self.typing(line)

    def _line_of(self, option: int) -> str:
        return self._completion.line(self._typed, self._completion.options[option])

    def complete(self, step: int) -> None:
        """The next or the last of the options."""
        line = self._prompt.value
        if self._option is None and line != self._typed:
            # Typed so fast that the change was not heard yet.
            self._typed, self._completion = line, self.completion(line)
        if not self._completion.options and not line:
            self._completion = self.completion(line)
        count = len(self._completion.options)
        if not count:
            return
        before = self._option if self._option is not None else (-1 if step > 0 else 0)
        self._option = (before + step) % count
        self._put(self._line_of(self._option))
        if count == 1:
            self._typed, self._option = self._prompt.value, None
            self._completion = self.completion(self._typed)
        self._tell_options()

    def recall(self, step: int) -> None:
        """The line before or after in what was typed earlier."""
        target = self._recalled + step
        if not 0 <= target <= len(self._history):
            return
        self._recalled = target
        self._put(self._history[target] if target < len(self._history) else "")

    def right(self) -> None:
        """Nothing is wrong with the line."""
        if self._mistake:
            self._mistake = ""
            self._tell_options()

    def _tell_options(self) -> None:
        options = self._completion.options
        self._options.set_class(bool(options or self._mistake), "told")
        if self._mistake:
            self._options.show(word("  "), said(self._mistake, Role.WARN))
            return
        # The chosen one stays in sight: those before it leave first.
        first = max(0, (self._option or 0) - 2)
        pieces = [
            Piece(
                cells=(said(option, Role.STRONG if number == self._option else Role.DIM, 60),),
                priority=1 + abs(number - (self._option or 0)),
            )
            for number, option in enumerate(options[first:], first)
        ]
        self._options.show(*fitted([Piece(cells=(word(" "),), priority=0), *pieces], max(1, self.screen.size.width)))
