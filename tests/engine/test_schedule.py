"""When a source is asked again: its pace, the jitter, the breaker, and the vendor's own wait."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_tui.domain.failure import Failure, FailureClass
from fleet_tui.domain.identity import Layer, SourceName
from fleet_tui.engine.schedule import Load, cadence_s, jittered_s, next_due, retry_s

NOW = datetime(2026, 1, 1, tzinfo=UTC)
RUNNING, IDLE, ENDED = Load(running=True, alive=True), Load(running=False, alive=True), Load(running=False, alive=False)


def failure(failure_class: FailureClass, retry_after_s: float | None = None) -> Failure:
    return Failure(
        failure_class=failure_class,
        source=SourceName("s"),
        operation="list",
        text="",
        at=NOW,
        retry_after_s=retry_after_s,
    )


def test_compute_is_asked_more_often_the_more_goes_on() -> None:
    paces = [cadence_s(Layer.COMPUTE, 5.0, load) for load in (RUNNING, IDLE, ENDED)]
    assert paces == [5.0, 15.0, 60.0]


def test_a_provider_that_asks_for_a_slow_pace_is_never_asked_faster() -> None:
    assert [cadence_s(Layer.COMPUTE, 90.0, load) for load in (RUNNING, IDLE, ENDED)] == [90.0, 90.0, 90.0]


@pytest.mark.parametrize("layer", [Layer.MEMORY, Layer.BILLING, Layer.IDENTITY, Layer.TOOLS])
def test_every_other_layer_keeps_its_providers_pace(layer: Layer) -> None:
    assert {cadence_s(layer, 60.0, load) for load in (RUNNING, IDLE, ENDED)} == {60.0}


@given(st.floats(0, 1, exclude_max=True), st.floats(0.1, 600))
def test_the_jitter_is_at_most_a_fifth(roll: float, delay: float) -> None:
    assert delay * 0.8 - 1e-9 <= jittered_s(delay, roll) <= delay * 1.2 + 1e-9


def test_the_breaker_opens_after_three_failures_and_doubles_to_five_minutes() -> None:
    down = failure(FailureClass.PROVIDER_DOWN)
    assert [retry_s(down, n, 5.0) for n in range(1, 10)] == [5, 5, 10, 20, 40, 80, 160, 300, 300]


def test_a_refused_key_is_tried_slowly_from_the_first_time() -> None:
    assert retry_s(failure(FailureClass.AUTH), 1, 5.0) == 300


@pytest.mark.parametrize(("asked", "waits"), [(-5.0, 5.0), (10e11, 300.0), (42.0, 42.0), (float("nan"), 5.0)])
def test_the_vendors_wait_is_kept_within_bounds(asked: float, waits: float) -> None:
    assert retry_s(failure(FailureClass.RATE_LIMITED, asked), 1, 5.0) == waits


@given(st.floats(0, 1, exclude_max=True), st.floats(1, 300))
def test_the_jitter_never_shortens_the_vendors_wait(roll: float, asked: float) -> None:
    due = next_due(NOW, cadence=5.0, failure=failure(FailureClass.RATE_LIMITED, asked), failures=1, roll=roll)
    assert (due - NOW).total_seconds() >= asked - 1e-5
