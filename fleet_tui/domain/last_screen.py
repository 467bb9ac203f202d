"""What the console drew last, as text that the next start paints before anything else is loaded.

Imported by what runs first, so it imports next to nothing. What is read from it is made safe again: a file is a file.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from fleet_tui.domain.text import SafeText, safe_line

FILE: Final = "last-screen"
LIMIT_BYTES: Final = 512 * 1024
_HEAD: Final = "fleet-tui last screen 1"
_FIELD: Final = "\x1f"
_LOOK: Final = frozenset("0123456789;:")
_HEAD_LINES: Final = 2


class Run(NamedTuple):
    """A piece of a line; `look` is the parameters of the SGR sequence it is drawn with, empty for none."""

    look: str
    text: SafeText


DrawnLine = Sequence[Run]


class LastScreen(NamedTuple):
    """The parts of a screen from the top; each line as wide as the terminal was."""

    at_s: int
    """When its facts were true, in seconds of the Unix epoch."""
    terminal: str
    """Which terminal it was drawn for, as `terminal_of` says."""
    store: str
    """Which store it shows: the device and inode of its file."""
    columns: int
    lines: int
    top: Sequence[DrawnLine]
    """Ends in the line that says what is shown; behind its last word is room for the time."""
    rows: Sequence[DrawnLine]
    """The heading, then rows, more than there was room for."""
    panel: Sequence[DrawnLine]
    bottom: Sequence[DrawnLine]


def terminal_of(term: str, color: str, *, no_color: bool, ascii_only: bool) -> str:
    """One word for what decides how lines are drawn: TERM, COLORTERM, whether colour and more than ASCII are wanted."""
    words = (term, color, "plain" if no_color else "colour", "ascii" if ascii_only else "unicode")
    return "|".join(safe_line(word.replace("|", ""), 64) for word in words)


def encoded(screen: LastScreen) -> str:
    """The file's text."""
    fields = (str(screen.at_s), screen.terminal, screen.store, str(screen.columns), str(screen.lines))
    lines = [_HEAD, _FIELD.join(fields)]
    for part, drawn in (("T", screen.top), ("R", screen.rows), ("P", screen.panel), ("B", screen.bottom)):
        lines += (_FIELD.join((part, *(word for run in line for word in run))) for line in drawn)
    return "\n".join(lines)


def decoded(text: str, rows: int) -> LastScreen | None:
    """The screen with its first `rows` lines of the table, or None for text that is none."""
    lines = text.split("\n")
    if len(lines) < _HEAD_LINES or lines[0] != _HEAD:
        return None
    parts: dict[str, list[DrawnLine]] = {"T": [], "R": [], "P": [], "B": []}
    try:
        at_s, terminal, store, columns, height = lines[1].split(_FIELD)
        for line in lines[_HEAD_LINES:]:
            part, *words = line.split(_FIELD)
            if part != "R" or len(parts["R"]) < rows:
                parts[part].append(_runs(words))
        if not parts["T"]:
            # The age of what is shown would stand nowhere.
            return None
        return LastScreen(
            at_s=int(at_s),
            terminal=terminal,
            store=store,
            columns=int(columns),
            lines=int(height),
            top=parts["T"],
            rows=parts["R"],
            panel=parts["P"],
            bottom=parts["B"],
        )
    except (ValueError, KeyError):
        return None


def _runs(words: Sequence[str]) -> list[Run]:
    runs: list[Run] = []
    for look, text in zip(words[::2], words[1::2], strict=True):
        if not _LOOK.issuperset(look):
            raise ValueError(look)
        runs.append(Run(look, safe_line(text)))
    return runs
