"""The bar cache: what is written is read back, cheaply, and a crash leaves old or new."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from avwap_cli.adapters import atomic_files
from avwap_cli.adapters.bar_store.bar_cache import BarCache
from avwap_cli.errors import AvwapError, DamagedInput, MissingInput, SchemaMismatch
from avwap_cli.market.bars import VALUE_COLUMNS, BarTable, bar_table, concat
from avwap_cli.market.row_checks import RowFault, refused
from avwap_cli.market.vintages import Vintage

FIRST = np.datetime64("2024-01-01")


def bars(days: int, names: int = 30, seed: int = 1, start: int = 0) -> BarTable:
    chance = np.random.default_rng(seed)
    symbol = np.tile([f"S{i:03d}" for i in range(names)], days)
    session = np.repeat(FIRST + np.arange(start, start + days), names)
    close = np.round(chance.uniform(5, 500, len(symbol)), 2)
    volume = np.floor(chance.uniform(1e4, 1e7, len(symbol)))
    return bar_table(symbol, session, close, close * 1.01, close * 0.99, close, volume, close)


def vintage(as_of: str = "2024-03-01") -> Vintage:
    return Vintage(
        "files",
        "vendor",
        "split",
        date(2024, 1, 1),
        date.fromisoformat(as_of),
        datetime(2024, 3, 1, 21, tzinfo=UTC),
    )


def equal(left: BarTable, right: BarTable) -> bool:
    same = np.array_equal(left.names(), right.names())
    same &= np.array_equal(left.session, right.session)
    pairs = ((getattr(left, n), getattr(right, n)) for n in VALUE_COLUMNS)
    return same and all(np.array_equal(a, b, equal_nan=True) for a, b in pairs)


def day(table: BarTable, number: int) -> BarTable:
    return table.take(table.session == FIRST + number)


def test_an_empty_folder_is_a_missing_input_that_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(MissingInput, match="avwap refresh-cache"):
        BarCache(tmp_path / "bars").info()


def test_what_is_written_is_read_back_bit_for_bit(tmp_path: Path) -> None:
    table = bars(50)
    cache = BarCache(tmp_path)
    cache.replace_all(table, vintage())
    assert equal(cache.read(date(2024, 12, 31), 50), table)


def test_missing_vwaps_stay_missing(tmp_path: Path) -> None:
    table = bars(3)
    table.vwap[:] = np.nan
    cache = BarCache(tmp_path)
    cache.replace_all(table, vintage())
    table.vwap[4] = 12.5
    cache.replace_sessions(table.take(table.session == FIRST), vintage())
    assert equal(cache.read(date(2024, 12, 31), 50), table)


def test_read_gives_the_last_sessions_up_to_a_day(tmp_path: Path) -> None:
    table = bars(40)
    cache = BarCache(tmp_path)
    cache.replace_all(table, vintage())
    got = cache.read(date(2024, 1, 20), 5)
    assert np.unique(got.session).tolist() == [date(2024, 1, d) for d in range(16, 21)]
    assert equal(got, table.take((table.session >= FIRST + 15) & (table.session < FIRST + 20)))
    assert len(cache.read(date(2023, 12, 31), 5)) == 0


def test_a_session_file_overrides_the_base_even_in_the_middle(tmp_path: Path) -> None:
    table = bars(10)
    cache = BarCache(tmp_path)
    cache.replace_all(table, vintage())
    other = bars(1, names=31, seed=9, start=4)
    cache.replace_sessions(other, vintage())
    got = cache.read(date(2024, 12, 31), 99)
    assert equal(day(got, 4), other)
    assert equal(day(got, 3), day(table, 3))
    assert equal(day(got, 5), day(table, 5))
    assert cache.info().rows == len(got) == 10 * 30 + 1


def test_sessions_that_did_not_change_are_not_written(tmp_path: Path) -> None:
    table = bars(10)
    cache = BarCache(tmp_path)
    cache.replace_all(table, vintage())
    before = sorted(p.name for p in tmp_path.iterdir())
    changed = table.take(table.session >= FIRST + 5)
    changed.close[-1] += 0.01
    cache.replace_sessions(changed, vintage())
    new = sorted({p.name for p in tmp_path.iterdir()} - set(before))
    assert [name[:14] for name in new] == ["day-2024-01-10"]


def test_the_content_hash_does_not_depend_on_the_layout(tmp_path: Path) -> None:
    table = bars(12)
    whole, grown = BarCache(tmp_path / "a"), BarCache(tmp_path / "b", compact_sessions=4)
    whole.replace_all(table, vintage())
    grown.replace_all(day(table, 0), vintage())
    for number in range(1, 12):
        grown.replace_sessions(day(table, number), vintage())
    assert grown.info().content_hash == whole.info().content_hash
    assert equal(grown.read(date(2024, 12, 31), 99), table)
    table.close[7] += 1e-9
    whole.replace_all(table, vintage())
    assert grown.info().content_hash != whole.info().content_hash


def test_the_hash_of_a_window_ignores_later_sessions(tmp_path: Path) -> None:
    cache = BarCache(tmp_path)
    cache.replace_all(bars(12), vintage())
    before = cache.window(date(2024, 1, 10), 5)
    cache.replace_sessions(bars(1, seed=5, start=12), vintage())
    assert cache.window(date(2024, 1, 10), 5) == before
    assert (before.sessions, before.rows) == (5, 150)


@pytest.mark.parametrize("limit", [1, 3, 60])
def test_daily_files_are_folded_into_the_base_beyond_the_limit(tmp_path: Path, limit: int) -> None:
    cache = BarCache(tmp_path, compact_sessions=limit)
    cache.replace_all(bars(2), vintage())
    most = 0
    for number in range(2, 70):
        cache.replace_sessions(bars(1, seed=number, start=number), vintage())
        most = max(most, len(list(tmp_path.glob("day-*"))))
        assert len(list(tmp_path.glob("base-*"))) == 1
    assert most == limit
    assert cache.info().sessions == 70


def test_an_append_costs_a_fiftieth_of_a_rewrite(tmp_path: Path) -> None:
    table = bars(504, names=300)
    cache = BarCache(tmp_path)
    rewrite = cache.replace_all(table, vintage())
    append = cache.replace_sessions(bars(1, names=300, seed=3, start=504), vintage())
    assert append * 50 <= rewrite


def test_the_manifest_tells_each_symbols_last_session(tmp_path: Path) -> None:
    table = bars(6, names=3)
    gone = table.take(~((table.symbol == 1) & (table.session > FIRST + 2)))
    cache = BarCache(tmp_path)
    cache.replace_all(gone, vintage())
    assert cache.info().last_session == {
        "S000": date(2024, 1, 6),
        "S001": date(2024, 1, 3),
        "S002": date(2024, 1, 6),
    }
    withdrawn = gone.take((gone.session == FIRST + 5) & (gone.symbol == 0))
    cache.replace_sessions(withdrawn, vintage())
    assert cache.info().last_session["S002"] == date(2024, 1, 5)
    assert cache.info().last_session["S000"] == date(2024, 1, 6)


def test_info_carries_the_origin(tmp_path: Path) -> None:
    cache = BarCache(tmp_path)
    cache.replace_all(bars(2), vintage("2024-01-02"))
    info = cache.info()
    assert (info.provider, info.feed, info.adjustment) == ("files", "vendor", "split")
    assert (info.as_of, info.fetched_at) == (
        date(2024, 1, 2),
        datetime(2024, 3, 1, 21, tzinfo=UTC),
    )
    assert (info.sessions, info.rows) == (2, 60)


class PowerCutError(OSError):
    pass


@pytest.mark.parametrize("compact", [1, 20])
def test_a_crash_at_any_step_leaves_the_old_state_or_the_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compact: int
) -> None:
    old, new = bars(8), bars(3, seed=2, start=7)
    after = concat([old, new])
    seen = set()
    real_replace, real_sync, real_unlink = Path.replace, atomic_files.os.fsync, Path.unlink
    countdown = [0]

    def tick() -> None:
        countdown[0] -= 1
        if countdown[0] < 0:
            raise PowerCutError(28, "No space left on device")

    for step in range(20):
        folder = tmp_path / str(step)
        cache = BarCache(folder, compact_sessions=compact)
        cache.replace_all(old, vintage())
        countdown[0] = step
        with monkeypatch.context() as patch:
            patch.setattr(Path, "replace", lambda s, t: (tick(), real_replace(s, t))[1])
            patch.setattr(atomic_files.os, "fsync", lambda f: (tick(), real_sync(f))[1])
            patch.setattr(Path, "unlink", lambda s, **k: (tick(), real_unlink(s, **k))[1])
            try:
                cache.replace_sessions(new, vintage())
                finished = True
            except (AvwapError, OSError):
                finished = False
        got = cache.read(date(2024, 12, 31), 99)
        assert equal(got, old) or equal(got, after), step
        cache.verify()
        seen.add((finished, equal(got, after)))
        cache.replace_sessions(new, vintage())
        assert equal(cache.read(date(2024, 12, 31), 99), after)
    assert (False, False) in seen
    assert (True, True) in seen


def test_a_reader_goes_on_when_a_writer_removes_a_file_under_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import avwap_cli.adapters.bar_store.bar_cache as module

    cache = BarCache(tmp_path)
    cache.replace_all(bars(5), vintage())
    stale = module.read_manifest(tmp_path)
    cache.replace_all(bars(6, seed=4), vintage())
    answers = [stale]
    real = module.read_manifest
    monkeypatch.setattr(module, "read_manifest", lambda f: answers.pop() if answers else real(f))
    assert equal(cache.read(date(2024, 12, 31), 99), bars(6, seed=4))


@pytest.mark.parametrize("place", [0, 100, -1, -9, -300])
@pytest.mark.parametrize("kind", ["base", "day", "manifest"])
def test_flipped_bytes_are_damage_with_a_remedy(tmp_path: Path, kind: str, place: int) -> None:
    table = bars(8)
    cache = BarCache(tmp_path)
    cache.replace_all(table, vintage())
    cache.replace_sessions(bars(1, seed=3, start=8), vintage())
    path = next(tmp_path.glob(f"{kind}*"))
    data = bytearray(path.read_bytes())
    data[place] ^= 0x10
    path.write_bytes(bytes(data))
    with pytest.raises(DamagedInput, match="costs only time"):
        cache.verify()


@pytest.mark.parametrize("kind", ["base", "day", "manifest"])
@pytest.mark.parametrize("left", [0, 3, 0.5, 0.99])
def test_truncated_files_are_damage(tmp_path: Path, kind: str, left: float) -> None:
    cache = BarCache(tmp_path)
    cache.replace_all(bars(8), vintage())
    cache.replace_sessions(bars(1, seed=3, start=8), vintage())
    path = next(tmp_path.glob(f"{kind}*"))
    data = path.read_bytes()
    path.write_bytes(data[: int(left if left > 1 else left * len(data))])
    with pytest.raises(DamagedInput, match="costs only time"):
        cache.read(date(2024, 12, 31), 99)


def test_every_flipped_bit_of_a_page_is_found_on_reading(tmp_path: Path) -> None:
    table = bars(8)
    cache = BarCache(tmp_path)
    cache.replace_all(table, vintage())
    path = next(tmp_path.glob("base*"))
    data = path.read_bytes()
    wrong = 0
    for place in range(0, len(data), 997):
        changed = bytearray(data)
        changed[place] ^= 1
        path.write_bytes(bytes(changed))
        try:
            wrong += not equal(cache.read(date(2024, 12, 31), 99), table)
        except DamagedInput:
            continue
    assert wrong == 0


def test_a_missing_file_is_damage(tmp_path: Path) -> None:
    cache = BarCache(tmp_path)
    cache.replace_all(bars(8), vintage())
    next(tmp_path.glob("base*")).unlink()
    with pytest.raises(DamagedInput, match="gone"):
        cache.read(date(2024, 12, 31), 99)


def test_a_newer_manifest_is_refused_by_name(tmp_path: Path) -> None:
    cache = BarCache(tmp_path)
    cache.replace_all(bars(2), vintage())
    path = tmp_path / "manifest.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    document["schema"] = "avwap.bars/2.0"
    path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(SchemaMismatch, match=r"avwap\.bars/2\.0"):
        cache.info()


@pytest.mark.parametrize(
    "text", ["", "[]", "null", '{"schema": 1}', "[" * 10_000, '{"schema": "x/1"}']
)
def test_what_is_no_manifest_is_damage(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text, encoding="utf-8")
    with pytest.raises(DamagedInput):
        BarCache(tmp_path).info()


def forged(folder: Path, change: Any) -> None:
    """Change the manifest and give it the checksum that fits."""
    path = folder / "manifest.json"
    body = json.loads(path.read_text(encoding="utf-8"))
    del body["checksum"]
    change(body)
    plain = {k: v for k, v in body.items() if k != "schema"}
    text = json.dumps(plain, separators=(",", ":"))
    body["checksum"] = hashlib.sha256(text.encode()).hexdigest()
    path.write_text(json.dumps(body), encoding="utf-8")


@pytest.mark.parametrize(
    "rows", [10**5, 10**12, 10**18, 10**30, -1, 1.5, 1e400, "9", None, True, []], ids=str
)
@pytest.mark.parametrize("kind", ["base_sessions", "daily"])
def test_a_row_count_that_no_file_has_is_damage(tmp_path: Path, kind: str, rows: Any) -> None:
    cache = BarCache(tmp_path)
    cache.replace_all(bars(3), vintage())
    cache.replace_sessions(bars(1, seed=3, start=3), vintage())

    def change(body: dict[str, Any]) -> None:
        body[kind][-1][1] = rows

    forged(tmp_path, change)
    with pytest.raises(DamagedInput, match="costs only time"):
        cache.read(date(2024, 12, 31), 99)
    with pytest.raises(DamagedInput, match="costs only time"):
        cache.replace_sessions(bars(1, seed=4, start=4), vintage())


def test_a_forged_manifest_that_tells_the_truth_is_read(tmp_path: Path) -> None:
    cache = BarCache(tmp_path)
    cache.replace_all(bars(3), vintage())
    forged(tmp_path, lambda body: None)
    assert equal(cache.read(date(2024, 12, 31), 99), bars(3))


def test_temporary_files_of_a_killed_writer_are_removed(tmp_path: Path) -> None:
    cache = BarCache(tmp_path)
    cache.replace_all(bars(2), vintage())
    (tmp_path / ".base-0123.parquet.99999.tmp").write_bytes(b"half a file")
    cache.replace_sessions(bars(1, start=2), vintage())
    assert list(tmp_path.glob(".*")) == []
    assert cache.info().sessions == 3


def test_another_parquet_file_under_the_name_is_damage(tmp_path: Path) -> None:
    cache = BarCache(tmp_path)
    cache.replace_all(bars(2), vintage())
    path = next(tmp_path.glob("base*"))
    size = path.stat().st_size
    pq.write_table(pa.table({"x": [1]}), path)
    path.write_bytes(path.read_bytes().ljust(size, b"\0")[:size])
    with pytest.raises(DamagedInput):
        cache.read(date(2024, 12, 31), 99)


def test_refused_rows_are_kept_once_and_harmless_to_a_spreadsheet(tmp_path: Path) -> None:
    table = bar_table(["=cmd()", "A"], np.array([FIRST, FIRST]), *[np.array([1.0, 2.0])] * 5)
    rows = refused(table, np.array([True, True]), RowFault.BAD_SYMBOL)
    cache = BarCache(tmp_path)
    cache.keep_refused(rows, "files")
    cache.keep_refused(rows, "files")
    text = (tmp_path / "quarantine.csv").read_text(encoding="utf-8").splitlines()
    assert text == [
        "schema_version,symbol,session,reason,open,high,low,close,volume,vwap,provider",
        "avwap.quarantine/1.0,'=cmd(),2024-01-01,bad_symbol,1.0,1.0,1.0,1.0,1.0,,files",
        "avwap.quarantine/1.0,A,2024-01-01,bad_symbol,2.0,2.0,2.0,2.0,2.0,,files",
    ]


def test_incoming_batches_come_back_in_order_and_damaged_ones_are_dropped(tmp_path: Path) -> None:
    incoming = BarCache(tmp_path).incoming("a job")
    incoming.add(bars(2))
    incoming.add(bars(2, seed=8))
    one, two = incoming.batches()
    assert equal(one, bars(2))
    assert equal(two, bars(2, seed=8))
    first = sorted((tmp_path / "incoming").rglob("*.parquet"))[0]
    first.write_bytes(first.read_bytes()[:-20])
    assert [equal(b, bars(2, seed=8)) for b in incoming.batches()] == [True]
    assert BarCache(tmp_path).incoming("another job").batches() == []
    incoming.clear()
    assert incoming.batches() == []
