"""Regime strip: the regime of each session in a row, so that a change of the market is seen."""

from __future__ import annotations

from collections.abc import Sequence

from avwap_cli.review.pages.hypertexts import quiet, text, titled
from avwap_cli.review.pages.report_records import RegimeDay

KINDS = {
    "TREND up": "up",
    "TREND down": "down",
    "RANGING": "ranging",
    "HIGH_VOLATILITY": "volatile",
}


def regime_strip(days: Sequence[RegimeDay]) -> str:
    """A cell per session with a legend of the regimes in it; nothing without sessions."""
    if not days:
        return ""
    cells = "".join(
        f'<rect class="{_kind(day)}" x="{n * 10}" width="9" height="20">'
        f"<title>{day.session}: {text(_name(day))}{_close(day)}</title></rect>"
        for n, day in enumerate(days)
    )
    names = {_name(day): _kind(day) for day in days}
    legend = "".join(
        f'<span class="key {kind}">{text(name)}</span>' for name, kind in names.items()
    )
    width = max(len(days), 60) * 10  # a few sessions stay narrow cells
    ends = f"{days[0].session} to {days[-1].session}: {_runs(days)}"
    return titled(
        "Regime",
        f'<svg class="strip" viewBox="0 0 {width} 20" preserveAspectRatio="none" role="img" '
        f'aria-label="regime of {len(days)} sessions">{cells}</svg>',
        f'<p class="legend">{legend}</p>',
        quiet(ends),
    )


def _runs(days: Sequence[RegimeDay]) -> str:
    """How long the last regime has been in force among the sessions known."""
    last = _name(days[-1])
    count = 0
    for day in reversed(days):
        if _name(day) != last:
            break
        count += 1
    before = "" if count == len(days) else f", before it {_name(days[-1 - count])}"
    return f"{last} for {count} of {len(days)} known sessions{before}"


def _name(day: RegimeDay) -> str:
    """The regime with the direction that it has."""
    return f"{day.name} {day.direction}" if day.direction else day.name


def _kind(day: RegimeDay) -> str:
    return KINDS.get(_name(day), "unknown")


def _close(day: RegimeDay) -> str:
    return "" if day.close is None else f", index fund {day.close:,.2f}"
