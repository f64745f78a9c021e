"""Configurations: what a PATCH may change, and what follows from it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from avwap_cli.exchange.broker.orders import OrderRequest, OrderType, Side, Tif
from avwap_cli.exchange.protocol.trading.configurations import Configurations
from avwap_cli.exchange.refusals import Refusal
from avwap_cli.exchange.settings import Settings


def buy(**amount: Decimal) -> OrderRequest:
    return OrderRequest("AAPL", Side.BUY, OrderType.MARKET, Tif.DAY, **amount)


def test_null_and_retired_names_change_nothing():
    chosen = Configurations(no_shorting=True)
    assert chosen.changed({"no_shorting": None, "pdt_check": "both"}) == chosen


def test_an_unknown_name_is_cut_in_the_refusal():
    with pytest.raises(Refusal, match=r"unknown configuration: x{80}\.\.\.$"):
        Configurations().changed({"x" * 500: 1})


@pytest.mark.parametrize(("most", "multiplier"), [("1", 1), ("2", 2), ("4", 2)])
def test_margin_is_the_lower_of_both(most, multiplier):
    applied = Configurations(max_margin_multiplier=most).applied(Settings(multiplier=2))
    assert applied.multiplier == multiplier


@pytest.mark.parametrize(
    ("amount", "fits"),
    [
        ({"qty": Decimal(2)}, True),
        ({"qty": Decimal("2.000")}, True),
        ({"qty": Decimal("0.5")}, False),
        ({"notional": Decimal(100)}, False),
    ],
)
def test_whole_shares_pass_without_fractional_trading(amount, fits):
    chosen = Configurations(fractional_trading=False)
    Configurations().check(buy(**amount))
    if fits:
        chosen.check(buy(**amount))
    else:
        with pytest.raises(Refusal, match="fractional"):
            chosen.check(buy(**amount))
