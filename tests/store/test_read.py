"""Readers by revision: none misses a change, at whatever pace it reads, and looking writes nothing."""

import tempfile
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet_tui.domain.action import ActionId
from fleet_tui.domain.assignment import AssignmentField, Overlay
from fleet_tui.domain.delta import FleetDelta
from fleet_tui.domain.identity import SourceName
from fleet_tui.domain.outcome import Done
from fleet_tui.domain.phase import Phase
from fleet_tui.domain.record import WantedKind
from fleet_tui.domain.sprawl import RuleName
from fleet_tui.ports import Observation
from fleet_tui.store.open import open_for_intents, open_for_reader
from fleet_tui.store.open_collector import open_for_collector
from tests.support import facts
from tests.support.facts import NOW
from tests.support.stores import SMALL, SOURCE, Picture, Stores, child, intent, loaded, stores

IDS = st.sampled_from("abcdefgh")
Op = tuple[Any, ...]

OPS = st.one_of(
    st.tuples(st.just("change"), st.lists(st.tuples(IDS, st.sampled_from([Phase.RUNNING, Phase.IDLE])), max_size=4)),
    st.tuples(st.just("end"), st.lists(IDS, max_size=3)),
    st.tuples(st.just("measure"), st.lists(IDS, max_size=3)),
    st.tuples(st.just("find"), IDS, st.booleans()),
    st.tuples(st.just("overlay"), IDS, st.none() | st.just("ops")),
    st.tuples(st.just("act"), IDS),
    st.tuples(st.just("settle")),
    st.tuples(st.just("hand over"), st.integers(0, 3), st.booleans()),
    st.tuples(st.just("forget")),
    st.tuples(st.just("tidy"), st.integers(0, 3)),
)


def perform(held: Stores, number: int, op: Op) -> None:
    """One write, as the engine or a console would do it. Time moves an hour with each."""
    at = NOW + timedelta(hours=number)
    match op:
        case "change", changed:
            held.observe(at, changed=tuple(facts.resource(id_, phase=phase) for id_, phase in changed))
        case "end", ended:
            held.observe(at, gone=tuple(map(facts.key, ended)))
        case "measure", measured:
            held.observe(at, vitals=tuple(facts.vitals(facts.key(id_), signal_s=number) for id_ in measured))
        case "find", id_, True:
            held.observe(at, findings=(facts.finding(facts.key(id_)),))
        case "find", id_, False:
            held.observe(at, gone_findings=((RuleName.ORPHAN, facts.key(id_)),))
        case ("forget",):
            held.collector.forget_sources([], at)
        case "tidy", days:
            held.collector.tidy(at + timedelta(days=days))
        case _:
            ask(held, number, op)


def ask(held: Stores, number: int, op: Op) -> None:
    """What operators do."""
    at = NOW + timedelta(hours=number)
    match op:
        case "overlay", subject, owner:
            overlay = Overlay(subject=subject, field=AssignmentField.OWNER, value=owner, set_by="ada")
            held.intents.overlay([overlay], now=at, host="laptop", why="")
        case "act", id_:
            target = facts.resource(id_).target
            held.intents.submit(intent(f"i{number}", target), {target.key: id_})
            held.collector.accept(at)
        case ("settle",):
            for record in held.collector.unsettled()[:2]:
                held.collector.settle(record.action_id, Done("gone"), at)
        case "hand over", id_, confirm:
            hand_over(held, f"h{id_}", confirm=confirm, number=number)
        case _:
            raise AssertionError(f"nobody knows how to {op[0]}")


def hand_over(held: Stores, id_: str, *, confirm: bool, number: int) -> None:
    at = NOW + timedelta(hours=number)
    if confirm:
        held.intents.confirm_hand_over(id_, actor="ada", host="laptop", now=at)
        return
    held.intents.hand_over(facts.hand_over("a", "b", "t", id_=id_, at_s=number * 3600))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(OPS, st.booleans()), max_size=25))
