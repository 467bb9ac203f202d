"""Keys that act: the verbs, from the one table of verbs, and what belongs to orders."""

from typing import Final

from fleet_tui.domain.action import VERBS, Verb
from fleet_tui.ui.keys.table import WITH_FAMILY, WITH_ROWS, KeyAction, key

_SHOWN_KEYS: Final = {"ctrl+k": "^k"}
_ALSO: Final = {Verb.KILL: ("f9",)}

VERB_KEYS: Final = tuple(
    KeyAction(
        keys=(spec.key, *_ALSO.get(spec.verb, ())),
        shown="/".join([_SHOWN_KEYS.get(spec.key, spec.key), *(one.upper() for one in _ALSO.get(spec.verb, ()))]),
        label=spec.label,
        help=spec.help,
        action=f"ask('{spec.verb.value}')",
        id=spec.verb.value,
        views=WITH_ROWS,
        verb=spec.verb,
        footer=True,
    )
    for spec in VERBS.values()
    if spec.key is not None
)

ORDERS: Final = (
    key("T", "T", "mark_subtree", "mark branch", "mark the row and all that stands below it", views=WITH_FAMILY),
    key("o", "o", "outcomes", "outcomes", "what became of your orders"),
    key("W", "W", "window", "write", "open or close the write window of this console, 10 minutes", footer=True),
)
