"""List prices as data, each with where it comes from and when it was read."""

from collections.abc import Mapping
from decimal import Decimal

from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.money import Basis, Rate, micro


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What one `unit` costs (`vcpu_hour`, `gib_hour`, `disk_gib_hour`, `hour`), in the currency's unit."""

    amount: Decimal
    currency: str
    source: str
    as_of: str


@dataclass(frozen=True, slots=True)
class RateCard:
    """Prices by provider and unit."""

    prices: Mapping[tuple[str, str], Price]

    def price(self, provider: str, unit: str) -> Price | None:
        return self.prices.get((provider, unit))

    def hourly(self, provider: str, quantities: Mapping[str, Decimal]) -> Rate | None:
        """What so many of each unit cost an hour; None when a unit in use has no price, or currencies differ."""
        total = Decimal(0)
        currencies: set[str] = set()
        for unit, quantity in quantities.items():
            if not quantity:
                continue
            price = self.price(provider, unit)
            if price is None:
                return None
            currencies.add(price.currency)
            total += price.amount * quantity
        if len(currencies) > 1:
            return None
        return Rate(microusd_per_hour=micro(total), basis=Basis.ESTIMATED, currency=next(iter(currencies), "usd"))
