"""Report dates from a file: names of columns, time zones, bad rows, and the real file."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from avwap_cli.adapters.earnings.earnings_files import FileEarnings, NoEarnings
from avwap_cli.adapters.progress import SilentProgress
from avwap_cli.errors import DamagedInput, MissingInput
from avwap_cli.market.earnings import Timing

NOW = datetime(2024, 3, 7, 20, 15, tzinfo=UTC)
SILENT = SilentProgress()


@pytest.mark.real
def test_the_real_file(real_data: Path) -> None:
    path = real_data / "earnings" / "earnings_dates_2012_2026.parquet"
    expected = pq.read_table(path).to_pydict()
    symbols = sorted(set(expected["symbol"]))
    table = FileEarnings(path).dates(symbols)
    assert len(table) == 33073
    assert len(table.symbols) == 601
    seen = {
        (table.symbols[s], str(d)) for s, d in zip(table.symbol, table.day, strict=True)
    }  # fmt: skip
    assert seen == {
        (s, d.isoformat()) for s, d in zip(expected["symbol"], expected["date"], strict=True)
    }
    assert not table.before_open.any()
    weekend = (table.day.astype("datetime64[D]").view("int64") + 3) % 7 >= 5
    assert weekend.sum() == 67
    counts = FileEarnings(path).refresh([*symbols, "ZZZZ"], NOW, SILENT)
    assert counts == {"bad_rows": 0, "rows": 33073, "unknown": 1}


def test_csv_with_other_names_timings_and_bad_rows(tmp_path: Path) -> None:
    path = tmp_path / "dates_2024-03-01.csv"
    path.write_text(
        "Ticker,Report_Date,When,note\n"
        "brk-b,2024-05-04,BMO,x\n"
        "AAPL,2024-05-02 16:30:00,amc,x\n"
        "AAPL,2024-02-01,,x\n"
        "=cmd(),2024-02-01,,x\n"
        "../x,2024-02-01,,x\n"
        "MSFT,soon,,x\n"
        ",2024-02-01,,x\n",
        encoding="utf-8",
    )
    table = FileEarnings(path).dates(["AAPL", "BRK.B", "MSFT"])
    assert table.symbols == ("AAPL", "BRK.B")
    assert [str(day) for day in table.day] == ["2024-02-01", "2024-05-02", "2024-05-04"]
    assert list(table.timing) == [Timing.UNKNOWN, Timing.AFTER_CLOSE, Timing.BEFORE_OPEN]
    assert table.known == date(2024, 3, 1)
    counts = FileEarnings(path).refresh(["AAPL", "MSFT"], NOW, SILENT)
    assert counts == {"bad_rows": 4, "rows": 7, "unknown": 1}


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (pa.array([date(2024, 5, 2), None]), ["2024-05-02"]),
        (pa.array(np.array(["2024-05-02T23:00", "NaT"], "datetime64[s]")), ["2024-05-02"]),
        (
            pa.array(np.array(["2024-05-03T01:00", "NaT"], "datetime64[s]")).cast(
                pa.timestamp("s", tz="UTC")
            ),
            ["2024-05-02"],
        ),
        (pa.array(["2024-05-02", "?"]), ["2024-05-02"]),
    ],
)
def test_parquet_dates_of_every_type(tmp_path: Path, days: pa.Array, expected: list[str]) -> None:
    path = tmp_path / "e.parquet"
    pq.write_table(pa.table({"symbol": ["A", "B"], "date": days}), path)
    assert [str(day) for day in FileEarnings(path).dates(["A", "B"]).day] == expected


@pytest.mark.parametrize(
    ("name", "body", "says"),
    [
        ("e.csv", b"", "is not a table"),
        ("e.csv", b"a,b\n1,2\n", "no column symbol or ticker"),
        ("e.csv", b"symbol,b\n1,2\n", "no column date or day"),
        ("e.csv", b"symbol,date\nA,12\n", "1 of 1 dates cannot be read, such as '12'"),
        ("e.csv", b"symbol,date\nA,1.5\n", "its dates are of type double"),
        ("e.csv", b"symbol,date\nA,\nB,\n", "has no date in any of its 2 rows"),
        ("e.csv", b"symbol,date\nA,soon\nB,?\nC,2024-05-02\n", "2 of 3 dates .* 'soon'"),
        ("e.csv", b"symbol,date\nA,0001-01-01T00:30:00Z\n", "1 of 1 dates"),
        ("e.csv", b"symbol,date\nA,30/4/2024\nB,4/30/2024\n", "begin with the day"),
        ("e.csv", b"\xff\xfe\x00symbol", "no column|not a table"),
        ("e.parquet", b"PAR1 not", "is not a table"),
        ("e.parquet", b"", "is not a table"),
    ],
)
def test_what_is_no_such_file_is_named(tmp_path: Path, name: str, body: bytes, says: str) -> None:
    path = tmp_path / name
    path.write_bytes(body)
    with pytest.raises(DamagedInput, match=says):
        FileEarnings(path).dates(["A"])


def test_absent(tmp_path: Path) -> None:
    with pytest.raises(MissingInput, match="not there"):
        FileEarnings(tmp_path / "e.csv").dates(["A"])


def test_no_provider_knows_nothing_and_counts_it() -> None:
    assert len(NoEarnings().dates(["A"])) == 0
    assert NoEarnings().dates(["A"]).known == date.min
    assert NoEarnings().refresh(["A", "B", "A"], NOW, SILENT) == {"unknown": 2}


FORMS = {
    "iso": ("2024-05-02", "2024-05-06"),
    "midnight UTC": ("2024-05-02 00:00:00+00:00", "2024-05-06T00:00:00Z"),
    "midnight UTC elsewhere": ("2024-05-02T02:00:00+02:00", "2024-05-05T20:00:00-04:00"),
    "times UTC": ("2024-05-03T01:00:00Z", "2024-05-06T00:00:00-04:00"),
    "times in Tokyo": ("2024-05-03T08:00:00+09:00", "2024-05-07T05:30:00+09:00"),
    "times without zone": ("2024-05-02 23:59:00", "2024-05-06T00:00:00"),
    "numbers": ("20240502", "20240506"),
    "seconds": ("1714608000", "1714953600"),
    "milliseconds": ("1714665600000", "1715000400000"),
    "month first": ("5/2/2024", "05/06/2024"),
}


@pytest.mark.parametrize(
    ("form", "as_text"),
    [(form, False) for form in FORMS] + [(f, True) for f in FORMS if "seconds" not in f],
)
def test_dates_of_every_form(tmp_path: Path, form: str, as_text: bool) -> None:
    """As Parquet of texts, and as CSV, whose numbers and times pyarrow reads by itself."""
    one, other = FORMS[form]
    path = tmp_path / ("e.parquet" if as_text else "e.csv")
    if as_text:
        pq.write_table(pa.table({"symbol": ["A", "B"], "date": [one, other]}), path)
    else:
        path.write_text(f"symbol,date\nA,{one}\nB,{other}\n", encoding="utf-8")
    days = [str(day) for day in FileEarnings(path).dates(["A", "B"]).day]
    assert days == ["2024-05-02", "2024-05-06"]


def test_one_day_above_twelve_says_that_the_day_is_first(tmp_path: Path) -> None:
    path = tmp_path / "e.csv"
    path.write_text("symbol,date\nA,2/5/2024\nB,30/4/2024\n", encoding="utf-8")
    days = [str(day) for day in FileEarnings(path).dates(["A", "B"]).day]
    assert days == ["2024-05-02", "2024-04-30"]


def test_symbols_without_a_known_date_are_no_damage(tmp_path: Path) -> None:
    path = tmp_path / "e.csv"
    path.write_text("symbol,date\nA,\nB,\nC,2024-05-02\n", encoding="utf-8")
    assert FileEarnings(path).refresh(["A", "B", "C"], NOW, SILENT) == {
        "bad_rows": 2, "rows": 3, "unknown": 2,
    }  # fmt: skip
