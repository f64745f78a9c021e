"""Folding a year's ledger: at once, and again after each append."""

from __future__ import annotations

import statistics
import time
from dataclasses import fields, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from avwap_cli.market import sessions
from avwap_cli.trading.books import BookFold
from avwap_cli.trading.facts import Act, Decision, Facts, Mark, Report, Verb
from avwap_cli.trading.intents import Intent, Leg, Role
from avwap_cli.trading.orders import BrokerOrder, Fill, OrderKind, Status, TimeInForce
from avwap_cli.trading.plans import Plan, plan_of
from bench.session import DAY

Row = tuple[str, str, str, str]

SESSIONS, A_SESSION, MARKS, NAMES = 250, 10, 29, 300
AGAIN = 21
HELD = timedelta(hours=6)


def measured() -> list[Row]:
    """The rows of the bench's table."""
    facts = _year()
    count = sum(len(getattr(facts, f.name)) for f in fields(Facts))
    fold = BookFold()
    first_s = _seconds(fold, facts)
    again = []
    for number in range(AGAIN):
        last = facts.marks[-1]
        facts.marks.append(replace(last, at=last.at + timedelta(minutes=number + 1)))
        again.append(_seconds(fold, facts))
    return [
        (f"folding a ledger of {count:,} facts", f"{first_s:.2f} s", "<= 1.5 s", "wall time"),
        (
            "folding it again after one append",
            f"{1e3 * statistics.median(again):.0f} ms",
            "<= 50 ms",
            f"median of {AGAIN}",
        ),
    ]


def _seconds(fold: BookFold, facts: Facts) -> float:
    began = time.perf_counter()
    fold.of(facts)
    return time.perf_counter() - began


def _year() -> Facts:
    """Ten round trips a session over 300 symbols, each watched for some minutes."""
    facts = Facts()
    days = [sessions.offset(DAY, number - SESSIONS) for number in range(SESSIONS)]
    for number in range(SESSIONS * A_SESSION):
        _round_trip(facts, days[number // A_SESSION], f"N{number % NAMES:03d}")
    return facts


def _round_trip(facts: Facts, day: date, symbol: str) -> None:
    opens = sessions.opens_at(day)
    _order(facts, Role(day, "avwap", symbol, 1, Leg.ENTRY), opens, Decimal(60))
    for minute in range(1, MARKS + 1):
        high, at = Decimal(60) + minute, opens + timedelta(minutes=minute)
        facts.marks.append(Mark(at, day, "avwap", symbol, high, Decimal(60)))
    decided = opens + HELD
    facts.decisions.append(Decision(decided, day, "avwap", symbol, Leg.EXIT, "time", None, None))
    _order(facts, Role(day, "avwap", symbol, 1, Leg.EXIT), decided, Decimal(61))


def _order(facts: Facts, role: Role, at: datetime, price: Decimal) -> None:
    shares, key = Decimal(100), role.attempt(1)
    market, tif = OrderKind.MARKET, TimeInForce.DAY
    plan = _plan(role).text() if role.leg is Leg.ENTRY else ""
    intent = Intent(key, role, market, tif, shares, None, None, "", price, plan, None, at)
    facts.intents.append(intent)
    facts.acts.append(Act(at, Verb.SUBMIT, key))
    told = (key, role.symbol, intent.side, intent.effect, market, tif)
    for status, filled in ((Status.NEW, Decimal(0)), (Status.FILLED, shares)):
        order = BrokerOrder(key, *told, status, shares, filled, price, None, None, at, at)
        facts.reports.append(Report(at, order))
    facts.fills.append(Fill(key, key, key, role.symbol, intent.side, shares, price, at))


def _plan(role: Role) -> Plan:
    candidate: dict[str, object] = {
        "rank": 1,
        "symbol": role.symbol,
        "strategy": role.strategy,
        "direction": "long",
        "entry_group": "boh",
        "sector": "",
        "prev_close": 60,
        "atr": 2,
        "max_hold_sessions": 20,
        "entry": 60,
        "stop": 57,
        "r1": 63,
        "r2": 66,
        "metadata": {},
        **dict.fromkeys(("sl_atr_mult", "tp_atr_mult", "trailing_atr_mult")),
    }
    return plan_of(candidate, role.session, {}, None)
