"""The last 24 hours are exactly these: what lies on their edge counts for its part inside, and is an estimate then."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_tui.domain.history import Spent
from fleet_tui.domain.identity import Layer, SourceName
from fleet_tui.domain.money import Basis
from fleet_tui.views.amounts import full
from fleet_tui.views.apart import group_money
from fleet_tui.views.book import text_of
from fleet_tui.views.chart import SPAN
from fleet_tui.views.model import FleetModel
from fleet_tui.views.ordering import finished
from fleet_tui.views.rolling import rolling_steps
from fleet_tui.views.spend import GroupBy, Window
from fleet_tui.views.spend_picture import SpendAsked, SpendPicture, picture_steps
from tests.support.facts import NOW, next_delta, resource, total, whole

HOUR = timedelta(hours=1)


def spent(ago_h: float, lasts_h: float, amount: int, agent: str = "a", *, team: str = "ci", unpriced: int = 0) -> Spent:
    start = NOW - ago_h * HOUR
    return Spent(
        start=start, end=start + lasts_h * HOUR, source=SourceName("e2b"), layer=Layer.COMPUTE, agent=agent, team=team,
        currency="usd", amount_micro=amount, unpriced=unpriced,
        bases=frozenset({Basis.UNPRICED if unpriced else Basis.REPORTED}),
    )  # fmt: skip


def sum_of(*pieces: Spent) -> str:
    return full(finished(rolling_steps(pieces, NOW, None)).fleet(NOW.date()))


@pytest.mark.parametrize(
    ("ago_h", "lasts_h", "shown"),
    [(24, 24, "$8.00"), (2, 1, "$8.00"), (36, 24, "$4.00~"), (30, 5, "?"), (0, 0, "$8.00"), (25, 0, "?")],
    ids=["all of it", "an hour", "half inside", "before", "a moment", "a moment before"],
)
def test_a_piece_counts_for_what_of_it_lies_inside(ago_h: float, lasts_h: float, shown: str) -> None:
    assert sum_of(spent(ago_h, lasts_h, 8_000_000)) == shown


def test_what_nobody_priced_makes_it_an_at_least() -> None:
    assert sum_of(spent(2, 1, 3_000_000), spent(2, 1, 0, unpriced=1)) == ">=$3.00"
    assert sum_of(spent(2, 1, 0, unpriced=1)) == "?"


@given(st.lists(st.tuples(st.floats(0, 60), st.floats(0, 30), st.integers(0, 10**9)), max_size=12))
def test_no_money_is_made_or_counted_twice(pieces: list[tuple[float, float, int]]) -> None:
    lines = [spent(ago_h, min(lasts_h, ago_h), amount) for ago_h, lasts_h, amount in pieces]
    found = finished(rolling_steps(lines, NOW, None)).fleet(NOW.date())

    inside = sum(one.amount_micro for one in lines if one.start >= NOW - SPAN)
    every = sum(one.amount_micro for one in lines if one.end >= NOW - SPAN)
    counted = found.amounts.get("usd", 0) if found is not None else 0
    assert inside <= counted <= every


def picture(*pieces: Spent) -> SpendPicture:
    model = FleetModel()
    model.apply(whole(resource("1", agent="a", team="ci"), resource("2", agent="b", team="ml")), NOW)
    model.apply(next_delta(2, totals=(total("a", "10", team="ci"), total("b", "2", team="ml"))), NOW)
    return finished(picture_steps(model, NOW, SpendAsked(by=GroupBy.TEAM, window=Window.DAY, spent=pieces)))


def test_the_window_of_24_hours_shows_its_own_money_and_no_column_that_it_does_not_know() -> None:
    shown = picture(spent(36, 24, 8_000_000), spent(2, 1, 1_000_000, "b", team="ml"))
    names = [column.name for column in shown.table.columns]
    rows = {row.key: row.cells[names.index("24 H")].text for row in shown.table.rows}

    assert rows == {"ci": "4.00~", "ml": "1.00"}
    assert not {"YESTERDAY", "BEFORE", "BILLED", "CARD"} & set(names)
    assert "24 h $5.00~" in text_of(shown.lines[0])


def test_its_figures_are_taken_apart_by_the_two_days_that_they_lie_in() -> None:
    shown = picture(spent(36, 24, 8_000_000))
    money = group_money(shown.part, GroupBy.TEAM, "ci", NOW, window=Window.DAY)

    assert money.days == (NOW.date(), NOW.date() - timedelta(days=1))
    assert any("$4.00~  is the figure shown" in text_of(line) for line in money.lines(()))
