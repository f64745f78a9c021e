"""Matching: what one order gets from one print or quote.

Pure: the order, what the market shows, and the settings go in, a fill comes out.

1. A stop is elected by a print at or through its stop price.  From then on it is a market
   order; a buy stop gets a limit 4 % (from 50 USD on 2.5 %) above its stop.  The print that
   elects it is the first that can fill it, so after a gap it trades where the market is.
2. A market order pays the far side of the quote around the print, and the slippage.
3. A limit order trades when a print is at its limit or better, at the better one of its
   limit and the far side.  Outside of regular hours the quote alone decides.
4. The account's orders together get at most their share of a print, one share at least, or
   what the quote shows, the oldest order first.  That is about whole shares: what is less than
   one is the broker's own business and is filled at once.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal

from avwap_cli.exchange.broker.orders import FINEST_SHARE, ZERO, Order, OrderType, Side, Tif
from avwap_cli.exchange.broker.rules.prices import FINEST_PRICE, buy_stop_limit
from avwap_cli.exchange.broker.triggers import Trigger
from avwap_cli.exchange.settings import Settings
from avwap_cli.exchange.tape.days import SymbolDay, usd


@dataclass(frozen=True, slots=True)
class Sight:
    """What the market shows at a trigger.

    Attributes:
        price: of the print, USD; None where there is only a quote.
        bid, ask: USD; None = that side is empty.
        size: shares of the print, or on the quote's far side.
    """

    price: Decimal | None
    bid: Decimal | None
    ask: Decimal | None
    size: int


@dataclass(frozen=True, slots=True)
class Fill:
    """Shares and USD a share.

    Attributes:
        is_last: whether the order wanted no more.
    """

    qty: Decimal
    price: Decimal
    is_last: bool = False


def sight(order: Order, day: SymbolDay, trigger: Trigger) -> Sight:
    """What the order sees at a trigger."""
    quotes, row = day.quotes, trigger.row
    if not trigger.quoted:
        row = int(quotes.at.searchsorted(day.prints.at[trigger.row], side="right")) - 1
    bid = int(quotes.bid[row]) if row >= 0 else 0
    ask = int(quotes.ask[row]) if row >= 0 else 0
    shown = usd(bid) if bid else None, usd(ask) if ask else None
    if trigger.quoted:
        sizes = quotes.ask_size if order.side is Side.BUY else quotes.bid_size
        return Sight(None, *shown, int(sizes[row]))
    return Sight(usd(int(day.prints.price[trigger.row])), *shown, int(day.prints.size[trigger.row]))


def elected(order: Order) -> Order:
    """The order once its stop has traded."""
    if order.side is Side.BUY and order.type is not OrderType.STOP_LIMIT and order.stop_price:
        return replace(order, elected=True, limit_price=buy_stop_limit(order.stop_price))
    return replace(order, elected=True)


def shares_of(seen: Sight, settings: Settings) -> Decimal:
    """Whole shares of it that the account's orders may have together."""
    if seen.price is None:
        return Decimal(seen.size)
    return max(Decimal(int(settings.participation_frac * seen.size)), Decimal(1))


def match(
    order: Order,
    seen: Sight,
    settings: Settings,
    left: Decimal,
    at_most: Decimal | None,
    fills: int,
) -> Fill | None:
    """What a market or limit order, or an elected stop, gets; None = nothing.

    Args:
        left: whole shares that other orders have left of it.
        at_most: shares that it may close; None for an order that opens.
        fills: how many fills it has had, for the chance of a cut.
    """
    price = _price(order, seen, settings)
    if price is None:
        return None
    wanted = order.remaining
    if order.notional is not None:
        spent = order.filled_qty * (order.filled_avg_price or ZERO)
        wanted = ((order.notional - spent) / price).quantize(FINEST_SHARE, ROUND_DOWN)
    if at_most is not None:
        wanted = min(wanted, at_most)
    if wanted >= 1 and left < 1:
        return None
    qty = min(wanted // 1, left) + wanted % 1
    if order.tif is Tif.FOK and qty != order.remaining:
        return None
    qty = qty if order.tif is Tif.FOK else _cut(order, qty, settings, fills)
    return Fill(qty, price, is_last=qty == wanted)


def _price(order: Order, seen: Sight, settings: Settings) -> Decimal | None:
    far = seen.ask if order.side is Side.BUY else seen.bid
    limit = order.limit_price
    if limit is None:
        paid = seen.price if far is None else far
        return None if paid is None else _slipped(order.side, paid, settings.slippage_frac)
    reached = far if seen.price is None else seen.price
    if reached is None or (reached - limit) * order.side.sign > 0:
        return None
    if far is None:
        return limit
    return min(limit, far) if order.side is Side.BUY else max(limit, far)


def _slipped(side: Side, price: Decimal, slippage_frac: Decimal) -> Decimal:
    moved = price * (1 + side.sign * slippage_frac)
    return max(moved.quantize(FINEST_PRICE, ROUND_HALF_EVEN), FINEST_PRICE)


def _cut(order: Order, qty: Decimal, settings: Settings, fills: int) -> Decimal:
    """The fill, or by chance a part of it: of the seed, the order and the number of its fills."""
    if settings.partial_probability <= 0 or qty <= 1 or qty % 1 != ZERO:
        return qty
    chance = random.Random(f"partial {settings.seed} {order.seq} {fills}")
    if chance.random() >= settings.partial_probability:
        return qty
    return Decimal(chance.randrange(1, int(qty)))
