"""Adjustments: split-adjusted daily bars as they were traded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

import numpy as np

from avwap_cli.market.bars import BarTable, Floats
from avwap_cli.market.splits import Split

_DAYS = 2**24  # more than there are days in a calendar; half of them before 1970


def as_traded(table: BarTable, splits: Sequence[Split]) -> BarTable:
    """Split-adjusted bars as they were traded: prices times the ratios of all later splits.

    Args:
        table: adjusted for all of `splits`.
        splits: in any order; those of other symbols are ignored.

    Raises:
        ValueError: a ratio is not a positive number.
    """
    factor = _factor(table, splits)
    return replace(
        table,
        open=table.open * factor,
        high=table.high * factor,
        low=table.low * factor,
        close=table.close * factor,
        volume=table.volume / factor,
        vwap=table.vwap * factor,
    )


def _factor(table: BarTable, splits: Sequence[Split]) -> Floats:
    """(n,) product of the ratios of each row's symbol's splits with an ex-date after the row."""
    place = {symbol: i for i, symbol in enumerate(table.symbols)}
    ratios = [(split, float(split.fraction)) for split in splits]
    events = sorted(
        ((place[s.symbol], s.ex_date, ratio) for s, ratio in ratios if s.symbol in place),
        reverse=True,
    )
    keys: list[int] = []
    products: list[float] = []
    for code, of_symbol in groupby(events, key=lambda event: event[0]):
        product = 1.0
        for _, day, ratio in of_symbol:
            product *= ratio
            keys.append(code * _DAYS + int(np.datetime64(day).astype(np.int64)) + _DAYS // 2)
            products.append(product)
    day_number = table.session.astype("datetime64[D]").astype(np.int64) + _DAYS // 2
    row = table.symbol.astype(np.int64) * _DAYS + day_number
    next_key = np.array([*reversed(keys), np.iinfo(np.int64).max], dtype=np.int64)
    factor = np.array([*reversed(products), 1.0])
    found = np.searchsorted(next_key, row, side="right")
    same = next_key[found] // _DAYS == table.symbol
    return np.where(same, factor[found], 1.0)
