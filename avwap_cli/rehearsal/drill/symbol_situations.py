"""Symbol situations: moments in which one symbol gate alone says no."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from avwap_cli.exchange.broker.orders import OrderRequest, OrderType, Side, Tif
from avwap_cli.rehearsal.drill.prices import DAY, flat, moment
from avwap_cli.rehearsal.drill.situations import (
    BEFORE,
    CONFIRM,
    MOO,
    SHARES,
    SHORT,
    SYMBOL,
    YESTERDAY,
    Play,
    Situation,
    entered,
    taken,
)
from avwap_cli.rehearsal.drill.streets import Street, with_risk
from avwap_cli.rehearsal.drill.yards import Yard
from avwap_cli.trading.facts import Act, Answer, Closure, Ending, Verb
from avwap_cli.trading.intents import Intent, Leg, Role
from avwap_cli.trading.orders import OrderKind, TimeInForce
from avwap_cli.trading.refusals import RefusalName
from avwap_cli.verdicts import Gate


def _sent(street: Street, role: Role, at: datetime) -> Intent:
    """A stop that the ledger says was sent at that time."""
    made = Intent(
        id=role.attempt(1),
        role=role,
        kind=OrderKind.STOP,
        tif=TimeInForce.GTC,
        shares=SHARES,
        limit_price=None,
        stop_price=Decimal(90),
        reason="emergency_stop",
        decision_price=None,
        plan="",
        replaces=None,
        made_at=at,
    )
    street.ledger.append(made, Act(at, Verb.SUBMIT, made.id))
    return made


def _barred(yard: Yard) -> Street:
    street = yard.street(flat(SYMBOL))
    stop = _sent(street, Role(BEFORE, CONFIRM, SYMBOL, 1, Leg.STOP), YESTERDAY)
    name = RefusalName.HARD_TO_BORROW_DAY_ONLY
    no = Answer(YESTERDAY, Verb.SUBMIT, stop.id, 403, 40310000, name, "day orders only")
    street.ledger.append(no, Closure(YESTERDAY, stop.id, Ending.REFUSED, "day orders only"))
    return entered(street)


def _closed_today(yard: Yard) -> Street:
    street = yard.street(flat(SYMBOL))
    street.ledger.append(taken(SYMBOL, MOO, SHARES))
    street.ledger.append(taken(SYMBOL, MOO, -SHARES, moment("09:31")))
    return entered(street, "confirm", "09:46")


def _attempts(yard: Yard) -> Street:
    street = yard.street(flat(SYMBOL))
    entered(street)
    street.cancel_by_hand(SYMBOL)
    street.monitor()
    street.wire.heard.clear()
    return entered(street, "confirm", "09:46")


def _unresolved(yard: Yard) -> Street:
    street = yard.street(flat(SYMBOL))
    at = moment("09:31")
    stop = _sent(street, Role(DAY, MOO, SYMBOL, 1, Leg.STOP), at)
    later = at + timedelta(minutes=1)
    street.ledger.append(Closure(later, stop.id, Ending.UNSENT, "it never reached the broker"))
    return entered(street, "confirm", "09:46")


def _already_held(yard: Yard) -> Street:
    street = yard.street(flat(SYMBOL), faults=["refuse@POST /v2/orders,times=6,value=no-price"])
    street.ledger.append(taken(SYMBOL, MOO, SHARES), taken(SYMBOL, SHORT, -SHARES))
    street.to("09:46")
    street.monitor()  # both stops are refused, so that no order rests either
    street.exchange.context.faults.clear()
    return entered(street, "confirm", "09:46:10")


def _foreign_position(yard: Yard) -> Street:
    street = yard.street(flat(SYMBOL))
    street.to("09:31")
    street.by_hand(SYMBOL, Side.BUY, 1)
    return entered(street, at="09:35")


def _order_resting(yard: Yard) -> Street:
    street = yard.street(flat(SYMBOL))
    far = OrderRequest(
        SYMBOL, Side.BUY, OrderType.LIMIT, Tif.DAY, qty=Decimal(1), limit_price=Decimal(50)
    )
    with street.exchange.reading() as venue:
        venue.submit(far)
    return entered(street)


def _beside(limit: str, strategy: str = MOO, **changes: Any) -> Play:
    """BBB comes first and takes the only place: an order that waits counts as a position."""

    def play(yard: Yard) -> Street:
        street = yard.street(flat(SYMBOL, "BBB"), rules=with_risk(**{limit: 1}))
        street.plan(("BBB", strategy), (SYMBOL, strategy), **changes)
        street.enter("moo")
        return street

    return play


OF_SYMBOL: Mapping[Gate, Situation] = {
    Gate.BARRED: Situation("yesterday its stop was refused overnight", _barred),
    Gate.CLOSED_TODAY: Situation("another strategy closed it at 09:31", _closed_today),
    Gate.ATTEMPTS: Situation("a moo order of today was canceled unfilled", _attempts),
    Gate.UNRESOLVED: Situation("a stop of today was sent and never found", _unresolved),
    Gate.ALREADY_HELD: Situation("two strategies hold it against each other", _already_held),
    Gate.FOREIGN_POSITION: Situation("a person bought one share", _foreign_position),
    Gate.ORDER_RESTING: Situation("a person's limit order rests", _order_resting),
    Gate.MAX_OPEN: Situation("one place, and BBB waits for it", _beside("max_open")),
    Gate.MAX_LONG: Situation("one long, and BBB waits for it", _beside("max_long")),
    Gate.MAX_SHORT: Situation("one short, and BBB waits for it", _beside("max_short", SHORT)),
    Gate.MAX_PER_STRATEGY: Situation("one place of its strategy", _beside("max_per_strategy")),
    Gate.MAX_PER_SECTOR: Situation(
        "one place of its sector", _beside("max_per_sector", sector="Energy")
    ),
    Gate.MAX_NEW: Situation("one new position today", _beside("max_new_per_session")),
    Gate.MAX_NEW_IN_GROUP: Situation("one new position in moo", _beside("max_new_per_group")),
    Gate.MAX_ORDERS: Situation("one entry order today", _beside("max_entry_orders_per_session")),
}
