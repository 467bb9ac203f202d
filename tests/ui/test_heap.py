"""What the garbage collector is spared, and what it gets to see again."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from fleet_tui.ui.heap import EVERY_ROWS, FEW_ROWS, Heap


class Knot:
    """Holds itself: only the collector frees it."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def seen() -> Iterator[None]:
    """Nothing stays out of the collector's sight behind a test."""
    yield
    gc.unfreeze()


def put_away(heap: Heap, *, held: int = 100, resting: bool = False) -> "weakref.ref[Knot]":
    """A knot that is alive when rows are put out of sight, and let go afterwards."""
    knot = Knot()
    heap.took(EVERY_ROWS, held=held, loading=False, alone=True, resting=resting)
    return weakref.ref(knot)


def test_what_was_let_go_meanwhile_is_freed_the_next_time() -> None:
    heap = Heap()
    left = put_away(heap)
    assert left() is not None

    put_away(heap)
    assert left() is None


def test_a_long_fleet_is_walked_through_only_while_nobody_types() -> None:
    heap = Heap()
    left = put_away(heap, held=100)
    for _ in range(3):
        put_away(heap, held=FEW_ROWS + 1)
    assert left() is not None

    put_away(heap, held=FEW_ROWS + 1, resting=True)
    assert left() is None


def test_nothing_is_put_away_behind_a_dialog() -> None:
    heap = Heap()
    before = gc.get_freeze_count()
    heap.took(10 * EVERY_ROWS, held=100, loading=False, alone=False, resting=True)
    assert gc.get_freeze_count() == before
