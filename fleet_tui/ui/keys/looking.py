"""Keys that look closer at the row under the cursor."""

from typing import Final

from fleet_tui.ui.keys.table import SPEND_ONLY, WINDOWED, WITH_ROWS, key

KEYS: Final = (
    key("d", "d", "detail", "detail", "the whole story of the row", views=WITH_ROWS, footer=True),
    key("y", "y", "raw", "raw", "the row as --json prints it", views=WITH_ROWS),
    key("l", "l", "logs", "logs", "its log, followed", views=WITH_ROWS, footer=True),
    key("L", "L", "logs_before", "logs before", "the log of the run before", views=WITH_ROWS),
    key("e", "e", "events", "events", "what happened to it", views=WITH_ROWS),
    key("dollar_sign", "$", "money", "money", "take the money under the cursor apart, line by line", footer=True),
    key("c", "c", "copy_id", "copy", "copy the row's id", views=WITH_ROWS),
    key("x", "x", "tree", "tree", "show it in the tree", views=WITH_ROWS, names="in-tree"),
    key("J", "J", "owner", "above", "go to its parent, else to the agent that owns it", views=WITH_ROWS),
    key("v", "v", "group", "group", "group by the next thing", views=SPEND_ONLY, footer=True),
    key("w", "w", "window_of_time", "window", "look at the next window of time", views=WINDOWED, footer=True),
    key("left_curly_bracket", "{", "step_back", "before", "the fleet before the last change; { } step through 48 h"),
    key("right_curly_bracket", "}", "step_forward", "after", "the next change; after the last one it is live"),
    key("", ":at", "at", "at", "the fleet at a moment of the last 48 h", word="14:05|2h"),
    key("ctrl+r", "^r", "refresh_now", "refresh", "ask for a reading of every source"),
)
