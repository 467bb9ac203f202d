"""Whatever stands behind a command's streams, it ends with a code and a sentence, never with a trace."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cli.conftest import LOCAL
from tests.support.command import TIMEOUT_S, Cli

LOOKS = [["ls", "--json"], ["spend"], ["audit", "--json"], ["config", "schema"], ["completion", "bash"]]
SMALL = [["--help"], ["--version"], ["kill", "--help"], ["config", "path"]]


@pytest.fixture
def here(cli: Cli) -> Cli:
    cli.write(LOCAL)
    return cli


def ended(cli: Cli, argv: Sequence[str | bytes], **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        argv,
        env=cli.environment(variables),
        cwd=cli.home,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )


def in_shell(cli: Cli, words: Sequence[str], tail: str) -> subprocess.CompletedProcess[str]:
    line = f'exec "$@" {tail}' if not tail.startswith("|") else f'set -o pipefail; "$@" {tail}'
    return ended(cli, ["bash", "-c", line, "bash", *cli.argv(*words)])


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("words", [*LOOKS, *SMALL], ids=" ".join)
def test_an_output_that_takes_nothing_is_told_in_one_sentence(here: Cli, words: list[str]) -> None:
    ran = in_shell(here, words, ">/dev/full")

    assert ran.returncode == 1
    assert "Traceback" not in ran.stderr
    assert "the output could not be written: No space left on device" in ran.stderr


@pytest.mark.parametrize("closed", [">&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize("words", [["ls"], ["kill", "nobody", "--yes"], ["--help"]], ids=" ".join)
def test_streams_that_are_closed_change_no_code_and_spoil_no_file(here: Cli, words: list[str], closed: str) -> None:
    usual = in_shell(here, words, "")
    ran = in_shell(here, words, closed)

    assert ran.returncode == usual.returncode
    assert "Traceback" not in ran.stderr + ran.stdout
    assert json.loads(here("ls", "--json").out) == []


@pytest.mark.parametrize("words", [*LOOKS, *SMALL], ids=" ".join)
def test_a_reader_that_goes_away_is_no_trouble(here: Cli, words: list[str]) -> None:
    ran = in_shell(here, words, "| head -c 1")

    assert (ran.returncode, "Traceback" in ran.stderr, "Broken" in ran.stderr) == (0, False, False)


@pytest.mark.parametrize("option", ["--config", "--state-dir"])
@pytest.mark.parametrize("path", ["~nobody-has-this-name/x", "x" * 5000], ids=["an unknown home", "a very long name"])
def test_a_path_that_cannot_be_is_a_sentence(cli: Cli, option: str, path: str) -> None:
    ran = cli("ls", option, path)

    assert ran.code == 2
    assert "Traceback" not in ran.err
    assert ran.err.count("\n") == 1


@pytest.mark.parametrize("option", ["--config", "--state-dir"])
def test_a_path_of_a_variable_that_is_not_set_is_not_the_current_directory(cli: Cli, option: str) -> None:
    ran = cli("ls", option, "")

    assert (ran.code, "it is empty" in ran.err) == (2, True)
    assert list(cli.home.iterdir()) == []


@pytest.mark.parametrize("name", ["a ?mode=ro&x=1", "b%41", "-e\nf#'$(touch i)"])
def test_whatever_the_state_directory_is_called_everything_stays_in_it(cli: Cli, name: str) -> None:
    state = cli.home / "states" / name
    cli = replace(cli, state=state)
    cli.write(LOCAL)

    assert cli("run", "--name", "docs", "--", "sleep", "1000").code == 0
    assert cli("kill", "docs", "--now", "--yes", "--expect", "1").code == 0
    cli.end()

    assert {path.name for path in state.parent.iterdir()} == {name}
    assert {"fleet.db", "durable.sqlite", "collector.log"} <= {path.name for path in state.iterdir()}
    assert {path.name for path in cli.home.iterdir()} == {"config", "states"}


NO_ROOM = """
import sys
from fleet_tui.commands import fleet
def refused(*_words):
    raise BlockingIOError(11, "Resource temporarily unavailable")
fleet.ensure_collector = refused
from fleet_tui.cli.main import main
sys.exit(main())
"""
"""The command line on a machine that starts no process any more."""


@pytest.mark.parametrize("words", [["ls"], ["kill", "docs", "--yes"], ["watch"]], ids=" ".join)
def test_a_machine_that_starts_nothing_any_more_is_named(here: Cli, words: list[str]) -> None:
    ran = ended(here, [sys.executable, "-P", "-c", NO_ROOM, *words])

    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == f"the system refuses what `fleet-tui {words[0]}` needs: Resource temporarily unavailable\n"


def test_words_that_are_no_text_are_refused_and_spelled(here: Cli) -> None:
    for words in ((b"ls", b"team:\xff\xfe"), (b"kill", b"\xff"), (b"show", b"\x1b[2J\xff"), (b"\xffls",)):
        ran = ended(here, [*map(os.fsencode, here.argv()), *words], LC_ALL="C", PYTHONUTF8="0")
        assert ran.returncode in {0, 2}
        assert "Traceback" not in ran.stderr
        assert "\x1b" not in ran.stderr + ran.stdout
