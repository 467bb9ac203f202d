"""Owner, team, task and parent: written to the vendor where it may be told, else laid over; and a task handed over."""

import sys
from typing import Any

import pytest

from fleet_tui.emulator.daytona import DaytonaEmulator
from fleet_tui.emulator.daytona_state import State
from fleet_tui.emulator.e2b import E2BEmulator
from fleet_tui.emulator.faults import Fault, FaultKind
from fleet_tui.emulator.world import Vendor
from tests.acceptance.harness import Place, Vendors
from tests.acceptance.worlds import agent, daytona_with, e2b_with
from tests.support.wait import eventually

pytestmark = pytest.mark.no_cover

DAY_LATER = """
import sys
from datetime import timedelta
from fleet_tui import clock
real = clock.now
clock.now = lambda: real() + timedelta(hours=25)
from fleet_tui.cli.main import main
sys.exit(main())
"""


class Fleet:
    """ada at Daytona, bob at E2B, eve at both; Daytona may be told labels where `writes`."""

    def __init__(self, place: Place, vendors: Vendors, *, writes: bool) -> None:
        ada, eve = agent("ada", Vendor.DAYTONA), agent("eve", Vendor.DAYTONA, Vendor.E2B)
        self.place = place
        self.vendors = vendors
        self.daytona: DaytonaEmulator = vendors.start(daytona_with(ada, eve))
        self.e2b: E2BEmulator = vendors.start(e2b_with(agent("bob", Vendor.E2B, task="write the guide"), eve))
        (self.ada,) = [box for box in self.daytona.boxes.by_id.values() if box.name == "ada"]
        self.ada.labels["made-by"] = "somebody's script"
        more = "write_labels = true" if writes else ""
        place.write(place.source(self.daytona, more=more), place.source(self.e2b))

    def labels(self) -> dict[str, str]:
        return self.vendors.on_loop(lambda: dict(self.ada.labels))

    def written(self) -> int:
        return len(self.vendors.asked(self.daytona, "PUT", path="/labels"))

    def agent(self, name: str) -> dict[str, Any]:
        return self.place.agents()[name]


def test_labels_are_written_where_the_source_may_be_told_and_no_other_key_is_touched(
    place: Place, vendors: Vendors
) -> None:
    fleet = Fleet(place, vendors, writes=True)
    before = fleet.labels()

    (row,) = place.run("reassign", "ada", "--team", "night", "--task", "-", "--yes", "--json").ok().rows

    assert (row["outcome"], row["reason"]) == ("done", "written")
    expected = {**before, "fleet.team": "night"}
    del expected["fleet.task"]
    assert fleet.labels() == expected
    eventually(lambda: fleet.agent("ada")["team"] == "night", what="the new team")
    ada = fleet.agent("ada")
    assert (ada["task"], ada["owner"]) == (None, "mira")
    assert place.whole().overlays == ()


def test_without_leave_to_write_it_stands_in_our_store_and_the_vendor_is_told_nothing(
    place: Place, vendors: Vendors
) -> None:
    fleet = Fleet(place, vendors, writes=False)
    before = fleet.labels()

    (row,) = place.run("reassign", "ada", "--team", "night", "--why", "on call", "--yes", "--json").ok().rows

    assert (row["outcome"], row["reason"]) == ("done", "kept here, over what the provider says")
    assert (fleet.agent("ada")["team"], fleet.labels(), fleet.written()) == ("night", before, 0)
    assert [a["name"] for a in place.run("ls", "team:night", "--json").ok().rows] == ["ada"]
    (line,) = [line for line in place.run("audit", "--json").ok().rows if line["what"] == "reassign"]
    assert (line["via"], line["why"]) == ("overlay", "on call")

    place.run("collect", "--stop").ok()
    assert fleet.agent("ada")["team"] == "night", "it outlives the collector"


def test_an_agent_at_two_vendors_is_written_at_one_and_overlaid_at_the_other(place: Place, vendors: Vendors) -> None:
    fleet = Fleet(place, vendors, writes=True)
    rows = place.run("reassign", "eve", "--owner", "noor", "--yes", "--expect", "2", "--json").ok().rows
    assert {row["source"]: row["reason"] for row in rows} == {
        "daytona": "written",
        "e2b": "kept here, over what the provider says",
    }
    assert fleet.written() == 1
    eventually(
        lambda: {row["owner"] for row in place.resources("agent:eve").values()} == {"noor"}, what="the new owner"
    )


