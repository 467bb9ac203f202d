"""One place and one set of vendors for each acceptance test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.fleets import Fleet
from tests.acceptance.harness import Place, Vendors, place_in
from tests.support.corpora import corpora

__all__ = ["corpora"]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """A state directory and a configuration; every process over it ends with the test."""
    with place_in(tmp_path / "place") as made:
        yield made


@pytest.fixture
def vendors() -> Iterator[Vendors]:
    """Vendors on loopback; they end with the test."""
    made = Vendors()
    yield made
    made.close()


@pytest.fixture
def fleet(place: Place, vendors: Vendors) -> Fleet:
    """ada, bob and eve at two vendors."""
    return Fleet(place, vendors)
