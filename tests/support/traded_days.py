"""A ledger of one made-up day, for tests of what is told of it.

ABC: 100 bought at 100.02 (decided at 100), half sold at 105 (trim), the rest stopped at 100
after a decision at 100.01.  XYZ: 50 sold short at 40, covered by plan at 38 the session after.
DEF was refused, GHI denied.  JKL is held with its stop.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from held_positions import AVWAP, BATCH, FRI, MON, TUE, D, moment

from avwap_cli.trading.facts import (
    Act,
    Answer,
    Closure,
    Denied,
    Ending,
    EquityClose,
    Fact,
    Mark,
    Notice,
    Report,
    Verb,
)
from avwap_cli.trading.intents import Intent, Leg, Role
from avwap_cli.trading.orders import (
    BrokerOrder,
    Fill,
    OrderKind,
    Status,
    TimeInForce,
)
from avwap_cli.trading.plans import Plan

LONG = replace(AVWAP, symbol="ABC")
SHORT = replace(
    BATCH,
    symbol="XYZ",
    strategy="overbought_short",
    direction=-1,
    group="moo",
    sl_atr_mult=D("2.5"),
    atr=D("0.8"),
    tp_atr_mult=None,
    trailing_atr_mult=None,
)


def intent(
    plan: Plan,
    session: date,
    leg: Leg,
    shares: str,
    *,
    reason: str = "",
    decided: str | None = None,
    stop: str | None = None,
) -> Intent:
    role = Role(session, plan.strategy, plan.symbol, plan.direction, leg)
    return Intent(
        id=role.attempt(1),
        role=role,
        kind=OrderKind.MARKET if stop is None else OrderKind.STOP,
        tif=TimeInForce.DAY if stop is None else TimeInForce.GTC,
        shares=D(shares),
        limit_price=None,
        stop_price=None if stop is None else D(stop),
        reason=reason,
        decision_price=None if decided is None else D(decided),
        plan=plan.text() if leg is Leg.ENTRY else "",
        replaces=None,
        made_at=moment(session, "09:45"),
    )


def fill(order: Intent, number: int, shares: str, price: str, at: datetime) -> Fill:
    return Fill(
        f"f{number}",
        f"b-{order.id}",
        order.id,
        order.role.symbol,
        order.side,
        D(shares),
        D(price),
        at,
    )


def report(order: Intent, status: Status, filled: str = "0", price: str | None = None) -> Report:
    at = order.made_at
    return Report(
        at,
        BrokerOrder(
            id=f"b-{order.id}",
            client_id=order.id,
            symbol=order.role.symbol,
            side=order.side,
            effect=order.effect,
            kind=order.kind,
            tif=order.tif,
            status=status,
            shares=order.shares,
            filled_shares=D(filled),
            filled_avg_price=None if price is None else D(price),
            limit_price=order.limit_price,
            stop_price=order.stop_price,
            submitted_at=at,
            updated_at=at,
        ),
    )


ABC = intent(LONG, MON, Leg.ENTRY, "100", decided="100")
ABC_TRIM = intent(LONG, MON, Leg.TRIM1, "50", reason="trim_r1", decided="105.1")
ABC_STOP = intent(LONG, MON, Leg.STOP, "50", reason="stop_loss", decided="100.01", stop="100.01")
XYZ = intent(SHORT, MON, Leg.ENTRY, "50", decided="40")
XYZ_EXIT = intent(SHORT, TUE, Leg.EXIT, "50", reason="time_exit")
DEF = intent(replace(LONG, symbol="DEF"), MON, Leg.ENTRY, "10", decided="20")
JKL = intent(replace(LONG, symbol="JKL"), MON, Leg.ENTRY, "30", decided="101")
JKL_STOP = intent(replace(LONG, symbol="JKL"), MON, Leg.STOP, "30", reason="stop_loss", stop="95")

FACTS: tuple[Fact, ...] = (
    ABC,
    report(ABC, Status.FILLED, "100", "100.02"),
    fill(ABC, 1, "60", "100.00", moment(MON, "09:50")),
    fill(ABC, 2, "40", "100.05", moment(MON, "09:51")),
    Mark(moment(MON, "10:00"), MON, "avwap", "ABC", D("105.5"), D("98.5")),
    ABC_TRIM,
    report(ABC_TRIM, Status.FILLED, "50", "105"),
    fill(ABC_TRIM, 3, "50", "105", moment(MON, "11:00")),
    ABC_STOP,
    report(ABC_STOP, Status.FILLED, "50", "100"),
    fill(ABC_STOP, 4, "50", "100", moment(MON, "14:00")),
    XYZ,
    report(XYZ, Status.FILLED, "50", "40"),
    fill(XYZ, 5, "50", "40", moment(MON, "09:30")),
    DEF,
    Act(moment(MON, "09:46"), Verb.SUBMIT, DEF.id),
    Answer(moment(MON, "09:46"), Verb.SUBMIT, DEF.id, 403, 40310000, "halted", "halted <now>"),
    Closure(moment(MON, "09:46"), DEF.id, Ending.REFUSED, "halted"),
    JKL,
    report(JKL, Status.FILLED, "30", "101"),
    fill(JKL, 6, "30", "101", moment(MON, "10:10")),
    JKL_STOP,
    report(JKL_STOP, Status.NEW),
    Denied(moment(MON, "10:00"), MON, "boh", "avwap", "GHI", "not_confirmed", "99", "two bars"),
    Denied(moment(MON, "10:05"), MON, "boh", "avwap", "GHI", "gap", "<4 %>", "at most 3 %"),
    Notice(moment(MON, "10:06"), MON, "refusal", "DEF", "DEF was refused <halted>", page=True),
    Notice(moment(MON, "10:07"), MON, "refusal", "DEF", "over", begins=False),
    EquityClose(moment(MON, "16:05"), MON, D("100000"), D("0")),
    XYZ_EXIT,
    report(XYZ_EXIT, Status.FILLED, "50", "38"),
    fill(XYZ_EXIT, 7, "50", "38", moment(TUE, "09:31")),
    EquityClose(moment(TUE, "16:05"), TUE, D("109000"), D("10000")),
    EquityClose(moment(FRI, "16:05"), FRI, D("110090"), D("0")),
)
