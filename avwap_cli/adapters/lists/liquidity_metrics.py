"""Liquidity metrics: recent price and volume of many symbols, from the bar cache or Yahoo.

They fill columns of the universe and decide nothing.  The bar cache, at the time the
universe is made, usually ends one session before the as-of session; that is recent
enough for a column.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from avwap_cli.errors import SourceError
from avwap_cli.market.bars import Floats
from avwap_cli.market.symbols import to_yahoo
from avwap_cli.market.universe import Liquidity
from avwap_cli.ports import BarStore

Download = Callable[[Sequence[str]], Any]
BATCH = 200


@dataclass(frozen=True, slots=True)
class BarCacheMetrics:
    """Metrics over each symbol's last `sessions` own bars in the cache.

    Attributes:
        store: the bar cache.
        sessions: n of the means; a symbol with fewer bars is not known.
        volume_scale: what volumes are multiplied by (`data.volume_scale`).
    """

    store: BarStore
    sessions: int
    volume_scale: float = 1.0

    def measure(self, symbols: Sequence[str], as_of: date) -> Mapping[str, Liquidity]:
        """Twice the sessions are read, so that a symbol with some holes is still known.

        Raises:
            InputError: the cache is empty or damaged.
        """
        table = self.store.read(as_of, 2 * self.sessions).only(symbols)
        order = np.argsort(table.symbol, kind="stable")
        ends = np.searchsorted(table.symbol[order], np.arange(len(table.symbols) + 1))
        known = {}
        for i, symbol in enumerate(table.symbols):
            rows = order[ends[i] : ends[i + 1]][-self.sessions :]
            volume = table.volume[rows] * self.volume_scale
            seen = _liquidity(table.close[rows], volume, self.sessions)
            if seen is not None:
                known[symbol] = seen
        return known


@dataclass(frozen=True, slots=True)
class YahooMetrics:
    """Metrics over Yahoo's last month.

    Attributes:
        sessions: n of the means; a symbol with fewer bars is not known.
        download: Yahoo symbols -> a frame with columns (symbol, field) and dates as rows;
            None asks Yahoo.
    """

    sessions: int
    download: Download | None = None

    def measure(self, symbols: Sequence[str], as_of: date) -> Mapping[str, Liquidity]:
        """Bars up to `as_of` of the last month; a symbol Yahoo does not know is absent.

        Raises:
            SourceError: Yahoo did not answer.
        """
        ask = self.download or _last_month
        known: dict[str, Liquidity] = {}
        for first in range(0, len(symbols), BATCH):
            batch = symbols[first : first + BATCH]
            known |= _of_frame(ask([to_yahoo(s) for s in batch]), batch, as_of, self.sessions)
        return known


def _liquidity(close: Floats, volume: Floats, sessions: int) -> Liquidity | None:
    if len(close) < sessions or not np.isfinite(close * volume).all():
        return None
    dollars = float(np.mean(close * volume))
    return Liquidity(float(close[-1]), float(np.mean(volume)), dollars)


def _of_frame(
    frame: Any, symbols: Sequence[str], as_of: date, sessions: int
) -> dict[str, Liquidity]:
    known: dict[str, Liquidity] = {}
    if frame is None or frame.empty:
        return known
    frame = frame[[day.date() <= as_of for day in frame.index]]
    for symbol in symbols:
        if to_yahoo(symbol) not in frame.columns.get_level_values(0):
            continue
        part = frame[to_yahoo(symbol)][["Close", "Volume"]].dropna().tail(sessions)
        close, volume = (part[name].to_numpy(dtype=np.float64) for name in ("Close", "Volume"))
        seen = _liquidity(close, volume, sessions)
        if seen is not None:
            known[symbol] = seen
    return known


def _last_month(symbols: Sequence[str]) -> Any:
    """What yfinance says about these symbols, split-adjusted, not dividend-adjusted."""
    import yfinance
    from yfinance.exceptions import YFException

    logging.getLogger("yfinance").setLevel(logging.CRITICAL)
    try:
        return yfinance.download(
            list(symbols), period="1mo", group_by="ticker", auto_adjust=False, progress=False
        )
    except (YFException, OSError, ValueError, LookupError, TypeError) as problem:
        raise SourceError(f"Yahoo did not answer: {problem}", "try later") from problem
