"""A quiet morning on which every gate says yes, for tests that change one thing in it.

Friday 2024-03-08, 09:50:30: KO may be bought on an avwap plan (entry 60, stop 57, R1 63).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hand_facts import FRIDAY, NEW_YORK, PLAN, D, at

from avwap_cli.trading.books import Book, fold
from avwap_cli.trading.entry_scenes import EntryScene, Scanned
from avwap_cli.trading.facts import (
    Act,
    Closure,
    Ending,
    EquityClose,
    Facts,
    HaltChange,
    HaltLevel,
    Report,
    Verb,
)
from avwap_cli.trading.gap_checks import FoundPrice, GapCheck, GapStatus
from avwap_cli.trading.intents import Intent, Leg, Role
from avwap_cli.trading.orders import (
    Account,
    Asset,
    BrokerClock,
    BrokerOrder,
    BrokerPosition,
    Fill,
    OrderKind,
    Status,
    TimeInForce,
)
from avwap_cli.trading.plans import Plan
from avwap_cli.trading.policies import (
    BreakoutPolicy,
    ConfirmPolicy,
    EntryPolicy,
    ExitPolicy,
    GapPolicy,
    MonitorPolicy,
    RiskPolicy,
    TradingRules,
)
from avwap_cli.trading.quotes import LastTrade, PriceBar, Quote
from avwap_cli.trading.reconciliation import Agreement
from avwap_cli.trading.views import View

THURSDAY = date(2024, 3, 7)
TEN_MINUTES = timedelta(minutes=10)
BATCH = replace(
    PLAN,
    strategy="adx_pullback",
    group="confirm",
    prev_close=D(60),
    atr=D("1.20"),
    sl_atr_mult=D("1.5"),
    tp_atr_mult=D("2.5"),
    entry=D(60),
    stop=D("58.2"),
    r1=D(63),
    r2=None,
    dist_pct=None,
    max_hold_sessions=7,
)
MOO = replace(BATCH, strategy="rsi_mean_reversion", group="moo")
SHORT = replace(
    MOO, strategy="overbought_short", direction=-1, stop=D(63), r1=None, tp_atr_mult=None
)

GAP = GapPolicy(threshold_frac=0.03, on_missing="keep", max_age_s=1800)
CONFIRM = ConfirmPolicy(tolerance_frac=0.0, max_age_s=60)
BREAKOUT = BreakoutPolicy(
    bar_minutes=10, volume_bars=20, volume_frac=0.8, limit_frac=0.0025, max_attempts=2
)
RISK = RiskPolicy(
    risk_frac=0.01,
    max_position_frac=0.10,
    short_size_frac=0.65,
    buying_power_margin=1.03,
    min_notional_usd=200,
    avwap_full_distance_pct=6.0,
    avwap_min_size_frac=0.25,
    max_open=8,
    max_long=6,
    max_short=3,
    max_per_strategy=2,
    max_per_sector=3,
    max_new_per_session=3,
    max_new_per_group=2,
    max_entry_orders_per_session=10,
    min_short_equity_usd=2000,
    daily_loss_frac=0.02,
    drawdown_frac=0.15,
    max_refusals=3,
    max_clock_skew_s=5,
    protect_within_s=60,
    max_differing_symbols=2,
    recheck_after_s=3,
)
ENTRY = EntryPolicy(
    on_degraded={
        "coverage": "refuse",
        "feed": "refuse",
        "regime": "refuse",
        "earnings": "allow",
    },
    gap=GAP,
    confirm=CONFIRM,
    breakout=BREAKOUT,
    max_quote_age_s=60,
    cancel_after_s=60,
    cancel_partial_after_s=45,
    passes_s=90,
    pass_every_s=2,
    resolve_s=20,
    retry_waits_s=(5, 10, 30),
)


def _unused(kind: type) -> Any:
    """A policy that no gate reads."""
    return object.__new__(kind)


RULES = TradingRules(ENTRY, RISK, _unused(ExitPolicy), _unused(MonitorPolicy))
ACCOUNT = Account(
    number="A1",
    status="ACTIVE",
    equity=D(100_000),
    last_equity=D(100_000),
    cash=D(100_000),
    buying_power=D(200_000),
    multiplier=D(2),
    shorting_enabled=True,
    blocked=False,
)


def bar(start: datetime, close: str, volume: int = 1000, symbol: str = "KO") -> PriceBar:
    price = D(close)
    return PriceBar(symbol, start, TEN_MINUTES, price, price, price, price, volume)


def bars_until(
    now: datetime, first: str = "60.40", second: str = "60.30", first_volume: int = 900
) -> list[PriceBar]:
    """The regular 10-minute bars of Thursday and Friday that are closed at `now`.

    All of them trade 1,000 shares at 59.80 but the last two.
    """
    starts = [
        datetime.combine(day, time(9, 30), NEW_YORK) + n * TEN_MINUTES
        for day in (THURSDAY, FRIDAY)
        for n in range(39)
    ]
    closed = [start for start in starts if start + TEN_MINUTES <= now]
    *before, one, two = closed
    return [*(bar(s, "59.80") for s in before), bar(one, first, first_volume), bar(two, second)]


def checked(plan: Plan, **changes: Any) -> GapCheck:
    found = FoundPrice(D("60.10"), "sip_quote", 2.0)
    names = (plan.symbol, plan.strategy, plan.direction, plan.group, plan.prev_close)
    return replace(GapCheck(*names, found, Fraction(1), GapStatus.PASSED, None), **changes)


def quote(
    plan: Plan, when: datetime, bid: str | None = "60.29", ask: str | None = "60.31"
) -> Quote:
    sides = (None if side is None else D(side) for side in (bid, ask))
    return Quote(plan.symbol, *sides, when - timedelta(seconds=2), "sip")


def view(orders: Iterable[BrokerOrder] = (), positions: Iterable[BrokerPosition] = ()) -> View:
    return View(
        at=at(FRIDAY, "09:50:29"),
        orders={o.id: o for o in orders},
        absent=frozenset(),
        positions={p.symbol: p for p in positions},
        fills=(),
    )


def scene_of(plan: Plan, clock_time: str, /, **changes: Any) -> EntryScene:
    """The quiet morning at that time, for that plan, at a price of 60.30."""
    now = at(FRIDAY, clock_time)
    opens, closes = at(FRIDAY, "09:30"), at(FRIDAY, "16:00")
    quiet = EntryScene(
        now=now,
        session=FRIDAY,
        halt=HaltLevel.NONE,
        clock=BrokerClock(now, opens <= now < closes, opens, closes),
        clock_heard_at=now,
        broker_hours=(opens, closes),
        scanned=Scanned(THURSDAY, FRIDAY, "clean", (), "a" * 64, "a" * 64),
        book=fold(Facts()),
        view=view(),
        agreement=Agreement((), (), account_locked=False),
        account=ACCOUNT,
        account_at=now,
        asset=Asset(plan.symbol, tradable=True, shortable=True, easy_to_borrow=True),
        price=D("60.30"),
        quote=quote(plan, now),
        trade=LastTrade(plan.symbol, D("60.30"), now - timedelta(seconds=3), "sip"),
        bars=bars_until(now) if plan.group == "boh" else (),
        gap=checked(plan),
    )
    return replace(quiet, **changes)


def boh(**changes: Any) -> EntryScene:
    return scene_of(PLAN, "09:50:30", **changes)


def confirm(plan: Plan = BATCH, **changes: Any) -> EntryScene:
    return scene_of(plan, "09:45:30", **changes)


def moo(plan: Plan = MOO, **changes: Any) -> EntryScene:
    return scene_of(plan, "09:27:00", **changes)


def entry(
    symbol: str,
    *,
    strategy: str = "avwap",
    direction: int = 1,
    group: str = "boh",
    sector: str = "Staples",
    shares: int = 100,
    attempt: int = 1,
    session: date = FRIDAY,
    price: str = "50",
) -> Intent:
    """A market order that would open a position."""
    role = Role(session, strategy, symbol, direction, Leg.ENTRY)
    plan = replace(
        PLAN,
        session=session,
        symbol=symbol,
        strategy=strategy,
        direction=direction,
        group=group,
        sector=sector,
    )
    return Intent(
        id=role.attempt(attempt),
        role=role,
        kind=OrderKind.MARKET,
        tif=TimeInForce.DAY,
        shares=D(shares),
        limit_price=None,
        stop_price=None,
        reason="",
        decision_price=D(price),
        plan=plan.text(),
        replaces=None,
        made_at=at(session, "09:27"),
    )


def sent(intent: Intent, clock: str = "09:27:01") -> Act:
    return Act(at(intent.role.session, clock), Verb.SUBMIT, intent.id)


def closed(intent: Intent, ending: Ending) -> Closure:
    return Closure(at(intent.role.session, "09:28"), intent.id, ending, "")


def filled(intent: Intent, shares: int | None = None, price: str = "50") -> Fill:
    role = intent.role
    number = D(shares) if shares is not None else intent.shares
    when = at(role.session, "09:30:01")
    return Fill(
        f"f.{intent.id}", f"b.{intent.id}", intent.id, role.symbol, role.side, number,
        D(price), when,
    )  # fmt: skip


def report(intent: Intent, status: Status, done: int = 0) -> Report:
    return Report(at(intent.role.session, "09:30:02"), broker_order(intent, status, done))


def broker_order(intent: Intent, status: Status = Status.NEW, done: int = 0) -> BrokerOrder:
    return BrokerOrder(
        id=f"b.{intent.id}",
        client_id=intent.id,
        symbol=intent.role.symbol,
        side=intent.side,
        effect=intent.effect,
        kind=intent.kind,
        tif=intent.tif,
        status=status,
        shares=intent.shares,
        filled_shares=D(done),
        filled_avg_price=D(50) if done else None,
        limit_price=None,
        stop_price=None,
        submitted_at=intent.made_at,
        updated_at=intent.made_at,
    )


def held(*intents: Intent) -> list[object]:
    """The facts of entries that were sent and filled wholly."""
    told: list[object] = []
    for intent in intents:
        done = int(intent.shares)
        told += [intent, sent(intent), report(intent, Status.FILLED, done), filled(intent)]
    return told


def book(*facts: object) -> Book:
    """The book of these facts."""
    everything = Facts()
    lists = {
        Intent: everything.intents,
        Act: everything.acts,
        Closure: everything.closures,
        Report: everything.reports,
        Fill: everything.fills,
        HaltChange: everything.halts,
        EquityClose: everything.closes,
    }
    for fact in facts:
        lists[type(fact)].append(fact)
    return fold(everything)


def close_of(session: date, equity: str, paid: str = "0") -> EquityClose:
    return EquityClose(at(session, "16:01"), session, Decimal(equity), Decimal(paid))
