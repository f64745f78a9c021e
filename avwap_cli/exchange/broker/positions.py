"""Positions: what the account holds of one stock, as a fold of its fills.

The entry price is the average cost: fills that enlarge a position move it, fills that
reduce it leave it and realize the difference.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from avwap_cli.exchange.broker.orders import ZERO, Side


@dataclass(frozen=True, slots=True)
class Position:
    """Shares of one symbol.

    Attributes:
        qty: signed shares, never zero; negative = short.
        avg_entry_price: USD a share.
        lastday_price: the last close before today, USD, on today's split basis.
        intraday_price: as `avg_entry_price`, but shares held overnight count with the last
            close; 0 = the same as `avg_entry_price`.
    """

    symbol: str
    qty: Decimal
    avg_entry_price: Decimal
    lastday_price: Decimal = ZERO
    intraday_price: Decimal = ZERO

    @property
    def side(self) -> str:
        """`long` or `short`."""
        return "long" if self.qty > 0 else "short"

    @property
    def closing_side(self) -> Side:
        """The side of an order that reduces it."""
        return Side.SELL if self.qty > 0 else Side.BUY

    @property
    def cost_basis(self) -> Decimal:
        """Signed USD paid for what is held."""
        return self.qty * self.avg_entry_price

    def market_value(self, price: Decimal) -> Decimal:
        """Signed USD at that price."""
        return self.qty * price

    def unrealized(self, price: Decimal) -> Decimal:
        """Profit at that price since entry, USD."""
        return self.qty * (price - self.avg_entry_price)

    def unrealized_intraday(self, price: Decimal) -> Decimal:
        """Profit at that price since the last close, or since today's entry, USD."""
        return self.qty * (price - (self.intraday_price or self.avg_entry_price))


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
        return Position(symbol, change, price, lastday_price, price), ZERO
    after = position.qty + change
    if position.qty * change > 0:
        return _enlarged(position, change, price), ZERO
    closed = min(qty, abs(position.qty)).copy_sign(position.qty)
    realized = closed * (price - position.avg_entry_price)
    if after == 0:
        return None, realized
    if after * position.qty > 0:
        return replace(position, qty=after), realized
    return replace(position, qty=after, avg_entry_price=price, intraday_price=price), realized


def overnight(position: Position, close: Decimal) -> Position:
    """The position after a session that closed at that price."""
    return replace(position, lastday_price=close, intraday_price=close)


def after_split(position: Position, ratio: Decimal) -> Position:
    """The position after a split of `ratio` new shares for one; its cost stays the same.

    Raises:
        ValueError: the ratio is not positive.
    """
    if ratio <= 0:
        raise ValueError(f"a split of {ratio} for 1")
    return replace(
        position,
        qty=position.qty * ratio,
        avg_entry_price=position.avg_entry_price / ratio,
        lastday_price=position.lastday_price / ratio,
        intraday_price=position.intraday_price / ratio,
    )


def _enlarged(position: Position, change: Decimal, price: Decimal) -> Position:
    after = position.qty + change
    added = change * price
    intraday = position.intraday_price or position.avg_entry_price
    return replace(
        position,
        qty=after,
        avg_entry_price=(position.cost_basis + added) / after,
        intraday_price=(position.qty * intraday + added) / after,
    )
