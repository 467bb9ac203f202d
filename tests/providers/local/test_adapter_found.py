"""Agent CLIs that nobody told us about are rows too, and are acted on as that process and its descendants."""

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fleet_tui.domain.action import Params, Verb
from fleet_tui.domain.capability import Capability
from fleet_tui.domain.outcome import Outcome, RefusalReason, Refused
from fleet_tui.domain.phase import Phase
from fleet_tui.domain.resource import Resource
from fleet_tui.providers.local.adapter import LocalAdapter
from fleet_tui.providers.local.facts import ProcessRef
from fleet_tui.providers.local.processes import alive, read_process
from fleet_tui.providers.local.settings import LocalSettings
from tests.providers.local.rows import done, refused
from tests.support.adapters import context_for, order_for
from tests.support.wait import eventually_async

NOW = datetime(2026, 11, 22, tzinfo=UTC)
NOW_PLEASE = Params(now=True)


@pytest.fixture
def local(tmp_path: Path) -> LocalAdapter:
    settings = LocalSettings(name="local", provider="local", discover=False)
    return LocalAdapter(settings, {}, context_for("local", tmp_path / "state"))


@pytest.fixture
def discovering(tmp_path: Path) -> LocalAdapter:
    return LocalAdapter(LocalSettings(name="local", provider="local"), {}, context_for("local", tmp_path / "state"))


@pytest.fixture
def claude(tmp_path: Path) -> Iterator[Callable[..., ProcessRef]]:
    """Start what looks like an agent CLI that nobody told us about."""
    processes: list[subprocess.Popen[bytes]] = []

    def start(script: str = "sleep 1000 & wait", **variables: str) -> ProcessRef:
        for name in ("claude", "fleet-tui"):
            if not (tmp_path / name).exists():
                (tmp_path / name).symlink_to(shutil.which("sh") or "/bin/sh")
        environment = {"PATH": os.environ["PATH"], **variables}
        process = subprocess.Popen([str(tmp_path / "claude"), "-c", script], env=environment, start_new_session=True)
        processes.append(process)
        fact = read_process(process.pid)
        assert fact is not None
        return fact.ref

    yield start
    for process in processes:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


async def found_row(local: LocalAdapter, process: ProcessRef) -> Resource | None:
    rows = (await local.list_resources(NOW)).resources
    return next((row for row in rows if dict(row.detail).get("pid") == str(process.pid)), None)


async def seen(local: LocalAdapter, process: ProcessRef) -> Resource:
    row = await eventually_async(lambda: found_row(local, process))
    assert row is not None
    return row


async def test_a_found_agent_is_paused_resumed_and_killed(
    discovering: LocalAdapter, claude: Callable[..., ProcessRef]
) -> None:
    process = claude(FLEET_AGENT="ada", FLEET_TEAM="ops", SECRET="canary")
    row = await seen(discovering, process)
    assert (row.agent, row.name, row.assignment.team) == ("ada", "ada", "ops")
    assert row.capabilities == {Capability.PAUSE, Capability.KILL}
    assert "canary" not in repr(row)
    assert "sleep" not in repr(row)

    assert done(await discovering.pause(order_for(Verb.PAUSE, row))).endswith("stopped")
    paused = await seen(discovering, process)
    assert paused.phase.phase is Phase.PAUSED
    assert paused.capabilities == {Capability.RESUME, Capability.KILL}
    done(await discovering.resume(order_for(Verb.RESUME, paused)))
    assert refused(await discovering.restart(order_for(Verb.RESTART, row))) is RefusalReason.NOT_SUPPORTED

    done(await discovering.kill(order_for(Verb.KILL, row)))
    assert not alive(process)
    assert await found_row(discovering, process) is None
    assert done(await discovering.kill(order_for(Verb.KILL, row))) == "it has ended already"


async def test_nothing_is_found_where_nothing_is_looked_for(
    local: LocalAdapter, discovering: LocalAdapter, claude: Callable[..., ProcessRef]
) -> None:
    process = claude()
    await seen(discovering, process)

    assert await found_row(local, process) is None


async def test_an_agent_below_which_fleet_tui_runs_is_not_killed_from_there(
    discovering: LocalAdapter, claude: Callable[..., ProcessRef], tmp_path: Path
) -> None:
    process = claude(f"{tmp_path}/fleet-tui -c 'sleep 1000 & wait' & wait")
    row = await seen(discovering, process)

    async def ours() -> Outcome | None:
        outcome = await discovering.pause(order_for(Verb.PAUSE, row))
        return outcome if isinstance(outcome, Refused) else None

    outcome = await eventually_async(ours)

    assert outcome is not None
    assert refused(outcome) is RefusalReason.NOT_SUPPORTED
    assert refused(await discovering.kill(order_for(Verb.KILL, row))) is RefusalReason.NOT_SUPPORTED
    assert alive(process)
