"""The help: every key of the view, from the table that binds them; the words of a filter; the commands."""

import textwrap
from collections.abc import Callable, Sequence
from itertools import zip_longest
from typing import Final

from fleet_tui.domain.text import SafeText, cell_width, safe_line
from fleet_tui.ui.commands import Command
from fleet_tui.ui.keymap import ACTIONS, TABLE_HELP, of_view
from fleet_tui.ui.keys.table import KeyAction, View
from fleet_tui.ui.screens.text import Lines, TextScreen
from fleet_tui.views.cells import Cell, Role
from fleet_tui.views.pieces import word

_KEY_CELLS: Final = 8
_TWO_COLUMNS_FROM: Final = 100
_GAP: Final = 2
_FRAME: Final = 6
"""Border, padding and scrollbar."""
_LEAST: Final = 30
_UNCUT: Final = 1000
_EMPTY: Final[list[Cell]] = []

_FILTER_WORDS: Final = (
    ("ci-fix", "a part of a name, id, team, owner, task, state"),
    ('"fix the test"', "quotes keep blanks together; several words must all be true"),
    ("~^ci-.*7$", "a regular expression, also behind a field: name:~^ci-"),
    ("!word", "the inverse of any word; -word is the same: !team:ci"),
    ("team:ci", "a field that is exactly this: id agent name kind layer provider source"),
    ("", "phase (state) finding owner team task parent region stale"),
    ("team:-", "a field that nobody set"),
    ("usd>1", "more than 1 today, also usd:1..  usd:1..5  usd<5;  $>1/h is rate>1"),
    ("age>1h", "older than an hour; left<30m ends within half an hour: s m h d"),
    ("-l env=prod", "a label, also label.env:prod;  env!=prod  env  a=b,c=d"),
    ("-f cfx7", "letters in this order, best first"),
    ("stale:yes", "rows whose source was not read in time"),
    ("all:", "everything"),
)
_FILTER_KEYS: Final = (
    ("tab", "complete with what exists; again for the next"),
    ("right", "take what stands dim behind the cursor"),
    ("up down", "what you typed before"),
    ("enter", "keep it; esc takes it back; esc in the table clears it"),
)


def _pair(keys: str, text: str, cells: int = _KEY_CELLS) -> list[Cell]:
    return [word(f"{keys:<{cells}}", Role.KEY), word(text)]


def _keys(view: View, every: Sequence[KeyAction]) -> list[tuple[str, str]]:
    """Verbs first, then the operator's own, then the other keys, then what every table knows."""
    actions = sorted(
        (one for one in of_view(view, every) if one.keys), key=lambda one: (one.verb is None, one in ACTIONS)
    )
    return [*((one.shown, one.help) for one in actions), *TABLE_HELP]


def notes(view: View, every: Sequence[KeyAction]) -> Lines:
    """What has no key, and what the marks mean."""
    rows: list[list[Cell]] = [[]]
    rows += [_pair(f"{one.shown} {one.word}".rstrip(), one.help, 18) for one in of_view(view, every) if not one.keys]
    for text in (
        ":revoke :disable :enable :cancel :delete ID... are final: the plan always asks for the typed word",
        "a verb's key shows its plan and asks; without the write window (W) it shows the plan and no more",
        "a state with ? is not confirmed; ~ estimated; >= something has no price; ? nobody knows",
    ):
        rows.append([word(text, Role.DIM)])
    return rows


def help_lines(view: View, every: Sequence[KeyAction] = ACTIONS, *, width: int = 0) -> Lines:
    """The help in one column, or in two where the screen is wide."""
    keys = _keys(view, every)
    if width < _TWO_COLUMNS_FROM:
        whole = max(_LEAST, width * 96 // 100 - _FRAME) if width else _UNCUT
        return [*(line for one in keys for line in _block(*one, whole)), *notes(view, every)]
    cells = (width * 96 // 100 - _FRAME - _GAP) // 2
    blocks = [_block(shown, text, cells) for shown, text in keys]
    left: list[list[Cell]] = []
    right: list[list[Cell]] = []
    half = (sum(len(block) for block in blocks) + 1) // 2
    for block in blocks:
        (left if len(left) < half else right).extend(block)
    rows = [[*_padded(one, cells), *other] for one, other in zip_longest(left, right, fillvalue=_EMPTY)]
    return [*rows, *notes(view, every)]


def _block(keys: str, text: str, cells: int) -> list[list[Cell]]:
    first, *more = textwrap.wrap(text, cells - _KEY_CELLS) or [""]
    return [_pair(keys, first), *(_pair("", line) for line in more)]


def _padded(line: Sequence[Cell], cells: int) -> list[Cell]:
    used = sum(cell_width(cell.text) for cell in line)
    return [*line, word(" " * (cells - used + _GAP))]


def filter_lines() -> Lines:
    """Every form of a filter's word, by example, and the keys of its line."""
    cells = max(len(one) for one, _ in _FILTER_WORDS) + 2
    rows = [_pair(one, text, cells) for one, text in _FILTER_WORDS]
    return [*rows, [], *(_pair(one, text, cells) for one, text in _FILTER_KEYS)]


def _usage(command: Command) -> str:
    others = f" ({', '.join(command.names[1:])})" if len(command.names) > 1 else ""
    return f"{command.usage}{others}"


def alias_lines(commands: Sequence[Command], *, width: int = 0) -> Lines:
    """Each command with its other names, what it takes, its key and what it does."""
    whole = max(_LEAST, width * 96 // 100 - _FRAME) if width else _UNCUT
    usages = [_usage(one) for one in commands]
    left = max((len(usage) for usage in usages), default=0) + 1
    beside = whole - left - _KEY_CELLS >= _LEAST
    rows: list[list[Cell]] = []
    for one, usage in zip(commands, usages, strict=True):
        indent = left + _KEY_CELLS if beside else _KEY_CELLS
        first, *more = textwrap.wrap(one.help, whole - indent) or [""]
        if beside:
            rows.append(
                [word(f"{usage:<{left}}", Role.KEY), word(f"{one.key:<{_KEY_CELLS}}", Role.STRONG), word(first)]
            )
        else:
            rows.append([word(usage, Role.KEY)])
            rows.append([word(f"{one.key:<{_KEY_CELLS}}", Role.STRONG), word(first)])
        rows.extend([word(f"{'':<{indent}}{line}")] for line in more)
    return rows


class FittedScreen(TextScreen):
    """Lines that are made anew for every width."""

    def __init__(self, heading: SafeText, lines_of: Callable[[int], Lines]) -> None:
        super().__init__(heading, lines_of(0))
        self._lines_of: Callable[[int], Lines] = lines_of

    def on_resize(self) -> None:
        """Fit them."""
        self.tell(self._lines_of(self.size.width))


class HelpScreen(FittedScreen):
    """Help for one view."""

    def __init__(self, view: View, every: Sequence[KeyAction] = ACTIONS) -> None:
        heading = safe_line(f"keys of {view.value.upper()}")
        super().__init__(heading, lambda width: help_lines(view, every, width=width))


class AliasScreen(FittedScreen):
    """Every command and its other names."""

    def __init__(self, commands: Sequence[Command]) -> None:
        super().__init__(SafeText("commands"), lambda width: alias_lines(commands, width=width))
