"""How a write transaction goes, as SQLite itself sees it."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from fleet_tui.domain.assignment import AssignmentField, Overlay
from fleet_tui.domain.outcome import Done
from fleet_tui.domain.record import WantedKind
from fleet_tui.ports import FencedOut, LogPage, StoreError
from fleet_tui.store.lock import take_lock
from fleet_tui.store.open_collector import open_for_collector
from fleet_tui.store.schema import CHUNK_ROWS, STORE_FILE
from tests.support import facts
from tests.support.facts import NOW
from tests.support.stores import SMALL, Stores, intent, stores

KEY = facts.key("a")


def traced(connection: sqlite3.Connection, write: Callable[[], object]) -> list[str]:
    """The statements of a write, with the level of durability that held before it."""
    (level,) = connection.execute("PRAGMA synchronous").fetchone()
    statements: list[str] = [f"PRAGMA synchronous = {'FULL' if level == 2 else 'NORMAL'}"]
    connection.set_trace_callback(statements.append)
    write()
    connection.set_trace_callback(None)
    return statements


def level_of(statements: list[str]) -> str:
    return [one for one in statements if one.startswith("PRAGMA synchronous =")][-1].rsplit(" ", 1)[1]


def writes(held: Stores) -> dict[str, tuple[sqlite3.Connection, Callable[[], object], str]]:
    """Every write with the connection that it uses and the durability that it promises."""
    target = facts.resource("a").target
    held.intents.submit(intent("i0", target, target), {})
    first, second = held.collector.accept(NOW)
    held.intents.submit(intent("i1", target), {})
    collector, console = held.collector._writer._connection, held.intents._writer._connection
    overlay = Overlay(subject="a", field=AssignmentField.TEAM, value="ci", set_by="ada")
    return {
        "observe": (collector, lambda: held.observe(changed=(facts.resource("a"),)), "NORMAL"),
        "keep cursor": (collector, lambda: held.collector.keep_cursor("a", "1"), "NORMAL"),
        "logs": (
            collector,
            lambda: held.collector.append_logs(KEY, LogPage(lines=((NOW, "x"),), cursor=None), NOW),
            "NORMAL",
        ),
        "accept": (collector, lambda: held.collector.accept(NOW), "FULL"),
        "start": (collector, lambda: held.collector.start(first.action_id, NOW), "FULL"),
        "attempt": (collector, lambda: held.collector.attempt(first.action_id, target, NOW), "FULL"),
        "settle": (collector, lambda: held.collector.settle(second.action_id, Done(), NOW), "FULL"),
        "forget": (collector, lambda: held.collector.forget_sources([], NOW), "NORMAL"),
        "tidy": (collector, lambda: held.collector.tidy(NOW + timedelta(days=2)), "NORMAL"),
        "submit": (console, lambda: held.intents.submit(intent("i2", target), {}), "FULL"),
        "overlay": (console, lambda: held.intents.overlay([overlay], now=NOW, host="h", why=""), "FULL"),
        "note": (
            console,
            lambda: held.intents.note("x", actor="a", host="h", via="console", why="", now=NOW),
            "FULL",
        ),
        "want": (console, lambda: held.intents.want(WantedKind.POLL, "", now=NOW, for_s=1), "NORMAL"),
    }


def test_every_write_begins_at_once_compares_the_token_and_moves_the_clock_first(opened: Stores) -> None:
    for name, (connection, write, level) in writes(opened).items():
        statements = traced(connection, write)
        begins = [index for index, one in enumerate(statements) if one.startswith("BEGIN")]
        assert begins, name
        for index in begins:
            assert statements[index] == "BEGIN IMMEDIATE", name
            tick = statements[index + 1]
            assert tick.startswith("UPDATE clock SET revision = revision + 1 WHERE id = 1"), name
            assert ("AND token = 1" in tick) == (connection is opened.collector._writer._connection), name
            assert tick.endswith("RETURNING revision"), name
        assert level_of(statements) == level, name


def test_a_large_observation_takes_transactions_of_bounded_size(opened: Stores) -> None:
    rows = tuple(facts.resource(f"r{n}") for n in range(2 * CHUNK_ROWS + 1))
    measured = tuple(facts.vitals(row.key) for row in rows)
    connection = opened.collector._writer._connection
    statements = traced(connection, lambda: opened.observe(changed=rows, vitals=measured))
    sizes: list[int] = []
    for one in statements:
        if one == "BEGIN IMMEDIATE":
            sizes.append(0)
        elif one.startswith(("INSERT INTO resources", "INSERT INTO vitals")):
            sizes[-1] += 1
    assert sum(sizes) == 2 * len(rows)
    assert max(sizes) <= CHUNK_ROWS


def test_a_reader_uses_no_write_lock(opened: Stores) -> None:
    """It reads while a writer is in the middle of its transaction."""
    opened.observe(changed=(facts.resource("a"),))
    with closing(sqlite3.connect(opened.state_dir / STORE_FILE, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("UPDATE clock SET revision = 99")
        assert len(opened.reader().changes(0).resources) == 1
        writer.execute("ROLLBACK")


@pytest.mark.parametrize("put_back", [False, True])
def test_a_collector_whose_store_was_taken_away_stops_instead_of_writing_into_nothing(
    opened: Stores, put_back: bool
) -> None:
    path = opened.state_dir / STORE_FILE
    kept = path.rename(path.with_name("elsewhere"))
    if put_back:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    with pytest.raises(FencedOut, match="was moved or removed"):
        opened.observe(changed=(facts.resource("a"),))
    with closing(sqlite3.connect(kept)) as connection:
        assert connection.execute("SELECT count(*) FROM resources").fetchone() == (0,)


def test_a_database_of_another_program_is_left_alone(state_dir: Path) -> None:
    state_dir.mkdir(mode=0o700)
    path = state_dir / STORE_FILE
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE theirs (x)")
    before = path.read_bytes()
    with pytest.raises(StoreError, match="a database of another program"):
        open_for_collector(state_dir, NOW, opening=SMALL)
    assert path.read_bytes() == before


def test_a_lock_whose_holder_hangs_is_named(tmp_path: Path) -> None:
    path = tmp_path / "schema.lock"
    with take_lock(path), pytest.raises(StoreError, match=r"schema\.lock"):
        take_lock(path, wait_s=0.05)


def test_a_store_opened_again_in_one_process_after_another_is_the_same(state_dir: Path) -> None:
    for number in range(3):
        with stores(state_dir) as held:
            held.observe(changed=(facts.resource(f"r{number}"),))
            assert len(held.reader().changes(0).resources) == number + 1
