"""Risk: what an account may do, given what it holds and has open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avwap_cli.exchange.broker.assets import Asset
from avwap_cli.exchange.broker.orders import (
    ZERO,
    Order,
    OrderClass,
    OrderRequest,
    OrderType,
    PositionIntent,
    Role,
    Side,
    Status,
    Tif,
)
from avwap_cli.exchange.broker.positions import Position
from avwap_cli.exchange.broker.rules.balances import Balances, balances_of
from avwap_cli.exchange.broker.rules.risk import check, held_shares, qty_available, reserved_usd
from avwap_cli.exchange.instants import Instant, instant
from avwap_cli.exchange.refusals import Refusal
from avwap_cli.exchange.settings import Settings
from avwap_cli.market.sessions import EASTERN

D = Decimal
CASH, LAST, BID, ASK = D(10_000), D(10), D("9.99"), D("10.02")
NOON = instant(datetime(2026, 10, 2, 12, tzinfo=EASTERN))
PRE = instant(datetime(2026, 10, 2, 8, tzinfo=EASTERN))
NIGHT = instant(datetime(2026, 10, 2, 22, tzinfo=EASTERN))


@dataclass
class Books:
    """Books at rest: F trades at 10.00, quoted 9.99 / 10.02."""

    orders: Sequence[Order] = ()
    held: Mapping[str, Position] = field(default_factory=dict)
    cash: Decimal = CASH
    settings: Settings = field(default_factory=Settings)
    now: Instant = NOON
    borrow: str = "easy_to_borrow"
    last: Decimal | None = LAST
    bid: Decimal | None = BID
    ask: Decimal | None = ASK
    known: frozenset[str] = frozenset()

    def position(self, symbol: str) -> Position | None:
        return self.held.get(symbol)

    def open_orders(self, symbol: str | None = None) -> Sequence[Order]:
        return [o for o in self.orders if o.open and symbol in {None, o.symbol}]

    def price(self, symbol: str) -> Decimal | None:
        return self.last

    def quote(self, symbol: str) -> tuple[Decimal | None, Decimal | None]:
        return self.bid, self.ask

    def asset(self, symbol: str) -> Asset | None:
        return Asset("id", symbol, "Name", "NYSE", borrow=self.borrow)

    def balances(self) -> Balances:
        prices = {} if self.last is None else dict.fromkeys(self.held, self.last)
        reserved = reserved_usd(self.open_orders(), self)
        return balances_of(self.cash, list(self.held.values()), prices, reserved, self.settings)

    def client_id_known(self, client_order_id: str) -> bool:
        return client_order_id in self.known


def held(qty: int | str) -> dict[str, Position]:
    return {"F": Position("F", D(qty), D(10))}


BUY = OrderRequest("F", Side.BUY, OrderType.MARKET, Tif.DAY, qty=D(10))
SELL = replace(BUY, side=Side.SELL)
LIMIT_BUY = replace(BUY, type=OrderType.LIMIT, limit_price=D(9))
LIMIT_SELL = replace(SELL, type=OrderType.LIMIT, limit_price=D(11))
STOP_BUY = replace(BUY, type=OrderType.STOP, stop_price=D(11))
STOP_SELL = replace(SELL, type=OrderType.STOP, stop_price=D(9))
STOP_LIMIT_SELL = replace(STOP_SELL, type=OrderType.STOP_LIMIT, limit_price=D("8.9"))
TRAIL_SELL = replace(SELL, type=OrderType.TRAILING_STOP, trail_percent=D(5))
BRACKET = replace(BUY, order_class=OrderClass.BRACKET, take_profit=D(12), stop_loss=D(9))
OCO = replace(SELL, type=OrderType.LIMIT, order_class=OrderClass.OCO)
OCO = replace(OCO, take_profit=D(12), stop_loss=D(9))


def order(request: OrderRequest, intent: PositionIntent, **fields: object) -> Order:
    """An open order as of that request."""
    made = Order(
        seq=1,
        id="a",
        client_order_id="c",
        asset_id="id",
        symbol=request.symbol,
        side=request.side,
        type=request.type,
        tif=request.tif,
        order_class=request.order_class,
        intent=intent,
        status=Status.NEW,
        session=date(2026, 10, 2),
        created_at=NOON,
        updated_at=NOON,
        submitted_at=NOON,
        qty=request.qty,
        notional=request.notional,
        limit_price=request.limit_price,
        stop_price=request.stop_price,
        trail_percent=request.trail_percent,
    )
    return replace(made, **fields)


BTO, BTC = PositionIntent.BUY_TO_OPEN, PositionIntent.BUY_TO_CLOSE
STO, STC = PositionIntent.SELL_TO_OPEN, PositionIntent.SELL_TO_CLOSE


def outcome(request: OrderRequest, books: Books, instead_of: Order | None = None):
    try:
        return check(request, books, instead_of)
    except Refusal as refusal:
        return refusal


def unacceptable(message: str, **extras: object) -> Refusal:
    return Refusal(422, 42210000, message, extras)


def forbidden(message: str, **extras: object) -> Refusal:
    return Refusal(403, 40310000, message, extras)


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
    assert outcome(replace(BUY, client_order_id="x"), books) == Refusal(
        422, 40010001, "client_order_id must be unique"
    )
    assert outcome(replace(BUY, client_order_id="y"), books) is BTO


# --- stops and legs against the market ---


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


# --- shares ---


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


def pair(kind: OrderClass, status: tuple[Status, Status]) -> list[Order]:
    """Profit and loss leg of one complex order for 10 shares."""
    profit = order(LIMIT_SELL, STC, id="tp", order_class=kind, status=status[0])
    loss = order(STOP_SELL, STC, id="sl", order_class=kind, status=status[1], role=Role.STOP_LOSS)
    if kind is OrderClass.OCO:
        return [replace(profit, leg_ids=("sl",)), replace(loss, parent_id="tp")]
    return [
        replace(profit, parent_id="entry", role=Role.TAKE_PROFIT),
        replace(loss, parent_id="entry"),
    ]


@pytest.mark.parametrize("kind", [OrderClass.OCO, OrderClass.BRACKET])
def test_two_legs_hold_their_shares_once(kind: OrderClass) -> None:
    legs = pair(kind, (Status.NEW, Status.HELD))
    books = Books(legs, held(15))
    assert held_shares(books.position("F"), legs) == 10
    assert qty_available(books.position("F"), legs) == 5
    assert outcome(replace(SELL, qty=D(5)), books) is STC
    refusal = outcome(replace(SELL, qty=D(6)), books)
    assert refusal.extras["related_orders"] == ["tp", "sl"]


def test_a_leg_that_has_filled_in_part_frees_what_it_sold() -> None:
    profit, loss = pair(OrderClass.BRACKET, (Status.PARTIALLY_FILLED, Status.HELD))
    legs = [replace(profit, filled_qty=D(4)), replace(loss, qty=D(6))]
    assert held_shares(Position("F", D(6), D(10)), legs) == 6


def test_legs_of_an_unfilled_entry_hold_nothing() -> None:
    legs = pair(OrderClass.BRACKET, (Status.HELD, Status.HELD))
    assert held_shares(Position("F", D(10), D(10)), legs) == 0


def test_an_order_and_its_replacement_hold_once() -> None:
    old = order(STOP_SELL, STC, id="old", status=Status.PENDING_REPLACE, replaced_by="new")
    new = order(STOP_SELL, STC, id="new", qty=D(7), replaces="old")
    assert held_shares(Position("F", D(10), D(10)), [old, new]) == 10
    assert held_shares(Position("F", D(10), D(10)), [new]) == 7
    profit, loss = pair(OrderClass.OCO, (Status.PENDING_REPLACE, Status.HELD))
    again = replace(profit, id="tp2", replaces="tp", status=Status.PENDING_NEW)
    assert held_shares(Position("F", D(10), D(10)), [profit, loss, again]) == 10
    assert held_shares(Position("F", D(10), D(10)), [loss, again]) == 10


def test_shares_available_carry_the_sign_of_the_position() -> None:
    cover = order(LIMIT_BUY, BTC, qty=D(3))
    assert qty_available(Position("F", D(-10), D(10)), [cover]) == -7
    assert qty_available(Position("F", D(-3), D(10)), [cover]) == 0
    assert qty_available(None, [cover]) == 0


def test_an_order_for_usd_holds_its_worth_in_shares() -> None:
    sale = order(replace(SELL, qty=None, notional=D(50)), STC)
    assert held_shares(Position("F", D(10), D(10)), [sale], D(10)) == 5
    assert held_shares(Position("F", D(10), D(10)), [sale]) == 10


# --- the other side ---


def test_no_opening_on_both_sides() -> None:
    short = order(LIMIT_SELL, STO)
    assert outcome(LIMIT_BUY, Books([short])) == forbidden(
        "cannot open a long buy while a short sell order is open"
    )
    long = order(LIMIT_BUY, BTO)
    assert outcome(LIMIT_SELL, Books([long])) == forbidden(
        "cannot open a short sell while a long buy order is open"
    )


def washed(reason: str) -> Refusal:
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


# --- selling short ---


def test_short_selling() -> None:
    assert outcome(SELL, Books()) is STO
    no_short = forbidden("account is not allowed to short")
    assert outcome(SELL, Books(settings=Settings(shorting=False))) == no_short
    assert outcome(SELL, Books(settings=Settings(multiplier=1))) == no_short
    assert outcome(SELL, Books(cash=D("1999.99"))) == no_short
    assert outcome(SELL, Books(cash=D(2000))) is STO
    unshortable = unacceptable('asset "F" cannot be sold short')
    assert outcome(SELL, Books(borrow="not_shortable")) == unshortable
    assert outcome(SELL, Books(borrow="hard_to_borrow")) == unshortable


def test_sales_of_what_is_hard_to_borrow_are_for_the_day() -> None:
    refusal = unacceptable('only day orders are allowed for hard-to-borrow asset "F"')
    books = Books(borrow="hard_to_borrow", held=held(10))
    assert outcome(replace(STOP_SELL, tif=Tif.GTC), books) == refusal
    assert outcome(replace(SELL, tif=Tif.GTC), replace(books, held={})) == refusal
    assert outcome(STOP_SELL, books) is STC
    assert outcome(replace(LIMIT_BUY, tif=Tif.GTC), books) is BTO


# --- buying power ---


@pytest.mark.parametrize(
    ("request_", "now", "share"),
    [
        (BUY, NOON, "10.02"),  # the ask
        (BUY, PRE, "10.005"),  # the middle
        (BUY, NIGHT, "10"),  # the last print
        (LIMIT_BUY, NOON, "9"),
        (STOP_BUY, NOON, "11.44"),  # its limit once elected
        (replace(STOP_BUY, stop_price=D(60)), NOON, "61.5"),
        (replace(TRAIL_SELL, side=Side.BUY), NOON, "10.02"),
        (SELL, NOON, "10.3206"),  # 103 % of the ask
        (LIMIT_SELL, NOON, "11"),
        (replace(LIMIT_SELL, limit_price=D("10.1")), NOON, "10.3206"),
    ],
)
def test_what_a_share_costs(request_, now: Instant, share: str) -> None:
    cost = 100 * D(share)
    wanted = replace(request_, qty=D(100))
    rich = Books(now=now, cash=cost / 2 + 3000)
    assert outcome(wanted, rich) in {BTO, STO}
    poor = Books(now=now, cash=D(2000), settings=Settings(multiplier=2))
    many = replace(request_, qty=D(1000))
    assert outcome(many, poor) == forbidden(
        "insufficient buying power",
        buying_power="4000",
        cost_basis=format((1000 * D(share)).normalize(), "f"),
    )


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


# --- replacing ---


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


# --- laws ---

PRICES = st.decimals(min_value=1, max_value=500, places=2)
QTYS = st.integers(1, 500).map(D)


@st.composite
def open_orders(draw: st.DrawFn) -> list[Order]:
    """Orders to open and to close, some of them filled in part, some replaced."""
    made = []
    for index in range(draw(st.integers(0, 6))):
        side, kind = draw(st.sampled_from(list(product(Side, ("open", "close")))))
        qty = draw(QTYS)
        fields = {
            "id": f"o{index}",
            "side": side,
            "limit_price": draw(PRICES),
            "qty": qty,
            "filled_qty": D(draw(st.integers(0, int(qty)))),
            "replaces": f"o{index - 1}" if index and draw(st.booleans()) else None,
        }
        made.append(order(LIMIT_BUY, PositionIntent(f"{side.value}_to_{kind}"), **fields))
    return made


@given(open_orders(), open_orders())
def test_what_orders_reserve_comes_back_exactly(before: list[Order], more: list[Order]) -> None:
    books = Books(before, cash=D(10**7))
    added = [
        replace(one, id=f"n{one.id}", replaces=one.replaces and f"n{one.replaces}") for one in more
    ]
    both = replace(books, orders=[*before, *added])
    canceled = [replace(one, status=Status.CANCELED) for one in added]
    after = replace(books, orders=[*before, *canceled])
    assert after.balances() == books.balances()
    power = both.balances().buying_power
    assert power == books.balances().buying_power - reserved_usd(added, books)
    position = Position("F", D(10**6), D(10))
    assert held_shares(position, after.open_orders()) == held_shares(position, before)
    total = held_shares(position, before) + held_shares(position, added)
    assert held_shares(position, both.open_orders()) == total


@given(open_orders(), QTYS)
def test_available_shares_are_never_more_than_are_held(orders: list[Order], qty: Decimal) -> None:
    for signed in (qty, -qty):
        free = qty_available(Position("F", signed, D(10)), orders)
        assert ZERO <= abs(free) <= qty
        assert free * signed >= 0


@given(
    open_orders(), st.integers(1, 40).map(D), st.sampled_from([BUY, SELL, LIMIT_BUY, LIMIT_SELL])
)
def test_what_passes_never_wants_more_than_there_is(orders, qty, request_) -> None:
    books = Books(orders, held(30), cash=D(5000))
    found = outcome(replace(request_, qty=qty), books)
    if found is STC:
        assert qty <= qty_available(books.position("F"), orders)
    if found is BTO:
        assert qty * D("9") <= books.balances().buying_power
