"""Quality of a run: whether its data are good enough to act on, with the reasons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from avwap_cli.market.sessions import session_on_or_before
from avwap_cli.signals.rules import ScanRules
from avwap_cli.signals.scans import Scan
from avwap_cli.verdicts import Stage

CLEAN, DEGRADED, REFUSED = "clean", "degraded", "refused"


@dataclass(frozen=True, slots=True)
class Quality:
    """The judgement on one run.

    Attributes:
        state: clean, degraded or refused.
        reasons: of `coverage`, `feed`, `earnings`, `regime`; what `enter` decides by.
        sentences: the same for a person.
        expected, with_bar: equity members that were fetched, and those with the as-of session's bar.
        earnings_asked, earnings_unknown: liquid S&P members, and those without a coming date.
    """

    state: str
    reasons: tuple[str, ...]
    sentences: tuple[str, ...]
    expected: int
    with_bar: int
    earnings_asked: int
    earnings_unknown: int


def judge(scan: Scan, feed: str, rules: ScanRules) -> Quality:
    """Coverage below its limits, a thin feed, or too many unknown report dates."""
    ground = scan.ground
    expected = ground.listed.member & ground.listed.equity & ~ground.listed.skipped
    with_bar = expected & (ground.panel.session[-1] == ground.panel.depth - 1)
    asked = ground.listed.sp500 & scan.batch.survivors(Stage.LIQUIDITY) & ground.listed.member
    unknown = asked & np.isnan(ground.reports.next_in)
    counts = [int(mask.sum()) for mask in (expected, with_bar, asked, unknown)]
    coverage = counts[1] / counts[0] if counts[0] else 0.0
    found: list[tuple[str, str]] = []
    if coverage < rules.run.clean_coverage_frac:
        found.append(
            ("coverage", f"only {coverage:.1%} of the members have the bar of the session")
        )
    if feed == "iex":
        found.append(("feed", "the bars come from IEX, which sees 2-4 % of the volume"))
    if counts[2] and counts[3] / counts[2] > rules.earnings.max_unknown_frac:
        found.append(
            (
                "earnings",
                f"the next report of {counts[3]} of {counts[2]} S&P 500 members is unknown",
            )
        )
    if ground.market.regime is None:
        symbol = rules.regime.symbol
        found.append(("regime", f"{symbol} has no bar of the session, or too short a history"))
    state = DEGRADED if found else CLEAN
    if coverage < rules.run.min_coverage_frac:
        state = REFUSED
    return Quality(state, tuple(r for r, _ in found), tuple(s for _, s in found), *counts)


def hindsight(known: Mapping[str, date], as_of: date) -> list[str]:
    """The inputs that were known only after the as-of session.

    A day between sessions belongs to the one before it, so lists fetched on Sunday are
    no hindsight for a scan of Friday.
    """
    later = {name: day for name, day in sorted(known.items()) if day > as_of}
    return [name for name, day in later.items() if session_on_or_before(day) > as_of]
