"""Day limits: losses that end the entries, for the day or until a person says otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from avwap_cli.market import sessions
from avwap_cli.trading.books import Book, halts_in_force
from avwap_cli.trading.facts import HaltChange, HaltLevel
from avwap_cli.trading.losses import DAILY_LOSS, DRAWDOWN, day_loss_frac, drawdown_frac
from avwap_cli.trading.orders import Account, Transfer
from avwap_cli.trading.plans import decimal
from avwap_cli.trading.policies import RiskPolicy

REFUSALS = "refusals"


def breaches(
    account: Account,
    transfers: Sequence[Transfer],
    book: Book,
    session: date,
    now: datetime,
    policy: RiskPolicy,
) -> list[HaltChange]:
    """The halt levels that the account's losses, or the day's refusals, raise now."""
    found: list[HaltChange] = []
    tomorrow = sessions.next_session(session)
    loss = day_loss_frac(account, transfers, session)
    if loss is not None and loss >= decimal(policy.daily_loss_frac):
        why = (
            f"equity is {loss:.2%} below the last close; the limit is {policy.daily_loss_frac:.2%}"
        )
        found.append(HaltChange(now, HaltLevel.NO_ENTRIES, DAILY_LOSS, why, tomorrow))
    down = drawdown_frac(book.closes, book.halts, account.equity, transfers)
    if down is not None and down >= decimal(policy.drawdown_frac):
        why = f"equity is {down:.2%} below its peak; the limit is {policy.drawdown_frac:.2%}"
        found.append(HaltChange(now, HaltLevel.NO_ENTRIES, DRAWDOWN, why, None))
    lifted_at = _lifted_at(book.halts)
    refused = [at for o in book.entries_on(session) if (at := o.refused_at) is not None]
    refused = [at for at in refused if lifted_at is None or at > lifted_at]
    if len(refused) >= policy.max_refusals:
        why = f"the broker refused {len(refused)} entries of {session}"
        found.append(HaltChange(now, HaltLevel.NO_ENTRIES, REFUSALS, why, tomorrow))
    in_force = {change.source for change in halts_in_force(book.halts, session)}
    return [change for change in found if change.source not in in_force]


def _lifted_at(halts: Sequence[HaltChange]) -> datetime | None:
    """When a person last said that all may go on."""
    return max((h.at for h in halts if h.level is HaltLevel.NONE), default=None)
