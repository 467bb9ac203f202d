"""Pause, resume and kill reach everything an agent is made of, and nobody else."""

import asyncio
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_tui.providers.local import tree
from fleet_tui.providers.local.facts import RUNNER_COMM, ProcessFact, ProcessRef, Table
from fleet_tui.providers.local.policy import RestartPolicy
from fleet_tui.providers.local.processes import alive, read_process, read_table, send
from fleet_tui.providers.local.procfs import parse_stat
from fleet_tui.providers.local.runs import ask
from fleet_tui.providers.local.tree import ProcessScope, RunnerScope, ancestors, children_of, descendants, in_the_way
from tests.providers.local.conftest import PYTHON, Held, Hold
from tests.providers.local.test_runner import FAMILY
from tests.support.adapters import WallClock
from tests.support.wait import eventually

CLOCK = WallClock()


async def look() -> Table:
    return await asyncio.to_thread(read_table)


def family_of(held: Held, size: int) -> list[ProcessRef]:
    scope = RunnerScope(held.runner)
    eventually(lambda: len(scope.within(read_table())) == size, what=f"a family of {size}")
    return [fact.ref for fact in scope.within(read_table()).values()]


def states(family: list[ProcessRef]) -> set[str]:
    return {fact.state for ref in family if (fact := read_process(ref.pid)) is not None}


async def test_pause_stops_all_of_it_wherever_it_hides_and_resume_lets_all_go_on(hold: Hold) -> None:
    held = hold("sh", "-c", FAMILY)
    family = family_of(held, 3)

    paused = await tree.pause(RunnerScope(held.runner), look, CLOCK)

    assert paused == tree.Touched(count=3)
    assert states(family) == {"T"}
    answer = ask(held.directory, "status")
    assert answer is not None

    resumed = await tree.resume(RunnerScope(held.runner), look, CLOCK)

    assert resumed.complete
    assert "T" not in states(family)


async def test_pause_catches_what_forks_all_the_time(hold: Hold) -> None:
    held = hold("sh", "-c", "while :; do (sleep 0.001; sleep 0.001) & sleep 0.002; done")
    eventually(lambda: len(RunnerScope(held.runner).within(read_table())) > 1)

    paused = await tree.pause(RunnerScope(held.runner), look, CLOCK)

    assert paused.complete
    before = RunnerScope(held.runner).within(read_table())
    assert {fact.state for fact in before.values()} == {"T"}
    assert before.keys() == RunnerScope(held.runner).within(read_table()).keys()


VFORK = "import ctypes; c = ctypes.PyDLL(None); print('up', flush=True); c.vfork() or c.pause()"


async def test_a_parent_asleep_in_vfork_counts_as_stopped_and_is_killed_with_its_child(hold: Hold) -> None:
    held = hold(PYTHON, "-c", VFORK)
    held.says("up")
    family = family_of(held, 2)
    eventually(lambda: "D" in states(family), what="a parent that waits for its vforked child")

    paused = await tree.pause(RunnerScope(held.runner), look, CLOCK)

    assert paused == tree.Touched(count=2)
    assert states(family) == {"T"}
    assert (await tree.kill(RunnerScope(held.runner), look, CLOCK, grace_s=0)).complete
    assert not any(alive(ref) for ref in family)


async def test_a_pause_twice_is_a_pause(hold: Hold) -> None:
    held = hold("sleep", "1000")
    await tree.pause(RunnerScope(held.runner), look, CLOCK)

    again = await tree.pause(RunnerScope(held.runner), look, CLOCK)

    assert again == tree.Touched(count=0)


@pytest.mark.parametrize("grace_s", [0.0, 20.0])
async def test_what_is_paused_can_be_killed(hold: Hold, grace_s: float) -> None:
    held = hold("sh", "-c", FAMILY, restart=RestartPolicy.ALWAYS)
    family = family_of(held, 3)
    await tree.pause(RunnerScope(held.runner), look, CLOCK)
    ask(held.directory, "hold-restarts")

    killed = await tree.kill(RunnerScope(held.runner), look, CLOCK, grace_s=grace_s)

    assert killed == tree.Touched(count=3)
    assert not any(alive(ref) for ref in family)
    assert held.in_phase("held").last.signal == (signal.SIGTERM if grace_s else signal.SIGKILL)
    assert alive(held.runner)


async def test_what_ignores_sigterm_is_killed_after_the_grace(hold: Hold) -> None:
    held = hold("sh", "-c", "trap '' TERM; echo up; while :; do sleep 1000; done")
    held.says("up")
    family = family_of(held, 2)

    killed = await tree.kill(RunnerScope(held.runner), look, CLOCK, grace_s=0.3)

    assert killed.complete
    assert not any(alive(ref) for ref in family)


