"""No two rows are drawn alike, whatever rows came and went before."""

from hypothesis import given
from hypothesis import strategies as st

from fleet_tui.domain.text import SafeText, name_cell
from fleet_tui.views.names import ShownNames, suffixed

HANDLES = st.sampled_from(["a", "b", "-", "a\u200b", "b\u200b", "key\x1fa", "key\x1fb", ""])
STEPS = st.lists(st.tuples(HANDLES, st.none() | HANDLES), max_size=30)


@given(STEPS)
def test_a_row_is_drawn_plainly_only_while_no_other_looks_the_same(steps: list[tuple[str, str | None]]) -> None:
    names, held = ShownNames(), dict[str, str]()
    for handle, name in steps:
        before = {one: names.of(one) for one in held}
        if name is None:
            changed = names.drop(handle)
            held.pop(handle, None)
        else:
            changed = names.put(handle, name)
            held[handle] = name
        drawn = {one: name_cell(of_one) or SafeText("-") for one, of_one in held.items()}
        for one, shown in drawn.items():
            alone = list(drawn.values()).count(shown) == 1
            assert names.of(one) == (shown if alone else suffixed(shown, one))
        moved = {one for one in held if one in before and before[one] != names.of(one)}
        assert moved - {handle} <= changed


def test_the_second_of_a_name_changes_how_the_first_is_drawn_and_the_third_changes_none() -> None:
    names = ShownNames()
    names.put("one", "ci")
    assert names.put("two", "ci") == {"one"}
    assert names.put("three", "ci") == frozenset()
