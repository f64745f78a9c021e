"""Candidate subjects: what the charts of a scan's candidates show.

The rows are those that can be read (see `candidate_rows`).
"""

from __future__ import annotations

from collections.abc import Sequence

from avwap_cli.review.candidate_charts import (
    Measured,
    Subject,
    averages_of,
    basis_of,
    daily_chart,
)
from avwap_cli.review.charts import Chart, Level, Tone
from avwap_cli.review.pages.report_records import CandidateKey
from avwap_cli.review.scan_documents import Row, is_number
from avwap_cli.trading.plans import DIRECTIONS

LEVELS = (
    ("entry", "entry", Tone.ENTRY),
    ("stop", "stop", Tone.STOP),
    ("r1", "R1", Tone.TARGET),
    ("r2", "R2", Tone.TARGET),
)


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
