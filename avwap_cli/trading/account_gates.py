"""Account gates: may anything be entered now?  The same answer for every candidate.

Each takes (plan, scene, rules) and returns None for a yes, else what was measured and the rule.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from avwap_cli.market import sessions
from avwap_cli.trading.entry_scenes import EntryScene
from avwap_cli.trading.entry_windows import entry_spans
from avwap_cli.trading.facts import HaltLevel
from avwap_cli.trading.losses import day_loss_frac, drawdown_frac
from avwap_cli.trading.orders import Account
from avwap_cli.trading.plans import AVWAP, Plan, decimal
from avwap_cli.trading.policies import TradingRules

No = tuple[str | None, str] | None

ALLOW = "allow"
CLEAN, DEGRADED = "clean", "degraded"
ACTIVE = "ACTIVE"


def halted(_plan: Plan, scene: EntryScene, _rules: TradingRules) -> No:
    """No halt level of any kind."""
    return None if scene.halt is HaltLevel.NONE else (scene.halt.value, "no halt level")


def live_key(_plan: Plan, scene: EntryScene, _rules: TradingRules) -> No:
    """The keys are the ones of this account, and it may trade."""
    account = scene.account
    if account is None:
        return None, "an account that answers"
    if account.blocked or account.status.upper() != ACTIVE:
        blocked = ", blocked" if account.blocked else ""
        return f"{account.status}{blocked}", "an active account that may trade"
    return None


def clock(_plan: Plan, scene: EntryScene, rules: TradingRules) -> No:
    """Our calendar and time are the broker's."""
    if not sessions.is_session(scene.session):
        return scene.session.isoformat(), "a session of the exchange"
    ours = sessions.opens_at(scene.session), sessions.closes_at(scene.session)
    if scene.broker_hours != ours:
        return _hours(scene.broker_hours), f"the broker's calendar says {_hours(ours)}"
    if scene.clock is None:
        return None, "a broker clock that answers"
    skew_s = abs((scene.clock_heard_at - scene.clock.now).total_seconds())
    if skew_s > rules.risk.max_clock_skew_s:
        limit = f"within {rules.risk.max_clock_skew_s:g} s of the broker's clock"
        return f"{skew_s:.1f} s", limit
    return None


def window(plan: Plan, scene: EntryScene, _rules: TradingRules) -> No:
    """The group's time, and a market that is open where it has to be."""
    spans = entry_spans(plan.group, scene.session)
    now = f"{scene.now.astimezone(sessions.EASTERN):%Y-%m-%d %H:%M:%S}"
    if not any(start <= scene.now < end for start, end in spans):
        return now, f"{plan.group} is entered {_spans(spans) or 'never'}"
    if scene.now < sessions.opens_at(scene.session):
        return None
    if scene.clock is None or not scene.clock.is_open:
        return "closed", "the broker says that the market is open"
    return None


def stale_plan(plan: Plan, scene: EntryScene, _rules: TradingRules) -> No:
    """The plan is of this session, made as of the one before, and the one that was frozen."""
    scanned = scene.scanned
    if scanned is None:
        return None, "a plan that can be read"
    if {plan.session, scanned.trade_session} != {scene.session}:
        return scanned.trade_session.isoformat(), f"a plan for {scene.session}"
    before = sessions.previous_session(scene.session)
    if scanned.as_of != before:
        return scanned.as_of.isoformat(), f"a plan as of {before}"
    if not scanned.pinned or scanned.digest != scanned.pinned:
        return scanned.digest[:12], f"the plan frozen by gapfilter ({scanned.pinned[:12]})"
    return None


