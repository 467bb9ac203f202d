"""What is kept for how long; tidying when nothing is due writes nothing."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from fleet_tui.domain.outcome import Done
from fleet_tui.domain.record import WantedKind
from fleet_tui.domain.resource import Event
from fleet_tui.domain.watch import Watch
from fleet_tui.ports import LogPage
from fleet_tui.store.retention import Retention
from fleet_tui.store.samples import BATCH
from tests.support import facts
from tests.support.facts import NOW
from tests.support.stores import SOURCE, Stores, intent, loaded, stores

KEY = facts.key("a")


def count(held: Stores, table: str) -> int:
    return int(held.collector._writer._connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def event(number: int, days_ago: int) -> Event:
    return Event(
        event_id=f"e{number}", at=NOW - timedelta(days=days_ago), source=SOURCE, key=None, agent=None, type="x"
    )


def test_tidying_when_nothing_is_due_writes_nothing(opened: Stores) -> None:
    opened.observe(changed=(facts.resource("a"),), events=(event(1, 1),))
    reader = opened.reader()
    before = loaded(reader).revision
    opened.collector.tidy(NOW)
    assert reader.changes(before).revision == before


def test_each_kind_is_kept_for_its_time(opened: Stores) -> None:
    opened.observe(
        events=(event(1, 31), event(2, 29)),
        failures=(facts.failure(at_s=31 * 86400), facts.failure(at_s=29 * 86400)),
        watch=Watch(NOW - timedelta(days=92), NOW - timedelta(days=91)),
    )
    opened.observe(watch=Watch(NOW - timedelta(days=80), NOW))
    opened.intents.want(WantedKind.POLL, "", now=NOW - timedelta(minutes=2), for_s=60)
    opened.intents.want(WantedKind.POLL, "e2b", now=NOW, for_s=60)
    opened.collector.tidy(NOW)
    assert [e.event_id for e in opened.reader().events(limit=9)] == ["e2"]
    assert len(opened.reader().failures(since=NOW - timedelta(days=99), limit=9)) == 1
    assert opened.collector.watches(SOURCE) == (Watch(NOW - timedelta(days=80), NOW),)
    assert count(opened, "wanted") == 1


def test_settled_actions_go_after_their_time_and_the_audit_stays(opened: Stores) -> None:
    target = facts.resource("a").target
    opened.intents.submit(intent("i1", target, target), {})
    first, second = opened.collector.accept(NOW)
    opened.collector.attempt(first.action_id, target, NOW)
    opened.collector.settle(first.action_id, Done(), NOW)
    opened.collector.tidy(NOW + timedelta(days=31))
    assert opened.collector.action(first.action_id) is None
    assert opened.collector.action(second.action_id) is not None
    assert [count(opened, table) for table in ("actions", "attempts", "intents", "audit")] == [1, 0, 1, 1]
    opened.collector.settle(second.action_id, Done(), NOW)
    opened.collector.tidy(NOW + timedelta(days=31))
    assert [count(opened, table) for table in ("actions", "intents", "audit")] == [0, 0, 2]
    assert opened.reader().verify_audit() is None


def test_tombstones_stay_a_day_and_take_what_was_measured_with_them(opened: Stores) -> None:
    opened.observe(changed=(facts.resource("a"), facts.resource("b")), vitals=(facts.vitals(KEY),))
    opened.observe(gone=(KEY,))
    opened.collector.tidy(NOW + timedelta(hours=23))
    assert count(opened, "resources") == 2
    opened.collector.tidy(NOW + timedelta(hours=25))
    assert (count(opened, "resources"), count(opened, "vitals")) == (1, 0)


def test_more_than_one_transaction_of_old_rows_goes_at_once(state_dir: Path) -> None:
    with stores(state_dir, retention=Retention(events=timedelta(days=1))) as held:
        held.observe(events=tuple(event(n, 2) for n in range(5000)))
        held.collector.tidy(NOW)
        assert count(held, "events") == 0


def test_logs_go_a_week_after_the_last_line_of_their_run(opened: Stores) -> None:
    opened.collector.append_logs(KEY, LogPage(lines=((NOW, "old"),), cursor=None), NOW - timedelta(days=8))
    opened.collector.append_logs(facts.key("b"), LogPage(lines=((NOW, "new"),), cursor=None), NOW)
    opened.collector.tidy(NOW)
    reader = opened.reader()
    assert reader.log_tail(KEY, limit=5) == ()
    assert len(reader.log_tail(facts.key("b"), limit=5)) == 1
    assert count(opened, "log_rings") == 1


def test_samples_are_packed_and_come_back_and_go_after_a_week(state_dir: Path) -> None:
    with stores(state_dir) as held:
        for number in range(2 * BATCH):
            vitals = replace(
                facts.vitals(KEY),
                at=NOW + timedelta(seconds=5 * number),
                cpu_percent=number / 4 if number % 3 else None,
                memory_bytes=number * 2**30 + 1,
            )
            held.observe(vitals=(vitals,))
        assert 1 <= count(held, "samples") <= 3
    with stores(state_dir) as held:
        samples = held.reader().samples(KEY, since=NOW)
        assert [sample.memory_bytes for sample in samples] == [n * 2**30 + 1 for n in range(2 * BATCH)]
        assert [sample.cpu_percent for sample in samples[:5]] == [None, 0.25, 0.5, None, 1.0]
        assert len(held.reader().samples(KEY, since=NOW + timedelta(seconds=5 * BATCH))) == BATCH
        held.collector.tidy(NOW + timedelta(days=8))
        assert held.reader().samples(KEY, since=NOW) == ()


def test_the_log_of_writes_stays_small_under_a_storm(opened: Stores) -> None:
    """A day of polls in which everything changes, tidied every hour."""
    rows = tuple(facts.resource(f"r{n}") for n in range(100))
    measured = tuple(facts.vitals(row.key) for row in rows)
    for turn in range(240):
        opened.observe(NOW + timedelta(minutes=turn), changed=rows, vitals=measured)
        if turn % 60 == 59:
            opened.collector.tidy(NOW + timedelta(minutes=turn))
    assert (opened.state_dir / "fleet.db-wal").stat().st_size < 2 * 4 * 1024 * 1024
