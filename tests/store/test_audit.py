"""The audit's chain names the first row that was changed, taken out or put in."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from fleet_tui.store.schema import AUDIT, STORE_FILE
from tests.support.facts import NOW
from tests.support.stores import Stores, child


def write_notes(held: Stores, number: int = 6) -> None:
    for index in range(number):
        held.intents.note(f"note {index}", actor="ada", host="h\ud800", via="console", why="w", now=NOW)


def tampered(state_dir: Path, statement: str) -> None:
    with closing(sqlite3.connect(state_dir / STORE_FILE)) as connection, connection:
        connection.execute(statement)


def test_an_untouched_audit_holds(opened: Stores) -> None:
    assert opened.reader().verify_audit() is None
    write_notes(opened)
    assert opened.reader().verify_audit() is None
    assert [row.seq for row in opened.reader().audit(limit=3)] == [6, 5, 4]
    assert len({row.hash for row in opened.reader().audit(limit=9)}) == 6


@pytest.mark.parametrize("column", [name for name in AUDIT if name != "seq"])
def test_a_changed_cell_is_named_by_its_row(opened: Stores, column: str) -> None:
    write_notes(opened)
    value = "1" if column == "at" else "'another'"
    tampered(opened.state_dir, f"UPDATE audit SET {column} = {value} WHERE seq = 4")
    fault = opened.reader().verify_audit()
    assert fault == "audit row 4 was changed"


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("DELETE FROM audit WHERE seq = 1", "audit row 1 is missing"),
        ("DELETE FROM audit WHERE seq = 3", "audit row 3 is missing"),
        ("DELETE FROM audit WHERE seq = 6", "audit row 6 is missing"),
        ("DELETE FROM audit", "audit row 1 is missing"),
        ("UPDATE audit SET seq = 9 WHERE seq = 6", "audit row 6 is missing"),
        (f"INSERT INTO audit SELECT 7, {', '.join(AUDIT[1:])} FROM audit WHERE seq = 6", "audit row 7 was changed"),
    ],
)
def test_a_row_taken_out_or_put_in_is_named(opened: Stores, statement: str, fault: str) -> None:
    write_notes(opened)
    tampered(opened.state_dir, statement)
    assert opened.reader().verify_audit() == fault


def test_the_chain_goes_on_across_processes_and_sides(opened: Stores, state_dir: Path) -> None:
    code = """
import sys
from pathlib import Path
from tests.support.stores import *
store = open_for_intents(Path(sys.argv[1]), opening=SMALL)
for number in range(25):
    store.note("from a child", actor="ada", host="h", via="command", why="", now=NOW)
"""
    others = [child(code, str(state_dir)) for _ in range(2)]
    write_notes(opened, 25)
    for other in others:
        assert other.communicate(timeout=60)[1] == ""
    assert opened.reader().verify_audit() is None
    assert opened.reader().audit(limit=1)[0].seq == 75


def test_a_tampered_hash_of_the_newest_row_is_seen_although_the_head_was_moved_along(opened: Stores) -> None:
    write_notes(opened)
    tampered(opened.state_dir, "UPDATE audit SET hash = 'x' WHERE seq = 6")
    tampered(opened.state_dir, "UPDATE clock SET audit_hash = 'x'")
    assert opened.reader().verify_audit() == "audit row 6 was changed"
