"""What an agent does at a moment depends on its behaviour and that moment alone."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from fleet_tui.emulator.workload import Workload, cpu_pct, disk_used_bytes, is_busy, last_work_at, lines, mem_used_bytes
from fleet_tui.emulator.world import Behaviour
from tests.support.clock import START

GIB = 1024**3
MOMENTS = st.datetimes(min_value=datetime(2026, 3, 2, 9), max_value=datetime(2026, 3, 3)).map(
    lambda moment: moment.replace(tzinfo=START.tzinfo)
)
WORK = st.builds(
    Workload,
    behaviour=st.sampled_from(Behaviour),
    chance=st.integers(0, 2**30),
    since=st.just(START),
    turns_at=st.none() | MOMENTS,
)


@given(work=WORK, at=MOMENTS)
def test_figures_stay_plausible(work: Workload, at: datetime) -> None:
    assert 0 <= cpu_pct(work, at) <= 100
    assert 0 < mem_used_bytes(work, at, GIB) < GIB
    assert 0 < disk_used_bytes(work, at, GIB) < GIB
    assert START <= last_work_at(work, at) <= max(at, START)
    assert is_busy(work, at) or cpu_pct(work, at) < 2


@given(work=WORK, since=MOMENTS, until=MOMENTS, limit=st.integers(0, 50))
def test_lines_are_the_same_from_both_ends(work: Workload, since: datetime, until: datetime, limit: int) -> None:
    until = min(until, since + timedelta(hours=1))
    forward = lines(work, since, until, limit=100_000)
    backward = lines(work, since, until, limit=100_000, newest_first=True)
    assert list(backward) == list(forward)[::-1]
    assert list(lines(work, since, until, limit=limit)) == list(forward)[:limit]
    assert [line.at for line in forward] == sorted(line.at for line in forward)
    assert all(since <= line.at < until for line in forward)


@given(chance=st.integers(0, 2**30), minutes=st.integers(1, 300))
def test_one_that_waits_asks_and_falls_silent(chance: int, minutes: int) -> None:
    asks_at = START + timedelta(minutes=minutes)
    work = Workload(behaviour=Behaviour.WAITS, chance=chance, since=START, turns_at=asks_at)
    (last,) = lines(work, START, asks_at + timedelta(days=1), limit=1, newest_first=True)
    assert last.at == asks_at == last_work_at(work, asks_at + timedelta(hours=5))
    assert "approval" in last.text


def test_one_that_loops_says_the_same_line_at_full_load() -> None:
    work = Workload(behaviour=Behaviour.LOOPS, chance=7, since=START)
    written = lines(work, START, START + timedelta(minutes=10), limit=1000)
    assert len({line.text for line in written}) == 1
    assert len(written) == 200
    assert cpu_pct(work, START + timedelta(minutes=5)) > 80
