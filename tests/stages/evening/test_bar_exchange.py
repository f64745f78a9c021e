"""Import and export of users' own bars."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from avwap_cli.adapters.bar_sources.bar_files import FileBars
from avwap_cli.adapters.bar_store.bar_cache import BarCache
from avwap_cli.adapters.bar_store.bar_export import write_bars
from avwap_cli.errors import MissingInput, UsageError
from avwap_cli.market.bars import bar_table
from avwap_cli.market.sessions import sessions_between
from avwap_cli.market.vintages import Vintage
from avwap_cli.stages.evening.bar_exchange import export_bars, import_bars
from avwap_cli.stages.outcomes import Outcome, State

SESSIONS = sessions_between(date(2024, 1, 2), date(2024, 2, 13))
NOW = datetime(2024, 1, 30, 20, tzinfo=ZoneInfo("America/New_York"))


class Clock:
    def now(self) -> datetime:
        return NOW

    def sleep(self, seconds: float) -> None: ...


def csv_of(path: Path, *rows: tuple[str, int, float], volume: float = 9.0) -> Path:
    lines = [f"{s},{SESSIONS[d]},{c},{c},{c},{c},{volume}\n" for s, d, c in rows]
    path.write_text("symbol,date,open,high,low,close,volume\n" + "".join(lines), encoding="utf-8")
    return path


def bring(cache: BarCache, *paths: Path, replace: bool = False) -> Outcome:
    return import_bars(
        trade_session=date(2024, 1, 31),
        as_of=SESSIONS[-1],
        fetched_at=Clock().now(),
        files=FileBars(paths),
        cache=cache,
        sessions=SESSIONS,
        replace=replace,
    )


def test_files_become_a_cache_and_a_second_import_changes_nothing(tmp_path: Path) -> None:
    path = csv_of(tmp_path / "a.csv", *[("BRK-B", d, 5.0 + d) for d in range(25)])
    cache = BarCache(tmp_path / "bars")
    first = bring(cache, path)
    assert (first.state, first.counts["rows"]) == (State.DONE, 25)
    info = cache.info()
    assert (info.provider, info.sessions, info.as_of) == ("files", 25, SESSIONS[24])
    assert cache.read(SESSIONS[-1], 1).symbols == ("BRK.B",)
    again = bring(cache, path)
    assert again.state is State.UNCHANGED
    assert "already" in again.summary


def test_later_files_are_folded_in_and_win(tmp_path: Path) -> None:
    cache = BarCache(tmp_path / "bars")
    bring(cache, csv_of(tmp_path / "a.csv", *[("A", d, 5.0) for d in range(20)]))
    rows = [("A", d, 5.02) for d in range(18, 23)] + [("B", 3, 7.0)]
    bring(cache, csv_of(tmp_path / "b.csv", *rows))
    table = cache.read(SESSIONS[-1], 99)
    assert table.only(["A"]).close.tolist() == [5.0] * 18 + [5.02] * 5
    assert table.only(["B"]).close.tolist() == [7.0]


def test_a_file_on_another_basis_is_refused_for_that_symbol(tmp_path: Path) -> None:
    cache = BarCache(tmp_path / "bars")
    bring(cache, csv_of(tmp_path / "a.csv", *[("A", d, 50.0) for d in range(20)]))
    outcome = bring(
        cache, csv_of(tmp_path / "b.csv", *[("A", d, 5.0) for d in range(10, 25)], ("B", 2, 1.0))
    )
    assert outcome.counts["other_basis"] == 15
    assert any("another split basis: A" in w for w in outcome.warnings)
    assert set(cache.read(SESSIONS[-1], 99).only(["A"]).close) == {50.0}


def test_another_vendors_cache_is_not_mixed_but_can_be_replaced(tmp_path: Path) -> None:
    cache = BarCache(tmp_path / "bars")
    one = np.array([1.0])
    table = bar_table(["Z"], np.array([SESSIONS[0]], "datetime64[D]"), one, one, one, one, one)
    cache.replace_all(table, Vintage("alpaca", "sip", "split", SESSIONS[0], SESSIONS[0], NOW))
    path = csv_of(tmp_path / "a.csv", ("A", 1, 5.0))
    with pytest.raises(UsageError, match="--replace"):
        bring(cache, path)
    bring(cache, path, replace=True)
    assert cache.read(SESSIONS[-1], 99).symbols == ("A",)


def test_refused_rows_are_counted_and_kept(tmp_path: Path) -> None:
    path = csv_of(tmp_path / "a.csv", ("A", 1, 5.0), ("=x", 1, 5.0), ("B", 1, -1.0))
    outcome = bring(BarCache(tmp_path / "bars"), path)
    assert dict(outcome.counts) == {"rows": 1, "refused": 2, "bad_symbol": 1, "non_positive": 1}
    text = (tmp_path / "bars/quarantine.csv").read_text(encoding="utf-8")
    assert "'=x,2024-01-03,bad_symbol" in text
    with pytest.raises(MissingInput, match="no usable row"):
        bring(BarCache(tmp_path / "other"), csv_of(tmp_path / "b.csv", ("B", 1, -1.0)))


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_an_export_imports_to_the_same_bars(tmp_path: Path, form: str) -> None:
    chance = np.random.default_rng(1)
    rows = [(s, d, round(float(chance.uniform(1, 99)), 4)) for s in ("A", "B") for d in range(25)]
    cache, other = BarCache(tmp_path / "bars"), BarCache(tmp_path / "other")
    bring(cache, csv_of(tmp_path / "a.csv", *rows))
    out = tmp_path / f"out.{form}"

    def export() -> Outcome:
        return export_bars(
            trade_session=date(2024, 1, 31),
            as_of=SESSIONS[-1],
            cache=cache,
            sessions=504,
            symbols=[],
            name=out.name,
            write=lambda table: write_bars(out, table, form),
        )

    first = export()
    assert (first.state, first.counts["rows"], first.counts["symbols"]) == (State.DONE, 50, 2)
    assert export().state is State.UNCHANGED
    bring(other, out)
    assert other.info().content_hash == cache.info().content_hash


def test_an_export_of_some_symbols_names_the_absent_ones(tmp_path: Path) -> None:
    cache = BarCache(tmp_path / "bars")
    bring(cache, csv_of(tmp_path / "a.csv", ("A", 1, 5.0), ("B", 1, 6.0)))
    written: list[int] = []

    def export(*symbols: str) -> Outcome:
        return export_bars(
            trade_session=date(2024, 1, 31),
            as_of=SESSIONS[-1],
            cache=cache,
            sessions=9,
            symbols=symbols,
            name="x.csv",
            write=lambda table: written.append(len(table)) is None,
        )

    outcome = export("A", "ZZZ")
    assert written == [1]
    assert outcome.warnings == ("no bars for ZZZ",)
    with pytest.raises(MissingInput, match="ZZZ"):
        export("ZZZ")


def test_files_without_any_row_say_what_a_bar_file_is(tmp_path: Path) -> None:
    with pytest.raises(MissingInput, match="the files have no rows; a bar file has one row"):
        bring(BarCache(tmp_path / "bars"), csv_of(tmp_path / "a.csv"))
