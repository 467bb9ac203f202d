"""Keys that find: the filter, the command line, the palette, and the way back to where one has been."""

from typing import Final

from fleet_tui.ui.keys.table import key

KEYS: Final = (
    key(
        "slash",
        "/",
        "filter",
        "filter",
        "show only what matches; ? in the line lists its words",
        footer=True,
        priority=True,
    ),
    key(
        "colon",
        ":",
        "command",
        "command",
        "type a command: a view, a verb, any word of this list",
        footer=True,
        priority=True,
    ),
    key("ctrl+p", "^p", "palette", "palette", "find a command, a view, a theme or an agent", priority=True),
    key("ctrl+a", "^a", "aliases", "aliases", "every command and its other names"),
    key("left_square_bracket", "[", "place_back", "back", "back to where you were: view, filter, order and row"),
    key("right_square_bracket", "]", "place_forward", "forward", "forth again"),
    key("minus", "-", "last_view", "last view", "the view before this one"),
)
