"""Steps that the tests of the Daytona emulator share."""

from typing import Any

from daytona_api_client_async import CreateSandbox

from fleet_tui.emulator.daytona import DaytonaEmulator
from fleet_tui.emulator.daytona_state import Box
from fleet_tui.emulator.world import Behaviour, seed_world
from tests.support.clock import MovableClock


async def listed(api: Any, **more: Any) -> list[Any]:
    """Every row of every page."""
    rows: list[Any] = []
    cursor: str | None = None
    while True:
        page = await api.list_sandboxes(cursor=cursor, **more)
        rows += page.items
        cursor = page.next_cursor
        if cursor is None:
            return rows


def filled(daytona: DaytonaEmulator, clock: MovableClock, agents: int = 200) -> None:
    daytona.fill(seed_world(agents, 3, clock()))


def oldest(daytona: DaytonaEmulator, behaviour: Behaviour) -> Box:
    boxes = (box for box in daytona.boxes.by_id.values() if box.work.behaviour is behaviour)
    return min(boxes, key=lambda box: box.created_at)


async def created(api: Any, clock: MovableClock, **more: Any) -> Any:
    """A sandbox that has started."""
    row = await api.create_sandbox(CreateSandbox(**more))
    clock.move(3)
    return row
