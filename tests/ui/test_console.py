"""The console over a store in memory: what is shown, what keys do, and what never happens by accident."""

from dataclasses import replace

import pytest
from textual import events
from textual.widgets import Input

from fleet_tui.domain.delta import FleetDelta
from fleet_tui.domain.failure import FailureClass
from fleet_tui.domain.phase import Phase
from fleet_tui.domain.record import AuditRow, WantedKind
from fleet_tui.ui.dialogs.base import Dialog
from fleet_tui.ui.dialogs.plan import PlanDialog
from fleet_tui.ui.panes.fleet import PATIENCE_S
from tests.support.capture import captured
from tests.support.consoles import Desk
from tests.support.desks import a_fleet, front, writing
from tests.support.facts import NOW, failure, key, next_delta, resource, status, whole
from tests.support.wait import eventually_async, true

WIDE = (120, 32)
SMALL = (80, 24)
TINY = (40, 10)


async def test_the_first_frame_comes_from_the_store() -> None:
    desk = Desk(a_fleet())
    async with desk.open(WIDE):
        screen = desk.screen()
        assert screen[0].startswith("fleet prod  [RO]  12:00Z  12 agents  12 run")
        assert screen[1] == "e2b now"
        assert "agent-00" in screen[4]
        assert screen[-1].startswith("p pause")


@pytest.mark.parametrize(("size", "least"), [(WIDE, 12), (SMALL, 10), (TINY, 4)])
async def test_agents_are_visible_on_every_size(size: tuple[int, int], least: int) -> None:
    desk = Desk(a_fleet())
    async with desk.open(size) as pilot:
        await pilot.pause()
        assert sum("agent-" in line for line in desk.screen()) >= least
        assert desk.screen()[0].startswith(("fleet prod", "prod"))
        assert "[RO]" in desk.screen()[0]


async def test_empty_unreachable_and_stale_are_three_screens() -> None:
    seen: set[str] = set()
    cases = {
        "EMPTY: 1 source answered in full": FleetDelta(
            store_id="t", revision=1, whole=True, statuses=(status(rows=0),)
        ),
        "UNREACHABLE: no source can be read": FleetDelta(
            store_id="t", revision=1, whole=True, statuses=(status(ok_s=None, failure=failure()),)
        ),
        "waiting for the collector's first reading": FleetDelta(store_id="t", revision=1, whole=True),
        "reading 1 source for the first time": FleetDelta(
            store_id="t", revision=1, whole=True, statuses=(status(ok_s=None),)
        ),
    }
    for text, delta in cases.items():
        desk = Desk(delta)
        async with desk.app.run_test(headless=False, size=WIDE, notifications=True) as pilot:
            await desk.shows(pilot, text)
            seen.add(desk.text())
    stale = Desk(replace(a_fleet(), statuses=(status(ok_s=120, failure=failure()),)))
    async with stale.open(WIDE) as pilot:
        await stale.shows(pilot, "RUN?")
        await stale.shows(pilot, "e2b UNREACHABLE 2m00s (429)")
        seen.add(stale.text())
    assert len(seen) == len(cases) + 1


async def test_a_store_that_cannot_be_read_is_told_and_the_last_state_stays() -> None:
    desk = Desk(a_fleet())
    async with desk.open(WIDE) as pilot:
        desk.reader.trouble = "the disk says no"
        await desk.shows(pilot, "the disk says no")
        assert "agent-00" in desk.text()
        desk.reader.trouble = ""
        await desk.shows(pilot, "e2b now")


async def test_views_are_one_key_away_and_escape_comes_back() -> None:
    desk = Desk(a_fleet())
    desk.reader.told_failures = (failure(FailureClass.AUTH, text="401 invalid"),)
    desk.reader.told_audit = (an_audit_row(),)
    async with desk.open(WIDE) as pilot:
        for pressed, shown in (("2", "SPEND"), ("3", "401"), ("4", "SPRAWL"), ("6", "window opened")):
            await pilot.press(pressed)
            await desk.shows(pilot, "auth" if pressed == "3" else shown)
            await pilot.press("escape")
            await desk.shows(pilot, "FLEET[12]")
        await pilot.press("tab")
        await desk.shows(pilot, "SPEND")


def an_audit_row() -> AuditRow:
    return AuditRow(
        seq=1, at=NOW, actor="kim", host="h", via="console", what="window opened", target="", incarnation="",
        outcome="noted", reason="", why="until 12:10", intent_id="", action_id="", hash="ab",
    )  # fmt: skip


async def test_a_filter_narrows_at_once_and_says_so() -> None:
    desk = Desk(a_fleet())
    async with desk.open(WIDE) as pilot:
        await pilot.press("slash", *"agent-03")
        await desk.settled(pilot, 1)
        await pilot.press("enter")
        await desk.shows(pilot, "FLEET[1/12]")
        desk.reader.put(next_delta(2, resources=(resource("sbx_99", agent="agent-03x"),)))
        await desk.settled(pilot, 2)
        await pilot.press("escape")
        await desk.settled(pilot, 13)
        await pilot.press("slash", *"tem:x")
        await desk.shows(pilot, "did you mean team?")
        await pilot.press("escape")
        await desk.settled(pilot, 13)
        await pilot.press("slash", *"usd>1", "enter")
        await desk.settled(pilot, 0)
        await desk.shows(pilot, "nothing matches the filter usd:1..")


