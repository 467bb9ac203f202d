"""What the dialog of a plan never lets happen: a yes by a held key, by a paste, to an old plan, to unseen work."""

import json
import stat
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from textual.events import Key
from textual.pilot import Pilot
from textual.widgets import Button

from fleet_tui.domain.assignment import Assignment
from fleet_tui.domain.dirt import Dirt, DirtState
from fleet_tui.domain.identity import Kind, ResourceKey
from fleet_tui.domain.resource import Resource
from fleet_tui.ui.dialogs.plan import PlanDialog
from fleet_tui.ui.widgets.check import Check
from fleet_tui.ui.widgets.one_of import OneOf
from tests.support.consoles import Desk
from tests.support.desks import a_fleet, agents, front, opened, writing
from tests.support.facts import next_delta, resource, status, whole
from tests.support.wait import eventually_async

WIDE = (120, 32)
CLEAN = Dirt(state=DirtState.CLEAN, branch="main")
DIRTY = Dirt(state=DirtState.DIRTY, files=3, commits=1, branch="fix/8812")
Look = Callable[[Sequence[Resource]], Mapping[ResourceKey, Dirt]]


class Looker:
    """Looks when it is let; gives one answer for all."""

    def __init__(self, dirt: Dirt | None) -> None:
        self.dirt = dirt
        self.let = threading.Event()
        self.asked: list[str] = []

    def __call__(self, resources: Sequence[Resource]) -> Mapping[ResourceKey, Dirt]:
        self.asked += [r.key.id for r in resources]
        assert self.let.wait(20)
        return {} if self.dirt is None else {r.key: self.dirt for r in resources}


def local(name: str = "here") -> Resource:
    return resource(name, agent=name, source="local", kind=Kind.PROCESS, detail={"directory": "/nowhere"})


def desk_over(dirt: Dirt | None, *rows: Resource) -> tuple[Desk, Looker]:
    desk, looker = Desk(whole(*(rows or (local(),)))), Looker(dirt)
    desk.session.look_for_dirt = looker
    return desk, looker


async def asks(desk: Desk, pilot: Pilot[None], key: str, rows: int = 1) -> None:
    await writing(desk, pilot, rows)
    await pilot.press(key)
    await front(desk, pilot)


async def at_once(desk: Desk, pilot: Pilot[None], *keys: str) -> None:
    """Keys of one moment, however long each takes."""
    for key in [Key(name, name if len(name) == 1 else None) for name in keys]:
        desk.app.post_message(key)
    await pilot.pause()


async def test_the_dialog_opens_at_once_and_asks_for_the_word_until_it_is_known_to_be_clean() -> None:
    desk, looker = desk_over(CLEAN)
    async with desk.app.run_test(headless=False, size=WIDE, notifications=True) as pilot:
        await asks(desk, pilot, "ctrl+k")
        await desk.shows(pilot, "looking for work that is nowhere else")
        await desk.shows(pilot, "type  kill 1  to go ahead")
        await pilot.press("y", "backspace")
        looker.let.set()
        await desk.shows(pilot, "press y to kill")
        assert "clean" in desk.text()
        assert desk.intents.acts == 0
        await pilot.press("y")
        await desk.shows(pilot, "submitted: 1 row")


async def test_dirty_work_keeps_asking_for_the_word_and_says_what_it_is() -> None:
    desk, looker = desk_over(DIRTY)
    looker.let.set()
    async with desk.app.run_test(headless=False, size=WIDE, notifications=True) as pilot:
        await asks(desk, pilot, "r")
        await desk.shows(pilot, "!! 3 files, 1 commit")
        await desk.shows(pilot, "3 changed or untracked files and 1 commit that no remote has on fix/8812")
        await pilot.click("#accept")
        await desk.shows(pilot, "that is not the word")
        assert desk.intents.acts == 0


async def test_what_nobody_could_look_at_counts_as_dirty() -> None:
    desk, looker = desk_over(None)
    looker.let.set()
    async with desk.app.run_test(headless=False, size=WIDE, notifications=True) as pilot:
        await asks(desk, pilot, "ctrl+k")
        await desk.shows(pilot, "dirty? unknown")
        await desk.shows(pilot, "type  kill 1  to go ahead")


