"""Stop levels: where the protective stop of a position belongs now, and its targets.

One plain stop rests at the broker for the whole position.  Its price is the tightest of the
levels that hold:

1. the emergency level, `emergency_frac` from the average entry price, always;
2. the strategy's own stop: a distance in ATR from the average, or avwap's structural stop;
   from the second session on, avwap's from the first fill on;
3. avwap's average price, once its first trim is decided;
4. the trail, from the extreme of completed sessions (batch strategies, from the second session
   on), or from the extreme so far (avwap, once its second trim is decided);
5. the tightest price that it ever had: a stop never loosens.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from avwap_cli.trading.intents import Leg
from avwap_cli.trading.orders import ZERO
from avwap_cli.trading.plans import decimal
from avwap_cli.trading.policies import ExitPolicy
from avwap_cli.trading.positions import Position
from avwap_cli.trading.ticks import rounded_tighter
from avwap_cli.verdicts import ExitReason


@dataclass(frozen=True, slots=True)
class StopLevel:
    """A stop's price and what it stands for.

    Attributes:
        price: USD, on the tick, rounded to the tighter side; 0 = no level can be told, which
            is so of a position without a positive average price.
        reason: emergency_stop, stop_loss or trailing_stop.
    """

    price: Decimal
    reason: ExitReason


@dataclass(frozen=True, slots=True)
class Targets:
    """Where a position is reduced with a profit, USD on the tick; None = it has no such target.

    Attributes:
        r1, r2: avwap's trims, the plan's own levels.
        take_profit: of the batch strategies, from the average entry price.
    """

    r1: Decimal | None
    r2: Decimal | None
    take_profit: Decimal | None


def wanted(
    position: Position,
    session: date,
    policy: ExitPolicy,
    now: datetime,
    last_moved_at: datetime | None,
    floor: Decimal | None,
) -> StopLevel:
    """The stop that should rest for the position now.

    Args:
        session: the running trade session.
        now, last_moved_at: avwap's trail moves at most every `avwap_trail_every_s`; None = the
            stop was never moved.
        floor: the tightest price at which a stop of this position ever stood, on the present
            basis of shares; None = none ever did.
    """
    levels = list(_fixed(position, session, policy))
    if floor is None or not position.is_avwap or not _too_soon(now, last_moved_at, policy):
        levels += _trails(position, session, policy)
    if floor is not None:
        levels.append((floor, _reason_of_floor(position, session)))
    way = position.direction
    # Rounded before they are compared, so that a level is not outdone by its own stop.
    rounded = [(rounded_tighter(price, way), reason) for price, reason in levels if price > 0]
    nowhere = (ZERO, ExitReason.EMERGENCY_STOP)
    return StopLevel(*max(rounded, key=lambda level: way * level[0], default=nowhere))


def targets(position: Position) -> Targets:
    """The position's targets, rounded to the nearer side; a position without a plan has none."""
    plan, way = position.plan, position.direction

    def rounded(price: Decimal | None) -> Decimal | None:
        return None if price is None or price <= 0 else rounded_tighter(price, -way)

    if plan is None:
        return Targets(None, None, None)
    if position.is_avwap:
        return Targets(rounded(plan.r1), rounded(plan.r2), None)
    if plan.tp_atr_mult is None:
        return Targets(None, None, None)
    return Targets(None, None, rounded(position.avg_price + way * plan.tp_atr_mult * plan.atr))


def is_entry_day(position: Position, session: date) -> bool:
    """Whether that session is the one in which the position was begun."""
    return session <= position.entry_session


_Level = tuple[Decimal, ExitReason]


def _fixed(position: Position, session: date, policy: ExitPolicy) -> Iterator[_Level]:
    """The levels that do not follow the price."""
    way, average = position.direction, position.avg_price
    yield average * (1 - way * decimal(policy.emergency_frac)), ExitReason.EMERGENCY_STOP
    own = position.own_stop
    if own is not None and (position.is_avwap or not is_entry_day(position, session)):
        yield own, ExitReason.STOP_LOSS
    if position.is_avwap and Leg.TRIM1 in position.trims:
        yield average, ExitReason.STOP_LOSS


def _trails(position: Position, session: date, policy: ExitPolicy) -> Iterator[_Level]:
    """The trail, once it has begun."""
    way, average, plan = position.direction, position.avg_price, position.plan
    if plan is None:
        return
    if position.is_avwap:
        extreme: Decimal | None = position.high if way > 0 else position.low
        begun = Leg.TRIM2 in position.trims and plan.r2 is not None
        reach = way * ((plan.r2 or average) - average)
        distance = decimal(policy.avwap_trail_frac) * reach
    else:
        extreme = position.extreme_before(session)
        gained = None if extreme is None else way * (extreme - average)
        begun = gained is not None and gained >= decimal(policy.trail_from_atr) * plan.atr
        begun = begun and not is_entry_day(position, session)
        distance = (plan.trailing_atr_mult or Decimal(0)) * plan.atr
    if begun and extreme is not None and distance > 0:
        yield extreme - way * distance, ExitReason.TRAILING_STOP


def _too_soon(now: datetime, last_moved_at: datetime | None, policy: ExitPolicy) -> bool:
    if last_moved_at is None:
        return False
    return (now - last_moved_at).total_seconds() < policy.avwap_trail_every_s


def _reason_of_floor(position: Position, session: date) -> ExitReason:
    """What made a stop tighter than every level that holds now."""
    plan = position.plan
    if plan is None or (is_entry_day(position, session) and not position.is_avwap):
        return ExitReason.EMERGENCY_STOP
    if position.is_avwap:
        trails = Leg.TRIM2 in position.trims
    else:
        trails = plan.trailing_atr_mult is not None
    return ExitReason.TRAILING_STOP if trails else ExitReason.STOP_LOSS
