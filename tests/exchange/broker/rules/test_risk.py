"""Risk: what an account may do, given what it holds and has open."""

from __future__ import annotations

from dataclasses import replace

import pytest
from risk_books import (
    BRACKET,
    BTC,
    BTO,
    BUY,
    LIMIT_BUY,
    LIMIT_SELL,
    OCO,
    SELL,
    STC,
    STO,
    STOP_BUY,
    STOP_LIMIT_SELL,
    STOP_SELL,
    TRAIL_SELL,
    Books,
    D,
    No,
    forbidden,
    held,
    order,
    outcome,
    pair,
    unacceptable,
)

from avwap_cli.exchange.broker.assets import Borrow
from avwap_cli.exchange.broker.orders import (
    OrderClass,
    OrderType,
    PositionIntent,
    Side,
    Status,
    Tif,
)
from avwap_cli.exchange.settings import Settings


@pytest.mark.parametrize(
    ("request_", "qty", "intent"),
    [
        (BUY, 0, BTO),
        (BUY, 5, BTO),
        (BUY, -20, BTC),
        (SELL, 0, STO),
        (SELL, -5, STO),
        (SELL, 20, STC),
    ],
)
def test_the_intent_follows_from_what_is_held(request_, qty: int, intent: PositionIntent) -> None:
    books = Books(held=held(qty) if qty else {})
    assert outcome(request_, books) is intent
    assert outcome(replace(request_, intent=intent), books) is intent


@pytest.mark.parametrize(
    ("request_", "qty", "inferred", "specified"),
    [(SELL, 0, STO, STC), (SELL, 20, STC, STO), (BUY, 0, BTO, BTC), (BUY, -20, BTC, BTO)],
)
def test_an_intent_that_is_not_so(request_, qty, inferred, specified) -> None:
    books = Books(held=held(qty) if qty else {})
    assert outcome(replace(request_, intent=specified), books) == unacceptable(
        f"position intent mismatch, inferred: {inferred.value}, specified: {specified.value}"
    )


def test_client_order_ids_are_unique_for_ever() -> None:
    books = Books(known=frozenset({"x"}))
    assert outcome(replace(BUY, client_order_id="x"), books) == No(
        422, 40010001, "client_order_id must be unique"
    )
    assert outcome(replace(BUY, client_order_id="y"), books) is BTO


@pytest.mark.parametrize(
    ("request_", "stop", "word"),
    [
        (STOP_SELL, "10", "less"),
        (STOP_SELL, "10.01", "less"),
        (STOP_LIMIT_SELL, "12", "less"),
        (STOP_BUY, "10", "greater"),
        (STOP_BUY, "9.5", "greater"),
    ],
)
def test_a_stop_that_the_market_has_passed(request_, stop: str, word: str) -> None:
    books = Books(held=held(10 if request_.side is Side.SELL else -10))
    expected = unacceptable(
        f"stop price must be {word} than current price",
        market_price="10",
        stop_price=stop,
    )
    assert outcome(replace(request_, stop_price=D(stop)), books) == expected
    assert isinstance(
        outcome(replace(request_, stop_price=D(stop)), replace(books, last=None)), PositionIntent
    )


@pytest.mark.parametrize(
    ("request_", "message", "base"),
    [
        (
            replace(BRACKET, stop_loss=D(10)),
            "stop_loss.stop_price must be <= base_price - 0.01",
            "10",
        ),
        (
            replace(BRACKET, take_profit=D(10)),
            "take_profit.limit_price must be >= base_price + 0.01",
            "10",
        ),
        (
            replace(BRACKET, type=OrderType.LIMIT, limit_price=D("8.5")),
            "stop_loss.stop_price must be <= base_price - 0.01",
            "8.5",
        ),
        (
            replace(BRACKET, side=Side.SELL, take_profit=D(9), stop_loss=D(10)),
            "stop_loss.stop_price must be >= base_price + 0.01",
            "10",
        ),
        (
            replace(BRACKET, side=Side.SELL, take_profit=D(10), stop_loss=D(11)),
            "take_profit.limit_price must be <= base_price - 0.01",
            "10",
        ),
        (
            replace(BRACKET, order_class=OrderClass.OTO, take_profit=None, stop_loss=D(11)),
            "stop_loss.stop_price must be <= base_price - 0.01",
            "10",
        ),
    ],
)
def test_legs_keep_a_cent_from_the_base_price(request_, message: str, base: str) -> None:
    assert outcome(request_, Books()) == unacceptable(message, base_price=base)


def test_the_loss_leg_of_an_oco_lies_behind_the_market() -> None:
    books = Books(held=held(10))
    assert outcome(replace(OCO, stop_loss=D(11)), books) == unacceptable(
        "stop_loss.stop_price must be <= base_price - 0.01", base_price="10"
    )
    assert outcome(replace(OCO, take_profit=D("9.5")), books) is STC
    assert outcome(OCO, books) is STC


