"""The one table of keys: it binds them, and it is what the footer and the help print."""

from collections.abc import Iterable, Sequence
from typing import Final

from textual.binding import Binding

from fleet_tui.ui.keys import acting, attending, finding, looking, navigating, owning
from fleet_tui.ui.keys.table import KeyAction, View

ACTIONS: Final[tuple[KeyAction, ...]] = (
    *acting.VERB_KEYS,
    *finding.KEYS,
    *navigating.KEYS,
    *looking.KEYS,
    *owning.KEYS,
    *attending.KEYS,
    *acting.ORDERS,
    *navigating.LEAVING,
)

TABLE_HELP: Final = (
    ("j k g G", "move; also arrows, page keys, home and end"),
    ("space", "mark the row under the cursor"),
    ("V", "mark from the last mark to here; also ctrl-space"),
    ("*", "mark everything the filter lets through"),
    ("U", "unmark all, hidden ones too"),
    ("enter", "open the row"),
)


def bindings(actions: Sequence[KeyAction] = ACTIONS) -> list[Binding]:
    """Everything that the app binds; what a table binds itself stands in `TABLE_HELP`."""
    return [
        Binding(",".join(one.keys), one.action, one.label, show=False, priority=one.priority)
        for one in actions
        if one.keys
    ]


def of_view(view: View, actions: Sequence[KeyAction] = ACTIONS) -> Iterable[KeyAction]:
    """What keys mean in a view; `actions` where a keymap gave them others."""
    return (one for one in actions if view in one.views)
