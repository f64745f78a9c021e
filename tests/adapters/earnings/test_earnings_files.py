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
        (pa.array([None, None]), []),
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
        ("e.csv", b"symbol,date\nA,12\n", "its dates are of type int64"),
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
