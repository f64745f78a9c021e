"""Types of orders, times in force, stops, auctions, prices and quantities."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from alpaca.trading.enums import OrderSide
from alpaca.trading.models import Order
from alpaca.trading.requests import OrderRequest
from street import Street, eastern, refusal
from street_orders import (
    at_limit,
    at_market,
    bracket,
    plain,
    stop,
    stop_limit,
    trailing,
)
from street_tape import FRIDAY, HALF_DAY, HOLIDAY, MONDAY, TUESDAY

OpenStreet = Callable[..., Street]
BUY = {"side": OrderSide.BUY}


@pytest.mark.fact("2.1.1", "2.1.2")
@pytest.mark.parametrize("tif", ["day", "gtc"])
def test_market_and_limit_orders_last(market_open: Street, tif: str) -> None:
    at_once = market_open.submit(at_market(tif=tif))
    waiting = market_open.submit(at_limit(189.5, tif=tif))
    market_open.to("09:46")
    assert market_open.order(at_once).status == "filled"
    assert market_open.order(waiting).status == "new"
    market_open.to("10:30")
    filled = market_open.order(waiting)
    assert (filled.status, filled.filled_avg_price) == ("filled", "189.04")


@pytest.mark.fact("2.1.3", "2.1.4", "2.1.5")
@pytest.mark.parametrize(
    "order",
    [
        lambda tif: stop(180, tif=tif),
        lambda tif: stop_limit(180, 179, tif=tif),
        lambda tif: trailing(trail_price=5, tif=tif),
    ],
)
def test_stops_last_and_nothing_else(
    market_open: Street, order: Callable[[str], OrderRequest]
) -> None:
    market_open.held(qty=20)
    for tif in ("day", "gtc"):
        assert market_open.order(market_open.submit(order(tif))).status == "new"
    for tif in ("ioc", "fok", "opg", "cls"):
        wrong = refusal(market_open.submit, order(tif))
        assert (wrong.status, wrong.code) == (422, 42210000)
        assert wrong.text.endswith("orders must be DAY or GTC orders")


@pytest.mark.fact("2.1.6", "2.4.4", "2.4.6")
@pytest.mark.parametrize("amount", [{"qty": 0.123456789}, {"notional": 50.5}])
def test_fractions_are_of_four_types_for_the_day(
    market_open: Street, amount: dict[str, float]
) -> None:
    market_open.held(qty=20)
    fractions: list[OrderRequest] = [
        at_market(**amount),
        at_limit(100, **amount),
        stop(180, **amount),
        stop_limit(180, 179, **amount),
    ]
    for order in fractions:
        sent = market_open.submit(order)
        market_open.trading.cancel_order_by_id(sent.id)
        market_open.exchange.step(1)
    lasting = refusal(market_open.submit, at_limit(100, tif="gtc", **amount))
    assert lasting.text == "fractional orders must be DAY orders"
    assert refusal(market_open.submit, trailing(trail_price=5, **amount)).status == 422


@pytest.mark.fact("2.1.7", "2.1.9", "2.2.4")
def test_extended_hours_are_for_limit_orders(before_open: Street) -> None:
    for tif in ("day", "gtc"):
        assert before_open.submit(at_limit(150, tif=tif, extended_hours=True)).extended_hours
    text = "extended hours order must be DAY or GTC limit orders"
    for wrong in (
        at_market(extended_hours=True),
        at_limit(150, tif="ioc", extended_hours=True),
        stop(180, extended_hours=True),
        stop_limit(180, 179, extended_hours=True),
    ):
        told = refusal(before_open.submit, wrong)
        assert (told.status, told.code, told.text) == (422, 42210000, text)


@pytest.mark.fact("2.1.8", "2.3.5")
def test_some_times_in_force_are_not_for_everyone(open_street: OpenStreet) -> None:
    elite, usual = open_street("20:30"), open_street("20:30", elite=False)
    for tif in ("opg", "cls", "ioc", "fok"):
        assert elite.submit(at_limit(150, tif=tif)).time_in_force == tif
        told = refusal(usual.submit, at_market(tif=tif))
        assert (told.status, told.code) == (422, 42210000)


@pytest.mark.fact("2.1.8")
def test_what_cannot_be_filled_at_once_is_canceled(market_open: Street) -> None:
    at_once = market_open.submit(at_market(tif="ioc"))
    nothing = market_open.submit(at_limit(150, tif="ioc"))
    part = market_open.submit(at_market(symbol="THIN", qty=25, tif="ioc"))
    whole = market_open.submit(at_market(symbol="THIN", qty=25, tif="fok"))
    market_open.to("09:46")
    assert market_open.order(at_once).status == "filled"
    assert market_open.order(nothing).status == "canceled"
    assert market_open.order(part).status == "canceled"
    assert market_open.order(part).filled_qty == "10"
    assert market_open.order(whole).status == "canceled"
    assert market_open.order(whole).filled_qty == "0"


@pytest.mark.fact("2.1.10")
def test_extended_hours_begin_at_four_and_end_at_eight(open_street: OpenStreet) -> None:
    street = open_street("03:30")
    early = street.submit(at_limit(195, extended_hours=True))
    regular = street.submit(at_limit(195))
    street.to("03:59")
    assert street.order(early).status == "accepted"
    street.to("04:05")
    assert street.order(early).status == "filled"
    assert street.order(regular).status == "new", "waits for the open"
    street.to("16:30")
    late = street.submit(at_limit(185, extended_hours=True))
    assert street.order(late).expires_at == eastern("20:00")
    street.to("20:00")
    assert street.order(late).status == "expired"


@pytest.mark.fact("2.1.11")
def test_nothing_trades_overnight(open_street: OpenStreet) -> None:
    street = open_street("20:30")
    eager = street.submit(at_limit(250, extended_hours=True))
    street.to("03:59", TUESDAY)
    assert street.order(eager).status == "accepted"
    street.to("04:05", TUESDAY)
    assert street.order(eager).status == "filled"


@pytest.mark.fact("2.1.12", "2.12.3", "2.6.4")
def test_an_order_of_the_evening_is_queued(evening: Street) -> None:
    order = evening.submit(at_limit(180))
    assert order.status == "accepted"
    assert order.expires_at == eastern("16:00", TUESDAY)
    evening.to("03:59", TUESDAY)
    assert evening.order(order).status == "accepted"
    evening.to("04:01", TUESDAY)
    assert evening.order(order).status == "new"
    evening.to("16:00", TUESDAY)
    assert evening.order(order).status == "expired"
    assert evening.order(order).expired_at == eastern("16:00", TUESDAY)


@pytest.mark.fact("2.1.13", "2.12.10", "2.3.7")
def test_a_buy_of_friday_evening_rests_until_monday(open_street: OpenStreet) -> None:
    street = open_street("18:00", FRIDAY)
    order = street.submit(at_market())
    street.to("09:29")
    assert street.order(order).status == "new"
    street.to("09:30")
    filled = street.order(order)
    assert (filled.status, filled.filled_avg_price) == ("filled", "190.04")
    assert filled.filled_at == eastern("09:30")


@pytest.mark.fact("2.1.14")
def test_a_gtc_order_ends_after_90_days(market_open: Street) -> None:
    order = market_open.submit(at_limit(100, tif="gtc"))
    end = eastern("16:15", MONDAY + timedelta(days=90))
    assert market_open.order(order).expires_at == end
    market_open.exchange.step_to(end - timedelta(minutes=1))
    assert market_open.order(order).status == "new"
    market_open.exchange.step_to(end)
    assert market_open.order(order).status == "canceled"


@pytest.mark.fact("2.2.1")
def test_an_elected_sell_stop_is_a_market_order(market_open: Street) -> None:
    market_open.held()
    order = market_open.submit(stop(186))
    market_open.to("10:59")
    assert market_open.order(order).status == "new"
    market_open.to("11:00")
    filled = market_open.order(order)
    assert (filled.status, filled.filled_avg_price) == ("filled", "184.97")
    assert filled.order_type == "stop"


@pytest.mark.fact("2.2.2")
def test_an_elected_buy_stop_has_a_collar(open_street: OpenStreet) -> None:
    street = open_street("11:30")
    jumped = street.submit(stop(190, **BUY))
    near = street.submit(stop(191, symbol="AAPL", qty=1, **BUY))
    street.to("12:30")
    assert street.order(jumped).status == "new", "195 lies above 190 x 1.025"
    filled = street.order(near)
    assert (filled.status, filled.filled_avg_price) == ("filled", "195.04"), "191 x 1.025 = 195.77"
    cheap = open_street("10:15")
    ford = cheap.submit(stop(12.1, symbol="F", **BUY))
    cheap.to("10:30")
    assert cheap.order(ford).filled_avg_price == "12.21", "12.10 x 1.04 = 12.58"


@pytest.mark.fact("2.2.3")
def test_prints_before_the_open_elect_nothing(open_street: OpenStreet) -> None:
    street = open_street("15:00")
    street.held("PREM")
    order = street.submit(stop(90, symbol="PREM", tif="gtc"))
    street.to("09:00", TUESDAY)
    trade = street.raw_data.get("/stocks/trades/latest", {"symbols": "PREM"})["trades"]["PREM"]
    assert trade["p"] == 80.0
    assert street.order(order).status == "new"
    street.to("10:00", TUESDAY)
    assert street.order(order).status == "new"


@pytest.mark.fact("2.2.5")
def test_stops_on_the_wrong_side(market_open: Street) -> None:
    market_open.held()
    told = refusal(market_open.submit, stop(190.5))
    assert (told.status, told.body) == (
        422,
        {
            "code": 42210000,
            "market_price": "190",
            "message": "stop price must be less than current price",
            "stop_price": "190.5",
        },
    )
    mirror = refusal(market_open.submit, stop(189.5, symbol="AAPL", **BUY))
    assert mirror.text == "stop price must be greater than current price"


@pytest.mark.fact("2.2.6")
def test_a_gap_fills_a_stop_at_the_open(open_street: OpenStreet) -> None:
    street = open_street("15:00")
    street.held("GAPD")
    order = street.submit(stop(48, symbol="GAPD", tif="gtc"))
    street.to("09:31", TUESDAY)
    filled = street.order(order)
    assert (filled.status, filled.filled_avg_price) == ("filled", "39.99")
    assert filled.filled_at == eastern("09:30", TUESDAY)


@pytest.mark.fact("2.2.7")
def test_a_trail_is_a_price_or_a_percentage(market_open: Street) -> None:
    market_open.held(qty=20)
    assert market_open.submit(trailing(trail_price=2)).trail_price == "2"
    assert market_open.submit(trailing(trail_percent=1)).trail_percent == "1"
    post = market_open.trading.post
    usual = {"side": "sell", "type": "trailing_stop", "qty": "1"}
    both = refusal(post, "/orders", plain(trail_price="1", trail_percent="1", **usual))
    none = refusal(post, "/orders", plain(**usual))
    assert both.text == none.text
    assert (both.status, both.code) == (422, 40010001)
    small = refusal(post, "/orders", plain(trail_percent="0.05", **usual))
    assert (small.status, small.text) == (422, "trail_percent must be >= 0.1")


@pytest.mark.fact("2.2.8")
def test_the_server_keeps_the_high_water_mark(market_open: Street) -> None:
    market_open.held()
    order = market_open.submit(trailing(trail_price=3))
    market_open.to("10:15")
    seen = market_open.order(order)
    assert (seen.hwm, seen.stop_price) == ("191", "188")
    market_open.to("10:45")
    seen = market_open.order(order)
    assert (seen.hwm, seen.stop_price, seen.status) == ("191", "188", "new")
    market_open.to("11:00")
    assert market_open.order(order).filled_avg_price == "184.97"


@pytest.mark.fact("2.2.9")
def test_trails_rest_outside_of_regular_hours(open_street: OpenStreet) -> None:
    street = open_street("15:00")
    street.held("PREM")
    order = street.submit(trailing(symbol="PREM", trail_price=10, tif="gtc"))
    street.to("09:15", TUESDAY)
    seen = street.order(order)
    assert (seen.status, seen.hwm) == ("new", "100"), "80 before the open elected nothing"


@pytest.mark.fact("2.1.5", "2.2.10")
def test_trailing_stops_are_single(market_open: Street) -> None:
    body = plain(type="trailing_stop", trail_price="2", order_class="bracket")
    body |= {"take_profit": {"limit_price": "200"}, "stop_loss": {"stop_price": "180"}}
    told = refusal(market_open.trading.post, "/orders", body)
    assert (told.status, told.text) == (422, "trailing stop orders must be simple orders")


@pytest.mark.fact("2.3.1", "2.3.3", "2.14.5")
@pytest.mark.parametrize(
    ("time", "taken"),
    [("19:00", True), ("03:00", True), ("09:27:59", True), ("09:28", False), ("18:59", False)],
)
def test_the_window_of_the_open(open_street: OpenStreet, time: str, taken: bool) -> None:
    street = open_street(time)
    if taken:
        assert street.submit(at_market(tif="opg")).status == "accepted"
        return
    told = refusal(street.submit, at_market(tif="opg"))
    assert (told.status, told.code) == (403, 40310000)
    assert told.text == "opg orders must be submitted after 7:00pm and before 9:28am"


@pytest.mark.fact("2.3.2", "2.3.3", "2.14.6")
@pytest.mark.parametrize(
    ("time", "taken"), [("19:00", True), ("15:49:59", True), ("15:50", False), ("18:00", False)]
)
def test_the_window_of_the_close(open_street: OpenStreet, time: str, taken: bool) -> None:
    street = open_street(time)
    if taken:
        told = "pending_new" if time < "16" else "accepted"
        assert street.submit(at_market(tif="cls")).status == told
        return
    told = refusal(street.submit, at_market(tif="cls"))
    assert (told.status, told.code) == (403, 40310000)
    assert told.text == "cls orders must be submitted after 7:00pm and before 3:55pm"


@pytest.mark.fact("2.3.4")
@pytest.mark.parametrize("time", ["16:20", "18:51"])
def test_an_order_for_the_open_fails_in_the_afternoon(open_street: OpenStreet, time: str) -> None:
    assert refusal(open_street(time).submit, at_market(tif="opg")).status == 403


@pytest.mark.fact("2.3.6")
def test_auction_orders_fill_at_the_auction_alone(before_open: Street) -> None:
    opening = before_open.submit(at_market(tif="opg"))
    unlikely = before_open.submit(at_limit(150, tif="opg"))
    closing = before_open.submit(at_market(tif="cls"))
    before_open.to("09:30")
    assert before_open.order(opening).status == "filled"
    assert before_open.order(opening).filled_at == eastern("09:30")
    before_open.to("09:31")
    assert before_open.order(unlikely).status == "expired"
    before_open.to("15:59:59")
    assert before_open.order(closing).status == "new"
    before_open.to("16:00")
    done = before_open.order(closing)
    assert (done.status, done.filled_at) == ("filled", eastern("16:00"))


@pytest.mark.fact("2.3.8")
def test_windows_on_days_of_another_kind(open_street: OpenStreet) -> None:
    holiday = open_street("12:00", HOLIDAY)
    assert holiday.submit(at_market(tif="opg")).status == "accepted"
    assert holiday.submit(at_market(tif="cls")).status == "accepted"
    half = open_street("12:49", HALF_DAY)
    assert half.submit(at_market(tif="cls")).time_in_force == "cls"
    half.to("12:50", HALF_DAY)
    assert refusal(half.submit, at_market(tif="cls")).status == 403


@pytest.mark.fact("2.4.1")
def test_prices_are_whole_cents(market_open: Street) -> None:
    market_open.held()
    text = "sub-penny increment does not fulfill minimum pricing criteria"
    for wrong, name, price in (
        (at_limit(180.123), "limit_price", "180.123"),
        (stop(180.005), "stop_price", "180.005"),
        (stop_limit(180, 179.999), "limit_price", "179.999"),
    ):
        told = refusal(market_open.submit, wrong)
        assert (told.status, told.code) == (422, 42210000)
        assert told.text == f"invalid {name} {price}. {text}"


@pytest.mark.fact("2.4.2")
def test_prices_below_a_dollar_have_four_decimals(market_open: Street) -> None:
    assert market_open.submit(at_limit(0.4321, symbol="PENY")).limit_price == "0.4321"
    told = refusal(market_open.submit, at_limit(0.43215, symbol="PENY"))
    assert told.text.startswith("invalid limit_price 0.43215. sub-penny")


@pytest.mark.fact("2.4.3")
@pytest.mark.parametrize(
    ("profit", "loss", "name"),
    [(200.001, 180, "take_profit.limit_price"), (200, 180.001, "stop_loss.stop_price")],
)
def test_legs_have_ticks_too(market_open: Street, profit: float, loss: float, name: str) -> None:
    told = refusal(market_open.submit, bracket(profit, loss))
    assert told.code == 42210000
    assert told.text.startswith(f"invalid {name} ")


@pytest.mark.fact("2.4.4")
def test_fractions_have_nine_decimals(market_open: Street) -> None:
    order = market_open.submit(at_market(qty=0.123456789))
    assert order.qty == "0.123456789"
    body = plain(qty="0.1234567891")
    assert refusal(market_open.trading.post, "/orders", body).status == 422
    market_open.to("09:46")
    assert market_open.trading.get_open_position("AAPL").qty == "0.123456789"


@pytest.mark.fact("2.4.5")
def test_a_notional_order_is_of_a_dollar(market_open: Street) -> None:
    assert market_open.submit(at_market(notional=1)).notional == "1"
    told = refusal(market_open.submit, at_market(notional=0.99))
    assert (told.status, told.code, told.text) == (422, 40010001, "notional must be >= 1.00")


@pytest.mark.fact("2.4.7")
def test_fractions_are_simple(market_open: Street) -> None:
    told = refusal(market_open.submit, bracket(200, 180, qty=1.5))
    assert (told.status, told.text) == (422, "fractional orders must be simple orders")


@pytest.mark.fact("2.4.8")
def test_fractions_are_not_sold_short(market_open: Street) -> None:
    told = refusal(market_open.submit, at_market(qty=1.5, side=OrderSide.SELL))
    assert (told.status, told.code) == (422, 42210000)
    assert told.text == "fractional orders cannot be sold short"


@pytest.mark.fact("2.4.9", "2.14.8")
def test_some_assets_are_not_fractionable(market_open: Street) -> None:
    market_open.fault("refuse@POST /v2/orders,symbol=F,value=not-fractionable")
    told = refusal(market_open.submit, at_market(symbol="F", qty=1.5))
    assert (told.status, told.code) == (403, 40310000)
    assert told.text == 'asset "X" is not fractionable'


@pytest.mark.fact("2.4.10")
def test_a_fractional_position_has_no_lasting_stop(market_open: Street) -> None:
    market_open.held(qty=2.5)
    told = refusal(market_open.submit, stop(180, qty=2.5, tif="gtc"))
    assert told.text == "fractional orders must be DAY orders"
    assert market_open.submit(stop(180, qty=2, tif="gtc")).qty == "2"


@pytest.mark.fact("2.4.11")
def test_an_order_has_one_amount(market_open: Street) -> None:
    told = refusal(market_open.trading.post, "/orders", plain(notional="100"))
    assert (told.status, told.code) == (422, 40010001)
    assert told.text == "only one of qty or notional is accepted"


@pytest.mark.fact("2.4.12")
def test_a_notional_order_has_no_quantity_until_filled(market_open: Street) -> None:
    order = market_open.submit(at_market(notional=1000))
    assert (order.qty, order.notional) == (None, "1000")
    market_open.to("09:46")
    filled: Order = market_open.order(order)
    assert filled.status == "filled"
    assert float(filled.filled_qty or 0) == pytest.approx(1000 / 190.04, abs=1e-6)
    assert filled.notional == "1000"
