"""A check box that says by a character, not by a colour, whether it is set."""

from textual.content import Content
from textual.widgets import Checkbox
from typing_extensions import override

from fleet_tui.domain.text import SafeText
from fleet_tui.ui.text import content


class Check(Checkbox):
    """`[x]` or `[ ]`."""

    @property
    @override
    def _button(self) -> Content:
        return content(SafeText("[x]")) if self.value else content(SafeText("[ ]"))
