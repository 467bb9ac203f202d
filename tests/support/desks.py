"""Steps that tests of the console share."""

from textual.pilot import Pilot

from fleet_tui.domain.delta import FleetDelta
from fleet_tui.domain.resource import Resource
from fleet_tui.ui.dialogs.plan import PlanDialog
from tests.support.consoles import Desk
from tests.support.facts import resource, whole
from tests.support.wait import eventually_async


def agents(count: int = 12) -> list[Resource]:
    """Alphabetical, all alike."""
    return [
        resource(f"sbx_{i:02}", agent=f"agent-{i:02}", team="ci", task=f"fix {i}", region="us") for i in range(count)
    ]


def a_fleet(count: int = 12) -> FleetDelta:
    return whole(*agents(count))


async def opened(desk: Desk, pilot: Pilot[None], rows: int = 12) -> None:
    await desk.settled(pilot, rows)


async def front(desk: Desk, pilot: Pilot[None], kind: type[object] = PlanDialog) -> None:
    async def there() -> bool:
        await pilot.pause()
        return isinstance(desk.app.screen, kind)

    await eventually_async(there, what=f"a {kind.__name__} in front")
    await pilot.pause()


async def writing(desk: Desk, pilot: Pilot[None], rows: int = 12) -> None:
    await opened(desk, pilot, rows)
    await pilot.press("W")
    await desk.shows(pilot, "[RW 10m]")