async def test_the_level_does_not_fall_under_hands_that_type_the_word() -> None:
    desk, looker = desk_over(CLEAN)
    async with desk.app.run_test(headless=False, size=WIDE, notifications=True) as pilot:
        await asks(desk, pilot, "ctrl+k")
        await pilot.press("k", "i")
        looker.let.set()
        await desk.shows(pilot, "clean")
        assert "type  kill 1  to go ahead" in desk.text()
        await pilot.press("l", "l", "space", "1", "enter")
        await desk.shows(pilot, "submitted: 1 row")


async def test_nobody_looks_where_nothing_is_ended_and_each_row_is_looked_at_once() -> None:
    desk, looker = desk_over(CLEAN)
    looker.let.set()
    async with desk.app.run_test(headless=False, size=WIDE, notifications=True) as pilot:
        await asks(desk, pilot, "p")
        await desk.shows(pilot, "press y to pause")
        await pilot.press("escape", "ctrl+k")
        await front(desk, pilot)
        await desk.shows(pilot, "press y to kill")
        desk.app.screen.query_one("#how", OneOf).choose("pause")
        await desk.shows(pilot, "press y to pause")
        desk.app.screen.query_one("#how", OneOf).choose("now")
        await desk.shows(pilot, "press y to kill")
        assert looker.asked == ["here"]


async def test_a_rescue_is_asked_for_by_a_box_and_by_nothing_else() -> None:
    desk, looker = desk_over(CLEAN)
    looker.let.set()
    async with desk.app.run_test(headless=False, size=WIDE, notifications=True) as pilot:
        await asks(desk, pilot, "ctrl+k")
        await desk.shows(pilot, "press y to kill")
        desk.app.screen.query_one("#rescue", Check).value = True
        await desk.shows(pilot, "its diff and last log lines are kept")
        await desk.shows(pilot, "press y to kill")
        await pilot.press("y")
        await desk.shows(pilot, "submitted: 1 row")
        assert desk.intents.submitted[0].params.rescue


async def test_a_burst_of_keys_says_yes_to_nothing() -> None:
    desk = Desk(a_fleet())
    async with desk.app.run_test(headless=False, size=WIDE, notifications=True) as pilot:
        await asks(desk, pilot, "p", 12)
        await desk.shows(pilot, "press y to pause")
        await at_once(desk, pilot, *"yyyyyyyy", "tab", "tab", "enter")
        assert desk.app.focused is desk.app.screen.query_one("#accept", Button)
        await desk.shows(pilot, "press y to pause")
        assert isinstance(desk.app.screen, PlanDialog)
        assert desk.intents.acts == 0


async def test_keys_that_came_with_the_one_that_opened_it_say_yes_to_nothing() -> None:
    desk = Desk(a_fleet())
    async with desk.app.run_test(headless=False, size=WIDE, notifications=True) as pilot:
        await writing(desk, pilot)
        await at_once(desk, pilot, "p", "y")
        await desk.shows(pilot, "press y to pause")
        assert desk.intents.acts == 0


async def test_the_button_by_the_keyboard_counts_when_it_stands_alone_and_only_once() -> None:
    desk = Desk(a_fleet())
    async with desk.app.run_test(headless=False, size=WIDE, notifications=True) as pilot:
        await asks(desk, pilot, "p", 12)
        await desk.shows(pilot, "press y to pause")
        desk.app.screen.query_one("#accept", Button).focus()
        await pilot.press("enter")
        await desk.shows(pilot, "submitted: 1 row")
        await pilot.press("enter", "escape")
        assert len(desk.intents.submitted) == 1


async def test_a_plan_that_was_looked_at_for_long_is_not_submitted() -> None:
    desk = Desk(a_fleet())
    async with desk.app.run_test(headless=False, size=WIDE, notifications=True) as pilot:
        await asks(desk, pilot, "p", 12)
        desk.time.pass_s(301)
        await pilot.click("#accept")
        await desk.shows(pilot, "this plan is over 5 minutes old")
        assert desk.intents.acts == 0
        await pilot.press("escape")