def test_complex_orders_enter_or_exit() -> None:
    assert outcome(BRACKET, Books()) is BTO
    text = "bracket orders must be entry orders"
    assert outcome(BRACKET, Books(held=held(5))) == unacceptable(text)
    assert outcome(BRACKET, Books(held=held(-5))) == unacceptable(text)
    assert outcome(OCO, Books()) == unacceptable("oco orders must be exit orders")
    oto = replace(BRACKET, order_class=OrderClass.OTO, take_profit=None)
    assert outcome(oto, Books(held=held(5))) is BTO
    assert outcome(oto, Books(held=held(-20))) == unacceptable("oto orders must be entry orders")


def test_shares_held_by_an_order_cannot_be_sold_again() -> None:
    stop = order(STOP_SELL, STC, qty=D(3), id="stop-1")
    books = Books([stop], held(3))
    assert outcome(replace(SELL, qty=D(1)), books) == forbidden(
        "insufficient qty available for order (requested: 1, available: 0)",
        available="0",
        existing_qty="3",
        held_for_orders="3",
        related_orders=["stop-1"],
        symbol="F",
    )


def test_no_order_changes_the_side_of_a_position() -> None:
    for request_, qty in ((SELL, 4), (BUY, -4)):
        assert outcome(request_, Books(held=held(qty))) == forbidden(
            "insufficient qty available for order (requested: 10, available: 4)",
            available="4",
            existing_qty="4",
            held_for_orders="0",
            related_orders=[],
            symbol="F",
        )


def test_a_sale_for_usd_is_counted_in_shares_at_the_market() -> None:
    cash_sale = replace(SELL, qty=None, notional=D("100.2"))
    assert outcome(cash_sale, Books(held=held(10))) is STC
    refusal = outcome(replace(cash_sale, notional=D("100.3")), Books(held=held(10)))
    assert refusal.message.startswith("insufficient qty available for order (requested: 10.00998")
    nowhere = Books(held=held(10), last=None, ask=None)
    assert outcome(cash_sale, nowhere) == forbidden("no market price is known for F")


def test_no_opening_on_both_sides() -> None:
    short = order(LIMIT_SELL, STO)
    assert outcome(LIMIT_BUY, Books([short])) == forbidden(
        "cannot open a long buy while a short sell order is open"
    )
    long = order(LIMIT_BUY, BTO)
    assert outcome(LIMIT_SELL, Books([long])) == forbidden(
        "cannot open a short sell while a long buy order is open"
    )


def washed(reason: str) -> No:
    return forbidden(
        "potential wash trade detected. use complex orders",
        existing_order_id="a",
        reject_reason=f"opposite side {reason} order exists",
    )


@pytest.mark.parametrize(
    ("new", "existing", "reason"),
    [
        (BUY, STOP_SELL, "market/stop"),
        (BUY, SELL, "market/stop"),
        (LIMIT_BUY, STOP_SELL, "market/stop"),
        (LIMIT_BUY, SELL, "market/stop"),
        (STOP_BUY, LIMIT_SELL, "limit"),
        (BUY, LIMIT_SELL, "limit"),
        (BUY, STOP_LIMIT_SELL, "limit"),
        (replace(LIMIT_BUY, limit_price=D(11)), LIMIT_SELL, "limit"),
        (replace(LIMIT_BUY, limit_price=D("11.01")), LIMIT_SELL, "limit"),
        (LIMIT_BUY, STOP_LIMIT_SELL, "limit"),
        (replace(LIMIT_BUY, limit_price=D("10.99")), LIMIT_SELL, None),
        (replace(LIMIT_BUY, limit_price=D("8.89")), STOP_LIMIT_SELL, None),
        (BUY, TRAIL_SELL, None),
    ],
)
def test_a_buy_against_an_own_sale(new, existing, reason: str | None) -> None:
    books = Books([order(existing, STC)], held(10))
    assert outcome(new, books) == (BTO if reason is None else washed(reason))


def test_a_sale_against_an_own_buy() -> None:
    books = Books([order(LIMIT_BUY, BTO)], held(20))
    assert outcome(SELL, books) == washed("limit")
    assert outcome(LIMIT_SELL, books) is STC
    assert outcome(replace(LIMIT_SELL, limit_price=D(9)), books) == washed("limit")
    assert outcome(TRAIL_SELL, books) is STC
    assert outcome(OCO, books) is STC


def test_legs_of_complex_orders_are_exempt() -> None:
    books = Books(pair(OrderClass.BRACKET, (Status.NEW, Status.HELD)), held(10))
    assert outcome(BUY, books) is BTO


def test_short_selling() -> None:
    assert outcome(SELL, Books()) is STO
    no_short = forbidden("account is not allowed to short")
    assert outcome(SELL, Books(settings=Settings(shorting=False))) == no_short
    assert outcome(SELL, Books(settings=Settings(multiplier=1))) == no_short
    assert outcome(SELL, Books(cash=D("1999.99"))) == no_short
    assert outcome(SELL, Books(cash=D(2000))) is STO
    unshortable = unacceptable('asset "F" cannot be sold short')
    assert outcome(SELL, Books(borrow=Borrow.NONE)) == unshortable
    assert outcome(SELL, Books(borrow=Borrow.HARD)) == unshortable


