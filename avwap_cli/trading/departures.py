"""Departures: how a decided exit or trim is carried out, one step a pass.

Shares are reserved once at the broker, so the stop has to leave before they can be sold: all
of it for an exit, a part of it for a trim.  Between the two the position is watched; whatever
fails, the stop goes back.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from avwap_cli.trading.facts import Decision
from avwap_cli.trading.intents import TRIMS, Leg
from avwap_cli.trading.order_records import OrderRecord, OrderState
from avwap_cli.trading.orders import ZERO, OrderKind, Status, TimeInForce
from avwap_cli.trading.positions import Position
from avwap_cli.trading.protections import is_right, protect
from avwap_cli.trading.steps import Send, Situation, Step, drop, stuck
from avwap_cli.verdicts import ExitReason

QUIET_RETRIES = 15  # without any word of a trade, so many times longer between two attempts


def depart(situation: Situation, position: Position, decision: Decision) -> list[Step]:
    """The next step of an exit.

    1. Closed market, or a failed attempt too fresh: the stop stays, or goes back.
    2. Trims and the stop are canceled, and their end awaited.
    3. A market order for what the broker holds on the ledger's side.
    4. What has not filled within `trim_wait_s` is canceled, and the stop goes back.
    """
    live = situation.live(position.symbol, Leg.EXIT)
    if live:
        return _await(situation, live)
    if not situation.is_open or _must_wait(situation, position, decision):
        return protect(situation, position)
    if position.symbol in situation.unagreed and decision.reason != ExitReason.FLATTEN:
        return protect(situation, position)
    in_the_way = situation.live(position.symbol, Leg.STOP, *TRIMS)
    if in_the_way:
        return [step for record in in_the_way for step in _clear(situation, record)]
    shares = situation.held(position)
    if shares <= 0:
        return []
    intent = situation.intent(
        position,
        Leg.EXIT,
        shares,
        OrderKind.MARKET,
        TimeInForce.DAY,
        reason=decision.reason,
        price=decision.price,
    )
    return [Send(intent)]


def _clear(situation: Situation, record: OrderRecord) -> list[Step]:
    """Get an order out of the way; never sell while its end is not certain."""
    if record.report is not None and record.report.status is Status.PENDING_CANCEL:
        page = stuck(situation, record)
        return [] if page is None else [page]
    return drop(situation, record, "the position is closed")


def _await(situation: Situation, live: list[OrderRecord]) -> list[Step]:
    if len(live) > 1:
        return [step for record in live[1:] for step in drop(situation, record, "one is enough")]
    record = live[0]
    sent_at = record.sent_at or record.intent.made_at
    since = max(sent_at, situation.opens)
    if situation.is_open and situation.age_s(since) >= situation.rules.exit.trim_wait_s:
        return drop(situation, record, "it did not fill in time")
    return []


def _must_wait(situation: Situation, position: Position, decision: Decision) -> bool:
    """After an attempt that failed: a while, and until the symbol trades again."""
    failed_at = _failed_at(situation, position, decision)
    if failed_at is None:
        return False
    pause = situation.rules.exit.retry_after_s
    if situation.age_s(failed_at) < pause:
        return True
    trades = situation.traded_since(position.symbol, failed_at)
    return not trades and situation.age_s(failed_at) < QUIET_RETRIES * pause


def _failed_at(situation: Situation, position: Position, decision: Decision) -> datetime | None:
    tried = [
        o
        for o in situation.book.orders_of(position.symbol, Leg.EXIT)
        if o.intent.role.strategy == position.strategy and o.intent.made_at >= decision.at
    ]
    if not tried or tried[-1].intent.role.session != situation.session:
        return None
    last = tried[-1]
    return last.ended_at if last.report is not None else last.refused_at


def trim(situation: Situation, position: Position, decision: Decision) -> list[Step]:
    """The next step of a trim: the stop gives up its shares, then they are sold.

    A trim that does not fill in time is canceled and given up; its stop goes back to all.
    """
    live = situation.live(position.symbol, decision.leg)
    if live:
        steps = _await(situation, live)
        return steps or protect(situation, position, _unsold(live))
    shares = min(decision.shares or ZERO, situation.held(position))
    over = trim_is_over(situation, decision) or _stop_has_sold(position, decision)
    if shares <= 0 or not situation.is_open or over:
        return protect(situation, position)
    if not is_right(situation, position, situation.held(position) - shares):
        return protect(situation, position, shares)
    intent = situation.intent(
        position,
        decision.leg,
        shares,
        OrderKind.MARKET,
        TimeInForce.DAY,
        reason=decision.reason,
        price=decision.price,
    )
    return [Send(intent)]


def _unsold(live: list[OrderRecord]) -> Decimal:
    return sum((record.left for record in live), ZERO)


def _stop_has_sold(position: Position, decision: Decision) -> bool:
    """Whether the stop was touched since: the price has turned, and what is left needs its stop."""
    return any(e.leg is Leg.STOP and e.at > decision.at for e in position.executions)


def trim_is_over(situation: Situation, decision: Decision) -> bool:
    """Whether its order was made and has ended, however; or its session is past."""
    if decision.session != situation.session:
        return True
    return any(
        o.intent.made_at >= decision.at and o.state in (OrderState.FINAL, OrderState.CLOSED)
        for o in situation.book.orders_of(decision.symbol, decision.leg)
    )
