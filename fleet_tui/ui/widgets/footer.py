"""The footer: what is marked and which keys matter here, from the same table that binds them."""

from collections.abc import Sequence
from typing import Final

from fleet_tui.domain.text import SafeText
from fleet_tui.ui.keymap import ACTIONS, of_view
from fleet_tui.ui.keys.table import VIEW_KEYS, KeyAction, View
from fleet_tui.ui.text import Line
from fleet_tui.views.cells import Role
from fleet_tui.views.pieces import Line as Pieces
from fleet_tui.views.pieces import Piece, fitted, word

_ALWAYS: Final = frozenset({"window", "help"})
_KEPT_LONGEST: Final = (
    "kill",
    "filter",
    "command",
    "pause",
    "restart",
    "snooze",
    "group",
    "window_of_time",
    "detail",
    "logs",
    "resume",
    "reassign",
    "extend",
)
"""What stays when it gets narrow, first what is needed most; any other one goes before these."""


_VIEW_IDS: Final = frozenset(f"view.{view.value}" for view in VIEW_KEYS)


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
    shown = [one for one in of_view(view, actions) if one.footer and one.keys]
    for one in shown:
        role = Role.DIM if one.verb is not None and not may_act else Role.PLAIN
        cells = (word(one.shown.partition("/")[0] or one.shown, Role.KEY), word(f" {one.label}", role))
        pieces.append(Piece(cells=cells, priority=_rank(one.id), shorter=cells[:1] if one.id in _ALWAYS else None))
    if (views := _views(actions)) is not None:
        pieces.insert(len(pieces) - 1, views)
    return fitted(pieces, max(1, width))


def _rank(id_: str) -> int:
    if id_ in _ALWAYS:
        return 0
    return 1 + (_KEPT_LONGEST.index(id_) if id_ in _KEPT_LONGEST else len(_KEPT_LONGEST))


def _views(actions: Sequence[KeyAction]) -> Piece | None:
    """`1-8 views`, as long as their keys are in a row."""
    keys = [one.shown for one in actions if one.id in _VIEW_IDS and one.keys]
    if keys != [*VIEW_KEYS.values()]:
        return None
    cells = (word(f"{keys[0]}-{keys[-1]}", Role.KEY), word(" views"))
    return Piece(cells=cells, priority=_KEPT_LONGEST.index("resume"))
