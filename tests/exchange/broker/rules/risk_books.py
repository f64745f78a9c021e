"""Books at rest, and short words for orders and refusals, to try the rules for risk on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal

from avwap_cli.exchange.broker.assets import Asset, Borrow
from avwap_cli.exchange.broker.orders import (
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
from avwap_cli.exchange.broker.rules.balances import Balances, balances_of, exposure_of
from avwap_cli.exchange.broker.rules.reservations import reserved_usd
from avwap_cli.exchange.broker.rules.risk import check
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
    borrow: Borrow = Borrow.EASY
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
        exposure = exposure_of(self.held.values(), prices.get)
        return balances_of(self.cash, exposure, reserved, self.settings)

    def client_id_known(self, client_order_id: str) -> bool:
        return client_order_id in self.known


def held(qty: int | str) -> dict[str, Position]:
    return {"F": Position.at("F", D(qty), D(10))}


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
        return No(refusal.status, refusal.code, refusal.message, refusal.extras)


@dataclass
class No:
    """A refusal that can be compared."""

    status: int
    code: int | None
    message: str
    extras: Mapping[str, object] = field(default_factory=dict)


def unacceptable(message: str, **extras: object) -> No:
    return No(422, 42210000, message, extras)


def forbidden(message: str, **extras: object) -> No:
    return No(403, 40310000, message, extras)


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
