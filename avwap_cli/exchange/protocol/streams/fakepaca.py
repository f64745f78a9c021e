"""FAKEPACA: the made-up symbol of the test stream, which trades day and night."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from avwap_cli.exchange.instants import MINUTE, SECOND, Instant
from avwap_cli.exchange.protocol.answers import Document
from avwap_cli.exchange.protocol.market_data.bar_columns import Bars
from avwap_cli.exchange.protocol.streams.codec import StreamMessage

SYMBOL = "FAKEPACA"
EVERY = 10 * SECOND
_PLACE = {"x": "N", "z": "A"}


def messages(channels: Sequence[str], after: Instant, until: Instant) -> Iterator[StreamMessage]:
    """A print and a quote each ten seconds and a bar each minute, as far as asked for."""
    first = (after // EVERY + 1) * EVERY
    for moment in range(first, until + 1, EVERY):
        price = _price(moment)
        if "trades" in channels:
            yield StreamMessage(moment, "t", SYMBOL, moment, _trade(moment, price))
        if "quotes" in channels:
            yield StreamMessage(moment, "q", SYMBOL, moment, _quote(price))
        if "bars" in channels and moment % MINUTE == 0:
            start = moment - MINUTE
            yield StreamMessage(moment, "b", SYMBOL, start, _bar(start))


def _price(at: Instant) -> float:
    return round(100 + at // EVERY * 7919 % 200 / 100, 2)


def _trade(at: Instant, price: float) -> Document:
    return {"i": at // EVERY % 100_000, "p": price, "s": 100, "c": ["@"], **_PLACE}


def _quote(price: float) -> Document:
    bid, ask = round(price - 0.01, 2), round(price + 0.01, 2)
    return {
        "bx": "N",
        "bp": bid,
        "bs": 100,
        "ax": "N",
        "ap": ask,
        "as": 100,
        "c": ["R"],
        "z": "A",
    }


def _bar(start: Instant) -> Document:
    prices = np.array([_price(at) for at in range(start, start + MINUTE, EVERY)])
    one = np.array([start])
    return Bars(
        one,
        prices[:1],
        prices.max(keepdims=True),
        prices.min(keepdims=True),
        prices[-1:],
        np.array([100 * len(prices)]),
        np.array([len(prices)]),
        prices.mean(keepdims=True),
    ).documents()[0]
