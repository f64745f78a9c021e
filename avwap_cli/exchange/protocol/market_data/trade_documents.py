"""Prints and quotes as Alpaca writes them, over REST and on the streams."""

from __future__ import annotations

from dataclasses import dataclass

from avwap_cli.exchange.instants import Hours
from avwap_cli.exchange.protocol.answers import Document
from avwap_cli.exchange.protocol.context import RouteContext
from avwap_cli.exchange.protocol.market_data.bar_columns import stamps
from avwap_cli.exchange.protocol.market_data.view import Trades
from avwap_cli.exchange.tape.days import SCALE, Ints, Quotes

REGULAR_SALE = "@"
OPENING_PRINT = "O"
EXTENDED_HOURS = "T"
REGULAR_QUOTE = "R"
IEX_LETTER = "V"
_LETTERS = {
    "NYSE": ("N", "A"),
    "NASDAQ": ("Q", "C"),
    "ARCA": ("P", "B"),
    "AMEX": ("A", "B"),
    "BATS": ("Z", "B"),
}


@dataclass(frozen=True, slots=True)
class Market:
    """The letters of the exchange on which a symbol trades, and of its tape."""

    exchange: str
    tape: str


def market(context: RouteContext, symbol: str, feed: str) -> Market:
    """Where a feed's prints of a symbol come from."""
    asset = context.venue.asset(symbol)
    exchange, tape = _LETTERS.get(asset.exchange if asset else "", ("N", "A"))
    return Market(IEX_LETTER if feed == "iex" else exchange, tape)


def trade_documents(trades: Trades, rows: Ints, day: Hours, on: Market) -> list[Document]:
    """Some prints of one session."""
    prints = trades.prints
    columns = zip(
        stamps(prints.at[rows]),
        prints.at[rows].tolist(),
        trades.number[rows].tolist(),
        (prints.price[rows] / SCALE).tolist(),
        prints.size[rows].tolist(),
        strict=True,
    )
    return [
        {
            "t": t,
            "x": on.exchange,
            "p": price,
            "s": size,
            "c": _conditions(at, day),
            "i": number,
            "z": on.tape,
        }
        for t, at, number, price, size in columns
    ]


def quote_documents(quotes: Quotes, rows: Ints, on: Market) -> list[Document]:
    """Some quotes of one session."""
    columns = zip(
        stamps(quotes.at[rows]),
        (quotes.bid[rows] / SCALE).tolist(),
        quotes.bid_size[rows].tolist(),
        (quotes.ask[rows] / SCALE).tolist(),
        quotes.ask_size[rows].tolist(),
        strict=True,
    )
    return [
        {
            "t": t,
            "ax": on.exchange,
            "ap": ask,
            "as": ask_size,
            "bx": on.exchange,
            "bp": bid,
            "bs": bid_size,
            "c": [REGULAR_QUOTE],
            "z": on.tape,
        }
        for t, bid, bid_size, ask, ask_size in columns
    ]


def _conditions(at: int, day: Hours) -> list[str]:
    if at == day.open:
        return [REGULAR_SALE, OPENING_PRINT]
    return [REGULAR_SALE] if day.open <= at < day.close else [REGULAR_SALE, EXTENDED_HOURS]
