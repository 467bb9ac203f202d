"""A store that cannot be used, a disk that is full, a second collector, a night without anybody: told, and survived."""

import resource
import sqlite3
import sys
from pathlib import Path

import pytest

from fleet_tui.emulator.world import Vendor
from fleet_tui.store.schema import SCHEMA_VERSION, STORE_FILE
from tests.acceptance.harness import Place, Vendors
from tests.acceptance.worlds import agent, daytona_with, e2b_with
from tests.support.terminal import terminal
from tests.support.wait import eventually

pytestmark = pytest.mark.no_cover

LATE = """
import sys
from datetime import timedelta
from fleet_tui import clock
real, hours = clock.now, float(sys.argv.pop(1))
clock.now = lambda: real() + timedelta(hours=hours)
from fleet_tui.cli.main import main
sys.exit(main())
"""
"""The command line at another time of day."""
FULL = """
import resource, sys
from datetime import timedelta
from fleet_tui import clock
real, later = clock.now, float(sys.argv.pop(1))
clock.now = lambda: real() + timedelta(seconds=later)
resource.setrlimit(resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
from fleet_tui.cli.main import main
sys.exit(main())
"""
"""The command line on a disk that takes nothing more, so many seconds later."""
ON_NFS = """
import sys
from pathlib import Path
from fleet_tui.store import place
place.MOUNTS = Path(sys.argv.pop(1))
from fleet_tui.cli.main import main
sys.exit(main())
"""
"""The command line where the mounts are those that a file names."""


@pytest.fixture
def fleet(place: Place, vendors: Vendors) -> Place:
    """One E2B account with one agent."""
    e2b = vendors.start(e2b_with(agent("ada", Vendor.E2B)))
    place.write(place.source(e2b))
    return place


def behind(place: Place, program: str, *words: str) -> list[str]:
    """A command line run by `program`, which takes its first word for itself."""
    own, command, *rest = words
    return [sys.executable, "-P", "-c", program, own, *place.words(command, *rest)[4:]]


def test_a_second_collector_is_refused_by_name_and_the_first_goes_on(fleet: Place) -> None:
    first = fleet.collector()
    ran = fleet.run("collect")
    assert ran.code == 3
    assert f"a collector runs already for {fleet.state} (process {first.pid})" in ran.sentence
    fleet.run("kill", "ada", "--yes").ok()
    assert fleet.collector_pid() == first.pid


@pytest.mark.parametrize(
    "words", [["ls"], ["kill", "ada", "--yes"], ["collect"], ["collect", "--status"]], ids=" ".join
)
def test_a_store_of_a_newer_version_is_refused_untouched_naming_both(fleet: Place, words: list[str]) -> None:
    fleet.run("ls").ok()
    fleet.run("collect", "--stop").ok()
    store = fleet.state / STORE_FILE
    connection = sqlite3.connect(store)
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 7}")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    before = store.read_bytes()

    ran = fleet.run(*words)
    assert ran.code == 2
    assert f"{SCHEMA_VERSION + 7}" in ran.sentence
    assert f"{SCHEMA_VERSION}" in ran.sentence.replace(str(SCHEMA_VERSION + 7), "")
    assert store.read_bytes() == before


@pytest.mark.parametrize("how", ["its beginning", "a page in its middle", "cut in half"])
def test_a_corrupt_store_is_set_aside_and_the_fleet_is_read_anew(fleet: Place, how: str) -> None:
    fleet.run("reassign", "ada", "--task", "night shift", "--yes").ok()
    fleet.run("collect", "--stop").ok()
    spoil(fleet.state / STORE_FILE, how)

    assert [row["agent"] for row in fleet.run("ls", "--json").ok().rows] == ["ada"]
    lines = fleet.run("audit", "--json").ok().rows
    (aside,) = [line for line in lines if line["what"] == "store set aside"]
    assert Path(aside["target"]).parent == fleet.state
    assert Path(aside["target"]).is_file()
    if how == "a page in its middle":
        assert [line["reason"] for line in lines if line["what"] == "reassign"] == ["task = night shift"]
    fleet.run("kill", "ada", "--yes").ok()