async def test_a_clock_that_is_set_back_makes_no_plan_new() -> None:
    desk = Desk(a_fleet())
    async with desk.app.run_test(headless=False, size=WIDE, notifications=True) as pilot:
        await asks(desk, pilot, "p", 12)
        desk.time.pass_s(-60)
        await pilot.click("#accept")
        await desk.shows(pilot, "press esc and make it again")
        assert desk.intents.acts == 0


async def test_a_clock_that_is_set_back_keeps_no_window_open() -> None:
    desk, uptime = Desk(a_fleet()), [100.0]
    desk.session.uptime_s = lambda: uptime[0]
    async with desk.app.run_test(headless=False, size=WIDE, notifications=True) as pilot:
        await writing(desk, pilot)
        desk.time.pass_s(-3600)
        uptime[0] += 539
        desk.app.fall_due()
        await desk.shows(pilot, "[RW 1m]")
        assert desk.session.may_act()
        uptime[0] += 61
        assert not desk.session.may_act()
        desk.app.fall_due()
        await pilot.press("p")
        await front(desk, pilot)
        await desk.shows(pilot, "this console only looks")
        assert "[RW" not in desk.text()


async def test_no_plan_is_made_of_a_fleet_that_is_not_all_here_yet() -> None:
    first, rest = agents(4)[:2], agents(4)[2:]
    desk = Desk(replace(whole(*first), last=False))
    async with desk.app.run_test(headless=False, size=WIDE, notifications=True) as pilot:
        await pilot.press("W", "colon", *"kill team:ci", "enter")
        await desk.tells(pilot, "the fleet is still being read")
        assert not isinstance(desk.app.screen, PlanDialog)
        desk.reader.put(replace(whole(*rest), last=True))
        await opened(desk, pilot, 4)
        await pilot.press("escape", "colon", *"kill team:ci", "enter")
        await front(desk, pilot)
        await desk.shows(pilot, "KILL 4 sandboxes")


