"""Protections: the one stop that rests behind each position, for its whole quantity.

What rests is touched only in regular hours (a queued order cannot be replaced, and its
cancel may stay pending until the open); a missing stop may be placed at any hour.  A move is
one PATCH under a new id; where that is refused the stop is canceled, and the next pass places
a new one.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from avwap_cli.trading.facts import Closure, Decision, Ending
from avwap_cli.trading.intents import Leg
from avwap_cli.trading.order_records import OrderRecord, OrderState
from avwap_cli.trading.orders import ZERO, BrokerOrder, OrderKind, Status, TimeInForce
from avwap_cli.trading.plans import per_share
from avwap_cli.trading.positions import Position
from avwap_cli.trading.refusals import RefusalName
from avwap_cli.trading.steps import Move, Page, Send, Settle, Situation, Step, drop, stuck
from avwap_cli.trading.stop_levels import StopLevel, wanted
from avwap_cli.verdicts import ExitReason

RETRIES = 3  # refused stops of one session before a pause lies between two attempts
LONGEST_RETRIES = 5  # pauses, at most, between two attempts that go on being refused
# an elected stop fills, and its rest is watched by the minute closes; a replacement is under way
AT_WORK = frozenset({Status.PARTIALLY_FILLED, Status.PENDING_REPLACE})
KEPT_S = 60.0  # a stop that the broker ends sooner, unasked, counts as refused
PENDING_S = 30.0  # an order that is not yet replaceable by then is canceled instead


def protect(situation: Situation, position: Position, reserved: Decimal = ZERO) -> list[Step]:
    """The next step towards the right stop; none where it stands, or nothing can be done now.

    Args:
        reserved: shares that are about to be sold, which the stop must leave free.
    """
    if position.symbol in situation.unagreed | situation.leaving_by_split:
        return _without_stop(situation, position)
    outdated = _before_split(situation, position)
    if outdated:  # at any hour: at the open it would sell at a price of the old basis
        return [step for stop in outdated for step in drop(situation, stop, "the shares split")]
    shares, stops = situation.held(position) - reserved, situation.book.stops_of(position)
    if shares <= 0:
        return [step for stop in stops for step in drop(situation, stop, "no shares behind it")]
    level = level_of(situation, position)
    if not stops or not level.price:
        return _place(situation, position, shares, level)
    if len(stops) > 1:
        return [step for stop in stops[:-1] for step in drop(situation, stop, "one stop is enough")]
    return _adjust(situation, position, stops[0], shares, level)


def is_right(situation: Situation, position: Position, shares: Decimal) -> bool:
    """Whether one stop stands alone, for that many shares at the wanted price."""
    stops = situation.book.stops_of(position)
    if len(stops) != 1 or stops[0].report is None:
        return False
    level = level_of(situation, position)
    return stops[0].report.status is Status.NEW and _fits(stops[0], shares, level.price)


def standing_stop(situation: Situation, position: Position) -> BrokerOrder | None:
    """The broker's report of the stop behind the position; None = none is known to stand."""
    reports = [stop.report for stop in situation.book.stops_of(position)]
    return next((report for report in reports if report is not None), None)


def level_of(situation: Situation, position: Position) -> StopLevel:
    """Where the stop belongs now."""
    placed = _placed(situation, position)
    return wanted(
        position,
        situation.session,
        situation.rules.exit,
        now=situation.now,
        last_moved_at=placed[-1].intent.made_at if placed else None,
        floor=_floor(position, placed),
    )


def _placed(situation: Situation, position: Position) -> list[OrderRecord]:
    """The stops that ever stood for this position, oldest first."""
    return [
        o
        for o in situation.book.orders_of(position.symbol, Leg.STOP)
        if o.intent.role.strategy == position.strategy
        and o.report is not None
        and o.intent.made_at >= position.entered_at
    ]


def _floor(position: Position, placed: list[OrderRecord]) -> Decimal | None:
    """The tightest price at which a stop stood, on today's basis; it never loosens again."""
    prices = [_today(position, o) for o in placed]
    known = [p for p in prices if p is not None]
    if not known:
        return None
    return max(known) if position.direction > 0 else min(known)


def _today(position: Position, record: OrderRecord) -> Decimal | None:
    price = record.intent.stop_price
    for split in position.splits:
        if price is not None and record.intent.role.session < split.first_session:
            price = per_share(price, split.ratio)
    return price


def _before_split(situation: Situation, position: Position) -> list[OrderRecord]:
    """The stops that were placed on a basis that a split has ended."""
    last = max((split.first_session for split in position.splits), default=None)
    if last is None:
        return []
    return [o for o in situation.book.stops_of(position) if o.intent.role.session < last]


def _without_stop(situation: Situation, position: Position) -> list[Step]:
    """No stop may stand; where the new basis should be there and is not, somebody must look."""
    symbol = position.symbol
    steps = [
        step
        for stop in situation.book.stops_of(position)
        for step in drop(situation, stop, "the shares split")
    ]
    if symbol not in situation.unagreed:
        return steps
    text = f"{symbol} split, and the broker's quantity does not show it yet: no stop stands"
    return [*steps, Page("split", symbol, text)]


