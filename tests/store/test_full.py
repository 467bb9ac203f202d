"""A full disk stops writing and nothing else; the ballast buys the acts that matter."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from fleet_tui.domain.outcome import Done
from fleet_tui.ports import StoreUnwritable
from fleet_tui.store.ballast import Ballast
from fleet_tui.store.open import Opening
from fleet_tui.store.schema import BALLAST_FILE, STORE_FILE
from tests.support import facts
from tests.support.facts import NOW
from tests.support.stores import SOURCE, Stores, child, intent, loaded, stores


def cap(held: Stores, spare_pages: int) -> Callable[[], None]:
    """Let the collector's file grow by so many pages only; gives what lifts the cap."""
    connection = held.collector._writer._connection
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages + spare_pages}").fetchall()

    def lift() -> None:
        connection.execute("PRAGMA max_page_count = 1000000").fetchall()

    return lift


def test_a_full_disk_refuses_with_one_sentence_keeps_what_was_there_and_recovers(opened: Stores) -> None:
    opened.observe(changed=(facts.resource("a"),))
    reader = opened.reader()
    before = loaded(reader)
    lift = cap(opened, 2)
    many = tuple(facts.resource(f"r{n}", name="x" * 500) for n in range(500))
    with pytest.raises(StoreUnwritable, match="the disk is full; the last state stays readable"):
        opened.observe(changed=many)

    assert reader.changes(before.revision).empty
    assert loaded(opened.reader()).seen() == before.seen()
    lift()
    opened.observe(changed=many)
    assert len(loaded(opened.reader()).resources) == 501


def test_on_a_full_disk_the_ballast_is_given_up_for_an_act_and_not_for_an_observation(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with stores(state_dir) as held:
        target = facts.resource("a").target
        held.intents.submit(intent("i1", target), {})
        ballast = state_dir / BALLAST_FILE
        assert ballast.stat().st_size == 4096
        lift = cap(held, 0)
        real = Ballast.give_up

        def freed(self: Ballast) -> bool:
            lift()
            return real(self)

        monkeypatch.setattr(Ballast, "give_up", freed)
        with pytest.raises(StoreUnwritable):
            held.observe(changed=tuple(facts.resource(f"r{n}", name="x" * 500) for n in range(500)))
        assert ballast.exists()

        (record,) = held.collector.accept(NOW)
        held.collector.attempt(record.action_id, target, NOW)
        fill_audit(held, target_pages=6)
        assert held.collector.settle(record.action_id, Done("gone" * 5000), NOW)
        assert not ballast.exists()
        held.collector.tidy(NOW)
        assert ballast.exists()


def fill_audit(held: Stores, *, target_pages: int) -> None:
    """Use up what free pages there are."""
    cap(held, target_pages)
    connection = held.collector._writer._connection
    rows = ((f"c{number}", "x" * 2000) for number in range(10_000))
    with pytest.raises(sqlite3.OperationalError, match="full"):
        connection.executemany("INSERT INTO cursors (name, value) VALUES (?, ?)", rows)


def test_the_ballast_is_taken_only_where_three_times_its_size_is_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ballast = Ballast(tmp_path / "ballast", 10_000)
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 29_999})())
    assert not ballast.restore()
    assert not (tmp_path / "ballast").exists()
    monkeypatch.undo()
    assert ballast.restore()
    assert (tmp_path / "ballast").stat().st_blocks * 512 >= 10_000
    assert (tmp_path / "ballast").stat().st_mode & 0o777 == 0o600
    assert ballast.give_up()
    assert not ballast.give_up()


LIMITED = """
import resource, signal, sys
from pathlib import Path
from tests.support.stores import *
from tests.support import facts
from fleet_tui.ports import StoreUnwritable
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with stores(Path(sys.argv[1]), opening=Opening(ballast_bytes=0)) as held:
    held.observe(changed=(facts.resource("before"),))
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, resource.RLIM_INFINITY))
    try:
        for number in range(200):
            held.observe(changed=tuple(facts.resource(f"{number}-{n}", name="x" * 300) for n in range(50)))
            print("observed", number, flush=True)
    except StoreUnwritable as error:
        print("refused", error, flush=True)
    print("read", len(loaded(held.reader()).resources), flush=True)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    held.observe(changed=(facts.resource("after"),))
    print("recovered", len(held.collector.known(SOURCE)), flush=True)
"""


def test_a_limit_on_file_size_is_a_disk_that_cannot_be_written(state_dir: Path) -> None:
    """SQLite says input/output error there, not full."""
    with child(LIMITED, str(state_dir)) as other:
        out, err = other.communicate(timeout=60)
    assert err == ""
    lines = out.splitlines()
    observed = sum(line.startswith("observed") for line in lines)
    assert f"refused cannot write {state_dir / STORE_FILE}: input/output error" in out
    assert 0 < observed < 200
    assert f"read {1 + 50 * observed}" in lines
    assert f"recovered {2 + 50 * observed}" in lines
    with stores(state_dir) as held:
        assert len(held.collector.known(SOURCE)) == 2 + 50 * observed


def test_a_read_only_store_is_named_with_what_to_do(state_dir: Path) -> None:
    with stores(state_dir) as held:
        held.observe(changed=(facts.resource("a"),))
        held.collector._writer._connection.execute("PRAGMA query_only = ON")
        with pytest.raises(StoreUnwritable, match="read-only or gone; check its owner and mode"):
            held.observe(changed=(facts.resource("b"),))
        held.collector._writer._connection.execute("PRAGMA query_only = OFF")


def test_a_fault_at_any_point_of_a_write_leaves_it_whole_or_not_there(opened: Stores) -> None:
    """Interrupted after every 200 steps of SQLite's machine, then let through."""
    connection = opened.collector._writer._connection
    target = facts.resource("a").target
    opened.intents.submit(intent("i1", target), {})
    (record,) = opened.collector.accept(NOW)
    reader = opened.reader()
    faults = 0
    writes: list[Callable[[], object]] = [
        lambda: opened.observe(
            changed=tuple(facts.resource(f"r{n}") for n in range(40)), vitals=(facts.vitals(facts.key("r1")),)
        ),
        lambda: opened.observe(gone=tuple(facts.key(f"r{n}") for n in range(20))),
        lambda: opened.collector.settle(record.action_id, Done("gone"), NOW),
    ]
    for write in writes:
        before = loaded(reader).seen()
        for steps in range(1, 10_000):
            left = steps

            def stop() -> int:
                nonlocal left
                left -= 1
                return int(left == 0)

            connection.set_progress_handler(stop, 200)
            try:
                write()
                break
            except Exception:
                faults += 1
                connection.set_progress_handler(None, 0)
                assert not connection.in_transaction
                assert loaded(reader).seen() == before
        connection.set_progress_handler(None, 0)
        assert loaded(reader).seen() != before
    assert faults > 10
    with closing(sqlite3.connect(opened.state_dir / STORE_FILE)) as other:
        assert other.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_the_ballast_of_an_opened_store_is_there_unless_it_was_asked_away(state_dir: Path) -> None:
    with stores(state_dir, opening=Opening(ballast_bytes=8192)):
        assert (state_dir / BALLAST_FILE).stat().st_size == 8192
