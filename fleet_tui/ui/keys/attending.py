"""Keys that say who deals with what: the list from anywhere, take, and snooze."""

from typing import Final

from fleet_tui.ui.keys.table import ATTENTION_ONLY, View, key

KEYS: Final = (
    key(
        "exclamation_mark", "!", "attend", "attention", f"what needs you, from anywhere: show {View.ATTENTION.upper()}"
    ),
    key("i", "i", "take", "take", "take what needs somebody, in your name: it comes back if it changes, or after 4 h"),
    key(
        "Z",
        "Z",
        "snooze",
        "snooze",
        "put it off for a time; 0 opens it again, also what was taken",
        views=ATTENTION_ONLY,
        footer=True,
    ),
    key(
        "",
        ":silence",
        "silence",
        "silence",
        "let nothing of it ask for anybody for so long",
        views=ATTENTION_ONLY,
        word="DURATION",
    ),
)
