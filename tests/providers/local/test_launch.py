"""Starting an agent: it runs as its operator would have it run, or a sentence says why not."""

import os
import resource
import stat
import subprocess
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from fleet_tui.providers.local.launch import RUNS, NotLaunched, RunRequest, launch
from fleet_tui.providers.local.runs import Run, ask, read_run
from tests.providers.local.conftest import PYTHON, Hold
from tests.support.wait import eventually


def test_output_and_exit_status_are_kept(hold: Hold) -> None:
    held = hold("sh", "-c", "echo out; echo err >&2; exit 3")

    ended = held.ended()

    assert (ended.exit_status, ended.signal, ended.by, ended.restarts) == (3, None, "itself", 0)
    assert sorted(held.log.split()) == ["err", "out"]
    held.gone()


def test_the_agent_knows_who_it_is_and_inherits_nothing_of_another(hold: Hold) -> None:
    outer = {"PATH": os.environ["PATH"], "FLEET_TEAM": "outer", "FLEET_TOKEN": "outer", "KEPT": "1"}
    held = hold("sh", "-c", "env", name="ada", task="T-1", environment=outer)
    held.ended()

    seen = dict(line.split("=", 1) for line in held.log.splitlines())
    assert (seen["FLEET_AGENT"], seen["FLEET_TASK"], seen["FLEET_RUN"]) == ("ada", "T-1", held.launched.run_id)
    assert seen["KEPT"] == "1"
    assert "FLEET_TEAM" not in seen
    assert len(seen["FLEET_TOKEN"]) >= 32


def test_environment_and_arguments_never_touch_the_disk(hold: Hold) -> None:
    held = hold("sh", "-c", ": canary-argument; exit 0", environment={"PATH": os.environ["PATH"], "K": "canary-value"})
    held.ended()

    text = b"".join(path.read_bytes() for path in held.directory.iterdir() if path.is_file())
    assert b"canary" not in text


def test_only_we_may_read_a_run(hold: Hold) -> None:
    held = hold("true")
    held.ended()

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in held.directory.iterdir()}
    assert modes == dict.fromkeys(["started", "starts", "state", "ended", "output.log", "control.sock"], 0o600)
    assert stat.S_IMODE(held.directory.stat().st_mode) == 0o700


def test_the_agent_has_the_umask_of_its_operator(hold: Hold, tmp_path: Path) -> None:
    held = hold("sh", "-c", "umask")
    held.ended()
    before = os.umask(0o077)
    os.umask(before)

    assert int(held.log, 8) == before


@pytest.mark.parametrize(
    ("argv", "changes", "sentence"),
    [
        (("no-such-command",), {}, "'no-such-command' was not found"),
        (("/etc/passwd",), {}, "may not be executed"),
        (("true",), {"cwd": Path("/no/such/place")}, "directory /no/such/place does not exist"),
        ((), {}, "no command to run"),
        (("a\0b",), {}, "no command to run"),
    ],
)
def test_what_cannot_start_is_told_in_a_sentence_and_leaves_nothing(
    request_for: Callable[..., RunRequest], argv: tuple[str, ...], changes: dict[str, object], sentence: str
) -> None:
    request = request_for(*argv, **changes)

    outcome = launch(request)

    assert isinstance(outcome, NotLaunched)
    assert sentence in outcome.text
    runs = request.state_dir / RUNS
    assert (list(runs.iterdir()) if runs.exists() else []) == []


def test_a_state_directory_that_cannot_be_written_is_told(
    request_for: Callable[..., RunRequest], tmp_path: Path
) -> None:
    (tmp_path / "state").write_text("a file")

    outcome = launch(request_for("true"))

    assert isinstance(outcome, NotLaunched)
    assert "Not a directory" in outcome.text or "File exists" in outcome.text


def test_the_exit_status_is_kept_though_the_starter_was_killed(tmp_path: Path, bound: int) -> None:
    program = textwrap.dedent(f"""
        import os, signal
        from pathlib import Path
        from fleet_tui.providers.local.launch import RunRequest, launch
        here = Path({str(tmp_path)!r})
        launched = launch(RunRequest(name="ada", argv=("sh", "-c", "read line < go; exit 7"), cwd=here,
                                     environment={{"PATH": os.environ["PATH"]}}, state_dir=here, end_with_fd={bound}))
        print(launched.run_id, flush=True)
        signal.pause()
    """)
    os.mkfifo(tmp_path / "go")
    with subprocess.Popen(
        [PYTHON, "-c", program], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3], pass_fds=(bound,)
    ) as starter:
        assert starter.stdout is not None
        directory = tmp_path / RUNS / starter.stdout.readline().strip()
        starter.kill()
    (tmp_path / "go").write_text("\n")

    def ended() -> Run | None:
        run = read_run(directory)
        return run if run is not None and run.ended is not None else None

    run = eventually(ended)
    assert run is not None
    assert run.ended is not None
    assert run.ended.exit_status == 7


def test_it_works_below_a_path_longer_than_a_socket_address(hold: Hold, tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 100) / ("e" * 100)
    held = hold("sleep", "1000", state_dir=deep)

    answer = ask(held.directory, "status")

    assert answer is not None
    assert answer.ok


def test_one_runner_costs_about_five_megabytes(hold: Hold) -> None:
    held = hold("sleep", "1000")
    _, resident, shared, *_ = (Path("/proc") / str(held.runner.pid) / "statm").read_text().split()

    assert (int(resident) - int(shared)) * resource.getpagesize() < 6 * 1024 * 1024


def test_names_that_are_no_utf8_reach_the_agent_as_they_are(hold: Hold) -> None:
    held = hold(
        "sh", "-c", 'printf %s "$ODD" | od -An -tx1', environment={"PATH": os.environ["PATH"], "ODD": "\udcff\udcfe"}
    )
    held.ended()

    assert held.log.split() == ["ff", "fe"]