def test_sales_of_what_is_hard_to_borrow_are_for_the_day() -> None:
    refusal = unacceptable('only day orders are allowed for hard-to-borrow asset "F"')
    books = Books(borrow=Borrow.HARD, held=held(10))
    assert outcome(replace(STOP_SELL, tif=Tif.GTC), books) == refusal
    assert outcome(replace(SELL, tif=Tif.GTC), replace(books, held={})) == refusal
    assert outcome(STOP_SELL, books) is STC
    assert outcome(replace(LIMIT_BUY, tif=Tif.GTC), books) is BTO


def test_buying_power_is_used_to_the_last_cent() -> None:
    all_in = replace(LIMIT_BUY, limit_price=D("20.00"), qty=D(1000))
    assert outcome(all_in, Books()) is BTO
    refusal = outcome(replace(all_in, limit_price=D("20.01")), Books())
    assert refusal.extras == {"buying_power": "20000", "cost_basis": "20010"}


def test_a_purchase_for_usd_costs_that() -> None:
    assert outcome(replace(BUY, qty=None, notional=D(20_000)), Books()) is BTO
    refusal = outcome(replace(BUY, qty=None, notional=D("20000.01")), Books())
    assert refusal.extras == {"buying_power": "20000", "cost_basis": "20000.01"}


def test_without_any_price_a_market_order_cannot_be_valued() -> None:
    nowhere = Books(last=None, ask=None, bid=None)
    assert outcome(BUY, nowhere) == forbidden("no market price is known for F")
    assert outcome(LIMIT_BUY, nowhere) is BTO


def test_closing_costs_nothing() -> None:
    broke = Books(held=held(-10), cash=D(100))
    assert outcome(BUY, broke) is BTC


def test_no_position_beyond_six_times_the_equity() -> None:
    books = Books(settings=Settings(multiplier=20))
    assert outcome(replace(LIMIT_BUY, limit_price=D(60), qty=D(1000)), books) is BTO
    refusal = outcome(replace(LIMIT_BUY, limit_price=D("60.01"), qty=D(1000)), books)
    assert refusal == forbidden("position of F would exceed 600% of the account's equity")


def test_what_the_replaced_order_holds_is_free_for_the_new_one() -> None:
    all_in = replace(LIMIT_BUY, limit_price=D(10), qty=D(2000))
    old = order(all_in, BTO)
    books = Books([old])
    assert books.balances().buying_power == 0
    assert outcome(replace(all_in, limit_price=D("9.99")), books, old) is BTO
    assert outcome(replace(all_in, limit_price=D(10)), books, old) is BTO
    refusal = outcome(replace(all_in, limit_price=D("10.01")), books, old)
    assert refusal.extras == {"buying_power": "20000", "cost_basis": "20020"}
    stop = order(STOP_SELL, STC)
    assert outcome(replace(STOP_SELL, stop_price=D("9.5")), Books([stop], held(10)), stop) is STC


def test_shares_already_filled_are_not_wanted_again() -> None:
    old = order(LIMIT_SELL, STC, filled_qty=D(4), status=Status.PARTIALLY_FILLED)
    books = Books([old], held(6))
    assert outcome(LIMIT_SELL, books, old) is STC
    assert outcome(replace(LIMIT_SELL, qty=D(11)), books, old).extras["available"] == "6"


def test_a_replaced_leg_needs_only_a_stop_behind_the_market() -> None:
    legs = pair(OrderClass.BRACKET, (Status.NEW, Status.HELD))
    books = Books(legs, held(10))
    loss = legs[1]
    assert outcome(replace(STOP_SELL, stop_price=D("9.9")), books, loss) is STC
    refusal = outcome(replace(STOP_SELL, stop_price=D("10.5")), books, loss)
    assert refusal.message == "stop price must be less than current price"
    waiting = Books(pair(OrderClass.BRACKET, (Status.HELD, Status.HELD)))
    assert outcome(replace(STOP_SELL, stop_price=D("9.9")), waiting, loss) is STC


def test_a_stop_that_stays_where_it_was_may_have_been_passed() -> None:
    old = order(replace(STOP_SELL, stop_price=D(11)), STC)
    books = Books([old], held(10))
    assert outcome(replace(STOP_SELL, stop_price=D(11), qty=D(5)), books, old) is STC


def test_a_leg_of_a_complex_order_replaces_without_wash_trade() -> None:
    profit, loss = pair(OrderClass.OCO, (Status.NEW, Status.HELD))
    buy = order(BUY, BTO, id="b")
    books = Books([profit, loss, buy], held(10))
    assert outcome(replace(LIMIT_SELL, limit_price=D(10)), books, profit) is STC
