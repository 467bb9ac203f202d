"""Money as integer millionths of a currency's unit, never a float, never converted between currencies."""

from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum

from fleet_tui.domain.dataclass import dataclass

MICRO = 1_000_000


class Basis(StrEnum):
    """What a figure rests on."""

    REPORTED = "reported"
    ESTIMATED = "estimated"
    PLAN = "plan"
    CLAIMED = "claimed"
    UNPRICED = "unpriced"


class Side(StrEnum):
    """Who pays whom. Sides are never added to each other."""

    COST = "cost"
    BILLED = "billed"
    CARD = "card"


def micro(amount: Decimal) -> int:
    """Millionths of the unit, rounded half to even."""
    return int((amount * MICRO).to_integral_value(rounding=ROUND_HALF_EVEN))


def amount_text(amount_micro: int, *, places: int = 2) -> str:
    """`1234567` -> `1.23`: half to even, no currency sign, a minus before the figure."""
    quantum = Decimal(1).scaleb(-places)
    return str((Decimal(amount_micro) / MICRO).quantize(quantum, rounding=ROUND_HALF_EVEN))


def decimal_text(amount_micro: int) -> str:
    """The exact decimal, without trailing zeros: what `--json` prints."""
    text = format((Decimal(amount_micro) / MICRO).normalize(), "f")
    return "0" if text in {"-0", "0"} else text


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """What a running thing costs in an hour, in millionths. Currency is the ISO code in lower case."""

    microusd_per_hour: int
    basis: Basis
    currency: str = "usd"


@dataclass(frozen=True, slots=True, kw_only=True)
class Accrual:
    """The exact total of one subject, from which lines are cut: figures do not depend on how often we polled."""

    until: datetime
    exact: Decimal
    """In the currency's unit, not in millionths."""


def accrued(before: Accrual, rate: Rate, until: datetime) -> tuple[Accrual, int]:
    """Let `rate` run from where `before` ended to `until`; give the new total and the line's amount in millionths.

    The line is round(total to its end) less round(total to its start). A clock that went back adds nothing.
    """
    span = max(until - before.until, timedelta())
    hours = Decimal(span // timedelta(microseconds=1)) / Decimal(3_600_000_000)
    exact = before.exact + Decimal(rate.microusd_per_hour) / MICRO * hours
    after = Accrual(until=max(until, before.until), exact=exact)
    return after, micro(exact) - micro(before.exact)


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """A sum in one currency and on one side. `at_least` says that something in it has no price."""

    amount_micro: int
    currency: str
    bases: frozenset[Basis]
    at_least: bool = False


def summed(totals: tuple[Total, ...], currency: str) -> Total:
    """Add totals of one currency. Raises ValueError when another currency is among them."""
    if any(total.currency != currency for total in totals):
        raise ValueError(f"only {currency} can be added up here")
    return Total(
        amount_micro=sum(total.amount_micro for total in totals),
        currency=currency,
        bases=frozenset(basis for total in totals for basis in total.bases),
        at_least=any(total.at_least for total in totals),
    )