async def test_sorting_by_letters_and_reversing() -> None:
    desk = Desk(
        whole(
            resource("a", agent="bb", usd="1"), resource("b", agent="aa", usd="3"), resource("c", agent="cc", usd="2")
        )
    )
    async with desk.open(WIDE, 3) as pilot:
        table = desk.app.fleet_pane.table
        assert list(table.order) == ["aa", "cc", "bb"]
        await pilot.press("N")
        assert list(table.order) == ["aa", "bb", "cc"]
        await pilot.press("I")
        assert list(table.order) == ["cc", "bb", "aa"]
        await pilot.press("greater_than_sign")
        await desk.shows(pilot, "sort KIND")
        await pilot.press("f")
        await desk.settled(pilot, 0)


async def test_a_column_without_room_is_no_order_to_step_to() -> None:
    desk = Desk(a_fleet())
    async with desk.open(SMALL) as pilot:
        await pilot.press("greater_than_sign")
        await desk.shows(pilot, "sort AGENT")
        await pilot.press("greater_than_sign")
        await desk.shows(pilot, "sort WHERE")
        await pilot.press("less_than_sign", "less_than_sign")
        await desk.shows(pilot, "sort ATTENTION")


async def test_the_cursor_follows_the_agent_when_rows_move() -> None:
    desk = Desk(a_fleet())
    async with desk.open(WIDE) as pilot:
        await pilot.press("j", "j", "j")
        assert desk.app.fleet_pane.handle_under_cursor() == "agent-03"
        desk.reader.put(next_delta(2, resources=(resource("sbx_09", agent="agent-09", phase=Phase.STUCK),)))

        async def moved() -> bool:
            await pilot.pause()
            return desk.app.fleet_pane.table.order[0] == "agent-09"

        await eventually_async(moved, timeout_s=PATIENCE_S + 2)
        assert desk.app.fleet_pane.handle_under_cursor() == "agent-03"
        desk.reader.put(next_delta(3, gone=(key("sbx_03"),)))
        await desk.shows(pilot, "11 agents")

        async def gone() -> bool:
            await pilot.pause()
            return desk.app.fleet_pane.handle_under_cursor() is None

        await eventually_async(gone, timeout_s=PATIENCE_S + 2)
        await pilot.press("ctrl+k")
        await desk.shows(pilot, "nothing to kill")
        assert not isinstance(desk.app.screen, PlanDialog)


async def test_rows_do_not_move_behind_a_dialog() -> None:
    desk = Desk(a_fleet())
    async with desk.open(WIDE) as pilot:
        await pilot.press("p")
        await front(desk, pilot)
        before = list(desk.app.fleet_pane.table.order)
        desk.reader.put(next_delta(2, resources=(resource("sbx_09", agent="agent-09", phase=Phase.STUCK),)))
        await desk.shows(pilot, "1 stuck")
        assert list(desk.app.fleet_pane.table.order) == before
        await pilot.press("escape")

        async def moved() -> bool:
            await pilot.pause()
            return desk.app.fleet_pane.table.order[0] == "agent-09"

        await eventually_async(moved, timeout_s=2 * PATIENCE_S + 2)


async def test_without_the_window_a_verb_shows_its_plan_and_no_more() -> None:
    desk = Desk(a_fleet())
    async with desk.open(WIDE) as pilot:
        await pilot.press("f9")
        await front(desk, pilot)
        assert "KILL 1 sandbox" in desk.text()
        assert "this console only looks: press W" in desk.text()
        assert not desk.app.screen.query("#accept")
        await pilot.press("enter")
        await pilot.pause()
        assert not isinstance(desk.app.screen, Dialog)
        assert desk.intents.acts == 0


async def test_read_only_refuses_the_window_for_everybody() -> None:
    desk = Desk(a_fleet(), read_only=True)
    async with desk.open(WIDE) as pilot:
        await pilot.press("W")
        await desk.shows(pilot, "read-only")
        assert "[RO]" in desk.screen()[0]
        assert desk.intents.notes == []


async def test_the_window_is_in_the_audit_and_shuts_by_itself() -> None:
    desk = Desk(a_fleet())
    async with desk.open(WIDE) as pilot:
        await pilot.press("W")
        await desk.shows(pilot, "[RW 10m]")
        assert desk.intents.notes == [("window opened", "kim")]
        desk.time.pass_s(601)
        desk.app.fall_due()
        await desk.shows(pilot, "[RO]")
        assert not desk.session.may_act()
        await pilot.press("W")
        await desk.shows(pilot, "[RW 10m]")
        await pilot.press("W")
        written = ["window opened", "window opened", "window closed"]
        await true(lambda: [what for what, _ in desk.intents.notes] == written, what=f"{written} in the audit")


