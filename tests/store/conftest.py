"""A fresh state directory for each test of the store, and the stores opened in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.stores import Stores, stores


@pytest.fixture
def state_dir(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def opened(state_dir: Path) -> Iterator[Stores]:
    with stores(state_dir) as held:
        yield held