def test_readers_at_any_pace_end_where_a_fresh_load_does(ops: list[tuple[Op, bool]]) -> None:
    with tempfile.TemporaryDirectory() as directory, stores(Path(directory) / "state") as held:
        eager, lazy = Picture(), Picture()
        eager_reader, lazy_reader = held.reader(), held.reader()
        for number, (op, lazy_looks) in enumerate(ops):
            perform(held, number, op)
            eager.follow(eager_reader)
            if lazy_looks:
                lazy.follow(lazy_reader)
        eager.follow(eager_reader)
        lazy.follow(lazy_reader)
        fresh = loaded(held.reader(), chunk=3)

        assert eager.seen() == fresh.seen()
        assert lazy.seen() == fresh.seen()
        assert eager.revision == lazy.revision == fresh.revision


def test_a_reader_in_another_process_follows_every_write(state_dir: Path) -> None:
    code = """
import sys
from pathlib import Path
from tests.support.stores import *
reader, picture = open_for_reader(Path(sys.argv[1]), opening=SMALL), Picture()
for line in sys.stdin:
    picture.follow(reader)
    print(picture.revision, len(picture.resources), flush=True)
"""
    with stores(state_dir) as held, child(code, str(state_dir)) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        for number in range(5):
            revision = held.observe(changed=(facts.resource(f"r{number}"),))
            other.stdin.write("\n")
            other.stdin.flush()
            assert other.stdout.readline().split() == [str(revision), str(number + 1)]
        other.stdin.close()
        assert other.wait(20) == 0


def test_a_console_may_start_before_any_collector(state_dir: Path) -> None:
    reader = open_for_reader(state_dir, opening=SMALL)
    picture = loaded(reader)
    assert picture.resources == {}
    assert not reader.woken()
    assert reader.changes(0).revision == 0
    assert reader.audit(limit=5) == ()

    with stores(state_dir) as held:
        held.observe(changed=(facts.resource("a"),))
        assert reader.woken()
        picture.follow(reader)
        assert list(picture.resources) == [facts.key("a")]
    reader.close()


def test_what_a_console_submits_before_any_collector_is_accepted_by_the_first(state_dir: Path) -> None:
    target = facts.resource("a").target
    early = open_for_intents(state_dir, opening=SMALL)
    early.submit(intent("i1", target), {target.key: "worker"})
    early.want(WantedKind.POLL, "", now=NOW, for_s=60)
    early.close()
    with stores(state_dir) as held:
        assert [record.name for record in held.collector.accept(NOW)] == ["worker"]
        assert len(held.collector.wanted(NOW)) == 1


def test_a_large_load_comes_in_pieces_the_first_whole_the_last_last(opened: Stores) -> None:
    opened.observe(changed=tuple(facts.resource(f"r{n}") for n in range(25)))
    parts: list[FleetDelta] = []
    revision = opened.reader().load(parts.append, chunk=10)

    assert len(parts[0].resources) == 10
    assert max(len(part.resources) for part in parts) <= 10
    assert sorted(one.key.id for part in parts for one in part.resources) == sorted(f"r{n}" for n in range(25))
    assert [part.whole for part in parts] == [True] + [False] * (len(parts) - 1)
    assert [part.last for part in parts] == [False] * (len(parts) - 1) + [True]
    assert {part.revision for part in parts} == {revision}
    assert parts[0].statuses


def test_a_load_begins_with_who_needs_a_person_and_then_with_what_costs_most(opened: Stores) -> None:
    phases = {3: Phase.WAITING, 17: Phase.LOOPING, 21: Phase.STUCK}
    rows = [facts.resource(f"r{n}", phase=phases.get(n, Phase.RUNNING), usd=f"0.{10 + n}") for n in range(25)]
    opened.observe(changed=tuple(rows))
    parts: list[FleetDelta] = []
    opened.reader().load(parts.append, chunk=5)

    assert [one.key.id for one in parts[0].resources] == ["r17", "r21", "r3", "r24", "r23"]


