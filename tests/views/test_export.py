"""Exports: whole, readable by machines, and without a cell that a spreadsheet would compute."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_tui.domain.text import safe_line
from fleet_tui.views.cells import Cell
from fleet_tui.views.columns import Column
from fleet_tui.views.export import csv_rows, json_rows, neutral, original
from fleet_tui.views.pieces import TableRow, TableView

COLUMNS = (Column(name="AGENT", width=4), Column(name="$/h", width=4))


def _view(*rows: tuple[str, str]) -> TableView:
    return TableView(
        columns=COLUMNS,
        rows=tuple(
            TableRow(key=str(number), cells=tuple(Cell(safe_line(text)) for text in row))
            for number, row in enumerate(rows)
        ),
    )


def test_every_column_stands_in_full_whatever_its_width() -> None:
    assert "".join(csv_rows(_view(("a long, long name", "0.10~")))) == 'AGENT,$/h\n"a long, long name",0.10~\n'
    assert json_rows(_view(("a", "-"), ("b", "?"))) == [{"AGENT": "a", "$/h": None}, {"AGENT": "b", "$/h": "?"}]


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1+1", "@SUM(A1)", " =1", "\t=1", "'=1", "'", "|calc", "%0A", "\uff1d1", "-", "-3.20", "plain", ""],
)
def test_a_cell_is_text_and_can_be_had_back(text: str) -> None:
    assert original(neutral(text)) == text or (neutral(text) == text and not text.startswith("'"))


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1+1", "@SUM(A1)", " =1", "\uff1d1", "=cmd|' /C calc'!A0"])
def test_what_could_be_a_formula_is_marked(text: str) -> None:
    assert neutral(text) == f"'{text}"


@pytest.mark.parametrize("text", ["-", "-3.20", "12", "agent-07", "0.10~", ">=3.00", "?"])
def test_figures_and_names_stay_as_they_are(text: str) -> None:
    assert neutral(text) == text


@given(st.lists(st.tuples(st.text(max_size=12), st.text(max_size=12)), max_size=5))
def test_a_csv_says_what_the_table_says(rows: list[tuple[str, str]]) -> None:
    safe = [tuple(safe_line(text) for text in row) for row in rows]
    read = list(csv.reader(io.StringIO("".join(csv_rows(_view(*rows))))))[1:]

    assert [tuple(original(cell) for cell in row) for row in read] == safe
    assert not any(cell[:1] in {"=", "+", "@", "\t"} for row in read for cell in row)


def test_a_bar_is_no_column_of_an_export() -> None:
    view = TableView(
        columns=(COLUMNS[0], Column(name="", width=8), COLUMNS[1]),
        rows=(TableRow(key="1", cells=tuple(Cell(safe_line(text)) for text in ("a", "##--", "1.00"))),),
    )
    assert "".join(csv_rows(view)) == "AGENT,$/h\na,1.00\n"
    assert json_rows(view) == [{"AGENT": "a", "$/h": "1.00"}]
