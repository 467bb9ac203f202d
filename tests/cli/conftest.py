"""Fixtures of the commands' tests: an operator in a home of their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.command import Cli


@pytest.fixture
def cli(tmp_path: Path) -> Iterator[Cli]:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    operator = Cli(home)
    yield operator
    operator.end()


@pytest.fixture
def here(cli: Cli) -> Cli:
    """An operator whose fleet is what `run` starts."""
    cli.write(LOCAL)
    return cli


LOCAL = '[[source]]\nname = "here"\nprovider = "local"\ndiscover = false\n'
"""Watches only what `run` starts: other agents of this machine are not the test's."""
