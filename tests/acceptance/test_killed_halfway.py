"""What was accepted ends in one true outcome, whoever is killed with -9 meanwhile."""

import json
import os
import signal
import sqlite3
import subprocess
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from fleet_tui import clock
from fleet_tui.domain.action import Verb
from fleet_tui.domain.outcome import Done, RefusalReason, Refused
from fleet_tui.domain.record import ActionRecord, ActionState
from fleet_tui.emulator.daytona import DaytonaEmulator
from fleet_tui.emulator.e2b import E2BEmulator
from fleet_tui.emulator.e2b_state import Happening
from fleet_tui.emulator.faults import Fault, FaultKind
from fleet_tui.emulator.world import Vendor
from fleet_tui.store.schema import STORE_FILE
from tests.acceptance.harness import Place, Vendors, state_of
from tests.acceptance.worlds import agent, daytona_with, e2b_with
from tests.support.wait import eventually

pytestmark = pytest.mark.no_cover

EACH = 100
KILLS = 6
TURNS = 20
"""Of the vendors' loop, until what was sent before has arrived."""


def submitted(state: Path) -> int:
    """How many intents were confirmed, whether or not anybody has accepted them."""
    connection = sqlite3.connect(f"file:{state / STORE_FILE}?mode=ro", uri=True)
    try:
        return int(connection.execute("SELECT count(*) FROM intents").fetchone()[0])
    finally:
        connection.close()


def first_box(e2b: E2BEmulator) -> str:
    return next(iter(e2b.boxes.by_id))


def die(child: subprocess.Popen[bytes]) -> None:
    child.send_signal(signal.SIGKILL)
    child.wait(10)


@pytest.mark.parametrize("accepted", [False, True], ids=["before it was accepted", "after it was accepted"])
def test_a_command_killed_right_after_its_kill_was_confirmed(place: Place, vendors: Vendors, accepted: bool) -> None:
    e2b = vendors.start(e2b_with(agent("ada", Vendor.E2B)))
    place.write(place.source(e2b))
    collector = place.collector()
    place.run("ls").ok()
    if not accepted:
        place.hold(collector)
    command = place.start("kill", "ada", "--yes", "--why", "it spends")
    eventually(lambda: place.actions() if accepted else submitted(place.state), what="the confirmed kill")
    die(command)
    die(collector)

    place.collector()
    eventually(lambda: not vendors.on_loop(lambda: dict(e2b.boxes.by_id)), what="the end of the sandbox")
    eventually(place.effects, what="the effect in the audit")

    (effect,) = place.effects()
    assert (effect.what, effect.outcome, effect.why) == ("kill", "done", "it spends")
    kills = [event for event in vendors.on_loop(lambda: list(e2b.boxes.events)) if event.kind is Happening.KILLED]
    assert len(kills) == 1
    (row,) = [row for row in place.run("audit", "--json").ok().rows if row["outcome"] == "done"]
    assert row["what"] == "kill"


def test_200_kills_end_truly_although_the_collector_is_killed_six_times(place: Place, vendors: Vendors) -> None:
    e2b = vendors.start(e2b_with(agent("ada", Vendor.E2B, count=EACH)))
    daytona = vendors.start(daytona_with(agent("bob", Vendor.DAYTONA, count=EACH)))
    turns = vendors.on_loop(lambda: {id_: box.turn for id_, box in daytona.boxes.by_id.items()})
    place.write(place.source(e2b), place.source(daytona))
    collector = place.collector()
    place.run("ls").ok()
    place.hold(collector)
    command = place.start("kill", "all:", "--yes", "--expect", str(2 * EACH), "--json", log="kill.json")
    eventually(lambda: submitted(place.state), what="the confirmed kill")
    by_world = ended_by_the_world(vendors, e2b, 4)
    collector.send_signal(signal.SIGCONT)

    deaths: list[datetime] = []
    for number in range(KILLS):
        enough = 15 + number * (2 * EACH - 30) // KILLS
        eventually(lambda enough=enough: sent(vendors, e2b, daytona) >= enough, timeout_s=40, what=f"{enough} kills")  # type: ignore[misc]
        deaths.append(die_between(place, vendors))
    assert command.wait(60) == 0, (place.root / "kill.json").read_text()[-2000:]

    rows = json.loads((place.root / "kill.json").read_text())
    assert Counter(row["outcome"] for row in rows) == {"done": 2 * EACH}
    events = Counter(
        e.sandbox_id for e in vendors.on_loop(lambda: list(e2b.boxes.events)) if e.kind is Happening.KILLED
    )
    assert len(events) == EACH
    assert set(events.values()) == {1}
    eventually(lambda: vendors.on_loop(lambda: none_left(daytona)), what="the end of all")
    assert vendors.on_loop(
        lambda: {id_: box.turn - turns[id_] for id_, box in daytona.boxes.gone.items()}
    ) == dict.fromkeys(turns, 2)
    assert len(place.effects()) == 2 * EACH
    check_attribution(place.actions(), vendors, (e2b, daytona), by_world, deaths)


