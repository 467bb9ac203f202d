"""Draws what a console that opened now would show first, for the splash of the next start.

Made from facts and not from what is on the screen: there the cursor may stand anywhere and a dialog in front.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Final

from rich.color import ColorSystem
from rich.style import Style
from textual.color import Color
from textual.strip import Strip

from fleet_tui import clock
from fleet_tui.domain.last_screen import DrawnLine, LastScreen, Run
from fleet_tui.domain.text import SafeText, safe_line
from fleet_tui.ui.ascii import in_ascii
from fleet_tui.ui.framing import LOW_LINES, TALL_LINES, FramingApp
from fleet_tui.ui.text import segment
from fleet_tui.ui.widgets.footer import footer_line
from fleet_tui.ui.widgets.panel import BESIDE_CELLS
from fleet_tui.ui.widgets.table_paint import RowState, RowStyles
from fleet_tui.ui.widgets.table_styles import table_styles
from fleet_tui.views import fleet
from fleet_tui.views.cells import Cell, Role
from fleet_tui.views.detail import detail_lines
from fleet_tui.views.header import header_line
from fleet_tui.views.sort_keys import ATTENTION
from fleet_tui.views.sources import strip

ROWS: Final = 100
"""So many rows are kept, for a terminal that is higher next time."""
EVERY_S: Final = 60.0
_TALL_PANEL: Final = 9
_LOW_PANEL: Final = 4
_LEAST_COLUMNS: Final = 20

Keep = Callable[[LastScreen], None]


class Keeper:
    """Keeps the screen when something changed: once loaded, at most every minute from then on, and at the end."""

    def __init__(self, keep: Keep | None) -> None:
        self._keep: Keep | None = keep
        self._kept_s: float | None = None
        self._changed: bool = False
        self._theme: str = ""

    def changed(self) -> None:
        self._changed = True

    def settled(self, app: FramingApp) -> None:
        """All that was read is taken in, and in its order."""
        if self._kept_s is None or clock.monotonic_s() - self._kept_s >= EVERY_S:
            self.ended(app)

    def ended(self, app: FramingApp) -> None:
        """The last chance to keep what changed. A theme that was only tried is not what the next start begins with."""
        self._theme = self._theme or app.theme
        if self._keep is None or not self._changed or app.theme != self._theme or (screen := drawn(app)) is None:
            return
        self._kept_s = clock.monotonic_s()
        self._changed = False
        self._keep(screen)


def drawn(app: FramingApp) -> LastScreen | None:
    """The first screen, or None while it cannot be told: another order or a filter is on, or nothing is there."""
    pane, (columns, lines) = app.fleet_pane, app.size
    ranking = pane.ranking
    home = ranking.order == ATTENTION and not ranking.descending and not ranking.narrowed and not pane.sorting
    if app.model.loading_whole or not home or not len(ranking) or columns < _LEAST_COLUMNS:
        return None
    now = app.session.now()
    pen = _Pen(app, columns)
    ground = app.screen_stack[0].background_colors[1]
    footer = footer_line(pane.view, marked=SafeText(""), may_act=False, width=columns, actions=app.actions)
    loose = fleet.loose_line(app.model)
    handles = [handle for handle in pane.table.order[:ROWS] if handle in app.model.fleet]
    return LastScreen(
        at_s=int(now.timestamp()),
        terminal="",
        store="",
        columns=columns,
        lines=lines,
        top=[*_above(app, pen), pen.line(pane.status_line(), ground, blank=False)],
        rows=[pen.strip(one) for one in pane.table.first_lines(handles)],
        panel=_panel(app, pen, handles[:1], ground),
        bottom=(
            *([pen.line((Cell(loose, Role.DIM),), ground)] if loose is not None else ()),
            pen.line(footer, app.header.background_colors[1]),
        ),
    )


def _above(app: FramingApp, pen: "_Pen") -> list[DrawnLine]:
    """The two lines on top, of a console that only looks, where the operator wants them."""
    if not app.session.console.header:
        return []
    now, columns = app.session.now(), app.size.width
    standing = replace(app.session.standing, window_until=None)
    return [
        pen.line(header_line(app.model, standing, now, columns), app.header.background_colors[1]),
        pen.line(strip(app.model.statuses.values(), now, columns), app.screen_stack[0].background_colors[1]),
    ]


def _panel(app: FramingApp, pen: "_Pen", first: Sequence[str], ground: Color) -> list[DrawnLine]:
    columns, lines = app.size
    if lines < LOW_LINES:
        return []
    height = _LOW_PANEL if lines < TALL_LINES else _TALL_PANEL
    room = (columns // 2 if columns >= BESIDE_CELLS else columns) - 1
    agents = [app.model.fleet[handle] for handle in first]
    story = [row for agent in agents for row in detail_lines(app.model, agent, app.session.now())][: height - 1]
    told = [pen.line(row, ground, room=room) for row in story]
    return [pen.rule(ground), *told, *[pen.line((), ground)] * (height - 1 - len(told))]


class _Pen:
    """Turns pieces and strips into runs, with the colours that this terminal shows."""

    def __init__(self, app: FramingApp, columns: int) -> None:
        self._variables: dict[str, str] = app.theme_variables
        self._filtered: Callable[[Strip], Strip] = app.fleet_pane.table.filtered
        self._columns: int = columns
        self._ascii_only: bool = app.ascii_only
        self._system: ColorSystem | None = _color_system(app.console.color_system)
        self._styles: dict[Color, RowStyles] = {}
        self._looks: dict[Style, str] = {}

    def line(
        self, pieces: Iterable[Cell | SafeText], ground: Color, *, blank: bool = True, room: int | None = None
    ) -> DrawnLine:
        """Pieces one after the other; `blank` fills the line up, `room` cuts them."""
        styles = self._styles.get(ground)
        if styles is None:
            styles = self._styles[ground] = table_styles(self._variables, ground).rows[RowState.NORMAL]
        cells = [piece if isinstance(piece, Cell) else Cell(piece) for piece in pieces]
        drawn = Strip([segment(one.text, styles.roles[one.role]) for one in cells if one.text])
        if room is not None and drawn.cell_length > room:
            drawn = Strip([*drawn.crop(0, room - 1), segment(SafeText("…"), styles.base)])
        return self.strip(drawn.extend_cell_length(self._columns, styles.base) if blank else drawn)

    def rule(self, ground: Color) -> DrawnLine:
        color = ground + Color.parse(self._variables["panel"])
        style = Style(color=color.rich_color, bgcolor=ground.rich_color)
        return self.strip(Strip([segment(safe_line("\u2500" * self._columns), style)]))

    def strip(self, strip: Strip) -> DrawnLine:
        return [Run(self._look(one.style or Style()), self._text(one.text)) for one in self._filtered(strip)]

    def _text(self, text: str) -> SafeText:
        return safe_line(in_ascii(text) if self._ascii_only else text)

    def _look(self, style: Style) -> str:
        look = self._looks.get(style)
        if look is None:
            before, _, _ = style.render("|", color_system=self._system).partition("|")
            look = self._looks[style] = before.removeprefix("\x1b[").removesuffix("m")
        return look


def _color_system(name: str | None) -> ColorSystem | None:
    named = {"standard": ColorSystem.STANDARD, "256": ColorSystem.EIGHT_BIT, "truecolor": ColorSystem.TRUECOLOR}
    return named.get(name or "")
