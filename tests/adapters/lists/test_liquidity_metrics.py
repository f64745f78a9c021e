"""Liquidity metrics: means over each symbol's own last bars, from the cache and from Yahoo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
import pytest

from avwap_cli.adapters.lists.liquidity_metrics import BarCacheMetrics, YahooMetrics
from avwap_cli.market.bars import BarTable, bar_table

AS_OF = date(2024, 3, 7)
DAYS = np.arange("2024-02-01", "2024-03-08", dtype="datetime64[D]")


def table(closes: dict[str, Sequence[float]]) -> BarTable:
    """Bars that end on AS_OF; volume is 100 times the close."""
    names = [name for name, values in closes.items() for _ in values]
    days = np.concatenate([DAYS[-len(values) :] for values in closes.values()])
    close = np.concatenate([np.asarray(values, float) for values in closes.values()])
    return bar_table(names, days, close, close, close, close, 100 * close)


@dataclass
class Bars:
    """A bar cache that remembers what was asked of it."""

    table: BarTable
    asked: tuple[date, int] | None = None

    def read(self, last: date, sessions: int) -> BarTable:
        self.asked = (last, sessions)
        return self.table


def test_means_of_the_last_bars_in_the_cache() -> None:
    bars = Bars(table({"A": [99.0, 1.0, 2.0, 4.0], "NEW": [5.0, 6.0], "NAN": [1.0, np.nan, 2.0]}))
    known = BarCacheMetrics(bars, 3).measure(["A", "NAN", "NEW", "ABSENT"], AS_OF)  # type: ignore[arg-type]
    assert bars.asked == (AS_OF, 6)
    assert set(known) == {"A"}
    assert known["A"].close_usd == 4.0
    assert known["A"].volume_shares == pytest.approx(700 / 3)
    assert known["A"].dollar_volume_usd == pytest.approx((100 + 400 + 1600) / 3)


def test_volume_scale() -> None:
    bars = Bars(table({"A": [1.0, 1.0]}))
    known = BarCacheMetrics(bars, 2, volume_scale=30.0).measure(["A"], AS_OF)  # type: ignore[arg-type]
    assert known["A"].volume_shares == 3000.0


def test_yahoos_last_month_up_to_the_as_of_session() -> None:
    days = pd.to_datetime(["2024-03-05", "2024-03-06", "2024-03-07", "2024-03-08"])
    values = {
        ("BRK-B", "Close"): [400.0, 401.0, 402.0, 999.0],
        ("BRK-B", "Volume"): [10.0, 20.0, 30.0, 999.0],
        ("A", "Close"): [np.nan, 5.0, 6.0, 7.0],
        ("A", "Volume"): [np.nan, 1.0, 1.0, 1.0],
    }
    frame = pd.DataFrame(values, index=days)
    frame.columns = pd.MultiIndex.from_tuples(frame.columns)
    asked: list[Sequence[str]] = []

    def download(symbols: Sequence[str]) -> pd.DataFrame:
        asked.append(symbols)
        return frame

    known = YahooMetrics(3, download).measure(["A", "BRK.B", "ZZZ"], AS_OF)
    assert asked == [["A", "BRK-B", "ZZZ"]]
    assert set(known) == {"BRK.B"}
    assert known["BRK.B"].close_usd == 402.0
    assert known["BRK.B"].volume_shares == pytest.approx(20.0)
    assert known["BRK.B"].dollar_volume_usd == pytest.approx((4000 + 8020 + 12060) / 3)


def test_yahoo_is_asked_in_batches_and_may_know_nothing() -> None:
    sizes: list[int] = []

    def download(symbols: Sequence[str]) -> pd.DataFrame:
        sizes.append(len(symbols))
        return pd.DataFrame()

    assert YahooMetrics(20, download).measure([f"S{n}" for n in range(450)], AS_OF) == {}
    assert sizes == [200, 200, 50]
