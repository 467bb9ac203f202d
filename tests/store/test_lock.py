"""One collector at a time, known by a lock that dies with it and a token that outlives it."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from fleet_tui.domain.outcome import Done
from fleet_tui.ports import FencedOut, StoreError
from fleet_tui.store.lock import (
    CollectorRuns,
    collector_holder,
    consoles_present,
    join_consoles,
    take_collector_lock,
)
from fleet_tui.store.open_collector import open_for_collector
from tests.support import facts
from tests.support.facts import NOW
from tests.support.stores import SMALL, SOURCE, Stores, child, intent, loaded, stores
from tests.support.wait import eventually

COLLECTOR = """
import sys
from pathlib import Path
from tests.support.stores import *
store, lock = open_for_collector(Path(sys.argv[1]), NOW, opening=SMALL)
print("ready", flush=True)
sys.stdin.read()
"""


def running_collector(state_dir: Path) -> subprocess.Popen[str]:
    other = child(COLLECTOR, str(state_dir))
    assert other.stdout is not None
    assert other.stdout.readline() == "ready\n"
    return other


def test_a_second_collector_is_refused_and_told_who_runs(state_dir: Path) -> None:
    other = running_collector(state_dir)
    with other:
        with pytest.raises(CollectorRuns, match=f"process {other.pid}") as caught:
            open_for_collector(state_dir, NOW, opening=SMALL)
        assert caught.value.pid == other.pid
        holder = collector_holder(state_dir)
        assert holder is not None
        assert holder.pid == other.pid
        other.kill()


def test_a_collector_that_was_killed_leaves_the_lock_at_once(state_dir: Path) -> None:
    with running_collector(state_dir) as other:
        os.kill(other.pid, signal.SIGKILL)
        other.wait(10)
        assert collector_holder(state_dir) is None
        with stores(state_dir) as held:
            held.observe(changed=(facts.resource("a"),))
            mine = collector_holder(state_dir)
            assert mine is not None
            assert (mine.pid, mine.token) == (os.getpid(), 2)


def test_a_child_of_the_collector_does_not_keep_its_lock(state_dir: Path) -> None:
    state_dir.mkdir(mode=0o700)
    lock = take_collector_lock(state_dir)
    with subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE, close_fds=False) as other:
        lock.close()
        # The kernel closes what a child may not have a moment after its start is reported.
        eventually(lambda: collector_holder(state_dir) is None)
        take_collector_lock(state_dir).close()
        other.communicate()


def test_whoever_lost_the_store_to_another_collector_writes_nothing_more(opened: Stores) -> None:
    """The lock was lost without its holder noticing: a stopped process that went on."""
    target = facts.resource("a").target
    opened.observe(changed=(facts.resource("a"),))
    opened.intents.submit(intent("i1", target), {})
    (record,) = opened.collector.accept(NOW)
    opened.lock.close()
    with stores(opened.state_dir) as successor:
        successor.observe(changed=(facts.resource("b"),))
        reader = successor.reader()
        before = loaded(reader)
        for write in (
            lambda: opened.observe(changed=(facts.resource("c"),)),
            lambda: opened.collector.attempt(record.action_id, target, NOW),
            lambda: opened.collector.settle(record.action_id, Done(), NOW),
            lambda: opened.collector.keep_cursor("x", "1"),
            lambda: opened.collector.forget_sources([], NOW),
        ):
            with pytest.raises(FencedOut, match="another collector"):
                write()
        assert {r.key.id for r in successor.collector.known(SOURCE)} == {"a", "b"}
        assert not successor.collector.attempted(record.action_id, target)
        assert reader.changes(before.revision).empty


def test_a_console_may_submit_under_any_collector(opened: Stores) -> None:
    opened.intents.note("window opened", actor="ada", host="h", via="console", why="", now=NOW)
    opened.lock.close()
    with stores(opened.state_dir) as successor:
        opened.intents.submit(intent("i1", facts.resource("a").target), {})
        assert len(successor.collector.accept(NOW)) == 1


def test_the_collector_knows_whether_a_console_is_there(state_dir: Path) -> None:
    state_dir.mkdir(mode=0o700)
    assert not consoles_present(state_dir)
    with join_consoles(state_dir), join_consoles(state_dir):
        assert consoles_present(state_dir)
    assert not consoles_present(state_dir)


def test_a_console_that_was_killed_is_not_there_any_more(state_dir: Path) -> None:
    state_dir.mkdir(mode=0o700)
    code = """
import sys
from pathlib import Path
from fleet_tui.store.lock import join_consoles
lock = join_consoles(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.read()
"""
    with child(code, str(state_dir)) as other:
        assert other.stdout is not None
        other.stdout.readline()
        assert consoles_present(state_dir)
        other.kill()
        other.wait(10)
        eventually(lambda: not consoles_present(state_dir))


@pytest.mark.parametrize("content", ["", "not json", "[]", '{"pid": null, "token": 1}', "\x00" * 40])
def test_an_unreadable_lock_file_names_nobody_and_still_locks(state_dir: Path, content: str) -> None:
    state_dir.mkdir(mode=0o700)
    with take_collector_lock(state_dir) as lock:
        lock.write(content)
        holder = collector_holder(state_dir)
        assert holder is not None
        assert holder.pid == 0
        with pytest.raises(CollectorRuns, match="another process"):
            take_collector_lock(state_dir)


def test_a_linked_lock_file_is_refused(state_dir: Path, tmp_path: Path) -> None:
    state_dir.mkdir(mode=0o700)
    (state_dir / "collector.lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreError, match=r"collector\.lock"):
        take_collector_lock(state_dir)
    assert not (tmp_path / "elsewhere").exists()
