"""Sorting in steps: the same as sorting at once, in small pieces."""

from collections.abc import Generator
from typing import TypeVar

from hypothesis import given
from hypothesis import strategies as st

from fleet_tui.domain.phase import Phase
from fleet_tui.views.cells import phase_role
from fleet_tui.views.ordering import key_steps, sort_steps

T = TypeVar("T")


def _run(steps: Generator[None, None, T]) -> tuple[T, int]:
    count = 0
    while True:
        try:
            next(steps)
        except StopIteration as done:
            result: T = done.value
            return result, count
        count += 1


@given(st.lists(st.integers(0, 20), max_size=200), st.booleans(), st.integers(1, 50))
def test_steps_sort_as_python_does(packed: list[int], descending: bool, chunk: int) -> None:
    order, _ = _run(sort_steps(packed, descending=descending, chunk=chunk))

    assert order == sorted(range(len(packed)), key=packed.__getitem__, reverse=descending)


@given(st.lists(st.text(max_size=3), max_size=60), st.randoms(use_true_random=False))
def test_equal_keys_keep_the_last_order(packed: list[str], dice: object) -> None:
    start = list(range(len(packed)))
    dice.shuffle(start)  # type: ignore[attr-defined]

    order, _ = _run(sort_steps(packed, start, chunk=7))

    assert order == sorted(start, key=packed.__getitem__)


def test_a_long_list_takes_many_steps_and_a_short_one_few() -> None:
    assert _run(sort_steps(list(range(100_000))))[1] > 12
    assert _run(sort_steps([3, 1, 2]))[1] == 1


def test_keys_come_back_in_order() -> None:
    assert _run(key_steps(["a", "b", "c"], [2, 1, 3]))[0] == ["b", "a", "c"]


def test_every_phase_has_a_role() -> None:
    assert all(phase_role(phase) for phase in Phase)
