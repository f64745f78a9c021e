"""Positions: what the account holds of one stock, as a fold of its fills, and what closes it.

The entry price is the average cost: fills that enlarge a position move it, fills that
reduce it leave it, take their part of the cost along and realize the difference.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import ROUND_DOWN, Decimal
from fractions import Fraction

from avwap_cli.exchange.broker.orders import FINEST_SHARE, ZERO, OrderRequest, OrderType, Side, Tif
from avwap_cli.exchange.decimals import own_arithmetic

FINEST_AVERAGE = Decimal("1e-9")
FINEST_COST = Decimal("1e-13")  # the finest share at the finest price


@dataclass(frozen=True, slots=True)
class Position:
    """Shares of one symbol.

    Costs are exact, so that nothing is lost between cash, positions and realized profit.

    Attributes:
        qty: signed shares, never zero; negative = short.
        cost_basis: signed USD paid for what is held.
        lastday_price: the last close before today, USD, on today's split basis.
        intraday_basis: as `cost_basis`, but shares held overnight count with the last close.
    """

    symbol: str
    qty: Decimal
    cost_basis: Decimal
    lastday_price: Decimal
    intraday_basis: Decimal

    @classmethod
    def at(
        cls, symbol: str, qty: Decimal, price: Decimal, lastday_price: Decimal = ZERO
    ) -> Position:
        """Shares that were all bought or sold short today at that price."""
        return cls(symbol, qty, qty * price, lastday_price, qty * price)

    @property
    @own_arithmetic
    def avg_entry_price(self) -> Decimal:
        """USD a share, to nine decimals."""
        return (self.cost_basis / self.qty).quantize(FINEST_AVERAGE)

    @property
    def side(self) -> str:
        """`long` or `short`."""
        return "long" if self.qty > 0 else "short"

    @property
    def closing_side(self) -> Side:
        """The side of an order that reduces it."""
        return Side.SELL if self.qty > 0 else Side.BUY

    @own_arithmetic
    def market_value(self, price: Decimal) -> Decimal:
        """Signed USD at that price."""
        return self.qty * price

    @own_arithmetic
    def unrealized(self, price: Decimal) -> Decimal:
        """Profit at that price since entry, USD."""
        return self.qty * price - self.cost_basis

    @own_arithmetic
    def unrealized_intraday(self, price: Decimal) -> Decimal:
        """Profit at that price since the last close, or since today's entry, USD."""
        return self.qty * price - self.intraday_basis


def apply_fill(
    position: Position | None,
    side: Side,
    qty: Decimal,
    price: Decimal,
    *,
    symbol: str = "",
    lastday_price: Decimal = ZERO,
) -> tuple[Position | None, Decimal]:
    """The position after a fill (None = flat), and the profit it realized, USD.

    A fill larger than an opposite position closes it and opens the rest at the fill's price.
    `symbol` and `lastday_price` are those of a position that begins here.

    Raises:
        ValueError: `qty` or `price` is not positive.
    """
    if qty <= 0 or price <= 0:
        raise ValueError(f"a fill of {qty} shares at {price} USD")
    change = side.sign * qty
    if position is None:
        return Position.at(symbol, change, price, lastday_price), ZERO
    if position.qty * change > 0:
        return _changed(position, change, change * price, change * price), ZERO
    closed = min(qty, abs(position.qty)).copy_sign(position.qty)
    cost = _part(position.cost_basis, closed, position.qty)
    realized = closed * price - cost
    after = position.qty + change
    if after == 0:
        return None, realized
    if after * position.qty > 0:
        intraday = _part(position.intraday_basis, closed, position.qty)
        return _changed(position, change, -cost, -intraday), realized
    return Position.at(position.symbol, after, price, position.lastday_price), realized


def overnight(position: Position, close: Decimal) -> Position:
    """The position after a session that closed at that price."""
    return replace(position, lastday_price=close, intraday_basis=position.qty * close)


def after_split(position: Position, ratio: Fraction) -> Position:
    """The position after a split of `ratio` new shares for one; its cost stays the same.

    Shares have at most nine decimals; of a position never less than the last of them is left.
    """
    qty = times(position.qty, ratio).quantize(FINEST_SHARE).normalize()
    qty = qty or FINEST_SHARE.copy_sign(position.qty)
    lastday_price = times(position.lastday_price, 1 / ratio)
    return replace(position, qty=qty, lastday_price=lastday_price)


def times(value: Decimal, ratio: Fraction) -> Decimal:
    """Shares or USD by the ratio of a split, rounded once."""
    return value * ratio.numerator / ratio.denominator


def closing_request(
    position: Position, qty: Decimal | None, percentage: Decimal | None
) -> OrderRequest:
    """A DAY market order for all of a position, for so many shares, or for a part of it.

    Args:
        percentage: 0 to 100; of whole shares held short only whole ones are bought back.
    """
    held = abs(position.qty)
    wanted = held if qty is None else qty
    if percentage is not None:
        step = FINEST_SHARE if position.qty > 0 else Decimal(1)
        wanted = (held * percentage / 100).quantize(step, ROUND_DOWN)
    return OrderRequest(
        symbol=position.symbol,
        side=position.closing_side,
        type=OrderType.MARKET,
        tif=Tif.DAY,
        qty=wanted,
    )


def _changed(position: Position, qty: Decimal, cost: Decimal, intraday: Decimal) -> Position:
    """The position with so many more shares, and USD more of both costs."""
    return replace(
        position,
        qty=position.qty + qty,
        cost_basis=position.cost_basis + cost,
        intraday_basis=position.intraday_basis + intraday,
    )


def _part(cost: Decimal, qty: Decimal, of: Decimal) -> Decimal:
    """The part of a cost that falls to these shares; all of it to all of them."""
    return cost if qty == of else (cost * qty / of).quantize(FINEST_COST)
