"""Bars for users: long form, one row per symbol and session, as CSV or Parquet."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from avwap_cli.adapters.atomic_files import write_named
from avwap_cli.errors import UsageError
from avwap_cli.market.bars import VALUE_COLUMNS, BarTable

FORMATS = ("csv", "parquet")


def write_bars(path: Path, table: BarTable, form: str) -> bool:
    """Write symbol, date, open, high, low, close, volume, vwap; True if the bytes changed.

    Rows are sorted by symbol, then date.  `avwap import` reads the file back to the same
    bars, bit for bit.

    Raises:
        UsageError: unknown format, or the file's folder is not there.
        AvwapError: the file cannot be written.
    """
    if form not in FORMATS:
        raise UsageError(f"{form!r} is no format of export", f"choose one of {', '.join(FORMATS)}")
    part = table.take(np.lexsort((table.session, table.symbol)))
    columns = {
        "symbol": pa.array(part.names().astype(object), pa.string()),
        "date": pa.array(part.session.astype("datetime64[D]"), pa.date32()),
    }
    columns |= {name: pa.array(getattr(part, name), from_pandas=True) for name in VALUE_COLUMNS}
    rows = pa.table(columns)
    sink = pa.BufferOutputStream()
    if form == "csv":
        sink.write((",".join(rows.column_names) + "\n").encode())
        plain = pa_csv.WriteOptions(include_header=False, quoting_style="none")
        pa_csv.write_csv(rows, sink, plain)
    else:
        rows = rows.replace_schema_metadata({"avwap.schema": "avwap.bars/1.0"})
        pq.write_table(rows, sink, compression="zstd", use_dictionary=["symbol", "date"])
    return write_named(path, sink.getvalue().to_pybytes())