def spoil(store: Path, how: str) -> None:
    content = bytearray(store.read_bytes())
    match how:
        case "its beginning":
            content[:4096] = bytes(4096)
        case "cut in half":
            content = content[: len(content) // 2]
        case _:
            middle = len(content) // 2 // 4096 * 4096
            content[middle : middle + 4096] = b"\xff" * 4096
    store.write_bytes(content)
    for beside in ("-wal", "-shm"):
        store.with_name(store.name + beside).unlink(missing_ok=True)


def test_a_full_disk_shows_the_last_state_and_says_so_and_what_was_accepted_waits_for_space(
    fleet: Place, vendors: Vendors
) -> None:
    collector = fleet.collector()
    fleet.run("ls").ok()
    resource.prlimit(collector.pid, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))

    look = fleet.run_raw(behind(fleet, FULL, "60", "ls", "--json"))
    assert look.code == 4
    assert [row["agent"] for row in look.rows] == ["ada"]
    assert "e2b STALE" in look.err
    assert f"cannot write {fleet.state / STORE_FILE}" in look.err
    assert "the last state stays readable" in look.err
    act = fleet.run_raw(behind(fleet, FULL, "0", "kill", "ada", "--yes"))
    assert (act.code, act.out) == (1, "")
    assert f"cannot write {fleet.state / STORE_FILE}" in act.err
    assert "nothing was accepted" in act.err

    waiting = fleet.start("kill", "ada", "--yes", log="kill")
    eventually(lambda: intents(fleet), what="the confirmed kill")
    assert fleet.actions() == ()
    resource.prlimit(collector.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert waiting.wait(40) == 0
    (effect,) = fleet.effects()
    assert (effect.what, effect.outcome) == ("kill", "done")


def intents(place: Place) -> int:
    """How many are in the store, accepted or not."""
    connection = sqlite3.connect(f"file:{place.state / STORE_FILE}?mode=ro", uri=True)
    try:
        return int(connection.execute("SELECT count(*) FROM intents").fetchone()[0])
    finally:
        connection.close()


@pytest.mark.parametrize("words", [["ls"], ["collect"], ["kill", "ada", "--yes"]], ids=" ".join)
def test_a_network_file_system_is_refused_with_the_option_to_use(fleet: Place, words: list[str]) -> None:
    mounts = fleet.root / "mounts"
    mounts.write_text(f"36 35 0:31 / {fleet.root} rw,relatime shared:1 - nfs4 files:/home rw\n")
    ran = fleet.run_raw(behind(fleet, ON_NFS, str(mounts), *words))
    assert ran.code in {1, 2}
    assert f"{fleet.state} lies on a network file system (nfs4)" in ran.sentence
    assert "--state-dir" in ran.sentence
    assert not (fleet.state / STORE_FILE).exists()


def test_without_a_terminal_the_console_prints_the_fleet_once(fleet: Place) -> None:
    where = ["--config", str(fleet.config), "--state-dir", str(fleet.state)]
    ran = fleet.run_raw([sys.executable, "-P", "-m", "fleet_tui", *where]).ok()
    assert "ada" in ran.out
    assert ran.out.splitlines()[0].split()[0] == "AGENT"
    assert "\x1b" not in ran.out + ran.err


def test_on_a_terminal_that_can_only_print_it_prints_the_fleet_once_too(fleet: Place) -> None:
    where = ["--config", str(fleet.config), "--state-dir", str(fleet.state)]
    with terminal("-P", "-m", "fleet_tui", *where, environment={**fleet.environment, "TERM": "dumb"}) as printer:
        printed = printer.read_to_end()
    assert b"ada" in printed
    assert b"\x1b" not in printed


def test_ten_hours_without_a_poll_prove_nothing_about_anybody(place: Place, vendors: Vendors) -> None:
    e2b = vendors.start(e2b_with(agent("ada", Vendor.E2B), agent("bob", Vendor.E2B)))
    daytona = vendors.start(daytona_with(agent("eve", Vendor.DAYTONA)))
    for box in [*e2b.boxes.by_id.values()][1:]:
        box.metadata.clear()
    place.write(place.source(e2b), place.source(daytona))
    for hours in ("-10.1", "-10", "0", "0"):
        place.run_raw(behind(place, LATE, hours, "collect", "--once")).ok()

    rules = {row["rule"] for row in place.run("sprawl", "--json").ok().rows}
    assert not rules & {"orphan", "idle", "unlabelled"}, rules
    phases = {row["phase"] for row in place.run("ls", "--json").ok().rows}
    assert phases == {"running"}
