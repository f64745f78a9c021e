"""Exits: whether a position is to be left now, and why.  The first rule that fires wins.

0. The halt level `flatten`: leave.
1. Emergency: a closed minute bar shows the loss `emergency_frac`, or two in a row show
   `emergency_twice_frac`; the loss counts from the ledger's and from the broker's average
   price.  Where these differ too much (a split?) no price decides anything.
2. The entry day: nothing else, but for avwap.
3. The stop, where the order that should have done it is missing or did not fill.
4. The take profit, and avwap's two trims.
5. The trail, as 3.
6. What was planned on the daily closes.

A bar counts once it is closed, of this session, and begun after the entry.  Rule 1 asks all
bars given, so that none is missed after a silence; the others ask the newest.  Where no bar
came for `no_bar_s`, the last trade stands for one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_FLOOR, Decimal

from avwap_cli.market.sessions import EASTERN, opens_at
from avwap_cli.trading.intents import Leg
from avwap_cli.trading.orders import ZERO, BrokerOrder, OrderKind
from avwap_cli.trading.plans import decimal
from avwap_cli.trading.policies import ExitPolicy
from avwap_cli.trading.positions import Position
from avwap_cli.trading.quotes import LastTrade, PriceBar
from avwap_cli.trading.stop_levels import StopLevel, is_entry_day, targets
from avwap_cli.verdicts import ExitReason, HoldReason


@dataclass(frozen=True, slots=True)
class Watch:
    """What is seen of one position in one pass.

    Attributes:
        now: aware.
        session: the running trade session.
        market_open: while it is not, nothing is decided.
        bars: minute bars, oldest first: those closed since the last decision, and at least
            the last two.
        last_trade: None where none is known.
        live_stop: the protective order that may still trade; None = there is none.
        level: where that order belongs (`stop_levels.wanted`).
        broker_avg: the broker's average price, USD; None = it shows no such position.
        planned: what the evening's closes decided.
        flatten: the halt level that leaves everything.
        trimming: a trim is on its way, so no other is decided.
    """

    now: datetime
    session: date
    market_open: bool
    bars: tuple[PriceBar, ...]
    last_trade: LastTrade | None
    live_stop: BrokerOrder | None
    level: StopLevel
    broker_avg: Decimal | None
    planned: ExitReason | None = None
    flatten: bool = False
    trimming: bool = False


@dataclass(frozen=True, slots=True)
class ToLeave:
    """Close the whole position.

    Attributes:
        price: that decided it, USD; None where no price did.
        why: a sentence with the figures.
    """

    reason: ExitReason
    price: Decimal | None
    why: str


@dataclass(frozen=True, slots=True)
class ToTrim:
    """Close a part; 0 shares = only the stop moves."""

    leg: Leg
    reason: ExitReason
    shares: Decimal
    price: Decimal
    why: str


@dataclass(frozen=True, slots=True)
class Held:
    """Keep it."""

    reason: HoldReason


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Ledger and broker differ about the average price: no price decides, a person must look."""

    text: str


Decided = ToLeave | ToTrim | Held | Disagreement


def decide(position: Position, watch: Watch, policy: ExitPolicy) -> Decided:
    """What to do with the position now."""
    if not watch.market_open:
        return Held(HoldReason.HOLD)
    if watch.flatten:
        price = None if watch.last_trade is None else watch.last_trade.price
        return ToLeave(ExitReason.FLATTEN, price, "everything is to be closed")
    case = _Case(position, watch, policy)
    differs = _disagreement(case)
    found = _by_price(case) if differs is None else None
    if found is not None:
        return found
    if case.only_emergency:
        return differs or Held(HoldReason.DAY_SKIP)
    if watch.planned is not None:
        return ToLeave(watch.planned, None, "decided on the daily closes")
    return differs or Held(HoldReason.HOLD)


@dataclass(frozen=True, slots=True)
class _Print:
    """A price that may decide something.

    Attributes:
        since: when what it tells of began.
        source: for a person.
    """

    price: Decimal
    since: datetime
    source: str


@dataclass(frozen=True, slots=True)
class _Case:
    """One position in one pass."""

    position: Position
    watch: Watch
    policy: ExitPolicy

    @property
    def only_emergency(self) -> bool:
        """Whether it is the entry day, on which nothing else closes a batch position."""
        return is_entry_day(self.position, self.watch.session) and not self.position.is_avwap

    def reached(self, goal: Decimal, seen: _Print) -> bool:
        """Whether that price is at the goal or beyond it, to the position's advantage."""
        return self.position.direction * (seen.price - goal) >= 0


def _by_price(case: _Case) -> ToLeave | ToTrim | None:
    """Rules 1 to 5."""
    bars = [_of_bar(b) for b in case.watch.bars if _usable(b, case)]
    trade = _trade(case)
    found = _emergency(case, bars, trade)
    if found is not None:
        return found
    newest = trade or (bars[-1] if bars else None)
    if newest is None or case.only_emergency:
        return None
    trails = case.watch.level.reason is ExitReason.TRAILING_STOP
    rules = (_target, _trim, _stop) if trails else (_stop, _target, _trim)
    outcomes = (rule(case, newest) for rule in rules)
    return next((outcome for outcome in outcomes if outcome is not None), None)


def _usable(bar: PriceBar, case: _Case) -> bool:
    """Closed, of this session, begun after the entry, and with a price."""
    first = max(case.position.entered_at, opens_at(case.watch.session))
    closed = first <= bar.start and bar.end <= case.watch.now
    return closed and bar.close.is_finite() and bar.close > 0