def test_a_load_sees_one_moment_although_others_write_meanwhile(opened: Stores) -> None:
    opened.observe(changed=tuple(facts.resource(f"r{n}") for n in range(30)))
    picture = Picture()
    reader = opened.reader()

    def keep(part: FleetDelta) -> None:
        picture.apply(part)
        opened.observe(changed=tuple(facts.resource(f"r{n}", phase=Phase.IDLE) for n in range(30)))

    reader.load(keep, chunk=10)
    assert {r.phase.phase for r in picture.resources.values()} == {Phase.RUNNING}
    picture.follow(reader)
    assert {r.phase.phase for r in picture.resources.values()} == {Phase.IDLE}


def test_others_read_while_a_load_is_under_way(opened: Stores) -> None:
    opened.observe(changed=tuple(facts.resource(f"r{n}") for n in range(30)))
    reader = opened.reader()
    read: list[bool] = []

    def keep(_: FleetDelta) -> None:
        other = threading.Thread(target=lambda: reader.log_tail(facts.key("r1"), limit=1), daemon=True)
        other.start()
        other.join(5)
        read.append(not other.is_alive())

    reader.load(keep, chunk=10)
    assert read
    assert all(read)


def test_a_failing_listener_leaves_no_transaction_open(opened: Stores) -> None:
    opened.observe(changed=(facts.resource("a"),))
    reader = opened.reader()

    def fail(part: FleetDelta) -> None:
        raise LookupError("the widget is gone")

    with pytest.raises(LookupError, match="the widget"):
        reader.load(fail)
    opened.observe(changed=(facts.resource("b"),))
    assert len(loaded(reader).resources) == 2


def test_a_load_that_was_broken_off_is_never_followed_as_if_it_had_been_whole(opened: Stores) -> None:
    opened.observe(changed=tuple(facts.resource(f"r{number}") for number in range(9)))
    reader = opened.reader()
    seen: list[int] = []

    def fail(part: FleetDelta) -> None:
        seen.append(part.revision)
        if len(seen) == 2:
            raise RuntimeError("the widget is gone")

    with pytest.raises(RuntimeError, match="the widget"):
        reader.load(fail, chunk=2)
    delta = reader.changes(seen[0])
    assert delta.whole
    assert len(delta.resources) == 9


def test_what_comes_back_under_its_key_has_none_of_the_measures_of_what_was_there(opened: Stores) -> None:
    row = facts.resource("a")
    opened.observe(changed=(row,), vitals=(replace(facts.vitals(row.key), cpu_percent=90.0),))
    reader = opened.reader()
    awake = loaded(reader)
    opened.observe(gone=(row.key,))
    opened.observe(changed=(row,))
    awake.follow(reader)
    for picture in (awake, loaded(opened.reader())):
        held = picture.vitals.get(row.key)
        assert held is None or held.cpu_percent is None


def test_a_reader_older_than_the_horizon_loads_all_again(opened: Stores) -> None:
    opened.observe(changed=(facts.resource("a"), facts.resource("b")))
    reader = opened.reader()
    asleep, awake = loaded(reader), loaded(opened.reader())
    opened.observe(gone=(facts.key("a"),))
    awake.follow(reader)
    opened.collector.tidy(NOW + timedelta(hours=25))

    delta = reader.changes(asleep.revision)
    assert delta.whole
    assert [r.key.id for r in delta.resources] == ["b"]
    assert not reader.changes(awake.revision).whole


def test_a_reader_of_another_store_loads_all_again(state_dir: Path) -> None:
    with stores(state_dir) as held:
        held.observe(changed=(facts.resource("a"), facts.resource("b")))
        reader = open_for_reader(state_dir, opening=SMALL)
        picture = loaded(reader)
    for path in state_dir.glob("fleet.db*"):
        path.unlink()
    with stores(state_dir) as held:
        for _ in range(5):
            held.observe(changed=(facts.resource("c"),))
        assert reader.woken()
        delta = reader.changes(picture.revision)
        assert delta.whole
        assert [r.key.id for r in delta.resources] == ["c"]
    reader.close()


def test_nothing_new_wakes_nobody_and_is_an_empty_delta(opened: Stores) -> None:
    reader = opened.reader()
    picture = loaded(reader)
    assert reader.woken()
    assert not reader.woken()
    assert reader.changes(picture.revision).empty
    opened.observe(changed=(facts.resource("a"),))
    assert reader.woken()
    assert not reader.changes(picture.revision).empty


