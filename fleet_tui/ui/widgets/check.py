"""A check box that says by a character, not by a colour, whether it is set."""

from textual.content import Content
from textual.widgets import Checkbox
from typing_extensions import override


class Check(Checkbox):
    """`[x]` or `[ ]`."""

    @property
    @override
    def _button(self) -> Content:
        return Content("[x]" if self.value else "[ ]")
