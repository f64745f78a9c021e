"""Gap checks: is the morning's price still the one that the plan was made for?

A candidate whose price lies more than `threshold_frac` from its previous close is dropped, up
or down, long or short.  One without a usable price is kept as unverified, or dropped, by policy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any

from avwap_cli.errors import DamagedInput
from avwap_cli.market.sessions import EASTERN
from avwap_cli.trading.plans import DIRECTION_WORDS, DIRECTIONS, Plan, decimal, per_share
from avwap_cli.trading.policies import GapPolicy
from avwap_cli.trading.quotes import LastTrade, Quote

_DIGITS = 6


class GapStatus(StrEnum):
    """What became of a candidate."""

    PASSED = "passed"
    UNVERIFIED = "unverified"
    REJECTED = "rejected"


class GapReason(StrEnum):
    """Why it was rejected, or could not be verified."""

    GAP = "gap"
    NO_PRICE = "no_price"
    SCAN_REFUSED = "scan_refused"


@dataclass(frozen=True, slots=True)
class FoundPrice:
    """A price of this morning; `source` is the feed and quote or trade, e.g. sip_quote."""

    price: Decimal
    source: str
    age_s: float


@dataclass(frozen=True, slots=True)
class GapCheck:
    """One candidate, checked.

    Attributes:
        direction: 1 long, -1 short.
        prev_close: USD, on today's basis.
        found: None = no usable price.
        split: shares after / before of a split effective today; 1 without.
        reason: None where it passed.
    """

    symbol: str
    strategy: str
    direction: int
    entry_group: str
    prev_close: Decimal
    found: FoundPrice | None
    split: Fraction
    status: GapStatus
    reason: GapReason | None

    @property
    def gap_frac(self) -> Decimal | None:
        """Price / previous close - 1."""
        return None if self.found is None else self.found.price / self.prev_close - 1


def found_price(
    quote: Quote | None, trade: LastTrade | None, session: date, now: datetime, policy: GapPolicy
) -> FoundPrice | None:
    """The midpoint of a two-sided quote of that session, else its last trade, else None.

    Neither may be older than `max_age_s`.
    """
    mid = quote.mid if quote is not None and quote.is_finite else None
    if quote is not None and mid is not None and _fresh(quote.at, session, now, policy):
        return FoundPrice(mid, f"{quote.feed}_quote", _age_s(quote.at, now))
    if trade is None or not trade.price.is_finite() or trade.price <= 0:
        return None
    if not _fresh(trade.at, session, now, policy):
        return None
    return FoundPrice(trade.price, f"{trade.feed}_trade", _age_s(trade.at, now))


def checked(plan: Plan, found: FoundPrice | None, split: Fraction, policy: GapPolicy) -> GapCheck:
    """The verdict on one candidate; `plan` is on the basis before the split."""
    prev_close = per_share(plan.prev_close, split)
    if found is None:
        keep = policy.on_missing == "keep"
        status = GapStatus.UNVERIFIED if keep else GapStatus.REJECTED
        return _check(plan, prev_close, None, split, status, GapReason.NO_PRICE)
    if exceeds(found.price, prev_close, policy):
        return _check(plan, prev_close, found, split, GapStatus.REJECTED, GapReason.GAP)
    return _check(plan, prev_close, found, split, GapStatus.PASSED, None)


def refused(plan: Plan) -> GapCheck:
    """The verdict on a candidate of a scan that was refused: no price is asked for."""
    one = Fraction(1)
    return _check(plan, plan.prev_close, None, one, GapStatus.REJECTED, GapReason.SCAN_REFUSED)


def exceeds(price: Decimal, prev_close: Decimal, policy: GapPolicy) -> bool:
    """Whether |price / previous close - 1| lies above the threshold."""
    return abs(price - prev_close) > decimal(policy.threshold_frac) * prev_close


def row(check: GapCheck) -> dict[str, Any]:
    """The check as gapfilter.json carries it."""
    found, gap = check.found, check.gap_frac
    return {
        "symbol": check.symbol,
        "strategy": check.strategy,
        "direction": DIRECTION_WORDS[check.direction],
        "entry_group": check.entry_group,
        "prev_close": float(check.prev_close),
        "price": None if found is None else float(found.price),
        "price_source": None if found is None else found.source,
        "price_age_s": None if found is None else round(found.age_s, 3),
        "gap_frac": None if gap is None else round(float(gap), _DIGITS),
        "split": None if check.split == 1 else str(check.split),
        "status": check.status.value,
        "reason": None if check.reason is None else check.reason.value,
    }


def checks_of(document: Mapping[str, Any]) -> dict[tuple[str, str], GapCheck]:
    """The checks of gapfilter.json by (symbol, strategy), rejected ones too.

    Raises:
        DamagedInput: a field is missing or of the wrong kind.
    """
    try:
        found = [_read(r) for part in ("passed", "rejected") for r in document[part]]
    except (KeyError, TypeError, ValueError, ArithmeticError) as problem:
        raise DamagedInput(
            f"a candidate of gapfilter.json cannot be read ({problem!r})",
            "remove it and run `avwap gapfilter` again",
        ) from problem
    return {(c.symbol, c.strategy): c for c in found}


def _read(read: Mapping[str, Any]) -> GapCheck:
    found = None
    if read["price"] is not None:
        source, age_s = str(read["price_source"]), float(read["price_age_s"])
        found = FoundPrice(decimal(read["price"]), source, age_s)
    reason = read["reason"]
    return GapCheck(
        symbol=str(read["symbol"]),
        strategy=str(read["strategy"]),
        direction=DIRECTIONS[read["direction"]],
        entry_group=str(read["entry_group"]),
        prev_close=decimal(read["prev_close"]),
        found=found,
        split=Fraction(read["split"] or 1),
        status=GapStatus(read["status"]),
        reason=None if reason is None else GapReason(reason),
    )


def _check(
    plan: Plan,
    prev_close: Decimal,
    found: FoundPrice | None,
    split: Fraction,
    status: GapStatus,
    reason: GapReason | None,
) -> GapCheck:
    return GapCheck(
        symbol=plan.symbol,
        strategy=plan.strategy,
        direction=plan.direction,
        entry_group=plan.group,
        prev_close=prev_close,
        found=found,
        split=split,
        status=status,
        reason=reason,
    )


def _fresh(at: datetime, session: date, now: datetime, policy: GapPolicy) -> bool:
    today = at.astimezone(EASTERN).date() == session
    return today and abs((now - at).total_seconds()) <= policy.max_age_s


def _age_s(at: datetime, now: datetime) -> float:
    return (now - at).total_seconds()
