"""What a tape sends on a data stream in a stretch of time.

A minute bar is sent when its minute is over, and the daily bar so far with it.  Nothing on
a tape is ever corrected, so that an updated bar repeats its minute: one each half hour,
half a minute after the bar.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from avwap_cli.exchange.instants import MINUTE, SECOND, Instant, day_of, hours
from avwap_cli.exchange.protocol.market_data.bar_columns import Bars
from avwap_cli.exchange.protocol.market_data.trade_documents import (
    Market,
    quote_documents,
    trade_documents,
)
from avwap_cli.exchange.protocol.market_data.view import View, session_bar
from avwap_cli.exchange.protocol.streams.codec import StreamMessage
from avwap_cli.exchange.protocol.trading.documents import Document

if TYPE_CHECKING:
    from avwap_cli.exchange.tape.tapes import Tape

UPDATE_DELAY = 30 * SECOND
UPDATES_EVERY = 30 * MINUTE


def symbol_ticks(
    view: View, symbol: str, channels: Sequence[str], on: Market, after: Instant
) -> Iterator[StreamMessage]:
    """The messages of one symbol that are due after `after` and not after the view's horizon."""
    for session in view.sessions(after, view.horizon):
        if "trades" in channels:
            yield from _trades(view, symbol, session, on, after)
        if "quotes" in channels:
            yield from _quotes(view, symbol, session, on, after)
        if "bars" in channels or "dailyBars" in channels:
            yield from _bars(view, symbol, session, channels, after)
        if "updatedBars" in channels:
            yield from _updates(view, symbol, session, after)
        if "statuses" in channels:
            yield from _statuses(view, symbol, session, on, after)


def _trades(
    view: View, symbol: str, session: date, on: Market, after: Instant
) -> Iterator[StreamMessage]:
    trades = view.trades(symbol, session, after)
    if trades is not None:
        at = trades.prints.at
        found = trade_documents(trades, np.arange(len(at)), hours(session), on)
        for moment, fields in zip(at.tolist(), found, strict=True):
            yield StreamMessage(moment, "t", symbol, moment, fields)


def _quotes(
    view: View, symbol: str, session: date, on: Market, after: Instant
) -> Iterator[StreamMessage]:
    quotes = view.quotes(symbol, session, after)
    if quotes is not None:
        found = quote_documents(quotes, np.arange(len(quotes.at)), on)
        for moment, fields in zip(quotes.at.tolist(), found, strict=True):
            yield StreamMessage(moment, "q", symbol, moment, fields)


def _bars(
    view: View, symbol: str, session: date, channels: Sequence[str], after: Instant
) -> Iterator[StreamMessage]:
    bars = view.minutes(symbol, session, after)
    if bars is None:
        return
    starts = bars.t.tolist()
    if "bars" in channels:
        for start, fields in zip(starts, bars.documents(), strict=True):
            yield StreamMessage(start + MINUTE, "b", symbol, start, fields)
    if "dailyBars" in channels:
        yield from _daily(view, symbol, session, starts)


def _daily(
    view: View, symbol: str, session: date, starts: Sequence[Instant]
) -> Iterator[StreamMessage]:
    """The session's bar as it stands after each of these minutes."""
    minutes = view.minutes(symbol, session)
    if minutes is None:
        return
    for start in starts:
        upto = int(np.searchsorted(minutes.t, start, side="right"))
        bar = session_bar(minutes.take(slice(upto)), hours(session))
        if bar is not None:
            yield StreamMessage(start + MINUTE, "d", symbol, int(bar.t[0]), bar.documents()[0])


def _updates(view: View, symbol: str, session: date, after: Instant) -> Iterator[StreamMessage]:
    earlier = View(view.tape, view.horizon - UPDATE_DELAY, view.share_frac)
    bars = earlier.minutes(symbol, session, after - UPDATE_DELAY)
    if bars is None:
        return
    repeated = bars.take(bars.t % UPDATES_EVERY == 0)
    for start, fields in zip(repeated.t.tolist(), repeated.documents(), strict=True):
        yield StreamMessage(start + MINUTE + UPDATE_DELAY, "u", symbol, start, fields)


def _statuses(
    view: View, symbol: str, session: date, on: Market, after: Instant
) -> Iterator[StreamMessage]:
    """Halts and resumptions of the tape."""
    day = view.tape.day(symbol, session)
    for start, end in day.halts if day is not None else ():
        for moment, halted in ((start, True), (end, False)):
            if after < moment <= view.horizon:
                yield StreamMessage(moment, "s", symbol, moment, status_document(halted, on))


def halted_on_tape(tape: Tape, symbol: str, at: Instant) -> bool:
    """Whether the tape itself halts the symbol at that moment."""
    day = tape.day(symbol, day_of(at))
    return day is not None and any(start <= at < end for start, end in day.halts)


def status_document(halted: bool, on: Market) -> Document:
    """A halt or a resumption, in the letters of the symbol's tape."""
    nasdaq = on.tape == "C"
    if halted:
        status = {"sc": "H" if nasdaq else "2", "sm": "Trading Halt"}
        reason = {"rc": "T1" if nasdaq else "D", "rm": "News Pending"}
    else:
        status = {"sc": "T" if nasdaq else "3", "sm": "Trading Resumption" if nasdaq else "Resume"}
        reason = {"rc": "", "rm": ""}
    return {**status, **reason, "z": on.tape}


def made_up_ticks(
    channels: Sequence[str], after: Instant, until: Instant
) -> Iterator[StreamMessage]:
    """The test stream's only symbol: a print and a quote each ten seconds, day and night."""
    first = (after // TEST_EVERY + 1) * TEST_EVERY
    for moment in range(first, until + 1, TEST_EVERY):
        price = _test_price(moment)
        if "trades" in channels:
            yield StreamMessage(moment, "t", TEST_SYMBOL, moment, _test_trade(moment, price))
        if "quotes" in channels:
            yield StreamMessage(moment, "q", TEST_SYMBOL, moment, _test_quote(price))
        if "bars" in channels and moment % MINUTE == 0:
            start = moment - MINUTE
            yield StreamMessage(moment, "b", TEST_SYMBOL, start, _test_bar(start))


TEST_SYMBOL = "FAKEPACA"
TEST_EVERY = 10 * SECOND
_TEST_PLACE = {"x": "N", "z": "A"}


def _test_price(at: Instant) -> float:
    return round(100 + at // TEST_EVERY * 7919 % 200 / 100, 2)


def _test_trade(at: Instant, price: float) -> Document:
    return {"i": at // TEST_EVERY % 100_000, "p": price, "s": 100, "c": ["@"], **_TEST_PLACE}


def _test_quote(price: float) -> Document:
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


def _test_bar(start: Instant) -> Document:
    prices = np.array([_test_price(at) for at in range(start, start + MINUTE, TEST_EVERY)])
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
