"""Order rules: the shapes that orders may have."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from rule_orders import (
    ASSET,
    BRACKET,
    FORBIDDEN,
    LIMIT,
    MALFORMED,
    MARKET,
    OCO,
    OTO,
    STOP,
    STOP_LIMIT,
    SUB_PENNY,
    TRAILING,
    UNACCEPTABLE,
    D,
    at,
    refusal,
)

from avwap_cli.exchange.broker.assets import Asset
from avwap_cli.exchange.broker.orders import (
    OrderClass,
    OrderRequest,
    OrderType,
    Side,
    Tif,
)
from avwap_cli.exchange.broker.rules.order_rules import window_open
from avwap_cli.exchange.settings import Settings


@pytest.mark.parametrize(
    "request_",
    [
        MARKET,
        LIMIT,
        STOP,
        STOP_LIMIT,
        TRAILING,
        replace(TRAILING, trail_percent=None, trail_price=D("0.5")),
        replace(TRAILING, trail_percent=D("0.1")),
        BRACKET,
        replace(BRACKET, type=OrderType.MARKET, limit_price=None, tif=Tif.GTC),
        replace(BRACKET, stop_loss_limit=D("8.99")),
        replace(BRACKET, side=Side.SELL, take_profit=D(9), stop_loss=D(12)),
        OCO,
        replace(OCO, limit_price=D(12)),
        OTO,
        replace(OTO, stop_loss=None, take_profit=D(12)),
        replace(LIMIT, extended_hours=True),
        replace(LIMIT, extended_hours=True, tif=Tif.GTC),
        replace(MARKET, qty=D("0.000000001")),
        replace(MARKET, qty=D("10.000000000000")),
        replace(MARKET, qty=None, notional=D("1.00")),
        replace(STOP_LIMIT, qty=D("1.5")),
        replace(LIMIT, limit_price=D("0.9999")),
        replace(LIMIT, limit_price=D("10.10")),
        replace(MARKET, client_order_id="x" * 128),
    ],
)
def test_good_orders_pass(request_: OrderRequest) -> None:
    assert refusal(request_) is None


@pytest.mark.parametrize(
    ("request_", "kind", "message"),
    [
        (
            replace(MARKET, client_order_id="x" * 129),
            MALFORMED,
            "client_order_id must be no more than 128 characters",
        ),
        (replace(MARKET, qty=None), MALFORMED, "qty or notional is required"),
        (
            replace(MARKET, notional=D(5)),
            MALFORMED,
            "only one of qty or notional is accepted",
        ),
        (replace(MARKET, qty=D(0)), MALFORMED, "qty must be > 0"),
        (replace(MARKET, qty=D(-3)), MALFORMED, "qty must be > 0"),
        (
            replace(MARKET, qty=D("0.0000000001")),
            UNACCEPTABLE,
            "qty value must be limited to 9 decimal places",
        ),
        (
            replace(MARKET, qty=None, notional=D("0.99")),
            MALFORMED,
            "notional must be >= 1.00",
        ),
        (
            replace(MARKET, qty=None, notional=D("10.001")),
            UNACCEPTABLE,
            "notional value must be limited to 2 decimal places",
        ),
        (
            replace(MARKET, limit_price=D(10)),
            MALFORMED,
            "market orders require no stop or limit price",
        ),
        (
            replace(MARKET, stop_price=D(10)),
            MALFORMED,
            "market orders require no stop or limit price",
        ),
        (replace(LIMIT, limit_price=None), MALFORMED, "limit orders require a limit price"),
        (replace(LIMIT, stop_price=D(9)), MALFORMED, "limit orders require no stop price"),
        (replace(STOP, stop_price=None), MALFORMED, "stop orders require a stop price"),
        (replace(STOP, limit_price=D(9)), MALFORMED, "stop orders require no limit price"),
        (
            replace(STOP_LIMIT, limit_price=None),
            MALFORMED,
            "stop limit orders require both stop and limit price",
        ),
        (
            replace(STOP_LIMIT, stop_price=None),
            MALFORMED,
            "stop limit orders require both stop and limit price",
        ),
        (
            replace(TRAILING, trail_percent=None),
            MALFORMED,
            "trailing stop orders must specify one of trail_price or trail_percent",
        ),
        (
            replace(TRAILING, trail_price=D(1)),
            MALFORMED,
            "trailing stop orders must specify one of trail_price or trail_percent",
        ),
        (
            replace(TRAILING, stop_price=D(1)),
            MALFORMED,
            "trailing stop orders require no stop or limit price",
        ),
        (replace(TRAILING, trail_percent=D("0.09")), MALFORMED, "trail_percent must be >= 0.1"),
        (replace(TRAILING, trail_percent=D(100)), MALFORMED, "trail_percent must be < 100"),
        (
            replace(MARKET, trail_price=D(1)),
            MALFORMED,
            "market orders must not have trail_price",
        ),
        (
            replace(STOP_LIMIT, trail_percent=D(1)),
            MALFORMED,
            "stop limit orders must not have trail_percent",
        ),
        (replace(LIMIT, limit_price=D(0)), MALFORMED, "limit price must be > 0"),
        (replace(STOP, stop_price=D(-1)), MALFORMED, "stop price must be > 0"),
        (
            replace(BRACKET, stop_loss=D(0)),
            MALFORMED,
            "stop_loss.stop_price must be > 0",
        ),
        (
            replace(LIMIT, limit_price=D("290.123")),
            UNACCEPTABLE,
            f"invalid limit_price 290.123. {SUB_PENNY}",
        ),
        (
            replace(LIMIT, limit_price=D("30.299999999999997")),
            UNACCEPTABLE,
            f"invalid limit_price 30.299999999999997. {SUB_PENNY}",
        ),
        (
            replace(LIMIT, limit_price=D("0.12345")),
            UNACCEPTABLE,
            f"invalid limit_price 0.12345. {SUB_PENNY}",
        ),
        (
            replace(STOP, stop_price=D("1.0001")),
            UNACCEPTABLE,
            f"invalid stop_price 1.0001. {SUB_PENNY}",
        ),
        (
            replace(BRACKET, take_profit=D("12.001")),
            UNACCEPTABLE,
            f"invalid take_profit.limit_price 12.001. {SUB_PENNY}",
        ),
        (
            replace(BRACKET, stop_loss=D("9.001")),
            UNACCEPTABLE,
            f"invalid stop_loss.stop_price 9.001. {SUB_PENNY}",
        ),
        (
            replace(BRACKET, stop_loss_limit=D("8.999")),
            UNACCEPTABLE,
            f"invalid stop_loss.limit_price 8.999. {SUB_PENNY}",
        ),
        (
            replace(BRACKET, take_profit=None),
            UNACCEPTABLE,
            "bracket orders require take_profit.limit_price",
        ),
        (
            replace(BRACKET, stop_loss=None),
            UNACCEPTABLE,
            "bracket orders require stop_loss.stop_price",
        ),
        (replace(OCO, stop_loss=None), UNACCEPTABLE, "oco orders require stop_loss.stop_price"),
        (
            replace(OTO, stop_loss=None),
            UNACCEPTABLE,
            "oto orders require take_profit.limit_price or stop_loss.stop_price",
        ),
        (
            replace(OTO, stop_loss=None, stop_loss_limit=D(8), take_profit=D(12)),
            UNACCEPTABLE,
            "oto orders require stop_loss.stop_price",
        ),
        (
            replace(OTO, take_profit=D(12)),
            UNACCEPTABLE,
            "oto orders require only one of take_profit or stop_loss",
        ),
        (
            replace(BRACKET, take_profit=D(9)),
            UNACCEPTABLE,
            "take_profit.limit_price must be > stop_loss.stop_price",
        ),
        (
            replace(BRACKET, side=Side.SELL),
            UNACCEPTABLE,
            "take_profit.limit_price must be < stop_loss.stop_price",
        ),
        (
            replace(OCO, side=Side.BUY),
            UNACCEPTABLE,
            "take_profit.limit_price must be < stop_loss.stop_price",
        ),
        (
            replace(BRACKET, type=OrderType.STOP, limit_price=None, stop_price=D(11)),
            MALFORMED,
            "bracket orders must be market or limit orders",
        ),
        (
            replace(OCO, type=OrderType.MARKET),
            MALFORMED,
            "oco orders must be limit orders",
        ),
        (
            replace(TRAILING, order_class=OrderClass.OTO, stop_loss=D(9)),
            UNACCEPTABLE,
            "trailing stop orders must be simple orders",
        ),
        (
            replace(BRACKET, tif=Tif.OPG),
            UNACCEPTABLE,
            "bracket orders must be DAY or GTC orders",
        ),
        (
            replace(LIMIT, extended_hours=True, tif=Tif.IOC),
            UNACCEPTABLE,
            "extended hours order must be DAY or GTC limit orders",
        ),
        (
            replace(MARKET, extended_hours=True),
            UNACCEPTABLE,
            "extended hours order must be DAY or GTC limit orders",
        ),
        (
            replace(BRACKET, extended_hours=True),
            UNACCEPTABLE,
            "extended hours orders must be simple orders",
        ),
        (
            replace(MARKET, qty=D("1.5"), tif=Tif.GTC),
            UNACCEPTABLE,
            "fractional orders must be DAY orders",
        ),
        (
            replace(MARKET, qty=None, notional=D(5), tif=Tif.OPG),
            UNACCEPTABLE,
            "fractional orders must be DAY orders",
        ),
        (
            replace(BRACKET, qty=D("1.5")),
            UNACCEPTABLE,
            "fractional orders must be simple orders",
        ),
        (
            replace(TRAILING, qty=D("1.5")),
            UNACCEPTABLE,
            "fractional orders must be market, limit, stop or stop limit orders",
        ),
        (
            replace(MARKET, qty=D("1.5"), side=Side.SELL),
            UNACCEPTABLE,
            "fractional orders cannot be sold short",
        ),
    ],
)
def test_each_rule(request_: OrderRequest, kind: tuple[int, int], message: str) -> None:
    assert refusal(request_) == (*kind, message)


@pytest.mark.parametrize(
    ("asset", "kind", "message"),
    [
        (None, UNACCEPTABLE, 'asset "F" not found'),
        (replace(ASSET, active=False), MALFORMED, "asset F is not active"),
        (replace(ASSET, tradable=False), UNACCEPTABLE, "asset F is not tradable"),
    ],
)
def test_assets(asset: Asset | None, kind: tuple[int, int], message: str) -> None:
    assert refusal(MARKET, asset) == (*kind, message)


def test_fractions_need_an_asset_that_has_them() -> None:
    whole_only = replace(ASSET, fractionable=False)
    assert refusal(MARKET, whole_only) is None
    half = replace(MARKET, qty=D("0.5"))
    assert refusal(half, whole_only) == (*FORBIDDEN, 'asset "F" is not fractionable')


def test_a_fraction_of_what_is_held_may_be_sold() -> None:
    half = replace(MARKET, qty=D("0.5"), side=Side.SELL)
    assert refusal(half, position_qty=D(1)) is None
    assert refusal(half, position_qty=D(-1)) == (
        *UNACCEPTABLE,
        "fractional orders cannot be sold short",
    )


BY_TYPE = (MARKET, LIMIT, STOP, STOP_LIMIT, TRAILING)


@pytest.mark.parametrize(("base", "tif", "elite"), list(product(BY_TYPE, Tif, [True, False])))
def test_types_and_times_in_force(base: OrderRequest, tif: Tif, elite: bool) -> None:
    found = refusal(replace(base, tif=tif), settings=Settings(elite=elite))
    if tif in {Tif.DAY, Tif.GTC}:
        assert found is None
    elif base.type in {OrderType.MARKET, OrderType.LIMIT}:
        text = f"time_in_force {tif.value} is not available for this account"
        assert found == (None if elite else (*UNACCEPTABLE, text))
    else:
        kind = base.type.value.replace("_", " ")
        assert found == (*UNACCEPTABLE, f"{kind} orders must be DAY or GTC orders")


@pytest.mark.parametrize(
    ("moment", "for_open", "for_close"),
    [
        ("2026-10-02 00:00:00", True, True),
        ("2026-10-02 09:27:59.999999", True, True),
        ("2026-10-02 09:28:00", False, True),
        ("2026-10-02 15:49:59.999999", False, True),
        ("2026-10-02 15:50:00", False, False),
        ("2026-10-02 18:51:00", False, False),
        ("2026-10-02 18:59:59.999999", False, False),
        ("2026-10-02 19:00:00", True, True),
        ("2026-10-03 12:00:00", True, True),  # a Saturday
        ("2026-09-07 16:20:00", True, True),  # Labor Day
        ("2026-11-27 12:49:59", False, True),  # closes at 13:00
        ("2026-11-27 12:50:00", False, False),
        ("2026-11-27 19:00:00", True, True),
        ("2026-11-02 09:28:00", False, True),  # first session of winter time
    ],
)
def test_windows_of_the_auctions(moment: str, for_open: bool, for_close: bool) -> None:
    assert window_open(Tif.OPG, at(moment)) is for_open
    assert window_open(Tif.CLS, at(moment)) is for_close


def test_outside_of_the_windows_orders_are_refused() -> None:
    late = at("2026-10-02 16:20")
    assert refusal(replace(MARKET, tif=Tif.OPG), now=late) == (
        *FORBIDDEN,
        "opg orders must be submitted after 7:00pm and before 9:28am",
    )
    assert refusal(replace(LIMIT, tif=Tif.CLS), now=late) == (
        *FORBIDDEN,
        "cls orders must be submitted after 7:00pm and before 3:55pm",
    )
