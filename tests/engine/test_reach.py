"""The engine counts how its readings went: each once, and none that it did not make."""

from datetime import timedelta

from fleet_tui.domain.failure import FailureClass
from fleet_tui.domain.reach import reach_by_source
from fleet_tui.testing.fake_adapter import Fault
from fleet_tui.testing.rig import SOURCE, Rig, rig, running
from fleet_tui.testing.virtual_time import virtually


def readings(parts: Rig) -> int:
    return sum(hour.readings for hour in parts.store.reach.values())


@virtually
async def test_every_listing_is_counted_by_how_it_ended() -> None:
    parts = rig()
    parts.adapter.planned_listings = [Fault.DENIED, Fault.DEAF]
    async with running(parts):
        parts.start("a")
        await parts.until(lambda: readings(parts) >= 10)
        ends = {hour.failure_class: hour.readings for hour in parts.store.reach.values()}
        assert ends.pop(FailureClass.AUTH) == 1
        assert ends.pop(FailureClass.TIMEOUT) == 1
        assert set(ends) == {None}
        found = reach_by_source(parts.store.reach.values(), parts.clock.now() - timedelta(days=1))[SOURCE]
        assert (found.answered, found.down, found.refused) == (ends[None], 1, 1)
        assert found.availability is not None
        assert found.availability < 1


@virtually
async def test_the_time_while_nobody_watched_belongs_to_nobody() -> None:
    parts = rig()
    async with running(parts):
        parts.start("a")
        await parts.until(lambda: readings(parts) >= 3)
    await parts.clock.sleep(5 * 3600)
    again = parts.next_life()
    before = readings(again)
    async with running(again):
        await again.until(lambda: readings(again) > before)
    assert sum(hour.covered_ms for hour in again.store.reach.values()) < 120_000
