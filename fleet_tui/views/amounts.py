"""Money as it is printed: every figure carries its basis, and what nobody knows is `?`, never 0.00."""

from collections.abc import Iterable
from dataclasses import field
from typing import Final

from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.delta import DayTotal
from fleet_tui.domain.money import Basis, amount_text

UNKNOWN: Final = "?"
SOFT: Final = frozenset({Basis.ESTIMATED, Basis.CLAIMED})
"""Bases that print the mark `~`."""


@dataclass(slots=True)
class Sum:
    """Money added up by currency, never across currencies, with what it rests on."""

    amounts: dict[str, int] = field(default_factory=dict[str, int])
    bases: set[Basis] = field(default_factory=set[Basis])
    unpriced: int = 0
    """How many parts have no price: the sum is at least what it says."""

    def add(self, amount_micro: int, currency: str, bases: Iterable[Basis], unpriced: int = 0) -> None:
        self.amounts[currency] = self.amounts.get(currency, 0) + amount_micro
        self.bases.update(bases)
        self.unpriced += unpriced

    @property
    def known(self) -> bool:
        """Something in it has a price."""
        return any(self.amounts.values()) or (bool(self.amounts) and not self.unpriced)

    def main(self) -> tuple[str, int] | None:
        """The currency that is printed where there is room for one: dollars if there are any, else the largest."""
        if not self.amounts:
            return None
        if self.amounts.get("usd"):
            return "usd", self.amounts["usd"]
        return max(self.amounts.items(), key=lambda item: (abs(item[1]), item[0]))


def total_of(totals: Iterable[DayTotal]) -> Sum:
    """Add day totals of one side up."""
    result = Sum()
    for total in totals:
        result.add(total.amount_micro, total.currency, total.bases, total.unpriced_lines)
    return result


def marked(amount_micro: int, bases: Iterable[Basis], *, at_least: bool = False, places: int = 2) -> str:
    """`4.10`, `3.95~` where it is estimated or only claimed, `>=3.95~` where something in it has no price."""
    soft = "~" if not SOFT.isdisjoint(bases) else ""
    return f"{'>=' if at_least else ''}{amount_text(amount_micro, places=places)}{soft}"


def short(total: Sum | None) -> str:
    """One cell: the main currency, a `+` where another one is added, the code where it is not dollars."""
    if total is None or not total.known:
        return UNKNOWN
    main = total.main()
    if main is None:
        return UNKNOWN
    currency, amount = main
    others = any(value for code, value in total.amounts.items() if code != currency)
    text = marked(amount, total.bases, at_least=bool(total.unpriced)) + ("+" if others else "")
    return text if currency == "usd" else f"{text} {currency}"


def sign(currency: str, text: str) -> str:
    """`$4.10` for dollars, `4.10 eur` for the others; marks stay where they are, and `?` stays alone."""
    if text == UNKNOWN:
        return text
    if currency != "usd":
        return f"{text} {currency}"
    return f">=${text[2:]}" if text.startswith(">=") else f"${text}"


def full(total: Sum | None) -> str:
    """Every currency: `$412.00~, 3.10 eur`; `?` where nothing is known."""
    if total is None or not total.known:
        return UNKNOWN
    kept = {code: amount for code, amount in total.amounts.items() if amount} or dict([total.main() or ("usd", 0)])
    at_least = bool(total.unpriced)
    return ", ".join(
        sign(code, marked(kept[code], total.bases, at_least=at_least))
        for code in sorted(kept, key=lambda code: (code != "usd", code))
    )
