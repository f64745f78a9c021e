"""Equity curves: the account's value and how far it was below its peak, as two drawings.

They need no script, so they are there on paper and where scripts are off.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from avwap_cli.review.pages.hypertexts import quiet, text
from avwap_cli.review.scan_documents import Row, is_number

WIDTH, HEIGHT, MARGIN = 720, 170, 10


def equity_curves(rows: Sequence[Row]) -> str:
    """Both drawings with their captions; in words when there are not two closes yet."""
    shown = [r for r in rows if is_number(r.get("unit")) and is_number(r.get("drawdown_frac"))]
    if not shown:
        return quiet("The equity is not known at any close yet.")
    if len(shown) == 1:
        only = shown[0]["session"]
        return quiet(f"One close is known ({only}); the curves begin with the second.")
    units = [float(row["unit"]) for row in shown]
    below = [-abs(float(row["drawdown_frac"])) for row in shown]
    days = (str(shown[0]["session"]), str(shown[-1]["session"]))
    value = (
        f"Equity, payments in and out taken out: from {units[0]:.3f} to {units[-1]:.3f} "
        f"times the first close"
    )
    depth = f"Drawdown from the peak: deepest {-min(below):.2%}, now {-below[-1]:.2%}"
    high, low = f"{max(units):.3f}", f"{min(units):.3f}"
    return (
        f'<div class="curves">{_drawing("equity", units, value, (high, low), days)}'
        f"{_drawing('drawdown', below, depth, ('0%', f'{-min(below):.2%}'), days, top=0.0)}</div>"
    )


def points(values: Sequence[float], low: float, high: float) -> str:
    """The values as a line's points, the first at the left edge, `high` at the top."""
    span = (high - low) or 1.0
    step = (WIDTH - 2 * MARGIN) / (len(values) - 1)
    return " ".join(
        f"{MARGIN + n * step:.1f},"
        f"{HEIGHT - MARGIN - (value - low) / span * (HEIGHT - 2 * MARGIN):.1f}"
        for n, value in enumerate(values)
    )


def _drawing(
    kind: str,
    values: Sequence[float],
    caption: str,
    ends: tuple[str, str],
    days: tuple[str, str],
    top: float | None = None,
) -> str:
    """One curve over its area, with the words of its highest and lowest value and its days."""
    low, high = min(values), max(values) if top is None else top
    line = points(values, low, high)
    edge = MARGIN if top is not None else HEIGHT - MARGIN
    area = f"{MARGIN},{edge} {line} {WIDTH - MARGIN},{edge}"
    return (
        f'<figure class="curve {kind}"><figcaption>{text(caption)}</figcaption>'
        f'<div class="drawn"><svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(caption)}"><polygon points="{area}"/>'
        f'<polyline points="{line}"/></svg><span class="most">{text(ends[0])}</span>'
        f'<span class="least">{text(ends[1])}</span></div>'
        f'<p class="days"><span>{text(days[0])}</span><span>{text(days[1])}</span></p></figure>'
    )