def _of_bar(bar: PriceBar) -> _Print:
    minute = bar.start.astimezone(EASTERN)
    return _Print(bar.close, bar.start, f"the minute of {minute:%H:%M}")


def _trade(case: _Case) -> _Print | None:
    """The last trade, where bars are missing for too long and it is newer than they are."""
    watch, trade = case.watch, case.watch.last_trade
    ends = [bar.end for bar in watch.bars if bar.end <= watch.now]
    heard = max([case.position.entered_at, opens_at(watch.session), *ends])
    if trade is None or (watch.now - heard).total_seconds() < case.policy.no_bar_s:
        return None
    if trade.at < heard or not trade.price.is_finite() or trade.price <= 0:
        return None
    return _Print(trade.price, trade.at, f"the last trade ({trade.feed}), no bar came since")


def _emergency(case: _Case, bars: list[_Print], trade: _Print | None) -> ToLeave | None:
    once = decimal(case.policy.emergency_frac)
    twice = decimal(case.policy.emergency_twice_frac)
    before = ZERO
    for seen in (*bars, *([trade] if trade else ())):
        loss = _loss(case, seen.price)
        if loss >= once:
            return ToLeave(ExitReason.EMERGENCY_IMMEDIATE, seen.price, _lost(loss, seen))
        if seen is not trade and min(loss, before) >= twice:
            why = f"{_lost(loss, seen)}, the second bar in a row"
            return ToLeave(ExitReason.EMERGENCY_STOP, seen.price, why)
        before = loss
    return None


def _loss(case: _Case, price: Decimal) -> Decimal:
    """The larger of the losses from the two averages, a fraction; negative for a gain."""
    mine, theirs = case.position.avg_price, case.watch.broker_avg or case.position.avg_price
    gains = (case.position.direction * (price / average - 1) for average in (mine, theirs))
    return -min(gains)


def _lost(loss: Decimal, seen: _Print) -> str:
    return f"a loss of {100 * loss:.1f} % at {seen.price} in {seen.source}"


def _disagreement(case: _Case) -> Disagreement | None:
    symbol, mine, theirs = case.position.symbol, case.position.avg_price, case.watch.broker_avg
    if theirs is None:
        return Disagreement(f"{symbol}: the broker shows no average price")
    if not theirs.is_finite() or theirs <= 0:
        return Disagreement(f"{symbol}: {theirs} cannot be the broker's average price")
    tolerance = decimal(case.policy.average_tolerance_frac)
    if abs(theirs - mine) <= tolerance * mine:
        return None
    return Disagreement(
        f"{symbol}: the average price is {mine:.4f} here and {theirs:.4f} at the broker, "
        f"more than {100 * tolerance:.1f} % apart"
    )


def _stop(case: _Case, seen: _Print) -> ToLeave | None:
    """A price through the stop, where no order did it."""
    order, price, state = case.watch.live_stop, case.watch.level.price, "which is missing"
    if order is not None:
        if seen.since < order.submitted_at:
            return None
        price, state = _last_price(case, order), "which did not fill"
    if case.position.direction * (seen.price - price) > 0:
        return None
    why = f"{seen.price} in {seen.source} is through the stop at {price}, {state}"
    return ToLeave(case.watch.level.reason, seen.price, why)


def _last_price(case: _Case, order: BrokerOrder) -> Decimal:
    """The worst price at which the order may fill: a short's is a limit some way above its stop."""
    policy, stop = case.policy, order.stop_price or case.watch.level.price
    if case.position.direction > 0:
        return stop
    if order.kind is OrderKind.STOP_LIMIT and order.limit_price is not None:
        return order.limit_price
    low = stop < decimal(policy.low_price_usd)
    collar = policy.short_stop_collar_low_price_frac if low else policy.short_stop_collar_frac
    return stop * (1 + decimal(collar))


def _target(case: _Case, seen: _Print) -> ToLeave | None:
    goal = targets(case.position).take_profit
    if goal is None or not case.reached(goal, seen):
        return None
    why = f"{seen.price} in {seen.source} has reached the target {goal}"
    return ToLeave(ExitReason.TAKE_PROFIT, seen.price, why)


def _trim(case: _Case, seen: _Print) -> ToTrim | None:
    """avwap's next trim: the second only once the first is decided, and of what that leaves."""
    goals, policy, position = targets(case.position), case.policy, case.position
    if Leg.TRIM1 not in position.trims:
        leg, reason, goal = Leg.TRIM1, ExitReason.TRIM_R1, goals.r1
        part = policy.avwap_trim1_frac
    else:
        leg, reason, goal = Leg.TRIM2, ExitReason.TRIM_R2, goals.r2
        part = policy.avwap_trim2_frac
    if case.watch.trimming or leg in position.trims:
        return None
    if goal is None or not case.reached(goal, seen):
        return None
    rest = position.shares - _to_be_trimmed(position)
    shares = (rest * decimal(part)).to_integral_value(ROUND_FLOOR)
    why = f"{seen.price} in {seen.source} has reached {goal}"
    return ToTrim(leg, reason, shares, seen.price, why)


def _to_be_trimmed(position: Position) -> Decimal:
    """Shares that the first trim was to sell and has not."""
    decision = position.decided(Leg.TRIM1)
    if decision is None or decision.shares is None:
        return ZERO
    sold = sum((abs(e.shares) for e in position.executions if e.leg is Leg.TRIM1), ZERO)
    return max(ZERO, min(decision.shares - sold, position.shares))
