"""Row checks: each fault is refused under its reason, and what is odd but true stays."""

from __future__ import annotations

import csv
import gzip
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from avwap_cli.market.bars import BarTable, bar_table
from avwap_cli.market.row_checks import (
    RowFault,
    check_rows,
    quarantined,
    unfinished_session,
)

MONDAY = np.datetime64("2024-03-04")
SESSIONS = MONDAY + np.array([0, 1, 2, 3, 4, 7, 8, 9, 10, 11])
LAST = date(2024, 3, 15)


def rows(*entries: tuple) -> BarTable:
    """Entries: symbol, day number, open, high, low, close, volume."""
    columns = list(zip(*entries, strict=True))
    days = SESSIONS[0] + np.array(columns[1])
    return bar_table(columns[0], days, *(np.array(c, dtype=float) for c in columns[2:]))


def faults(table: BarTable, finished: date = LAST) -> list[tuple[str, str]]:
    _, bad = check_rows(table, SESSIONS, finished)
    return [(str(s), str(r)) for s, r in zip(bad.symbol, bad.reason, strict=True)]


GOOD = ("A", 0, 9.0, 10.0, 8.0, 9.5, 1000.0)


def test_good_rows_pass_untouched() -> None:
    table = rows(GOOD, ("B", 0, 1.0, 1.0, 1.0, 1.0, 0.0), ("A", 1, 9.0, 10.0, 8.0, 9.5, 0.0))
    clean, bad = check_rows(table, SESSIONS, LAST)
    assert clean is table
    assert len(bad) == 0
    assert bad.counts() == {}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (("X", 0, 9.0, 10.0, 8.0, np.nan, 1.0), RowFault.NOT_A_NUMBER),
        (("X", 0, 9.0, np.inf, 8.0, 9.0, 1.0), RowFault.NOT_A_NUMBER),
        (("X", 0, 9.0, 10.0, 8.0, 9.0, np.nan), RowFault.NOT_A_NUMBER),
        (("X", 0, 0.0, 10.0, 0.0, 9.0, 1.0), RowFault.NON_POSITIVE),
        (("X", 0, 9.0, 10.0, -8.0, 9.0, 1.0), RowFault.NON_POSITIVE),
        (("X", 0, 9.0, 10.0, 8.0, 9.0, -1.0), RowFault.NEGATIVE_VOLUME),
        (("X", 0, 9.0, 9.4, 8.0, 9.5, 1.0), RowFault.HIGH_LOW),
        (("X", 0, 9.0, 10.0, 9.1, 9.5, 1.0), RowFault.HIGH_LOW),
        (("X", 5, 9.0, 10.0, 8.0, 9.0, 1.0), RowFault.HOLIDAY),
        (("X", 14, 9.0, 10.0, 8.0, 9.0, 1.0), RowFault.PARTIAL_SESSION),
    ],
)
def test_each_fault_has_its_reason(row: tuple, reason: RowFault) -> None:
    clean, bad = check_rows(rows(GOOD, row), SESSIONS, LAST)
    assert len(clean) == 1
    assert next(iter(bad.rows()))[:3] == ("X", str(SESSIONS[0] + row[1]), reason.value)


def test_a_session_that_has_not_closed_is_partial() -> None:
    table = rows(GOOD, ("A", 1, 9.0, 10.0, 8.0, 9.5, 400.0))
    assert faults(table, date(2024, 3, 4)) == [("A", "partial_session")]
    assert faults(table, date(2024, 3, 5)) == []


def test_a_row_that_no_running_session_explains_is_of_the_future() -> None:
    table = rows(GOOD, ("A", 7, 9.0, 10.0, 8.0, 9.5, 4.0), ("A", 735, 9.0, 10.0, 8.0, 9.5, 4.0))
    assert faults(table, date(2024, 3, 4)) == [("A", "partial_session"), ("A", "future")]


def test_rows_out_of_order_are_put_in_order_and_none_is_lost() -> None:
    table = rows(GOOD, ("B", 0, 9.0, 10.0, 8.0, 9.5, 1.0), ("A", 1, 9.0, 10.0, 8.0, 9.5, 1.0))
    clean, bad = check_rows(table.take(np.array([2, 1, 0])), SESSIONS, LAST)
    assert np.array_equal(clean.session, table.session)
    assert np.array_equal(clean.names(), table.names())
    assert len(bad) == 0


def test_a_row_without_a_session_has_no_place_in_the_order() -> None:
    table = rows(GOOD)
    assert faults(replace(table, session=np.array(["NaT"], "datetime64[D]"))) == [("A", "order")]


def test_of_duplicates_the_one_with_most_volume_stays_whatever_the_order() -> None:
    early, late = GOOD, ("A", 0, 9.0, 10.0, 8.0, 9.7, 5000.0)
    for table in (rows(early, late), rows(late, early)):
        clean, bad = check_rows(table, SESSIONS, LAST)
        assert clean.volume.tolist() == [5000.0]
        assert [r[2] for r in bad.rows()] == ["duplicate"]


def test_a_faulty_duplicate_does_not_push_out_the_good_row() -> None:
    clean, bad = check_rows(rows(GOOD, ("A", 0, 9.0, 10.0, 8.0, np.nan, 9e9)), SESSIONS, LAST)
    assert clean.close.tolist() == [9.5]
    assert [r[2] for r in bad.rows()] == ["not_a_number"]


def closes(symbol: str, *pairs: tuple[float, float]) -> BarTable:
    days = SESSIONS[: len(pairs)]
    price, volume = (np.array(x) for x in zip(*pairs, strict=True))
    return bar_table([symbol] * len(pairs), days, price, price, price, price, volume)


