"""The local provider lists what is there and does to it what was ordered, to that process or to nobody."""

import asyncio
import json
import os
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fleet_tui.domain.action import NO_PARAMS, Params, Verb
from fleet_tui.domain.assignment import Assignment
from fleet_tui.domain.capability import Capability
from fleet_tui.domain.identity import Incarnation, Kind, ResourceKey, SourceName, Target
from fleet_tui.domain.outcome import Done, Failed, Outcome, RefusalReason, Refused
from fleet_tui.domain.phase import Phase
from fleet_tui.domain.resource import Resource, SignalKind
from fleet_tui.ports import Getter, Killer, Lister, LogPage, LogReader, Pauser, Restarter, Resumer
from fleet_tui.providers.local.adapter import LocalAdapter
from fleet_tui.providers.local.policy import RestartPolicy
from fleet_tui.providers.local.processes import alive, send
from fleet_tui.providers.local.settings import LocalSettings
from tests.providers.local.conftest import Held, Hold
from tests.providers.local.test_runner import FAMILY, QUICK, below
from tests.support.adapters import context_for, order_for
from tests.support.wait import eventually, eventually_async

NOW = datetime(2026, 11, 22, tzinfo=UTC)
NOW_PLEASE = Params(now=True)


@pytest.fixture
def local(tmp_path: Path) -> LocalAdapter:
    settings = LocalSettings(name="local", provider="local", discover=False)
    return LocalAdapter(settings, {}, context_for("local", tmp_path / "state"))


async def row_of(local: LocalAdapter, held: Held, suffix: str = "") -> Resource:
    key = ResourceKey(SourceName("local"), Kind.PROCESS, held.launched.run_id + suffix)
    row = await local.get_resource(key, NOW)
    assert row is not None
    return row


async def in_phase(local: LocalAdapter, held: Held, phase: Phase) -> Resource:
    async def reached() -> Resource | None:
        row = await row_of(local, held)
        return row if row.phase.phase is phase else None

    row = await eventually_async(reached, what=str(phase))
    assert row is not None
    return row


def done(outcome: Outcome) -> str:
    assert isinstance(outcome, Done), outcome
    return outcome.detail


def refused(outcome: Outcome) -> RefusalReason:
    assert isinstance(outcome, Refused), outcome
    return outcome.reason


def test_it_can_do_what_its_rows_may_offer(local: LocalAdapter) -> None:
    for port in (Lister, Getter, Pauser, Resumer, Killer, Restarter, LogReader):
        assert isinstance(local, port)


async def test_nothing_started_is_a_complete_and_empty_listing(local: LocalAdapter) -> None:
    listing = await local.list_resources(NOW)

    assert (listing.resources, listing.complete, listing.kinds) == ((), True, frozenset({Kind.PROCESS}))


async def test_a_run_is_a_row_with_its_agent_and_assignment(hold: Hold, local: LocalAdapter, tmp_path: Path) -> None:
    held = hold("sleep", "1000", team="ops", task="T-1", owner="eve", parent="boss")

    row = await row_of(local, held)

    assert (row.name, row.agent, row.claimed_by) == ("ada", "ada", "label fleet.agent")
    assert row.assignment == Assignment(owner="eve", team="ops", task="T-1", parent="boss")
    assert (row.phase.phase, row.incarnation, row.generation) == (Phase.RUNNING, held.launched.run_id, "1")
    assert row.capabilities == {Capability.PAUSE, Capability.KILL, Capability.RESTART, Capability.LOGS}
    assert dict(row.detail)["directory"] == str(tmp_path)
    assert row.created_at is not None
    assert row.observes_work


async def test_no_argument_and_no_variable_is_in_any_row(hold: Hold, local: LocalAdapter) -> None:
    hold("sh", "-c", "sleep 1000; : canary", environment={"PATH": os.environ["PATH"], "KEY": "canary"})

    listing = await local.list_resources(NOW)

    assert len(listing.resources) == 1
    assert "canary" not in repr(listing)


async def test_cpu_needs_two_looks_and_is_a_sign_of_work(hold: Hold, local: LocalAdapter) -> None:
    hold("sh", "-c", "while :; do :; done")
    (first,) = (await local.list_resources(NOW)).vitals

    async def busy() -> bool:
        (vitals,) = (await local.list_resources(NOW)).vitals
        return vitals.signal_kind is SignalKind.CPU and (vitals.cpu_percent or 0) > 5 and vitals.signal_at == NOW

    assert first.cpu_percent is None
    assert first.memory_bytes
    await eventually_async(busy)


async def test_output_is_a_sign_of_work_and_silence_is_none(hold: Hold, local: LocalAdapter) -> None:
    quiet, loud = hold("sleep", "1000"), hold("sh", "-c", "echo hello; exec sleep 1000")
    loud.says("hello")

    vitals = {one.key.id: one for one in (await local.list_resources(NOW)).vitals}

    assert vitals[loud.launched.run_id].signal_kind is SignalKind.OUTPUT
    assert vitals[loud.launched.run_id].signal_at is not None
    assert vitals[quiet.launched.run_id].signal_at is None


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


