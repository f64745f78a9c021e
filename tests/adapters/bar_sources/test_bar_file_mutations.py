"""Damaged and hostile bar files: a table with its refused rows, or a named error, nothing else.

Each real file is cut to 40 symbols and a few days, written as Parquet and as CSV, and
changed in ways that happen: truncation, flipped bytes, renamed or dropped columns,
shuffled rows, another encoding, absurd numbers, hostile symbols.
"""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avwap_cli.adapters.bar_sources.bar_files import FileBars
from avwap_cli.adapters.bar_store.quarantine_file import add_to_quarantine
from avwap_cli.errors import AvwapError
from avwap_cli.market.row_checks import check_rows

FILES = (
    "bars/r3k_daily_2021_2024.parquet",
    "bars/sp500_daily_2021_2026.parquet",
    "bars/etf_daily_2021_2026.parquet",
    "bars/etf_daily_2012_2022.parquet",
    "minute/lean_minute_trades_2008_2023.parquet",
    "minute/etf_minute_2019-12-20_27_halfday.parquet",
    "minute/spy_minute_2025-07_extended.parquet",
)
HOSTILE = (
    "=cmd|' /C calc'!A0",
    "../../etc/passwd",
    "..\\..\\x",
    "A" * 5000,
    "",
    "\0",
    "NaN",
    "TRUE",
    "<script>",
    "BRK/B",
    "\U0001d49c\U0001d4ab",
)
_FRAMES: dict[str, pd.DataFrame] = {}


def _slice(path: Path) -> pd.DataFrame:
    """40 symbols, at most 12 rows each, read once per file."""
    if path.name not in _FRAMES:
        frame = pd.read_parquet(path)
        names = sorted(frame["symbol"].unique())[:40]
        part = frame[frame["symbol"].isin(names)].groupby("symbol").head(12)
        _FRAMES[path.name] = part.reset_index(drop=True)
    return _FRAMES[path.name].copy()


def _rename(frame: pd.DataFrame, chance: random.Random) -> pd.DataFrame:
    old = chance.choice(list(frame.columns))
    return frame.rename(columns={old: chance.choice(["x", "Adj Close", "close", "CLOSE ", "date"])})


def _drop(frame: pd.DataFrame, chance: random.Random) -> pd.DataFrame:
    return frame.drop(columns=[chance.choice(list(frame.columns))])


def _shuffle(frame: pd.DataFrame, chance: random.Random) -> pd.DataFrame:
    return frame.sample(frac=1, random_state=chance.randrange(10**6))


def _double(frame: pd.DataFrame, chance: random.Random) -> pd.DataFrame:
    return pd.concat([frame, frame.sample(frac=0.3, random_state=chance.randrange(10**6))])


def _numbers(frame: pd.DataFrame, chance: random.Random) -> pd.DataFrame:
    name = chance.choice(["open", "high", "low", "close", "volume"])
    frame[name] = frame[name].astype(float)
    bad = [np.nan, np.inf, -1.0, 0.0, 1e308, -1e-300]
    for row in chance.sample(range(len(frame)), k=min(5, len(frame))):
        frame.loc[frame.index[row], name] = chance.choice(bad)
    return frame


def _types(frame: pd.DataFrame, chance: random.Random) -> pd.DataFrame:
    name = chance.choice(list(frame.columns))
    kinds: list[Callable[[pd.Series], pd.Series]] = [
        lambda s: s.astype(str),
        lambda s: pd.Series(range(len(s)), index=s.index),
        lambda s: pd.Series([None] * len(s), index=s.index, dtype=object),
        lambda s: pd.Series([b"\xff\xfe"] * len(s), index=s.index),
        lambda s: pd.Series([True] * len(s), index=s.index),
        lambda s: pd.Series([["a"]] * len(s), index=s.index),
        lambda s: pd.Series([2**62] * len(s), index=s.index),
    ]
    frame[name] = chance.choice(kinds)(frame[name])
    return frame


def _hostile(frame: pd.DataFrame, chance: random.Random) -> pd.DataFrame:
    names = frame["symbol"].astype(object)
    for row in chance.sample(range(len(frame)), k=min(10, len(frame))):
        names.iloc[row] = chance.choice(HOSTILE)
    frame["symbol"] = names
    return frame


