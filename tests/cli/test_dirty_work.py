"""Dirty work of a local agent at the command line: it takes a count to end it, and a rescue keeps it."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import LOCAL
from tests.support.command import Cli
from tests.support.repositories import cloned
from tests.support.wait import eventually


@pytest.fixture
def busy(cli: Cli, tmp_path: Path) -> Iterator[Cli]:
    """An agent at work in a work tree with a changed file."""
    cli.write(LOCAL)
    work = cloned(tmp_path)
    (work / "a.txt").write_text("half done\n")
    words = ("run", "--name", "ci-1", "--", "sh", "-c", "echo at work; exec sleep 600")
    subprocess.run(cli.argv(*words), env=cli.environment(), cwd=work, check=True, capture_output=True)
    yield cli
    cli("kill", "all:", "--now", "--yes", "--expect", "1")


def test_a_dirty_agent_is_ended_by_count_and_its_work_is_rescued(busy: Cli) -> None:
    eventually(lambda: busy("ls", "--json").rows(), what="the agent in the list")
    (planned,) = busy("kill", "ci-1", "--dry-run", "--json").rows()
    assert (planned["dirty"], planned["dirty_files"], planned["unpushed_commits"]) == ("dirty", 1, 0)
    refused = busy("kill", "ci-1", "--yes")
    assert refused.code == 3
    assert "dirty work, or nobody can tell: --yes also needs --expect 1" in refused.err
    killed = busy("kill", "ci-1", "--now", "--rescue", "--yes", "--expect", "1", "--json")
    (row,) = killed.rows()
    assert (killed.code, row["outcome"]) == (0, "done")
    assert "rescued into rescue/" in row["reason"]
    (folder,) = (busy.state_dir / "rescue").iterdir()
    assert "+half done" in (folder / "work.diff").read_text()
    assert (folder / "log.txt").read_text() == "at work\n"
