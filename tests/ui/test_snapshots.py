"""Pictures of every view over one fleet, in three themes and two sizes; the README's are among them."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from textual.app import App
from textual.pilot import Pilot

from fleet_tui.ui.app import FleetApp
from fleet_tui.ui.framing import REST_S
from fleet_tui.ui.keys.table import VIEW_KEYS, View
from tests.support.consoles import Desk
from tests.support.facts import failure
from tests.support.showcase import acts, curve, readings, showcase, troubles
from tests.support.wait import eventually_async

pytestmark = pytest.mark.no_cover

WIDE = (120, 32)
SMALL = (80, 24)
ROWS = 19

Compare = Callable[..., bool]


def desk(theme: str = "dark", *, ascii_only: bool = False) -> FleetApp:
    made = Desk(showcase(), theme=theme)
    made.reader.told_failures = tuple(
        failure(one, source="daytona-eu", at_s=60.0 * number) for number, one in enumerate(troubles(), 1)
    )
    made.reader.told_reach = readings()
    made.reader.told_audit = acts()
    made.reader.told_spent = curve()
    return FleetApp(made.session, theme=theme, ascii_only=ascii_only)


def after(*keys: str) -> Callable[[Pilot[None]], Awaitable[None]]:
    """Wait until the fleet is there, then press keys and wait until all is drawn."""

    async def prepare(pilot: Pilot[None]) -> None:
        app: App[Any] = pilot.app
        assert isinstance(app, FleetApp)

        async def there() -> bool:
            await pilot.pause()
            return len(app.fleet_pane.table.order) == ROWS

        await eventually_async(there, what=f"FLEET of {ROWS} rows")

        async def read() -> bool:
            return all(worker.is_finished for worker in app.workers if worker.name != "feed")

        for key in ("g", *keys):
            await pilot.press(key)
            await eventually_async(read, what="the end of what is read in threads")
            # What was read last is drawn, too.
            await pilot.pause()
        rested = asyncio.Event()
        # Set after those that wait for the cursor to rest, it goes off after them.
        app.set_timer(REST_S, rested.set)
        await rested.wait()
        await eventually_async(read, what="the end of what is read in threads")

    return prepare


@pytest.mark.parametrize("theme", ["dark", "light", "monochrome"])
@pytest.mark.parametrize("size", [WIDE, SMALL], ids=["120x32", "80x24"])
@pytest.mark.parametrize("view", VIEW_KEYS, ids=lambda view: view.value)
def test_view(snap_compare: Compare, view: View, size: tuple[int, int], theme: str) -> None:
    assert snap_compare(desk(theme), terminal_size=size, run_before=after(VIEW_KEYS[view]))


@pytest.mark.parametrize("size", [WIDE, SMALL], ids=["120x32", "80x24"])
def test_plan_of_a_kill(snap_compare: Compare, size: tuple[int, int]) -> None:
    keys = ("W", "j", "j", "j", "space", "j", "space", "j", "space", "ctrl+k")

    assert snap_compare(desk(), terminal_size=size, run_before=after(*keys))


@pytest.mark.parametrize(
    "theme",
    ["high-contrast", "sixteen", "nord", "gruvbox", "catppuccin", "dracula", "tokyo-night", "solarized-light"],
)
def test_the_fleet_in_every_other_theme(snap_compare: Compare, theme: str) -> None:
    assert snap_compare(desk(theme), terminal_size=WIDE, run_before=after())


@pytest.mark.parametrize("size", [WIDE, SMALL], ids=["120x32", "80x24"])
@pytest.mark.parametrize(
    "keys", [("d",), ("dollar_sign",), ("colon",), ("ctrl+p",)], ids=["detail", "money", "command", "palette"]
)
def test_in_front(snap_compare: Compare, keys: tuple[str, ...], size: tuple[int, int]) -> None:
    assert snap_compare(desk(), terminal_size=size, run_before=after("j", *keys))


def test_without_any_glyph_but_ascii(snap_compare: Compare) -> None:
    assert snap_compare(desk("sixteen", ascii_only=True), terminal_size=SMALL, run_before=after())


@pytest.mark.parametrize("view", [View.FLEET, View.ATTENTION], ids=lambda view: view.value)
def test_a_terminal_of_60_by_20(snap_compare: Compare, view: View) -> None:
    assert snap_compare(desk(), terminal_size=(60, 20), run_before=after(VIEW_KEYS[view]))


def test_help(snap_compare: Compare) -> None:
    assert snap_compare(desk(), terminal_size=WIDE, run_before=after("question_mark"))


def test_a_tiny_terminal(snap_compare: Compare) -> None:
    assert snap_compare(desk(), terminal_size=(40, 10), run_before=after())
