"""A long fleet in the real console: it loads, sorts and filters between frames, and ends up as if done at once."""

import random

from textual.pilot import Pilot

from fleet_tui.domain.delta import FleetDelta
from fleet_tui.domain.filter import parse_line
from fleet_tui.domain.phase import Phase
from fleet_tui.domain.resource import Resource
from fleet_tui.ui.panes.fleet import AT_ONCE_ROWS
from fleet_tui.views.ordering import SORTED_AT_ONCE
from fleet_tui.views.ranking import Ranking
from fleet_tui.views.sort_keys import ATTENTION, ordered
from tests.support.consoles import Desk
from tests.support.facts import NOW, next_delta, resource, status, whole
from tests.support.wait import eventually_async

ROWS = AT_ONCE_ROWS + 2000
SIZE = (120, 32)


def agent(number: int, *, team: str = "x") -> Resource:
    dice = random.Random(number)
    return resource(
        f"s{number}",
        agent=f"agent-{dice.randrange(10**9)}",
        team=team,
        phase=dice.choice([Phase.RUNNING, Phase.IDLE, Phase.STUCK]),
        usd=f"{dice.randrange(1, 500) / 100}",
    )


def desk_of(rows: int = ROWS) -> Desk:
    return Desk(whole(*(agent(number) for number in range(rows))))


def truth(desk: Desk, order: str = ATTENTION, *, descending: bool = False) -> list[str]:
    model = desk.app.model
    return ordered(model, model.fleet, desk.time(), order=order, descending=descending)


async def settled(desk: Desk, pilot: Pilot[None], rows: int = ROWS) -> None:
    async def there() -> bool:
        await pilot.pause()
        pane = desk.app.fleet_pane
        return not pane.sorting and len(pane.table.order) == rows and not desk.reader.woken()

    await eventually_async(there, what=f"{rows} rows in order")


async def test_a_long_fleet_comes_in_pieces_and_ends_in_order() -> None:
    desk = desk_of()
    async with desk.app.run_test(headless=False, size=SIZE) as pilot:
        await settled(desk, pilot)
        assert desk.app.fleet_pane.table.order == truth(desk)
        assert desk.app.fleet_pane.table.cursor_key == truth(desk)[0]


async def test_the_old_order_stands_until_the_new_one_is_whole() -> None:
    desk = desk_of()
    async with desk.app.run_test(headless=False, size=SIZE) as pilot:
        await settled(desk, pilot)
        pane = desk.app.fleet_pane
        before = pane.table.order
        pane.sort_by("AGENT")
        assert pane.sorting
        assert pane.table.order is before
        await settled(desk, pilot)
        assert pane.table.order == truth(desk, "AGENT")
        pane.sort_by("AGENT")
        await settled(desk, pilot)
        assert pane.table.order == truth(desk, "AGENT", descending=True)


async def test_of_two_filters_the_last_one_counts() -> None:
    desk = desk_of()
    async with desk.app.run_test(headless=False, size=SIZE) as pilot:
        await settled(desk, pilot)
        pane = desk.app.fleet_pane
        pane.narrow(parse_line("state:idle"))
        pane.narrow(parse_line("state:stuck"))
        stuck = [handle for handle, one in desk.app.model.fleet.items() if one.phase is Phase.STUCK]
        await settled(desk, pilot, len(stuck))
        assert set(pane.table.order) == set(stuck)


async def test_what_changes_while_a_sort_is_under_way_is_in_its_place_afterwards() -> None:
    desk = desk_of()
    async with desk.app.run_test(headless=False, size=SIZE) as pilot:
        await settled(desk, pilot)
        pane, model = desk.app.fleet_pane, desk.app.model
        pane.sort_by("$/h")
        assert pane.sorting
        gone = tuple(agent(number).key for number in range(100))
        fresh = tuple(agent(number) for number in range(ROWS, ROWS + 50))
        dearer = tuple(resource(f"s{n}", agent=agent(n).agent, team="x", usd="99") for n in range(200, 260))
        change = model.apply(next_delta(2, gone=gone, resources=(*fresh, *dearer)), NOW)
        pane.take(change)
        assert pane.sorting
        await settled(desk, pilot, ROWS - 50)

        async def right() -> bool:
            await pilot.pause()
            return pane.table.order == truth(desk, "$/h")

        await eventually_async(right, what="the order of what is there now")


async def test_rows_of_a_store_that_was_replaced_leave() -> None:
    desk = desk_of()
    async with desk.app.run_test(headless=False, size=SIZE) as pilot:
        await settled(desk, pilot)
        kept = tuple(agent(number) for number in range(1500))
        desk.reader.put(FleetDelta(store_id="another", revision=1, whole=True, resources=kept, statuses=(status(),)))
        await settled(desk, pilot, len(kept))
        assert desk.app.fleet_pane.table.order[-1500:] == truth(desk)


def test_more_rows_than_are_sorted_at_once_come_out_the_same() -> None:
    desk = desk_of(10)
    ranking = Ranking(desk.app.model)
    ranking._keys = {f"h{number}": float(number * 7919 % 1009) for number in range(SORTED_AT_ONCE + 10)}
    ranking._resized = True
    assert ranking.handles() == sorted(sorted(ranking._keys), key=ranking._keys.__getitem__)
