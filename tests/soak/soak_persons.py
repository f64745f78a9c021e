"""Persons: what somebody does in the broker's own page while the programs run."""

from __future__ import annotations

import random
from decimal import Decimal

from soak_worlds import NAMES, STRANGER

from avwap_cli.exchange.broker.orders import (
    Order,
    OrderClass,
    OrderRequest,
    OrderType,
    Replacement,
    Side,
    Tif,
)
from avwap_cli.exchange.broker.venue import Venue
from avwap_cli.exchange.local import LocalExchange
from avwap_cli.exchange.refusals import Refusal
from avwap_cli.trading.intents import role_of

ACTS = (
    "cancel_stop",
    "cancel_stop",
    "cancel_any",
    "sell_all",
    "sell_part",
    "buy_more",
    "move_stop",
    "rest",
    "bracket",
)


class Person:
    """Does one thing at a time, as chance has it; what the broker refuses is not done.

    Attributes:
        done: what was done, for a person who replays a seed.
    """

    def __init__(self, exchange: LocalExchange, seed: str) -> None:
        self.exchange = exchange
        self.chance = random.Random(f"person {seed}")
        self.done: list[str] = []

    def act(self) -> None:
        act = self.chance.choice(ACTS)
        with self.exchange.reading() as venue:
            try:
                told = getattr(self, f"_{act}")(venue)
            except Refusal as refusal:
                told = f"{act} was refused: {refusal.message}"
        if told:
            self.done.append(f"{self.exchange.now():%m-%d %H:%M:%S} {told}")

    def limit_for_ever(self) -> None:
        """Purchases of the stranger, far below: good till canceled, and with two legs."""
        with self.exchange.reading() as venue:
            venue.submit(_request(STRANGER, Side.BUY, 3, limit=Decimal(20), tif=Tif.GTC))
            self._bracket(venue)

    def _held(self, venue: Venue) -> tuple[str, Decimal] | None:
        held = [(p.symbol, p.qty) for p in venue.positions() if p.symbol in NAMES]
        return self.chance.choice(held) if held else None

    def _ours(self, venue: Venue, leg: str) -> Order | None:
        found = []
        for order in venue.open_orders():
            role = role_of(order.client_order_id)
            if role is not None and leg in ("", role[0].leg):
                found.append(order)
        return self.chance.choice(found) if found else None

    def _cancel_stop(self, venue: Venue) -> str:
        return self._canceled(venue, "stop")

    def _cancel_any(self, venue: Venue) -> str:
        return self._canceled(venue, "")

    def _canceled(self, venue: Venue, leg: str) -> str:
        order = self._ours(venue, leg)
        if order is None:
            return ""
        venue.cancel(order.id)
        return f"cancels {order.client_order_id}"

    def _sell_all(self, venue: Venue) -> str:
        return self._sold(venue, Decimal(1))

    def _sell_part(self, venue: Venue) -> str:
        return self._sold(venue, Decimal("0.3"))

    def _sold(self, venue: Venue, part: Decimal) -> str:
        held = self._held(venue)
        if held is None:
            return ""
        symbol, shares = held
        for order in venue.open_orders():
            if order.symbol == symbol:
                venue.cancel(order.id)
        venue.settle()
        count = max(int(abs(shares) * part), 1)
        side = Side.SELL if shares > 0 else Side.BUY
        venue.submit(_request(symbol, side, count, limit=None))
        return f"closes {count} of {symbol}"

    def _buy_more(self, venue: Venue) -> str:
        held = self._held(venue)
        if held is None:
            return ""
        symbol, shares = held
        for order in venue.open_orders():  # else the purchase would meet the own stop
            if order.symbol == symbol:
                venue.cancel(order.id)
        venue.settle()
        side = Side.BUY if shares > 0 else Side.SELL
        venue.submit(_request(symbol, side, 7, limit=None))
        return f"adds 7 to {symbol}"

    def _move_stop(self, venue: Venue) -> str:
        order = self._ours(venue, "stop")
        if order is None or order.stop_price is None:
            return ""
        price = (order.stop_price * Decimal("0.99")).quantize(Decimal("0.01"))
        venue.replace(order.id, Replacement(stop_price=price))
        return f"moves {order.client_order_id} to {price}"

    def _rest(self, venue: Venue) -> str:
        symbol = self.chance.choice(NAMES)
        venue.submit(_request(symbol, Side.BUY, 1, limit=Decimal("6")))
        return f"rests a purchase of {symbol}"

    def _bracket(self, venue: Venue) -> str:
        venue.submit(
            OrderRequest(
                symbol=STRANGER,
                side=Side.BUY,
                type=OrderType.LIMIT,
                tif=Tif.DAY,
                qty=Decimal(1),
                limit_price=Decimal(20),
                order_class=OrderClass.BRACKET,
                take_profit=Decimal(30),
                stop_loss=Decimal(10),
            )
        )
        return "rests a bracket"


def _request(
    symbol: str, side: Side, count: int, *, limit: Decimal | None, tif: Tif = Tif.DAY
) -> OrderRequest:
    return OrderRequest(
        symbol=symbol,
        side=side,
        type=OrderType.MARKET if limit is None else OrderType.LIMIT,
        tif=tif,
        qty=Decimal(count),
        limit_price=limit,
    )
