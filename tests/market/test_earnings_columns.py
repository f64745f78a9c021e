"""Earnings columns: sorted, without duplicates, whatever the order of the rows."""

from __future__ import annotations

from datetime import date

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from avwap_cli.market.earnings import Timing, earnings_dates

KNOWN = date(2024, 3, 7)
rows = st.lists(
    st.tuples(st.sampled_from(["A", "BRK.B", "ZZ"]), st.integers(19700, 19720), st.integers(0, 2))
)


@given(rows)
def test_one_row_per_symbol_and_day_with_the_latest_known_timing(
    given_rows: list[tuple[str, int, int]],
) -> None:
    names, days, timing = zip(*given_rows, strict=True) if given_rows else ((), (), ())
    table = earnings_dates(names, np.array(days, dtype="datetime64[D]"), KNOWN, timing)
    expected: dict[tuple[str, int], int] = {}
    for name, day, when in given_rows:
        expected[name, day] = max(expected.get((name, day), 0), when)
    seen = {
        (table.symbols[s], int(d.astype(int))): int(t)
        for s, d, t in zip(table.symbol, table.day, table.timing, strict=True)
    }
    assert seen == expected
    assert list(seen) == sorted(expected)
    assert table.symbol.dtype == np.int32
    assert list(table.before_open) == [t == Timing.BEFORE_OPEN for t in table.timing]


def test_only_keeps_the_rows_of_the_symbols_asked_for() -> None:
    table = earnings_dates(["B", "A", "B"], ["2024-05-01", "2024-05-02", "2024-02-01"], KNOWN)
    part = table.only(["B", "C"])
    assert part.symbols == ("B",)
    assert [str(day) for day in part.day] == ["2024-02-01", "2024-05-01"]
    assert list(part.symbol) == [0, 0]
    assert part.known == KNOWN
    assert len(table.only([])) == 0
