"""Day limits: losses that end the entries, for the day or until a person says otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from avwap_cli.market import sessions
from avwap_cli.trading.books import Book
from avwap_cli.trading.facts import Ending, HaltChange, HaltLevel
from avwap_cli.trading.losses import DAILY_LOSS, DRAWDOWN, day_loss_frac, drawdown_frac
from avwap_cli.trading.order_records import OrderRecord
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
        why = f"equity is {loss:.2%} below the last close; the limit is {policy.daily_loss_frac:.2%}"
        found.append(HaltChange(now, HaltLevel.NO_ENTRIES, DAILY_LOSS, why, tomorrow))
    down = drawdown_frac(book.closes, book.halts, account.equity, transfers)
    if down is not None and down >= decimal(policy.drawdown_frac):
        why = f"equity is {down:.2%} below its peak; the limit is {policy.drawdown_frac:.2%}"
        found.append(HaltChange(now, HaltLevel.NO_ENTRIES, DRAWDOWN, why, None))
    refused = [o for o in book.entries_on(session) if _was_refused(o)]
    if len(refused) >= policy.max_refusals:
        why = f"the broker refused {len(refused)} entries of {session}"
        found.append(HaltChange(now, HaltLevel.NO_ENTRIES, REFUSALS, why, tomorrow))
    return [change for change in found if not _stands(book, change, session)]


def _was_refused(record: OrderRecord) -> bool:
    return record.closure is not None and record.closure.ending is Ending.REFUSED


def _stands(book: Book, change: HaltChange, session: date) -> bool:
    """Whether the same halt is in force already, or was lifted by a person in this session."""
    for known in reversed(book.halts):
        same_day = sessions.trade_session_of(known.at) == session
        if known.level is HaltLevel.NONE and same_day:
            return True
        if known.source == change.source and (known.until is None or session < known.until):
            return True
    return False
