"""A runner keeps its agent, its output and its end, whatever happens around it."""

import resource
import signal
import subprocess
import textwrap
from pathlib import Path

import pytest

from fleet_tui.providers.local.facts import RUNNER_COMM, ProcessRef
from fleet_tui.providers.local.launch import RUNS
from fleet_tui.providers.local.policy import Backoff, RestartPolicy
from fleet_tui.providers.local.processes import alive, read_process, read_table, send
from fleet_tui.providers.local.runs import ask, read_run
from fleet_tui.providers.local.tree import RunnerScope, children_of, descendants
from tests.providers.local.conftest import PYTHON, Held, Hold, parent_of
from tests.support.wait import eventually

QUICK = Backoff(first_s=0.01, cap_s=0.05, loop_count=3)
FAMILY = "setsid sleep 1000 & (sleep 1000 &) ; echo ready; wait"
"""A child in a session of its own and one that forked twice."""


def below(held: Held) -> dict[int, ProcessRef]:
    return {pid: fact.ref for pid, fact in RunnerScope(held.runner).within(read_table()).items()}


def test_the_signal_that_ended_it_is_kept(hold: Hold) -> None:
    ended = hold("sh", "-c", "kill -9 $$").ended()

    assert (ended.exit_status, ended.signal) == (None, signal.SIGKILL)


def test_the_last_words_are_in_the_log_when_the_end_is_on_record(hold: Hold) -> None:
    held = hold("sh", "-c", "head -c 60000 /dev/zero | tr '\\0' x; echo; echo last")
    held.ended()

    assert held.log.endswith("x\nlast\n")


def test_what_forks_twice_or_takes_a_session_stays_below_its_runner_and_is_reaped(hold: Hold) -> None:
    held = hold("sh", "-c", FAMILY)
    held.says("ready")
    family = eventually(lambda: found if len(found := below(held)) == 3 else None)
    assert family is not None
    sessions = {fact.session for pid in family if (fact := read_process(pid)) is not None}
    assert len(sessions) == 2

    for ref in family.values():
        send(ref, signal.SIGKILL)

    held.ended()
    held.gone()
    assert not any(pid in read_table() for pid in family)


def test_what_an_agent_leaves_behind_is_counted_and_ended_on_demand(hold: Hold) -> None:
    held = hold("sh", "-c", "setsid sleep 1000 & exit 0")

    assert held.ended().left_behind == 1
    (left,) = below(held).values()
    answer = ask(held.directory, "end", grace_s=0)

    assert answer is not None
    assert answer.ok
    held.gone()
    assert not alive(left)


@pytest.mark.parametrize(
    ("policy", "code", "again"),
    [
        (RestartPolicy.NEVER, 1, False),
        (RestartPolicy.ON_FAILURE, 0, False),
        (RestartPolicy.ON_FAILURE, 1, True),
        (RestartPolicy.ALWAYS, 0, True),
    ],
)
def test_it_restarts_as_the_policy_says(hold: Hold, policy: RestartPolicy, code: int, again: bool) -> None:
    held = hold("sh", "-c", f"exit {code}", restart=policy, backoff=QUICK)

    if again:
        assert held.in_phase("crash-loop").generation == 3
    else:
        assert held.ended().generation == 1


def test_a_new_start_is_a_new_generation_and_another_process(hold: Hold) -> None:
    held = hold("sh", "-c", "sleep 1000", restart=RestartPolicy.ON_FAILURE, backoff=QUICK)
    first = held.in_generation(1).child
    assert first is not None

    send(first.ref, signal.SIGKILL)

    second = held.in_generation(2).child
    assert second is not None
    assert second != first
    assert not alive(first.ref)
    assert alive(second.ref)


def test_what_a_crashed_agent_left_is_gone_before_it_starts_again(hold: Hold) -> None:
    held = hold("sh", "-c", "setsid sleep 1000 & sleep 1000", restart=RestartPolicy.ALWAYS, backoff=QUICK)
    first = eventually(lambda: found if len(found := below(held)) == 3 else None)
    assert first is not None
    child = held.in_generation(1).child
    assert child is not None

    send(child.ref, signal.SIGKILL)

    held.in_generation(2)
    assert not any(alive(ref) for ref in first.values())


