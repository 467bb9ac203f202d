"""A damaged store is set aside under its lock, with what can be read of acts and audit kept; nothing is silent."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from fleet_tui.domain.action import ActionId
from fleet_tui.domain.assignment import AssignmentField, Overlay
from fleet_tui.domain.identity import Target
from fleet_tui.domain.outcome import Done
from fleet_tui.ports import StoreDamaged, StoreError, StoreUnwritable
from fleet_tui.store import salvage
from fleet_tui.store.lock import collector_holder
from fleet_tui.store.open import open_for_reader
from fleet_tui.store.read import SqliteFleetReader
from fleet_tui.store.schema import STORE_FILE
from tests.support import facts
from tests.support.facts import NOW
from tests.support.stores import SMALL, Stores, intent, loaded, stores


def lived(state_dir: Path, *, resources: int = 300) -> None:
    """A store with a past: rows, an overlay, one settled action and one that waits."""
    with stores(state_dir) as held:
        held.observe(changed=tuple(facts.resource(f"r{n}", name="x" * 200) for n in range(resources)))
        overlay = Overlay(subject="coder", field=AssignmentField.TEAM, value="ci", set_by="ada")
        held.intents.overlay([overlay], now=NOW, host="h", why="")
        targets = (facts.resource("r1").target, facts.resource("r2").target)
        held.intents.submit(intent("i1", *targets), {})
        settled, _ = held.collector.accept(NOW)
        held.collector.attempt(settled.action_id, settled.target, NOW)
        held.collector.settle(settled.action_id, Done("gone"), NOW)
        held.intents.submit(intent("i2", targets[1]), {})


def overwrite(path: Path, offset: int, content: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(content)


def page_of(path: Path, table: str) -> int:
    """Where the root page of a table begins."""
    with closing(sqlite3.connect(path)) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()
    return (int(page) - 1) * 4096


DAMAGES: dict[str, Callable[[Path], None]] = {
    "header": lambda path: overwrite(path, 0, os.urandom(100)),
    "schema": lambda path: overwrite(path, 100, b"\xff" * 3996),
    "a page of resources": lambda path: overwrite(path, page_of(path, "resources"), b"\xff" * 4096),
    "truncated": lambda path: os.truncate(path, path.stat().st_size // 2),
    "not a database": lambda path: overwrite(path, 0, b"hello" * 5000),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_store_is_set_aside_by_name_and_a_new_one_begins(
    state_dir: Path, damage: Callable[[Path], None]
) -> None:
    lived(state_dir)
    path = state_dir / STORE_FILE
    damage(path)
    damaged = path.read_bytes()

    with stores(state_dir) as held:
        (aside,) = state_dir.glob("fleet.db.damaged-20261122T120000Z")
        assert aside.read_bytes() == damaged
        assert aside.stat().st_mode & 0o777 == 0o600
        held.observe(changed=(facts.resource("again"),))
        reader = held.reader()
        assert {key.id for key in loaded(reader).resources} == {"again"}
        assert reader.verify_audit() is None
        newest = reader.audit(limit=1)[0]
        assert (newest.what, newest.target) == ("store set aside", str(aside))


def test_what_is_readable_of_acts_and_audit_is_kept(state_dir: Path) -> None:
    lived(state_dir)
    DAMAGES["a page of resources"](state_dir / STORE_FILE)
    with stores(state_dir) as held:
        waiting = {record.action_id for record in held.collector.unsettled()}
        assert waiting == {"i1.1"}
        assert [record.action_id for record in held.collector.accept(NOW)] == ["i2.0"]
        assert held.collector.attempted(*_first(held))
        picture = loaded(held.reader())
        assert [overlay.value for overlay in picture.overlays.values()] == ["ci"]
        words = [row.what for row in held.reader().audit(limit=9)]
        assert words == ["store set aside", "kill", "reassign"]
        assert "2 intents, 2 actions, 1 attempts, 1 overlays" in held.reader().audit(limit=1)[0].reason
        assert "0 audit rows lost" in held.reader().audit(limit=1)[0].reason
        assert not held.collector.settle(_first(held)[0], Done("twice"), NOW)


def test_the_tokens_of_a_new_store_go_on_where_those_of_the_damaged_one_ended(state_dir: Path) -> None:
    for _ in range(3):
        with stores(state_dir):
            pass
    lived(state_dir)
    DAMAGES["a page of resources"](state_dir / STORE_FILE)
    with stores(state_dir):
        holder = collector_holder(state_dir)
        assert holder is not None
        assert holder.token > 3


def _first(held: Stores) -> tuple[ActionId, Target]:
    record = held.collector.action(ActionId("i1.0"))
    assert record is not None
    return record.action_id, record.target


def test_audit_rows_that_cannot_be_read_are_counted_and_leave_a_gap_that_verification_names(state_dir: Path) -> None:
    with stores(state_dir) as held:
        for number in range(300):
            held.intents.note(f"note {number}", actor="ada", host="h", via="console", why="w" * 100, now=NOW)
    path = state_dir / STORE_FILE
    middle = path.read_bytes().index(b"note 150") // 4096
    overwrite(path, middle * 4096, b"\xff" * 4096)
    with stores(state_dir) as held:
        newest = held.reader().audit(limit=1)[0]
        lost = int(newest.reason.split(";")[-1].split()[0])
        assert 0 < lost < 300
        assert newest.seq == 301
        fault = held.reader().verify_audit()
        assert fault is not None
        assert "is missing" in fault


def test_a_console_that_wrote_before_writes_into_the_new_store(state_dir: Path) -> None:
    """Its connection still holds the old file."""
    lived(state_dir)
    with stores(state_dir) as held:
        early = held.intents
        early.note("before", actor="ada", host="h", via="console", why="", now=NOW)
        held.lock.close()
        held.collector.close()
        salvage.set_aside(state_dir / STORE_FILE, NOW)
        with stores(state_dir) as successor:
            early.note("after", actor="ada", host="h", via="console", why="", now=NOW)
            words = [row.what for row in successor.reader().audit(limit=9)]
            assert words == ["after", "store set aside", "before", "kill", "reassign"]


def test_a_console_that_found_no_store_for_a_moment_writes_into_the_next_one(state_dir: Path) -> None:
    path = state_dir / STORE_FILE
    with stores(state_dir) as held:
        held.intents.note("before", actor="ada", host="h", via="console", why="", now=NOW)
        for side in ("", "-wal", "-shm"):
            path.with_name(path.name + side).rename(path.with_name(f"elsewhere{side}"))
        for _ in range(2):
            with pytest.raises(StoreUnwritable, match="read-only or gone"):
                held.intents.note("lost", actor="ada", host="h", via="console", why="", now=NOW)
        held.lock.close()
        with stores(state_dir) as successor:
            held.intents.note("after", actor="ada", host="h", via="console", why="", now=NOW)
            assert [row.what for row in successor.reader().audit(limit=9)] == ["after"]


def test_a_reader_without_the_lock_says_that_the_store_is_damaged_and_touches_nothing(state_dir: Path) -> None:
    lived(state_dir)
    path = state_dir / STORE_FILE
    path.write_bytes(b"hello" * 5000)
    reader = open_for_reader(state_dir, opening=SMALL)
    assert reader.woken()
    with pytest.raises(StoreDamaged, match="restart the collector"):
        reader.changes(0)
    assert path.read_bytes() == b"hello" * 5000
    reader.close()


def test_a_reader_that_was_open_sees_the_new_store_whole(state_dir: Path) -> None:
    lived(state_dir)
    reader = open_for_reader(state_dir, opening=SMALL)
    picture = loaded(reader)
    DAMAGES["truncated"](state_dir / STORE_FILE)
    with stores(state_dir) as held:
        held.observe(changed=(facts.resource("again"),))
        assert reader.woken()
        delta = reader.changes(picture.revision)
        assert delta.whole
        assert [r.key.id for r in delta.resources] == ["again"]
    reader.close()


def test_two_stores_set_aside_in_one_second_are_both_kept(state_dir: Path) -> None:
    for _ in range(2):
        lived(state_dir)
        DAMAGES["header"](state_dir / STORE_FILE)
    with stores(state_dir):
        assert len(list(state_dir.glob("fleet.db.damaged-*Z"))) == 1
        assert len(list(state_dir.glob("fleet.db.damaged-*Z.2"))) == 1


def test_what_is_no_store_of_ours_is_named(state_dir: Path) -> None:
    state_dir.mkdir(mode=0o700)
    (state_dir / STORE_FILE).mkdir()
    with pytest.raises(StoreError, match="is not a plain file"):
        open_for_reader(state_dir, opening=SMALL)


@pytest.mark.parametrize(
    ("wrong", "read"),
    [
        ("UPDATE resources SET kind = 'x'", loaded),
        ("UPDATE resources SET capabilities = NULL", loaded),
        ("UPDATE resources SET created_at = 'soon'", loaded),
        ("UPDATE actions SET verb = X'ff00'", loaded),
        ("UPDATE resources SET incarnation = X'ff00'", lambda reader: reader.changes(0)),
        ("UPDATE clock SET journal_from = 1e300", lambda reader: reader.at(NOW)),
        ("UPDATE audit SET at = 'x'", lambda reader: reader.audit(limit=9)),
    ],
)
def test_a_row_that_is_whole_for_sqlite_and_says_what_cannot_be_is_told_and_ends_no_console(
    state_dir: Path, wrong: str, read: Callable[[SqliteFleetReader], object]
) -> None:
    lived(state_dir, resources=3)
    with closing(sqlite3.connect(state_dir / STORE_FILE)) as connection:
        connection.execute(wrong)
        connection.commit()
    reader = open_for_reader(state_dir)
    with pytest.raises(StoreDamaged, match="it is damaged"):
        read(reader)
    reader.close()
