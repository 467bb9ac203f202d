"""ATTENTION in a console: from anywhere, to the row, taken in one's name, never by a store that is full."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from fleet_tui.config.files import parse_toml
from fleet_tui.config.notify import LoadedChannel, Terminal, load_channels
from fleet_tui.domain.acknowledgement import FILTER, Dealt, acknowledged, silence
from fleet_tui.domain.action import Verb
from fleet_tui.domain.phase import Phase
from fleet_tui.domain.text import SafeText
from fleet_tui.ui.dialogs.plan import PlanDialog
from fleet_tui.ui.keys.table import View
from fleet_tui.ui.telling import notice_sequence
from tests.support import facts
from tests.support.capture import captured
from tests.support.consoles import Desk
from tests.support.facts import NOW, next_delta, whole
from tests.support.wait import eventually_async

STUCK = facts.resource("s1", agent="etl", phase=Phase.STUCK, usd="0.60", since_s=600)
WAITS = facts.resource("w1", agent="bot", phase=Phase.WAITING)
RUNS = facts.resource("r1", agent="fine")


def desk(**how: bool) -> Desk:
    return Desk(whole(STUCK, WAITS, RUNS), **how)  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [(80, 24), (120, 32)])
async def test_the_header_counts_and_the_list_says_what_waiting_cost(size: tuple[int, int]) -> None:
    one = desk()
    async with one.open(size, 3) as pilot:
        await one.shows(pilot, "! 2 new")
        await pilot.press("2", "exclamation_mark")
        await one.shows(pilot, "ATTENTION  2 open  2 new")
        await one.shows(pilot, "etl no progress: test")
        assert "$0.10~" in one.text()
        assert "it has a task and shows no work" in one.text()


async def test_enter_goes_to_the_row_in_fleet_even_where_a_filter_hides_it() -> None:
    one = desk()
    async with one.open((80, 24), 3) as pilot:
        await pilot.press("slash", *"fine", "enter")
        await one.settled(pilot, 1)
        await pilot.press("5")
        await one.shows(pilot, "etl no progress")
        await pilot.press("enter")
        await one.settled(pilot, 3)
        assert one.app.pane.view is View.FLEET
        assert one.app.fleet_pane.table.cursor_key == "etl"


async def test_i_takes_the_row_under_the_cursor_in_a_console_that_may_do_nothing_else() -> None:
    one = desk(read_only=True)
    async with one.open((80, 24), 3) as pilot:
        one.app.fleet_pane.table.move_to_key("etl")
        await pilot.press("i")
        await one.shows(pilot, "taken: etl no progress")
        (ack,) = one.intents.dealt
        assert (ack.by, ack.dealt, ack.cause) == ("kim", Dealt.TAKEN, "agent:etl:stuck")
        assert one.intents.acts == 0


async def test_marks_are_gone_once_what_is_marked_was_taken_so_that_the_next_key_means_the_cursor() -> None:
    one = desk()
    async with one.app.run_test(headless=False, size=(80, 24), notifications=True) as pilot:
        await one.settled(pilot, 3)
        await pilot.press("5")
        await one.shows(pilot, "2 new")
        await pilot.press("asterisk")
        await one.shows(pilot, "2 marked")
        await pilot.press("i")
        await one.shows(pilot, "taken: ")
        await one.shows_no(pilot, "2 marked")
        assert len(one.intents.dealt) == 2


async def test_nothing_is_taken_where_nothing_needs_anybody() -> None:
    one = desk()
    async with one.open((80, 24), 3) as pilot:
        one.app.fleet_pane.table.move_to_key("fine")
        await pilot.press("i")
        await one.shows(pilot, "nothing needs you on this row")
        assert one.intents.dealt == []


async def test_a_store_that_cannot_be_written_takes_nothing_and_says_so() -> None:
    one = desk()
    one.intents.full = True
    async with one.open((80, 24), 3) as pilot:
        await pilot.press("5")
        await one.shows(pilot, "etl no progress")
        await pilot.press("i")
        await one.shows(pilot, "not taken: the disk is full")


async def test_what_another_console_took_is_seen_and_told_when_taken_again() -> None:
    one = desk()
    async with one.open((80, 24), 3) as pilot:
        await pilot.press("5")
        await one.shows(pilot, "2 new")
        item = one.app.attended().of(["etl"])[0].plain
        ack = acknowledged(item, Dealt.TAKEN, None, by="ada", now=NOW)
        one.reader.put(next_delta(2, acknowledgements=(ack,)))
        await one.shows(pilot, "taken ada")
        await one.shows(pilot, "! 1 new")
        one.app.pane.table.move_to_key(item.cause)
        await pilot.press("i")
        await one.shows(pilot, "ada has taken it already")
        assert one.intents.dealt == []


async def test_z_puts_it_off_for_the_time_that_was_typed() -> None:
    one = desk()
    async with one.open((80, 24), 3) as pilot:
        await pilot.press("5")
        await one.shows(pilot, "etl no progress")
        await pilot.press("Z")
        await one.shows(pilot, "SNOOZE: for how long?")
        await pilot.press("tab", "tab")
        one.app.screen.query_one("#for").focus()
        await pilot.press("end", "backspace", "backspace", *"2h", "enter")
        await one.shows(pilot, "snoozed for 2h00m")
        (ack,) = one.intents.dealt
        assert (ack.dealt, ack.until) == (Dealt.SNOOZED, NOW + timedelta(hours=2))


async def test_what_is_typed_goes_into_the_only_field_and_cancel_keeps_the_focus_until_then() -> None:
    one = desk()
    async with one.open((80, 24), 3) as pilot:
        await pilot.press("5", "Z")
        await one.shows(pilot, "SNOOZE: for how long?")
        await pilot.press("enter")
        assert one.intents.dealt == []
        await pilot.press("Z")
        await one.shows(pilot, "SNOOZE: for how long?")
        await pilot.press(*"45m", "enter")
        await one.shows(pilot, "snoozed for 45m")


async def test_what_was_taken_or_put_off_is_open_again_with_z_and_0() -> None:
    one = desk()
    async with one.open((80, 24), 3) as pilot:
        await pilot.press("5")
        await one.shows(pilot, "2 new")
        item = one.app.attended().of(["etl"])[0].plain
        one.reader.put(next_delta(2, acknowledgements=(acknowledged(item, Dealt.TAKEN, None, by="kim", now=NOW),)))
        await one.shows(pilot, "taken kim")
        one.app.pane.table.move_to_key(item.cause)
        await pilot.press("Z")
        await one.shows(pilot, "0 opens it again")
        await pilot.press("0", "enter")
        await one.shows(pilot, "open again: etl")
        (ack,) = one.intents.dealt
        one.reader.put(next_delta(3, acknowledgements=(ack,)))
        await one.shows(pilot, "2 new")


async def test_what_a_filter_silences_is_opened_by_ending_that_silence_and_by_nothing_else() -> None:
    one = desk()
    async with one.open((80, 24), 3) as pilot:
        await pilot.press("5")
        await one.shows(pilot, "2 new")
        item = one.app.attended().of(["etl"])[0].plain
        hushed = silence(f"{FILTER}etl", by="ada", now=NOW, until=NOW + timedelta(hours=1))
        one.reader.put(next_delta(2, acknowledgements=(hushed,)))
        await one.shows(pilot, "silenced")
        one.app.pane.table.move_to_key(item.cause)
        await pilot.press("Z")
        await one.shows(pilot, "SNOOZE")
        await pilot.press("0", "enter")
        await one.tells(pilot, "fleet-tui silence etl --for 0 ends that")
        assert one.intents.dealt == []


async def test_silence_takes_its_time_from_the_command_line() -> None:
    one = desk()
    async with one.open((80, 24), 3) as pilot:
        await pilot.press("5")
        await one.shows(pilot, "etl no progress")
        await pilot.press("colon", *"silence 90m", "enter")
        await one.shows(pilot, "silenced for 1h30m")
        (ack,) = one.intents.dealt
        assert (ack.dealt, ack.cause, ack.until) == (Dealt.SILENCED, "agent:etl:stuck", NOW + timedelta(minutes=90))


async def test_a_verb_plans_over_the_agents_of_the_item_under_the_cursor() -> None:
    one = desk()
    async with one.open((80, 24), 3) as pilot:
        await pilot.press("5")
        await one.shows(pilot, "etl no progress")
        one.app.pane.table.move_to_key("agent:etl:stuck")
        await pilot.press("ctrl+k")

        async def planned() -> bool:
            await pilot.pause()
            return isinstance(one.app.screen, PlanDialog)

        await eventually_async(planned, what="the plan")
        assert isinstance(one.app.screen, PlanDialog)
        assert one.app.screen._plan.verb is Verb.KILL
        assert [r.key.id for r in one.app.screen._plan.targets] == ["s1"]


async def test_a_filter_narrows_the_list_and_what_it_hides_is_not_taken() -> None:
    one = desk()
    async with one.open((80, 24), 3) as pilot:
        await pilot.press("5")
        await one.shows(pilot, "etl no progress")
        await pilot.press("asterisk", "slash", *"bot", "enter")
        await one.shows(pilot, "filter bot")
        assert "etl no progress" not in one.text()
        await pilot.press("i")
        await one.shows(pilot, "taken: bot waits for you")
        assert [ack.cause for ack in one.intents.dealt] == ["agent:bot:waiting"]


def heard(text: str) -> LoadedChannel:
    document = parse_toml(f'[[notify]]\nname = "here"\n{text}', Path("/x/fleet.toml"))
    (one,) = load_channels(document, env={}, beside=None, secrets=False)
    return one


async def test_the_terminal_is_told_once_of_what_is_new_and_not_of_what_was_there() -> None:
    one = desk()
    one.session.hears = (heard('terminal = "osc777"'),)
    async with one.open((80, 24), 3) as pilot:
        await one.shows(pilot, "! 2 new")
        driver = captured(pilot)
        assert driver.notices == []
        hostile = facts.resource("x", agent="a;b\x1b]0;own\x07\u202e", phase=Phase.LOOPING)
        one.reader.put(next_delta(2, resources=(hostile,)))
        await one.shows(pilot, "! 3 new")
        one.reader.put(next_delta(3, resources=(facts.resource("y", agent="low", phase=Phase.ENDED_FAILED),)))
        await one.shows(pilot, "! 4 new")
        (told,) = driver.notices
        assert told.startswith("\x1b]777;notify;fleet-tui;a,b")
        assert told.count(";") == 3
        assert [char for char in told if ord(char) < 32] == ["\x1b", "\x07"]
        assert "\u202e" not in told


async def test_nothing_rings_where_nobody_asked_for_it() -> None:
    one = desk()
    async with one.open((80, 24), 3) as pilot:
        one.reader.put(next_delta(2, resources=(facts.resource("x", agent="x", phase=Phase.LOOPING),)))
        await one.shows(pilot, "! 3 new")
        assert captured(pilot).notices == []


@pytest.mark.parametrize(
    ("how", "tmux", "written"),
    [
        (Terminal.BELL, True, "\x07"),
        (Terminal.OSC9, False, "\x1b]9;t: x;y\x07"),
        (Terminal.OSC777, False, "\x1b]777;notify;t;x,y\x07"),
        (Terminal.OSC9, True, "\x1bPtmux;\x1b\x1b]9;t: x;y\x07\x1b\\"),
    ],
)
def test_each_terminal_is_asked_in_its_own_way_and_through_tmux(how: Terminal, tmux: bool, written: str) -> None:
    assert notice_sequence(how, SafeText("t"), SafeText("x;y"), tmux=tmux) == written


async def test_trouble_with_the_store_stands_first() -> None:
    one = desk()
    async with one.open((80, 24), 3) as pilot:
        await pilot.press("5")
        one.reader.trouble = "the disk is on fire"
        await one.shows(pilot, "1 CRIT store: the disk is on fire")
        one.reader.trouble = ""
        await one.shows(pilot, "2 open")


async def test_a_collector_that_cannot_be_started_is_told_until_something_is_read_again() -> None:
    one = desk()
    one.time.pass_s(600)
    one.session.start_collector = lambda: "no collector is alive and none could be started"
    async with one.open((120, 32), 3) as pilot:
        await pilot.press("5")
        one.app.fall_due()
        await one.shows(pilot, "CRIT collector: no collector is alive")
        fresh = replace(facts.status(), last_ok_at=one.time.at, last_complete_at=one.time.at)
        one.reader.put(next_delta(2, statuses=(fresh,)))
        await one.shows(pilot, "2 open")
        assert all(alert.item.cause != "collector" for alert in one.app.attended().items)
