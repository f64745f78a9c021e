"""Market gates: can the symbol be traded, does its price still confirm the plan, is there room?

Signature as in `account_gates`.
"""

from __future__ import annotations

from decimal import Decimal

from avwap_cli.market import sessions
from avwap_cli.trading.account_gates import No
from avwap_cli.trading.confirmations import breakout, confirm
from avwap_cli.trading.entry_scenes import EntryScene, sized
from avwap_cli.trading.entry_windows import BOH, CONFIRM, MOO
from avwap_cli.trading.gap_checks import GapStatus, exceeds, found_price
from avwap_cli.trading.plans import Plan
from avwap_cli.trading.policies import TradingRules
from avwap_cli.trading.sizing import Cap


def not_tradable(_plan: Plan, scene: EntryScene, _rules: TradingRules) -> No:
    """The broker trades the symbol."""
    asset = scene.asset
    if asset is None:
        return None, "an asset that the broker knows"
    if not asset.active or not asset.tradable:
        return ("inactive", "not tradable")[asset.active], "an active, tradable asset"
    return None


def trading_halt(_plan: Plan, scene: EntryScene, _rules: TradingRules) -> No:
    """Trading in the symbol is not halted."""
    return ("halted", "a symbol that trades") if scene.trading_halted else None


def not_shortable(plan: Plan, scene: EntryScene, _rules: TradingRules) -> No:
    """Symbol and account may be shorted."""
    if plan.direction > 0:
        return None
    if scene.asset is None or not scene.asset.shortable:
        return plan.symbol, "a symbol that may be shorted"
    if scene.account is None or not scene.account.shorting_enabled:
        return "shorting is off", "an account that may short"
    return None


def hard_to_borrow(plan: Plan, scene: EntryScene, _rules: TradingRules) -> No:
    """A short that is easy to borrow."""
    if plan.direction < 0 and (scene.asset is None or not scene.asset.easy_to_borrow):
        return plan.symbol, "shorts are easy to borrow"
    return None


def small_account(plan: Plan, scene: EntryScene, rules: TradingRules) -> No:
    """Equity enough to short at all."""
    least = rules.risk.min_short_equity_usd
    text = f"equity of {least:g} USD or more to short"
    if plan.direction > 0:
        return None
    if scene.account is None:
        return None, text
    equity = scene.account.equity
    return (f"{equity:.2f}", text) if equity < Decimal(str(least)) else None


def no_gtc_stop(plan: Plan, scene: EntryScene, _rules: TradingRules) -> No:
    """A long whose protective stop may rest overnight.

    The broker takes only day orders in symbols that are hard to borrow, a long's stop included.
    """
    if plan.direction > 0 and (scene.asset is None or not scene.asset.easy_to_borrow):
        return "hard to borrow", "a symbol whose stop may rest overnight"
    return None


def stale_quote(plan: Plan, scene: EntryScene, rules: TradingRules) -> No:
    """A young quote; before the open the gap filter stands for it."""
    if plan.group not in (CONFIRM, BOH):
        return None
    limit_s = rules.entry.max_quote_age_s
    text = f"a quote of the last {limit_s:g} s"
    if scene.quote is None or scene.quote.symbol != plan.symbol:
        return None, text
    age_s = (scene.now - scene.quote.at).total_seconds()
    return (f"{age_s:.0f} s ({scene.quote.feed})", text) if abs(age_s) > limit_s else None


def crossed_quote(plan: Plan, scene: EntryScene, _rules: TradingRules) -> No:
    """A quote with two sides, the bid not above the ask."""
    if plan.group not in (CONFIRM, BOH):
        return None
    quote = scene.quote
    if quote is None or not quote.is_finite or not quote.two_sided:
        measured = None if quote is None else f"{quote.bid} / {quote.ask}"
        return measured, "0 < bid <= ask"
    return None


def gap(plan: Plan, scene: EntryScene, rules: TradingRules) -> No:
    """The gap filter let it pass; after the open moo's last trade must pass as well."""
    policy = rules.entry.gap
    text = f"a gap of at most {policy.threshold_frac:.2%}"
    check = scene.gap
    if check is None or (check.symbol, check.strategy) != (plan.symbol, plan.strategy):
        return None, "a verdict of the gap filter"
    if check.status is GapStatus.REJECTED:
        measured = check.gap_frac
        return (check.reason if measured is None else f"{measured:.2%}"), text
    opens = sessions.opens_at(scene.session)
    if plan.group != MOO or scene.now < opens:
        return None
    found = found_price(None, scene.trade, scene.session, scene.now, policy)
    if found is None or scene.trade is None or scene.trade.at < opens:
        return None, "a trade since the open"
    if exceeds(found.price, plan.prev_close, policy):
        return f"{found.price / plan.prev_close - 1:.2%}", text
    return None


def not_confirmed(plan: Plan, scene: EntryScene, rules: TradingRules) -> No:
    """The running session confirms what the scan saw."""
    denial = None
    if plan.group == CONFIRM:
        denial = confirm(plan, scene.trade, scene.now, rules.entry.confirm)
    elif plan.group == BOH:
        if scene.gap is not None and scene.gap.split != 1:
            return f"split {scene.gap.split}", "volumes before the split are on another basis"
        denial = breakout(plan, scene.bars, scene.now, rules.entry.breakout)
    return None if denial is None else (denial.measured, denial.threshold)


def no_room(plan: Plan, scene: EntryScene, _rules: TradingRules) -> No:
    """stop < price < first target for a long, the other way for a short.

    Held against the stop that the entry would have, and against the plan's own levels: past
    them the move that the plan is about has happened.
    """
    price = scene.price
    if price is None:
        return None, "a price"
    own = plan.stop_from(price)
    if own is None:
        return None, "a plan with a stop"
    for stop in (own,) if plan.stop is None else (own, plan.stop):
        if stop <= 0 or (price - stop) * plan.direction <= 0:
            return f"{price:f}", f"price {_beyond(plan)} the stop {stop:f}"
    if plan.r1 is not None and (plan.r1 - price) * plan.direction <= 0:
        return f"{price:f}", f"price short of the first target {plan.r1:f}"
    return None


def too_small(plan: Plan, scene: EntryScene, rules: TradingRules) -> No:
    """At least one share and the least notional, with what it would take."""
    least = f"1 share and {rules.risk.min_notional_usd:g} USD"
    try:
        result = sized(plan, scene, rules.risk)
    except ValueError as problem:
        return str(problem), f"at least {least}"
    if not result.too_small:
        return None
    needs = f"equity of {result.needed_equity} USD"
    if result.needed_equity is None:
        needs = "a weight of its strategy above 0"
    elif result.cap is Cap.BUYING_POWER:
        needs += f" and buying power of {result.needed_buying_power} USD"
    return f"{result.shares:f} shares, limited by {result.cap}", f"at least {least}: needs {needs}"


def _beyond(plan: Plan) -> str:
    return "above" if plan.direction > 0 else "below"
