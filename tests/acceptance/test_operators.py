"""An operator far away, and two operators over one fleet."""

import pytest

from fleet_tui.emulator.world import Vendor
from tests.acceptance.fleets import Fleet
from tests.acceptance.ssh import needs_sshd, ssh_hop
from tests.acceptance.tmux import Screen, needs_tmux
from tests.acceptance.worlds import agent
from tests.support.wait import eventually

pytestmark = [pytest.mark.no_cover, pytest.mark.tmux, needs_tmux]


def kill_marked(console: Screen, *names: str) -> None:
    """Open the window, mark these agents one by one, and kill with the typed word."""
    console.type("W")
    console.shows("[RW 10m]")
    for number, name in enumerate(names, 1):
        console.type("/")
        console.type(f"agent:{name}")
        console.press("Enter")
        console.shows("FLEET[1/3]", f"❯  {name}")
        console.press("Space")
        console.shows(f"{number} marked")
    console.press("Escape")
    console.shows("FLEET[3]")
    console.press("C-k")
    console.shows("KILL 4 sandboxes", "type  kill 4  to go ahead")
    console.type("kill 4")
    console.press("Enter")
    console.shows_no("KILL 4")


@needs_sshd
def test_over_a_real_ssh_hop_three_are_marked_killed_with_the_typed_word_and_seen_to_go(fleet: Fleet) -> None:
    with ssh_hop(fleet.place) as hop, fleet.console(through=hop) as console:
        assert "[RO]" in console.text
        kill_marked(console, "ada", "bob", "eve")
        eventually(lambda: fleet.boxes() == set(), what="the end of ada and bob")
        console.shows("4 done")
        console.type("6")
        console.shows("AUDIT", "kill", "done")
        console.type("1")
        console.type("q")
        assert console.ended() == 0
        console.shows_no("FLEET")
    assert len(fleet.place.effects()) == 4
    assert fleet.sent() == 4


def test_two_operators_see_each_others_acts_and_one_who_quits_leaves_the_other_live(fleet: Fleet) -> None:
    with fleet.console(desk="kim") as kim, fleet.console(desk="lee") as lee:
        kim.type("W")
        kim.shows("[RW 10m]")
        assert "[RO]" in lee.text, "a write window is its console's own"
        kim.type("/")
        kim.type("agent:bob")
        kim.press("Enter")
        kim.shows("FLEET[1/3]")
        kim.press("C-k")
        kim.shows("KILL 2 sandboxes")
        kim.type("kill 2")
        kim.press("Enter")
        kim.shows_no("KILL 2")
        lee.shows("KILLED")
        lee.type("o")
        lee.shows("kill", "done, e2b ended it")
        lee.press("Escape")
        lee.shows_no("outcomes")
        kim.type("q")
        assert kim.ended() == 0

        fleet.vendors.on_loop(lambda: fleet.e2b.fill([agent("zoe", Vendor.E2B)]))
        lee.press("C-r")
        lee.shows("zoe")
        lee.press("C-c")
        assert lee.ended() == 0
