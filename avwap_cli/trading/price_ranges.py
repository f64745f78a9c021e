"""Price ranges: the extremes of a position's prices, session by session.

A trail follows what completed sessions reached, so it must be known in which session an
extreme was made.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from avwap_cli.trading.plans import per_share


@dataclass(frozen=True, slots=True)
class PriceRange:
    """Highest and lowest price of one session, USD."""

    session: date
    high: Decimal
    low: Decimal


PriceRanges = tuple[PriceRange, ...]


def widened(ranges: PriceRanges, session: date, high: Decimal, low: Decimal) -> PriceRanges:
    """The ranges, ascending by session, after these prices were seen in that session."""
    by_session = {r.session: r for r in ranges}
    before = by_session.get(session)
    if before is not None:
        high, low = max(high, before.high), min(low, before.low)
    by_session[session] = PriceRange(session, high, low)
    return tuple(by_session[day] for day in sorted(by_session))


def rebased(ranges: PriceRanges, ratio: Fraction) -> PriceRanges:
    """The ranges on the basis after a split into `ratio` shares for one."""
    return tuple(
        replace(r, high=per_share(r.high, ratio), low=per_share(r.low, ratio)) for r in ranges
    )


def extreme_before(ranges: PriceRanges, session: date, direction: int) -> Decimal | None:
    """The most favourable price before that session; None where there was no session before."""
    earlier = [r.high if direction > 0 else r.low for r in ranges if r.session < session]
    if not earlier:
        return None
    return max(earlier) if direction > 0 else min(earlier)
