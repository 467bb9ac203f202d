"""The console in a real terminal: looked at, acted from, killed, made tiny."""

import os
import signal
import sqlite3
from contextlib import closing

import pytest

from fleet_tui.store.schema import STORE_FILE
from tests.acceptance.fleets import PROGRAM, Fleet
from tests.acceptance.harness import Place, is_gone
from tests.acceptance.tmux import Screen, needs_tmux, screen
from tests.support.wait import eventually

pytestmark = [pytest.mark.no_cover, pytest.mark.tmux, needs_tmux]


def test_open_filter_mark_kill_with_the_typed_word_and_quit(fleet: Fleet) -> None:
    with fleet.console() as console:
        assert "[RO]" in console.text
        console.type("/")
        console.type("team:ci")
        console.press("Enter")
        console.shows("FLEET[2/3]")
        console.shows_no("eve")
        console.type("W")
        console.shows("[RW 10m]")
        console.press("*")
        console.shows("2 marked")
        console.press("C-k")
        console.shows("KILL 3 sandboxes", "type  kill 3  to go ahead", "Cancel")
        console.type("kill 3")
        console.press("Enter")
        console.shows_no("KILL 3")
        eventually(lambda: fleet.boxes() == set(), what="the end of ada and bob")
        console.type("6")
        console.shows("AUDIT", "kill", "done")
        console.type("1")
        console.press("Escape")
        console.shows("eve")
        console.type("q")
        assert console.ended() == 0
        console.shows_no("FLEET")
    assert len(fleet.place.effects()) == 3
    assert fleet.vendors.asked(fleet.daytona, "DELETE") == []


def test_a_console_that_only_looks_sends_nothing_whatever_is_pressed(fleet: Fleet) -> None:
    with fleet.console() as console:
        for key in ("p", "r", "C-k", "F9"):
            console.press(key)
            console.shows("this console only looks", "Cancel")
            console.type("kill 2")
            console.press("Enter")
            console.shows_no("Cancel")
        assert fleet.intents() == 0
    assert fleet.boxes() == {"ada", "bob"}


@pytest.mark.parametrize("how", ["killed with -9", "quit", "its terminal closed"])
def test_what_was_confirmed_is_done_once_although_the_console_went_away_at_once(fleet: Fleet, how: str) -> None:
    collector = fleet.place.collector()
    with fleet.console() as console:
        open_kill_of_both(console)
        fleet.place.hold(collector)
        console.type("kill 3")
        console.press("Enter")
        eventually(fleet.intents, what="the confirmed kill")
        assert fleet.sent() == 0
        match how:
            case "killed with -9":
                os.kill(console.pid, signal.SIGKILL)
            case "quit":
                console.press("C-c")
            case _:
                pass
        if how != "its terminal closed":
            console.ended()
    collector.kill()
    collector.wait(10)

    fleet.place.collector()
    eventually(lambda: fleet.boxes() == set(), what="the end of ada and bob")
    eventually(lambda: len(fleet.place.effects()) == 3, what="three lines in the audit")
    assert fleet.sent() == 3


def open_kill_of_both(console: Screen) -> None:
    """The dialog over all of team ci."""
    console.type("/")
    console.type("team:ci")
    console.press("Enter")
    console.shows("FLEET[2/3]")
    console.type("W")
    console.shows("[RW 10m]")
    console.press("*")
    console.shows("2 marked")
    console.press("C-k")
    console.shows("type  kill 3  to go ahead")


def modes(console: Screen) -> list[str]:
    """Whether the other screen is shown, the mouse is heard, and the cursor is seen."""
    return console.tmux("display-message", "-p", "-t", "0", "#{alternate_on} #{mouse_any_flag} #{cursor_flag}").split()


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT], ids=lambda told: told.name)
def test_a_console_that_is_told_to_end_leaves_the_terminal_as_it_was(fleet: Fleet, told: signal.Signals) -> None:
    with fleet.console() as console:
        os.kill(console.pid, told)
        assert console.ended() in {0, 128 + told}
        console.shows_no("FLEET")
        eventually(lambda: modes(console) == ["0", "0", "1"], what="modes as before")
        console.type("echo")
        console.shows("echo")


