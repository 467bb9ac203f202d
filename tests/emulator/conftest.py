"""Fixtures of the emulators' tests."""

import pytest

from tests.support.clock import MovableClock
from tests.support.corpora import corpora
from tests.support.specs import specs

__all__ = ["clock", "corpora", "specs"]


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()
