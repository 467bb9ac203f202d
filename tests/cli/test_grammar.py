"""Every command explains itself at once, and wrong words end in one sentence and code 2."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fleet_tui.cli.arguments import SHELLS
from fleet_tui.cli.completion import script
from fleet_tui.cli.grammar import COMMANDS, UsageError, build_parser, command_table
from fleet_tui.cli.main import parse
from fleet_tui.domain.action import Verb
from tests.support.command import Cli

HEAVY = {"asyncio", "httpx", "importlib.metadata", "msgspec", "platformdirs", "sqlite3", "sqlite_utils", "textual"}


@pytest.mark.parametrize("command", [command.name for command in COMMANDS])
def test_every_command_has_help(cli: Cli, command: str) -> None:
    ran = cli(command, "--help")

    assert ran.code == 0
    assert ran.out.startswith(f"usage: fleet-tui {command}")
    assert ran.err == ""


def test_help_names_every_command(cli: Cli) -> None:
    ran = cli("--help")

    assert ran.code == 0
    assert [name for name in (c.name for c in COMMANDS) if not re.search(rf"^ +{name} ", ran.out, re.MULTILINE)] == []


@pytest.mark.parametrize("command", [command.name for command in COMMANDS])
def test_a_part_of_the_grammar_understands_a_line_as_the_whole_does(command: str) -> None:
    lines = (
        [command],
        ["--state-dir", "/x", command],
        [command, "a", "--json"],
        [command, "--agents", "3"],
        ["--x", command],
    )

    for line in lines:
        told: list[str] = []
        for parser in (build_parser(), build_parser(line)):
            try:
                told.append(str(vars(parse(parser, line))))
            except UsageError as error:
                told.append(str(error))
        assert told[0] == told[1]


def test_help_imports_nothing_heavy(cli: Cli) -> None:
    look = (
        "import sys, fleet_tui.__main__ as m\n"
        "sys.argv = ['fleet-tui', '--help']\n"
        "try: m.main()\n"
        "except SystemExit: pass\n"
        "print(' '.join(sys.modules), file=sys.stderr)"
    )
    unmeasured = {name: value for name, value in cli.environment().items() if not name.startswith("COVERAGE_")}
    ran = subprocess.run(
        [sys.executable, "-c", look], env=unmeasured, capture_output=True, text=True, check=True, timeout=60
    )

    assert HEAVY & set(ran.stderr.split()) == set()


def test_commands_are_thin() -> None:
    look = (
        "import sys, fleet_tui.cli.look, fleet_tui.cli.survey, fleet_tui.cli.verbs, fleet_tui.cli.reassign\n"
        "import fleet_tui.cli.collect\n"
        "from fleet_tui.config.discover import installed_providers\n"
        "list(installed_providers().values())\n"
        "print(*sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True, timeout=60)

    loaded = set(ran.stdout.split())
    assert {"aiohttp", "daytona", "dbos", "e2b", "httpx", "sqlite_utils", "stripe", "textual"} & loaded == set()
    assert [name for name in loaded if name.startswith(("fleet_tui.engine", "fleet_tui.emulator"))] == []
    assert [name for name in loaded if name.startswith("fleet_tui.providers.") and name.endswith(".adapter")] == []


def test_the_entry_module_imports_nothing_at_its_top() -> None:
    look = "import sys; import fleet_tui.__main__; print(*(m for m in sys.modules if m.startswith('fleet_tui')))"
    ran = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True, timeout=60)

    assert set(ran.stdout.split()) == {"fleet_tui", "fleet_tui.__main__"}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["kil", "x"], "did you mean `kill`?"),
        (["kill", "x", "-team:ci"], "is written behind --"),
        (["show", "a", "--", "b"], "nothing may stand behind --"),
        (["ls", "--nonsense"], "--nonsense"),
        (["extend", "x"], "--for"),
        (["collect", "--once", "--stop"], "not allowed with"),
        (["completion", "csh"], "csh"),
        (["kill", "--expect", "two", "x"], "--expect"),
        (["demo", "--agents", "0"], "--agents"),
        (["demo", "--json"], "--once"),
        (["run", "--name", "x"], "behind --"),
        (["kill"], "an empty filter is refused"),
        (["kill", "-"], "names no row"),
        (["ls", "age:now"], "takes a range"),
        (["extend", "x", "--for", "soon"], "is not a time"),
        (["extend", "x", "--for", "0s"], "more than nothing"),
        (["extend", "x", "--for", "25h"], "at most 24h"),
        (["reassign", "x"], "say what to set"),
        (["reassign", "x", "--task-to", "y", "--team", "t"], "as it is"),
        (["reassign", "x", "--confirm", "--team", "t"], "belongs to --task-to"),
        (["reassign", "x", "--team", ""], "printable word"),
    ],
)
def test_wrong_words_end_in_one_sentence_and_code_2(cli: Cli, words: list[str], sentence: str) -> None:
    ran = cli(*words)

    assert (ran.code, ran.out) == (2, "")
    assert sentence in ran.err
    assert len(ran.err.splitlines()) == 1


def test_words_of_a_command_may_stand_between_its_options() -> None:
    options = parse(build_parser(), ["kill", "team:ci", "--yes", "phase:stuck", "--", "-owner:kim"])

    assert options.words == ["team:ci", "phase:stuck", "-owner:kim"]
    assert options.yes


def test_a_command_to_run_keeps_its_own_options() -> None:
    options = parse(build_parser(), ["run", "--name", "a", "--", "claude", "--tty", "--", "x"])

    assert options.command_words == ["claude", "--tty", "--", "x"]
    assert not options.tty


@pytest.mark.parametrize("place", ["before", "after"])
def test_config_and_state_dir_stand_before_or_after_the_name(place: str) -> None:
    common = ["--config", "/c", "--state-dir", "/s"]
    options = parse(build_parser(), [*common, "ls"] if place == "before" else ["ls", *common])

    assert (options.config, options.state_dir) == (Path("/c"), Path("/s"))


def test_an_unknown_option_is_not_taken_for_the_beginning_of_another() -> None:
    with pytest.raises(UsageError):
        parse(build_parser(), ["kill", "x", "--ye"])


def test_every_verb_of_the_domain_is_a_command() -> None:
    assert {verb.value for verb in Verb} <= {command.name for command in COMMANDS}


def test_the_table_of_commands_is_what_the_parser_knows() -> None:
    assert [usage.split()[1] for usage, _ in command_table()] == [command.name for command in COMMANDS]
    assert all(text for _, text in command_table())


@pytest.mark.parametrize("shell", [shell for shell in SHELLS if shutil.which(shell)])
def test_a_completion_script_parses_in_its_shell(shell: str) -> None:
    ran = subprocess.run([shell, "-n"], input=script(shell), capture_output=True, text=True, check=False, timeout=60)

    assert (ran.returncode, ran.stderr) == (0, "")


@pytest.mark.parametrize("shell", SHELLS)
def test_a_completion_script_names_every_command(shell: str) -> None:
    text = script(shell)

    assert [command.name for command in COMMANDS if command.name not in text] == []


def test_bash_completes_commands_options_and_fixed_words() -> None:
    def completed(*words: str) -> set[str]:
        line = " ".join(f"'{word}'" for word in words)
        ask = f"COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; _fleet_tui; echo ${{COMPREPLY[@]}}"
        ran = subprocess.run(
            ["bash", "--norc"],
            input=f"{script('bash')}\n{ask}\n",
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        return set(ran.stdout.split())

    assert completed("fleet-tui", "re") == {"reassign", "restart", "resume", "revoke"}
    assert "--expect" in completed("fleet-tui", "--config", "x", "kill", "--e")
    assert completed("fleet-tui", "config", "s") == {"schema", "show"}


def test_the_version_is_data(cli: Cli) -> None:
    from fleet_tui import __version__

    assert cli("--version").out == f"fleet-tui {__version__}\n"