def degraded_plan(_plan: Plan, scene: EntryScene, rules: TradingRules) -> No:
    """A clean scan, or one degraded only for reasons that the policy allows."""
    scanned = scene.scanned
    if scanned is None:
        return None, "a plan that can be read"
    if scanned.state == CLEAN and not scanned.reasons:
        return None
    if scanned.state not in (CLEAN, DEGRADED) or not scanned.reasons:
        return scanned.state, "a scan that is clean or degraded, not refused"
    bad = [r for r in scanned.reasons if rules.entry.on_degraded.get(r) != ALLOW]
    return (", ".join(bad), "entry.on_degraded allows it") if bad else None


def not_reconciled(plan: Plan, scene: EntryScene, _rules: TradingRules) -> No:
    """Ledger and broker agree on the account and on this symbol."""
    agreement = scene.agreement
    if agreement is None or scene.view is None:
        return None, "an answer to every question to the broker"
    if agreement.account_locked:
        symbols = sorted(agreement.differing | agreement.doubtful)
        return ", ".join(symbols) or None, "no difference that locks the account"
    if agreement.locked(plan.symbol):
        return plan.symbol, "ledger and broker agree on the symbol"
    return None


def daily_loss(_plan: Plan, scene: EntryScene, rules: TradingRules) -> No:
    """The day's loss lies below its limit."""
    account = scene.account
    lost = None if account is None else day_loss_frac(account, scene.transfers, scene.session)
    return _limited(lost, rules.risk.daily_loss_frac, "of the previous close's equity lost")


def drawdown(_plan: Plan, scene: EntryScene, rules: TradingRules) -> No:
    """The fall from the highest close lies below its limit."""
    account, book = scene.account, scene.book
    fallen = None
    if account is not None:
        fallen = drawdown_frac(book.closes, book.halts, account.equity, scene.transfers)
    return _limited(fallen, rules.risk.drawdown_frac, "below the highest close")


def bad_number(plan: Plan, scene: EntryScene, _rules: TradingRules) -> No:
    """Every number that decides is there, finite and positive."""
    for name, value in _numbers(plan, scene.price, scene.account):
        if value is None or not value.is_finite() or value <= 0:
            measured = None if value is None else f"{name} {value}"
            return measured, f"{name} is a positive number"
    if plan.direction not in (1, -1):
        return f"direction {plan.direction}", "direction is 1 or -1"
    if not plan.weight.is_finite() or plan.weight < 0:
        return f"weight {plan.weight}", "weight is a number of 0 or more"
    return None


def _numbers(
    plan: Plan, price: Decimal | None, account: Account | None
) -> Iterator[tuple[str, Decimal | None]]:
    yield "price", price
    yield "prev_close", plan.prev_close
    yield "atr", plan.atr
    yield "entry", plan.entry
    optional = {
        "sl_atr_mult": plan.sl_atr_mult,
        "max_stop_frac": plan.max_stop_frac,
        "tp_atr_mult": plan.tp_atr_mult,
        "trailing_atr_mult": plan.trailing_atr_mult,
        "stop": plan.stop,
        "r1": plan.r1,
        "r2": plan.r2,
    }
    needed = {"stop", "r1", "r2"} if plan.strategy == AVWAP else {"sl_atr_mult"}
    yield from ((k, v) for k, v in optional.items() if v is not None or k in needed)
    yield "equity", account.equity if account is not None else None
    yield "buying_power", account.buying_power if account is not None else None


def _limited(measured: Decimal | None, limit: float, words: str) -> No:
    text = f"less than {decimal(limit):.2%} {words}"
    if measured is None:
        return None, text
    return (f"{measured:.2%}", text) if measured >= decimal(limit) else None


def _hours(hours: tuple[datetime, datetime] | None) -> str:
    if hours is None:
        return "closed"
    start, end = (moment.astimezone(sessions.EASTERN) for moment in hours)
    return f"{start:%Y-%m-%d %H:%M}-{end:%H:%M}"


def _spans(spans: tuple[tuple[datetime, datetime], ...]) -> str:
    return " and ".join(f"{a:%H:%M:%S}-{b:%H:%M:%S}" for a, b in spans)
