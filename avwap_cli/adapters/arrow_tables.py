"""Arrow tables from plain columns and back, without pandas."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow.json import ParseOptions, read_json

MOST_ROWS = 5_000_000
TYPES = {bool: pa.bool_(), int: pa.int64(), float: pa.float64(), str: pa.string()}


def arrow_table(columns: Mapping[str, Sequence[object]], kinds: Mapping[str, type]) -> Any:
    """An Arrow table of plain values, None where there is none.

    Built through JSON lines because Arrow's own constructors import pandas, which costs
    more than a whole scan.
    """
    plain = {name: [_or_null(value) for value in values] for name, values in columns.items()}
    schema = pa.schema((name, TYPES[kinds[name]]) for name in plain)
    rows = zip(*plain.values(), strict=True)
    lines = [json.dumps(dict(zip(plain, row, strict=True)), allow_nan=False) for row in rows]
    if not lines:
        return schema.empty_table()
    options = ParseOptions(explicit_schema=schema, unexpected_field_behavior="error")
    return read_json(io.BytesIO("\n".join(lines).encode()), parse_options=options)


def table_of(data: bytes, columns: Sequence[str]) -> tuple[str | None, dict[str, list[Any]]]:
    """The schema that a Parquet file names, and these columns of it as plain values.

    Raises:
        ValueError: it is none, a column is missing, or it has more than 5 million rows.
    """
    try:
        file = pq.ParquetFile(io.BytesIO(data))
        if file.metadata.num_rows > MOST_ROWS:
            raise ValueError(f"it has {file.metadata.num_rows} rows")
        table = file.read(columns=list(columns))
    except (pa.ArrowException, OSError) as problem:
        raise ValueError(str(problem)) from problem
    missing = [name for name in columns if name not in table.column_names]
    if missing:
        raise ValueError(f"the column {missing[0]} is missing")
    schema = (table.schema.metadata or {}).get(b"avwap.schema")
    named = None if schema is None else schema.decode("utf-8", "replace")
    return named, {name: table.column(name).to_pylist() for name in columns}


def _or_null(value: Any) -> object:
    """A plain value for a number of numpy's; None for NaN."""
    plain = value.item() if hasattr(value, "item") else value
    return None if isinstance(plain, float) and math.isnan(plain) else plain
