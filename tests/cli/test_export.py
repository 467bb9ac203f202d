"""`export` and `watch`: the fleet for other programs."""

import csv
import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from fleet_tui.cli.arguments import EXPORTED
from fleet_tui.commands.tables import TABLES
from tests.cli.conftest import LOCAL
from tests.support.command import Cli


@contextmanager
def _watching(cli: Cli, *words: str) -> Iterator[subprocess.Popen[str]]:
    """A watch that has begun."""
    watch = subprocess.Popen(
        cli.argv("watch", *words),
        env=cli.environment(),
        cwd=cli.home,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert watch.stderr is not None
    try:
        while not (said := watch.stderr.readline()).startswith("watching"):
            assert said, "it ended before it began"
        yield watch
    finally:
        watch.kill()
        watch.communicate()


def test_every_view_that_can_be_named_can_be_exported() -> None:
    assert set(EXPORTED) == set(TABLES)


def test_a_view_is_exported_with_every_column(cli: Cli) -> None:
    cli.write(LOCAL)
    assert cli("run", "--name", "=cmd", "--team", "ci", "--", "sleep", "600").code == 0

    table = cli("export", "fleet", "team:ci")
    rows = cli("export", "fleet", "--json")

    assert table.code == 0
    heading, row = list(csv.reader(table.out.splitlines()))
    assert (heading[0], row[0], row[heading.index("TEAM")]) == ("AGENT", "'=cmd", "ci")
    assert rows.rows()[0]["AGENT"] == "=cmd"
    assert cli("export", "audit").code == 0
    assert cli("export", "nothing").code == 2


@pytest.mark.parametrize("as_json", [False, True])
def test_a_watch_prints_a_line_when_an_agent_starts_and_one_when_it_ends(cli: Cli, as_json: bool) -> None:
    cli.write(LOCAL)
    with _watching(cli, *(["--json"] if as_json else [])) as watch:
        assert watch.stdout is not None
        assert cli("run", "--name", "worker", "--", "sleep", "600").code == 0
        line = watch.stdout.readline()
        if as_json:
            told = json.loads(line)
            assert (told["what"], told["name"], told["from"]) == ("agent", "worker", None)
        else:
            assert " agent worker state - -> " in line
        watch.send_signal(signal.SIGINT)
        assert watch.wait(10) == 130


def test_a_watch_ends_when_nobody_reads_any_more(cli: Cli) -> None:
    cli.write(LOCAL)
    with _watching(cli) as watch:
        assert watch.stdout is not None
        watch.stdout.close()
        assert watch.wait(10) == 0
