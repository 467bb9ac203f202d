"""The store holds the watched spans that the collector believes, also after the clock was set back."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet_tui.domain.watch import Watch, extended
from tests.support.facts import NOW
from tests.support.stores import SOURCE, Stores, stores


def read_at(held: Stores, spans: tuple[Watch, ...], minute: float) -> tuple[Watch, ...]:
    spans = extended(spans, NOW + timedelta(minutes=minute), 120.0)
    held.observe(watch=spans[-1])
    return spans


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(-90, 90), max_size=8))
def test_what_is_held_is_what_is_believed(tmp_path_factory: pytest.TempPathFactory, minutes: list[int]) -> None:
    with stores(tmp_path_factory.mktemp("watches") / "state") as held:
        spans: tuple[Watch, ...] = ()
        for minute in minutes:
            spans = read_at(held, spans, minute)
            assert held.collector.watches(SOURCE) == spans
