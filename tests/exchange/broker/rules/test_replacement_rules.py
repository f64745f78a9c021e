"""Order rules for changes: what of an order may be replaced."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from rule_orders import (
    ASSET,
    FORBIDDEN,
    LIMIT,
    MALFORMED,
    NOON,
    SUB_PENNY,
    UNACCEPTABLE,
    D,
)

from avwap_cli.exchange.broker.orders import (
    Order,
    OrderClass,
    OrderRequest,
    OrderType,
    PositionIntent,
    Replacement,
    Role,
    Side,
    Status,
    Tif,
)
from avwap_cli.exchange.broker.rules.order_rules import check_replacement
from avwap_cli.exchange.refusals import Refusal
from avwap_cli.exchange.settings import Settings

SENT = Order(
    seq=1,
    id="a",
    client_order_id="first",
    asset_id="id",
    symbol="F",
    side=Side.BUY,
    type=OrderType.LIMIT,
    tif=Tif.DAY,
    order_class=OrderClass.SIMPLE,
    intent=PositionIntent.BUY_TO_OPEN,
    status=Status.NEW,
    session=date(2026, 10, 2),
    created_at=NOON,
    updated_at=NOON,
    submitted_at=NOON,
    qty=D(10),
    limit_price=D(10),
)


SENT_STOP = replace(SENT, type=OrderType.STOP, limit_price=None, stop_price=D(11))


SENT_TRAIL = replace(
    SENT,
    side=Side.SELL,
    type=OrderType.TRAILING_STOP,
    limit_price=None,
    stop_price=D("9.123"),
    hwm=D(10),
    trail_percent=D(5),
)


LEG = replace(
    SENT_STOP,
    side=Side.SELL,
    intent=PositionIntent.SELL_TO_CLOSE,
    status=Status.HELD,
    order_class=OrderClass.BRACKET,
    parent_id="p",
    role=Role.STOP_LOSS,
)


def revised(order: Order, changes: Replacement) -> OrderRequest | tuple[int, int | None, str]:
    try:
        return check_replacement(order, changes, ASSET, NOON, Settings())
    except Refusal as found:
        return (found.status, found.code, found.message)


def test_a_replacement_gives_the_order_as_it_would_be() -> None:
    changes = Replacement(qty=D(7), tif=Tif.GTC, limit_price=D("9.5"), client_order_id="second")
    assert revised(SENT, changes) == replace(
        LIMIT, qty=D(7), tif=Tif.GTC, limit_price=D("9.5"), client_order_id="second"
    )


def test_prices_that_the_broker_set_are_not_asked_for_again() -> None:
    trailed = revised(SENT_TRAIL, Replacement(trail=D(4)))
    assert isinstance(trailed, OrderRequest)
    assert (trailed.stop_price, trailed.trail_percent, trailed.trail_price) == (None, 4, None)
    by_price = replace(SENT_TRAIL, trail_percent=None, trail_price=D(1))
    moved = revised(by_price, Replacement(trail=D("0.5")))
    assert isinstance(moved, OrderRequest)
    assert (moved.trail_percent, moved.trail_price) == (None, D("0.5"))
    elected = replace(SENT_STOP, elected=True, limit_price=D("11.44"))
    again = revised(elected, Replacement(stop_price=D(12)))
    assert isinstance(again, OrderRequest)
    assert (again.stop_price, again.limit_price) == (12, None)


def test_a_held_leg_may_move_its_price() -> None:
    moved = revised(LEG, Replacement(stop_price=D("9.5"), qty=D(10)))
    assert isinstance(moved, OrderRequest)
    assert (moved.stop_price, moved.order_class) == (D("9.5"), OrderClass.SIMPLE)


LOWER = Replacement(limit_price=D(9))


@pytest.mark.parametrize(
    ("order", "changes", "kind", "message"),
    [
        *[
            (replace(SENT, status=status), LOWER, UNACCEPTABLE, text)
            for status, text in [
                (Status.ACCEPTED, "cannot replace order in accepted status"),
                (Status.PENDING_NEW, "cannot replace order in pending_new status"),
                (Status.PENDING_CANCEL, "cannot replace order in pending_cancel status"),
                (Status.PENDING_REPLACE, "cannot replace order in pending_replace status"),
                (Status.FILLED, "unable to replace order, order is not open"),
                (Status.CANCELED, "unable to replace order, order is not open"),
                (Status.REPLACED, "order already replaced"),
            ]
        ],
        (
            replace(SENT, status=Status.PENDING_NEW, replaces="z"),
            LOWER,
            UNACCEPTABLE,
            "order chain not fully replaced",
        ),
        (SENT, Replacement(), UNACCEPTABLE, "order parameters are not changed"),
        (
            SENT,
            Replacement(qty=D("10.0"), limit_price=D("10.00"), tif=Tif.DAY, client_order_id="b"),
            UNACCEPTABLE,
            "order parameters are not changed",
        ),
        (
            replace(SENT, qty=None, notional=D(50)),
            LOWER,
            UNACCEPTABLE,
            "parameters of notional orders cannot be replaced",
        ),
        (
            replace(SENT, qty=D("1.5")),
            Replacement(qty=D(2)),
            UNACCEPTABLE,
            "qty of fractional orders cannot be replaced",
        ),
        (SENT, Replacement(qty=D("9.5")), MALFORMED, "qty must be integer"),
        (SENT, Replacement(qty=D(0)), MALFORMED, "qty must be > 0"),
        (
            replace(SENT, filled_qty=D(4), status=Status.PARTIALLY_FILLED),
            Replacement(qty=D(4)),
            UNACCEPTABLE,
            "qty must be > filled_qty",
        ),
        (LEG, Replacement(qty=D(5)), UNACCEPTABLE, "qty of bracket orders cannot be replaced"),
        (
            LEG,
            Replacement(tif=Tif.GTC),
            UNACCEPTABLE,
            "time_in_force of bracket orders cannot be replaced",
        ),
        (
            SENT,
            Replacement(stop_price=D(9)),
            MALFORMED,
            "limit orders require no stop price",
        ),
        (
            SENT_STOP,
            Replacement(limit_price=D(9)),
            MALFORMED,
            "stop orders require no limit price",
        ),
        (SENT, Replacement(trail=D(1)), MALFORMED, "limit orders must not have trail"),
        (
            SENT_TRAIL,
            Replacement(stop_price=D(9)),
            MALFORMED,
            "trailing stop orders require no stop or limit price",
        ),
        (
            SENT,
            Replacement(limit_price=D("9.001")),
            UNACCEPTABLE,
            f"invalid limit_price 9.001. {SUB_PENNY}",
        ),
        (
            SENT_STOP,
            Replacement(tif=Tif.IOC),
            UNACCEPTABLE,
            "stop orders must be DAY or GTC orders",
        ),
        (
            SENT,
            Replacement(tif=Tif.OPG),
            FORBIDDEN,
            "opg orders must be submitted after 7:00pm and before 9:28am",
        ),
        (
            SENT,
            replace(LOWER, client_order_id="x" * 129),
            MALFORMED,
            "client_order_id must be no more than 128 characters",
        ),
    ],
)
def test_each_rule_of_replacing(
    order: Order, changes: Replacement, kind: tuple[int, int], message: str
) -> None:
    assert revised(order, changes) == (*kind, message)
