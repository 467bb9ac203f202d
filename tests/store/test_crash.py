"""Killed at any point the store is whole, and what was acknowledged is there."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database

from fleet_tui.domain.action import ActionId
from fleet_tui.domain.outcome import Done
from fleet_tui.ports import StoreTooNew
from fleet_tui.store import salvage
from fleet_tui.store.connection import open_writer, version
from fleet_tui.store.migrations import STEPS, migrate
from fleet_tui.store.open import open_for_intents, open_for_reader
from fleet_tui.store.open_collector import open_for_collector
from fleet_tui.store.schema import SCHEMA_VERSION, STORE_FILE
from tests.support import facts
from tests.support.facts import NOW
from tests.support.stores import SMALL, SOURCE, child, intent, loaded, stores

WRITER = """
import sys
from pathlib import Path
from tests.support.stores import *
from tests.support import facts
from fleet_tui.domain.outcome import Done
with stores(Path(sys.argv[1])) as held:
    number = len(held.collector.known(SOURCE)) // 2
    while True:
        pair = [facts.resource(f"{number}-left"), facts.resource(f"{number}-right")]
        held.observe(changed=tuple(pair))
        print("observed", number, flush=True)
        target = pair[0].target
        held.intents.submit(intent(f"i{number}", target), {})
        print("submitted", number, flush=True)
        (record,) = held.collector.accept(NOW)
        held.collector.attempt(record.action_id, target, NOW)
        print("attempted", number, flush=True)
        held.collector.settle(record.action_id, Done("gone"), NOW)
        print("settled", number, flush=True)
        number += 1
"""


def test_killing_the_writer_loses_nothing_that_it_acknowledged(state_dir: Path) -> None:
    acked: dict[str, set[int]] = {"observed": set(), "submitted": set(), "settled": set(), "attempted": set()}
    for round_ in range(8):
        with child(WRITER, str(state_dir)) as writer:
            assert writer.stdout is not None
            for _ in range(7 + 5 * round_):
                word, number = writer.stdout.readline().split()
                acked[word].add(int(number))
            writer.kill()
            rest = writer.stdout.read().splitlines()
        for word, number in (line.split() for line in rest):
            acked[word].add(int(number))
        with stores(state_dir) as held:
            ids = {r.key.id for r in held.collector.known(SOURCE)}
            reader = held.reader()
            picture = loaded(reader)
            assert {f"{number}-{side}" for number in acked["observed"] for side in ("left", "right")} <= ids
            assert len(ids) % 2 == 0
            settled = {id_ for id_, a in picture.actions.items() if a.outcome is not None}  # type: ignore[attr-defined]
            assert {f"i{number}.0" for number in acked["settled"]} <= settled
            assert {row.action_id for row in reader.audit(limit=10_000)} == settled
            assert reader.verify_audit() is None
            held.collector.accept(NOW)
            for submitted in acked["submitted"]:
                record = held.collector.action(ActionId(f"i{submitted}.0"))
                assert record is not None
                if submitted in acked["attempted"]:
                    assert held.collector.attempted(record.action_id, record.target)
                held.collector.settle(record.action_id, Done("gone"), NOW)
    with closing(sqlite3.connect(state_dir / STORE_FILE)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


MIGRATION = """
import os, signal, sqlite3, sys
from pathlib import Path
from tests.support.stores import *
import fleet_tui.store.open as opening
from fleet_tui.store import migrations
path, last = Path(sys.argv[1]), int(sys.argv[2])
real, count = opening.open_writer, 0

def watched(*words, **named):
    connection = real(*words, **named)
    def statement(text):
        global count
        count += 1
        if count == last:
            os.kill(os.getpid(), signal.SIGKILL)
    connection.set_trace_callback(statement)
    return connection

