"""Where there is no /proc the same is seen and done through psutil; held to it on this machine."""

import asyncio
import os
import signal
from collections.abc import Callable

import pytest

from fleet_tui.providers.local import portable, processes, procfs, tree
from fleet_tui.providers.local.discovery import Scanner
from fleet_tui.providers.local.facts import ProcessRef, Table
from fleet_tui.providers.local.recognise import shipped_kinds
from fleet_tui.providers.local.tree import ProcessScope
from tests.providers.local.conftest import Start
from tests.providers.local.test_discovery import found_as
from tests.support.adapters import WallClock
from tests.support.wait import eventually


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without /proc and without pidfds."""
    monkeypatch.setattr(processes, "MACHINE", portable)
    monkeypatch.setattr(processes, "_PIDFD", False)


@pytest.mark.parametrize(
    "ask",
    [
        lambda machine: machine.owner_of(os.getpid()),
        lambda machine: machine.command_line_of(os.getpid()),
        lambda machine: machine.executable_of(os.getpid()),
        lambda machine: machine.directory_of(os.getpid()),
        lambda machine: machine.variables_of(os.getpid(), frozenset({"PATH", "HOME"})),
        lambda machine: machine.read_process(os.getpid()).parent,
        lambda machine: machine.read_process(os.getpid()).comm,
        lambda machine: machine.read_table()[os.getpid()].pid,
        lambda machine: machine.owner_of(2**22 + 1),
        lambda machine: machine.command_line_of(2**22 + 1),
        lambda machine: machine.directory_of(2**22 + 1),
        lambda machine: machine.executable_of(2**22 + 1),
        lambda machine: machine.variables_of(2**22 + 1, frozenset({"PATH"})) or {},
        lambda machine: machine.read_process(2**22 + 1),
    ],
)
def test_both_ways_of_looking_agree(ask: Callable[[object], object]) -> None:
    assert ask(portable) == ask(procfs)


def test_both_agree_about_when_it_started_and_what_it_used() -> None:
    ours, theirs = procfs.read_process(os.getpid()), portable.read_process(os.getpid())
    assert ours is not None
    assert theirs is not None

    assert procfs.started_at_s(ours.start_ticks) == pytest.approx(portable.started_at_s(theirs.start_ticks), abs=1.5)
    assert theirs.cpu_s == pytest.approx(ours.cpu_s, abs=1.0)
    assert theirs.rss_bytes == pytest.approx(ours.rss_bytes, rel=0.2)


@pytest.mark.usefixtures("elsewhere")
async def test_an_agent_is_found_paused_and_killed_without_proc(start: Start) -> None:
    process = start("claude", "-c", "sleep 1000 & wait", program="sh")
    scanner = Scanner(shipped_kinds())
    found = eventually(lambda: found_as(scanner, process.pid))
    assert found is not None
    scope = ProcessScope(found.process)
    eventually(lambda: len(scope.within(processes.read_table())) == 2)
    clock = WallClock()

    async def look() -> Table:
        return await asyncio.to_thread(processes.read_table)

    assert (await tree.pause(scope, look, clock)).count == 2
    assert {fact.state for fact in scope.within(await look()).values()} == {"T"}
    assert (await tree.kill(scope, look, clock, grace_s=5)).complete
    assert not processes.alive(found.process)


@pytest.mark.usefixtures("elsewhere")
def test_a_pid_used_again_is_not_hit_there_either(start: Start) -> None:
    process = start("claude", "1000")
    fact = processes.read_process(process.pid)
    assert fact is not None

    assert not processes.send(ProcessRef(process.pid, fact.start_ticks - 1), signal.SIGKILL)

    assert process.poll() is None
