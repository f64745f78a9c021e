"""Minute bars as columns: one row per symbol and minute.

What a file or a vendor of minute bars gives, before anybody trades on it.  Times are the
*start* of each minute.  Rows are sorted by symbol, then start, and no pair occurs twice.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avwap_cli.market.bars import Codes, Floats


@dataclass(frozen=True, slots=True)
class MinuteTable:
    """Columns of equal length n, sorted by (symbol, start).

    Attributes:
        symbols: the distinct symbols in sorted order.
        symbol: (n,) int32, index into `symbols`.
        start: (n,) datetime64[ns], UTC, the minute's first instant.
        open, high, low, close: (n,) float64, USD, as traded (no adjustment).
        volume: (n,) float64, shares.
    """

    symbols: tuple[str, ...]
    symbol: Codes
    start: NDArray[np.datetime64]
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats

    def __len__(self) -> int:
        return len(self.symbol)
