"""Columns: what fits, what drops, what stays."""

from hypothesis import given
from hypothesis import strategies as st

from fleet_tui.views.columns import GAP, Column, place

_COLUMNS = st.lists(
    st.builds(
        Column,
        name=st.just("X"),
        width=st.integers(1, 30),
        min_width=st.integers(0, 30),
        priority=st.integers(0, 5),
        flexible=st.booleans(),
    ),
    max_size=12,
)


@given(_COLUMNS, st.integers(0, 200))
def test_columns_never_overlap_or_leave_the_screen(columns: list[Column], width: int) -> None:
    end = 0
    for placed in place(columns, width):
        assert placed.x >= end
        assert placed.width > 0
        end = placed.x + placed.width + GAP
        assert placed.x + placed.width <= width


@given(_COLUMNS, st.integers(0, 200))
def test_nothing_less_important_stays_while_something_more_important_drops(columns: list[Column], width: int) -> None:
    kept = {placed.index for placed in place(columns, width)}
    dropped = [column.priority for index, column in enumerate(columns) if index not in kept and column.priority]
    stays = [columns[index].priority for index in kept]

    assert not dropped or max(stays, default=0) <= min(dropped)


@given(_COLUMNS, st.integers(0, 200))
def test_a_flexible_column_uses_all_that_is_left(columns: list[Column], width: int) -> None:
    placed = place(columns, width)
    shown = {one.index for one in placed}
    # Columns that never drop may be more than the screen holds: then they are cut, and nothing is left over.
    cut = any(index not in shown for index, column in enumerate(columns) if not column.priority)

    if not cut and any(columns[index].flexible for index in shown):
        assert sum(one.width for one in placed) + GAP * (len(placed) - 1) == width


def test_the_name_stays_when_nothing_else_fits() -> None:
    name = Column(name="AGENT", width=14, min_width=12, priority=0)
    task = Column(name="TASK", width=20, min_width=10, priority=1)

    assert [(one.index, one.width) for one in place((name, task), 16)] == [(0, 14)]
    assert [(one.index, one.width) for one in place((name, task), 5)] == [(0, 5)]
