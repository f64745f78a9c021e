"""Arrow tables from plain columns, without pandas."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
from pyarrow.json import ParseOptions, read_json

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


def _or_null(value: Any) -> object:
    """A plain value for a number of numpy's; None for NaN."""
    plain = value.item() if hasattr(value, "item") else value
    return None if isinstance(plain, float) and math.isnan(plain) else plain
