"""A hundred thousand rows: no act of the operator costs a frame of 100 ms."""

from collections.abc import Callable
from time import process_time

from fleet_tui.ui.widgets.table import OrderSettled
from fleet_tui.views.ordering import key_steps
from tests.support.rows import keys
from tests.support.tables import TableApp

_ROWS = 100_000
_FRAME_S = 0.1


def _spent(act: Callable[[], object]) -> float:
    begun = process_time()
    act()
    return process_time() - begun


async def test_scrolling_filtering_and_updates_stay_under_a_frame() -> None:
    app = TableApp(_ROWS)
    every = keys(_ROWS)
    odd = every[1::2]
    async with app.run_test(headless=False, size=(160, 45)) as pilot:
        acts: dict[str, Callable[[], object]] = {
            "page down": app.table.action_page_down,
            "last": app.table.action_last,
            "filter": lambda: app.table.set_order(odd, refiltered=True),
            "unfilter": lambda: app.table.set_order(every, refiltered=True),
            "one row gone": lambda: app.table.set_order(every[1:]),
            "a tenth changed": lambda: app.table.rows_changed(set(every[::10])),
            "mark all": app.table.action_mark_all,
            "hidden marks": lambda: app.table.hidden_marks,
        }
        for what, act in acts.items():
            spent = _spent(act)
            begun = process_time()
            await pilot.pause()
            spent += process_time() - begun

            assert spent < _FRAME_S, what


async def test_no_step_of_a_long_sort_takes_a_frame() -> None:
    app = TableApp(_ROWS)
    every = keys(_ROWS)
    slowest = 0.0
    order: list[str] = []
    # A fixed scramble: 7919 and the number of rows share no factor, so every row gets a place of its own.
    steps = key_steps(every, [row * 7919 % _ROWS for row in range(_ROWS)])
    while True:
        begun = process_time()
        try:
            next(steps)
        except StopIteration as done:
            order = done.value
            break
        slowest = max(slowest, process_time() - begun)
    assert slowest < _FRAME_S
    assert order[:2] == ["a00000", every[pow(7919, -1, _ROWS)]]

    async with app.run_test(headless=False, size=(160, 45)) as pilot:
        app.table.sort_in_steps(key_steps(every, [row * 7919 % _ROWS for row in range(_ROWS)]))
        while not app.seen.of(OrderSettled):
            await pilot.press("down")
        assert app.table.cursor_key != "a00000"