def test_the_first_wait_is_ten_seconds_give_or_take_a_quarter(hold: Hold) -> None:
    held = hold("false", restart=RestartPolicy.ON_FAILURE)

    state = held.in_phase("backoff")

    assert state.restart_at is not None
    assert 7.4 <= state.restart_at - state.since <= 12.6
    answer = ask(held.directory, "end", grace_s=0)
    assert answer is not None
    assert held.ended().exit_status == 1


def test_the_fifth_end_within_the_window_is_a_crash_loop_and_holds(hold: Hold) -> None:
    held = hold("false", restart=RestartPolicy.ALWAYS, backoff=Backoff(first_s=0.01, cap_s=0.02))

    state = held.in_phase("crash-loop")

    assert (state.generation, state.restart_at) == (5, None)
    assert held.run.ended is None
    answer = ask(held.directory, "restart")
    assert answer is not None
    assert answer.ok
    eventually(lambda: held.run.state.generation >= 6)


def test_no_restart_follows_when_restarts_are_held(hold: Hold) -> None:
    held = hold("sh", "-c", "sleep 1000", restart=RestartPolicy.ALWAYS, backoff=QUICK)
    child = held.in_generation(1).child
    assert child is not None

    answer = ask(held.directory, "hold-restarts")
    assert answer is not None
    assert answer.ok
    send(child.ref, signal.SIGKILL)

    state = held.in_phase("held")
    assert (state.generation, state.restart_at, state.last.signal) == (1, None, signal.SIGKILL)


def test_a_restart_is_refused_for_a_generation_nobody_looked_at(hold: Hold) -> None:
    held = hold("sh", "-c", "sleep 1000")

    answer = ask(held.directory, "restart", generation=2)

    assert answer is not None
    assert (answer.ok, answer.error) == (False, "this is generation 1 of the run, not 2")
    assert held.run.state.phase == "running"


def test_an_end_is_refused_for_a_life_that_was_restarted_by_order(hold: Hold) -> None:
    held = hold("sh", "-c", "sleep 1000")
    ask(held.directory, "restart", generation=1, grace_s=0, by="i.0")
    state = held.in_generation(2)
    assert (state.life, state.restarted_by) == (2, "i.0")

    answer = ask(held.directory, "end", life=1, grace_s=0)

    assert answer is not None
    assert (answer.ok, "restarted by order" in answer.error) == (False, True)
    assert held.run.state.phase == "running"


def test_a_restart_is_one_order_s_until_it_is_over(hold: Hold) -> None:
    held = hold("sh", "-c", "trap '' TERM; echo up; while :; do sleep 1000; done")
    held.says("up")

    answers = [ask(held.directory, "restart", generation=1, grace_s=0.3, by=by) for by in ("i.0", "i.0", "j.0")]

    assert [answer.ok for answer in answers if answer is not None] == [True, True, False]
    assert held.in_generation(2).restarted_by == "i.0"
    assert held.run.state.life == 2


def test_a_restart_by_order_ends_a_crash_loop_and_one_by_policy_begins_no_life(hold: Hold) -> None:
    held = hold("false", restart=RestartPolicy.ON_FAILURE, backoff=QUICK)
    assert held.in_phase("crash-loop").life == 1

    ask(held.directory, "restart", by="i.0")

    eventually(lambda: held.run.state.generation == 6, what="the second crash loop")
    assert held.in_phase("crash-loop").life == 2


def test_a_restart_kills_what_will_not_end_and_all_below_it(hold: Hold) -> None:
    held = hold(
        "sh", "-c", "trap '' TERM; setsid sh -c \"trap '' TERM; sleep 1000\" & echo up; while :; do sleep 1000; done"
    )
    held.says("up")
    before = eventually(lambda: found if len(found := below(held)) >= 4 else None)
    assert before is not None

    answer = ask(held.directory, "restart", generation=1, grace_s=0.2)

    assert answer is not None
    assert answer.ok
    held.in_generation(2)
    assert not any(alive(ref) for ref in before.values())


def test_a_kill_by_order_is_the_end_though_the_policy_would_restart(hold: Hold) -> None:
    held = hold("sh", "-c", "sleep 1000", restart=RestartPolicy.ALWAYS, backoff=QUICK)

    ask(held.directory, "end", grace_s=10)

    ended = held.ended()
    assert (ended.by, ended.signal, ended.generation) == ("order", signal.SIGTERM, 1)
    held.gone()


