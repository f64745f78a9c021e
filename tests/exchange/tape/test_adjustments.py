"""Split bases: as traded, in the right order."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from avwap_cli.exchange.tape.adjustments import as_traded
from avwap_cli.market.bars import BarTable, bar_table
from avwap_cli.market.splits import Split

DAYS = [date(2024, 3, day) for day in (4, 5, 6, 7, 8)]


def table(names: str = "AB", days: list[date] = DAYS) -> BarTable:
    n = len(names) * len(days)
    values = [np.full(n, x) for x in (10.0, 12.0, 8.0, 11.0, 600.0, 10.5)]
    session = np.tile(np.array(days, dtype="datetime64[D]"), len(names))
    return bar_table(np.repeat(list(names), len(days)), session, *values)


def closes(bars: BarTable, symbol: str) -> list[float]:
    return bars.close[bars.names() == symbol].tolist()


def test_days_before_a_split_are_multiplied() -> None:
    bars = as_traded(table(), [Split("A", DAYS[2], 2.0), Split("ZZ", DAYS[2], 9.0)])
    assert closes(bars, "A") == [22.0, 22.0, 11.0, 11.0, 11.0]
    assert closes(bars, "B") == [11.0] * 5
    assert bars.volume[bars.names() == "A"].tolist() == [300.0, 300.0, 600.0, 600.0, 600.0]
    assert (bars.open[0], bars.high[0], bars.low[0], bars.vwap[0]) == (20.0, 24.0, 16.0, 21.0)


def test_splits_add_up_in_any_order() -> None:
    splits = [Split("B", DAYS[1], 3.0), Split("A", DAYS[3], 0.5), Split("A", DAYS[1], 10.0)]
    for given_order in (splits, splits[::-1]):
        bars = as_traded(table(), given_order)
        assert closes(bars, "A") == [55.0, 5.5, 5.5, 11.0, 11.0]
        assert closes(bars, "B") == [33.0, 11.0, 11.0, 11.0, 11.0]


def test_two_splits_of_one_day_multiply() -> None:
    bars = as_traded(table(), [Split("A", DAYS[1], 2.0), Split("A", DAYS[1], 5.0)])
    assert closes(bars, "A") == [110.0, 11.0, 11.0, 11.0, 11.0]


def test_days_before_1970() -> None:
    old = [date(1969, 12, 30), date(1969, 12, 31), date(1970, 1, 2)]
    bars = as_traded(table("AB", old), [Split("B", old[1], 2.0)])
    assert closes(bars, "A") == [11.0] * 3
    assert closes(bars, "B") == [22.0, 11.0, 11.0]


@pytest.mark.parametrize("ratio", [0.0, -2.0, float("nan"), float("inf")])
def test_a_ratio_that_is_none_is_refused(ratio: float) -> None:
    with pytest.raises(ValueError, match="positive"):
        as_traded(table(), [Split("A", DAYS[1], ratio)])


@given(
    st.lists(
        st.builds(
            Split,
            st.sampled_from(["A", "B", "C"]),
            st.dates(date(2024, 3, 1), date(2024, 3, 12)),
            st.sampled_from([0.1, 0.5, 2.0, 3.0, 10.0]),
        ),
        max_size=8,
    )
)
def test_like_a_slow_loop(splits: list[Split]) -> None:
    bars = table()
    traded = as_traded(bars, splits)
    for i, (name, day) in enumerate(zip(bars.names(), bars.session.tolist(), strict=True)):
        factor = 1.0
        for split in splits:
            if split.symbol == name and split.ex_date > day:
                factor *= split.ratio
        assert traded.close[i] == pytest.approx(11.0 * factor)
        assert traded.volume[i] == pytest.approx(600.0 / factor)
        assert traded.vwap[i] == pytest.approx(10.5 * factor)


def test_a_rounded_ratio_means_the_fraction() -> None:
    bars = as_traded(table(), [Split("A", DAYS[1], 0.333333)])
    assert bars.close[0] == 11.0 * (1 / 3)