async def test_a_tree_whose_runner_was_replaced_is_empty_and_left_alone(hold: Hold) -> None:
    held = hold("sleep", "1000")
    stale = RunnerScope(ProcessRef(held.runner.pid, held.runner.start_ticks - 1))

    assert (await tree.kill(stale, look, CLOCK, grace_s=0)).count == 0
    assert len(family_of(held, 1)) == 1


@pytest.fixture
def found_agent(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process no runner holds, with a child in a session of its own."""
    with subprocess.Popen(["sh", "-c", "setsid sleep 1000 & sleep 1000"], start_new_session=True) as process:
        first = read_process(process.pid)
        assert first is not None
        scope = ProcessScope(first.ref)
        eventually(lambda: len(scope.within(read_table())) == 3)
        yield process
        for member in scope.within(read_table()).values():
            send(member.ref, signal.SIGKILL)


async def test_a_found_process_is_killed_with_its_descendants(found_agent: subprocess.Popen[bytes]) -> None:
    fact = read_process(found_agent.pid)
    assert fact is not None
    scope = ProcessScope(fact.ref)
    eventually(lambda: len(scope.within(read_table())) == 3)
    family = [member.ref for member in scope.within(read_table()).values()]

    killed = await tree.kill(scope, look, CLOCK, grace_s=0)

    assert killed.complete
    assert not any(alive(ref) for ref in family)


async def test_a_child_whose_parent_went_first_is_killed_all_the_same(found_agent: subprocess.Popen[bytes]) -> None:
    fact = read_process(found_agent.pid)
    assert fact is not None
    scope = ProcessScope(fact.ref)
    eventually(lambda: len(scope.within(read_table())) == 3)
    family = [member.ref for member in scope.within(read_table()).values()]
    found_agent.kill()
    found_agent.wait()

    killed = await tree.kill(scope, look, CLOCK, grace_s=0)

    assert killed.count == 2
    assert not any(alive(ref) for ref in family)


def test_what_acts_is_never_part_of_what_it_acts_on() -> None:
    table = read_table()

    above = ancestors(table, os.getpid())

    assert os.getppid() in above
    found = descendants(children_of(table), os.getppid())
    assert os.getpid() in in_the_way({os.getppid(), *found}, table, [os.getpid()])
    assert in_the_way({os.getpid()}, table, [os.getppid()]) == frozenset()


def test_a_name_full_of_brackets_hides_no_field() -> None:
    raw = b"12 (a) R 1 (x)) S 7 12 9 0 -1 4194304 1 2 3 4 50 60 7 8 20 0 1 0 4242 1000 77 18446744073709551615\n"

    fact = parse_stat(raw)

    assert (fact.pid, fact.comm, fact.state, fact.parent, fact.session) == (12, "a) R 1 (x)", "S", 7, 9)
    assert (fact.cpu_s, fact.start_ticks, fact.rss_bytes) == (1.1, 4242, 77 * 4096)


def fact(pid: int, parent: int, comm: str) -> ProcessFact:
    return ProcessFact(pid=pid, parent=parent, session=pid, start_ticks=pid, state="S", comm=comm, cpu_s=0, rss_bytes=0)


@given(
    st.lists(st.tuples(st.integers(0, 12), st.booleans()), min_size=1, max_size=12),
)
def test_descendants_stop_at_runners_and_end_for_every_table(edges: list[tuple[int, bool]]) -> None:
    table = {
        pid: fact(pid, parent, RUNNER_COMM if runner else "sh") for pid, (parent, runner) in enumerate(edges, start=1)
    }

    found = descendants(children_of(table), 1)

    for pid, member in found.items():
        assert member.comm != RUNNER_COMM
        assert member.parent == 1 or member.parent in found
        assert member.parent == 1 or list(found).index(member.parent) < list(found).index(pid) or pid == member.parent


def test_a_signal_to_another_users_process_is_a_permission_error() -> None:
    if os.getuid() == 0:
        with pytest.raises(PermissionError):
            _send_as_nobody()
        return
    first = read_process(1)
    assert first is not None
    with pytest.raises(PermissionError):
        send(first.ref, signal.SIGURG)


def _send_as_nobody() -> None:
    ours = read_process(os.getpid())
    assert ours is not None
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.setresuid(65534, 65534, 65534)
            send(ours.ref, signal.SIGURG)
            os.write(write, b"sent")
        except PermissionError:
            os.write(write, b"refused")
        finally:
            os._exit(0)
    os.waitpid(pid, 0)
    if os.read(read, 100) == b"refused":
        raise PermissionError