def test_a_hangup_is_nothing_and_a_sigterm_ends_it_in_order(hold: Hold) -> None:
    held = hold("sh", "-c", "sleep 1000", restart=RestartPolicy.ALWAYS)

    send(held.runner, signal.SIGHUP, signal.SIGINT)
    answer = ask(held.directory, "status")
    assert answer is not None
    assert answer.ok
    send(held.runner, signal.SIGTERM)

    assert held.ended().by == "order"
    held.gone()


def test_a_full_disk_loses_output_and_not_the_agent(hold: Hold) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (32_768, hard))
    try:
        held = hold("sh", "-c", "head -c 300000 /dev/zero | tr '\\0' x && exit 5")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert held.ended().exit_status == 5
    assert len(held.log) == 32_768
    assert held.run.state.lost_output_bytes >= 300_000 - 32_768


def test_a_log_without_a_collector_is_cut_and_not_endless(hold: Hold) -> None:
    held = hold("sh", "-c", "head -c 900000 /dev/zero | tr '\\0' x; echo end", log_limit_bytes=100_000)
    held.ended()

    assert len(held.log) < 200_000
    assert held.log.endswith("end\n")


def test_nothing_is_left_two_seconds_after_the_owner_of_its_pipe_was_killed(tmp_path: Path) -> None:
    program = textwrap.dedent(f"""
        import os, signal
        from pathlib import Path
        from fleet_tui.providers.local.launch import RunRequest, launch
        here = Path({str(tmp_path)!r})
        read, write = os.pipe()
        for name in ("ada", "bob"):
            launched = launch(RunRequest(name=name, argv=("sh", "-c", {FAMILY!r}), cwd=here, state_dir=here,
                                         environment={{"PATH": os.environ["PATH"]}}, end_with_fd=read))
            print(launched.run_id, flush=True)
        signal.pause()
    """)
    with subprocess.Popen(
        [PYTHON, "-c", program], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3]
    ) as owner:
        assert owner.stdout is not None
        directories = [tmp_path / RUNS / owner.stdout.readline().strip() for _ in range(2)]
        runs = [run for directory in directories if (run := read_run(directory)) is not None]
        everything = [run.started.runner.ref for run in runs]
        for scope in [RunnerScope(run.started.runner.ref) for run in runs]:
            eventually(lambda scope=scope: len(scope.within(read_table())) == 3)  # type: ignore[misc]
            everything += [fact.ref for fact in scope.within(read_table()).values()]
        assert len(everything) == 8
        owner.kill()

    eventually(lambda: not any(alive(ref) for ref in everything), timeout_s=2.0)
    ends = [run.ended for directory in directories if (run := read_run(directory)) is not None]
    assert [end.by for end in ends if end is not None] == ["owner", "owner"]


def test_an_agent_that_runs_another_holds_it_not(hold: Hold, tmp_path: Path, bound: int) -> None:
    program = textwrap.dedent(f"""
        import os, signal
        from pathlib import Path
        from fleet_tui.providers.local.launch import RunRequest, launch
        here = Path({str(tmp_path)!r})
        launched = launch(RunRequest(name="inner", argv=("sleep", "1000"), cwd=here, state_dir=here / "inner",
                                     environment={{"PATH": os.environ["PATH"]}}))
        print("inner", launched.run_id, flush=True)
        signal.pause()
    """)
    outer = hold(PYTHON, "-c", program, cwd=Path(__file__).parents[3])
    outer.says("inner ")
    run = read_run(tmp_path / "inner" / RUNS / outer.log.split()[1])
    assert run is not None
    inner = Held(run.directory, outer.launched)
    assert parent_of(inner.runner.pid) == outer.runner.pid

    ask(outer.directory, "end", grace_s=5)

    outer.ended()
    child = inner.in_generation(1).child
    assert child is not None
    assert alive(child.ref)
    ask(inner.directory, "end", grace_s=0)
    inner.gone()
    outer.gone()


def test_a_pid_used_again_is_never_hit(hold: Hold) -> None:
    held = hold("sleep", "1000")
    child = held.in_generation(1).child
    assert child is not None

    assert not send(ProcessRef(child.pid, child.ticks - 1), signal.SIGKILL)

    assert alive(child.ref)
    assert not alive(ProcessRef(child.pid, child.ticks - 1))


def test_every_runner_is_known_by_its_name(hold: Hold) -> None:
    held = hold("sleep", "1000")

    fact = read_process(held.runner.pid)
    assert fact is not None
    assert fact.comm == RUNNER_COMM
    assert held.runner.pid not in descendants(children_of(read_table()), fact.parent)
