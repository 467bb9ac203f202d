"""Lines put together from safe pieces, and small tables as values: what panes draw and commands print."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import field

from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.filter import Facts
from fleet_tui.domain.text import SafeText, cell_width, crop_cells, safe_line
from fleet_tui.views.cells import Cell, Role
from fleet_tui.views.columns import Column

Line = tuple[Cell, ...]


def said(raw: str, role: Role = Role.PLAIN, limit: int = 512) -> Cell:
    """Any text, made safe."""
    return Cell(safe_line(raw, limit), role)


def word(text: str, role: Role = Role.PLAIN) -> Cell:
    """Text of our own: literals and figures, in which nothing foreign stands."""
    return Cell(SafeText(text), role)


SPACE = word(" ")


NOTHING = SafeText("")


def counted(count: int, one: str, many: str | None = None) -> str:
    """`1 agent`, `2 agents`, `0 findings`."""
    return f"{count} {one if count == 1 else many or one + 's'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRow:
    """A row of a small table; `key` is unique in it."""

    key: str
    cells: tuple[Cell, ...]
    facts: Facts | None = field(default=None, compare=False, repr=False)
    """What it answers to a filter beside what its cells say, where its maker knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableView:
    """A small table, all of it; `empty` says what it means when there is no row."""

    columns: Sequence[Column]
    rows: tuple[TableRow, ...]
    empty: SafeText = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A part of a line that drops out when there is no room: 0 never, else the highest first."""

    cells: Line
    priority: int = 1
    shorter: Line | None = None
    """What stands in its place before it drops."""

    @property
    def width(self) -> int:
        return sum(cell_width(cell.text) for cell in self.cells)


def fitted(pieces: Iterable[Piece], width: int, gap: str = "  ") -> Line:
    """The pieces in one line of at most `width` cells: first they shorten, then they drop, what never drops is cut."""
    kept = [piece for piece in pieces if piece.cells]
    between = word(gap)

    def total() -> int:
        return sum(piece.width for piece in kept) + len(gap) * max(0, len(kept) - 1)

    for piece in sorted(kept, key=lambda piece: -piece.priority):
        if total() <= width:
            break
        index = kept.index(piece)
        if piece.shorter:
            kept[index] = Piece(cells=piece.shorter, priority=piece.priority)
            if total() <= width:
                break
        if piece.priority:
            del kept[index]
    line: list[Cell] = []
    for piece in kept:
        line.extend((between, *piece.cells) if line else piece.cells)
    return cut(line, width)


def hung(line: Line, width: int, indent: int) -> list[Line]:
    """A line in rows of at most `width` cells, broken between words; later rows begin `indent` further."""
    rows: list[list[Cell]] = [[]]
    used, behind = 0, max(1, width)
    for cell in line:
        for part in _words(cell.text):
            room = cell_width(part.rstrip())
            if used + room > behind and used > indent:
                rows.append([word(" " * indent)])
                used = indent
                if not part.strip():
                    continue
            rows[-1].append(Cell(part, cell.role))
            used += cell_width(part)
    return [tuple(row) for row in rows]


def _words(text: SafeText) -> list[SafeText]:
    """Each word with the blanks behind it."""
    return [SafeText(part) for part in re.findall(r"\S+\s*|\s+", text)]


def cut(line: Iterable[Cell], width: int) -> Line:
    """At most `width` cells of a line."""
    kept: list[Cell] = []
    left = width
    for cell in line:
        if left <= 0:
            break
        text = crop_cells(cell.text, left)
        kept.append(Cell(text, cell.role))
        left -= cell_width(text)
    return tuple(kept)
