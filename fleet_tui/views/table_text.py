"""Any view as plain aligned text: for commands and for a console without a terminal."""

from collections.abc import Iterable, Sequence

from fleet_tui.domain.text import SafeText, cell_width, fit_cells, safe_join, safe_line
from fleet_tui.views.cells import Cell
from fleet_tui.views.columns import Align, Column, place

_GAP = SafeText(" ")


def table_text(
    columns: Sequence[Column], rows: Iterable[Sequence[Cell]], *, width: int | None = None
) -> list[SafeText]:
    """A heading and one line per row. With a width, columns drop and are cut as on the screen; else nothing is."""
    listed = [list(row) for row in rows]
    kept = _fitted(columns, width) if width is not None else _natural(columns, listed)
    heading = [Cell(safe_line(column.name)) for column in columns]
    return [_line(row, columns, kept) for row in (heading, *listed)]


def _natural(columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> list[tuple[int, int]]:
    return [
        (index, max([cell_width(column.name), *(cell_width(row[index].text) for row in rows)]))
        for index, column in enumerate(columns)
    ]


def _fitted(columns: Sequence[Column], width: int) -> list[tuple[int, int]]:
    return [(placed.index, placed.width) for placed in place(columns, width)]


def _line(row: Sequence[Cell], columns: Sequence[Column], kept: Sequence[tuple[int, int]]) -> SafeText:
    parts: list[SafeText] = []
    for index, width in kept:
        parts.append(fit_cells(row[index].text, width, right=columns[index].align is Align.RIGHT))
        parts.append(_GAP)
    return SafeText(safe_join(parts).rstrip())


def plain(rows: Iterable[Iterable[Cell | SafeText]]) -> list[SafeText]:
    """Lines of pieces, without their roles."""
    return [safe_join([piece.text if isinstance(piece, Cell) else piece for piece in line]) for line in rows]
