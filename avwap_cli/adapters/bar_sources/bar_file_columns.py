"""Columns of users' bar files: recognised by name, converted cell by cell.

A cell that is no date or no number makes its row unusable, never the file; a column
that is missing makes the file unusable.  Dictionaries keep the work to distinct values.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from avwap_cli.market.bars import Floats

ALIASES: Mapping[str, tuple[str, ...]] = {
    "symbol": ("symbol", "ticker", "sym", "s"),
    "date": ("date", "session", "timestamp", "datetime", "time", "ts", "day", "t"),
    "open": ("open", "o"),
    "high": ("high", "h"),
    "low": ("low", "l"),
    "close": ("close", "c"),
    "volume": ("volume", "vol", "v"),
    "vwap": ("vwap", "vw"),
    "source": ("source",),
}
NEEDED = ("symbol", "date", "open", "high", "low", "close", "volume")
NUMBERS = ("open", "high", "low", "close", "volume", "vwap")
SYMBOL = re.compile(r"[A-Z][A-Z0-9]{0,9}(\.[A-Z0-9]{1,4})?", re.ASCII)


def recognise(names: Sequence[str]) -> dict[str, str]:
    """Our column name -> the file's column name, letter case and spaces aside.

    `adj_close` is never taken for `close`.

    Raises:
        ValueError: two columns that differ in letter case or spaces only would do.
    """
    plain: dict[str, list[str]] = {}
    for name in names:
        plain.setdefault(str(name).strip().lstrip("\ufeff").lower(), []).append(name)
    found = {}
    for ours, aliases in ALIASES.items():
        match = next((plain[a] for a in aliases if a in plain), None)
        if match is not None and len(match) > 1:
            shown = " and ".join(repr(str(name)[:30]) for name in match[:5])
            raise ValueError(f"the columns {shown} may both be its {ours}")
        if match is not None:
            found[ours] = match[0]
    return found


def inside_symbol(text: object) -> str:
    """The inside form of a symbol (BRK-B, BRK/B -> BRK.B), empty where the cell is none."""
    plain = str(text).strip().upper().replace("-", ".").replace("/", ".")
    return plain if SYMBOL.fullmatch(plain) else ""


def encoded(column: Any) -> tuple[list[Any], NDArray[np.intp]]:
    """The distinct values of a column and the place of each row's value, -1 for none."""
    array = column.dictionary_encode() if not pa.types.is_dictionary(column.type) else column
    array = array.unify_dictionaries().combine_chunks()
    if isinstance(array, pa.ChunkedArray):  # a column without chunks stays one
        array = (
            array.chunk(0) if array.num_chunks else pa.array([], pa.string()).dictionary_encode()
        )
    indices = array.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.intp)
    return array.dictionary.to_pylist(), indices


def texts(column: Any) -> tuple[NDArray[np.str_], NDArray[np.intp]]:
    """The distinct texts of a column and each row's place in them; the last one is empty."""
    if not pa.types.is_dictionary(column.type):
        column = column.cast(pa.string())
    values, place = encoded(column)
    return np.array([*(str(v) for v in values), ""]), place


def numbers(column: Any) -> Floats:
    """The values of a column, NaN where a cell is no number; thousands may have commas."""
    kind = column.type
    if pa.types.is_dictionary(kind) or pa.types.is_string(kind) or pa.types.is_large_string(kind):
        plain = pd.Series(column.cast(pa.string()).to_numpy(zero_copy_only=False), dtype=object)
        plain = plain.astype("string").str.replace(",", "", regex=False)
        return np.asarray(
            pd.to_numeric(plain, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
        )
    return np.asarray(column.cast(pa.float64(), safe=False).to_numpy(), dtype=np.float64)
