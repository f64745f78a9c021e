"""Symbol steps: what a pass does next about one symbol.

The order of questions is the order of dangers: an order nobody has told us about, a working
entry (a stop beside it would be refused as a wash trade), orders without shares behind them,
a reading that does not agree, then exits, trims and the stop.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from avwap_cli.trading.departures import depart, trim, trim_is_over
from avwap_cli.trading.facts import HaltLevel
from avwap_cli.trading.intents import REDUCING, TRIMS, Leg
from avwap_cli.trading.order_records import OrderRecord, OrderState
from avwap_cli.trading.orders import OrderKind, TimeInForce
from avwap_cli.trading.positions import Position
from avwap_cli.trading.protections import given_up, protect
from avwap_cli.trading.reconciliation import DifferenceKind
from avwap_cli.trading.steps import Move, Page, Send, Situation, Step, drop
from avwap_cli.verdicts import ExitReason


def symbol_steps(situation: Situation, symbol: str) -> list[Step]:
    """The next steps of one symbol; empty where all is as it should be."""
    open_questions = [o for o in situation.book.orders_of(symbol) if o.unsettled]
    if open_questions:
        return [step for record in open_questions for step in _settled(situation, record)]
    entries = situation.live(symbol, Leg.ENTRY)
    if entries:
        return [step for record in entries for step in entry_steps(situation, record)]
    positions = situation.book.positions_of(symbol)
    if symbol in situation.agreement.doubtful:
        return []
    wrong_side = [
        d
        for d in situation.agreement.standing
        if d.symbol == symbol and d.kind is DifferenceKind.SIDE
    ]
    if wrong_side:
        return [Page("wrong_side", symbol, wrong_side[0].text)]
    if not positions:
        orphans = situation.live(symbol, *REDUCING)
        return [step for o in orphans for step in drop(situation, o, "no position behind it")]
    return [step for position in positions for step in _position_steps(situation, position)]


def _position_steps(situation: Situation, position: Position) -> list[Step]:
    leaving = position.decided(Leg.EXIT)
    if leaving is not None:
        return depart(situation, position, leaving)
    for leg in TRIMS:
        decision = position.decided(leg)
        live = situation.live(position.symbol, leg)
        if decision is not None and (live or not trim_is_over(situation, decision)):
            return trim(situation, position, decision)
    return protect(situation, position) or _residue(situation, position)


def _residue(situation: Situation, position: Position) -> list[Step]:
    """Sell the part of a share that a split left, which no stop can protect; once a session."""
    part = situation.held(position) % 1
    tried = [
        o
        for o in situation.book.orders_of(position.symbol, Leg.EXIT)
        if o.intent.role.session == situation.session
    ]
    if not part or tried or not situation.is_open:
        return []
    intent = situation.intent(
        position,
        Leg.EXIT,
        part,
        OrderKind.MARKET,
        TimeInForce.DAY,
        reason=ExitReason.SPLIT_RESIDUE,
        price=situation.last_price(position.symbol),
    )
    return [Send(intent)]


def entry_steps(situation: Situation, record: OrderRecord) -> list[Step]:
    """Cancel a working entry at its time, or at once under a halt; what filled is kept."""
    if situation.halt is not HaltLevel.NONE:
        return drop(situation, record, f"halt: {situation.halt}")
    policy, sent_at = situation.rules.entry, record.sent_at or record.intent.made_at
    age = situation.age_s(max(sent_at, situation.opens))
    partial = record.filled > 0 and situation.age_s(_first_fill(situation, record)) >= (
        policy.cancel_partial_after_s
    )
    if age >= policy.cancel_after_s or partial or situation.now >= situation.closes:
        return drop(situation, record, "not filled in time")
    return []


def _first_fill(situation: Situation, record: OrderRecord) -> datetime | None:
    times = [f.at for f in situation.book.fills.values() if f.client_id == record.id]
    reported = None if record.report is None else record.report.updated_at
    return min(times, default=reported)


def _settled(situation: Situation, record: OrderRecord) -> list[Step]:
    """What to do about an order of which it is not known that the broker has it.

    It was asked for by id before this pass decided.  Absent for `resolve_s`: sent again under
    the same id if it is still what is wanted, else given up.  Entries are sent again by
    `enter` alone, inside their window and through all gates.
    """
    policy = situation.rules.entry
    absent = record.id in situation.view.absent or record.state is OrderState.MADE
    since = situation.age_s(record.sent_at or record.intent.made_at)
    if not absent:
        return []
    if record.leg is Leg.ENTRY:
        late = since >= policy.passes_s + policy.resolve_s or situation.now >= situation.closes
        return [given_up(record, situation.now, "it never reached the broker")] if late else []
    waits = policy.retry_waits_s
    wait = policy.resolve_s
    if record.state is OrderState.MADE:
        wait = waits[min(record.sends, len(waits)) - 1] if record.sends else 0.0
    if since < wait:
        return []
    if record.sends > len(waits) or not _still_wanted(situation, record):
        return [given_up(record, situation.now, "it never reached the broker")]
    return [_again(situation, record)]


def _again(situation: Situation, record: OrderRecord) -> Step:
    replaced = record.intent.replaces
    if replaced is None:
        return Send(record.intent)
    return Move(record.intent, situation.book.orders[replaced])


def _still_wanted(situation: Situation, record: OrderRecord) -> bool:
    """Whether the same order would be made now: same leg, same shares, same price."""
    others = [o for o in situation.book.orders_of(record.symbol) if o.id != record.id]
    if any(o.unsettled for o in others):
        return False
    for position in situation.book.positions_of(record.symbol):
        if position.strategy != record.intent.role.strategy:
            continue
        for step in _without(situation, position, record):
            if isinstance(step, Send | Move) and _same(step, record):
                return True
    return False


def _same(step: Send | Move, record: OrderRecord) -> bool:
    made, meant = step.intent, record.intent
    facts = (made.role.leg, made.shares, made.stop_price, made.tif, made.replaces)
    return facts == (meant.role.leg, meant.shares, meant.stop_price, meant.tif, meant.replaces)


def _without(situation: Situation, position: Position, record: OrderRecord) -> list[Step]:
    """The steps that would be taken if that order had never been made."""
    orders = {k: o for k, o in situation.book.orders.items() if k != record.id}
    return _position_steps(
        replace(situation, book=replace(situation.book, orders=orders)), position
    )
