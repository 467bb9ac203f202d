"""The one table of keys: it binds them, and it is what the footer and the help print."""

from collections.abc import Iterable
from typing import Final

from textual.binding import Binding

from fleet_tui.ui.keys import acting, looking, navigating
from fleet_tui.ui.keys.table import KeyAction, View

ACTIONS: Final[tuple[KeyAction, ...]] = (
    *acting.VERB_KEYS,
    *navigating.KEYS,
    *looking.KEYS,
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


def bindings() -> list[Binding]:
    """Everything that the app binds; what a table binds itself stands in `TABLE_HELP`."""
    return [Binding(",".join(one.keys), one.action, one.label, show=False, priority=one.priority) for one in ACTIONS]


def of_view(view: View) -> Iterable[KeyAction]:
    """What keys mean in a view."""
    return (one for one in ACTIONS if view in one.views)
