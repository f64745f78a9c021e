"""Daily bars on the tape: which rows can be traded, and how they are found."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest

from avwap_cli.exchange.tape.dailies import Dailies, cleaned
from avwap_cli.exchange.tape.paths import DayBar
from avwap_cli.market.bars import BarTable, bar_table

MON, TUE, WED, SUN = (date(2026, 10, day) for day in (5, 6, 7, 4))
NAN = float("nan")
Row = tuple[str, date, float, float, float, float, float]


def table(*rows: Row) -> BarTable:
    columns: Any = list(zip(*rows, strict=True))
    days = np.array(columns[1], dtype="datetime64[D]")
    return bar_table(columns[0], days, *(np.array(values) for values in columns[2:]))


def bar(symbol: str, day: date, close: float = 10.0) -> Row:
    return symbol, day, 10.0, 11.0, 9.0, close, 100.0


@pytest.mark.parametrize(
    "row",
    [
        ("A", MON, 0.0, 11.0, 9.0, 10.0, 1.0),
        ("A", MON, 10.0, 11.0, -9.0, 10.0, 1.0),
        ("A", MON, 10.0, NAN, 9.0, 10.0, 1.0),
        ("A", MON, 10.0, 11.0, 9.0, 2e8, 1.0),
        ("A", SUN, 10.0, 11.0, 9.0, 10.0, 1.0),
    ],
)
def test_what_cannot_be_traded_is_left_out(row: Row) -> None:
    found = cleaned(table(row, bar("B", MON)))
    assert found.symbols == ("B",)
    assert len(found) == 1


def test_bars_hold_their_own_prices_and_whole_shares() -> None:
    found = cleaned(table(("A", MON, 10.0, 9.5, 9.9, 10.499999, NAN)))
    assert (found.high[0], found.low[0], found.close[0], found.volume[0]) == (10.5, 9.5, 10.5, 0)


def test_a_bar_is_found_by_its_session_alone() -> None:
    dailies = Dailies(cleaned(table(bar("A", MON), bar("A", WED, 10.5), bar("B", TUE))))
    assert dailies.bar("A", WED) == DayBar(100_000, 110_000, 90_000, 105_000, 100)
    assert dailies.bar("A", TUE) is None
    assert dailies.bar("ZZ", MON) is None


def test_the_bar_before() -> None:
    dailies = Dailies(cleaned(table(bar("A", MON), bar("A", WED, 10.5), bar("B", TUE))))
    found = dailies.before("A", WED)
    assert found is not None
    assert (found[0], found[1].close) == (MON, 100_000)
    assert dailies.before("A", MON) is None
    assert dailies.before("B", TUE) is None
    assert dailies.span("A") == (MON, WED)
    assert dailies.span("ZZ") is None


def test_rows_between_two_days() -> None:
    rows = [bar(name, day) for name in "BA" for day in (MON, TUE, WED)]
    dailies = Dailies(cleaned(table(*rows)))
    found = dailies.between(["B", "ZZ"], TUE, WED)
    assert (found.symbols, found.session.tolist()) == (("B",), [TUE, WED])
    assert len(dailies.between(None, MON, TUE)) == 4
    assert len(dailies.between(None, WED, MON)) == 0
    assert dailies.sessions == (MON, TUE, WED)
