"""The local provider does what was ordered, to that process or to nobody."""

import asyncio
import signal
from pathlib import Path

import pytest

from fleet_tui.domain.action import NO_PARAMS, Verb
from fleet_tui.domain.capability import Capability
from fleet_tui.domain.identity import Incarnation, Target
from fleet_tui.domain.outcome import Failed, RefusalReason
from fleet_tui.domain.phase import Phase
from fleet_tui.providers.local.adapter import LocalAdapter
from fleet_tui.providers.local.policy import RestartPolicy
from fleet_tui.providers.local.processes import alive, send
from fleet_tui.providers.local.settings import LocalSettings
from tests.providers.local.conftest import Hold
from tests.providers.local.rows import NOW, NOW_PLEASE, done, in_phase, refused, row_of
from tests.providers.local.test_runner import FAMILY, QUICK, below
from tests.support.adapters import context_for, order_for
from tests.support.wait import eventually


async def test_pause_and_resume_are_seen_in_the_row(hold: Hold, local: LocalAdapter) -> None:
    held = hold("sh", "-c", FAMILY)
    held.says("ready")
    eventually(lambda: len(below(held)) == 3)
    row = await row_of(local, held)

    assert done(await local.pause(order_for(Verb.PAUSE, row))) == "3 processes stopped"

    paused = await row_of(local, held)
    assert paused.phase.phase is Phase.PAUSED
    assert paused.capabilities == {Capability.RESUME, Capability.KILL, Capability.RESTART, Capability.LOGS}
    assert done(await local.resume(order_for(Verb.RESUME, paused))) == "3 processes let go on"
    assert (await row_of(local, held)).phase.phase is Phase.RUNNING


async def test_a_kill_is_the_end_whatever_the_policy_says(hold: Hold, local: LocalAdapter) -> None:
    held = hold("sh", "-c", FAMILY, restart=RestartPolicy.ALWAYS, backoff=QUICK)
    held.says("ready")
    row = await row_of(local, held)

    assert done(await local.kill(order_for(Verb.KILL, row))) == "ended with SIGTERM"

    ended = await row_of(local, held)
    assert ended.phase.phase is Phase.ENDED_KILLED
    assert ended.capabilities == {Capability.LOGS}
    held.gone()
    assert done(await local.kill(order_for(Verb.KILL, row))) == "it has ended already"


async def test_what_is_paused_is_killed_at_once_on_demand(hold: Hold, local: LocalAdapter) -> None:
    held = hold("sh", "-c", "trap '' TERM; echo up; while :; do sleep 1000; done")
    held.says("up")
    await local.pause(order_for(Verb.PAUSE, await row_of(local, held)))

    outcome = await local.kill(order_for(Verb.KILL, await row_of(local, held), NOW_PLEASE))

    assert done(outcome) == "ended with SIGKILL"


async def test_a_restart_by_order_is_another_incarnation_in_the_same_row(hold: Hold, local: LocalAdapter) -> None:
    held = hold("sleep", "1000")
    row = await row_of(local, held)
    order = order_for(Verb.RESTART, row, NOW_PLEASE)

    assert done(await local.restart(order)) == "generation 2 runs"

    after = await row_of(local, held)
    assert (after.key, after.generation, after.phase.phase) == (row.key, "2", Phase.RUNNING)
    assert after.incarnation != row.incarnation
    assert dict(after.labels)["fleet.action"] == order.action_id
    assert dict(after.detail)["ended before with"] == "SIGKILL"
    assert dict(after.detail)["pid"] != dict(row.detail)["pid"]


async def test_an_old_plan_does_nothing_to_what_was_restarted_by_order(hold: Hold, local: LocalAdapter) -> None:
    held = hold("sleep", "1000")
    old = await row_of(local, held)
    await local.restart(order_for(Verb.RESTART, old, NOW_PLEASE))

    for act, verb in (
        (local.restart, Verb.RESTART),
        (local.pause, Verb.PAUSE),
        (local.resume, Verb.RESUME),
        (local.kill, Verb.KILL),
    ):
        assert refused(await act(order_for(verb, old, NOW_PLEASE))) is RefusalReason.REPLACED
    new = await row_of(local, held)
    assert (new.generation, new.phase.phase) == ("2", Phase.RUNNING)
    done(await local.kill(order_for(Verb.KILL, new, NOW_PLEASE)))
    assert (await row_of(local, held)).incarnation == new.incarnation


async def test_a_restart_by_policy_is_the_same_incarnation_and_an_old_plan_still_kills(
    hold: Hold, local: LocalAdapter
) -> None:
    held = hold("sleep", "1000", restart=RestartPolicy.ALWAYS, backoff=QUICK)
    old = await row_of(local, held)
    child = held.in_generation(1).child
    assert child is not None
    send(child.ref, signal.SIGKILL)
    held.in_generation(2)

    assert refused(await local.restart(order_for(Verb.RESTART, old))) is RefusalReason.CHANGED
    assert refused(await local.pause(order_for(Verb.PAUSE, old))) is RefusalReason.CHANGED
    after = await row_of(local, held)
    assert (after.incarnation, after.generation) == (old.incarnation, "2")
    done(await local.kill(order_for(Verb.KILL, old, NOW_PLEASE)))


