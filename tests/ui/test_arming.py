"""The write window where the store takes its time: nothing else waits for it, and what went wrong is said at last."""

import gc
import threading
from datetime import datetime

import pytest
from typing_extensions import override

from fleet_tui.domain.phase import Phase
from fleet_tui.ports import StoreError
from tests.support.consoles import Desk, MemoryIntents
from tests.support.desks import a_fleet, opened
from tests.support.facts import resource, whole
from tests.support.wait import eventually, true

WIDE = (120, 32)


class Held(MemoryIntents):
    """A store that another process holds until it lets go, in vain or not."""

    def __init__(self, *, in_vain: bool = False) -> None:
        super().__init__()
        self.asked = threading.Event()
        self.free = threading.Event()
        self._in_vain = in_vain

    @override
    def note(self, what: str, *, actor: str, host: str, via: str, why: str, now: datetime) -> None:
        self.asked.set()
        assert self.free.wait(30)
        if self._in_vain:
            raise StoreError("another process has held it for 5 s; try again")
        super().note(what, actor=actor, host=host, via=via, why=why, now=now)


def a_desk(held: Held, *, phase: Phase = Phase.RUNNING) -> Desk:
    desk = Desk(whole(resource("s1", agent="agent-1", phase=phase)))
    desk.intents = held
    desk.session.intents = held
    return desk


async def test_keys_are_heard_while_the_store_does_not_take_that_the_window_opens() -> None:
    held = Held()
    desk = a_desk(held)
    async with desk.open(WIDE, 1) as pilot:
        await pilot.press("W")
        await desk.tells(pilot, "another process holds the store: waiting for it")
        assert not desk.session.may_act()
        await pilot.press("slash", *"age")
        await desk.shows(pilot, "/ age")
        assert "[RO]" in desk.screen()[0]
        await pilot.press("escape", "W")
        await desk.tells(pilot, "the store has not taken the last word about the window yet")
        held.free.set()
        await desk.shows(pilot, "[RW 10m]")
        assert [what for what, _ in held.notes] == ["window opened"]


async def test_a_window_is_shut_at_once_whenever_the_store_takes_it() -> None:
    held = Held()
    held.free.set()
    desk = a_desk(held)
    async with desk.open(WIDE, 1) as pilot:
        await pilot.press("W")
        await desk.shows(pilot, "[RW 10m]")
        held.free.clear()
        await pilot.press("W")
        await desk.shows(pilot, "[RO]")
        assert not desk.session.may_act()
        held.free.set()


async def test_what_was_not_written_although_the_console_was_left_is_kept_to_be_said(
    caplog: pytest.LogCaptureFixture,
) -> None:
    held = Held(in_vain=True)
    desk = a_desk(held)
    async with desk.app.run_test(headless=False, size=WIDE) as pilot:
        await opened(desk, pilot, 1)
        await pilot.press("W")
        await true(held.asked.is_set, what="a word that is being written")
        desk.app.exit()
    assert desk.app.unheard == []
    assert not desk.app.writes.ended(0.0)
    held.free.set()
    (said,) = eventually(lambda: desk.app.unheard, what="what went wrong")
    assert said == "the window stays shut: another process has held it for 5 s; try again"
    assert desk.app.writes.ended(10.0)
    gc.collect()
    assert caplog.records == [], "whoever did not wait to the end leaves nothing behind that the log would tell"


async def test_what_went_well_is_not_said() -> None:
    desk = Desk(a_fleet())
    async with desk.app.run_test(headless=False, size=WIDE) as pilot:
        await opened(desk, pilot)
        await pilot.press("W")
    assert desk.app.unheard == []
