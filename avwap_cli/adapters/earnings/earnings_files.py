"""Report dates from a file of the user's own, CSV or Parquet, or from nowhere.

Column names are recognised: symbol or ticker; date, day or report date; and, if it is
there, timing (before_open, bmo, amc, ...).  Rows that cannot be read are counted, and
never guessed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from avwap_cli.adapters.earnings.report_days import report_days
from avwap_cli.adapters.lists.known_dates import known_of_file
from avwap_cli.errors import DamagedInput, InputError, MissingInput
from avwap_cli.market.earnings import EarningsDates, Timing, earnings_dates
from avwap_cli.market.symbols import inside
from avwap_cli.ports import Progress

MAX_BYTES = 256 * 1024 * 1024
SYMBOL = ("symbol", "ticker", "act_symbol")
DAY = ("date", "day", "report_date", "earnings_date", "reportdate", "earnings date")
TIMING = ("timing", "time", "when", "hour", "session")
TIMINGS = {
    "before_open": Timing.BEFORE_OPEN,
    "before open": Timing.BEFORE_OPEN,
    "before market open": Timing.BEFORE_OPEN,
    "time-pre-market": Timing.BEFORE_OPEN,
    "bmo": Timing.BEFORE_OPEN,
    "pre": Timing.BEFORE_OPEN,
    "after_close": Timing.AFTER_CLOSE,
    "after close": Timing.AFTER_CLOSE,
    "after market close": Timing.AFTER_CLOSE,
    "time-after-hours": Timing.AFTER_CLOSE,
    "amc": Timing.AFTER_CLOSE,
    "post": Timing.AFTER_CLOSE,
}


@dataclass(frozen=True, slots=True)
class FileEarnings:
    """The port Earnings over one file."""

    path: Path

    def dates(self, symbols: Sequence[str]) -> EarningsDates:
        """The file's reports of these symbols.

        Raises:
            MissingInput, InputError, DamagedInput: the file is absent, unreadable, or none.
        """
        return self._read()[0].only(symbols)

    def refresh(
        self,
        symbols: Sequence[str],
        now: datetime,  # noqa: ARG002
        progress: Progress,  # noqa: ARG002
    ) -> Mapping[str, int]:
        """Nothing to fetch; counts what the file knows about these symbols."""
        found, rows, bad = self._read()
        known = set(found.only(symbols).symbols)
        return {"bad_rows": bad, "rows": rows, "unknown": len(set(symbols) - known)}

    def _read(self) -> tuple[EarningsDates, int, int]:
        """All reports, the number of rows, and of those that could not be used."""
        table = _table(self.path)
        names, good = _symbols(_column(table, SYMBOL, self.path))
        days = report_days(_column(table, DAY, self.path), str(self.path))
        good &= ~np.isnat(days)
        found = earnings_dates(
            names[good], days[good], known_of_file(self.path), _timings(table, good)
        )
        return found, len(good), int((~good).sum())


@dataclass(frozen=True, slots=True)
class NoEarnings:
    """The port Earnings where no provider is wanted: every symbol is unknown."""

    def dates(self, symbols: Sequence[str]) -> EarningsDates:  # noqa: ARG002
        return earnings_dates([], [], date.min)

    def refresh(
        self,
        symbols: Sequence[str],
        now: datetime,  # noqa: ARG002
        progress: Progress,  # noqa: ARG002
    ) -> Mapping[str, int]:
        return {"unknown": len(set(symbols))}


def _table(path: Path) -> pa.Table:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise DamagedInput(f"{path} is larger than {MAX_BYTES >> 20} MB", "give the right file")
        if path.suffix.lower() == ".parquet":
            return pq.read_table(path)
        options = pyarrow.csv.ConvertOptions(strings_can_be_null=True)
        parse = pyarrow.csv.ParseOptions(invalid_row_handler=lambda _: "skip")
        return pyarrow.csv.read_csv(path, convert_options=options, parse_options=parse)
    except FileNotFoundError:
        raise MissingInput(f"{path} is not there", "check earnings.file") from None
    except pa.ArrowException as problem:
        raise DamagedInput(f"{path} is not a table: {problem}", "check earnings.file") from problem
    except (OSError, ValueError) as problem:
        raise InputError(f"cannot read {path}: {problem}", "check earnings.file") from problem


def _column(table: pa.Table, spellings: Sequence[str], path: Path) -> pa.ChunkedArray:
    column = _optional(table, spellings)
    if column is None:
        raise DamagedInput(
            f"{path} has no column {' or '.join(spellings[:2])}",
            f"its columns are {', '.join(table.column_names[:10])}",
        )
    return column


def _optional(table: pa.Table, spellings: Sequence[str]) -> pa.ChunkedArray | None:
    names = [name.strip().lower() for name in table.column_names]
    place = next((names.index(each) for each in spellings if each in names), None)
    return None if place is None else table.column(place)


def _symbols(column: pa.ChunkedArray) -> tuple[NDArray[Any], NDArray[Any]]:
    """(n,) inside symbols and (n,) which are symbols; each distinct text is mapped once."""
    coded = column.cast(pa.string()).combine_chunks().dictionary_encode()
    texts = [inside(text or "") or "" for text in coded.dictionary.to_pylist()]
    code = pc.fill_null(coded.indices, len(texts)).to_numpy(zero_copy_only=False)
    names = np.array([*texts, ""], dtype=np.str_)[code]
    return names, names != ""


def _timings(table: pa.Table, good: NDArray[Any]) -> NDArray[Any] | None:
    column = _optional(table, TIMING)
    if column is None:
        return None
    words = column.cast(pa.string()).to_pylist()
    codes = [TIMINGS.get((word or "").strip().lower(), Timing.UNKNOWN) for word in words]
    return np.asarray(np.array(codes, dtype=np.int8)[good])
