"""Two consoles over one real store: what the one does, the other shows, woken by the store itself."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import monotonic

from textual.pilot import Pilot

from fleet_tui.domain.phase import Phase
from fleet_tui.store.schema import STORE_FILE
from fleet_tui.ui.app import FleetApp
from fleet_tui.ui.feed import NET_S
from fleet_tui.ui.session import Session
from fleet_tui.views.model import FleetModel
from tests.support.bells import OnlyTold
from tests.support.capture import CaptureDriver
from tests.support.facts import NOW, resource
from tests.support.stores import Stores, stores
from tests.support.wait import eventually_async, true


@dataclass
class Pair:
    """The one acts, the other looks."""

    held: Stores
    one: FleetApp
    one_pilot: Pilot[None]
    other: FleetApp
    other_pilot: Pilot[None]

    async def until_other(self, knows: Callable[[FleetModel], object], what: str) -> float:
        """Wait until the other console knows it, told of by the store alone; how many seconds that took."""
        began = monotonic()

        async def known() -> bool:
            await self.other_pilot.pause(0.005)
            return bool(knows(self.other.model))

        await eventually_async(known, what=what)
        return monotonic() - began


def _console(held: Stores, actor: str, store: Path) -> FleetApp:
    session = Session(
        reader=held.reader(),
        intents=held.intents,
        actor=actor,
        host="h",
        fleet="shared",
        now=lambda: NOW,
        bell=partial(OnlyTold, store),
    )
    return FleetApp(session, driver_class=CaptureDriver)


@asynccontextmanager
async def shared_fleet(state_dir: Path) -> AsyncGenerator[Pair]:
    """A fleet of three, one of which is stuck, before two consoles that have loaded it."""
    with stores(state_dir) as held:
        rows = [resource(f"s{n}", agent=f"agent-{n}", team="ci") for n in range(2)]
        rows.append(resource("s9", agent="stuck", phase=Phase.STUCK))
        held.observe(changed=tuple(rows))
        one, other = (_console(held, actor, state_dir / STORE_FILE) for actor in ("kim", "lee"))
        async with (
            one.run_test(headless=False, size=(100, 30)) as first,
            other.run_test(headless=False, size=(100, 30)) as second,
        ):
            for app, pilot in ((one, first), (other, second)):

                async def loaded(app: FleetApp = app, pilot: Pilot[None] = pilot) -> bool:
                    await pilot.pause()
                    return len(app.fleet_pane.table.order) == len(rows)

                await eventually_async(loaded, what="three rows")
                await true(lambda app=app: app.feed._pace.pause_s == NET_S, what="a feed that waits to be told")  # type: ignore[misc]
            yield Pair(held, one, first, other, second)