async def test_a_restart_whose_command_is_gone_says_so_and_the_life_before_is_over(
    hold: Hold, local: LocalAdapter, tmp_path: Path
) -> None:
    program = tmp_path / "agent"
    program.symlink_to("/bin/sleep")
    held = hold(str(program), "1000")
    old = await row_of(local, held)
    program.unlink()

    outcome = await local.restart(order_for(Verb.RESTART, old, NOW_PLEASE))

    assert isinstance(outcome, Failed)
    assert "could not be started again" in outcome.detail
    assert (await row_of(local, held)).incarnation != old.incarnation
    held.ended()


@pytest.mark.parametrize("verb", [Verb.PAUSE, Verb.RESUME, Verb.KILL, Verb.RESTART])
async def test_another_incarnation_is_left_alone(hold: Hold, local: LocalAdapter, verb: Verb) -> None:
    held = hold("sleep", "1000")
    row = await row_of(local, held)
    order = order_for(verb, row, NOW_PLEASE)
    stranger = type(order)(
        action_id=order.action_id, verb=verb, target=Target(row.key, Incarnation("1-2-3-4")), params=NOW_PLEASE
    )

    outcome = await getattr(local, verb.value)(stranger)

    assert refused(outcome) is RefusalReason.REPLACED
    assert (await row_of(local, held)).phase.phase is Phase.RUNNING


async def test_a_crash_loop_is_looping_until_somebody_says_what(hold: Hold, local: LocalAdapter) -> None:
    held = hold("false", restart=RestartPolicy.ON_FAILURE, backoff=QUICK)
    row = await in_phase(local, held, Phase.LOOPING)
    assert "status 1" in row.phase.evidence

    assert done(await local.kill(order_for(Verb.KILL, row))) == "ended with status 1"


async def test_waiting_for_a_restart_is_backoff_and_a_restart_ends_the_wait(hold: Hold, local: LocalAdapter) -> None:
    held = hold("sh", "-c", "test -e again && exec sleep 1000; exit 1", restart=RestartPolicy.ON_FAILURE)
    row = await in_phase(local, held, Phase.BACKOFF)
    assert refused(await local.pause(order_for(Verb.PAUSE, row))) is RefusalReason.GONE
    (Path(held.run.started.cwd) / "again").touch()

    assert done(await local.restart(order_for(Verb.RESTART, row))) == "generation 2 runs"


async def test_what_an_ended_agent_left_is_a_row_that_can_be_killed(hold: Hold, local: LocalAdapter) -> None:
    held = hold("sh", "-c", "setsid sleep 1000 & exit 0")
    held.ended()
    assert (await row_of(local, held)).phase.phase is Phase.ENDED_OK
    left = await row_of(local, held, ".left")
    assert (left.agent, left.phase.phase) == ("ada", Phase.RUNNING)

    assert done(await local.kill(order_for(Verb.KILL, left, NOW_PLEASE))) == "nothing of it is left"

    held.gone()
    assert len((await local.list_resources(NOW)).resources) == 1


async def test_an_agent_whose_runner_was_killed_is_still_seen_and_killed(hold: Hold, local: LocalAdapter) -> None:
    held = hold("sh", "-c", "setsid sleep 1000 & sleep 1000", end_with_fd=None)
    eventually(lambda: len(below(held)) == 3)
    family = below(held)
    send(held.runner, signal.SIGKILL)
    held.gone()

    row = await row_of(local, held)
    assert (row.phase.phase, row.phase.raw) == (Phase.RUNNING, "without a runner")
    assert refused(await local.restart(order_for(Verb.RESTART, row))) is RefusalReason.NOT_SUPPORTED
    assert done(await local.kill(order_for(Verb.KILL, row, NOW_PLEASE))) == "3 processes ended"

    assert not any(alive(ref) for ref in family.values())
    assert (await row_of(local, held)).phase.phase is Phase.ENDED_LOST


async def test_a_kill_goes_on_though_the_runner_hangs_and_it_starts_nothing_anew(hold: Hold, tmp_path: Path) -> None:
    held = hold("sleep", "1000", restart=RestartPolicy.ALWAYS)
    settings = LocalSettings(name="local", provider="local", discover=False)
    local = LocalAdapter(settings, {}, context_for("local", tmp_path / "state", timeout_s=0.2))
    row = await row_of(local, held)
    send(held.runner, signal.SIGSTOP)

    assert done(await local.kill(order_for(Verb.KILL, row, NOW_PLEASE))) == "1 process ended"

    send(held.runner, signal.SIGCONT)
    assert (held.ended().generation, held.ended().by) == (1, "order")


async def test_a_restart_that_nobody_answers_is_uncertain(hold: Hold, tmp_path: Path) -> None:
    held = hold("sleep", "1000")
    settings = LocalSettings(name="local", provider="local", discover=False)
    local = LocalAdapter(settings, {}, context_for("local", tmp_path / "state", timeout_s=0.2))
    row = await row_of(local, held)
    send(held.runner, signal.SIGSTOP)

    outcome = await local.restart(order_for(Verb.RESTART, row, NOW_PLEASE))

    send(held.runner, signal.SIGCONT)
    assert isinstance(outcome, Failed)
    assert outcome.uncertain


async def test_many_orders_at_once_share_their_looks(hold: Hold, local: LocalAdapter) -> None:
    runs = [hold("sleep", "1000", name=f"agent-{number}") for number in range(5)]
    rows = [await row_of(local, held) for held in runs]

    async with asyncio.TaskGroup() as group:
        kills = [group.create_task(local.kill(order_for(Verb.KILL, row, NO_PARAMS))) for row in rows]

    assert {done(kill.result()) for kill in kills} == {"ended with SIGTERM"}