def test_what_the_vendor_did_not_take_is_told_and_a_write_whose_answer_was_lost_is_found_out(
    place: Place, vendors: Vendors
) -> None:
    fleet = Fleet(place, vendors, writes=True)
    lost = Fault(kind=FaultKind.RESET_AFTER, method="PUT", path="*/labels", times=1)
    vendors.on_loop(lambda: fleet.daytona.faults.add(lost))
    (row,) = place.run("reassign", "ada", "--team", "night", "--yes", "--json").ok().rows
    assert row["outcome"] == "done"
    assert fleet.labels()["fleet.team"] == "night"

    vendors.on_loop(lambda: fleet.daytona.faults.add(Fault(kind=FaultKind.FORBIDDEN, method="PUT", path="*/labels")))
    refused = place.run("reassign", "ada", "--team", "day", "--yes", "--json")
    assert refused.code == 1
    assert "403" in refused.rows[0]["reason"]
    assert fleet.agent("ada")["team"] == "night"


def test_a_hand_over_waits_for_the_operators_word_and_then_moves_the_task_and_pauses_the_giver(
    place: Place, vendors: Vendors
) -> None:
    fleet = Fleet(place, vendors, writes=False)

    asked = place.run("reassign", "ada", "--task-to", "bob", "--yes", "--json").ok().rows
    assert [(row["outcome"], row["task"]) for row in asked] == [("waiting", "fix the build")]
    assert (fleet.agent("ada")["task"], fleet.agent("bob")["task"]) == ("fix the build", "write the guide")
    assert vendors.asked(fleet.daytona, "POST", path="/pause") == []

    moved = place.run("reassign", "ada", "--task-to", "bob", "--confirm", "--yes", "--json").ok().rows
    assert [(row["verb"], row["outcome"]) for row in moved] == [("reassign", "done"), ("pause", "done")]
    assert (fleet.agent("ada")["task"], fleet.agent("bob")["task"]) == (None, "fix the build")
    assert len(vendors.asked(fleet.daytona, "POST", path="/pause")) == 1
    eventually(lambda: vendors.on_loop(lambda: advanced(fleet.daytona).state is State.PAUSED), what="the pause")
    what = [line["what"] for line in place.run("audit", "--json").ok().rows]
    assert what.count("hand-over asked") == 1
    assert what.count("hand-over confirmed") == 1
    assert what.count("pause") == 1


def advanced(daytona: DaytonaEmulator) -> Any:
    daytona.advance(daytona.clock())
    return next(box for box in daytona.boxes.by_id.values() if box.name == "ada")


def test_a_hand_over_that_nobody_confirmed_within_a_day_is_not_the_one_that_is_confirmed_later(
    place: Place, vendors: Vendors
) -> None:
    fleet = Fleet(place, vendors, writes=False)
    (asked,) = place.run("reassign", "ada", "--task-to", "bob", "--yes", "--json").ok().rows
    place.run("collect", "--stop").ok()
    collector = place.start_raw(a_day_later(place, "collect"), log="late")
    eventually(lambda: place.collector_pid() == collector.pid, what="the collector of the next day")

    late = place.run_raw(a_day_later(place, "reassign", "ada", "--task-to", "bob", "--confirm", "--yes", "--json")).ok()

    assert [(row["verb"], row["outcome"]) for row in late.rows] == [("reassign", "done"), ("pause", "done")]
    assert late.rows[0]["id"] != asked["id"]
    what = [line["what"] for line in place.run("audit", "--json").rows]
    assert (what.count("hand-over asked"), what.count("hand-over confirmed")) == (2, 1)
    assert len(vendors.asked(fleet.daytona, "POST", path="/pause")) == 1


def a_day_later(place: Place, *words: str) -> list[str]:
    return [sys.executable, "-P", "-c", DAY_LATER, *place.words(*words)[4:]]


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["ada", "--task-to", "ada"], 2, "to itself"),
        (["ada", "--task-to", "nobody"], 2, "nobody names no agent"),
        (["team:ci", "--task-to", "bob"], 2, "name it"),
        (["ada", "--confirm"], 2, "say what to set"),
        (["ada", "--owner", "a\x1b[2Jb"], 2, "printable"),
    ],
)
def test_a_hand_over_that_is_not_clear_does_nothing(
    place: Place, vendors: Vendors, words: list[str], code: int, says: str
) -> None:
    Fleet(place, vendors, writes=False)
    ran = place.run("reassign", *words, "--yes")
    assert (ran.code, ran.out) == (code, "")
    assert says in ran.err
    assert "\x1b" not in ran.err
