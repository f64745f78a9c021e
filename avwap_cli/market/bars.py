"""Daily bars as columns: one row per symbol and session.

A `BarTable` is what every provider returns and the cache holds.  Prices are
split-adjusted and never dividend-adjusted, in USD; volume is in shares on the same
basis.  Rows are sorted by session, then symbol, and no pair occurs twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.int32]
Days = NDArray[np.datetime64]

VALUE_COLUMNS = ("open", "high", "low", "close", "volume", "vwap")


@dataclass(frozen=True, slots=True)
class BarTable:
    """Columns of equal length n, sorted by (session, symbol).

    Attributes:
        symbols: the distinct symbols in sorted order; may name symbols without a row.
        symbol: (n,) int32, index into `symbols`.
        session: (n,) datetime64[D], the XNYS session.
        open, high, low, close: (n,) float64, USD.
        volume: (n,) float64, shares.
        vwap: (n,) float64, the bar's own volume-weighted price in USD, NaN where
            the feed gives none.
    """

    symbols: tuple[str, ...]
    symbol: Codes
    session: Days
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    vwap: Floats

    def __len__(self) -> int:
        return len(self.symbol)

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_] | slice) -> BarTable:
        """The same table with only these rows; the symbol list stays."""
        columns = {f.name: getattr(self, f.name)[rows] for f in fields(self) if f.name != "symbols"}
        return replace(self, **columns)

    def names(self) -> NDArray[np.str_]:
        """(n,) the symbol of each row as text."""
        return np.asarray(self.symbols, dtype=np.str_)[self.symbol]

    def including(self, symbols: Sequence[str]) -> BarTable:
        """The same rows; `symbols` grows by those given, so that they get a column."""
        names = tuple(sorted({*self.symbols, *symbols}))
        if names == self.symbols:
            return self
        place = {s: i for i, s in enumerate(names)}
        code = np.array([place[s] for s in self.symbols], dtype=np.int32)
        return replace(self, symbols=names, symbol=code[self.symbol])

    def only(self, symbols: Sequence[str]) -> BarTable:
        """The rows of these symbols; `symbols` shrinks to those asked for and known."""
        wanted = set(symbols)
        kept = tuple(s for s in self.symbols if s in wanted)
        code = np.full(len(self.symbols), -1, dtype=np.int32)
        code[[i for i, s in enumerate(self.symbols) if s in wanted]] = np.arange(len(kept))
        part = self.take(code[self.symbol] >= 0)
        return replace(part, symbols=kept, symbol=code[part.symbol])


def bar_table(
    names: Sequence[str] | NDArray[np.str_],
    session: Days,
    open: Floats,
    high: Floats,
    low: Floats,
    close: Floats,
    volume: Floats,
    vwap: Floats | None = None,
) -> BarTable:
    """Build a sorted table from columns in any row order.

    Duplicates of (symbol, session) are kept, next to each other and in input order,
    for the row checks to judge.
    """
    symbols, code = np.unique(np.asarray(names, dtype=np.str_), return_inverse=True)
    day = np.asarray(session, dtype="datetime64[D]")
    order = np.lexsort((np.arange(len(code)), code, day))
    missing = np.full(len(code), np.nan)
    columns = [open, high, low, close, volume, missing if vwap is None else vwap]
    values = [np.asarray(c, dtype=np.float64)[order] for c in columns]
    return BarTable(
        tuple(str(s) for s in symbols),
        code.astype(np.int32)[order],
        day[order],
        values[0],
        values[1],
        values[2],
        values[3],
        values[4],
        values[5],
    )


def concat(tables: Sequence[BarTable]) -> BarTable:
    """One sorted table of all rows; of equal (symbol, session) the later table's row stays."""
    symbols = tuple(sorted(set().union(*(t.symbols for t in tables)) if tables else ()))
    place = {s: i for i, s in enumerate(symbols)}
    code = [
        np.array([place[s] for s in t.symbols], dtype=np.int32)[t.symbol]
        if len(t)
        else np.empty(0, dtype=np.int32)
        for t in tables
    ]
    columns = {
        name: np.concatenate([getattr(t, name) for t in tables]) if tables else np.empty(0)
        for name in ("session", *VALUE_COLUMNS)
    }
    codes = np.concatenate(code) if code else np.empty(0, dtype=np.int32)
    days = columns["session"].astype("datetime64[D]")
    order = np.lexsort((np.arange(len(codes)), codes, days))
    codes, days = codes[order], days[order]
    last = np.ones(len(codes), dtype=bool)
    last[:-1] = (codes[1:] != codes[:-1]) | (days[1:] != days[:-1])
    keep = order[last]
    values = {name: columns[name][keep] for name in VALUE_COLUMNS}
    return BarTable(symbols, codes[last], days[last], **values)
