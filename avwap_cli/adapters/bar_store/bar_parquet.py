"""Bars as Parquet: one row per symbol and session, sorted by session, then symbol.

Row groups end where a session ends, so that old sessions are skipped without reading
them; prices are plain doubles under LZ4 with page checksums (measured: the quickest to
read of eight encodings, at a third more bytes than Zstandard).  Symbols are a
dictionary that is the same in every row group.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from avwap_cli.errors import DamagedInput
from avwap_cli.market.bars import VALUE_COLUMNS, BarTable, Codes, Days

SCHEMA = "avwap.bars/1.0"
GROUP_ROWS = 64_000  # rows per row group, rounded up to the end of a session
CHEAP = "delete the folder and run `avwap refresh-cache`; it costs only time"

GROUPS_AT_ONCE = 4
CARRIERS = {"double": "<f8", "date32[day]": "<i4"}  # column types and how their values lie


@dataclass(frozen=True, slots=True)
class FileRows:
    """The rows start..stop of one file."""

    path: Path
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class SessionRows:
    """One session of a table.

    Attributes:
        session: the day.
        start, stop: its rows.
        digest: over its symbols and values, independent of any file layout.
    """

    session: np.datetime64
    start: int
    stop: int
    digest: str


def session_rows(table: BarTable) -> list[SessionRows]:
    """The sessions of a table in order, each with a digest of what it holds."""
    days, starts = np.unique(table.session, return_index=True)
    stops = np.append(starts, len(table))[1:]
    symbols = np.asarray(table.symbols, dtype=object)
    values = np.stack([getattr(table, name) for name in VALUE_COLUMNS], axis=1, dtype="<f8")
    values[np.isnan(values)] = np.nan  # one bit pattern for every NaN
    result = []
    for day, start, stop in zip(days, starts.tolist(), stops.tolist(), strict=True):
        names = "\n".join(symbols[table.symbol[start:stop]])
        digest = hashlib.sha256(f"{day}\n{names}\n".encode())
        digest.update(values[start:stop].tobytes())
        result.append(SessionRows(day, start, stop, digest.hexdigest()[:32]))
    return result


def to_bytes(table: BarTable) -> bytes:
    """The Parquet file of a sorted table; `vwap` is left out where no row has one."""
    used, code = np.unique(table.symbol, return_inverse=True)
    names = pa.array([table.symbols[i] for i in used.tolist()], pa.string())
    columns = {
        "session": pa.array(table.session.astype("datetime64[D]"), pa.date32()),
        "symbol": pa.DictionaryArray.from_arrays(pa.array(code.astype(np.int32)), names),
    }
    stored = [n for n in VALUE_COLUMNS if n != "vwap" or not np.isnan(table.vwap).all()]
    columns |= {name: pa.array(getattr(table, name)) for name in stored}
    rows = pa.table(columns).replace_schema_metadata({"avwap.schema": SCHEMA})
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(
        sink,
        rows.schema,
        compression="lz4",
        use_dictionary=["session", "symbol"],
        write_statistics=["session"],
        write_page_checksum=True,
    ) as writer:
        for start, stop in _groups(table):
            writer.write_table(rows.slice(start, stop - start), row_group_size=stop - start)
    data: bytes = sink.getvalue().to_pybytes()
    return data


def _groups(table: BarTable) -> Iterator[tuple[int, int]]:
    """Row ranges of about GROUP_ROWS that end where a session ends; one empty range without rows."""
    if len(table) == 0:
        yield 0, 0
        return
    ends = np.append(np.flatnonzero(np.diff(table.session.astype(np.int64))) + 1, len(table))
    start = 0
    while start < len(table):
        place = int(np.searchsorted(ends, min(start + GROUP_ROWS, len(table))))
        stop = int(ends[place])
        yield start, stop
        start = stop


def check_lengths(runs: Sequence[FileRows]) -> None:
    """Hold the rows asked for against the files, before room is made for them.

    Raises:
        FileNotFoundError: a file is gone.
        DamagedInput: a file has fewer rows, or is not what was written here.
    """
    for run in runs:
        with _damage(run.path):
            rows = pq.read_metadata(run.path).num_rows
        if run.stop > rows:
            raise DamagedInput(f"{run.path} has {rows} rows, not {run.stop}", CHEAP)


def load(runs: Sequence[FileRows], days: Days, symbols: tuple[str, ...]) -> BarTable:
    """One table of the rows of several files, in the order given.

    Args:
        runs: which rows of which file.
        days: (n,) datetime64[D], the session of each row, which the caller knows.
        symbols: every symbol that may occur, sorted.

    Raises:
        FileNotFoundError: a file is gone.
        DamagedInput: a file is not what was written here.
    """
    place = {symbol: i for i, symbol in enumerate(symbols)}
    code = np.empty(len(days), dtype=np.int32)
    values = {name: np.empty(len(days)) for name in VALUE_COLUMNS}
    at = 0
    for run in runs:
        for part in _parts(run, ("symbol", *VALUE_COLUMNS)):
            here = slice(at, at + len(part))
            with _damage(run.path):
                _fill_codes(code[here], part["symbol"], place)
                for name, column in values.items():
                    if name == "vwap" and name not in part.column_names:
                        column[here] = np.nan
                    else:
                        _fill(column[here], part[name])
            at += len(part)
    return BarTable(symbols, code, days, **values)


def newest_rows(run: FileRows, days: Days) -> dict[str, np.datetime64]:
    """The last session of each symbol among these rows, of which `days` are the sessions."""
    names: dict[str, int] = {}
    code = np.empty(len(days), dtype=np.int32)
    known = None
    at = 0
    for part in _parts(run, ("symbol",)):
        with _damage(run.path):
            for chunk in part["symbol"].chunks:
                if known is None or not chunk.dictionary.equals(known):
                    known = chunk.dictionary
                    for name in known.to_pylist():
                        names.setdefault(name, len(names))
            _fill_codes(code[at : at + len(part)], part["symbol"], names)
        at += len(part)
    newest = np.full(len(names), np.datetime64("NaT", "D"))
    newest[code] = days  # rows run upwards in time: the last one stays
    return {name: newest[i] for name, i in names.items() if not np.isnat(newest[i])}


def read_table(path: Path) -> BarTable:
    """A whole file.

    Raises:
        FileNotFoundError, DamagedInput.
    """
    with _damage(path):
        rows = pq.read_metadata(path).num_rows
        parts = list(_parts(FileRows(path, 0, rows), ("session", "symbol")))
        days = np.empty(rows, dtype="datetime64[D]")
        names: set[str] = set()
        at = 0
        for part in parts:
            _fill(days[at : at + len(part)].view(np.int64), part["session"])
            for chunk in part["symbol"].chunks:
                names.update(chunk.dictionary.to_pylist())
            at += len(part)
    return load([FileRows(path, 0, rows)], days, tuple(sorted(names)))


def _parts(run: FileRows, columns: Sequence[str]) -> Iterator[Any]:
    """The rows of a run as pyarrow tables of a few row groups, so that little is held at once."""
    with _damage(run.path):
        file = pq.ParquetFile(run.path, read_dictionary=["symbol"], page_checksum_verification=True)
    with file:
        with _damage(run.path):
            sizes = [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]
            wanted = [c for c in columns if c in file.schema_arrow.names]
        edges = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)]).tolist()
        groups = [i for i in range(len(sizes)) if edges[i] < run.stop and edges[i + 1] > run.start]
        for first in range(0, len(groups), GROUPS_AT_ONCE):
            some = groups[first : first + GROUPS_AT_ONCE]
            with _damage(run.path):
                table = file.read_row_groups(some, columns=wanted)
            start = max(run.start, edges[some[0]])
            stop = min(run.stop, edges[some[-1] + 1])
            yield table.slice(start - edges[some[0]], stop - start)


@contextmanager
def _damage(path: Path) -> Iterator[None]:
    """Whatever pyarrow or numpy say about a file that is not ours becomes DamagedInput."""
    try:
        yield
    except FileNotFoundError:
        raise
    except (
        pa.ArrowException,
        OSError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        MemoryError,
    ) as problem:
        raise DamagedInput(f"{path} is damaged ({str(problem)[:120]})", CHEAP) from problem


def _fill(target: NDArray[Any], column: Any) -> None:
    at = 0
    for chunk in column.chunks:
        target[at : at + len(chunk)] = _values(chunk, CARRIERS[str(chunk.type)])
        at += len(chunk)


def _values(chunk: Any, kind: str) -> NDArray[Any]:
    """The values of a chunk where they lie; pyarrow's own `to_numpy` would import pandas."""
    if chunk.null_count:
        raise ValueError("a value is missing")
    found = np.frombuffer(chunk.buffers()[1], kind, len(chunk) + chunk.offset)
    return found[chunk.offset :]


def _fill_codes(target: Codes, column: Any, place: Mapping[str, int]) -> None:
    """Write the code of each symbol; the translation is made once per distinct dictionary."""
    at = 0
    known = None
    translation = np.empty(0, dtype=np.int32)
    for chunk in column.chunks:
        if known is None or not chunk.dictionary.equals(known):
            known = chunk.dictionary
            translation = np.array([place[s] for s in known.to_pylist()], dtype=np.int32)
        codes = _values(chunk.indices, "<i4")
        np.take(translation, codes, out=target[at : at + len(chunk)])
        at += len(chunk)
