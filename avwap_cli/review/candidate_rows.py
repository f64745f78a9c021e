"""Candidate rows: the candidates of a `scan.json`, read with care and made ready to draw."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from avwap_cli.market.symbols import is_symbol
from avwap_cli.review.candidate_charts import (
    Measured,
    Subject,
    averages_of,
    basis_of,
    daily_chart,
)
from avwap_cli.review.charts import Chart, Level, Tone
from avwap_cli.review.report_records import CandidateKey, Row
from avwap_cli.trading.plans import DIRECTIONS

NUMBERS = ("entry", "stop", "r1", "r2", "prev_close", "score")
LEVELS = (
    ("entry", "entry", Tone.ENTRY),
    ("stop", "stop", Tone.STOP),
    ("r1", "R1", Tone.TARGET),
    ("r2", "R2", Tone.TARGET),
)


def readable(scan: Row | None) -> tuple[list[dict[str, Any]], int]:
    """The candidates that can be shown, and how many cannot."""
    rows = [] if scan is None else scan.get("candidates")
    rows = rows if isinstance(rows, list) else []
    good = [row for row in rows if isinstance(row, dict) and _is_candidate(row)]
    return good, len(rows) - len(good)


def _is_candidate(row: Mapping[str, Any]) -> bool:
    return (
        isinstance(row.get("symbol"), str)
        and is_symbol(row["symbol"])
        and isinstance(row.get("strategy"), str)
        and row.get("direction") in tuple(DIRECTIONS)
        and isinstance(row.get("rank"), int)
        and isinstance(row.get("metadata"), dict)
        and all(row.get(name) is None or is_number(row[name]) for name in NUMBERS)
    )


def is_number(value: object) -> bool:
    """Whether it is a number that a page can show."""
    return isinstance(value, int | float) and abs(value) < 1e12 and math.isfinite(value)


def levels_of(prices: Row) -> tuple[Level, ...]:
    """Entry, stop and targets of those that are there, USD."""
    return tuple(
        Level(name, tone, round(float(prices[key]), 4))
        for key, name, tone in LEVELS
        if is_number(prices.get(key))
    )


def subject_of(row: Row, name: str) -> Subject:
    """What the chart of a candidate shows."""
    metadata = row["metadata"]
    return Subject(
        name=name,
        symbol=str(row["symbol"]),
        direction=DIRECTIONS[row["direction"]],
        averages=averages_of([str(key) for key in metadata]),
        anchor=str(metadata.get("anchor") or ""),
        anchor_session=str(metadata.get("anchor_session") or ""),
        prev_close=row.get("prev_close"),
        levels=levels_of(row),
    )


def candidate_charts(drawn: Measured, rows: Sequence[Row]) -> dict[CandidateKey, Chart]:
    """The daily chart of each candidate."""
    return {
        (str(row["symbol"]), str(row["strategy"])): daily_chart(
            drawn, subject_of(row, f"daily-{number}")
        )
        for number, row in enumerate(rows, start=1)
    }


def rebased(drawn: Measured, rows: Sequence[Row]) -> list[str]:
    """Candidates whose bars have been adjusted since the scan, which saw other figures."""
    return [
        f"{row['symbol']}: the bars have been adjusted since the scan; its chart shows the"
        " prices of that evening"
        for row in rows
        if basis_of(drawn, str(row["symbol"]), row.get("prev_close")) != 1.0
    ]