def test_whoever_leaves_while_another_holds_the_store_is_told_what_is_waited_for(fleet: Fleet) -> None:
    with fleet.console() as console, closing(sqlite3.connect(fleet.place.state / STORE_FILE)) as other:
        other.execute("BEGIN IMMEDIATE")
        console.type("W")
        console.shows("another process holds the store")
        console.type("q")
        console.shows("fleet-tui: waiting up to 5 s to write what you did last: the store is held")
        other.rollback()
        assert console.ended() == 0
        assert "the window stays shut" not in console.text


def test_a_console_told_to_continue_though_it_never_stopped_goes_on_and_ends_at_once_when_left(fleet: Fleet) -> None:
    with fleet.console() as console:
        for _ in range(3):
            os.kill(console.pid, signal.SIGCONT)
        console.type("/")
        console.type("eve")
        console.shows("FLEET[1/3]")
        console.press("Enter")
        console.press("C-c")
        assert console.ended() == 0


def test_when_its_terminal_closes_the_console_ends_and_then_its_collector_too(fleet: Fleet) -> None:
    with fleet.console() as console:
        pid = console.pid
        assert fleet.place.collector_pid()
    eventually(lambda: is_gone(pid), what="the end of the console")
    eventually(lambda: not fleet.place.left(), timeout_s=30, what="the end of the collector")


def test_a_demo_killed_with_9_in_its_terminal_leaves_nothing_two_seconds_later(place: Place) -> None:
    with screen(place, [*PROGRAM, "demo", "--agents", "25"], columns=120, rows=32) as console:
        console.shows("fleet demo", "RUN", within_s=40)
        os.kill(console.pid, signal.SIGKILL)
        console.ended()
        eventually(lambda: not beside_tmux(place), timeout_s=2, what="the end of all that the demo started")


def beside_tmux(place: Place) -> list[str]:
    """What is left of the place but the terminal itself."""
    return [words for words in place.left().values() if not words.startswith(("tmux", "sh -c"))]


def test_quitting_the_demo_leaves_nothing(place: Place) -> None:
    with screen(place, [*PROGRAM, "demo", "--agents", "25"], columns=120, rows=32) as console:
        console.shows("fleet demo", "RUN", within_s=40)
        console.type("q")
        assert console.ended() == 0
        assert beside_tmux(place) == []
    assert list((place.root / "tmp").iterdir()) == []


def test_a_terminal_of_40_by_10_still_shows_names_states_and_the_way_out(fleet: Fleet) -> None:
    with fleet.console(columns=40, rows=10) as console:
        assert all(len(line) <= 40 for line in console.lines)
        console.shows("AGENT", "STATE", "RUN", "? help")
        console.press("C-k")
        console.shows("KILL")
        console.press("Escape")
        console.shows_no("KILL")
        for columns, rows in ((20, 5), (5, 2), (120, 32), (40, 10)):
            console.resize(columns, rows)
        console.shows("AGENT", "ada", "bob", "eve")
        console.type("q")
        assert console.ended() == 0


def test_a_vendor_that_dies_and_comes_back_is_told_in_the_strip_and_costs_no_row(fleet: Fleet) -> None:
    from fleet_tui.emulator.faults import Fault, FaultKind

    with fleet.console(columns=120, rows=32) as console:
        down = Fault(kind=FaultKind.SERVER_ERROR, status=503)
        fleet.vendors.on_loop(lambda: fleet.daytona.faults.add(down))
        console.shows("daytona", "503", within_s=60)
        assert "eve" in console.text
        fleet.vendors.on_loop(fleet.daytona.faults.clear)
        console.press("C-r")
        console.shows("daytona now", within_s=60)
