"""The rows of a small table that a filter lets through, by what stands behind them and by their cells. Pure."""

from collections.abc import Callable, Generator
from dataclasses import replace
from decimal import Decimal
from typing import Final

from typing_extensions import override

from fleet_tui.domain.filter import ABSENT, Facts, Field, Filter, matches, score
from fleet_tui.domain.text import SafeText, safe_line
from fleet_tui.views.pieces import TableRow, TableView

LOOKED_AT_ONCE: Final = 1000
"""Rows of one step: some ten milliseconds."""
About = Callable[[str], Facts | None]
"""What stands behind a row, by its key; None where nothing but its cells is known."""

_COLUMNS: Final = {"rule": Field.FINDING, "state": Field.PHASE, "resource": Field.NAME, "where": Field.SOURCE}
_CELL_SAYS: Final = frozenset({Field.FINDING})
"""Where the row is about one of the things that stand behind it."""


class RowFacts(Facts):
    """A row's answers."""

    def __init__(self, row: TableRow, columns: dict[Field, int], about: Facts | None) -> None:
        self._row = row
        self._columns = columns
        self._about = about

    def _cell(self, field: Field) -> tuple[str, ...]:
        place = self._columns.get(field)
        if place is None or not (text := self._row.cells[place].text) or text == ABSENT:
            return ()
        return (text, text.removesuffix("?"))

    @override
    def texts(self, field: Field) -> tuple[str, ...]:
        if self._about is None or field in _CELL_SAYS:
            return self._cell(field)
        return self._about.texts(field) or self._cell(field)

    @override
    def label(self, key: str) -> tuple[str, ...]:
        return () if self._about is None else self._about.label(key)

    @override
    def number(self, field: Field) -> Decimal | None:
        return None if self._about is None else self._about.number(field)

    @override
    def words(self) -> tuple[str, ...]:
        said = tuple(cell.text for cell in self._row.cells)
        return said if self._about is None else (*said, *self._about.words())

    @override
    def names(self) -> tuple[str, ...]:
        return () if self._about is None else self._about.names()


def sieve_steps(view: TableView, chosen: Filter, about: About) -> Generator[None, None, TableView]:
    """The part of a table that is let through, looked at in steps; what matches best comes first under `-f`."""
    if not chosen:
        return view
    columns = _fields(view)
    kept: list[tuple[int, TableRow]] = []
    for begin in range(0, len(view.rows), LOOKED_AT_ONCE):
        for row in view.rows[begin : begin + LOOKED_AT_ONCE]:
            facts = RowFacts(row, columns, row.facts or about(row.key))
            if matches(chosen, facts):
                kept.append((score(chosen, facts), row))
        yield
    if chosen.letters:
        kept.sort(key=lambda one: -one[0])
    return replace(view, rows=tuple(row for _, row in kept), empty=_empty(view, chosen))


def _fields(view: TableView) -> dict[Field, int]:
    named = {column.name.lower(): place for place, column in enumerate(view.columns)}
    fields = {field: named[field.value] for field in Field if field.value in named}
    return {_COLUMNS[name]: place for name, place in named.items() if name in _COLUMNS} | fields


def _empty(view: TableView, chosen: Filter) -> SafeText:
    if not view.rows:
        return view.empty
    return safe_line(f"nothing here matches the filter {chosen.text} (esc clears it)")
