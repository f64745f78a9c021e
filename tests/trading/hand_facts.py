"""Facts of small hand-made days, for tests of what is folded from them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from avwap_cli.trading.facts import Report
from avwap_cli.trading.intents import Intent, Leg, Role
from avwap_cli.trading.orders import (
    BrokerOrder,
    Fill,
    OrderKind,
    Side,
    Status,
    TimeInForce,
)
from avwap_cli.trading.plans import Plan

D = Decimal
NEW_YORK = ZoneInfo("America/New_York")
FRIDAY, MONDAY, TUESDAY = date(2024, 3, 8), date(2024, 3, 11), date(2024, 3, 12)

PLAN = Plan(
    session=FRIDAY,
    rank=3,
    symbol="KO",
    strategy="avwap",
    direction=1,
    group="boh",
    sector="Staples",
    prev_close=D("59.50"),
    atr=D("1.20"),
    sl_atr_mult=None,
    max_stop_frac=None,
    tp_atr_mult=None,
    trailing_atr_mult=None,
    max_hold_sessions=20,
    entry=D("60"),
    stop=D("57"),
    r1=D("63"),
    r2=D("66"),
    dist_pct=D("1.5"),
    weight=D("0.25"),
)


def at(day: date, clock: str) -> datetime:
    """That time of the day in New York, e.g. at(FRIDAY, "09:31:05")."""
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=NEW_YORK)


def intent_of(
    leg: Leg,
    shares: int = 100,
    *,
    session: date = FRIDAY,
    strategy: str = "avwap",
    symbol: str = "KO",
    direction: int = 1,
    attempt: int = 1,
    reason: str = "",
) -> Intent:
    """A market order of that leg, made a minute before the open."""
    role = Role(session, strategy, symbol, direction, leg)
    plan = replace(PLAN, session=session, strategy=strategy, symbol=symbol, direction=direction)
    return Intent(
        id=role.attempt(attempt),
        role=role,
        kind=OrderKind.MARKET,
        tif=TimeInForce.DAY,
        shares=D(shares),
        limit_price=None,
        stop_price=None,
        reason=reason,
        decision_price=D("60.25"),
        plan=plan.text() if leg is Leg.ENTRY else "",
        replaces=None,
        made_at=at(session, "09:29"),
    )


def fill_of(intent: Intent, number: str, shares: int | str, price: str, when: datetime) -> Fill:
    """A fill of that intent's order, on its side."""
    role = intent.role
    return Fill(
        number, f"b.{intent.id}", intent.id, role.symbol, role.side, D(shares), D(price), when
    )


def hand_fill(
    strategy: str, number: str, side: Side, shares: int, price: str, when: datetime
) -> Fill:
    """A fill that a person caused in the broker's page, in KO."""
    return Fill(number, "b.hand", f"by-hand.{strategy}", "KO", side, D(shares), D(price), when)


def report_of(
    intent: Intent,
    status: Status,
    filled: int = 0,
    average: str | None = None,
    when: datetime | None = None,
) -> Report:
    """What the broker says of that intent's order; by default five minutes after it was made."""
    moment = when or intent.made_at + timedelta(minutes=5)
    order = BrokerOrder(
        id=f"b.{intent.id}",
        client_id=intent.id,
        symbol=intent.role.symbol,
        side=intent.side,
        effect=intent.effect,
        kind=intent.kind,
        tif=intent.tif,
        status=status,
        shares=intent.shares,
        filled_shares=D(filled),
        filled_avg_price=None if average is None else D(average),
        limit_price=intent.limit_price,
        stop_price=intent.stop_price,
        submitted_at=intent.made_at,
        updated_at=moment,
    )
    return Report(moment, order)
