"""Last prices: what a symbol shows at a moment, and nothing that comes later."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hand_tape import MON, TUE, WED, HandTape, at

from avwap_cli.exchange.broker.halted_days import HaltedDays
from avwap_cli.exchange.broker.last_prices import LastPrices
from avwap_cli.market.splits import Split

D = Decimal
MONDAY = [("08:00:00", 9.5, 10), ("09:30:00", 10.0, 10), ("15:59:00", 11.0, 10)]


def prices(*splits: Split) -> LastPrices:
    tape = HandTape({"F": {MON: MONDAY, WED: [("09:30:00", 5.0, 10)]}}, splits=splits)
    return LastPrices(tape, HaltedDays(tape))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("day", "clock", "price", "regular"),
    [
        (MON, "07:59:59", None, None),
        (MON, "08:00:00", "9.5", None),
        (MON, "09:30:00", "10", "10"),
        (MON, "15:58:59", "10", "10"),
        (MON, "18:00:00", "11", "11"),
        (TUE, "12:00:00", "11", "11"),
        (WED, "09:30:00", "5", "5"),
    ],
)
def test_the_last_print_or_close(day: date, clock: str, price: str, regular: str) -> None:
    found = prices()
    expected = None if price is None else D(price)
    assert found.price("F", day, at(day, clock)) == expected
    assert found.regular("F", day, at(day, clock)) == (None if regular is None else D(regular))


def test_unknown_symbols_have_no_price() -> None:
    assert prices().price("ZZ", MON, at(MON, "12:00")) is None
    assert prices().quote("ZZ", MON, at(MON, "12:00")) == (None, None)


@pytest.mark.parametrize(("ratio", "close"), [(2.0, "5.5"), (0.3333333333, "33"), (3.0, "3.6667")])
def test_the_last_close_is_on_todays_basis(ratio: float, close: str) -> None:
    found = prices(Split("F", TUE, ratio))
    assert found.close_before("F", TUE) == D(close)
    assert found.close_before("F", WED) == D(close)
    assert found.price("F", TUE, at(TUE, "04:00")) == D(close)


def test_a_quote_is_the_last_one() -> None:
    found = prices()
    assert found.quote("F", MON, at(MON, "09:30")) == (D("9.99"), D("10.01"))
    assert found.quote("F", MON, at(MON, "07:00")) == (None, None)


def test_a_moment_is_remembered_until_it_is_forgotten() -> None:
    tape = HandTape({"F": {MON: MONDAY}})
    days = HaltedDays(tape)  # type: ignore[arg-type]
    found = LastPrices(tape, days)  # type: ignore[arg-type]
    noon = at(MON, "09:30")
    assert found.price("F", MON, noon) == 10
    days.set("F", noon, at(MON, "12:00"))
    assert found.price("F", MON, noon) == 10
    found.forget()
    assert found.price("F", MON, noon) == D("9.5")
