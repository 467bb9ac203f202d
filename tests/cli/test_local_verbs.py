"""Verbs over real local agents: what asks, what is refused, and what an accepted one really does."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from typing_extensions import override

from tests.cli.conftest import LOCAL
from tests.cli.local_runs import alive, begin, phase, seen
from tests.support.command import Cli
from tests.support.wait import eventually


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Cli, list[str]]]:
    """Two agents that nothing in this module may touch."""
    home = tmp_path_factory.mktemp("two")
    home.chmod(0o700)
    cli = Cli(home)
    cli.write(LOCAL)
    runs = [begin(cli, "docs-bot"), begin(cli, "ci-1")]
    seen(cli, *runs)
    yield cli, runs
    cli.end()


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["kill", "docs-bot"], 3, "without a terminal it needs --yes"),
        (["kill", "all:"], 3, "without a terminal it needs --yes --expect 2"),
        (["kill", "all:", "--yes"], 3, "--yes also needs --expect 2"),
        (["kill", "all:", "--yes", "--expect", "3"], 3, "--expect 3, but the plan has 2"),
        (["kill", "team:nobody", "--yes"], 3, "the filter matches nothing"),
        (["kill", "docs-bo", "--yes"], 2, "did you mean docs-bot?"),
        (["kill", "docs", "--yes"], 2, "names no agent and no id; did you mean docs-bot?"),
        (["resume", "docs-bot", "--yes"], 3, "nothing here that resume can act on"),
        (["extend", "docs-bot", "--for", "1h", "--yes"], 3, "nothing here that extend can act on"),
        (["delete", "docs-bot", "--yes"], 2, "names no agent and no id"),
        (["show", "nobody"], 2, "names no agent and no id"),
        (["reassign", "all:", "--task-to", "ci-1", "--yes"], 2, "the task of one agent"),
        (["reassign", "ci-1", "--task-to", "docs-bot", "--yes"], 3, "has no task to hand over"),
        (["attach", "nobody"], 2, "no run on this machine"),
    ],
)
def test_what_is_not_confirmed_or_not_clear_does_nothing(
    two: tuple[Cli, list[str]], words: list[str], code: int, sentence: str
) -> None:
    here, runs = two

    ran = here(*words)

    assert (ran.code, ran.out) == (code, "")
    assert sentence in ran.err
    assert [run_id for run_id in runs if not alive(here, run_id)] == []
    assert here("audit", "--json").rows() == []


def test_a_dry_run_shows_the_plan_as_data_and_does_nothing(here: Cli) -> None:
    run_id = begin(here, "docs-bot")
    seen(here, run_id)

    ran = here("kill", "docs-bot", "--dry-run", "--json")

    assert ran.code == 0
    assert [(row["id"], row["outcome"]) for row in ran.rows()] == [(run_id, "planned")]
    assert "KILL 1 process" in ran.err
    assert alive(here, run_id)


def test_verbs_do_what_they_say_and_every_row_has_its_outcome(here: Cli) -> None:
    runs = [begin(here, "docs-bot"), begin(here, "ci-1")]
    seen(here, *runs)

    paused = here("pause", "docs-bot", "--yes")
    again = here("pause", "all:", "--yes", "--expect", "1", "--json")
    resumed = here("resume", "docs-bot", "agent:docs-bot", "--yes", "--json")
    killed = here("kill", "all:", "--now", "--yes", "--expect", "2", "--why", "the test is over", "--json")

    assert (paused.code, paused.out.split(":")[0]) == (0, "pause docs-bot (here)")
    assert {row["name"]: row["outcome"] for row in again.rows()} == {"ci-1": "done", "docs-bot": "left_out"}
    assert [row["outcome"] for row in resumed.rows()] == ["done"]
    assert sorted((row["id"], row["outcome"]) for row in killed.rows()) == sorted((run, "done") for run in runs)
    assert (again.code, resumed.code, killed.code) == (0, 0, 0)
    eventually(lambda: not any(alive(here, run_id) for run_id in runs), what="the agents' end")
    audit = here("audit", "the test is over", "--json").rows()
    assert [(line["what"], line["outcome"], line["why"], line["via"]) for line in audit] == [
        ("kill", "done", "the test is over", "command")
    ] * 2


def test_run_pause_resume_restart_and_kill_by_command(here: Cli) -> None:
    run_id = begin(here, "docs-bot")
    seen(here, run_id)

    def incarnation() -> str:
        return str(here("kill", run_id, "--dry-run", "--json").rows()[0]["incarnation"])

    first = incarnation()
    for verb, then in (("pause", "paused"), ("resume", "running")):
        assert [row["outcome"] for row in here(verb, "docs-bot", "--yes", "--json").rows()] == ["done"]
        eventually(lambda then=then: phase(here, run_id) == then, what=then)  # type: ignore[misc]
    assert incarnation() == first

    restarted = here("restart", "docs-bot", "--yes", "--json")

    assert [(row["id"], row["outcome"]) for row in restarted.rows()] == [(run_id, "done")]
    second = eventually(lambda: found if (found := incarnation()) != first else None)
    assert "ended before with" in here("show", run_id).out
    killed = here("kill", "docs-bot", "--now", "--yes", "--json")
    assert [(row["incarnation"], row["outcome"]) for row in killed.rows()] == [(second, "done")]
    eventually(lambda: phase(here, run_id) == "ended(killed)")
    assert "SIGKILL" in here("show", run_id).out


def test_the_id_of_a_resource_means_that_one_and_not_its_agent(here: Cli) -> None:
    runs = [begin(here, "twin"), begin(here, "twin")]
    seen(here, *runs)

    ran = here("kill", runs[0], "--yes", "--now", "--json")

    assert [row["id"] for row in ran.rows()] == [runs[0]]
    eventually(lambda: not alive(here, runs[0]))
    assert alive(here, runs[1])


def test_at_a_terminal_one_row_asks_for_a_letter_and_several_for_verb_and_count(here: Cli) -> None:
    runs = [begin(here, "docs-bot"), begin(here, "ci-1")]
    seen(here, *runs)

    cancelled = here.at_terminal("kill", "docs-bot", prompt="anything else cancels", typed="\n")
    wrong = here.at_terminal("kill", "all:", prompt="type  kill 2  to go ahead", typed="kill 1\n")
    assert [alive(here, run_id) for run_id in runs] == [True, True]
    one = here.at_terminal("kill", "docs-bot", "--now", prompt="type  y  to go ahead", typed="y\n")
    assert [alive(here, run_id) for run_id in runs] == [False, True]
    paused = here.at_terminal("pause", "all:", prompt="type  y  to go ahead", typed="y\n")

    assert (cancelled.code, wrong.code, one.code, paused.code) == (3, 3, 0, 0)
    assert "nothing was done" in cancelled.err
    assert "kill docs-bot (here): done" in one.err
    assert "\x1b" not in cancelled.err + wrong.err + one.err


SLOW = """
import sys
from datetime import timedelta
from fleet_tui import clock
real, late = clock.now, [0]
clock.now = lambda: real() + timedelta(seconds=late[0])
from fleet_tui.cli import verbs
asked = verbs._ask
def after_a_while(word):
    asked(word)
    late[0] = 301
