"""Users' files: recognised columns, one symbol form, one source, one basis."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from avwap_cli.adapters.bar_sources.bar_file_columns import inside_symbol, recognise
from avwap_cli.adapters.bar_sources.bar_file_dates import days
from avwap_cli.adapters.bar_sources.bar_files import FileBars
from avwap_cli.adapters.bar_sources.split_list import read_split_list
from avwap_cli.adapters.bar_store.bar_export import write_bars
from avwap_cli.errors import ConfigError, DamagedInput, MissingInput, UsageError
from avwap_cli.market.sessions import sessions_between
from avwap_cli.market.splits import Split

HEADER = "symbol,date,open,high,low,close,volume\n"
ROW = "A,2024-03-07,9.0,10.0,8.0,9.5,1000\n"
SESSIONS = sessions_between(date(2024, 1, 2), date(2024, 3, 28))


def csv_file(folder: Path, text: str | bytes, name: str = "bars.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(
    "header",
    [
        "symbol,date,open,high,low,close,volume",
        "Ticker,Timestamp,O,H,L,C,V",
        " SYMBOL ,Session,Open,High,Low,Close,Vol",
        "ticker,time,OPEN,HIGH,LOW,CLOSE,VOLUME",
        "\ufeffsymbol,datetime,open,high,low,close,volume",
    ],
)
def test_column_names_are_recognised(tmp_path: Path, header: str) -> None:
    table = FileBars([csv_file(tmp_path, header + "\n" + ROW)]).read()
    assert table.names().tolist() == ["A"]
    assert table.session.tolist() == [date(2024, 3, 7)]
    assert (table.open[0], table.high[0], table.low[0]) == (9.0, 10.0, 8.0)
    assert (table.close[0], table.volume[0]) == (9.5, 1000.0)
    assert np.isnan(table.vwap[0])


def test_an_adjusted_close_is_never_the_close(tmp_path: Path) -> None:
    assert recognise(["Adj Close", "adj_close", "adjclose"]) == {}
    text = "symbol,date,open,high,low,adj_close,volume\n" + ROW
    with pytest.raises(DamagedInput, match="no column close"):
        FileBars([csv_file(tmp_path, text)]).read()


def test_a_vwap_column_is_taken(tmp_path: Path) -> None:
    text = "symbol,date,open,high,low,close,volume,vw\nA,2024-03-07,9,10,8,9.5,1000,9.25\n"
    assert FileBars([csv_file(tmp_path, text)]).read().vwap.tolist() == [9.25]


@pytest.mark.parametrize(
    ("cell", "inside"),
    [
        ("BRK-B", "BRK.B"),
        ("BRK/B", "BRK.B"),
        (" brk.b ", "BRK.B"),
        ("TRUE", "TRUE"),
        ("NAN", "NAN"),
        ("../x", ""),
        ("=1+1", ""),
        ("A B", ""),
        ("", ""),
        ("-", ""),
        ("ABCDEFGHIJKL", ""),
        ("A\n", "A"),
        ("A..B", ""),
    ],
)
def test_symbols_have_one_form_inside(cell: str, inside: str) -> None:
    assert inside_symbol(cell) == inside


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("2024-03-07", "2024-03-07"),
        ("2024-03-07 00:00:00", "2024-03-07"),
        ("2024-03-07T05:00:00Z", "2024-03-07"),
        ("2024-03-08T04:30:00+00:00", "2024-03-07"),
        ("2024-03-08T03:30:00+09:00", "2024-03-07"),
        ("20240307", "2024-03-07"),
        ("3/7/2024", "2024-03-07"),
        ("7.3.2024", None),
        ("2024-02-30", None),
        ("", None),
    ],
)
def test_dates_are_told_in_new_york(cell: str, day: str | None) -> None:
    found = days(pa.chunked_array([[cell]]))
    assert found[0].astype(object) == (None if day is None else date.fromisoformat(day))


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize(
    ("zone", "hour", "day"),
    [(None, 23, 7), ("UTC", 5, 7), ("UTC", 4, 6), ("America/New_York", 5, 7), ("Asia/Tokyo", 4, 6)],
)
def test_time_stamps_of_any_unit_and_zone(unit: str, zone: str | None, hour: int, day: int) -> None:
    stamp = pd.Timestamp(f"2024-03-07 {hour:02d}:00", tz=None if zone is None else "UTC")
    column = pa.chunked_array([pa.array([stamp], pa.timestamp(unit, zone))])
    assert days(column).tolist() == [date(2024, 3, day)]


@pytest.mark.parametrize(
    ("value", "day"),
    [
        (20240307, date(2024, 3, 7)),
        (1709787600, date(2024, 3, 7)),
        (1709787600_000, date(2024, 3, 7)),
        (1709787600_000_000_000, date(2024, 3, 7)),
        (7, None),
        (-5, None),
        (20241399, None),
    ],
)
def test_whole_numbers_are_dates_or_epochs(value: int, day: date | None) -> None:
    assert days(pa.chunked_array([pa.array([value])])).tolist() == [day]


def test_unusable_rows_are_refused_with_their_reason(tmp_path: Path) -> None:
    text = HEADER + ROW + "=cmd,2024-03-07,1,1,1,1,1\n" + "B,soon,1,1,1,1,1\n" + ROW
    bars = FileBars([csv_file(tmp_path, text)])
    assert bars.read().names().tolist() == ["A"]
    assert [r[:3] for r in bars.refused().rows()] == [
        ("=cmd", "2024-03-07", "bad_symbol"),
        ("A", "2024-03-07", "duplicate"),
        ("B", "", "bad_date"),
    ]
    assert len(bars.refused()) == 0


def test_cells_that_are_no_numbers_become_nan_and_thousands_are_read(tmp_path: Path) -> None:
    text = HEADER + 'A,2024-03-07,9,10,8,oops,"1,234,567"\n' + "B,2024-03-07,9,10,8,N/A,\n"
    table = FileBars([csv_file(tmp_path, text)]).read()
    assert np.isnan(table.close).tolist() == [True, True]
    assert table.volume[0] == 1234567.0
    assert np.isnan(table.volume[1])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_usual_encodings_are_read(tmp_path: Path, encoding: str) -> None:
    text = "symbol,date,open,high,low,close,volume,note\nA,2024-03-07,9,10,8,9.5,1000,caf\u00e9\n"
    assert FileBars([csv_file(tmp_path, text.encode(encoding))]).read().close.tolist() == [9.5]


def test_lines_with_another_number_of_cells_do_not_end_the_file(tmp_path: Path) -> None:
    text = HEADER + "A,2024-03-07,9\n" + ROW + "A,2024-03-06,9,10,8,9.5,1000,7,7\n"
    assert len(FileBars([csv_file(tmp_path, text)]).read()) == 1


@pytest.mark.parametrize("content", [b"", b"\n", b"PAR1", b"PAR1" * 9, b"\x1f\x8b\x08", b"\0" * 99])
def test_what_is_no_bar_file_is_damage(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(DamagedInput, match=r"bars\.csv"):
        FileBars([csv_file(tmp_path, content)]).read()


def test_absent_files_and_none_at_all(tmp_path: Path) -> None:
    with pytest.raises(MissingInput, match="nowhere"):
        FileBars([tmp_path / "nowhere.csv"]).read()
    with pytest.raises(DamagedInput):
        FileBars([tmp_path]).read()
    with pytest.raises(ConfigError, match=r"data\.files"):
        FileBars([])


def test_only_what_is_asked_for_is_given(tmp_path: Path) -> None:
    lines = [f"{s},{SESSIONS[d]},9,10,8,9.5,1000\n" for s in "ABC" for d in range(8)]
    bars = FileBars([csv_file(tmp_path, HEADER + "".join(lines))])
    table = bars.read(["C", "A", "Z"], SESSIONS[2], SESSIONS[3])
    assert table.symbols == ("A", "C")
    assert table.session.tolist() == [SESSIONS[2]] * 2 + [SESSIONS[3]] * 2


def sourced(*rows: tuple[str, int, str, float]) -> str:
    lines = [f"{s},{SESSIONS[d]},{c},{c},{c},{c},9,{src}\n" for s, d, src, c in rows]
    return HEADER.strip() + ",source\n" + "".join(lines)


def test_of_several_sources_the_fullest_is_taken_and_raw_yahoo_preferred(tmp_path: Path) -> None:
    full = [("A", d, "big", 2.0) for d in range(1, 20)]
    raw = [("A", d, "yahoo_raw_x", 1.0) for d in range(1, 19)]
    thin = [("B", d, "yahoo_raw_x", 1.0) for d in range(1, 4)]
    other = [("B", d, "big", 2.0) for d in range(1, 20)]
    for rows in ([*full, *raw, *thin, *other], [*other, *thin, *raw, *full]):
        table = FileBars([csv_file(tmp_path, sourced(*rows))]).read()
        assert set(table.only(["A"]).close) == {1.0}
        assert set(table.only(["B"]).close) == {2.0}
        assert len(table) == 18 + 19


def test_sources_that_share_no_day_follow_each_other(tmp_path: Path) -> None:
    rows = [("A", d, "old", 1.0) for d in range(1, 9)] + [
        ("A", d, "new", 2.0) for d in range(9, 12)
    ]
    assert (
        FileBars([csv_file(tmp_path, sourced(*rows))]).read().close.tolist()
        == [1.0] * 8 + [2.0] * 3
    )


def daily(symbol: str, first: int, last: int, price: float) -> str:
    rows = [
        f"{symbol},{SESSIONS[d]},{price},{price},{price},{price},9\n" for d in range(first, last)
    ]
    return "".join(rows)


def test_files_join_and_the_first_one_wins(tmp_path: Path) -> None:
    one = csv_file(tmp_path, HEADER + daily("A", 1, 10, 5.0), "one.csv")
    two = csv_file(tmp_path, HEADER + daily("A", 5, 15, 5.01) + daily("B", 1, 3, 7.0), "two.csv")
    table = FileBars([one, two]).read()
    assert table.only(["A"]).close.tolist() == [5.0] * 9 + [5.01] * 5
    assert table.only(["B"]).close.tolist() == [7.0, 7.0]


def test_a_later_file_on_another_split_basis_is_refused_for_that_symbol(tmp_path: Path) -> None:
    one = csv_file(tmp_path, HEADER + daily("A", 1, 10, 5.0), "one.csv")
    two = csv_file(tmp_path, HEADER + daily("A", 5, 15, 50.0) + daily("B", 1, 3, 7.0), "two.csv")
    bars = FileBars([one, two])
    table = bars.read()
    assert len(table.only(["A"])) == 9
    assert len(table.only(["B"])) == 2
    assert bars.refused().counts() == {"other_basis": 10}


def test_intraday_bars_are_refused_by_name(tmp_path: Path) -> None:
    rows = "".join(f"A,2024-03-07T10:{m:02d}:00,9,10,8,9.5,1000\n" for m in range(30))
    with pytest.raises(DamagedInput, match="intraday"):
        FileBars([csv_file(tmp_path, HEADER + rows)]).read()


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_what_is_exported_is_read_back_bit_for_bit(tmp_path: Path, form: str) -> None:
    chance = np.random.default_rng(3)
    price = chance.uniform(0.01, 5000, 40)
    frame = pd.DataFrame(
        {
            "symbol": ["BRK.B", "A"] * 20,
            "date": np.repeat(np.array(SESSIONS[:20], "datetime64[D]"), 2),
            **dict.fromkeys(["open", "high", "low", "close"], price),
            "volume": chance.integers(0, 10**9, 40).astype(float),
            "vwap": np.where(np.arange(40) % 3 == 0, np.nan, price),
        }
    )
    first = tmp_path / "first.parquet"
    frame.to_parquet(first)
    table = FileBars([first]).read()
    out = tmp_path / f"out.{form}"
    assert write_bars(out, table, form) is True
    assert write_bars(out, table, form) is False
    again = FileBars([out]).read()
    assert np.array_equal(again.names(), table.names())
    for name in ("open", "close", "volume", "vwap"):
        assert np.array_equal(getattr(again, name), getattr(table, name), equal_nan=True)
    if form == "csv":
        assert out.read_text(encoding="utf-8").startswith(
            "symbol,date,open,high,low,close,volume,vwap\nA,2024-01-02,"
        )


def test_an_unknown_format_is_a_usage_error(tmp_path: Path) -> None:
    table = FileBars([csv_file(tmp_path, HEADER + ROW)]).read()
    with pytest.raises(UsageError, match="csv, parquet"):
        write_bars(tmp_path / "x", table, "xlsx")


def test_a_split_list_is_read_and_odd_lines_are_left_out(tmp_path: Path) -> None:
    path = csv_file(
        tmp_path,
        "symbol,date,close,stock_splits\nNVDA,2024-06-10,1,10\nBRK-B,2010-01-21,1,50.0\n"
        "X,soon,1,2\n=A,2024-01-01,1,2\nY,2024-01-01,1,0\nZ,2024-01-01,1,nan\nW,2024-01-01\n",
    )
    assert read_split_list(path) == [
        Split("BRK.B", date(2010, 1, 21), 50.0),
        Split("NVDA", date(2024, 6, 10), 10.0),
    ]
    bars = FileBars([path], path)
    assert list(bars.splits(["NVDA"], date(2024, 1, 1), date(2024, 12, 31))) == [
        Split("NVDA", date(2024, 6, 10), 10.0)
    ]
    with pytest.raises(DamagedInput, match="stock_splits"):
        read_split_list(csv_file(tmp_path, "a,b\n", "no.csv"))
    with pytest.raises(MissingInput):
        read_split_list(tmp_path / "absent.csv")


def test_the_real_files_are_read(real_data: Path) -> None:
    folder = real_data / "bars"
    bars = FileBars(
        [folder / "r3k_daily_2021_2024.parquet", folder / "etf_daily_2021_2026.parquet"]
    )
    table = bars.read(["AAPL", "SPY", "XLK", "BRK.B"], date(2024, 3, 6), date(2024, 3, 7))
    assert table.symbols == ("AAPL", "SPY", "XLK")
    expected = pq.read_table(
        folder / "etf_daily_2021_2026.parquet",
        filters=[("symbol", "=", "SPY"), ("source", "=", "yahoo_raw_2026-03")],
    ).to_pandas()
    expected = expected.set_index("date")["close"]
    assert table.only(["SPY"]).close.tolist() == [
        expected[date(2024, 3, 6)],
        expected[date(2024, 3, 7)],
    ]
    assert len(bars.refused()) == 0


def test_the_unfinished_last_day_of_the_sp500_file_is_refused(real_data: Path) -> None:
    bars = FileBars([real_data / "bars/sp500_daily_2021_2026.parquet"])
    table = bars.read(["A", "SW"], date(2026, 3, 25))
    assert table.session.tolist() == [date(2026, 3, 25)] * 2
    counts = bars.refused().counts()
    assert set(counts) <= {"partial_session"}
    assert counts


@pytest.mark.parametrize(
    "stamp", ["00:00:00+00:00", "00:00:00Z", "00:00:00-05:00", "21:00:00Z", "00:00:00"]
)
def test_texts_at_midnight_utc_or_in_new_york_are_the_same_sessions(
    tmp_path: Path, stamp: str
) -> None:
    rows = [f"A,{day} {stamp},9,10,8,9.5,1000\n" for day in SESSIONS[:25]]
    table = FileBars([csv_file(tmp_path, HEADER + "".join(rows))]).read()
    assert table.session.tolist() == SESSIONS[:25]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", ["UTC", "America/New_York", None])
def test_parquet_stamps_at_midnight_utc_are_calendar_dates(
    tmp_path: Path, unit: str, zone: str | None
) -> None:
    stamps = [pd.Timestamp(day) for day in SESSIONS[:25]]
    table = pa.table(
        {
            "symbol": ["A"] * 25,
            "date": pa.array(stamps, pa.timestamp("us")).cast(pa.timestamp(unit, zone)),
            **dict.fromkeys(["open", "high", "low", "close", "volume"], [9.0] * 25),
        }
    )
    pq.write_table(table, tmp_path / "utc.parquet")
    assert FileBars([tmp_path / "utc.parquet"]).read().session.tolist() == SESSIONS[:25]


@pytest.mark.parametrize("unit", [1, 1_000, 1_000_000, 1_000_000_000])
def test_epochs_at_midnight_utc_are_calendar_dates_as_numbers_and_as_texts(unit: int) -> None:
    moments = [int(pd.Timestamp(day, tz="UTC").timestamp()) * unit for day in SESSIONS[:25]]
    assert days(pa.chunked_array([pa.array(moments)])).tolist() == SESSIONS[:25]
    assert days(pa.chunked_array([[str(m) for m in moments]])).tolist() == SESSIONS[:25]


def test_one_time_that_is_not_midnight_tells_all_of_them_in_new_york() -> None:
    column = pa.chunked_array([["2024-03-07T00:00:00Z", "2024-03-07T05:00:00Z"]])
    assert days(column).tolist() == [date(2024, 3, 6), date(2024, 3, 7)]


@pytest.mark.parametrize("off", [-1, 1])
def test_dates_that_are_a_day_off_refuse_the_file(tmp_path: Path, off: int) -> None:
    rows = [f"A,{np.datetime64(day) + off},9,10,8,9.5,1000\n" for day in SESSIONS]
    with pytest.raises(DamagedInput, match=r"bars\.csv has \d+ of 61 rows on days without"):
        FileBars([csv_file(tmp_path, HEADER + "".join(rows))]).read()


def test_a_few_rows_on_closed_days_are_left_to_the_row_checks(tmp_path: Path) -> None:
    rows = [f"A,{day},9,10,8,9.5,1000\n" for day in (*SESSIONS[:20], "2024-01-06")]
    assert len(FileBars([csv_file(tmp_path, HEADER + "".join(rows))]).read()) == 21


def test_one_number_above_twelve_says_which_comes_first_the_day_or_the_month() -> None:
    def told(*cells: str) -> list[date]:
        return list(days(pa.chunked_array([list(cells)])).tolist())

    assert told("07/03/2024", "13/03/2024") == [date(2024, 3, 7), date(2024, 3, 13)]
    assert told("07/03/2024", "03/13/2024") == [date(2024, 7, 3), date(2024, 3, 13)]
    assert told("3/7/2024", "45/13/2024") == [date(2024, 3, 7), None]


def test_dates_of_both_orders_refuse_the_file(tmp_path: Path) -> None:
    rows = "".join(f"A,{cell},9,10,8,9.5,1000\n" for cell in ("13/03/2024", "03/14/2024"))
    with pytest.raises(DamagedInput, match="begin with the day and others with the month"):
        FileBars([csv_file(tmp_path, HEADER + rows)]).read()


@pytest.mark.parametrize("cut", range(1, len(ROW)))
def test_a_csv_cut_anywhere_in_its_last_row_gives_no_wrong_number(tmp_path: Path, cut: int) -> None:
    text = HEADER + ROW.replace("A,", "B,") + ROW
    bars = FileBars([csv_file(tmp_path, text[:-cut])])
    assert bars.read().names().tolist() == ["B"]
    assert bars.refused().counts() == {"cut": 1}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n"])
def test_a_csv_that_ends_with_a_line_break_is_whole(tmp_path: Path, end: str) -> None:
    bars = FileBars([csv_file(tmp_path, (HEADER + ROW).strip().replace("\n", end) + end)])
    assert len(bars.read()) == 1
    assert len(bars.refused()) == 0


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_two_columns_of_one_name_are_refused_by_name(tmp_path: Path, form: str) -> None:
    path = tmp_path / f"bars.{form}"
    frame = pd.DataFrame(
        [["A", "2024-03-07", 9.0, 10.0, 8.0, 9.5, 8.5, 1000]],
        columns=["symbol", "date", "open", "high", "low", "close", "Close", "volume"],
    )
    frame.to_csv(path, index=False) if form == "csv" else frame.to_parquet(path)
    with pytest.raises(DamagedInput, match="'close' and 'Close' may both be its close"):
        FileBars([path]).read()


def test_a_missing_file_is_looked_for_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(MissingInput, match="check the name given"):
        FileBars([tmp_path / "nowhere.csv"]).read()
