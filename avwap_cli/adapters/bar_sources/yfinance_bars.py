"""Daily bars from Yahoo through yfinance: free, slower, without volume-weighted prices.

Yahoo writes share classes with a hyphen (BRK-B).  Closes are taken as they come with
`auto_adjust=False`: adjusted for splits, not for dividends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import yfinance

from avwap_cli.errors import SourceError
from avwap_cli.market.bars import BarTable, bar_table
from avwap_cli.market.splits import Split
from avwap_cli.ports import Clock, Progress
from avwap_cli.settings import DataSettings

THREADS = 4
NEVER_ALL_UNKNOWN = 5  # so many symbols without one row are a failure, not unknown names
PRICES = ("Open", "High", "Low", "Close", "Volume")


class YfinanceBars:
    """The MarketData port over yfinance.

    Args:
        settings: chunk size and retries.
        clock: sleeps between tries.
        download: `yfinance.download` or what plays it.
    """

    def __init__(
        self,
        settings: DataSettings,
        clock: Clock,
        download: Callable[..., Any] = yfinance.download,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._download = download

    @property
    def provider(self) -> str:
        return "yfinance"

    @property
    def feed(self) -> str:
        return "vendor"

    def daily_bars(
        self, symbols: Sequence[str], first: date, last: date, progress: Progress
    ) -> Iterator[BarTable]:
        """Bars of first..last, one batch per chunk of symbols; see `ports.MarketData`."""
        for chunk, frame in self._frames(symbols, first, last):
            parts = [_rows(s, frame, first, last) for s in chunk]
            absent = [s for s, part in zip(chunk, parts, strict=True) if not len(part[0])]
            if absent:
                progress.say(f"Yahoo has no rows for {len(absent)}: {', '.join(absent[:10])}")
            columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
            yield bar_table(columns[0], columns[1], *columns[2:])

    def splits(self, symbols: Sequence[str], first: date, last: date) -> Sequence[Split]:
        """Yahoo's split events; spin-offs are among them as fractional ratios."""
        found = []
        for chunk, frame in self._frames(symbols, first, last):
            for symbol in chunk:
                events = _column(frame, symbol, "Stock Splits")
                for stamp, ratio in () if events is None else events[events > 0].items():
                    day = pd.Timestamp(stamp).date()
                    if first <= day <= last:
                        found.append(Split(symbol, day, float(ratio)))
        return sorted(found, key=lambda s: (s.symbol, s.ex_date, s.ratio))

    def _frames(
        self, symbols: Sequence[str], first: date, last: date
    ) -> Iterator[tuple[Sequence[str], Any]]:
        wanted = sorted(set(symbols))
        size = self._settings.symbols_per_request
        for place in range(0, len(wanted), size):
            chunk = wanted[place : place + size]
            yield chunk, self._ask([s.replace(".", "-") for s in chunk], first, last)

    def _ask(self, tickers: Sequence[str], first: date, last: date) -> Any:
        """One frame for these tickers, with tries; many symbols without any row are a failure."""
        trouble = "no rows"
        for wait in (*self._settings.retries.page_waits_s, None):
            try:
                frame = self._download(
                    list(tickers),
                    start=first.isoformat(),
                    end=(last + timedelta(days=1)).isoformat(),
                    auto_adjust=False,
                    actions=True,
                    group_by="ticker",
                    threads=THREADS,
                    progress=False,
                    timeout=self._settings.retries.timeout_s,
                    multi_level_index=True,
                )
            except (yfinance.exceptions.YFException, OSError, ValueError, KeyError) as problem:
                trouble = f"{type(problem).__name__}: {str(problem)[:200]}"
            else:
                known = isinstance(frame, pd.DataFrame) and len(frame) > 0
                if known or len(tickers) < NEVER_ALL_UNKNOWN:
                    return frame if known else pd.DataFrame()
            if wait is not None:
                self._clock.sleep(wait)
        raise SourceError(
            f"Yahoo gave no answer for {len(tickers)} symbols ({trouble})",
            "run the command again later; what was downloaded is kept",
        )


def _column(frame: Any, symbol: str, name: str) -> Any:
    """One column of one symbol as a Series, None where the answer has none."""
    key = (symbol.replace(".", "-"), name)
    return frame[key] if key in frame.columns else None


def _rows(symbol: str, frame: Any, first: date, last: date) -> list[Any]:
    """Symbol, session and prices of one symbol; days that Yahoo left empty are no rows."""
    series = [_column(frame, symbol, name) for name in PRICES]
    if any(column is None for column in series):
        return [np.empty(0, "<U1"), np.empty(0, "datetime64[D]"), *([np.empty(0)] * 5)]
    days = pd.DatetimeIndex(frame.index)
    if days.tz is not None:
        days = days.tz_convert("America/New_York").tz_localize(None)
    day = days.to_numpy().astype("datetime64[D]")
    values = [pd.to_numeric(c, errors="coerce").to_numpy(dtype=np.float64) for c in series]
    used = (day >= np.datetime64(first)) & (day <= np.datetime64(last))
    used &= ~np.all([np.isnan(v) for v in values[:4]], axis=0)
    return [np.full(int(used.sum()), symbol), day[used], *(v[used] for v in values)]
