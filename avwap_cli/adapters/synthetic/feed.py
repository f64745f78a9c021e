"""The feed: the synthetic market as a vendor of daily bars."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

import numpy as np

from avwap_cli.adapters.synthetic.market import SyntheticMarket
from avwap_cli.market.bars import BarTable
from avwap_cli.market.splits import Split
from avwap_cli.ports import Progress

SYMBOLS_PER_BATCH = 400


class SyntheticBars:
    """MarketData over a synthetic market; split-adjusted as of the market's last session."""

    provider = "synthetic"
    feed = "sip"

    def __init__(self, market: SyntheticMarket) -> None:
        self.market = market

    def daily_bars(
        self, symbols: Sequence[str], first: date, last: date, progress: Progress
    ) -> Iterator[BarTable]:
        """Bars of first..last inclusive, 400 symbols at a time; unknown symbols are absent."""
        known = set(self.market.symbols)
        wanted = sorted(known.intersection(symbols))
        progress.begin("synthetic bars", len(wanted))
        for start in range(0, len(wanted), SYMBOLS_PER_BATCH):
            batch = set(wanted[start : start + SYMBOLS_PER_BATCH])
            table = self.market.adjusted_bars(
                np.array([symbol in batch for symbol in self.market.symbols])
            )
            day = table.session
            inside = (day >= np.datetime64(first, "D")) & (day <= np.datetime64(last, "D"))
            yield table.take(inside)
            progress.advance(start + len(batch))
        progress.end(f"{len(wanted)} of {len(set(symbols))} symbols known")

    def splits(self, symbols: Sequence[str], first: date, last: date) -> Sequence[Split]:
        """The market's own splits of these symbols with ex-dates in first..last."""
        wanted = set(symbols)
        return [
            split
            for split in self.market.splits()
            if split.symbol in wanted and first <= split.ex_date <= last
        ]
