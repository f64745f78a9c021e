"""Candidate rows: which candidates of a `scan.json` can be read, judged once for all pages."""

from __future__ import annotations

from typing import Any

from avwap_cli.market.symbols import is_symbol
from avwap_cli.review.scan_documents import Row, is_number, plain
from avwap_cli.trading.plans import DIRECTIONS

NUMBERS = ("entry", "stop", "r1", "r2", "prev_close", "score")
FIELDS = ("rank", "symbol", "strategy", "direction", "entry", "stop", "r1", "score")


def readable(scan: Row | None) -> tuple[list[dict[str, Any]], int]:
    """The candidates that can be shown, and how many cannot."""
    rows = [] if scan is None else scan.get("candidates")
    rows = rows if isinstance(rows, list) else []
    good = [row for row in rows if isinstance(row, dict) and _is_candidate(row)]
    return good, len(rows) - len(good)


def in_short(scan: Row | None) -> tuple[tuple[dict[str, Any], ...], tuple[str, ...]]:
    """The candidates with the fields a line shows, and a sentence about those not readable.

    A field that is absent is None.
    """
    good, bad = readable(scan)
    warnings = (f"{bad} of the candidates in scan.json are not readable and not shown",)
    return (
        tuple({name: plain(row.get(name)) for name in FIELDS} for row in good),
        warnings if bad else (),
    )


def _is_candidate(row: Row) -> bool:
    return (
        isinstance(row.get("symbol"), str)
        and is_symbol(row["symbol"])
        and isinstance(row.get("strategy"), str)
        and row.get("direction") in tuple(DIRECTIONS)
        and isinstance(row.get("rank"), int)
        and is_number(row["rank"])
        and isinstance(row.get("metadata"), dict)
        and all(row.get(name) is None or is_number(row[name]) for name in NUMBERS)
    )
