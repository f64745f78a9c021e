"""Files of minute bars: columns by name, New York time, what is left out, the real files."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from avwap_cli.adapters.bar_sources.minute_files import minutes_among
from avwap_cli.errors import DamagedInput, MissingInput
from avwap_cli.exchange.instants import hours
from avwap_cli.exchange.tape.folding import fold
from avwap_cli.exchange.tape.tapes import Tape
from avwap_cli.market.bars import bar_table
from avwap_cli.market.minutes import MinuteTable

HEADER = "symbol,ts,open,high,low,close,volume\n"


def csv_file(folder: Path, text: str, name: str = "minutes.csv") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def minutes_of(*paths: Path) -> MinuteTable:
    table = minutes_among(paths).table
    assert table is not None
    return table


def rows(table: MinuteTable) -> list[tuple]:
    return [
        (table.symbols[code], str(start)[:16], close, volume)
        for code, start, close, volume in zip(
            table.symbol, table.start, table.close.tolist(), table.volume.tolist(), strict=True
        )
    ]


@pytest.mark.parametrize("separator", ["T", " "])
def test_naive_times_are_new_york_times_in_winter_and_summer(
    tmp_path: Path, separator: str
) -> None:
    path = csv_file(
        tmp_path,
        HEADER
        + f"B,2024-03-11{separator}09:30:00,5,6,4,5,100\n"
        + f"A,2024-03-08{separator}09:31,9,10,8,9.5,200\n"
        + f"A,2024-03-08{separator}09:30,9,10,8,9.25,300\n",
    )
    assert rows(minutes_of(path)) == [
        ("A", "2024-03-08T14:30", 9.25, 300.0),
        ("A", "2024-03-08T14:31", 9.5, 200.0),
        ("B", "2024-03-11T13:30", 5.0, 100.0),
    ]


@pytest.mark.parametrize("kind", ["us", "ns", "ms"])
def test_parquet_with_and_without_a_time_zone(tmp_path: Path, kind: str) -> None:
    moments = [datetime(2024, 3, 11, 9, 30), datetime(2024, 3, 8, 9, 30), None]  # noqa: DTZ001
    values = {n: [1.0, 2.0, 3.0] for n in ("Open", "High", "Low", "Close", "Volume")}
    table = pa.table({"Ticker": ["BRK-B"] * 3, "Timestamp": pa.array(moments, pa.timestamp(kind))})
    for name, column in values.items():
        table = table.append_column(name, pa.array(column))
    pq.write_table(table, tmp_path / "naive.parquet")
    naive = minutes_of(tmp_path / "naive.parquet")
    assert naive.symbols == ("BRK.B",)
    assert rows(naive) == [
        ("BRK.B", "2024-03-08T14:30", 2.0, 2.0),
        ("BRK.B", "2024-03-11T13:30", 1.0, 1.0),
    ]
    aware = table.set_column(1, "ts", table.column(1).cast(pa.timestamp(kind, "UTC")))
    pq.write_table(aware, tmp_path / "aware.parquet")
    assert [row[1] for row in rows(minutes_of(tmp_path / "aware.parquet"))] == [
        "2024-03-08T09:30",
        "2024-03-11T09:30",
    ]


def test_written_offsets_are_kept(tmp_path: Path) -> None:
    path = csv_file(tmp_path, HEADER + "A,2024-03-08T09:30:00-05:00,1,1,1,1,1\n")
    assert rows(minutes_of(path)) == [("A", "2024-03-08T14:30", 1.0, 1.0)]
    path = csv_file(tmp_path, HEADER + "A,2024-03-08T14:30:00Z,1,1,1,1,1\n")
    assert rows(minutes_of(path)) == [("A", "2024-03-08T14:30", 1.0, 1.0)]


def test_unusable_rows_are_left_out_and_the_row_with_numbers_stays(tmp_path: Path) -> None:
    path = csv_file(
        tmp_path,
        HEADER
        + "A,2024-03-08 09:30,,,,,\n"
        + "A,2024-03-08 09:30,9,10,8,9.25,300\n"
        + "A,2024-03-08 09:30,9,10,8,9.99,300\n"
        + "A,2024-03-08 09:31,9,10,8,9.0,0\n"
        + "A,2024-03-08 09:32,9,10,-8,9.0,10\n"
        + "A,2024-03-08 09:33,9,inf,8,9.0,10\n"
        + "A,never,9,10,8,9.0,10\n"
        + "=1+1,2024-03-08 09:34,9,10,8,9.0,10\n"
        + "A,2024-03-08 09:35,9,10,8,9.0,10\n",
    )
    assert [row[1:3] for row in rows(minutes_of(path))] == [
        ("2024-03-08T14:30", 9.25),
        ("2024-03-08T14:35", 9.0),
    ]


def test_a_last_line_that_may_be_cut_is_left_out(tmp_path: Path) -> None:
    path = csv_file(
        tmp_path, HEADER + "A,2024-03-08 09:30,9,10,8,9,300\nA,2024-03-08 09:31,9,10,8,9,3"
    )
    assert len(minutes_of(path)) == 1


def test_the_first_file_wins(tmp_path: Path) -> None:
    one = csv_file(tmp_path, HEADER + "A,2024-03-08 09:30,1,1,1,1,1\n", "one.csv")
    other = csv_file(
        tmp_path,
        HEADER + "A,2024-03-08 09:30,2,2,2,2,2\nB,2024-03-08 09:30,3,3,3,3,3\n",
        "other.csv",
    )
    both = minutes_of(one, other)
    assert [(row[0], row[2]) for row in rows(both)] == [("A", 1.0), ("B", 3.0)]


def test_columns_have_the_table_s_types(tmp_path: Path) -> None:
    path = csv_file(tmp_path, HEADER + "A,2024-03-08 09:30,1,1,1,1,1\n")
    table = minutes_of(path)
    assert table.start.dtype == np.dtype("datetime64[ns]")
    assert table.symbol.dtype == np.int32
    assert table.volume.dtype == np.float64


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("symbol,ts,open,high,low,volume\nA,2024-03-08 09:30,1,1,1,1\n", "no column close"),
        (HEADER + "A,2024-03-08 09:30:15,1,1,1,1,1\n", "no whole minutes"),
        (HEADER + "A,2024-03-08 10:00,1,1,1,1,1\nA,2024-03-08 11:00,1,1,1,1,1\n", "no minute bars"),
        ("", "empty"),
    ],
)
def test_what_is_no_file_of_minutes_is_refused(tmp_path: Path, text: str, what: str) -> None:
    path = csv_file(tmp_path, text)
    with pytest.raises(DamagedInput, match=what) as problem:
        minutes_of(path)
    assert str(path) in str(problem.value)


def test_a_column_of_the_wrong_type_is_named(tmp_path: Path) -> None:
    names = ("high", "low", "close", "volume")
    table = pa.table(
        {
            "symbol": ["A"],
            "ts": ["2024-03-08 09:31"],
            "open": [[1.5]],
            **{name: [1.5] for name in names},
        }
    )
    pq.write_table(table, tmp_path / "x.parquet")
    with pytest.raises(DamagedInput, match=r"the column open of .*x\.parquet cannot be read"):
        minutes_of(tmp_path / "x.parquet")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MissingInput, match="there is no bar file"):
        minutes_of(tmp_path / "none.csv")


def empty() -> object:
    none = np.empty(0)
    return bar_table([], none.astype("datetime64[D]"), none, none, none, none, none)


@pytest.mark.real
def test_the_real_half_day_with_a_double_and_idle_rows(real_data: Path) -> None:
    path = real_data / "minute" / "etf_minute_2019-12-20_27_halfday.parquet"
    raw = pq.read_table(path).to_pydict()
    table = minutes_of(path)
    kept = {
        (s, t)
        for s, t, c, v in zip(raw["symbol"], raw["ts"], raw["close"], raw["volume"], strict=True)
        if c is not None and v
    }
    assert len(table) == len(kept) == 12_219
    tape = Tape(empty(), minutes=table)
    half = date(2019, 12, 24)
    assert len(tape.symbols) == 7
    for symbol in tape.symbols:
        day = tape.day(symbol, half)
        assert day is not None
        assert day.minutes.start[-1] < hours(half).close
        assert len(day.minutes.start) == len(
            [1 for s, t in kept if s == symbol and t.date() == half]
        )


@pytest.mark.real
def test_the_real_split_overnight(real_data: Path) -> None:
    path = real_data / "minute" / "lean_minute_trades_2008_2023.parquet"
    raw = pq.read_table(path).to_pydict()
    table = minutes_of(path)
    assert len(table) == 21_258
    tape = Tape(empty(), minutes=table)
    for session, volume_at_least in ((date(2014, 6, 6), 1e5), (date(2014, 6, 9), 1e6)):
        regular = [
            i
            for i, (s, t) in enumerate(zip(raw["symbol"], raw["ts"], strict=True))
            if s == "AAPL" and t.date() == session and (9, 30) <= (t.hour, t.minute) < (16, 0)
        ]
        day = tape.day("AAPL", session)
        assert day is not None
        folded = fold(day.minutes, hours(session))
        assert folded is not None
        assert [price / 10_000 for price in folded[:4]] == pytest.approx(
            [
                raw["open"][regular[0]],
                max(raw["high"][i] for i in regular),
                min(raw["low"][i] for i in regular),
                raw["close"][regular[-1]],
            ]
        )
        assert folded[4] > volume_at_least
    before = tape.close_before("AAPL", date(2014, 6, 9))
    after = tape.history(["AAPL"], date(2014, 6, 9), date(2014, 6, 9)).open[0]
    assert before is not None
    assert before / 10_000 / after == pytest.approx(7.0, rel=0.02)


@pytest.mark.real
def test_the_real_extended_hours(real_data: Path) -> None:
    table = minutes_of(real_data / "minute" / "spy_minute_2025-07_extended.parquet")
    tape = Tape(empty(), minutes=table)
    day, half = tape.day("SPY", date(2025, 7, 1)), tape.day("SPY", date(2025, 7, 3))
    assert day is not None
    assert half is not None
    times = hours(date(2025, 7, 1))
    assert day.minutes.start[0] == times.pre_open
    assert times.close <= day.minutes.start[-1] < times.after_close
    assert half.minutes.start[-1] < hours(date(2025, 7, 3)).after_close
    assert half.quotes.at[-1] < hours(date(2025, 7, 3)).after_close
    assert (day.quotes.bid < day.quotes.ask).all()
    assert np.isfinite(tape.history(None, date(2025, 7, 1), date(2025, 7, 31)).vwap).all()
