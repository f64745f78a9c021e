"""What a tape sends on a data stream in a stretch of time.

A minute bar is sent when its minute is over, and the daily bar so far with it.  Nothing on
a tape is ever corrected, so that an updated bar repeats its minute: one each half hour,
half a minute after the bar.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

import numpy as np

from avwap_cli.exchange.instants import MINUTE, Instant, hours
from avwap_cli.exchange.protocol.answers import Document
from avwap_cli.exchange.protocol.market_data.trade_documents import (
    Market,
    quote_documents,
    trade_documents,
)
from avwap_cli.exchange.protocol.market_data.view import FeedView, running_session_bars
from avwap_cli.exchange.protocol.streams.codec import StreamMessage
from avwap_cli.exchange.protocol.streams.message_times import UPDATE_DELAY, UPDATES_EVERY


def session_messages(
    view: FeedView, symbol: str, session: date, channels: Sequence[str], on: Market, after: Instant
) -> Iterator[StreamMessage]:
    """The messages of one symbol's session due after `after` and not after the view's horizon."""
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
    view: FeedView, symbol: str, session: date, on: Market, after: Instant
) -> Iterator[StreamMessage]:
    trades = view.trades(symbol, session, after)
    if trades is not None:
        at = trades.prints.at
        found = trade_documents(trades, np.arange(len(at)), hours(session), on)
        for moment, fields in zip(at.tolist(), found, strict=True):
            yield StreamMessage(moment, "t", symbol, moment, fields)


def _quotes(
    view: FeedView, symbol: str, session: date, on: Market, after: Instant
) -> Iterator[StreamMessage]:
    quotes = view.quotes(symbol, session, after)
    if quotes is not None:
        found = quote_documents(quotes, np.arange(len(quotes.at)), on)
        for moment, fields in zip(quotes.at.tolist(), found, strict=True):
            yield StreamMessage(moment, "q", symbol, moment, fields)


def _bars(
    view: FeedView, symbol: str, session: date, channels: Sequence[str], after: Instant
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
    view: FeedView, symbol: str, session: date, starts: Sequence[Instant]
) -> Iterator[StreamMessage]:
    """The session's bar as it stands after each of these minutes, the session's last ones."""
    minutes = view.minutes(symbol, session)
    if minutes is None:
        return
    bars = running_session_bars(minutes, hours(session))
    told = min(len(bars), len(starts))
    bars = bars.take(slice(len(bars) - told, None))
    ends = starts[len(starts) - told :]
    for start, t, fields in zip(ends, bars.t.tolist(), bars.documents(), strict=True):
        yield StreamMessage(start + MINUTE, "d", symbol, t, fields)


def _updates(view: FeedView, symbol: str, session: date, after: Instant) -> Iterator[StreamMessage]:
    earlier = replace(view, horizon=view.horizon - UPDATE_DELAY)
    bars = earlier.minutes(symbol, session, after - UPDATE_DELAY)
    if bars is None:
        return
    repeated = bars.take(bars.t % UPDATES_EVERY == 0)
    for start, fields in zip(repeated.t.tolist(), repeated.documents(), strict=True):
        yield StreamMessage(start + MINUTE + UPDATE_DELAY, "u", symbol, start, fields)


def _statuses(
    view: FeedView, symbol: str, session: date, on: Market, after: Instant
) -> Iterator[StreamMessage]:
    """Halts and resumptions of the tape."""
    day = view.tape.day(symbol, session)
    for start, end in day.halts if day is not None else ():
        for moment, halted in ((start, True), (end, False)):
            if after < moment <= view.horizon:
                yield StreamMessage(moment, "s", symbol, moment, status_document(halted, on))


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
