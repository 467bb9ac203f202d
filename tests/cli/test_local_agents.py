"""Commands that look at real local agents: what they print, as a table and as data, and to whom."""

import os
import signal
import subprocess

from tests.cli.local_runs import alive, begin, seen
from tests.support.command import Cli, Ran
from tests.support.wait import eventually

_PROMISED = (
    "source provider layer kind id agent name phase phase_since raw_state seen_at stale owner team task parent labels "
    "region created_at ends_at usd_per_hour usd_today basis capabilities"
)
KEYS = set(_PROMISED.split())


def test_ls_prints_every_promised_key_exactly(here: Cli) -> None:
    run_id = begin(here, "docs-bot", "--team", "docs", "--task", "guide")
    seen(here, run_id)

    agents = here("ls", "--json")
    resources = here("ls", "--resources", "--json")

    assert agents.code == 0
    assert agents.out.isascii()
    (agent,) = agents.rows()
    assert (KEYS | {"resources"}) - set(agent) == set()
    assert (agent["agent"], agent["team"], agent["task"], agent["phase"]) == ("docs-bot", "docs", "guide", "running")
    assert [row["id"] for row in agent["resources"]] == [run_id]
    (row,) = resources.rows()
    assert KEYS - set(row) == set()


def test_a_table_is_plain_text_and_a_filter_that_matches_nothing_is_no_error(here: Cli) -> None:
    seen(here, begin(here, "docs-bot", "--team", "docs"), begin(here, "ci-1", "--team", "ci"))

    table = here("ls", "team:ci")
    nothing = here("ls", "team:nobody")

    assert [line.split()[0] for line in table.out.splitlines()] == ["AGENT", "ci-1"]
    assert "\x1b" not in table.out + table.err
    assert (nothing.code, nothing.out) == (0, "")
    assert "nothing matches the filter" in nothing.err
    assert "esc" not in nothing.err
    assert here("ls", "team:nobody", "--json").rows() == []
    assert here().out == here("ls").out


def test_an_empty_fleet_is_told_from_one_nobody_can_read(here: Cli) -> None:
    ran = here("ls")

    assert (ran.code, ran.out) == (0, "")
    assert "EMPTY" in ran.err


def test_a_terminal_of_a_run_is_joined_and_left(here: Cli) -> None:
    ran = here("run", "--tty", "--name", "typist", "--", "sh", "-c", "while :; do echo ready; sleep 0.1; done")
    run_id = ran.out.strip()

    joined = here.at_terminal("attach", "typist", prompt="ready", typed="\x10\x11")

    assert joined.code == 0
    assert "detached; the agent goes on" in joined.err
    assert alive(here, run_id)
    assert here("attach", run_id).code == 1


def test_all_that_is_written_is_for_its_owner_alone(here: Cli) -> None:
    before = os.umask(0o022)
    try:
        run_id = begin(here, "docs-bot")
        seen(here, run_id)
    finally:
        os.umask(before)

    paths = [here.state_dir, *here.state_dir.rglob("*")]
    assert len(paths) > 5
    assert [path.name for path in paths if not path.is_symlink() and path.lstat().st_mode & 0o077] == []


def test_show_and_logs_tell_of_one_agent(here: Cli) -> None:
    run_id = begin(here, "docs-bot", "--team", "docs")
    seen(here, run_id)

    shown, resource = here("show", "docs-bot"), here("show", run_id)

    assert "team docs" in shown.out
    assert f"id            {run_id}" in resource.out
    assert [row["id"] for row in here("show", run_id, "--json").rows()] == [run_id]
    assert eventually(lambda: here("logs", "docs-bot").out) == "begun\n"


def test_logs_follow_until_interrupted(here: Cli) -> None:
    ran = here(
        "run", "--name", "ticker", "--", "sh", "-c", "i=0; while :; do i=$((i+1)); echo tick $i; sleep 0.2; done"
    )
    seen(here, ran.out.strip())
    child = subprocess.Popen(
        here.argv("logs", "ticker", "--follow"),
        env=here.environment(),
        cwd=here.home,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert child.stdout is not None
    lines = [child.stdout.readline().strip() for _ in range(12)]
    child.send_signal(signal.SIGINT)

    first = int(lines[0].removeprefix("tick "))
    assert lines == [f"tick {first + n}" for n in range(12)]
    assert child.wait(30) == 130
    child.stdout.close()


def test_money_failures_and_sprawl_answer_also_when_there_is_nothing(here: Cli) -> None:
    seen(here, begin(here, "docs-bot"))

    for name in ("spend", "failures", "sprawl", "audit"):
        ran = here(name, "--json")
        assert (name, ran.code, isinstance(ran.rows(), list)) == (name, 0, True)
        assert here(name).code == 0
        assert here(name, "agent:docs-bot").code == 0


def test_status_stop_and_reload_speak_to_the_one_collector(here: Cli) -> None:
    none = here("collect", "--status")
    assert (none.code, none.out.splitlines()[0]) == (1, "no collector runs")
    assert here("collect", "--reload").code == 1
    here("ls")

    status = here("collect", "--status")
    reloaded = here("collect", "--reload")
    stopped = here("collect", "--stop")

    assert status.code == 0
    assert status.out.startswith("a collector runs: process ")
    assert "here now" in status.out
    assert (reloaded.code, stopped.code) == (0, 0)
    assert here("collect", "--status").code == 1


def test_a_name_with_controls_never_reaches_the_terminal_and_json_keeps_it(here: Cli) -> None:
    hostile = "a\x1b]52;c;cm0gLXJmIH4=\x07b\u202e[red]"
    seen(here, begin(here, hostile))

    texts: list[Ran] = [here("ls"), here("ls", "--resources"), here("kill", "all:", "--dry-run"), here("audit")]

    assert here("ls", "--json").rows()[0]["name"] == hostile
    for ran in texts:
        assert not {"\x1b", "\x07", "\u202e"} & set(ran.out + ran.err)
