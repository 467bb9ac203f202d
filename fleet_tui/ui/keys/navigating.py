"""Keys that go from view to view, put rows in order, narrow them, and leave."""

from typing import Final

from fleet_tui.ui.keys.table import FLEET_ONLY, VIEW_KEYS, key

VIEWS: Final = tuple(
    key(one, one, f"view('{view.value}')", view.value, f"show {view.value.upper()}", priority=True)
    for view, one in VIEW_KEYS.items()
)

KEYS: Final = (
    *VIEWS,
    key("tab", "tab", "next_view", "next view", "the next view"),
    key("less_than_sign,left", "<", "sort_step(-1)", "sort left", "sort by the column to the left", views=FLEET_ONLY),
    key(
        "greater_than_sign,right",
        ">",
        "sort_step(1)",
        "sort right",
        "sort by the column to the right",
        views=FLEET_ONLY,
    ),
    key("I", "I", "sort_reverse", "reverse", "turn the order round", views=FLEET_ONLY),
    key("N", "N", "sort('AGENT')", "by name", "sort by name", views=FLEET_ONLY),
    key("A", "A", "sort('FOR')", "by age", "sort by age in its state", views=FLEET_ONLY),
    key("S", "S", "sort('STATE')", "by state", "sort by state", views=FLEET_ONLY),
    key("C", "C", "sort('$/h')", "by cost", "sort by cost an hour", views=FLEET_ONLY),
    key("f", "f", "faults", "faults", "faults only", views=FLEET_ONLY),
    key("u", "u", "freeze", "freeze", "hold the whole table still; again: all that came meanwhile", views=FLEET_ONLY),
    key("F", "F", "follow", "follow", "the page goes where the row under the cursor goes", views=FLEET_ONLY),
    key("z", "z", "zoom", "zoom", "the pane on the whole screen, or within its frame"),
)

LEAVING: Final = (
    key("question_mark", "?", "help", "help", "this list", footer=True),
    key("escape", "esc", "up", "up", "clear the filter, then back to FLEET"),
    key("q", "q", "leave", "quit", "back, or quit", names="q exit"),
    key("ctrl+c", "^c", "interrupt", "quit now", "quit at once; in a dialog: cancel it", priority=True, names="q!"),
)
