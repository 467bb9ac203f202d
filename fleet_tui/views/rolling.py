"""The money of exactly the last 24 hours, whose edge lies within the days that totals are kept of."""

from collections.abc import Collection, Generator, Sequence
from datetime import UTC, datetime
from typing import Final

from fleet_tui.domain.delta import DayTotal
from fleet_tui.domain.history import Spent
from fleet_tui.domain.money import Basis, Side
from fleet_tui.views.chart import SPAN
from fleet_tui.views.ledger import Ledger
from fleet_tui.views.model import FleetModel

_AT_ONCE: Final = 2000


class RollingFleet(FleetModel):
    """The same fleet; its ledger holds the last 24 hours, all of it under the day of now."""

    def __init__(self, of: FleetModel, ledger: Ledger) -> None:
        vars(self).update(vars(of))
        self.ledger = ledger


def rolling_steps(
    spent: Sequence[Spent], now: datetime, names: Collection[str] | None
) -> Generator[None, None, Ledger]:
    """What lies in them of these agents' money, None: of everybody's; in steps of some ten milliseconds.

    Of a piece that lies on the edge the part inside counts, as if it had been spent evenly: that makes it an estimate.
    """
    sums: dict[tuple[str, ...], DayTotal] = {}
    for number, one in enumerate(spent, 1):
        if number % _AT_ONCE == 0:
            yield
        if names is not None and one.agent not in names:
            continue
        inside = _inside(one, now)
        if inside is None:
            continue
        key = (one.agent, one.team, one.source, one.currency)
        before = sums.get(key)
        bases = one.bases if inside == 1.0 else one.bases | {Basis.ESTIMATED}
        sums[key] = DayTotal(
            day=now.astimezone(UTC).date(),
            agent=one.agent,
            team=one.team,
            source=one.source,
            side=Side.COST,
            currency=one.currency,
            amount_micro=round(one.amount_micro * inside) + (before.amount_micro if before else 0),
            bases=bases | (before.bases if before else frozenset[Basis]()),
            unpriced_lines=one.unpriced + (before.unpriced_lines if before else 0),
        )
    ledger = Ledger()
    ledger.take(sums.values())
    return ledger


def _inside(one: Spent, now: datetime) -> float | None:
    """How much of a piece lies in the window; None: nothing."""
    since, whole_s = now - SPAN, (one.end - one.start).total_seconds()
    if whole_s <= 0:
        return 1.0 if since <= one.start <= now else None
    inside_s = (min(one.end, now) - max(one.start, since)).total_seconds()
    return min(1.0, inside_s / whole_s) if inside_s > 0 else None
