"""Agent CLIs are found by what they are, once, and nothing of their arguments or environment is kept."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_tui.providers.local.discovery import Found, Scanner
from fleet_tui.providers.local.processes import read_table
from fleet_tui.providers.local.recognise import (
    AgentsFileError,
    load_kinds,
    read_command_line,
    recognise,
    shipped_kinds,
)
from tests.providers.local.conftest import Hold, Start
from tests.support.wait import eventually

SPECIMENS = [
    ("claude", ["claude", "--resume"]),
    ("claude", ["/home/u/.local/bin/claude", "-p", "fix it"]),
    ("claude", ["node", "--max-old-space-size=4096", "/usr/local/bin/claude"]),
    ("claude", ["/usr/bin/node", "/usr/lib/node_modules/@anthropic-ai/claude-code/cli.js"]),
    ("codex", ["/usr/lib/node_modules/@openai/codex/vendor/x86_64/codex/codex", "exec", "do"]),
    ("codex", ["node", "/opt/codex.js"]),
    ("gemini", ["node", "-r", "x.js", "/usr/bin/gemini"]),
    ("aider", ["/venv/bin/python3.12", "/venv/bin/aider", "--model", "x"]),
    ("aider", ["python3", "-X", "utf8", "-m", "aider"]),
    ("opencode", ["bun", "run", "/x/opencode-ai/index.ts"]),
    ("goose", ["goose", "session"]),
    ("amp", ["node", "/usr/bin/amp"]),
    ("cursor-agent", ["/h/.local/bin/cursor-agent", "--use-system-ca", "/h/cursor-agent/versions/1/index.js"]),
    ("crush", ["crush"]),
    ("qwen", ["bash", "/usr/bin/qwen"]),
    ("copilot", ["node", "/usr/lib/node_modules/@github/copilot/index.js"]),
    ("claude", ["claude ~/work (busy)"]),
]
OTHERS = [
    ["goose", "up"],
    ["copilot", "svc", "deploy"],
    ["claude", "mcp", "serve"],
    ["vim", "claude"],
    ["tail", "-f", "/var/log/claude"],
    ["grep", "-r", "codex"],
    ["bash", "-c", "claude"],
    ["python3", "-c", "import aider"],
    ["tmux", "new", "claude"],
    ["node", "-e", "claude"],
    [],
    [""],
]


@pytest.mark.parametrize(("kind", "argv"), SPECIMENS)
def test_every_shipped_agent_is_recognised(kind: str, argv: list[str]) -> None:
    assert recognise(read_command_line(argv), shipped_kinds()) == kind


def test_every_shipped_kind_has_a_specimen() -> None:
    assert {kind for kind, _ in SPECIMENS} == set(shipped_kinds())


@pytest.mark.parametrize("argv", OTHERS)
def test_what_only_mentions_an_agent_is_none(argv: list[str]) -> None:
    assert recognise(read_command_line(argv), shipped_kinds()) is None


@given(st.lists(st.text(max_size=20), max_size=8), st.text(max_size=10))
def test_every_command_line_can_be_judged_and_shows_no_argument(argv: list[str], executable: str) -> None:
    line = read_command_line(argv, executable)

    recognise(line, shipped_kinds())
    assert "/" not in line.shown


def test_the_operators_file_adds_replaces_and_takes_away(tmp_path: Path) -> None:
    own = tmp_path / "agents.toml"
    own.write_text('[mine]\nexecutables = ["my-agent"]\n[crush]\noff = true\n[amp]\nexecutables = ["amp2"]\n')

    kinds = load_kinds(own)

    assert recognise(read_command_line(["/opt/my-agent"]), kinds) == "mine"
    assert recognise(read_command_line(["crush"]), kinds) is None
    assert recognise(read_command_line(["amp"]), kinds) is None
    assert recognise(read_command_line(["claude"]), kinds) == "claude"


@pytest.mark.parametrize("text", ["[x", '[x]\nexecutable = ["y"]', '[x]\npaths = ["("]', "[x]\nscripts = 3"])
def test_a_file_that_is_wrong_is_refused_by_name(tmp_path: Path, text: str) -> None:
    own = tmp_path / "agents.toml"
    own.write_text(text)

    with pytest.raises(AgentsFileError, match=str(own)):
        load_kinds(own)


def a_pipe(own: Path) -> None:
    own.unlink()
    os.mkfifo(own)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda own: own.chmod(0o666), "writable by all"),
        (a_pipe, "not a regular file"),
        (lambda own: own.write_bytes(b"a" * (2 << 20)), "larger than 1 MiB"),
        (lambda own: own.write_text(f"a = {'9' * 5000}"), "a number that is too long"),
        (lambda own: own.write_text(f"a = {'[' * 5000}"), "nested too deep"),
    ],
    ids=["writable by all", "pipe", "huge", "long number", "deep"],
)
def test_an_agents_file_is_read_under_the_rules_of_every_other_file(
    tmp_path: Path, spoil: Callable[[Path], object], said: str
) -> None:
    own = tmp_path / "agents.toml"
    own.write_text("")
    spoil(own)
    with pytest.raises(AgentsFileError, match=said):
        load_kinds(own)


def found_as(scanner: Scanner, pid: int) -> Found | None:
    return next((found for found in scanner.scan(read_table()) if found.process.pid == pid), None)


def test_an_agent_is_found_with_its_directory_and_our_four_variables(start: Start, tmp_path: Path) -> None:
    process = start("claude", "1000", FLEET_AGENT="ada", FLEET_TASK="T-1", FLEET_TOKEN="canary", API_KEY="canary")
    scanner = Scanner(shipped_kinds())

    found = eventually(lambda: found_as(scanner, process.pid))

    assert found is not None
    assert (found.kind, found.command, found.cwd) == ("claude", "claude", str(tmp_path))
    assert dict(found.labels) == {"FLEET_AGENT": "ada", "FLEET_TASK": "T-1"}
    assert "canary" not in repr(scanner)
    assert "1000" not in repr(found).replace(str(tmp_path), "")


def test_the_agent_of_an_agent_is_part_of_it(start: Start, tmp_path: Path) -> None:
    (tmp_path / "codex").symlink_to(shutil.which("sleep") or "sleep")
    outer = start("claude", "-c", "codex 1000 & wait", program="sh")
    scanner = Scanner(shipped_kinds())
    eventually(lambda: [f for f in read_table().values() if f.parent == outer.pid and f.comm == "codex"])

    found = [found for found in scanner.scan(read_table()) if found.cwd == str(tmp_path)]

    assert [(f.process.pid, f.kind) for f in found] == [(outer.pid, "claude")]


def test_what_a_runner_holds_is_not_found_a_second_time(hold: Hold, tmp_path: Path) -> None:
    (tmp_path / "claude").symlink_to(shutil.which("sleep") or "sleep")
    held = hold(str(tmp_path / "claude"), "1000")
    child = held.in_generation(1).child
    assert child is not None
    scanner = Scanner(shipped_kinds())

    assert found_as(scanner, child.pid) is None


def test_a_process_that_becomes_an_agent_is_seen(start: Start, tmp_path: Path) -> None:
    (tmp_path / "claude").symlink_to(shutil.which("sleep") or "sleep")
    os.mkfifo(tmp_path / "go")
    process = start("shell", "-c", "read x < go; exec claude 1000", program="sh")
    scanner = Scanner(shipped_kinds())
    assert found_as(scanner, process.pid) is None

    (tmp_path / "go").write_text("\n")

    assert eventually(lambda: found_as(scanner, process.pid)) is not None


def test_a_command_line_is_read_once(start: Start) -> None:
    start("claude", "1000")
    scanner = Scanner(shipped_kinds())
    table = read_table()
    scanner.scan(table)
    before = scanner.reads

    scanner.scan(table)

    assert scanner.reads == before


def test_other_users_are_none_of_our_business(start: Start) -> None:
    process = start("claude", "1000")
    scanner = Scanner(shipped_kinds(), uid=os.getuid() + 1)

    assert found_as(scanner, process.pid) is None
    assert scanner.reads == 0


def test_our_own_commands_are_known(start: Start) -> None:
    process = start("fleet-tui", "1000")
    scanner = Scanner(shipped_kinds())

    eventually(lambda: scanner.scan(read_table()) is not None and process.pid in scanner.ourselves())