def _dates(frame: pd.DataFrame, chance: random.Random) -> pd.DataFrame:
    name = "date" if "date" in frame else "ts"
    text = frame[name].astype(str).astype(object)
    for row in chance.sample(range(len(frame)), k=min(10, len(frame))):
        text.iloc[row] = chance.choice(["", "yesterday", "9999-99-99", "13/45/2024", "1e9", "NaT"])
    frame[name] = text
    return frame


def _empty(frame: pd.DataFrame, chance: random.Random) -> pd.DataFrame:
    return frame.head(0)


ROWS = (_rename, _drop, _shuffle, _double, _numbers, _types, _hostile, _dates, _empty)


def _truncate(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data) + 1)]


def _flip(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.choice([1, 3, 30])):
        if changed:
            changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _tail(data: bytes, chance: random.Random) -> bytes:
    """Flips in the last kilobyte, where Parquet keeps its description."""
    cut = max(len(data) - 1024, 0)
    return data[:cut] + _flip(data[cut:], chance)


def _recode(data: bytes, chance: random.Random) -> bytes:
    text = data.decode("latin-1")
    return text.encode(chance.choice(["utf-16", "utf-8-sig", "utf-16-le", "cp037"]))


def _zero(data: bytes, chance: random.Random) -> bytes:
    return data.replace(b"1", b"\0") if chance.random() < 0.5 else b""


def _lines(data: bytes, chance: random.Random) -> bytes:
    swaps = [(b",", b";"), (b"\n", b"\r\n"), (b"\n", b"\n\n"), (b",", b',"'), (b"-", b"/")]
    return data.replace(*chance.choice(swaps))


BYTES = (_truncate, _flip, _tail, _recode, _zero, _lines)


@pytest.mark.stress
@pytest.mark.parametrize("name", FILES)
def test_a_changed_file_gives_a_table_or_a_named_error(
    real_data: Path, tmp_path: Path, name: str
) -> None:
    seen: set[str] = set()

    @settings(max_examples=200, deadline=None, derandomize=True, database=None)
    @given(
        seed=st.integers(0, 2**32 - 1),
        rows=st.lists(st.sampled_from(ROWS), max_size=2),
        damage=st.lists(st.sampled_from(BYTES), max_size=1),
        as_csv=st.booleans(),
    )
    def one_change(seed: int, rows: list, damage: list, as_csv: bool) -> None:
        data = _changed(_slice(real_data / name), random.Random(seed), rows, damage, as_csv)
        if data is not None:
            path = tmp_path / ("bars.csv" if as_csv else "bars.parquet")
            path.write_bytes(data)
            seen.add(_judge(path))

    one_change()
    daily = name.startswith("bars/")
    assert seen == ({"table", "error"} if daily else seen | {"error"})


def _changed(
    frame: pd.DataFrame, chance: random.Random, rows: list, damage: list, as_csv: bool
) -> bytes | None:
    """The bytes of the changed file, None where no such file can exist."""
    for change in rows:
        if not {"symbol", "close", "volume"} <= set(frame.columns):
            continue
        try:
            frame = change(frame, chance)
        except (KeyError, TypeError, ValueError):
            continue  # the second change does not fit what the first one left
    frame = frame.loc[:, ~frame.columns.duplicated()]
    sink = io.BytesIO()
    try:
        frame.to_csv(sink, index=False) if as_csv else frame.to_parquet(sink, index=False)
    except (ValueError, TypeError, OverflowError, pa.ArrowException):
        return None
    data = sink.getvalue()
    for change in damage:
        data = change(data, chance)
    return data


def _judge(path: Path) -> str:
    """Read the file, and hold what comes of it against what is promised."""
    bars = FileBars([path])
    try:
        table = bars.read()
    except AvwapError as error:
        if str(path) not in str(error):
            raise
        return "error"
    refused = bars.refused()
    clean, bad = check_rows(table, np.unique(table.session), date(2100, 1, 1))
    assert len(clean) + len(bad) == len(table)
    assert np.isfinite(clean.close).all()
    assert (clean.close > 0).all()
    assert all(".." not in s and "=" not in s and "/" not in s for s in clean.symbols)
    sheet = path.with_name("quarantine.csv")
    add_to_quarantine(sheet, refused, "files")
    text = sheet.read_text(encoding="utf-8")
    assert not any(cell.startswith("=") for line in text.splitlines() for cell in line.split(","))
    return "table"
