"""A vendor that is gone, that lies, or that says what nobody understands costs its own rows, and a sentence says so."""

import json
import re
import urllib.request
from typing import Any

import pytest

from fleet_tui.emulator.e2b import E2BEmulator
from fleet_tui.emulator.faults import Fault, FaultKind
from fleet_tui.emulator.world import Vendor
from tests.acceptance.harness import Place, Ran, Vendors
from tests.acceptance.worlds import agent, daytona_with, e2b_with
from tests.support.wait import eventually

pytestmark = pytest.mark.no_cover

LOGIN = b"<!doctype html><html><head><title>Sign in</title></head><body>Sign in to go on</body></html>"


class Fleet:
    """One vendor as it should be, and one that is not."""

    def __init__(self, place: Place, vendors: Vendors) -> None:
        self.place = place
        self.vendors = vendors
        self.good = vendors.start(daytona_with(agent("ada", Vendor.DAYTONA)))
        self.bad: E2BEmulator = vendors.start(e2b_with(agent("bob", Vendor.E2B)))
        place.write(place.source(self.good), place.source(self.bad))

    def breaks(self, **fault: Any) -> None:
        self.vendors.on_loop(lambda: self.bad.faults.add(Fault(**fault)))

    def listing(self) -> Any:
        """What the bad one lists while nothing is wrong with it."""
        url = f"{self.bad.base_url}/v2/sandboxes?limit=100"
        asked = urllib.request.Request(url, headers={"X-API-Key": self.bad.default_key})
        with urllib.request.urlopen(asked, timeout=5) as answer:
            return json.load(answer)

    def lists(self, rows: Any) -> None:
        """From now on it lists exactly this."""
        body = json.dumps(rows).encode()
        headers = (("Content-Type", "application/json"), ("X-Total-Running", str(len(rows))))
        self.breaks(kind=FaultKind.CANNED, method="GET", path="/v2/sandboxes", status=200, headers=headers, body=body)


@pytest.fixture
def fleet(place: Place, vendors: Vendors) -> Fleet:
    return Fleet(place, vendors)


def the_rest_works(fleet: Fleet) -> None:
    """The other vendor is read and acted on as ever."""
    (row,) = fleet.place.run("kill", "ada", "--yes", "--json").ok().rows
    assert row["outcome"] == "done"


def test_a_server_that_answers_html_is_said_to_and_keeps_no_other_from_working(fleet: Fleet) -> None:
    fleet.breaks(kind=FaultKind.CANNED, path="*", status=200, headers=(("Content-Type", "text/html"),), body=LOGIN)
    ran = fleet.place.run("ls", "--json")
    assert ran.code == 1
    assert [row["agent"] for row in ran.rows] == ["ada"]
    assert "e2b UNREACHABLE" in ran.sentence
    assert "HTML" in ran.sentence
    assert "Sign in" not in ran.err
    the_rest_works(fleet)


def test_a_gateways_error_page_is_named_by_its_status(fleet: Fleet) -> None:
    fleet.breaks(kind=FaultKind.GATEWAY_HTML, path="*")
    ran = fleet.place.run("ls", "--json")
    assert (ran.code, "502" in ran.sentence) == (1, True)
    assert "\x1b" not in ran.err
    the_rest_works(fleet)


def test_a_state_nobody_knows_is_unknown_with_its_raw_word_and_can_still_be_killed(fleet: Fleet) -> None:
    (row,) = fleet.listing()
    fleet.lists([{**row, "state": "hibernating"}])
    (shown,) = fleet.place.run("ls", "--resources", "source:e2b", "--json").ok().rows
    assert (shown["phase"], shown["raw_state"]) == ("unknown", "hibernating")
    assert "hibernating" in fleet.place.run("ls", "source:e2b").ok().out
    fleet.place.run("kill", "bob", "--yes").ok()
    assert fleet.vendors.on_loop(lambda: dict(fleet.bad.boxes.by_id)) == {}
    the_rest_works(fleet)


@pytest.mark.parametrize("id_", ["i\x1b[2Jgone", "i\nkill 9", "i\u202eexe", "../../v2/sandboxes"], ids=ascii)
def test_an_id_with_control_characters_reaches_no_terminal_and_names_only_itself(fleet: Fleet, id_: str) -> None:
    (row,) = fleet.listing()
    fleet.lists([row, {**row, "sandboxID": id_, "metadata": {"fleet.agent": "eve"}}])

    told = fleet.place.run("ls", "--resources")
    assert told.code in {0, 1}
    assert is_clean(told)
    shown = [one["id"] for one in fleet.place.run("ls", "--resources", "agent:eve", "--json").rows]
    assert shown in ([id_], []), "it is shown as it is, or left out and said so"
    assert shown or "e2b" in told.sentence
    act = fleet.place.run("kill", "eve", "--yes")
    assert is_clean(act)
    assert fleet.vendors.on_loop(lambda: list(fleet.bad.boxes.by_id)) == [row["sandboxID"]], "bob's stands"
    the_rest_works(fleet)


def is_clean(ran: Ran) -> bool:
    """No control but line ends, no bidirectional override."""
    return (ran.out + ran.err).replace("\n", "").isprintable()


@pytest.mark.parametrize(("skew_s", "word"), [(3600.0, "ahead"), (-3600.0, "behind")])
def test_a_clock_an_hour_off_is_told_and_makes_nobody_old_or_gone(fleet: Fleet, skew_s: float, word: str) -> None:
    fleet.breaks(kind=FaultKind.CLOCK_SKEW, path="*", skew_s=skew_s)
    ran = fleet.place.run("ls", "--json").ok()
    assert f"e2b: its clock is 1h00m {word} of ours" in ran.sentence
    assert {row["agent"]: row["phase"] for row in ran.rows} == {"ada": "running", "bob": "running"}
    assert not re.search(r"-\d", " ".join(line[:60] for line in fleet.place.run("ls").ok().out.splitlines()))
    fleet.place.run("kill", "bob", "--yes").ok()
    the_rest_works(fleet)


def test_a_port_that_nobody_listens_on_says_what_to_look_at(fleet: Fleet) -> None:
    fleet.place.write(
        fleet.place.source(fleet.good), fleet.place.source_at("e2b", "e2b", "http://127.0.0.1:1", fleet.bad.default_key)
    )
    ran = fleet.place.run("ls", "--json")
    assert [row["agent"] for row in ran.rows] == ["ada"]
    assert "e2b UNREACHABLE, never read" in ran.sentence
    assert "nothing answers at its address; check base_url" in ran.sentence
    the_rest_works(fleet)


def test_a_wrong_key_says_where_to_put_the_right_one_and_a_reload_takes_it_up(fleet: Fleet) -> None:
    fleet.place.write(fleet.place.source(fleet.good), fleet.place.source(fleet.bad, key="e2b_wrong"))
    ran = fleet.place.run("ls", "--json")
    assert (ran.code, [row["agent"] for row in ran.rows]) == (1, ["ada"])
    assert "e2b KEY REFUSED (401" in ran.sentence
    assert "put the right key in its place" in ran.sentence
    assert "e2b_wrong" not in ran.err

    fleet.place.write(fleet.place.source(fleet.good), fleet.place.source(fleet.bad))
    fleet.place.run("collect", "--reload").ok()
    eventually(lambda: fleet.place.run("ls").code == 0, timeout_s=30, what="the right key to be taken up")
    the_rest_works(fleet)
