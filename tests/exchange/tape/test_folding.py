"""Minutes become prints: order, offsets, sizes."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from avwap_cli.exchange.instants import SECOND, hours
from avwap_cli.exchange.tape.folding import Columns, fold, printed

DAY = hours(date(2024, 3, 7))


def columns(*rows: tuple[int, ...]) -> Columns:
    """Rows of (start, open, high, low, close, volume)."""
    return Columns(*(np.array(column, dtype=np.int64) for column in zip(*rows, strict=True)))


@pytest.mark.parametrize(
    ("bar", "prices", "seconds"),
    [
        ((10, 14, 8, 12), [10, 8, 14, 12], [0, 20, 40, 59]),
        ((12, 14, 8, 10), [12, 14, 8, 10], [0, 20, 40, 59]),
        ((10, 14, 8, 10), [10, 8, 14, 10], [0, 20, 40, 59]),
        ((10, 14, 10, 12), [10, 14, 12], [0, 40, 59]),
        ((10, 12, 8, 12), [10, 8, 12], [0, 20, 59]),
        ((10, 12, 10, 12), [10, 12], [0, 59]),
        ((12, 12, 10, 10), [12, 10], [0, 59]),
        ((10, 12, 10, 10), [10, 12, 10], [0, 40, 59]),
        ((10, 10, 8, 10), [10, 8, 10], [0, 20, 59]),
        ((10, 10, 10, 10), [10], [0]),
    ],
)
def test_the_order_of_a_minute(bar: tuple, prices: list[int], seconds: list[int]) -> None:
    minutes, prints = printed(columns((DAY.open, *bar, 1000)))
    assert prints.price.tolist() == prices
    assert ((prints.at - DAY.open) // SECOND).tolist() == seconds
    assert minutes.trades.tolist() == [len(prices)]


@pytest.mark.parametrize(
    ("volume", "sizes"),
    [(1, [1, 0, 0, 0]), (3, [1, 1, 1, 0]), (4, [1, 1, 1, 1]), (104, [31, 21, 21, 31])],
)
def test_how_shares_are_split(volume: int, sizes: list[int]) -> None:
    minutes, prints = printed(columns((DAY.open, 10, 14, 8, 12, volume)))
    assert prints.size.tolist() == sizes
    shares = zip([10, 8, 14, 12], sizes, strict=True)
    assert minutes.turnover.tolist() == [sum(p * s for p, s in shares)]


@given(
    st.lists(
        st.tuples(st.lists(st.integers(1, 10**10), min_size=4, max_size=4), st.integers(1, 10**12)),
        min_size=1,
        max_size=20,
    )
)
def test_no_share_is_lost(rows: list[tuple[list[int], int]]) -> None:
    bars = []
    for i, (prices, volume) in enumerate(rows):
        low, *inner, high = sorted(prices)
        bars.append((DAY.open + i * 60 * SECOND, inner[i % 2], high, low, inner[1 - i % 2], volume))
    minutes, prints = printed(columns(*bars))
    assert len(prints.at) == minutes.trades.sum()
    assert (prints.size >= 0).all()
    edges = np.cumsum(minutes.trades)[:-1]
    for bar, price, size in zip(
        bars, np.split(prints.price, edges), np.split(prints.size, edges), strict=True
    ):
        assert size.sum() == bar[5]
        assert (price[0], price.max(), price.min(), price[-1]) == bar[1:5]
        assert bar[5] < 4 or (size > 0).all()


def test_a_minute_of_a_dear_share_passes_int64_unharmed() -> None:
    minutes, _ = printed(columns((DAY.open, 10**10, 10**10, 10**10, 10**10, 10**10)))
    assert minutes.turnover.tolist() == [1e20]


def test_prices_fold_over_regular_minutes_and_volume_over_all() -> None:
    minute = 60 * SECOND
    rows = columns(
        (DAY.open - minute, 50, 99, 1, 50, 7),
        (DAY.open, 10, 14, 8, 12, 100),
        (DAY.close - minute, 12, 13, 11, 13, 50),
        (DAY.close, 60, 99, 1, 60, 9),
    )
    assert fold(rows, DAY) == (10, 14, 8, 13, 166)
    assert fold(rows.take(slice(0, 1)), DAY) is None
    assert fold(rows.take(slice(2, 4)), DAY) == (12, 13, 11, 13, 59)
