"""Reserved: the sum that is kept is the one that all open orders make."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from avwap_cli.exchange.broker.orders import (
    Order,
    OrderClass,
    OrderType,
    PositionIntent,
    Side,
    Status,
    Tif,
)
from avwap_cli.exchange.broker.reserved import Reserved
from avwap_cli.exchange.broker.rules.reservations import reserved_usd
from avwap_cli.exchange.instants import instant
from avwap_cli.market.sessions import EASTERN

D = Decimal
BUY, SELL = PositionIntent.BUY_TO_OPEN, PositionIntent.SELL_TO_OPEN
PLAIN = Order(
    seq=1,
    id="1",
    client_order_id="c",
    asset_id="a",
    symbol="F",
    side=Side.BUY,
    type=OrderType.LIMIT,
    tif=Tif.DAY,
    order_class=OrderClass.SIMPLE,
    intent=BUY,
    status=Status.NEW,
    session=date(2026, 10, 5),
    created_at=0,
    updated_at=0,
    submitted_at=0,
    qty=D(10),
    limit_price=D(9),
)


class Market:
    """What `market_price` asks for; the price may move."""

    now = instant(datetime(2026, 10, 5, 22, tzinfo=EASTERN))
    last = D(10)

    def price(self, symbol: str) -> Decimal:
        return self.last

    def quote(self, symbol: str) -> tuple[None, None]:
        return None, None


def usd(kept: Reserved, market: Any) -> Decimal:
    return kept.usd(market)


def test_an_order_and_the_one_that_is_to_replace_it_reserve_as_the_larger() -> None:
    kept, market = Reserved(), Market()
    kept.note(PLAIN)
    new = replace(PLAIN, id="2", qty=D(15), replaces="1")
    kept.note(new)
    assert usd(kept, market) == 135
    kept.note(replace(PLAIN, status=Status.REPLACED))
    assert usd(kept, market) == 135
    kept.note(replace(new, id="3", qty=D(4), replaces="2"))
    assert usd(kept, market) == 135
    kept.note(replace(new, status=Status.CANCELED))
    assert usd(kept, market) == 36


def test_what_the_market_values_moves_with_it() -> None:
    kept, market = Reserved(), Market()
    kept.note(replace(PLAIN, type=OrderType.MARKET, limit_price=None))
    kept.note(replace(PLAIN, id="2"))
    assert usd(kept, market) == 190
    market.last = D(20)
    assert usd(kept, market) == 290


def test_closing_orders_reserve_nothing() -> None:
    kept = Reserved()
    kept.note(replace(PLAIN, intent=PositionIntent.BUY_TO_CLOSE))
    assert usd(kept, Market()) == 0


STATES = st.fixed_dictionaries(
    {
        "qty": st.integers(5, 20).map(D),
        "filled_qty": st.integers(0, 5).map(D),
        "limit_price": st.none() | st.sampled_from([D(8), D("9.37"), D(12)]),
        "status": st.sampled_from([Status.NEW, Status.PENDING_REPLACE, Status.CANCELED]),
    }
)


@given(
    st.lists(st.tuples(st.booleans(), st.booleans(), STATES, STATES, STATES), max_size=8),
    st.permutations(range(3)),
    st.sampled_from([D(5), D(40)]),
)
def test_the_sum_is_that_of_all_open_orders_at_all_times(
    groups: list[Any], turns: list[int], price: Decimal
) -> None:
    """Groups of an order and perhaps its heir, whose states change in some order."""
    kept, market, orders = Reserved(), Market(), {}
    market.last = price
    for number, (sells, has_heir, *_) in enumerate(groups):
        side, intent = (Side.SELL, SELL) if sells else (Side.BUY, BUY)
        order = replace(PLAIN, id=f"{number}", side=side, intent=intent)
        heir = replace(order, id=f"{number} heir", replaces=order.id)
        for each in (order, heir) if has_heir else (order,):
            orders[each.id] = each
            kept.note(each)
    for turn in turns:
        for order_id, order in orders.items():
            if order.open:
                state = groups[int(order_id.split()[0])][2 + turn]
                orders[order_id] = replace(order, **state)
                kept.note(orders[order_id])
                view: Any = market
                assert kept.usd(view) == reserved_usd(tuple(orders.values()), view)
