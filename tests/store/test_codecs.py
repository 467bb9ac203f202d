"""Every fact comes back from SQLite as it went in, whatever its texts hold."""

import math
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet_tui.domain.identity import Kind
from fleet_tui.domain.money import Basis, Rate
from fleet_tui.store import codecs, codecs_acts, codecs_reading
from tests.support import facts
from tests.support import store_strategies as some

_MEMORY = sqlite3.connect(":memory:")


def through_sqlite(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """What SQLite gives back for a row."""
    found: tuple[Any, ...] = _MEMORY.execute(f"SELECT {', '.join('?' for _ in row)}", row).fetchone()
    return found


@pytest.mark.parametrize(
    ("facts_of", "row", "back"),
    [
        pytest.param(some.resources, codecs.resource_row, codecs.resource_of, id="resource"),
        pytest.param(some.failures, codecs.failure_row, codecs.failure_of, id="failure"),
        pytest.param(some.statuses, codecs_reading.status_row, codecs_reading.status_of, id="status"),
        pytest.param(some.vitals, codecs_reading.vitals_row, codecs_reading.vitals_of, id="vitals"),
        pytest.param(some.findings, codecs_reading.finding_row, codecs_reading.finding_of, id="finding"),
        pytest.param(some.events, codecs_reading.event_row, codecs_reading.event_of, id="event"),
        pytest.param(some.usage_lines, codecs_reading.usage_row, codecs_reading.usage_of, id="usage line"),
        pytest.param(some.outcomes, codecs_acts.outcome_row, codecs_acts.outcome_of, id="outcome"),
        pytest.param(some.overlays, codecs_acts.overlay_row, codecs_acts.overlay_of, id="overlay"),
        pytest.param(some.hand_overs, codecs_acts.hand_over_row, codecs_acts.hand_over_of, id="hand-over"),
        pytest.param(some.targets, codecs_acts.target_row, codecs_acts.target_of, id="target"),
    ],
)
def test_a_fact_comes_back_as_it_went_in(
    facts_of: st.SearchStrategy[Any], row: Callable[[Any], tuple[Any, ...]], back: Callable[[Any], Any]
) -> None:
    @settings(max_examples=150, deadline=None)
    @given(facts_of)
    def holds(fact: Any) -> None:
        assert back(through_sqlite(row(fact))) == fact

    holds()


@given(some.params)
@settings(deadline=None)
def test_params_come_back_as_they_went_in(params: Any) -> None:
    assert codecs_acts.params_of(codecs_acts.params_text(params)) == params


@given(st.text(st.characters() | st.sampled_from(some.ODD)))
def test_any_text_survives_lone_surrogates_included(text: str) -> None:
    assert codecs.plain(through_sqlite((codecs.text(text),))[0]) == text


@given(st.text(st.sampled_from(some.ODD + "0df8")), st.text(st.sampled_from(some.ODD + "0df8")))
def test_two_texts_are_stored_alike_only_if_they_are_one(one: str, other: str) -> None:
    assert (codecs.text(one) == codecs.text(other)) == (one == other)


def test_two_surrogates_side_by_side_do_not_become_one_character() -> None:
    resource = facts.resource("a", labels={"\ud83d\ude00": "\ud83d\ude00"})
    assert codecs.resource_of(through_sqlite(codecs.resource_row(resource))) == resource


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_what_is_not_a_number_is_unknown(number: float) -> None:
    key = facts.key("a")
    at = datetime(2026, 1, 1, tzinfo=UTC)
    vitals = replace(facts.vitals(key), at=at, cpu_percent=number)
    status = replace(facts.status(), clock_skew_s=number, cadence_s=number)

    assert codecs_reading.vitals_of(codecs_reading.vitals_row(vitals)).cpu_percent is None
    assert codecs_reading.status_of(codecs_reading.status_row(status)).clock_skew_s is None
    assert codecs_reading.status_of(codecs_reading.status_row(status)).cadence_s == 0.0


def test_a_number_too_large_for_sqlite_stops_at_its_end() -> None:
    resource = replace(
        facts.resource("a", kind=Kind.SANDBOX), rate=Rate(microusd_per_hour=10**30, basis=Basis.REPORTED)
    )
    back = codecs.resource_of(through_sqlite(codecs.resource_row(resource)))
    assert back.rate is not None
    assert back.rate.microusd_per_hour == 2**63 - 1


def test_what_many_rows_say_alike_is_held_once() -> None:
    rows = [
        replace(
            facts.resource(id_, agent=id_, team="ci", labels={"fleet.agent": id_, "fleet.team": "ci"}),
            rate=Rate(microusd_per_hour=5, basis=Basis.REPORTED),
        )
        for id_ in ("a1", "a2")
    ]
    one, other = (codecs.resource_of(through_sqlite(codecs.resource_row(row))) for row in rows)

    assert [one, other] == rows
    assert one.rate is other.rate
    assert one.assignment is other.assignment
    assert dict(zip(one.labels, other.labels, strict=True)) == {
        ("fleet.agent", "a1"): ("fleet.agent", "a2"),
        ("fleet.team", "ci"): ("fleet.team", "ci"),
    }
    assert one.labels[1] is other.labels[1]
    assert one.labels[0][1] is one.agent


def test_a_label_is_its_agents_id_only_if_it_is_that_very_text() -> None:
    spelled = codecs.text("\ud800")
    resource = facts.resource("a", agent=spelled, labels={"fleet.agent": "\ud800"})
    assert codecs.resource_of(through_sqlite(codecs.resource_row(resource))) == resource


@given(st.lists(some.resources, max_size=5))
@settings(deadline=None)
def test_rows_read_one_after_the_other_keep_what_is_their_own(rows: list[Any]) -> None:
    assert [codecs.resource_of(through_sqlite(codecs.resource_row(row))) for row in rows] == rows
