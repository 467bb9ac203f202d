"""Pictures of every view over one fleet, in three themes and two sizes; the README's are among them."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from textual.app import App
from textual.pilot import Pilot

from fleet_tui.ui.app import FleetApp
from tests.support.consoles import Desk
from tests.support.facts import failure
from tests.support.showcase import showcase, troubles
from tests.support.wait import eventually_async

WIDE = (120, 32)
SMALL = (80, 24)
ROWS = 19

Compare = Callable[..., bool]


def desk(theme: str = "dark") -> FleetApp:
    made = Desk(showcase(), theme=theme)
    made.reader.told_failures = tuple(
        failure(one, source="daytona-eu", at_s=60.0 * number) for number, one in enumerate(troubles(), 1)
    )
    return FleetApp(made.session, theme=theme)


def after(*keys: str) -> Callable[[Pilot[None]], Awaitable[None]]:
    """Wait until the fleet is there, then press keys and wait until all is drawn."""

    async def prepare(pilot: Pilot[None]) -> None:
        app: App[Any] = pilot.app
        assert isinstance(app, FleetApp)

        async def there() -> bool:
            await pilot.pause()
            return len(app.fleet_pane.table.order) == ROWS

        await eventually_async(there, what=f"FLEET of {ROWS} rows")
        await pilot.press("g")
        for key in keys:
            await pilot.press(key)
            await pilot.pause()

    return prepare


@pytest.mark.parametrize("theme", ["dark", "light", "monochrome"])
@pytest.mark.parametrize("size", [WIDE, SMALL], ids=["120x32", "80x24"])
@pytest.mark.parametrize("view", ["1", "2", "3", "4"], ids=["fleet", "spend", "failures", "sprawl"])
def test_view(snap_compare: Compare, view: str, size: tuple[int, int], theme: str) -> None:
    assert snap_compare(desk(theme), terminal_size=size, run_before=after(view))


@pytest.mark.parametrize("size", [WIDE, SMALL], ids=["120x32", "80x24"])
def test_plan_of_a_kill(snap_compare: Compare, size: tuple[int, int]) -> None:
    keys = ("W", "j", "j", "j", "space", "j", "space", "j", "space", "ctrl+k")

    assert snap_compare(desk(), terminal_size=size, run_before=after(*keys))


def test_help(snap_compare: Compare) -> None:
    assert snap_compare(desk(), terminal_size=WIDE, run_before=after("question_mark"))


def test_a_tiny_terminal(snap_compare: Compare) -> None:
    assert snap_compare(desk(), terminal_size=(40, 10), run_before=after())
