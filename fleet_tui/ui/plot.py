"""Draws a chart into lines of safe cells with plotext; imported only where a chart is shown, and run in a thread.

plotext's own output is a string with colours in it. Only its characters are kept, and each goes through `safe_line`:
measured on a chart of 96 points in 110 by 9 cells, 7 to 28 ms a drawing, of which the cleaning is less than one.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from textual_plotext.plot import Plot

from fleet_tui.domain.text import safe_line
from fleet_tui.views.cells import Cell, Role
from fleet_tui.views.chart import Chart
from fleet_tui.views.pieces import Line

_COLOURS: Final = re.compile(r"\x1b\[[0-9;]*m")
_ASCII: Final = str.maketrans("┤┬└┌┐┘│─├┴┼", "|+++++|-+++")
_FRAME: Final = frozenset("┤┬└┌┐┘│─├┴┼")
_BRAILLE: Final = "braille"
_PLAIN: Final = "#"


def drawn(chart: Chart, width: int, height: int, *, ascii_only: bool, role: Role) -> list[Line]:
    """The chart in exactly `height` lines of at most `width` cells; the curve is an area down to 0."""
    plot: Any = Plot()
    plot._limit_size(False, False)  # noqa: FBT003, SLF001 - the only way to be independent of the terminal's size
    plot.plotsize(width, height)
    plot.theme("clear")
    for piece in chart.pieces:
        xs, ys = [x for x, _ in piece], [y for _, y in piece]
        plot.plot(xs, ys, marker=_PLAIN if ascii_only else _BRAILLE, fillx=True)
    plot.xlim(0, chart.span_s)
    plot.ylim(0, chart.top)
    plot.xaxes(True, False)  # noqa: FBT003 - plotext's way: lower, upper
    plot.yaxes(True, False)  # noqa: FBT003 - plotext's way: left, right
    plot.xticks(*map(list, zip(*chart.x_ticks(), strict=True)))
    plot.yticks(*map(list, zip(*chart.y_ticks(), strict=True)))
    text = _COLOURS.sub("", str(plot.build()))
    rows = text.split("\n")[:height]
    return [tuple(_cells(row, role, ascii_only=ascii_only)) for row in rows]


def _cells(row: str, role: Role, *, ascii_only: bool) -> Iterator[Cell]:
    """The axis and its figures dim, the curve in its role."""
    edge = max((row.find(sign) for sign in "┤│└"), default=-1) + 1
    axis, curve = row[:edge], row[edge:]
    if ascii_only:
        axis = axis.translate(_ASCII)
    yield Cell(safe_line(axis), Role.DIM)
    if not _FRAME.isdisjoint(curve) or not edge:
        yield Cell(safe_line(curve.translate(_ASCII) if ascii_only else curve), Role.DIM)
    else:
        yield Cell(safe_line(curve), role)
