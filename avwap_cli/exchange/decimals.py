"""Decimals: one arithmetic for all money, and exact numbers as the texts that Alpaca writes."""

from __future__ import annotations

from collections.abc import Callable
from decimal import (
    ROUND_HALF_EVEN,
    Context,
    Decimal,
    DivisionByZero,
    InvalidOperation,
    Overflow,
    localcontext,
)
from functools import wraps
from typing import ParamSpec, TypeVar

DECIMALS = 9
ARITHMETIC = Context(
    prec=28,
    rounding=ROUND_HALF_EVEN,
    Emin=-999_999,
    Emax=999_999,
    capitals=1,
    clamp=0,
    flags=[],
    traps=[InvalidOperation, DivisionByZero, Overflow],
)

Given = ParamSpec("Given")
Result = TypeVar("Result")


def own_arithmetic(function: Callable[Given, Result]) -> Callable[Given, Result]:
    """The function, with 28 digits whatever the decimal context of its caller."""

    @wraps(function)
    def within(*args: Given.args, **kwargs: Given.kwargs) -> Result:
        with localcontext(ARITHMETIC):
            return function(*args, **kwargs)

    return within


def decimal_text(value: Decimal) -> str:
    """Without exponent and without trailing zeros: `190.5`; zero has no sign."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def money_text(value: Decimal) -> str:
    """The text of what was computed: without digits behind the ninth decimal."""
    if value.adjusted() >= ARITHMETIC.prec - DECIMALS:
        return decimal_text(value)
    return decimal_text(value.quantize(Decimal(1).scaleb(-DECIMALS)))


def decimal_text_or_none(value: Decimal | None) -> str | None:
    """The text of a value that may be unknown."""
    return None if value is None else decimal_text(value)
