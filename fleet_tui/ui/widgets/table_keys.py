"""Keys and messages of a table. No key, message or action ever carries a row's text, only its identity."""

from typing import Final

from textual.binding import Binding, BindingType
from textual.message import Message
from typing_extensions import override

from fleet_tui.domain.dataclass import dataclass

TABLE_BINDINGS: Final[list[BindingType]] = [
    Binding("j,down", "cursor_down", "Down", show=False),
    Binding("k,up", "cursor_up", "Up", show=False),
    Binding("g,home", "first", "First", show=False),
    Binding("G,end", "last", "Last", show=False),
    Binding("pagedown,ctrl+f", "page_down", "Page down", show=False),
    Binding("pageup,ctrl+b", "page_up", "Page up", show=False),
    Binding("enter", "activate", "Open", show=False),
    Binding("space", "toggle_mark", "Mark", show=False),
    Binding("V,ctrl+space,ctrl+@", "mark_range", "Mark to here", show=False),
    Binding("asterisk", "mark_all", "Mark all", show=False),
    Binding("U,ctrl+backslash", "mark_none", "Unmark all", show=False),
]


@dataclass
class CursorMoved(Message):
    """The cursor stands on another row, on none, or the row under it is gone."""

    table: str | None
    key: str | None
    gone: bool = False

    @override
    def can_replace(self, message: Message) -> bool:
        return isinstance(message, CursorMoved) and message.table == self.table


@dataclass
class MarksChanged(Message):
    """Rows were marked or unmarked."""

    table: str | None
    marked: int

    @override
    def can_replace(self, message: Message) -> bool:
        return isinstance(message, MarksChanged) and message.table == self.table


@dataclass
class Activated(Message):
    """Enter or a double click on a row that is there."""

    table: str | None
    key: str


@dataclass
class OrderSettled(Message):
    """A sort in steps is on the screen."""

    table: str | None
    rows: int


class PageMoved(Message):
    """Other rows are on the page, and the cursor stands where it stood."""

    @override
    def can_replace(self, message: Message) -> bool:
        return isinstance(message, PageMoved)


class Counted(Message):
    """Other rows may be let through than before."""

    @override
    def can_replace(self, message: Message) -> bool:
        return isinstance(message, Counted)


@dataclass
class HeadingClicked(Message):
    """A column's name was clicked."""

    table: str | None
    column: str
