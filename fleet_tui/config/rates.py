"""Reads price lists: ours, and over it the user's own `rates.toml`, each price with its source and date."""

from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final

import msgspec

from fleet_tui.config.files import Document, parse_toml, read_toml
from fleet_tui.config.strict import settings_from
from fleet_tui.domain.rates import Price, RateCard

_SHIPPED: Final = Path(__file__).with_name("rates.toml")


class PriceSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One `[[price]]`. `amount` is a decimal as text: a TOML float would already be rounded."""

    provider: str
    unit: str
    amount: str
    currency: str = "usd"
    source: str
    as_of: str


class RatesFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A `rates.toml`."""

    price: tuple[PriceSettings, ...] = ()


def load_rates(override: Path | None) -> RateCard:
    """The shipped prices with the user's laid over them. Raises ConfigError for a file that breaks the rules."""
    prices = _prices(parse_toml(_SHIPPED.read_text(encoding="utf-8"), None))
    if override is not None and override.exists():
        prices |= _prices(read_toml(override))
    return RateCard(prices)


def _prices(document: Document) -> dict[tuple[str, str], Price]:
    listed = settings_from(document, document.tree, (), RatesFile, "rates")
    prices: dict[tuple[str, str], Price] = {}
    for index, price in enumerate(listed.price):
        try:
            amount = Decimal(price.amount)
        except InvalidOperation:
            amount = Decimal(-1)
        if not (amount.is_finite() and amount >= 0):
            raise document.error('price: `amount` must be a decimal as text, like "0.0504"', ("price", index, "amount"))
        if not _is_date(price.as_of):
            raise document.error('price: `as_of` must be a date, like "2026-06-16"', ("price", index, "as_of"))
        prices[price.provider, price.unit] = Price(
            amount=amount, currency=price.currency.lower(), source=price.source, as_of=price.as_of
        )
    return prices


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
