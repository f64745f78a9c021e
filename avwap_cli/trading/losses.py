"""Losses: how far the account's equity fell today, and from its highest close.

Cash paid in or out is no gain and no loss.  The drawdown follows the value of one unit of the
account: each close is chained to the one before it without the cash moved in between.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise

from avwap_cli.market import sessions
from avwap_cli.trading.facts import EquityClose, HaltChange, HaltLevel
from avwap_cli.trading.orders import ZERO, Account, Transfer

DAILY_LOSS, DRAWDOWN = "daily_loss", "drawdown"


def day_loss_frac(account: Account, transfers: Iterable[Transfer], session: date) -> Decimal | None:
    """What is lost since the previous close, a fraction of its equity; a gain is negative.

    None where either equity is not a positive number.
    """
    if not _positive(account.equity) or not _positive(account.last_equity):
        return None
    closed = sessions.closes_at(sessions.previous_session(session))
    paid = _paid_since(transfers, closed)
    return 1 - (account.equity - paid) / account.last_equity


def drawdown_frac(
    closes: Sequence[EquityClose],
    halts: Sequence[HaltChange],
    equity: Decimal,
    transfers: Iterable[Transfer],
) -> Decimal | None:
    """How far one unit of the account lies below its highest close; 0 at a new high.

    Counted from the last close before a person lifted a drawdown halt, else from the first
    one: lifting it accepts what was lost.  Without a close there is nothing to fall from.
    None where an equity is not a positive number.
    """
    counted = _counted(closes, _accepted_at(halts))
    if not all(_positive(n) for n in (equity, *(c.equity_usd for c in counted))):
        return None
    if not counted:
        return ZERO
    values, last = units(counted), counted[-1]
    value = values[-1] * (equity - _paid_since(transfers, last.at)) / last.equity_usd
    return max(ZERO, 1 - value / max(values))


def units(closes: Sequence[EquityClose]) -> list[Decimal]:
    """The value of one unit of the account at each close, 1 at the first.

    Each is chained to the one before by what was earned in between: the equity without the
    cash moved.  After a close without equity the value stays.
    """
    values = [Decimal(1)] if closes else []
    for before, close in pairwise(closes):
        earned = close.equity_usd - close.transfers_usd
        values.append(values[-1] * earned / before.equity_usd if before.equity_usd else values[-1])
    return values


def _counted(closes: Sequence[EquityClose], accepted_at: datetime | None) -> list[EquityClose]:
    """One close a session, in order, from the last before `accepted_at` on."""
    ordered = [c for _, c in sorted({c.session: c for c in closes}.items())]
    if accepted_at is None:
        return ordered
    before = sum(c.at < accepted_at for c in ordered)
    return ordered[max(0, before - 1) :]


def _accepted_at(halts: Sequence[HaltChange]) -> datetime | None:
    """When a drawdown halt was last lifted."""
    standing, lifted = False, None
    for change in halts:
        if change.level is HaltLevel.NONE:
            lifted = change.at if standing else lifted
            standing = False
        elif change.source == DRAWDOWN:
            standing = True
    return lifted


def _paid_since(transfers: Iterable[Transfer], moment: datetime) -> Decimal:
    once = {t.id: t for t in transfers}
    return sum((t.amount_usd for t in once.values() if t.at > moment), ZERO)


def _positive(number: Decimal) -> bool:
    return number.is_finite() and number > 0
