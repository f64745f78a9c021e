"""Positions, plans, bars and orders made by hand, for tests of what becomes of positions."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from avwap_cli.trading.intents import Leg
from avwap_cli.trading.orders import (
    BrokerOrder,
    Effect,
    OrderKind,
    Side,
    Status,
    TimeInForce,
)
from avwap_cli.trading.plans import Plan
from avwap_cli.trading.policies import ExitPolicy
from avwap_cli.trading.positions import Execution, Position
from avwap_cli.trading.price_ranges import PriceRange
from avwap_cli.trading.quotes import LastTrade, PriceBar

NEW_YORK = ZoneInfo("America/New_York")
MON, TUE, WED, THU, FRI = (date(2024, 3, day) for day in range(4, 9))
D = Decimal

POLICY = ExitPolicy(
    emergency_frac=0.10,
    emergency_twice_frac=0.07,
    trail_from_atr=1.0,
    avwap_trim1_frac=0.5,
    avwap_trim2_frac=0.5,
    avwap_trail_frac=0.5,
    avwap_trail_every_s=600,
    trim_wait_s=60,
    stuck_cancel_s=30,
    average_tolerance_frac=0.02,
    no_bar_s=300,
    retry_after_s=60,
    short_stop_collar_frac=0.025,
    short_stop_collar_low_price_frac=0.04,
    low_price_usd=50,
)

BATCH = Plan(
    session=MON,
    rank=1,
    symbol="ABC",
    strategy="adx_pullback",
    direction=1,
    group="confirm",
    sector="Energy",
    prev_close=D(100),
    atr=D(2),
    sl_atr_mult=D("1.5"),
    max_stop_frac=None,
    tp_atr_mult=D("2.5"),
    trailing_atr_mult=D(2),
    max_hold_sessions=7,
    entry=D(100),
    stop=D(97),
    r1=D(105),
    r2=None,
    dist_pct=None,
    weight=D(1),
)
AVWAP = replace(
    BATCH,
    strategy="avwap",
    group="boh",
    sl_atr_mult=None,
    tp_atr_mult=None,
    trailing_atr_mult=None,
    max_hold_sessions=20,
    stop=D(95),
    r1=D(105),
    r2=D(110),
    dist_pct=D(1),
)


def moment(day: date, text: str) -> datetime:
    """That New York time of that day, HH:MM or HH:MM:SS."""
    return datetime.combine(day, time.fromisoformat(text), NEW_YORK)


def held(plan: Plan | None = BATCH, average: str = "100", **changes: Any) -> Position:
    """100 shares since Monday 9:45; `high` and `low` are Monday's extremes too."""
    way = 1 if plan is None else plan.direction
    entered = moment(MON, "09:45")
    price = D(average)
    high, low = (changes.pop(name, price) for name in ("high", "low"))
    strategy = "adx_pullback" if plan is None else plan.strategy
    first = Execution("1", entered, D(100) * way, price, "entry", Leg.ENTRY, "", price)
    made = Position(
        strategy=strategy,
        symbol="ABC",
        direction=way,
        shares=D(100),
        opened_shares=D(100),
        avg_price=price,
        entry_session=MON,
        entered_at=entered,
        closed_at=None,
        plan=plan,
        high=D(high),
        low=D(low),
        realized_usd=D(0),
        executions=(first,),
        ranges=(PriceRange(MON, D(high), D(low)),),
    )
    return replace(made, **changes)


def bar(day: date, text: str, close: str, **changes: Any) -> PriceBar:
    """The minute bar that starts then."""
    price = D(close)
    made = PriceBar("ABC", moment(day, text), timedelta(minutes=1), price, price, price, price, 100)
    return replace(made, **changes)


def trade(day: date, text: str, price: str) -> LastTrade:
    """A last trade."""
    return LastTrade("ABC", D(price), moment(day, text), "iex")


def stop_order(day: date, text: str, price: str, direction: int = 1, **changes: Any) -> BrokerOrder:
    """A protective stop that was placed then."""
    at = moment(day, text)
    made = BrokerOrder(
        id="b1",
        client_id="20240304.adx_pullback.ABC.L.stop.1",
        symbol="ABC",
        side=Side.SELL if direction > 0 else Side.BUY,
        effect=Effect.CLOSE,
        kind=OrderKind.STOP,
        tif=TimeInForce.GTC,
        status=Status.NEW,
        shares=D(100),
        filled_shares=D(0),
        filled_avg_price=None,
        limit_price=None,
        stop_price=D(price),
        submitted_at=at,
        updated_at=at,
    )
    return replace(made, **changes)