async def test_a_resize_under_the_dialog_changes_nothing_but_the_lines() -> None:
    desk = Desk(a_fleet())
    async with desk.app.run_test(headless=False, size=WIDE, notifications=True) as pilot:
        await asks(desk, pilot, "p", 12)
        for size in ((80, 24), (40, 10), (120, 32)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
        assert isinstance(desk.app.screen, PlanDialog)
        assert desk.intents.acts == 0
        await desk.shows(pilot, "press y to pause")


async def test_at_eighty_columns_the_whole_dialog_is_there() -> None:
    desk, looker = desk_over(DIRTY)
    looker.let.set()
    async with desk.app.run_test(headless=False, size=(80, 24), notifications=True) as pilot:
        await asks(desk, pilot, "ctrl+k")
        await desk.shows(pilot, "!! 3 files")
        for text in ("KILL 1 process", "(o) stop, 30s later kill", "[ ] rescue", "type  kill 1  to go ahead", "Cancel"):
            assert text in desk.text()


async def test_with_children_is_a_choice_and_another_count() -> None:
    kid = replace(resource("sbx_kid", agent="kid"), assignment=Assignment(parent="boss"))
    desk = Desk(whole(resource("sbx_boss", agent="boss"), kid))
    async with desk.app.run_test(headless=False, size=WIDE, notifications=True) as pilot:
        await asks(desk, pilot, "ctrl+k", 2)
        await desk.shows(pilot, "1 child not meant: kid")
        desk.app.screen.query_one("#scope", OneOf).choose("children")
        await desk.shows(pilot, "KILL 2 sandboxes")
        await desk.shows(pilot, "type  kill 2  to go ahead")
        await pilot.press(*"kill", "space", "2", "enter")
        await desk.shows(pilot, "submitted: 2 rows")
        assert len(desk.intents.submitted[0].targets) == 2


async def test_stale_rows_are_added_by_a_box() -> None:
    delta = whole(resource("new", agent="new"), resource("old", agent="old", source="daytona"))
    desk = Desk(replace(delta, statuses=(status("e2b"), status("daytona", ok_s=500))))
    async with desk.app.run_test(headless=False, size=WIDE, notifications=True) as pilot:
        await writing(desk, pilot, 2)
        await pilot.press("asterisk", "ctrl+k")
        await front(desk, pilot)
        await desk.shows(pilot, "KILL 1 sandbox")
        assert "old: its last reading is old" in desk.text()
        desk.app.screen.query_one("#stale", Check).value = True
        await desk.shows(pilot, "type  kill 2  to go ahead")


async def test_a_plan_that_may_only_be_looked_at_can_be_kept(tmp_path: Path) -> None:
    desk = Desk(a_fleet(), read_only=True)
    desk.session.state_dir = tmp_path
    async with desk.open(WIDE) as pilot:
        await pilot.press("ctrl+k")
        await front(desk, pilot)
        assert "this is a plan only" in desk.text()
        await pilot.press("ctrl+s")
        await desk.shows(pilot, "the plan is in")
        await pilot.click("#save")
        await desk.tells(pilot, "the plan is in", times=2)
        assert len(list((tmp_path / "plans").iterdir())) == 2
        for kept in (tmp_path / "plans").iterdir():
            assert stat.S_IMODE(kept.stat().st_mode) == 0o600
            (row,) = json.loads(kept.read_text())
            assert (row["verb"], row["id"], row["outcome"], row["dirty"]) == ("kill", "sbx_00", "planned", None)
        assert desk.intents.acts == 0


async def test_a_branch_is_marked_with_one_key_and_marks_of_gone_rows_are_named() -> None:
    kid = replace(resource("sbx_kid", agent="kid"), assignment=Assignment(parent="boss"))
    grandkid = replace(resource("sbx_grandkid", agent="grandkid"), assignment=Assignment(parent="kid"))
    desk = Desk(whole(resource("sbx_boss", agent="boss"), kid, grandkid, resource("sbx_z", agent="z")))
    async with desk.app.run_test(headless=False, size=WIDE, notifications=True) as pilot:
        await writing(desk, pilot, 4)
        await pilot.press("T")
        await desk.shows(pilot, "3 marked")
        assert desk.app.fleet_pane.table.marks == frozenset({"boss", "kid", "grandkid"})
        desk.reader.put(next_delta(2, gone=(kid.key,)))
        await desk.shows(pilot, "2 marked, 1 gone")
        await pilot.press("ctrl+k")
        await front(desk, pilot)
        await desk.shows(pilot, "KILL 2 sandboxes")
        assert "1 marked row ended or not there any more, left out: kid" in desk.text()
        await pilot.press("escape", "ctrl+backslash")
        await pilot.pause()
        assert desk.app.fleet_pane.table.marks == desk.app.fleet_pane.table.lost_marks == frozenset()


async def test_where_all_that_was_marked_is_gone_the_cursors_row_is_not_taken_instead() -> None:
    desk = Desk(a_fleet(3))
    async with desk.app.run_test(headless=False, size=WIDE, notifications=True) as pilot:
        await writing(desk, pilot, 3)
        await pilot.press("j", "space", "k")
        desk.reader.put(next_delta(2, gone=(agents(3)[1].key,)))
        await desk.shows(pilot, "1 marked gone")
        await pilot.press("ctrl+k")
        await desk.shows(pilot, "what was marked is not there any more: agent-01")
        assert not isinstance(desk.app.screen, PlanDialog)
        await pilot.press("colon", *"extend 1h", "enter")
        await desk.shows(pilot, "what was marked is not there any more: agent-01; U")
        assert not isinstance(desk.app.screen, PlanDialog)
        await pilot.press("escape", "U", "ctrl+k")
        await front(desk, pilot)
        await desk.shows(pilot, "KILL 1 sandbox")


async def test_of_two_keys_that_leave_together_only_the_first_means_anything() -> None:
    desk = Desk(a_fleet())
    async with desk.app.run_test(headless=False, size=WIDE, notifications=True) as pilot:
        for key in ("escape", "enter"):
            await opened(desk, pilot)
            await pilot.press("ctrl+k")
            await front(desk, pilot)
            for _ in range(3):
                desk.app.post_message(Key(key, None))

            async def gone() -> bool:
                await pilot.pause()
                return not isinstance(desk.app.screen, PlanDialog)

            await eventually_async(gone)
            await pilot.press("escape", "escape")
        assert desk.app.is_running
        assert desk.intents.acts == 0
