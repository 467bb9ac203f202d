"""Keys that make the console one's own: how wide it draws, what it hides, where it puts what it shows."""

from typing import Final

from fleet_tui.ui.keys.table import key

KEYS: Final = (
    key("ctrl+w", "^w", "wide", "wide", "the columns that find no room, beside the name", names="cols columns"),
    key("ctrl+e", "^e", "header", "header", "hide or show the two lines on top"),
    key(
        "ctrl+s",
        "^s",
        "save",
        "save",
        "save the rows of this view as CSV and JSON in the state directory",
        names="export",
    ),
    key("ctrl+z", "^z", "suspend_process", "suspend", "back to the shell; fg comes back here", priority=True),
    key("", ":theme", "theme", "theme", "the next theme, or the one that is named", word="[NAME]"),
    key("", ":mouse", "mouse", "mouse", "let the terminal have the mouse, or take it again"),
    key("", ":reload", "reload", "reload", "read the configuration again, here and in the collector"),
)
