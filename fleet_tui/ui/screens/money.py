"""A money figure taken apart, line by line."""

from collections.abc import Callable
from typing import ClassVar

from textual.binding import Binding, BindingType

from fleet_tui.domain.text import SafeText
from fleet_tui.ui.screens.text import TextScreen
from fleet_tui.views.apart import Money
from fleet_tui.views.cells import Role
from fleet_tui.views.pieces import word


class MoneyScreen(TextScreen):
    """The figure's lines as they are read; `$` once more takes the whole fleet's figures apart."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("dollar_sign", "whole", "The whole fleet", show=False)]
    hint = "$ the whole fleet  / search  n N next  w wrap  z whole screen  esc back"

    def __init__(self, heading: SafeText, subject: Money, *, show_whole: Callable[[], None]) -> None:
        super().__init__(heading, [[word("reading the ledger", Role.DIM)]])
        self.book.wrap = False
        self._subject: Money = subject
        self._show_whole: Callable[[], None] = show_whole

    def action_whole(self) -> None:
        """What the header shows; from there back."""
        self.dismiss(None)
        if not self._subject.whole:
            self._show_whole()
