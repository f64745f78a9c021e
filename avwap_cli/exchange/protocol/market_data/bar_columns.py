"""Bars as columns: what a bar request answers with, before it is written as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, time
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from avwap_cli.exchange.instants import SECOND, Instant, at_clock
from avwap_cli.exchange.protocol.answers import Document
from avwap_cli.exchange.tape.days import SCALE, Ints, Minutes
from avwap_cli.market.bars import BarTable, Floats
from avwap_cli.market.splits import Split

PRICE_DIGITS = 6
SHARES_A_TRADE = 100


@dataclass(frozen=True, slots=True)
class Bars:
    """(n,) columns of one symbol, ascending in t.

    Attributes:
        t: the bar's first instant; of daily and longer bars New York's midnight.
        open, high, low, close, vwap: USD.
        volume, trades: shares and prints.
    """

    t: Ints
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Ints
    trades: Ints
    vwap: Floats

    def __len__(self) -> int:
        return len(self.t)

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_] | slice) -> Bars:
        """The same bars with only these rows."""
        return Bars(*(getattr(self, name)[rows] for name in COLUMNS))

    def documents(self) -> list[Document]:
        """Each bar as Alpaca writes it."""
        columns = zip(
            stamps(self.t),
            self.open.tolist(),
            self.high.tolist(),
            self.low.tolist(),
            self.close.tolist(),
            self.volume.tolist(),
            self.trades.tolist(),
            np.round(self.vwap, PRICE_DIGITS).tolist(),
            strict=True,
        )
        return [
            {"t": t, "o": o, "h": h, "l": low, "c": c, "v": v, "n": n, "vw": vw}
            for t, o, h, low, c, v, n, vw in columns
        ]


COLUMNS = tuple(field.name for field in fields(Bars))


def stamps(t: Ints) -> list[str]:
    """Instants as RFC 3339 texts, without trailing zeros."""
    moments = np.asarray(t, dtype=np.int64).view("datetime64[ns]")
    if not (np.asarray(t) % SECOND).any():
        return [f"{text}Z" for text in np.datetime_as_string(moments, unit="s").tolist()]
    texts = np.datetime_as_string(moments, unit="ns").tolist()
    return [text.rstrip("0").rstrip(".") + "Z" for text in texts]


@lru_cache(maxsize=8192)
def midnight(day: date) -> Instant:
    """00:00 in New York."""
    return at_clock(day, time(0))


def minute_bars(minutes: Minutes) -> Bars:
    """Minutes of the tape as bars."""
    scale = float(SCALE)
    return Bars(
        minutes.start,
        minutes.open / scale,
        minutes.high / scale,
        minutes.low / scale,
        minutes.close / scale,
        minutes.volume,
        minutes.trades,
        minutes.turnover / np.maximum(minutes.volume, 1) / scale,
    )


def usual_trades(volume: Ints) -> Ints:
    """The trades of a daily bar, which no source tells: one for each hundred shares."""
    return np.where(volume > 0, np.maximum(volume // SHARES_A_TRADE, 1), 0)


def daily_bars(table: BarTable) -> tuple[Bars, list[int]]:
    """Daily rows by symbol, then session, and where each symbol of the table begins (k + 1,)."""
    order = np.argsort(table.symbol, kind="stable")
    days, place = np.unique(table.session[order], return_inverse=True)
    midnights = np.array([midnight(day) for day in days.tolist()], dtype=np.int64)
    high, low, close = table.high[order], table.low[order], table.close[order]
    vwap = table.vwap[order]
    volume = np.rint(table.volume[order]).astype(np.int64)
    bars = Bars(
        midnights[place] if len(days) else np.empty(0, dtype=np.int64),
        table.open[order],
        high,
        low,
        close,
        volume,
        usual_trades(volume),
        np.where(np.isnan(vwap), (high + low + close) / 3, vwap),
    )
    starts = np.searchsorted(table.symbol[order], np.arange(len(table.symbols) + 1))
    return bars, starts.tolist()


def joined(parts: Sequence[Bars]) -> Bars:
    """Bars one after the other."""
    return Bars(*(np.concatenate([getattr(part, name) for part in parts]) for name in COLUMNS))


def grouped(bars: Bars, start: Ints) -> Bars:
    """Larger bars: `start` (n,) is ascending, and says in which larger bar each row belongs."""
    if not len(bars):
        return bars
    first = np.flatnonzero(np.append(True, start[1:] != start[:-1]))
    last = np.append(first[1:], len(bars)) - 1
    volume = np.add.reduceat(bars.volume, first)
    turnover = np.add.reduceat(bars.vwap * bars.volume, first)
    vwap = np.where(volume > 0, turnover / np.maximum(volume, 1), bars.close[last])
    return Bars(
        start[first],
        bars.open[first],
        np.maximum.reduceat(bars.high, first),
        np.minimum.reduceat(bars.low, first),
        bars.close[last],
        volume,
        np.add.reduceat(bars.trades, first),
        vwap,
    )


def adjusted(bars: Bars, splits: Sequence[Split]) -> Bars:
    """The bars on the basis that holds after these splits of their symbol."""
    factor = np.ones(len(bars))
    for split in splits:
        factor[bars.t < midnight(split.ex_date)] *= float(split.fraction)
    if not (factor != 1).any():
        return bars
    return Bars(
        bars.t,
        np.round(bars.open / factor, PRICE_DIGITS),
        np.round(bars.high / factor, PRICE_DIGITS),
        np.round(bars.low / factor, PRICE_DIGITS),
        np.round(bars.close / factor, PRICE_DIGITS),
        np.rint(bars.volume * factor).astype(np.int64),
        bars.trades,
        bars.vwap / factor,
    )


def thinned(bars: Bars, share_frac: float) -> Bars:
    """What a venue with that share of the trading sees: a bar without a share is absent."""
    if share_frac == 1:
        return bars if bars.volume.all() else bars.take(bars.volume > 0)
    volume = np.rint(bars.volume * share_frac).astype(np.int64)
    trades = np.maximum(np.rint(bars.trades * share_frac).astype(np.int64), 1)
    thin = Bars(bars.t, bars.open, bars.high, bars.low, bars.close, volume, trades, bars.vwap)
    return thin.take(volume > 0)
