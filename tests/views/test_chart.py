"""Curves: a gap stays a gap, money is spread and never lost, and what is drawn is plain cells."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_tui.domain.history import Sample, Spent
from fleet_tui.domain.identity import Layer, SourceName
from fleet_tui.domain.money import MICRO
from fleet_tui.domain.text import cell_width, safe_line
from fleet_tui.domain.watch import Watch
from fleet_tui.ui.plot import drawn
from fleet_tui.views.book import text_of
from fleet_tui.views.cells import Role
from fleet_tui.views.chart import SPAN, STEP, Chart, chart_steps, has_curve, pieces_of, rounded_up, samples_chart
from fleet_tui.views.ordering import finished
from tests.support.facts import NOW

START = NOW - SPAN
MINUTES = st.integers(0, 24 * 60 - 1)


def spent(start_min: int, minutes: int, amount: int, team: str = "ci") -> Spent:
    start = START + timedelta(minutes=start_min)
    return Spent(
        start=start, end=start + timedelta(minutes=minutes), source=SourceName("e2b"), layer=Layer.COMPUTE,
        agent="a", team=team, currency="usd", amount_micro=amount,
    )  # fmt: skip


def spend_chart(
    lines: Sequence[Spent],
    watched: Sequence[tuple[SourceName, Watch]] = (),
    chosen: Callable[[Spent], bool] = lambda _: True,
) -> Chart:
    return finished(chart_steps(lines, watched, NOW, chosen=chosen))


def total(chart: Chart) -> float:
    hours = STEP / timedelta(hours=1)
    return sum(y * hours * MICRO for piece in chart.pieces for _, y in piece)


@given(lines=st.lists(st.tuples(MINUTES, st.integers(1, 600), st.integers(0, 10**9)), max_size=20))
def test_all_money_of_the_day_is_in_the_curve(lines: list[tuple[int, int, int]]) -> None:
    within = [(start, min(length, 24 * 60 - start), amount) for start, length, amount in lines]
    chart = spend_chart([spent(*one) for one in within])

    assert total(chart) == pytest.approx(sum(amount for *_, amount in within), rel=1e-6, abs=1)


def test_a_quarter_that_nobody_watched_and_nobody_was_paid_for_is_a_gap() -> None:
    lines = [spent(0, 15, 100), spent(60, 15, 200)]

    chart = spend_chart(lines)
    watched = spend_chart(lines, ((SourceName("e2b"), Watch(START, NOW)),))

    assert [len(piece) for piece in chart.pieces] == [1, 1]
    assert [len(piece) for piece in watched.pieces] == [96]
    assert watched.pieces[0][1][1] == 0.0


def test_there_is_a_curve_as_soon_as_a_quarter_with_money_is_over() -> None:
    assert not has_curve([], NOW)
    assert not has_curve([spent(24 * 60, 5, 100)], NOW)
    assert not has_curve([spent(-600, 15, 100)], NOW)
    assert has_curve([spent(24 * 60 - 15, 20, 100)], NOW)


def test_a_group_without_money_in_a_quarter_in_which_others_had_some_is_a_known_zero() -> None:
    chart = spend_chart([spent(0, 15, 100, "ml"), spent(15, 15, 100)], chosen=lambda one: one.team == "ci")

    assert [y for _, y in chart.pieces[0]] == [0.0, 100 / MICRO * 4]


def test_other_currencies_and_older_money_are_in_no_curve() -> None:
    chart = spend_chart([spent(-600, 15, 100)])

    assert not chart.known


def test_measurements_that_stayed_away_leave_a_gap_unless_their_source_was_watched() -> None:
    def at(minute: int, cpu: float | None) -> Sample:
        return Sample(NOW - timedelta(minutes=minute), cpu, None)

    samples = [at(100, 5.0), at(99, 6.0), at(98, None), at(97, 7.0), at(40, 8.0)]

    def pieces(*watched: Watch) -> list[list[float]]:
        chart = samples_chart(
            samples, watched, NOW, span=timedelta(hours=2), unit="%", value=lambda one: one.cpu_percent
        )
        return [[y for _, y in piece] for piece in chart.pieces]

    assert pieces() == [[5.0, 6.0], [7.0], [8.0]]
    assert pieces(Watch(NOW - timedelta(hours=3), NOW)) == [[5.0, 6.0], [7.0, 7.0, 8.0, 8.0]]
    assert pieces(Watch(NOW - timedelta(hours=3), NOW - timedelta(minutes=70))) == [[5.0, 6.0], [7.0], [8.0]]


@given(st.lists(st.tuples(st.floats(0, 100), st.none() | st.floats(0, 100)), max_size=30))
def test_pieces_hold_every_known_point_and_join_no_two_over_a_gap(points: list[tuple[float, float | None]]) -> None:
    pieces = pieces_of(points)

    assert [point for piece in pieces for point in piece] == [point for point in points if point[1] is not None]
    assert all(pieces)


@given(st.floats(0.0001, 1e12))
def test_the_axis_reaches_above_every_point(value: float) -> None:
    assert value <= rounded_up(value) * (1 + 1e-9)
    assert rounded_up(value) <= 2.1 * value


@pytest.mark.parametrize("ascii_only", [True, False])
@pytest.mark.parametrize(("width", "height"), [(24, 4), (80, 8), (118, 10)])
def test_a_drawing_is_plain_cells_of_its_size(width: int, height: int, ascii_only: bool) -> None:
    chart = spend_chart([spent(n * 15, 15, n * 1000) for n in range(96) if not 30 < n < 60])

    lines = drawn(chart, width, height, ascii_only=ascii_only, role=Role.MONEY)

    assert len(lines) == height
    for line in lines:
        text = text_of(line)
        assert cell_width(text) <= width
        assert text == safe_line(text)
        assert not ascii_only or text.isascii()
    curve = lines[height // 2 - 1]
    assert curve[-1].role is Role.MONEY
    assert " " * (width // 5) in text_of(curve)
    assert isinstance(chart.start, datetime)