def test_an_untraded_price_that_both_neighbours_contradict_is_a_phantom() -> None:
    table = closes("X", (9.1, 100), (9.2, 100), (0.2701, 0), (9.15, 100))
    assert faults(table) == [("X", "phantom")]
    two = closes("X", (9.1, 100), (0.2701, 0), (0.2701, 0), (9.15, 100))
    assert faults(two) == [("X", "phantom"), ("X", "phantom")]
    assert faults(closes("X", (9.1, 100), (27.5, 0), (9.2, 100))) == [("X", "phantom")]


@pytest.mark.parametrize(
    "table",
    [
        closes("SHELL", (10.0, 0), (10.0, 0), (10.0, 0), (31.0, 100)),  # before its listing
        closes("HALT", (18.0, 100), (18.0, 0), (18.0, 0), (7.0, 100)),  # crash after a halt
        closes("TRADED", (9.1, 100), (0.27, 50), (9.15, 100)),  # somebody did trade there
        closes("DEAD", (9.1, 100), (0.27, 0)),  # nothing after it speaks against it
        closes("DRIFT", (9.0, 100), (12.0, 0), (9.0, 100)),
    ],
    ids=lambda t: t.symbols[0],
)
def test_other_untraded_rows_are_genuine(table: BarTable) -> None:
    assert faults(table) == []


def test_a_neighbour_of_another_symbol_says_nothing() -> None:
    table = bar_table(
        ["A", "B", "B", "C"],
        SESSIONS[[0, 1, 2, 3]],
        *[np.array([9.0, 0.3, 0.3, 9.0])] * 4,
        np.array([100.0, 0.0, 0.0, 100.0]),
    )
    assert faults(table) == []


def file_of(days: int, last_names: int, last_volume: float) -> BarTable:
    sessions = np.repeat(np.datetime64("2024-01-01") + np.arange(days), 10)
    names = np.tile([f"S{i}" for i in range(10)], days)
    volume = np.full(days * 10, 1000.0)
    volume[-10:] = last_volume
    keep = np.ones(days * 10, dtype=bool)
    keep[len(keep) - 10 + last_names :] = False
    one = np.ones(int(keep.sum()))
    return bar_table(names[keep], sessions[keep], one, one, one, one, volume[keep])


@pytest.mark.parametrize(
    ("names", "volume", "expected"),
    [
        (6, 500.0, date(2024, 1, 30)),
        (10, 300.0, None),  # a half day: little volume, all names
        (6, 1000.0, None),  # names gone, but those left traded as usual
    ],
)
def test_a_file_saved_while_the_session_ran_is_recognised(
    names: int, volume: float, expected: date | None
) -> None:
    assert unfinished_session(file_of(30, names, volume)) == expected


def test_a_short_file_is_never_called_unfinished() -> None:
    assert unfinished_session(file_of(10, 3, 10.0)) is None


def test_quarantines_join_sorted_and_none_is_empty() -> None:
    assert list(quarantined([]).rows()) == []
    _, one = check_rows(rows(("Z", 5, 9.0, 10.0, 8.0, 9.0, 1.0)), SESSIONS, LAST)
    _, two = check_rows(rows(("A", 5, 9.0, 10.0, 8.0, 9.0, 1.0)), SESSIONS, LAST)
    both = quarantined([one, two])
    assert both.symbol.tolist() == ["A", "Z"]
    assert both.counts() == {"holiday": 2}


def real_table(path: Path) -> BarTable:
    t = pq.read_table(path, columns=["symbol", "date", "open", "high", "low", "close", "volume"])
    values = [t[n].to_numpy().astype(float) for n in ("open", "high", "low", "close", "volume")]
    return bar_table(t["symbol"].to_numpy().astype(str), t["date"].to_numpy(), *values)


def test_the_russell_file_loses_ten_rows_and_agrees_with_the_answers(real_data: Path) -> None:
    table = real_table(real_data / "bars/r3k_daily_2021_2024.parquet")
    sessions = np.unique(table.session)
    clean, bad = check_rows(table, sessions, date(2024, 3, 8))
    assert bad.counts() == {"high_low": 5, "phantom": 5}
    low = sorted(r[0] for r in bad.rows() if r[2] == "high_low")
    assert low == ["HUBB", "PEAK", "SITC", "UA", "WLY"]
    assert {r[:2] for r in bad.rows() if r[2] == "phantom"} == {
        ("APRE", "2023-02-13"),
        ("PECO", "2021-07-06"),
        ("PECO", "2021-07-07"),
        ("PECO", "2021-07-08"),
        ("PECO", "2021-07-09"),
    }
    window = sessions[sessions <= np.datetime64("2024-03-07")][-504:]
    counts = np.bincount(clean.symbol[np.isin(clean.session, window)], minlength=2985)
    with gzip.open(real_data / "answers/2024-03-07/features.csv.gz", "rt", encoding="utf-8") as f:
        expected = {r["symbol"]: int(r["bars"]) for r in csv.DictReader(f)}
    # The answers count APRE's phantom of 2023-02-13 (0.474, no volume, between 9.48 and 8.20).
    expected["APRE"] -= 1
    found = {s: int(n) for s, n in zip(clean.symbols, counts, strict=True)}
    assert found == {s: expected[s] for s in clean.symbols}
    assert len(found) == 2985


def test_untraded_rows_of_the_sp500_file_stay_and_its_last_day_is_unfinished(
    real_data: Path,
) -> None:
    table = real_table(real_data / "bars/sp500_daily_2021_2026.parquet")
    assert unfinished_session(table) == date(2026, 3, 26)
    clean, bad = check_rows(table, np.unique(table.session), date(2026, 3, 25))
    assert bad.counts() == {"partial_session": 327}
    assert int(np.sum(clean.only(["SW"]).volume == 0)) == 422
