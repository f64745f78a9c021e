"""Candidate sheets: the best candidates of a scan as one picture, made from the bar cache."""

from __future__ import annotations

from datetime import date

from avwap_cli.market import sessions
from avwap_cli.review.candidate_rows import readable
from avwap_cli.review.candidate_subjects import candidate_charts
from avwap_cli.review.pictures.chart_sheets import candidate_leaf, contact_sheet
from avwap_cli.review.pictures.picture_shapes import Ruler, Sheet
from avwap_cli.review.scan_documents import Row
from avwap_cli.stages.operations.chart_inputs import ChartPorts, measured


def candidate_sheet(
    scan: Row, session: date, ports: ChartPorts, most: int, ruler: Ruler
) -> Sheet | None:
    """The first candidates of that scan, at most so many; None where there is none.

    Args:
        session: the trade session; the charts end the session before.
        ruler: how wide words will be.

    Raises:
        StaleInput, InputError: the cache cannot be used.
    """
    candidates = sorted(readable(scan)[0], key=lambda row: int(row["rank"]))
    rows = candidates[:most]
    if not rows:
        return None
    as_of = sessions.previous_session(session)
    drawn = measured(ports, as_of, [row["symbol"] for row in rows], scan.get("avwap_price"))
    charts = candidate_charts(drawn, rows)
    leaves = [candidate_leaf(row, charts[row["symbol"], row["strategy"]]) for row in rows]
    which = "all" if len(rows) == len(candidates) else f"first {len(rows)} of"
    aside = f"{which} {len(candidates)}, bars to {as_of}"
    return contact_sheet(f"Candidates for {session:%a} {session}", aside, leaves, ruler)
