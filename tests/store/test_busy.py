"""A lock that another process holds too long is an answer to the writer and nothing to a reader."""

from pathlib import Path

import pytest

from fleet_tui.ports import StoreUnwritable
from tests.support import facts
from tests.support.facts import NOW
from tests.support.stores import Stores, child, loaded

HOLDER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""


def test_a_held_lock_is_named_after_the_busy_time_and_reads_go_on(opened: Stores, state_dir: Path) -> None:
    opened.observe(changed=(facts.resource("a"),))
    opened.intents.note("x", actor="a", host="h", via="console", why="", now=NOW)
    for writer in (opened.collector._writer, opened.intents._writer):
        writer._connection.execute("PRAGMA busy_timeout = 50").fetchall()
    reader = opened.reader()
    with child(HOLDER, str(state_dir / "fleet.db")) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(StoreUnwritable, match="another process has held it"):
            opened.observe(changed=(facts.resource("b"),))
        with pytest.raises(StoreUnwritable, match="another process has held it"):
            opened.intents.note("y", actor="a", host="h", via="console", why="", now=NOW)
        assert len(loaded(reader).resources) == 1
        assert opened.collector.accept(NOW) == ()
        holder.kill()
        holder.wait(10)
    opened.observe(changed=(facts.resource("b"),))
    assert len(loaded(reader).resources) == 2


def test_a_lock_that_is_given_back_in_time_is_waited_for(opened: Stores, state_dir: Path) -> None:
    code = HOLDER.replace("sys.stdin.read()", "connection.execute('COMMIT')")
    with child(code, str(state_dir / "fleet.db")) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        opened.observe(changed=(facts.resource("a"),))
        assert len(loaded(opened.reader()).resources) == 1
