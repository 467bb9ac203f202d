"""Every key in every view over the worst fleet, in a usual terminal and in hardly any: drawn as text, alive, no act."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from textual.pilot import Pilot

from fleet_tui.ui.keymap import ACTIONS
from fleet_tui.ui.keys.table import VIEW_KEYS, KeyAction, View
from tests.support.capture import captured
from tests.support.consoles import Desk
from tests.support.facts import NOW
from tests.ui.test_console_hostile import NAMES, hostile_desk, hostile_fleet
from tests.ui.test_random_keys import event

LEAVES = frozenset({"leave", "interrupt", "suspend", "quit"})
"""They end the console, or stop it."""
TYPES = frozenset({"filter", "command", "palette"})


def keys() -> Iterator[tuple[View, KeyAction]]:
    """Each action with a key once, in each of the views that few share, and in one of those that all do."""
    for one in ACTIONS:
        if one.keys and one.action not in LEAVES:
            for view in sorted(one.views) if len(one.views) < 3 else [View.FLEET]:
                yield view, one


async def together(desk: Desk, pilot: Pilot[None], *names: str) -> None:
    """Keys as fast as they can be heard."""
    for name in names:
        desk.app.post_message(event(name))
    await pilot.pause()
    await pilot.pause()


async def pressed(desk: Desk, pilot: Pilot[None], view: View, one: KeyAction, text: str) -> None:
    if desk.app.pane.view is not view:
        await together(desk, pilot, VIEW_KEYS[view])
    await together(desk, pilot, one.keys[0])
    if one.action in TYPES:
        # A word that is no command: its error is drawn, and nothing is done.
        await together(desk, pilot, *"zz", "tab", "down", "up", "enter")
    if desk.app.in_front:
        await together(desk, pilot, "down", "tab")
    await together(desk, pilot, "escape")
    await together(desk, pilot, "escape", "escape")
    assert desk.app.is_running, one.id
    assert desk.app.session.intents is desk.intents, text


@pytest.mark.no_cover
@pytest.mark.parametrize("size", [(120, 32), (20, 5)])
async def test_every_key_draws_the_worst_fleet_and_asks_for_nothing(size: tuple[int, int], tmp_path: Path) -> None:
    text = NAMES["escape_clear"]
    desk = hostile_desk(text)
    desk.session.state_dir = tmp_path
    desk.session.fleet = text
    desk.session.runbook = lambda _: (text,)
    rows = hostile_fleet(NAMES["bidi_override"]).resources
    desk.reader.told_past = {NOW - timedelta(hours=hour): rows for hour in (1, 2)}
    async with desk.open(size, 3) as pilot:
        for view in View:
            await together(desk, pilot, VIEW_KEYS[view])
        for view, one in keys():
            await pressed(desk, pilot, view, one, text)
        assert captured(pilot).guard.strict
    assert desk.intents.acts == 0
    kept = "".join(file.read_text() for file in tmp_path.rglob("*") if file.is_file())
    assert all(char.isprintable() or char == "\n" for char in kept)
