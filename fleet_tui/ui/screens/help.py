"""The help: every key of the view, from the table that binds them."""

from collections.abc import Sequence

from fleet_tui.domain.text import safe_line
from fleet_tui.ui.keymap import ACTIONS, TABLE_HELP, of_view
from fleet_tui.ui.keys.table import KeyAction, View
from fleet_tui.ui.screens.text import Lines, TextScreen
from fleet_tui.views.cells import Cell, Role
from fleet_tui.views.pieces import word

_KEY_CELLS = 8


def help_lines(view: View, every: Sequence[KeyAction] = ACTIONS) -> Lines:
    """Verbs first, then the operator's own, then the rest, then what every table knows."""
    actions = sorted(of_view(view, every), key=lambda one: (one.verb is None, one in ACTIONS))
    rows: list[list[Cell]] = [[word(f"{one.shown:<{_KEY_CELLS}}", Role.KEY), word(one.help)] for one in actions]
    rows.append([])
    rows.extend([word(f"{keys:<{_KEY_CELLS}}", Role.KEY), word(text)] for keys, text in TABLE_HELP)
    rows.append([])
    rows.append(
        [
            word(
                "a verb's key shows its plan and asks; without the write window (W) it shows the plan and no more",
                Role.DIM,
            )
        ]
    )
    rows.append([word("final verbs (revoke, disable, cancel, delete) are commands: fleet-tui VERB ID...", Role.DIM)])
    rows.append(
        [word("a state with ? is not confirmed; ~ estimated; >= something has no price; ? nobody knows", Role.DIM)]
    )
    return rows


class HelpScreen(TextScreen):
    """Help for one view."""

    def __init__(self, view: View, every: Sequence[KeyAction] = ACTIONS) -> None:
        super().__init__(safe_line(f"keys of {view.value.upper()}"), help_lines(view, every))
