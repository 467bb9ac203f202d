"""What a key's meaning is made of, and the views it can be bound in."""

from enum import StrEnum
from typing import Final

from fleet_tui.domain.action import Verb
from fleet_tui.domain.dataclass import dataclass


class View(StrEnum):
    """The views, by the name of their pane, in the order of their keys."""

    FLEET = "fleet"
    SPEND = "spend"
    FAILURES = "failures"
    SPRAWL = "sprawl"
    ATTENTION = "attention"
    AUDIT = "audit"
    STACK = "stack"
    TREE = "tree"


VIEW_KEYS: Final = {
    View.FLEET: "1",
    View.SPEND: "2",
    View.FAILURES: "3",
    View.SPRAWL: "4",
    View.ATTENTION: "5",
    View.AUDIT: "6",
    View.STACK: "7",
    View.TREE: "8",
}
EVERYWHERE: Final = frozenset(View)
WITH_ROWS: Final = frozenset({View.FLEET, View.SPRAWL, View.FAILURES, View.ATTENTION, View.TREE})
"""Views whose rows are agents, so that a verb has something to act on."""
FLEET_ONLY: Final = frozenset({View.FLEET})
ATTENTION_ONLY: Final = frozenset({View.ATTENTION})
WINDOWED: Final = frozenset({View.SPEND, View.FAILURES})
"""Views over a window of time."""
WITH_FAMILY: Final = frozenset({View.FLEET, View.TREE})
"""Views whose marks are those of agents, so that whole branches can be marked."""
SPEND_ONLY: Final = frozenset({View.SPEND})


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyAction:
    """One key's meaning. `action` is what Textual runs; no action takes a target."""

    keys: tuple[str, ...]
    shown: str
    """The key as a person reads it."""
    label: str
    help: str
    action: str
    id: str
    """The name by which a keymap file means it."""
    views: frozenset[View] = EVERYWHERE
    verb: Verb | None = None
    footer: bool = False
    priority: bool = False
    """Heard before what has the focus, so that the key behind it already goes where this one leads."""
    word: str = ""
    """What its action takes as its one argument from the command line, as the help prints it: `HH:MM`, `[NAME]` where
    it may be left out. Empty where it takes nothing."""
    names: tuple[str, ...] = ()
    """What it is called on the command line beside its label."""


def key(
    keys: str,
    shown: str,
    action: str,
    label: str,
    text: str,
    *,
    views: frozenset[View] = EVERYWHERE,
    footer: bool = False,
    priority: bool = False,
    word: str = "",
    names: str = "",
) -> KeyAction:
    """A line of a table: the keys with commas between, as shown, what they run, a word for it and a sentence.

    Without a key it is reached by its id only, and by whoever gives it one.
    """
    name, _, argument = action.partition("(")
    preset = argument.rstrip(")").strip("'")
    return KeyAction(
        keys=tuple(one for one in keys.split(",") if one),
        shown=shown,
        label=label,
        help=text,
        action=action,
        id=f"{name}.{preset}" if preset else name,
        views=views,
        footer=footer,
        priority=priority,
        word=word,
        names=tuple(names.split()),
    )