verbs._ask = after_a_while
from fleet_tui.cli.main import main
sys.exit(main())
"""


"""The command line before somebody who answers five minutes later."""


class SlowOperator(Cli):
    @override
    def argv(self, *words: str) -> list[str]:
        return [sys.executable, "-P", "-c", SLOW, *words]


def test_a_plan_that_was_looked_at_for_long_is_not_carried_out(here: Cli) -> None:
    run_id = begin(here, "docs-bot")
    seen(here, run_id)

    late = SlowOperator(here.home, here.env).at_terminal("kill", "docs-bot", prompt="type  y  to go ahead", typed="y\n")

    assert late.code == 3
    assert "over 5 minutes ago" in late.err
    assert alive(here, run_id)


def test_in_production_the_fleets_name_is_typed(here: Cli) -> None:
    here.write('[fleet]\nname = "prod"\nproduction = true\n' + LOCAL)
    run_id = begin(here, "docs-bot")
    seen(here, run_id)

    refused = here.at_terminal("kill", "docs-bot", prompt="type  prod  to go ahead", typed="y\n")
    assert alive(here, run_id)
    done = here.at_terminal("kill", "docs-bot", "--now", prompt="type  prod  to go ahead", typed="prod\n")

    assert (refused.code, done.code) == (3, 0)


@pytest.mark.parametrize(
    "words",
    [
        ["kill", "docs-bot", "--yes"],
        ["reassign", "docs-bot", "--team", "x", "--yes"],
        ["delete", "x", "--yes", "--word", "delete 1"],
        ["run", "--", "true"],
    ],
)
def test_read_only_refuses_every_act(here: Cli, words: list[str]) -> None:
    here.write('[fleet]\naccess = "read-only"\n' + LOCAL)

    ran = here(*words)

    assert (ran.code, ran.out) == (3, "")
    assert 'access = "read-only"' in ran.err


def test_read_only_still_shows_a_plan(here: Cli) -> None:
    run_id = begin(here, "docs-bot")
    here.write('[fleet]\naccess = "read-only"\n' + LOCAL)
    seen(here, run_id)

    ran = here("pause", "docs-bot", "--dry-run", "--json")

    assert (ran.code, [row["outcome"] for row in ran.rows()]) == (0, ["planned"])


def test_a_source_that_is_only_looked_at_is_not_acted_on(here: Cli) -> None:
    here.write(LOCAL + "act = false\n")
    run_id = begin(here, "docs-bot")
    seen(here, run_id)

    ran = here("kill", "docs-bot", "--yes")

    assert ran.code == 3
    assert "name here in fleet.toml first" in ran.err
    assert alive(here, run_id)


def test_reassign_is_kept_here_and_seen_at_once(here: Cli) -> None:
    seen(here, begin(here, "docs-bot", "--team", "docs", "--task", "guide"))

    ran = here("reassign", "docs-bot", "--owner", "kim", "--task", "-", "--yes", "--json")
    (row,) = here("ls", "--json").rows()

    assert [(one["outcome"], one["reason"]) for one in ran.rows()] == [
        ("done", "kept here, over what the provider says")
    ]
    assert (row["owner"], row["team"], row["task"]) == ("kim", "docs", None)


def test_a_hand_over_waits_for_confirm_then_moves_the_task_and_pauses_the_giver(here: Cli) -> None:
    runs = [begin(here, "giver", "--task", "guide"), begin(here, "taker")]
    seen(here, *runs)

    def tasks() -> dict[str, Any]:
        return {row["name"]: row["task"] for row in here("ls", "--json").rows()}

    asked = here("reassign", "giver", "--task-to", "taker", "--yes", "--json")
    before = tasks()
    confirmed = here("reassign", "giver", "--task-to", "taker", "--confirm", "--yes", "--json")

    assert [row["outcome"] for row in asked.rows()] == ["waiting"]
    assert before == {"giver": "guide", "taker": None}
    assert [(row["verb"], row["outcome"]) for row in confirmed.rows()] == [("reassign", "done"), ("pause", "done")]
    assert tasks() == {"giver": None, "taker": "guide"}
    assert {row["what"] for row in here("audit", "--json").rows()} >= {
        "hand-over asked",
        "hand-over confirmed",
        "pause",
    }


def test_a_command_whose_collector_is_killed_starts_another_and_ends_well(here: Cli) -> None:
    run_id = begin(here, "docs-bot")
    seen(here, run_id)
    pid = int(here("collect", "--status").out.split()[4])
    os.kill(pid, signal.SIGKILL)

    ran = here("kill", "docs-bot", "--yes", "--now", "--json")

    assert [row["outcome"] for row in ran.rows()] == ["done"]
    assert not alive(here, run_id)


def test_a_reader_that_goes_away_does_not_break_a_verb(here: Cli) -> None:
    run_id = begin(here, "docs-bot")
    seen(here, run_id)
    read, write = os.pipe()
    os.close(read)
    child = subprocess.run(
        here.argv("kill", "docs-bot", "--yes", "--now"),
        env=here.environment(),
        cwd=here.home,
        stdout=write,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )
    os.close(write)

    assert (child.returncode, "Traceback" in child.stderr) == (0, False)
    assert not alive(here, run_id)
