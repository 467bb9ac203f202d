"""Holds the panes; while one of them has the focus, tab means the next view."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import ContentSwitcher


class Panes(ContentSwitcher):
    """The panes, one of them shown."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("tab", "app.next_view", "Next view", show=False)]
