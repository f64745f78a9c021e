"""Entry gates: what an entry passes before it is sent, in the order of `verdicts.Gate`.

The first gate that says no denies; what is missing or no number denies as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from avwap_cli.trading import account_gates, market_gates, symbol_gates
from avwap_cli.trading.account_gates import No
from avwap_cli.trading.entry_scenes import EntryScene
from avwap_cli.trading.plans import Plan
from avwap_cli.trading.policies import TradingRules
from avwap_cli.verdicts import Denial, Gate

Check = Callable[[Plan, EntryScene, TradingRules], No]

CHECKS: Mapping[Gate, Check] = {
    Gate.HALTED: account_gates.halted,
    Gate.LIVE_KEY: account_gates.live_key,
    Gate.CLOCK: account_gates.clock,
    Gate.WINDOW: account_gates.window,
    Gate.STALE_PLAN: account_gates.stale_plan,
    Gate.DEGRADED_PLAN: account_gates.degraded_plan,
    Gate.NOT_RECONCILED: account_gates.not_reconciled,
    Gate.DAILY_LOSS: account_gates.daily_loss,
    Gate.DRAWDOWN: account_gates.drawdown,
    Gate.BAD_NUMBER: account_gates.bad_number,
    Gate.BARRED: symbol_gates.barred,
    Gate.CLOSED_TODAY: symbol_gates.closed_today,
    Gate.ATTEMPTS: symbol_gates.attempts,
    Gate.UNRESOLVED: symbol_gates.unresolved,
    Gate.ALREADY_HELD: symbol_gates.already_held,
    Gate.FOREIGN_POSITION: symbol_gates.foreign_position,
    Gate.ORDER_RESTING: symbol_gates.order_resting,
    Gate.MAX_OPEN: symbol_gates.max_open,
    Gate.MAX_LONG: symbol_gates.max_long,
    Gate.MAX_SHORT: symbol_gates.max_short,
    Gate.MAX_PER_STRATEGY: symbol_gates.max_per_strategy,
    Gate.MAX_PER_SECTOR: symbol_gates.max_per_sector,
    Gate.MAX_NEW: symbol_gates.max_new,
    Gate.MAX_NEW_IN_GROUP: symbol_gates.max_new_in_group,
    Gate.MAX_ORDERS: symbol_gates.max_orders,
    Gate.NOT_TRADABLE: market_gates.not_tradable,
    Gate.TRADING_HALT: market_gates.trading_halt,
    Gate.NOT_SHORTABLE: market_gates.not_shortable,
    Gate.HARD_TO_BORROW: market_gates.hard_to_borrow,
    Gate.SMALL_ACCOUNT: market_gates.small_account,
    Gate.NO_GTC_STOP: market_gates.no_gtc_stop,
    Gate.STALE_QUOTE: market_gates.stale_quote,
    Gate.CROSSED_QUOTE: market_gates.crossed_quote,
    Gate.GAP: market_gates.gap,
    Gate.NOT_CONFIRMED: market_gates.not_confirmed,
    Gate.NO_ROOM: market_gates.no_room,
    Gate.TOO_SMALL: market_gates.too_small,
}


def denied(plan: Plan, scene: EntryScene, rules: TradingRules) -> Denial | None:
    """The first gate that says no to that plan in that scene; None = it may be entered."""
    for gate, check in CHECKS.items():
        no = check(plan, scene, rules)
        if no is not None:
            return Denial(gate, *no)
    return None