opening.open_writer = watched
store, lock = open_for_collector(path, NOW, opening=SMALL)
print("done")
"""


def test_a_migration_killed_at_any_statement_leaves_the_old_or_the_new(tmp_path: Path) -> None:
    """Every 29th statement: all would be a hundred processes."""
    seen: set[int] = set()
    last = 1
    while True:
        state_dir = tmp_path / f"killed-at-{last}"
        with child(MIGRATION, str(state_dir), str(last)) as migrating:
            out, _ = migrating.communicate(timeout=60)
        with closing(sqlite3.connect(state_dir / STORE_FILE)) as connection:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            tables = connection.execute("SELECT count(*) FROM sqlite_master WHERE type = 'table'").fetchone()[0]
        assert (version == 0) == (tables == 0)
        seen.add(version)
        with stores(state_dir) as held:
            held.observe(changed=(facts.resource("a"),))
            assert len(loaded(held.reader()).resources) == 1
        if out == "done\n":
            break
        last += 29
    assert seen == {0, SCHEMA_VERSION}


def test_a_later_migration_that_fails_leaves_the_store_as_it_was_and_may_be_tried_again(state_dir: Path) -> None:
    with stores(state_dir) as held:
        held.observe(changed=(facts.resource("a"),))
    fails = True

    def add_column(db: Database) -> None:
        db.conn.execute("ALTER TABLE resources ADD COLUMN mood TEXT")
        if fails:
            raise OSError("the disk is gone")

    later = (*STEPS, ("0002 moods", add_column))
    path = state_dir / STORE_FILE
    with closing(open_writer(path, checkpoints=True)) as connection:
        with pytest.raises(OSError, match="the disk"):
            migrate(connection, store_id="x", now_us=0, steps=later)
        assert not connection.in_transaction
        assert version(connection) == SCHEMA_VERSION
        assert "mood" not in {row[1] for row in connection.execute("PRAGMA table_info(resources)")}
    with stores(state_dir) as held:
        assert len(held.collector.known(SOURCE)) == 1
    fails = False
    with closing(open_writer(path, checkpoints=True)) as connection:
        migrate(connection, store_id="x", now_us=0, steps=later)
        assert version(connection) == SCHEMA_VERSION + 1
        assert connection.execute("SELECT rid, mood FROM resources").fetchall() == [("a", None)]
        assert connection.execute("SELECT count(*) FROM clock WHERE store_id = 'x'").fetchone() == (0,)


def test_a_store_of_a_newer_version_is_refused_untouched_naming_both(state_dir: Path) -> None:
    with stores(state_dir) as held:
        held.observe(changed=(facts.resource("a"),))
    with closing(sqlite3.connect(state_dir / STORE_FILE, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 41}")
    before = (state_dir / STORE_FILE).read_bytes()
    words = f"version {SCHEMA_VERSION + 41} and this fleet-tui knows version {SCHEMA_VERSION}"
    with pytest.raises(StoreTooNew, match=words):
        open_for_collector(state_dir, NOW, opening=SMALL)
    reader = open_for_reader(state_dir, opening=SMALL)
    with pytest.raises(StoreTooNew, match=words):
        reader.changes(0)
    intents = open_for_intents(state_dir, opening=SMALL)
    with pytest.raises(StoreTooNew, match=words):
        intents.submit(intent("i1"), {})
    assert (state_dir / STORE_FILE).read_bytes() == before
    assert not list(state_dir.glob("*damaged*"))


def test_a_setting_aside_cut_short_anywhere_is_brought_to_its_end(tmp_path: Path) -> None:
    """The renames of a setting aside, cut after each: the next start finds one whole store and no stray log."""
    for done in range(6):
        state_dir = tmp_path / f"cut-{done}"
        with stores(state_dir) as held:
            held.intents.note("kept", actor="ada", host="h", via="console", why="", now=NOW)
        path = state_dir / STORE_FILE
        path.write_bytes(b"garbage" * 1000)
        Path(f"{path}-wal").write_bytes(b"stray")
        cut_after(path, done)
        with stores(state_dir) as held:
            held.observe(changed=(facts.resource("a"),))
            assert len(loaded(held.reader()).resources) == 1
            assert held.reader().verify_audit() is None
        assert not (state_dir / "fleet.db.new").exists()
        assert len(list(state_dir.glob("fleet.db.damaged-*"))) >= 1


class Cut(Exception):
    """The process dies here."""


def cut_after(path: Path, renames: int) -> None:
    """Set a store aside, dying after so many renames."""
    count = 0
    real = Path.rename

    def rename(self: Path, target: str | Path) -> Path:
        nonlocal count
        if count == renames:
            raise Cut
        count += 1
        return real(self, target)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Path, "rename", rename)
        try:
            salvage.set_aside(path, NOW)
        except Cut:
            return


def test_many_processes_may_make_the_store_at_once(state_dir: Path) -> None:
    code = """
import sys
from pathlib import Path
from tests.support.stores import *
sys.stdin.read()
store = open_for_intents(Path(sys.argv[1]), opening=SMALL)
for number in range(20):
    store.submit(intent(f"{sys.argv[2]}-{number}", ), {})
"""
    others = [child(code, str(state_dir), str(number)) for number in range(4)]
    for other in others:
        _, err = other.communicate(timeout=60)
        assert err == ""
    with closing(sqlite3.connect(state_dir / STORE_FILE)) as connection:
        assert connection.execute("SELECT count(*) FROM intents").fetchone() == (80,)
        assert connection.execute("SELECT count(*) FROM clock").fetchone() == (1,)
        assert connection.execute("SELECT revision FROM clock").fetchone() == (80,)