async def test_lines_of_a_log_know_their_run(hold: Hold, local: LocalAdapter) -> None:
    held = hold("sh", "-c", "echo hello; exec sleep 1000")
    row = await row_of(local, held)

    async def first_page(after: str | None) -> LogPage:
        page = LogPage(lines=(), cursor=after)

        async def there() -> bool:
            nonlocal page
            page = await local.read_logs(row.key, after=after, limit=50)
            return bool(page.lines)

        await eventually_async(there, what="a line of the log")
        return page

    first = await first_page(None)
    assert done(await local.restart(order_for(Verb.RESTART, row, NOW_PLEASE))) == "generation 2 runs"
    second = await first_page(first.cursor)

    assert [(page.generation, page.lines[0][1]) for page in (first, second)] == [("1", "hello"), ("2", "hello")]


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


@pytest.mark.parametrize(
    ("command", "phase"),
    [("exit 0", Phase.ENDED_OK), ("exit 3", Phase.ENDED_FAILED), ("kill -9 $$", Phase.ENDED_FAILED)],
)
async def test_an_end_is_told_with_how(hold: Hold, local: LocalAdapter, command: str, phase: Phase) -> None:
    held = hold("sh", "-c", command)
    ended = held.ended()

    row = await row_of(local, held)

    assert row.phase.phase is phase
    assert row.phase.since is not None
    assert row.phase.since.timestamp() == pytest.approx(ended.ended_at)


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


async def test_what_ended_long_ago_is_removed_and_what_runs_is_not(hold: Hold, local: LocalAdapter) -> None:
    running, ended = hold("sleep", "1000"), hold("true")
    ended.ended()
    ended.gone()

    await local.list_resources(datetime.now(UTC) + timedelta(days=8))

    assert running.directory.exists()
    assert not ended.directory.exists()


async def test_a_run_of_before_the_reboot_is_lost_whoever_has_its_pid_now(hold: Hold, local: LocalAdapter) -> None:
    held = hold("sleep", "1000")
    started = held.directory / "started"
    facts = json.loads(started.read_text())
    started.write_text(json.dumps({**facts, "boot_id": "another"}))

    row = await row_of(local, held)

    started.write_text(json.dumps(facts))
    assert row.phase.phase is Phase.ENDED_LOST
    assert row.capabilities == {Capability.LOGS}


async def test_a_run_that_cannot_be_read_makes_the_listing_partial(hold: Hold, local: LocalAdapter) -> None:
    hold("sleep", "1000")
    broken = hold("true")
    broken.ended()
    broken.gone()
    whole = (broken.directory / "started").read_text()
    (broken.directory / "started").write_text("{")

    listing = await local.list_resources(NOW)

    (broken.directory / "started").write_text(whole)
    assert (len(listing.resources), listing.complete) == (1, False)
    assert broken.launched.run_id in listing.notes[0]


async def test_the_log_is_read_page_by_page(hold: Hold, local: LocalAdapter) -> None:
    held = hold("sh", "-c", "for i in 1 2 3 4 5; do echo line $i; done; printf rest")
    held.ended()
    key = (await row_of(local, held)).key

    last = await local.read_logs(key, after=None, limit=3)
    first = await local.read_logs(key, after="0", limit=2)
    second = await local.read_logs(key, after=first.cursor, limit=10)

    assert [text for _, text in first.lines] == ["line 1", "line 2"]
    assert first.more
    assert [text for _, text in second.lines] == ["line 3", "line 4", "line 5", "rest"]
    assert [text for _, text in last.lines] == ["line 3", "line 4", "line 5"]


@pytest.mark.parametrize("id_", ["../../etc/passwd", "/etc/passwd", "..", "", ".left"])
async def test_an_id_names_a_directory_of_ours_or_nothing(local: LocalAdapter, id_: str) -> None:
    page = await local.read_logs(ResourceKey(SourceName("local"), Kind.PROCESS, id_), after=None, limit=3)

    assert page.lines == ()


async def test_a_file_of_agents_that_is_wrong_is_told_and_the_rest_goes_on(tmp_path: Path, hold: Hold) -> None:
    hold("sleep", "1000")
    (tmp_path / "agents.toml").write_text("[x")
    settings = LocalSettings(name="local", provider="local", agents_file=str(tmp_path / "agents.toml"))

    listing = await LocalAdapter(settings, {}, context_for("local", tmp_path / "state")).list_resources(NOW)

    assert "ada" in {row.name for row in listing.resources}
    assert not listing.complete
    assert "agents.toml" in listing.notes[0]


async def test_many_orders_at_once_share_their_looks(hold: Hold, local: LocalAdapter) -> None:
    runs = [hold("sleep", "1000", name=f"agent-{number}") for number in range(5)]
    rows = [await row_of(local, held) for held in runs]

    async with asyncio.TaskGroup() as group:
        kills = [group.create_task(local.kill(order_for(Verb.KILL, row, NO_PARAMS))) for row in rows]

    assert {done(kill.result()) for kill in kills} == {"ended with SIGTERM"}
