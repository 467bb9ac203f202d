"""Columns as an operator wants them: the name never goes, whatever is asked for."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from fleet_tui.views.arranging import PLAIN, Arranged, lay_out, unseen
from fleet_tui.views.fleet import COLUMNS

NAMES = [column.name for column in COLUMNS]


def _shown(width: int, wish: Arranged = PLAIN, *, wide: bool = False) -> list[str]:
    return [NAMES[one.index] for one in lay_out(COLUMNS, width, wish, wide=wide)]


def test_without_a_wish_columns_stand_as_they_are() -> None:
    assert _shown(200) == NAMES


def test_columns_stand_in_the_order_asked_for_and_the_others_behind_them() -> None:
    shown = _shown(200, Arranged(order=("$/h", "AGENT", "TASK")))
    assert shown[:3] == ["$/h", "AGENT", "TASK"]
    assert sorted(shown) == sorted(NAMES)


def test_a_hidden_column_leaves_its_room_to_others() -> None:
    assert "KIND" not in _shown(200, Arranged(hide=frozenset({"KIND"})))


def test_what_never_drops_cannot_be_hidden() -> None:
    assert {"AGENT", "STATE"} <= set(_shown(80, Arranged(hide=frozenset(NAMES))))


def test_a_width_is_kept() -> None:
    placed = lay_out(COLUMNS, 200, Arranged(width={"TEAM": 20}))
    assert next(one.width for one in placed if NAMES[one.index] == "TEAM") == 20


def test_wide_shows_what_found_no_room_beside_the_name() -> None:
    narrow = set(_shown(76))
    wide = _shown(76, wide=True)
    assert wide[0] == "AGENT"
    assert set(NAMES) - narrow <= set(wide)
    assert unseen(COLUMNS, lay_out(COLUMNS, 76)) == len(NAMES) - len(narrow)


def test_wide_where_all_fit_gives_the_name_more_room() -> None:
    assert lay_out(COLUMNS, 200, wide=True)[0].width > lay_out(COLUMNS, 200)[0].width
    assert unseen(COLUMNS, lay_out(COLUMNS, 200)) == 0


@given(
    st.integers(24, 240),
    st.lists(st.sampled_from([*NAMES, "NONE"]), max_size=14),
    st.sets(st.sampled_from(NAMES)),
    st.dictionaries(st.sampled_from(NAMES), st.integers(4, 80), max_size=4),
    st.booleans(),
)
def test_whatever_is_asked_for_the_name_stands_and_nothing_overlaps(
    width: int, order: list[str], hide: set[str], widths: dict[str, int], wide: bool
) -> None:
    wish = Arranged(order=tuple(dict.fromkeys(order)), hide=frozenset(hide), width=widths)
    placed = lay_out(COLUMNS, width, wish, wide=wide)
    assert len({one.index for one in placed}) == len(placed)
    assert all(a.x + a.width < b.x for a, b in pairwise(placed))
    assert all(one.x + one.width <= width for one in placed)
    assert "AGENT" in [NAMES[one.index] for one in placed]
