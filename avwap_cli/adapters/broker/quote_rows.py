"""Quote rows: the broker's prices as records; what is no price, time or bar is passed over.

A price that did not come denies an entry and exits nothing, so one bad row spoils no answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from avwap_cli.market.sessions import EASTERN
from avwap_cli.trading.quotes import LastTrade, PriceBar, Quote

LARGEST_VOLUME = 2**63

Document = Mapping[str, Any]


def quote_of(symbol: str, row: Document, feed: str) -> Quote | None:
    """A quote; None without a time, a side without a price is empty."""
    at = _moment(row.get("t"))
    if at is None:
        return None
    return Quote(symbol, _price(row.get("bp")), _price(row.get("ap")), at, feed)


def trade_of(symbol: str, row: Document, feed: str) -> LastTrade | None:
    """A trade; None without time or price."""
    at, price = _moment(row.get("t")), _price(row.get("p"))
    return None if at is None or price is None else LastTrade(symbol, price, at, feed)


def bars_of(bars: object, symbols: frozenset[str], length: timedelta) -> Iterator[PriceBar]:
    """The bars of one page; what is none is passed over, as if it had not come."""
    for symbol, rows in bars.items() if isinstance(bars, dict) else ():
        if symbol in symbols and isinstance(rows, list):
            read = (
                bar_of(symbol, row, _moment(row.get("t")), length)
                for row in rows
                if isinstance(row, dict)
            )
            yield from (bar for bar in read if bar is not None)


def bar_of(
    symbol: str, row: Document, start: datetime | None, length: timedelta
) -> PriceBar | None:
    """A bar as the broker writes it, over REST or on a stream; None if it is none."""
    o, h, low, c = (_price(row.get(name)) for name in ("o", "h", "l", "c"))
    volume = row.get("v")
    if start is None or o is None or h is None or low is None or c is None:
        return None
    if not isinstance(volume, int | float) or not 0 <= volume < LARGEST_VOLUME:
        return None
    return PriceBar(symbol, start, length, o, h, low, c, int(volume))


def _price(value: object) -> Decimal | None:
    """A positive price by its shortest decimal form; None for an empty side."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        price = Decimal(str(value))
    except InvalidOperation:
        return None
    return price if price.is_finite() and price > 0 else None


def _moment(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
        return moment.astimezone(EASTERN) if moment.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None