def die_between(place: Place, vendors: Vendors) -> datetime:
    """Kill the collector with -9; the moment behind all that it did and before all that the next one does."""
    # So much may have been sent before the last death that the next collector is not there yet.
    pid = eventually(place.collector_pid, timeout_s=30, what="the next collector")
    assert pid
    os.kill(pid, signal.SIGSTOP)
    eventually(lambda: state_of(pid) == "T", what="the stop")
    for _ in range(TURNS):
        vendors.on_loop(lambda: None)
    between = clock.now()
    assert place.kill_collector()
    return between


def none_left(daytona: DaytonaEmulator) -> bool:
    daytona.advance(clock.now())
    return not daytona.boxes.by_id


def ended_by_the_world(vendors: Vendors, e2b: E2BEmulator, count: int) -> set[str]:
    """Sandboxes that end without us, after the plan was made and before anything was sent."""

    def end() -> set[str]:
        boxes = list(e2b.boxes.by_id.values())[-count:]
        for box in boxes:
            e2b.boxes.kill(box, clock.now())
        return {box.id for box in boxes}

    return vendors.on_loop(end)


def sent(vendors: Vendors, *emulators: E2BEmulator | DaytonaEmulator) -> int:
    return sum(len(vendors.asked(emulator, "DELETE")) for emulator in emulators)


def check_attribution(
    actions: Sequence[ActionRecord],
    vendors: Vendors,
    emulators: tuple[E2BEmulator, DaytonaEmulator],
    by_world: set[str],
    deaths: list[datetime],
) -> None:
    """What the world ended says that nothing was sent; what we ended says so, and whether that was found out later."""
    arrived = {
        request.path.rpartition("/")[2]: request.at
        for emulator in emulators
        for request in vendors.asked(emulator, "DELETE")
    }
    after_restart = 0
    for action in actions:
        id_ = action.target.key.id
        assert isinstance(action.outcome, Done), action
        assert action.settled_at is not None
        if id_ in by_world:
            assert "nothing was sent" in action.outcome.detail
            assert id_ not in arrived
            continue
        assert "nothing was sent" not in action.outcome.detail, action
        assert "already" not in action.outcome.detail, action
        later = life(action.settled_at, deaths) > life(arrived[id_], deaths)
        assert action.outcome.confirmed_after_restart is later, (action, arrived[id_], deaths)
        after_restart += later
    assert len(actions) == 2 * EACH
    assert after_restart, "no kill -9 fell between an effect and its outcome: this run showed nothing"


def life(at: datetime, deaths: list[datetime]) -> int:
    """Which collector it was, counted from 0."""
    return sum(death <= at for death in deaths)


@pytest.mark.parametrize("vendor_is_down", [True, False], ids=["its vendor is down", "no collector was alive"])
def test_what_was_not_begun_within_its_term_ends_expired_and_is_never_sent(
    place: Place, vendors: Vendors, vendor_is_down: bool
) -> None:
    e2b = vendors.start(e2b_with(agent("ada", Vendor.E2B)))
    place.write(place.source(e2b))
    place.run("ls").ok()
    (box,) = place.held()
    assert place.kill_collector()
    if vendor_is_down:
        down = Fault(kind=FaultKind.SERVER_ERROR, path="*/sandboxes/*", status=503)
        vendors.on_loop(lambda: e2b.faults.add(down))
        place.collector()
    over = place.submit(Verb.KILL, box, term=timedelta(seconds=2))
    if not vendor_is_down:
        eventually(lambda: clock.now() > over, what="the end of the term")
        place.collector()

    eventually(lambda: [a for a in place.actions() if a.state is ActionState.SETTLED], timeout_s=30, what="its outcome")

    (action,) = place.actions()
    assert isinstance(action.outcome, Refused)
    assert action.outcome.reason is RefusalReason.EXPIRED
    vendors.on_loop(e2b.faults.clear)
    place.run("ls").ok()
    assert vendors.asked(e2b, "DELETE") == []
    assert first_box(e2b) == box.key.id
    (row,) = [row for row in place.run("audit", "--json").ok().rows if row["what"] == "kill"]
    assert (row["outcome"], "not sent" in row["reason"]) == ("refused", True)
