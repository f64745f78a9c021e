"""Entry scenes: everything measured about one candidate at one moment, for the gates to judge.

What could not be had is None, and no gate takes None for a yes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from avwap_cli.trading import exposures
from avwap_cli.trading.books import Book
from avwap_cli.trading.facts import HaltLevel
from avwap_cli.trading.gap_checks import GapCheck
from avwap_cli.trading.orders import Account, Asset, BrokerClock, Transfer
from avwap_cli.trading.plans import Plan
from avwap_cli.trading.policies import RiskPolicy
from avwap_cli.trading.quotes import LastTrade, PriceBar, Quote
from avwap_cli.trading.reconciliation import Agreement
from avwap_cli.trading.sizing import Means, Sized, size
from avwap_cli.trading.views import View


@dataclass(frozen=True, slots=True)
class Scanned:
    """What scan.json says of itself, and gapfilter.json of it.

    Attributes:
        state, reasons: its quality.
        digest: sha-256 of scan.json now.
        pinned: the same as gapfilter froze it.
    """

    as_of: date
    trade_session: date
    state: str
    reasons: tuple[str, ...]
    digest: str
    pinned: str


@dataclass(frozen=True, slots=True)
class EntryScene:
    """The measurements; all but the last block are the same for every candidate of a pass.

    Attributes:
        now: aware.
        session: the trade session.
        halt: the severest level in force, of ledger and file.
        clock, clock_heard_at: the broker's clock, and our time when its answer came.
        broker_hours: open and close of the session by the broker's calendar.
        book: folded after this pass's news.
        account_at: our time before the account was asked for.
        transfers: all of the ledger.
        price: at which it is decided, USD.
        bars: closed bars of `breakout.bar_minutes`; boh only.
        barred: why the symbol takes no new entries; empty = it does.
        trading_halted: whether trading in the symbol is halted, as far as is known.
        resending: id of the entry that is to be sent again; it does not stand in its own way.
    """

    now: datetime
    session: date
    halt: HaltLevel
    clock: BrokerClock | None
    clock_heard_at: datetime
    broker_hours: tuple[datetime, datetime] | None
    scanned: Scanned | None
    book: Book
    view: View | None
    agreement: Agreement | None
    account: Account | None
    account_at: datetime
    transfers: Sequence[Transfer] = ()

    asset: Asset | None = None
    price: Decimal | None = None
    quote: Quote | None = None
    trade: LastTrade | None = None
    bars: Sequence[PriceBar] = ()
    gap: GapCheck | None = None
    barred: str = ""
    trading_halted: bool = False
    resending: str = ""


def means(plan: Plan, scene: EntryScene, risk: RiskPolicy) -> Means:
    """What the entry may be paid from.

    Raises:
        ValueError: the account is not known.
    """
    account, book, own = scene.account, scene.book, scene.resending
    if account is None:
        raise ValueError("the account is not known")
    left = exposures.buying_power_left(account, scene.account_at, book, scene.session, risk, own)
    held = exposures.strategy_usd(book, scene.view, plan.strategy, scene.session, own)
    return Means(account.equity, left, held)


def sized(plan: Plan, scene: EntryScene, risk: RiskPolicy) -> Sized:
    """The size of the entry at the scene's price.

    Raises:
        ValueError: as `sizing.size`, or the account or the price is not known.
    """
    if scene.price is None:
        raise ValueError(f"the price of {plan.symbol} is not known")
    return size(plan, scene.price, means(plan, scene, risk), risk)
