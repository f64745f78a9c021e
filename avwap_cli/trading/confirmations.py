"""Confirmations: what the running session must show before a plan is entered.

`confirm` holds the last trade against the previous close; `breakout` asks the last two closed
bars whether the price broke through the entry level and stayed there.  Both read the same for
longs and, mirrored, for shorts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from avwap_cli.market import sessions
from avwap_cli.trading.intents import Leg, Role
from avwap_cli.trading.plans import Plan, decimal
from avwap_cli.trading.policies import BreakoutPolicy, ConfirmPolicy
from avwap_cli.trading.quotes import LastTrade, PriceBar
from avwap_cli.trading.ticks import rounded_limit
from avwap_cli.verdicts import Denial, Gate


def confirm(
    plan: Plan, trade: LastTrade | None, now: datetime, policy: ConfirmPolicy
) -> Denial | None:
    """The last trade at or above the previous close of a long, at or below it of a short.

    A trade older than `max_age_s`, or from as far in the future, confirms nothing.
    """
    if trade is None or trade.symbol != plan.symbol:
        return _no(None, f"a trade of the last {policy.max_age_s:g} s")
    age_s = (now - trade.at).total_seconds()
    if abs(age_s) > policy.max_age_s:
        return _no(f"{age_s:.0f} s old", f"a trade of the last {policy.max_age_s:g} s")
    level = plan.prev_close * (1 - plan.direction * decimal(policy.tolerance_frac))
    text = f"last trade {_at_least(plan)} {level.normalize():f}"
    if not _positive(trade.price) or (trade.price - level) * plan.direction < 0:
        return _no(f"{trade.price:f}", text)
    return None


def breakout(
    plan: Plan, bars: Iterable[PriceBar], now: datetime, policy: BreakoutPolicy
) -> Denial | None:
    """The last two closed bars of the session broke out and held.

    1. Both are there, and so are the `volume_bars` regular-hours bars before them, back into
       the sessions before; a bar that is missing confirms nothing.
    2. The first closes beyond the entry level; the second does not close back through it.
    3. The first has at least `volume_frac` of the mean volume of the bars before it.

    Args:
        bars: of the plan's symbol and one feed; others, and those out of hours, are passed over.
    """
    length = timedelta(minutes=policy.bar_minutes)
    starts = last_closed_starts(plan.session, now, length, policy.volume_bars + 2)
    if starts is None:
        return _no(None, f"two closed {policy.bar_minutes}-minute bars of the session")
    by_start = {b.start: b for b in bars if b.symbol == plan.symbol and b.length == length}
    missing = [start for start in starts if start not in by_start]
    if missing:
        last = missing[-1].astimezone(sessions.EASTERN)
        gap = f"the {policy.bar_minutes}-minute bar of {last:%Y-%m-%d %H:%M} is missing"
        return _no(gap, f"all of the last {len(starts)} bars")
    *before, first, second = (by_start[start] for start in starts)
    return _broken(plan, first, second) or _carried(before, first, policy)


def entry_limit(plan: Plan, last_price: Decimal, policy: BreakoutPolicy) -> Decimal:
    """The limit of an entry: at most `limit_frac` beyond the last price, on its tick, USD.

    Raises:
        ValueError: the last price is not positive.
    """
    side = Role(plan.session, plan.strategy, plan.symbol, plan.direction, Leg.ENTRY).side
    beyond = last_price * (1 + plan.direction * decimal(policy.limit_frac))
    return rounded_limit(beyond, side)


def last_closed_starts(
    session: date, now: datetime, length: timedelta, count: int
) -> list[datetime] | None:
    """The starts of the last `count` regular-hours bars closed at `now`, oldest first.

    None unless the last two of them belong to `session`.
    """
    today = [start for start in _starts(session, length) if start + length <= now]
    if len(today) < 2:
        return None
    starts, day = today, session
    while len(starts) < count:
        day = sessions.previous_session(day)
        starts = [*_starts(day, length), *starts]
    return starts[-count:]


def _starts(session: date, length: timedelta) -> Iterator[datetime]:
    start, closes = sessions.opens_at(session), sessions.closes_at(session)
    while start + length <= closes:
        yield start
        start += length


def _broken(plan: Plan, first: PriceBar, second: PriceBar) -> Denial | None:
    if not _positive(first.close) or (first.close - plan.entry) * plan.direction <= 0:
        return _no(f"{first.close:f}", f"first bar closes {_beyond(plan)} {plan.entry:f}")
    if not _positive(second.close) or (second.close - plan.entry) * plan.direction < 0:
        return _no(f"{second.close:f}", f"second bar closes {_at_least(plan)} {plan.entry:f}")
    return None


def _carried(before: Sequence[PriceBar], first: PriceBar, policy: BreakoutPolicy) -> Denial | None:
    total = sum(bar.volume for bar in before)
    wanted = decimal(policy.volume_frac) * total / len(before)
    if total <= 0 or first.volume < wanted:
        text = f"volume >= {policy.volume_frac:g} of the {len(before)} bars' mean ({wanted:.0f})"
        return _no(str(first.volume), text)
    return None


def _positive(price: Decimal) -> bool:
    return price.is_finite() and price > 0


def _beyond(plan: Plan) -> str:
    return "above" if plan.direction > 0 else "below"


def _at_least(plan: Plan) -> str:
    return ">=" if plan.direction > 0 else "<="


def _no(measured: str | None, threshold: str) -> Denial:
    return Denial(Gate.NOT_CONFIRMED, measured, threshold)