async def test_a_window_that_cannot_be_audited_stays_shut() -> None:
    desk = Desk(a_fleet())
    desk.intents.full = True
    async with desk.open(WIDE) as pilot:
        await pilot.press("W")
        await desk.shows(pilot, "the window stays shut")
        assert not desk.session.may_act()


async def test_production_asks_for_the_fleets_name_before_it_opens() -> None:
    desk = Desk(a_fleet(), production=True)
    async with desk.open(WIDE) as pilot:
        await pilot.press("W")
        await desk.shows(pilot, "prod is production")
        await pilot.press("tab")
        desk.app.screen.query_one("#typed", Input).focus()
        await pilot.press(*"staging", "enter")
        await desk.shows(pilot, "that is not the word")
        desk.app.screen.query_one("#typed", Input).value = "prod"
        await pilot.press("enter")
        await desk.shows(pilot, "[RW 10m]")
        await pilot.press("p")
        await front(desk, pilot)
        assert "type  prod  to go ahead" in desk.text()


async def test_ctrl_c_cancels_a_dialog_and_then_quits_at_once() -> None:
    desk = Desk(a_fleet())
    async with desk.app.run_test(headless=False, size=WIDE, notifications=True) as pilot:
        await writing(desk, pilot)
        await pilot.press("p")
        await front(desk, pilot)
        await pilot.press("ctrl+c")
        await pilot.pause()
        assert not isinstance(desk.app.screen, Dialog)
        assert desk.app.is_running
        await pilot.press("ctrl+c")

        async def out() -> bool:
            return not desk.app.is_running

        await eventually_async(out)
    assert desk.intents.acts == 0


async def test_details_logs_events_and_money_open_and_close() -> None:
    desk = Desk(a_fleet())
    desk.reader.logs = ((NOW, "401 invalid x-api-key"),)
    async with desk.open(WIDE) as pilot:
        for pressed, shown in (
            ("d", "detail agent-00"), ("y", "raw agent-00"), ("l", "12:00:00 401 invalid"), ("e", "no event is kept"),
            ("dollar_sign", "no usage line is known"), ("question_mark", "keys of FLEET"), ("o", "no order was given"),
        ):  # fmt: skip
            await pilot.press(pressed)
            await desk.shows(pilot, shown)
            await pilot.press("escape")
            await pilot.pause()
            assert not desk.app.in_front
        assert (WantedKind.LOGS, key("sbx_00").packed()) in desk.intents.wanted


async def test_an_idle_minute_writes_only_the_ages_that_fell_due() -> None:
    desk = Desk(a_fleet())
    async with desk.open(WIDE) as pilot:
        await desk.shows(pilot, "stays  nothing beside what runs")
        driver = captured(pilot)
        before = len(driver.writes)
        desk.app.fall_due()
        await pilot.pause()
        assert driver.writes[before:] == []
        desk.time.pass_s(20)
        desk.app.fall_due()
        await pilot.pause()
        assert driver.writes[before:] == []
        desk.time.pass_s(40)
        desk.app.fall_due()
        await pilot.pause()
        drawn = "".join(driver.writes[before:])
        assert "12" in drawn
        assert "agent-0" not in drawn


async def test_what_is_typed_right_behind_the_slash_is_the_filter_and_no_verb() -> None:
    desk = Desk(a_fleet())
    async with desk.open(WIDE) as pilot:
        for name, character in (("slash", "/"), ("m", "m"), ("p", "p"), ("ctrl+k", None)):
            desk.app.post_message(events.Key(name, character))
        await desk.shows(pilot, "/ mp")
        assert not desk.app.in_front


async def test_a_slash_in_a_line_is_a_slash() -> None:
    desk = Desk(a_fleet())
    async with desk.open(WIDE) as pilot:
        await pilot.press("slash", "a", "slash", "b")
        await desk.shows(pilot, "/ a/b")
        await pilot.press("escape", "d")
        await desk.shows(pilot, "detail agent-00")
        await pilot.press("slash", "l", "escape")
        await desk.shows(pilot, "detail agent-00")
        await pilot.press("escape")
        await pilot.pause()
        assert not desk.app.in_front


async def test_a_collector_is_started_at_once_and_again_when_readings_stay_away() -> None:
    desk = Desk(a_fleet())
    started: list[str] = []

    def start() -> str | None:
        started.append("once more")
        return "no collector can be started: the disk is full" if len(started) > 1 else None

    desk.session.start_collector = start
    async with desk.open(WIDE) as pilot:
        await true(lambda: started == ["once more"], what="a collector started")
        desk.app.fall_due()
        await pilot.pause()
        assert started == ["once more"]
        desk.app._kept_s = None
        desk.time.pass_s(60)
        desk.app.fall_due()
        await desk.shows(pilot, "no collector can be started")


async def test_an_empty_screen_tells_what_is_known_now() -> None:
    desk = Desk(FleetDelta(store_id="t", revision=1, whole=True))
    async with desk.app.run_test(headless=False, size=WIDE) as pilot:
        await desk.shows(pilot, "waiting for the collector's first reading")
        desk.reader.put(next_delta(2, statuses=(status(rows=0),)))
        await desk.shows(pilot, "EMPTY: 1 source answered in full")
