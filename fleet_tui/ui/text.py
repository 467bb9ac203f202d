"""The one way from text to the screen: takes `SafeText` only and hands it to Textual so that nothing in it is markup.

Everything else in this room draws literals or asks here; a test walks the room and proves it.
"""

from collections.abc import Iterable
from typing import Any, Literal

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.app import App
from textual.content import Content
from textual.visual import VisualType
from textual.widget import Widget
from textual.widgets import Button, Input, Label, Static
from typing_extensions import override

from fleet_tui.domain.text import SafeText
from fleet_tui.views.cells import Cell, Role

Severity = Literal["information", "warning", "error"]
ButtonLook = Literal["default", "primary", "success", "warning", "error"]


def segment(text: SafeText, style: Style) -> Segment:
    """A piece of a line for the line API."""
    return Segment(text, style)


def content(*cells: Cell | SafeText) -> Content:
    """Pieces of text in their roles' styles, one after the other; nothing in them is parsed."""
    return Content.assemble(*(_part(cell) for cell in cells))


def _part(cell: Cell | SafeText) -> Content:
    if not isinstance(cell, Cell):
        return Content(cell)
    if cell.role is Role.PLAIN:
        return Content(cell.text)
    return Content.styled(cell.text, f"$role-{cell.role} $role-{cell.role}-style")


def cell(text: SafeText, role: Role = Role.PLAIN) -> Content:
    """One piece of text in a role."""
    return content(Cell(text, role))


def lines(rows: Iterable[Iterable[Cell | SafeText]]) -> Content:
    """Rows of pieces under each other."""
    return Content("\n").join([content(*row) for row in rows])


class Line(Static):
    """Text that changes: `show` draws new pieces without a new layout of the screen."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__("", id=id, classes=classes, markup=False)
        self._pieces: list[list[Cell | SafeText]] | None = None

    @override
    def update(self, content: VisualType = "", *, layout: bool = True) -> None:
        if isinstance(content, str) and content:
            raise TypeError("a line shows cells or safe text through `show`, never a bare string")
        super().update(content, layout=layout)

    def show(self, *cells: Cell | SafeText, layout: bool = False) -> None:
        """Draw the pieces, unless they stand there already; `layout` only where the height may change with them."""
        self.show_rows((cells,), layout=layout)

    def show_rows(self, rows: Iterable[Iterable[Cell | SafeText]], *, layout: bool = False) -> None:
        """Draw rows of pieces, unless they stand there already."""
        pieces = [list(row) for row in rows]
        if pieces != self._pieces:
            self._pieces = pieces
            self.update(lines(pieces), layout=layout)


def label(text: SafeText, role: Role = Role.PLAIN) -> Label:
    """A label that does not change."""
    return Label(cell(text, role), markup=False)


def button(text: SafeText, *, id: str, look: ButtonLook = "default") -> Button:  # noqa: A002 - Textual's name
    """A button; what it does hangs on its id, never on its text."""
    return Button(cell(text), id=id, variant=look)


def relabel(widget: Button, text: SafeText) -> None:
    """Another word on a button."""
    widget.label = cell(text)


def field(value: SafeText, *, id: str, placeholder: SafeText) -> Input:  # noqa: A002 - Textual's name
    """A line to type into, with a value to start from."""
    return Input(value=value, placeholder=cell(placeholder).plain, id=id)


def title(widget: Widget, *cells: Cell | SafeText) -> None:
    """The title in a widget's upper border."""
    widget.border_title = content(*cells)


def subtitle(widget: Widget, *cells: Cell | SafeText) -> None:
    """The title in a widget's lower border."""
    widget.border_subtitle = content(*cells)


def toast(app: App[Any], text: SafeText, *, severity: Severity = "information", timeout_s: float | None = None) -> None:
    """A short message in the corner."""
    app.notify(text, severity=severity, timeout=timeout_s, markup=False)


def printed(rows: Iterable[SafeText]) -> Text:
    """Lines for the terminal after the app has left it."""
    return Text("\n".join(rows))
