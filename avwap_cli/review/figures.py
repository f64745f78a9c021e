"""Figures: decimals of the ledger as numbers of a document, rounded to what a person reads."""

from __future__ import annotations

from decimal import Decimal

PRICE_PLACES, MONEY_PLACES, FRAC_PLACES = 4, 2, 6


def price(usd: Decimal | None) -> float | None:
    """USD a share, to a hundredth of a cent."""
    return _rounded(usd, PRICE_PLACES)


def money(usd: Decimal | None) -> float | None:
    """USD, to the cent."""
    return _rounded(usd, MONEY_PLACES)


def frac(value: Decimal | None) -> float | None:
    """A fraction or a multiple, to six places."""
    return _rounded(value, FRAC_PLACES)


def shares(number: Decimal | None) -> int | float | None:
    """A number of shares; whole ones without a point."""
    if number is None:
        return None
    return int(number) if number == number.to_integral_value() else float(number)


def _rounded(value: Decimal | None, places: int) -> float | None:
    # Adding 0.0 turns -0.0 into 0.0.
    return None if value is None else float(round(value, places)) + 0.0
