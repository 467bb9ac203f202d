"""The footer: what is marked and which keys matter here, from the same table that binds them."""

from collections.abc import Sequence
from typing import Final

from fleet_tui.domain.text import SafeText
from fleet_tui.ui.keymap import ACTIONS, of_view
from fleet_tui.ui.keys.table import KeyAction, View
from fleet_tui.ui.text import Line
from fleet_tui.views.cells import Role
from fleet_tui.views.pieces import Line as Pieces
from fleet_tui.views.pieces import Piece, fitted, word

_ALWAYS: Final = frozenset({"window", "help"})


class Footer(Line):
    """One line."""

    def tell(
        self,
        view: View,
        *,
        marked: SafeText,
        may_act: bool,
        width: int,
        actions: Sequence[KeyAction] = ACTIONS,
    ) -> None:
        self.show(*footer_line(view, marked=marked, may_act=may_act, width=width, actions=actions))


def footer_line(
    view: View, *, marked: SafeText, may_act: bool, width: int, actions: Sequence[KeyAction] = ACTIONS
) -> Pieces:
    """Without the write window the verbs are dim: their keys show a plan and no more."""
    pieces = [Piece(cells=(word(marked, Role.STRONG),), priority=0)] if marked else []
    for number, one in enumerate((one for one in of_view(view, actions) if one.footer and one.keys), 1):
        role = Role.DIM if one.verb is not None and not may_act else Role.PLAIN
        cells = (word(one.shown, Role.KEY), word(f" {one.label}", role))
        pieces.append(Piece(cells=cells, priority=0 if one.id in _ALWAYS else number, shorter=cells[:1]))
    return fitted(pieces, max(1, width))
