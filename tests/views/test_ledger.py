"""The fleet's money moves along with each total and is the same as if it were added up anew."""

import random
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from fleet_tui.domain.delta import DayTotal
from fleet_tui.domain.money import Basis, Side
from fleet_tui.views.amounts import Sum
from fleet_tui.views.ledger import Ledger
from tests.support.facts import NOW, total


def _added(totals: list[DayTotal], side: Side) -> Sum | None:
    result = Sum()
    for one in totals:
        if one.side is side:
            result.add(one.amount_micro, one.currency, one.bases, one.unpriced_lines)
    return result if any(one.side is side for one in totals) else None


@given(st.integers(0, 2**32))
def test_totals_that_come_again_replace_what_they_said(seed: int) -> None:
    dice = random.Random(seed)
    ledger = Ledger()
    for _ in range(30):
        ledger.take(
            [
                total(
                    dice.choice("abc"),
                    usd=dice.choice(["0", "1", "2.5"]),
                    side=dice.choice(list(Side)),
                    basis=dice.choice(list(Basis)),
                    unpriced=dice.randint(0, 1),
                )
            ]
        )
    day = NOW.date()
    for side in Side:
        assert ledger.fleet(day, side) == _added(list(ledger.of_day(day, side)), side)


def test_what_all_moved_elsewhere_is_unknown_again_and_not_zero() -> None:
    day = NOW.date()
    told = total("a", usd="3")
    moved = replace(told, amount_micro=0, bases=frozenset(), unpriced_lines=0)
    ledger = Ledger()

    ledger.take([told])
    assert ledger.take([moved]) == {"a"}

    assert (ledger.fleet(day), ledger.agent("a", day), ledger.days(), list(ledger.of_day(day))) == (None, None, (), [])
    ledger.take([moved, total("b", usd="3")])
    assert ledger.by_over(lambda one: one.agent, [day]).keys() == {"b"}
    assert ledger.fleet(day) == Sum(amounts={"usd": 3_000_000}, bases={Basis.REPORTED})
