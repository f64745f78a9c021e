"""Decimals as texts: no exponent, no trailing zeros, no sign of zero."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avwap_cli.exchange.decimals import decimal_text, decimal_text_or_none, money_text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("190.50", "190.5"),
        ("100", "100"),
        ("1E+3", "1000"),
        ("1E-9", "0.000000001"),
        ("0", "0"),
        ("-0.00", "0"),
        ("-2.10", "-2.1"),
    ],
)
def test_decimals_are_plain_texts(value, text):
    assert decimal_text(Decimal(value)) == text


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12))
def test_texts_keep_the_value_and_have_no_exponent(value):
    text = decimal_text(value)
    assert Decimal(text) == value
    assert "E" not in text.upper()


def test_what_is_unknown_stays_unknown():
    assert decimal_text_or_none(None) is None
    assert decimal_text_or_none(Decimal("1.50")) == "1.5"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("33.33333333333333", "33.333333333"),
        ("1.50", "1.5"),
        ("-0.0000000004", "0"),
        ("123456789012345678901234", "123456789012345678901234"),
    ],
)
def test_money_has_nine_decimals_at_most(value, text):
    assert money_text(Decimal(value)) == text