def test_a_reading_that_changed_nothing_touches_no_row(opened: Stores) -> None:
    seen = Observation(source=SOURCE, at=NOW, status=facts.status())
    before = opened.collector.observe(seen)
    opened.collector.observe(seen)
    assert opened.reader().changes(0).whole
    reader = opened.reader()
    loaded(reader)
    assert reader.changes(before).empty


def test_a_sources_status_arrives_after_all_its_rows(opened: Stores) -> None:
    """Whoever reads between two transactions of one large reading must not take it for complete."""
    changed = tuple(facts.resource(f"r{n}") for n in range(4500))
    seen: list[tuple[int, bool]] = []
    reader = opened.reader()
    writer = opened.collector._writer
    run = writer.run

    def watched(work: Callable[..., Any], **how: bool) -> Any:
        result = run(work, **how)
        picture = loaded(reader)
        seen.append((len(picture.resources), SOURCE in picture.statuses))
        return result

    writer.run = watched  # type: ignore[method-assign]
    opened.observe(changed=changed)
    assert [status for _, status in seen] == [False] * (len(seen) - 1) + [True]
    assert len(seen) >= 3
    assert seen[-1][0] == 4500


def test_a_forgotten_source_leaves_the_fleet_and_its_money_stays(opened: Stores) -> None:
    opened.observe(changed=(facts.resource("a"),), vitals=(facts.vitals(facts.key("a")),))
    other = SourceName("daytona")
    opened.collector.observe(
        Observation(
            source=other, at=NOW, status=facts.status("daytona"), changed=(facts.resource("b", source="daytona"),)
        )
    )
    opened.collector.forget_sources([other], NOW)
    picture = loaded(opened.reader())
    assert [key.source for key in picture.resources] == [other]
    assert list(picture.statuses) == [other]
    assert opened.collector.known(SOURCE) == ()
    assert opened.collector.status(SOURCE) is None


def test_work_seen_before_is_not_forgotten_by_a_measurement_that_saw_none(opened: Stores) -> None:
    key = facts.key("a")
    opened.observe(changed=(facts.resource("a"),), vitals=(facts.vitals(key, signal_s=5),))
    opened.observe(vitals=(facts.vitals(key, signal_s=None),))
    opened.observe(vitals=(facts.vitals(key, signal_s=60),))
    assert loaded(opened.reader()).vitals[key].signal_at == NOW - timedelta(seconds=5)


def test_the_reader_imports_no_sqlite_utils_and_cannot_write(state_dir: Path) -> None:
    with stores(state_dir):
        pass
    code = """
import sys
from pathlib import Path
from fleet_tui.store.open import open_for_reader, open_for_intents
reader = open_for_reader(Path(sys.argv[1]))
reader.load(lambda delta: None)
print([name for name in sys.modules if name.split(".")[0] in {"sqlite_utils", "httpx", "dbos", "textual"}])
try:
    reader._open.connection.execute("UPDATE clock SET revision = 99")
except Exception as error:
    print(error)
"""
    with child(code, str(state_dir)) as other:
        out, err = other.communicate(timeout=30)
    assert err == ""
    assert out.splitlines() == ["[]", "attempt to write a readonly database"]


def test_ids_that_differ_only_in_odd_characters_are_different_rows(opened: Stores) -> None:
    ids = ["\ud800", "\ufdd0d800", "d800", "\x00", "", "\ufdd0"]
    opened.observe(changed=tuple(facts.resource(id_) for id_ in ids))
    assert {key.id for key in loaded(opened.reader()).resources} == set(ids)


def test_an_unknown_action_is_said_to_be_unknown(opened: Stores) -> None:
    assert opened.collector.action(ActionId("nobody")) is None


def test_opening_twice_gives_a_higher_token_and_the_same_fleet(state_dir: Path) -> None:
    with stores(state_dir) as held:
        held.observe(changed=(facts.resource("a"),))
    collector, lock = open_for_collector(state_dir, NOW, opening=SMALL)
    assert [r.key.id for r in collector.known(SOURCE)] == ["a"]
    collector.close()
    lock.close()