def _place(
    situation: Situation, position: Position, shares: Decimal, level: StopLevel
) -> list[Step]:
    if not level.price:
        text = f"{position.symbol}: an average price of {position.avg_price} tells no stop"
        return [Page("average", position.symbol, text)]
    last = _last_refused(situation, position)
    if last is not None:
        name = last.answer.name if last.answer is not None else ""
        if name == RefusalName.STOP_THROUGH:
            return leave(situation, position, ExitReason(level.reason))
        if _too_soon(situation, position, last):
            return []
    if _is_through(situation, position, level.price):
        return leave(situation, position, ExitReason(level.reason))
    whole = shares.to_integral_value(rounding="ROUND_FLOOR")
    if not whole:
        return leave(situation, position, ExitReason.SPLIT_RESIDUE)
    intent = situation.intent(
        position,
        Leg.STOP,
        whole,
        OrderKind.STOP,
        TimeInForce.DAY if _day_only(situation, position) else TimeInForce.GTC,
        stop_price=level.price,
        reason=level.reason,
    )
    return [Send(intent)]


def leave(situation: Situation, position: Position, reason: ExitReason) -> list[Step]:
    """Decide to close the whole position; nothing where that is decided already."""
    if position.decided(Leg.EXIT) is not None:
        return []
    price = situation.last_price(position.symbol)
    decision = Decision(
        situation.now,
        situation.session,
        position.strategy,
        position.symbol,
        Leg.EXIT,
        reason,
        price,
        None,
    )
    return [Settle(decision)]


def _is_through(situation: Situation, position: Position, price: Decimal) -> bool:
    """Whether the market is beyond the stop already, in a running session."""
    found = situation.lasts.get(position.symbol)
    if found is None or not situation.is_open:
        return False
    last, at = found
    young = situation.age_s(at) <= situation.rules.exit.no_bar_s
    if at < max(situation.opens, position.entered_at) or not young:
        return False  # of another session, perhaps of another basis
    return (last - price) * position.direction <= 0


def day_stops(situation: Situation) -> bool:
    """Whether a stop stands that ends with this session, and has to be placed anew after it."""
    return any(
        stop.intent.tif is TimeInForce.DAY
        for position in situation.book.open
        for stop in situation.book.stops_of(position)
        if stop.intent.role.session == situation.session
    )


def _last_refused(situation: Situation, position: Position) -> OrderRecord | None:
    """The last stop tried in this session, if the broker refused it."""
    tried = _tried(situation, position)
    return tried[-1] if tried and _not_kept_at(tried[-1]) is not None else None


def _not_kept_at(record: OrderRecord) -> datetime | None:
    """When the broker refused it, or ended it soon after it stood and without being asked."""
    report = record.report
    if record.refused_at is not None or report is None or not report.status.final:
        return record.refused_at
    lasted_s = (report.updated_at - report.submitted_at).total_seconds()
    ours = record.cancel_at is not None or record.filled > 0 or report.status is Status.REPLACED
    return None if ours or lasted_s > KEPT_S else report.updated_at


def _tried(situation: Situation, position: Position) -> list[OrderRecord]:
    return [
        o
        for o in situation.book.orders_of(position.symbol, Leg.STOP)
        if o.intent.role.strategy == position.strategy
        and o.intent.role.session == situation.session
        and o.intent.replaces is None
        and o.intent.made_at >= position.entered_at
    ]


def _too_soon(situation: Situation, position: Position, last: OrderRecord) -> bool:
    """Refused again and again: the page goes out, and each wait is longer than the last.

    A fill since then may have taken away what the broker objected to.
    """
    again = 0
    for record in reversed(_tried(situation, position)):
        if _not_kept_at(record) is None:
            break
        again += 1
    refused_at = _not_kept_at(last)
    if again < RETRIES or (refused_at and position.executions[-1].at > refused_at):
        return False
    pauses = min(1 << (again - RETRIES), LONGEST_RETRIES)
    return situation.age_s(refused_at) < pauses * situation.rules.exit.retry_after_s


def _day_only(situation: Situation, position: Position) -> bool:
    """Whether the broker takes only day orders for it: it said so once of this position."""
    return any(
        o.answer is not None and o.answer.name == RefusalName.HARD_TO_BORROW_DAY_ONLY
        for o in situation.book.orders_of(position.symbol, Leg.STOP)
        if o.intent.made_at >= position.entered_at
    )


def _fits(stop: OrderRecord, shares: Decimal, price: Decimal) -> bool:
    report = stop.report
    return report is not None and report.left_shares == shares and report.stop_price == price


def _adjust(
    situation: Situation, position: Position, stop: OrderRecord, shares: Decimal, level: StopLevel
) -> list[Step]:
    report, page = stop.report, stuck(situation, stop)
    if report is None or report.status is Status.PENDING_CANCEL:
        return [] if page is None else [page]
    whole = shares.to_integral_value(rounding="ROUND_FLOOR")
    if _fits(stop, whole, level.price) or not situation.is_open or report.status in AT_WORK:
        return []
    is_new = report.status is Status.NEW
    if not is_new and situation.age_s(report.submitted_at) < PENDING_S:
        return []
    if not is_new or _move_was_refused(situation, stop):
        return drop(situation, stop, "it cannot be moved")
    intent = situation.intent(
        position,
        Leg.STOP,
        whole,
        OrderKind.STOP,
        stop.intent.tif,
        stop_price=level.price,
        reason=level.reason,
        replaces=stop,
    )
    return [Move(intent, stop)]


def _move_was_refused(situation: Situation, stop: OrderRecord) -> bool:
    return any(
        o.intent.replaces == stop.id and o.state is OrderState.CLOSED
        for o in situation.book.orders_of(stop.symbol, Leg.STOP)
    )


def given_up(record: OrderRecord, now: datetime, why: str) -> Settle:
    """Close an intent that never became an order."""
    return Settle(Closure(now, record.id, Ending.UNSENT, why))
