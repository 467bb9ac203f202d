"""Ten thousand keys at random ask for nothing: not where nobody may act, and not where nobody opened the window."""

import random
from typing import Final

import pytest
from textual.events import Key
from textual.keys import format_key

from fleet_tui.ui.keymap import ACTIONS
from fleet_tui.ui.widgets.table_keys import TABLE_BINDINGS
from tests.support.consoles import Desk
from tests.support.desks import a_fleet, opened
from tests.support.wait import eventually_async

KEYS: Final = 10_000
BATCHES: Final = (10, 40, 400)
"""So many come together: as hands type, as keys repeat, as a paste."""
LEAVES: Final = frozenset({"q", "ctrl+c", "ctrl+z", "colon", "ctrl+p"})
"""What leaves the console, or may by a word, and so would end the test."""
TYPED: Final = "abcdefghijklmnoprstuvwxyzAKMY0123456789 "
"""No q here either: it could become a command that quits."""


def all_keys() -> list[str]:
    bound = {key for one in ACTIONS for key in one.keys if key}
    tables = {key for binding in TABLE_BINDINGS for key in str(getattr(binding, "key", "")).split(",") if key}
    in_dialogs = {"enter", "escape", "tab", "shift+tab", "backspace", "y", "left", "right", "space", "ctrl+s"}
    return sorted((bound | tables | in_dialogs) - LEAVES)


def event(key: str) -> Key:
    character = key if len(key) == 1 else format_key(key)
    return Key(key, character if len(character) == 1 else None)


pytestmark = pytest.mark.no_cover
"""Other tests measure what a key does; here it would only make twenty thousand of them slow."""


async def storm(desk: Desk, seed: int, without: frozenset[str] = frozenset()) -> None:
    """All keys, as fast as the console takes them, a typed character now and then."""
    rng = random.Random(seed)
    keys = [key for key in all_keys() if key not in without]
    async with desk.app.run_test(size=(40, 8)) as pilot:
        await opened(desk, pilot)
        pressed = 0
        while pressed < KEYS:
            together = rng.choice(BATCHES)
            pressed += together
            for _ in range(together):
                key = rng.choice(keys) if rng.random() < 0.9 else rng.choice(TYPED)
                if key not in without:
                    desk.app.post_message(event("space" if key == " " else key))
            await pilot.pause()

        async def done_with() -> bool:
            await pilot.pause()
            return desk.app.message_queue_size == 0

        await eventually_async(done_with, what="the last key")
        assert desk.app.is_running
        assert desk.intents.acts == 0


async def test_ten_thousand_keys_under_read_only_access_ask_for_nothing() -> None:
    desk = Desk(a_fleet(), read_only=True)
    await storm(desk, 1)
    assert desk.intents.notes == []


async def test_ten_thousand_keys_in_a_closed_window_ask_for_nothing() -> None:
    await storm(Desk(a_fleet()), 2, without=frozenset({"W"}))
