"""The one table of keys: it binds them, and it is what the footer and the help print."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from textual.binding import Binding

from fleet_tui.domain.action import VERBS, Verb


class View(StrEnum):
    """The views, by the name of their pane."""

    FLEET = "fleet"
    SPEND = "spend"
    FAILURES = "failures"
    SPRAWL = "sprawl"
    AUDIT = "audit"


VIEW_KEYS: Final = {View.FLEET: "1", View.SPEND: "2", View.FAILURES: "3", View.SPRAWL: "4", View.AUDIT: "6"}
EVERYWHERE: Final = frozenset(View)
WITH_ROWS: Final = frozenset({View.FLEET, View.SPRAWL, View.FAILURES})
"""Views whose rows are agents, so that a verb has something to act on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyAction:
    """One key's meaning. `action` is what Textual runs; no action takes a target."""

    keys: tuple[str, ...]
    shown: str
    """The key as a person reads it."""
    label: str
    help: str
    action: str
    views: frozenset[View] = EVERYWHERE
    verb: Verb | None = None
    footer: bool = False
    priority: bool = False
    """Heard before what has the focus, so that the key behind it already goes where this one leads."""


_SHOWN_KEYS: Final = {"ctrl+k": "^k"}
_ALSO: Final = {Verb.KILL: ("f9",)}


def _verb_actions() -> tuple[KeyAction, ...]:
    return tuple(
        KeyAction(
            keys=(spec.key, *_ALSO.get(spec.verb, ())),
            shown="/".join([_SHOWN_KEYS.get(spec.key, spec.key), *(key.upper() for key in _ALSO.get(spec.verb, ()))]),
            label=spec.label,
            help=spec.help,
            action=f"ask('{spec.verb.value}')",
            views=WITH_ROWS,
            verb=spec.verb,
            footer=True,
        )
        for spec in VERBS.values()
        if spec.key is not None
    )


def _views() -> tuple[KeyAction, ...]:
    return tuple(
        KeyAction(
            keys=(key,), shown=key, label=view.value, help=f"show {view.value.upper()}", action=f"view('{view.value}')"
        )
        for view, key in VIEW_KEYS.items()
    )


_FLEET_ONLY: Final = frozenset({View.FLEET})

ACTIONS: Final[tuple[KeyAction, ...]] = (
    *_verb_actions(),
    *_views(),
    KeyAction(keys=("tab",), shown="tab", label="next view", help="the next view", action="next_view"),
    KeyAction(
        keys=("slash",),
        shown="/",
        label="filter",
        help="show only what matches",
        action="filter",
        views=_FLEET_ONLY,
        footer=True,
        priority=True,
    ),
    KeyAction(
        keys=("less_than_sign", "left"),
        shown="<",
        label="sort left",
        help="sort by the column to the left",
        action="sort_step(-1)",
        views=_FLEET_ONLY,
    ),
    KeyAction(
        keys=("greater_than_sign", "right"),
        shown=">",
        label="sort right",
        help="sort by the column to the right",
        action="sort_step(1)",
        views=_FLEET_ONLY,
    ),
    KeyAction(
        keys=("I",), shown="I", label="reverse", help="turn the order round", action="sort_reverse", views=_FLEET_ONLY
    ),
    KeyAction(keys=("N",), shown="N", label="by name", help="sort by name", action="sort('AGENT')", views=_FLEET_ONLY),
    KeyAction(
        keys=("A",), shown="A", label="by age", help="sort by age in its state", action="sort('FOR')", views=_FLEET_ONLY
    ),
    KeyAction(
        keys=("S",), shown="S", label="by state", help="sort by state", action="sort('STATE')", views=_FLEET_ONLY
    ),
    KeyAction(
        keys=("C",), shown="C", label="by cost", help="sort by cost an hour", action="sort('$/h')", views=_FLEET_ONLY
    ),
    KeyAction(keys=("f",), shown="f", label="faults", help="faults only", action="faults", views=_FLEET_ONLY),
    KeyAction(keys=("u",), shown="u", label="freeze", help="hold the order still", action="freeze", views=_FLEET_ONLY),
    KeyAction(
        keys=("d",),
        shown="d",
        label="detail",
        help="the whole story of the row",
        action="detail",
        views=WITH_ROWS,
        footer=True,
    ),
    KeyAction(keys=("y",), shown="y", label="raw", help="the row as --json prints it", action="raw", views=WITH_ROWS),
    KeyAction(
        keys=("l",),
        shown="l",
        label="logs",
        help="its last log lines, followed",
        action="logs",
        views=WITH_ROWS,
        footer=True,
    ),
    KeyAction(keys=("e",), shown="e", label="events", help="what happened to it", action="events", views=WITH_ROWS),
    KeyAction(
        keys=("dollar_sign",),
        shown="$",
        label="money",
        help="take its money apart, line by line",
        action="money",
        views=WITH_ROWS,
    ),
    KeyAction(keys=("c",), shown="c", label="copy", help="copy the row's id", action="copy_id", views=WITH_ROWS),
    KeyAction(
        keys=("v",),
        shown="v",
        label="group",
        help="group by the next thing",
        action="group",
        views=frozenset({View.SPEND}),
        footer=True,
    ),
    KeyAction(keys=("o",), shown="o", label="outcomes", help="what became of your orders", action="outcomes"),
    KeyAction(
        keys=("W",),
        shown="W",
        label="write",
        help="open or close the write window of this console, 10 minutes",
        action="window",
        footer=True,
    ),
    KeyAction(
        keys=("ctrl+r",), shown="^r", label="refresh", help="ask for a reading of every source", action="refresh_now"
    ),
    KeyAction(keys=("question_mark",), shown="?", label="help", help="this list", action="help", footer=True),
    KeyAction(keys=("escape",), shown="esc", label="back", help="clear the filter, then back to FLEET", action="up"),
    KeyAction(keys=("q",), shown="q", label="quit", help="back, or quit", action="leave"),
    KeyAction(
        keys=("ctrl+c",),
        shown="^c",
        label="quit now",
        help="quit at once; in a dialog: cancel it",
        action="interrupt",
        priority=True,
    ),
)

TABLE_HELP: Final = (
    ("j k g G", "move; also arrows, page keys, home and end"),
    ("space", "mark the row under the cursor"),
    ("V", "mark from the last mark to here; also ctrl-space"),
    ("*", "mark everything the filter lets through"),
    ("U", "unmark all, hidden ones too"),
    ("enter", "open the row"),
)


def bindings() -> list[Binding]:
    """Everything that the app binds; what a table binds itself stands in `TABLE_HELP`."""
    return [Binding(",".join(one.keys), one.action, one.label, show=False, priority=one.priority) for one in ACTIONS]


def of_view(view: View) -> Iterable[KeyAction]:
    """What keys mean in a view."""
    return (one for one in ACTIONS if view in one.views)
