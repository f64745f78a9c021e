"""Opening users' bar files: CSV in any usual encoding, or Parquet, to named columns."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from avwap_cli.adapters.bar_sources.bar_file_columns import NEEDED, NUMBERS, recognise
from avwap_cli.errors import DamagedInput, MissingInput

MAX_BYTES = 4 * 1024**3
PARQUET_MAGIC = b"PAR1"
NO_NUMBER = ["", "nan", "NaN", "NAN", "null", "NULL", "None", "NA", "N/A", "n/a", "-"]
SHAPE = (
    "a bar file has the columns symbol, date, open, high, low, close, volume (vwap may be left out)"
)


@dataclass(frozen=True, slots=True)
class Opened:
    """A bar file as columns.

    Attributes:
        columns: our column names -> pyarrow columns of one length.
        cut: the last row may be cut inside a number, for no line break ends it.
    """

    columns: Mapping[str, Any]
    cut: bool = False


def open_columns(path: Path) -> Opened:
    """The columns of a file that are known here.

    Raises:
        MissingInput: no such file.
        DamagedInput: neither CSV nor Parquet, damaged, oversized, or without a needed column.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            magic = file.read(4)
    except FileNotFoundError as problem:
        raise MissingInput(
            f"there is no bar file {path}", "check the name given, or data.files"
        ) from problem
    except OSError as problem:
        raise DamagedInput(f"{path} cannot be read ({problem.strerror})", SHAPE) from problem
    if size > MAX_BYTES:
        raise DamagedInput(f"{path} has {size} bytes, more than {MAX_BYTES}", "split it by year")
    try:
        if magic == PARQUET_MAGIC or path.suffix.lower() in {".parquet", ".pq"}:
            return _parquet(path)
        return _csv(path)
    except (
        pa.ArrowException,
        OSError,
        ValueError,
        KeyError,
        TypeError,
        OverflowError,
        MemoryError,
        csv.Error,
    ) as problem:
        raise DamagedInput(f"{path} is damaged ({str(problem)[:160]})", SHAPE) from problem


def _chosen(path: Path, names: list[str]) -> dict[str, str]:
    try:
        found = recognise(names)
    except ValueError as problem:
        raise DamagedInput(f"{path}: {problem}", "leave one of them out") from problem
    lacking = [name for name in NEEDED if name not in found]
    if lacking:
        shown = ", ".join(repr(str(n)[:30]) for n in names[:12])
        raise DamagedInput(f"{path} has no column {', '.join(lacking)} (it has {shown})", SHAPE)
    return found


def _parquet(path: Path) -> Opened:
    with pq.ParquetFile(path) as file:
        found = _chosen(path, list(file.schema_arrow.names))
        table = file.read(columns=sorted(set(found.values())))
    return Opened({ours: table.column(theirs) for ours, theirs in found.items()})


def _csv(path: Path) -> Opened:
    data = _utf8(path.read_bytes())
    lines = data[: 1 << 16].decode("utf-8", errors="replace").splitlines()
    header = next(csv.reader(lines[:1]), [])
    if not header:
        raise DamagedInput(f"{path} is empty", SHAPE)
    names = [name if header.count(name) == 1 else f"{name}#{i}" for i, name in enumerate(header)]
    found = _chosen(path, names)
    data, cut = _last_line_filled(data, len(names))
    numbers = {found[n]: pa.float64() for n in NUMBERS if n in found}
    try:
        table = _parse(data, names, found, numbers)
    except pa.ArrowInvalid:  # a cell that is no number: take all as text and judge each
        table = _parse(data, names, found, dict.fromkeys(numbers, pa.string()))
    columns = {ours: table.column(theirs) for ours, theirs in found.items()}
    return Opened(columns, cut and len(table) > 0)


def _last_line_filled(data: bytes, width: int) -> tuple[bytes, bool]:
    """The text with its last line as wide as the others, and whether no line break ends it.

    A line cut short gets empty cells, so that it is a row which can be refused by name.
    """
    start = max(data.rfind(b"\n"), data.rfind(b"\r")) + 1
    if start in {0, len(data)}:
        return data, False
    cells = next(csv.reader([data[start:].decode("utf-8", errors="replace")]), [])
    return data + b"," * (width - len(cells)), len(cells) <= width


def _utf8(data: bytes) -> bytes:
    """The text of a file as UTF-8 without a byte-order mark; Windows-1252 where it is no UTF-8."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", errors="replace").encode()
    data = data.removeprefix(codecs.BOM_UTF8)
    try:
        data.decode()
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace").encode()
    return data


def _parse(data: bytes, names: list[str], found: dict[str, str], numbers: dict[str, Any]) -> Any:
    text = dict.fromkeys(set(found.values()) - set(numbers), pa.string())
    return pa_csv.read_csv(
        pa.BufferReader(data),
        read_options=pa_csv.ReadOptions(column_names=names, skip_rows=1),
        parse_options=pa_csv.ParseOptions(invalid_row_handler=lambda _: "skip"),
        convert_options=pa_csv.ConvertOptions(
            include_columns=sorted(set(found.values())),
            column_types={**text, **numbers},
            null_values=NO_NUMBER,
            strings_can_be_null=False,
        ),
    )
