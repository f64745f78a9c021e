"""Every gate: a quiet morning passes, and each gate trips on one thing changed in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from entry_days import (
    ACCOUNT,
    BATCH,
    ENTRY,
    MOO,
    PLAN,
    RISK,
    RULES,
    SHORT,
    THURSDAY,
    D,
    bars_until,
    boh,
    book,
    broker_order,
    checked,
    close_of,
    closed,
    confirm,
    entry,
    filled,
    held,
    moo,
    quote,
    report,
    scene_of,
    sent,
    view,
)
from hand_facts import FRIDAY, at, intent_of

from avwap_cli.trading.entry_gates import CHECKS, denied
from avwap_cli.trading.entry_scenes import EntryScene, Scanned, sized
from avwap_cli.trading.entry_windows import entry_spans
from avwap_cli.trading.facts import Ending, HaltChange, HaltLevel
from avwap_cli.trading.gap_checks import GapReason, GapStatus
from avwap_cli.trading.intents import Leg
from avwap_cli.trading.losses import DRAWDOWN
from avwap_cli.trading.orders import Asset, BrokerClock, BrokerPosition, Status, Transfer
from avwap_cli.trading.plans import Plan
from avwap_cli.trading.policies import TradingRules
from avwap_cli.trading.quotes import LastTrade
from avwap_cli.trading.reconciliation import Agreement, Difference, DifferenceKind
from avwap_cli.trading.sizing import Cap
from avwap_cli.verdicts import Gate

WEDNESDAY = date(2024, 3, 6)
OPENS, CLOSES = at(FRIDAY, "09:30"), at(FRIDAY, "16:00")
ASSET = Asset("KO", tradable=True, shortable=True, easy_to_borrow=True)
SCANNED = Scanned(THURSDAY, FRIDAY, "clean", (), "a" * 64, "a" * 64)


def told(plan: Plan, scene: EntryScene, rules: TradingRules = RULES) -> Any:
    """The denial as (gate, measured, threshold); None where it may be entered."""
    found = denied(plan, scene, rules)
    return None if found is None else (found.gate, found.measured, found.threshold)


def gate(plan: Plan, scene: EntryScene, rules: TradingRules = RULES) -> Gate | None:
    found = denied(plan, scene, rules)
    return None if found is None else found.gate


def with_risk(**changes: Any) -> TradingRules:
    return replace(RULES, risk=replace(RISK, **changes))


def test_the_gates_are_asked_in_the_order_of_the_list_and_all_of_them() -> None:
    assert list(CHECKS) == list(Gate)


@pytest.mark.parametrize(
    ("plan", "scene"),
    [(PLAN, boh()), (BATCH, confirm()), (MOO, moo()), (SHORT, moo(SHORT))],
    ids=["boh", "confirm", "moo", "short"],
)
def test_a_quiet_morning_passes(plan: Plan, scene: EntryScene) -> None:
    assert told(plan, scene) is None


# Account: the same answer for every candidate.


@pytest.mark.parametrize("level", [h for h in HaltLevel if h is not HaltLevel.NONE])
def test_halted(level: HaltLevel) -> None:
    assert told(PLAN, boh(halt=level)) == (Gate.HALTED, level.value, "no halt level")


@pytest.mark.parametrize(
    ("change", "measured"),
    [
        ({"account": None}, None),
        ({"account": replace(ACCOUNT, blocked=True)}, "ACTIVE, blocked"),
        ({"account": replace(ACCOUNT, status="ONBOARDING")}, "ONBOARDING"),
    ],
)
def test_live_key(change: dict[str, Any], measured: str | None) -> None:
    found = told(PLAN, boh(**change))
    assert found[:2] == (Gate.LIVE_KEY, measured)


def test_clock() -> None:
    now = at(FRIDAY, "09:50:30")
    fast = BrokerClock(now + timedelta(seconds=5.1), True, OPENS, CLOSES)
    slow = BrokerClock(now - timedelta(seconds=5), True, OPENS, CLOSES)
    assert told(PLAN, boh(clock=fast)) == (
        Gate.CLOCK, "5.1 s", "within 5 s of the broker's clock",
    )  # fmt: skip
    assert gate(PLAN, boh(clock=slow)) is None
    assert gate(PLAN, boh(clock=None)) is Gate.CLOCK
    assert gate(PLAN, boh(broker_hours=None)) is Gate.CLOCK
    half = (OPENS, at(FRIDAY, "13:00"))
    assert told(PLAN, boh(broker_hours=half)) == (
        Gate.CLOCK, "2024-03-08 09:30-13:00", "the broker's calendar says 2024-03-08 09:30-16:00",
    )  # fmt: skip
    assert gate(PLAN, boh(session=date(2024, 3, 9))) is Gate.CLOCK


@pytest.mark.parametrize(
    ("plan", "clock", "opens"),
    [
        (MOO, "09:25:59", False),
        (MOO, "09:26:00", True),
        (MOO, "09:29:29", True),
        (MOO, "09:29:30", False),
        (MOO, "09:30:00", True),
        (MOO, "09:59:59", True),
        (MOO, "10:00:00", False),
        (BATCH, "09:44:59", False),
        (BATCH, "09:45:00", True),
        (BATCH, "09:59:59", True),
        (BATCH, "10:00:00", False),
        (PLAN, "09:49:59", False),
        (PLAN, "09:50:00", True),
        (PLAN, "15:29:59", True),
        (PLAN, "15:30:00", False),
        (replace(PLAN, group="later"), "12:00:00", False),
    ],
)
def test_window(plan: Plan, clock: str, opens: bool) -> None:
    assert (gate(plan, scene_of(plan, clock)) is not Gate.WINDOW) is opens


def test_the_market_is_open_once_it_should_be() -> None:
    shut = BrokerClock(at(FRIDAY, "09:50:30"), False, OPENS, CLOSES)
    assert told(PLAN, boh(clock=shut)) == (
        Gate.WINDOW, "closed", "the broker says that the market is open",
    )  # fmt: skip
    late = scene_of(MOO, "09:31:00")
    assert gate(MOO, replace(late, clock=replace(shut, now=late.now))) is Gate.WINDOW


def test_the_windows_of_a_half_day_end_earlier() -> None:
    day = date(2019, 12, 24)
    assert entry_spans("boh", day) == ((at(day, "09:50"), at(day, "12:30")),)
    assert entry_spans("confirm", day) == ((at(day, "09:45"), at(day, "10:00")),)


@pytest.mark.parametrize(
    ("scanned", "measured"),
    [
        (None, None),
        (replace(SCANNED, trade_session=THURSDAY), "2024-03-07"),
        (replace(SCANNED, as_of=WEDNESDAY), "2024-03-06"),
        (replace(SCANNED, digest="b" * 64), "b" * 12),
        (replace(SCANNED, digest="", pinned=""), ""),
    ],
)
def test_stale_plan(scanned: Scanned | None, measured: str | None) -> None:
    assert told(PLAN, boh(scanned=scanned))[:2] == (Gate.STALE_PLAN, measured)


def test_a_plan_made_for_another_session_is_stale() -> None:
    assert gate(replace(PLAN, session=THURSDAY), boh()) is Gate.STALE_PLAN


@pytest.mark.parametrize(
    ("state", "reasons", "measured"),
    [
        ("degraded", ("coverage",), "coverage"),
        ("degraded", ("earnings", "feed"), "feed"),
        ("degraded", ("meteorite",), "meteorite"),
        ("degraded", (), "degraded"),
        ("refused", ("earnings",), "refused"),
        ("fine", (), "fine"),
    ],
)
def test_degraded_plan(state: str, reasons: tuple[str, ...], measured: str) -> None:
    scanned = replace(SCANNED, state=state, reasons=reasons)
    assert told(PLAN, boh(scanned=scanned))[:2] == (Gate.DEGRADED_PLAN, measured)


def test_a_plan_degraded_for_an_allowed_reason_is_entered() -> None:
    scanned = replace(SCANNED, state="degraded", reasons=("earnings",))
    assert gate(PLAN, boh(scanned=scanned)) is None
    strict = replace(RULES, entry=replace(ENTRY, on_degraded={"earnings": "refuse"}))
    assert gate(PLAN, boh(scanned=scanned), strict) is Gate.DEGRADED_PLAN


def test_not_reconciled() -> None:
    mine = Difference(DifferenceKind.QUANTITY, "KO", "")
    other = Difference(DifferenceKind.QUANTITY, "PEP", "")
    for agreement, measured in [
        (None, None),
        (Agreement((), (), account_locked=True), None),
        (Agreement((other,), (), account_locked=True), "PEP"),
        (Agreement((mine,), (), account_locked=False), "KO"),
        (Agreement((), (mine,), account_locked=False), "KO"),
    ]:
        assert told(PLAN, boh(agreement=agreement))[:2] == (Gate.NOT_RECONCILED, measured)
    assert gate(PLAN, boh(view=None)) is Gate.NOT_RECONCILED
    assert gate(PLAN, boh(agreement=Agreement((other,), (), account_locked=False))) is None


def test_daily_loss() -> None:
    at_limit = boh(account=replace(ACCOUNT, equity=D(98_000)))
    assert told(PLAN, at_limit) == (
        Gate.DAILY_LOSS, "2.00%", "less than 2.00% of the previous close's equity lost",
    )  # fmt: skip
    assert gate(PLAN, boh(account=replace(ACCOUNT, equity=D(98_001)))) is None
    paid_out = Transfer("t", at(FRIDAY, "08:00"), D(-2_000))
    assert gate(PLAN, replace(at_limit, transfers=(paid_out,))) is None
    assert gate(PLAN, boh(account=replace(ACCOUNT, last_equity=D(0)))) is Gate.DAILY_LOSS


def test_drawdown() -> None:
    fallen = book(close_of(WEDNESDAY, "118000"), close_of(THURSDAY, "100000"))
    assert told(PLAN, boh(book=fallen)) == (
        Gate.DRAWDOWN, "15.25%", "less than 15.00% below the highest close",
    )  # fmt: skip
    lifted = book(
        close_of(WEDNESDAY, "118000"),
        close_of(THURSDAY, "100000"),
        HaltChange(at(THURSDAY, "16:05"), HaltLevel.NO_ENTRIES, DRAWDOWN, "", None),
        HaltChange(at(THURSDAY, "17:00"), HaltLevel.NONE, "person", "", None),
    )
    assert gate(PLAN, boh(book=lifted)) is None
    assert gate(PLAN, boh(book=book(close_of(THURSDAY, "0")))) is Gate.DRAWDOWN


@pytest.mark.parametrize("bad", ["NaN", "0", "-1", "Infinity"])
@pytest.mark.parametrize("name", ["prev_close", "atr", "entry", "stop", "r1", "r2"])
def test_bad_number_of_the_plan(name: str, bad: str) -> None:
    change: dict[str, Any] = {name: D(bad)}
    assert told(replace(PLAN, **change), boh())[:2] == (Gate.BAD_NUMBER, f"{name} {bad}")


@pytest.mark.parametrize(
    ("plan", "scene"),
    [
        (PLAN, boh(price=None)),
        (PLAN, boh(price=D("NaN"))),
        (PLAN, boh(price=D(0))),
        (PLAN, boh(account=replace(ACCOUNT, buying_power=D("NaN")))),
        (PLAN, boh(account=replace(ACCOUNT, buying_power=D(0)))),
        (replace(PLAN, stop=None), boh()),
        (replace(PLAN, r1=None), boh()),
        (replace(PLAN, weight=D("NaN")), boh()),
        (replace(PLAN, weight=D("-0.1")), boh()),
        (replace(PLAN, direction=0), boh()),
        (replace(BATCH, sl_atr_mult=None), confirm()),
        (replace(BATCH, sl_atr_mult=D(0)), confirm()),
        (replace(BATCH, tp_atr_mult=D("NaN")), confirm()),
    ],
)
def test_bad_number(plan: Plan, scene: EntryScene) -> None:
    assert gate(plan, scene) is Gate.BAD_NUMBER


# Symbol: what we hold and mean to.


def test_barred() -> None:
    assert told(PLAN, boh(barred="its stop may not rest overnight"))[:2] == (
        Gate.BARRED, "its stop may not rest overnight",
    )  # fmt: skip
    mine = entry("KO", strategy="bb_squeeze")
    refused = book(mine, sent(mine), closed(mine, Ending.REFUSED))
    rejected = book(mine, sent(mine), report(mine, Status.REJECTED))
    assert told(PLAN, boh(book=refused))[:2] == (Gate.BARRED, mine.id)
    assert told(PLAN, boh(book=rejected))[:2] == (Gate.BARRED, mine.id)
    old = entry("KO", session=THURSDAY)
    assert gate(PLAN, boh(book=book(old, sent(old), closed(old, Ending.REFUSED)))) is None


def test_closed_today() -> None:
    bought = entry("KO", session=THURSDAY, strategy="bb_squeeze")
    sold = intent_of(Leg.EXIT, strategy="bb_squeeze")
    leaving = book(*held(bought), sold)
    gone = book(*held(bought), sold, filled(sold))
    assert told(PLAN, boh(book=leaving))[:2] == (Gate.CLOSED_TODAY, "KO")
    assert told(PLAN, boh(book=gone))[:2] == (Gate.CLOSED_TODAY, "KO")
    short_again = replace(SHORT, strategy="rsi_mean_reversion")
    assert gate(short_again, moo(short_again, book=gone)) is Gate.CLOSED_TODAY


def test_attempts() -> None:
    first, second = entry("KO"), entry("KO", attempt=2)
    once = (first, sent(first), report(first, Status.CANCELED))
    assert gate(PLAN, boh(book=book(*once))) is None
    twice = book(*once, second, sent(second), report(second, Status.CANCELED))
    assert told(PLAN, boh(book=twice)) == (
        Gate.ATTEMPTS, "2", "at most 2 entry orders of the symbol this session",
    )  # fmt: skip
    assert gate(BATCH, confirm(book=book(*once))) is Gate.ATTEMPTS
    one_share = book(first, sent(first), report(first, Status.CANCELED, 1))
    assert told(PLAN, boh(book=one_share))[:2] == (Gate.ATTEMPTS, first.id)
    never_sent = book(first, closed(first, Ending.UNSENT))
    assert gate(BATCH, confirm(book=never_sent)) is None


def test_unresolved() -> None:
    stop = intent_of(Leg.STOP, session=THURSDAY)
    assert told(PLAN, boh(book=book(stop, sent(stop))))[:2] == (Gate.UNRESOLVED, stop.id)
    mine = entry("KO")
    assert gate(PLAN, boh(book=book(mine, sent(mine)))) is Gate.UNRESOLVED
    watched = book(mine, sent(mine), closed(mine, Ending.UNSENT))
    assert told(PLAN, boh(book=watched))[:2] == (Gate.UNRESOLVED, mine.id)
    other = entry("PEP")
    assert gate(PLAN, boh(book=book(other, sent(other)))) is None


def test_already_held() -> None:
    mine = entry("KO", session=THURSDAY, strategy="bb_squeeze", shares=40)
    there = BrokerPosition("KO", D(40), D(50), D(50))
    scene = boh(book=book(*held(mine)), view=view(positions=[there]))
    assert told(PLAN, scene)[:2] == (Gate.ALREADY_HELD, "bb_squeeze 40")


def test_foreign_position() -> None:
    strange = view(positions=[BrokerPosition("KO", D(-7), D(50), None)])
    assert told(PLAN, boh(view=strange))[:2] == (Gate.FOREIGN_POSITION, "-7")


def test_order_resting() -> None:
    by_hand = replace(broker_order(entry("KO")), id="b1", client_id="")
    assert told(PLAN, boh(view=view([by_hand])))[:2] == (Gate.ORDER_RESTING, "b1")
    done = replace(by_hand, status=Status.CANCELED)
    unknown = replace(by_hand, status=Status.UNKNOWN)
    assert gate(PLAN, boh(view=view([done]))) is None
    assert gate(PLAN, boh(view=view([unknown]))) is Gate.ORDER_RESTING
    assert gate(PLAN, boh(view=view([replace(by_hand, symbol="PEP")]))) is None
    ours = entry("KO")
    open_here = book(ours, sent(ours), report(ours, Status.NEW))
    assert told(PLAN, boh(book=open_here))[:2] == (Gate.ORDER_RESTING, ours.id)
    assert told(PLAN, boh(book=book(ours)))[:2] == (Gate.ORDER_RESTING, ours.id)


NAMES = ("AA", "BB", "CC", "DD", "EE", "FF", "GG", "HH")


def several(count: int, **changes: Any) -> list[Any]:
    """Entries of Thursday in so many symbols, each of its own sector."""
    return [
        entry(
            name, session=THURSDAY, **{"sector": name, "strategy": f"s_{name.lower()}", **changes}
        )
        for name in NAMES[:count]
    ]


@pytest.mark.parametrize(
    ("plan", "limit", "others", "text"),
    [
        (PLAN, Gate.MAX_OPEN, {}, "at most 2 open positions"),
        (PLAN, Gate.MAX_LONG, {}, "at most 2 open longs"),
        (SHORT, Gate.MAX_SHORT, {"direction": -1}, "at most 2 open shorts"),
        (PLAN, Gate.MAX_PER_STRATEGY, {"strategy": "avwap"}, "at most 2 open positions of avwap"),
        (
            PLAN,
            Gate.MAX_PER_SECTOR,
            {"sector": "Staples"},
            "at most 2 open positions of the sector Staples",
        ),
    ],
)
def test_slots(plan: Plan, limit: Gate, others: dict[str, Any], text: str) -> None:
    rules = with_risk(**{limit.value: 2})
    scene = boh() if plan is PLAN else moo(SHORT)
    one, two = several(1, **others), several(2, **others)
    assert gate(plan, replace(scene, book=book(*held(*one))), rules) is None
    full = replace(scene, book=book(*held(*two)))
    assert told(plan, full, rules) == (limit, "2", text)
    # Pending counts as open: sent without an answer, open at the broker, filled in part.
    waiting = replace(two[1], role=replace(two[1].role, session=FRIDAY))
    for facts in (
        [waiting],
        [waiting, sent(waiting)],
        [waiting, sent(waiting), report(waiting, Status.NEW)],
        [waiting, sent(waiting), report(waiting, Status.PARTIALLY_FILLED, 5), filled(waiting, 5)],
        [waiting, sent(waiting), closed(waiting, Ending.UNSENT)],
    ):
        assert gate(plan, replace(scene, book=book(*held(*one), *facts)), rules) is limit
    ended = [waiting, sent(waiting), report(waiting, Status.CANCELED)]
    assert gate(plan, replace(scene, book=book(*held(*one), *ended)), rules) is not limit


def test_the_other_side_has_slots_of_its_own() -> None:
    shorts, longs = several(2, direction=-1), several(2)
    assert gate(PLAN, boh(book=book(*held(*shorts))), with_risk(max_short=2)) is None
    assert gate(SHORT, moo(SHORT, book=book(*held(*longs))), with_risk(max_long=2)) is None


def test_new_entries_of_the_session() -> None:
    first = entry("AA", strategy="s_a", group="moo")
    second = entry("BB", strategy="s_b", group="confirm", sector="B")
    third = entry("CC", strategy="s_c", group="boh", sector="C")
    two = book(*held(first), second, sent(second), report(second, Status.NEW))
    assert gate(PLAN, boh(book=two)) is None
    three = book(*held(first, second), third, sent(third))
    assert told(PLAN, boh(book=three)) == (
        Gate.MAX_NEW, "3", "at most 3 new positions this session",
    )  # fmt: skip
    missed = book(*held(first, second), third, sent(third), report(third, Status.CANCELED))
    assert gate(PLAN, boh(book=missed)) is None


def test_new_entries_of_the_group() -> None:
    first, second = entry("AA", strategy="s_a"), entry("BB", strategy="s_b", sector="B")
    full = book(*held(first), second, sent(second))
    assert told(PLAN, boh(book=full)) == (
        Gate.MAX_NEW_IN_GROUP, "2", "at most 2 new positions of boh this session",
    )  # fmt: skip
    assert gate(BATCH, confirm(book=full)) is None


def test_orders_of_the_session_count_whatever_became_of_them() -> None:
    first, second = entry("AA"), entry("BB")
    made = [first, sent(first), report(first, Status.CANCELED)]
    made += [second, sent(second), closed(second, Ending.REFUSED)]
    rules = with_risk(max_entry_orders_per_session=2)
    assert told(PLAN, boh(book=book(*made)), rules) == (
        Gate.MAX_ORDERS, "2", "at most 2 entry orders this session",
    )  # fmt: skip
    unsent = book(*made[:3], second, closed(second, Ending.UNSENT))
    assert gate(PLAN, boh(book=unsent), rules) is None


def test_an_entry_sent_again_does_not_stand_in_its_own_way() -> None:
    mine = entry("KO")
    lost = book(mine, sent(mine))
    tight = with_risk(
        max_open=1, max_long=1, max_per_strategy=1, max_per_sector=1, max_new_per_session=1,
        max_new_per_group=1, max_entry_orders_per_session=1,
    )  # fmt: skip
    assert gate(PLAN, boh(book=lost), tight) is Gate.UNRESOLVED
    assert gate(PLAN, boh(book=lost, resending=mine.id), tight) is None
    at_broker = boh(book=lost, resending=mine.id, view=view([broker_order(mine)]))
    assert gate(PLAN, at_broker, tight) is None
    strange = replace(broker_order(mine), id="b1", client_id="by-hand")
    beside = replace(at_broker, view=view([strange]))
    assert told(PLAN, beside, tight)[:2] == (Gate.ORDER_RESTING, "by-hand")
    other = entry("AA")
    both = book(mine, sent(mine), other, sent(other))
    assert gate(PLAN, boh(book=both, resending=mine.id), tight) is Gate.MAX_OPEN


# Market: can it be traded, and does it still look as planned?


@pytest.mark.parametrize(
    ("asset", "measured"),
    [
        (None, None),
        (replace(ASSET, tradable=False), "not tradable"),
        (replace(ASSET, active=False), "inactive"),
    ],
)
def test_not_tradable(asset: Asset | None, measured: str | None) -> None:
    assert told(PLAN, boh(asset=asset))[:2] == (Gate.NOT_TRADABLE, measured)


def test_trading_halt() -> None:
    assert gate(PLAN, boh(trading_halted=True)) is Gate.TRADING_HALT


def test_shorts_need_shares_to_borrow_and_equity() -> None:
    no_shares = replace(ASSET, shortable=False)
    assert gate(SHORT, moo(SHORT, asset=no_shares)) is Gate.NOT_SHORTABLE
    off = replace(ACCOUNT, shorting_enabled=False)
    assert told(SHORT, moo(SHORT, account=off))[:2] == (Gate.NOT_SHORTABLE, "shorting is off")
    hard = replace(ASSET, easy_to_borrow=False)
    assert gate(SHORT, moo(SHORT, asset=hard)) is Gate.HARD_TO_BORROW
    small = replace(ACCOUNT, equity=D("1999.99"), last_equity=D(2_000))
    assert told(SHORT, moo(SHORT, account=small)) == (
        Gate.SMALL_ACCOUNT, "1999.99", "equity of 2000 USD or more to short",
    )  # fmt: skip
    assert gate(MOO, moo(asset=no_shares, account=off)) is None


def test_longs_need_a_stop_that_may_rest_overnight() -> None:
    hard = replace(ASSET, easy_to_borrow=False)
    assert gate(MOO, moo(asset=hard)) is Gate.NO_GTC_STOP


@pytest.mark.parametrize("plan", [BATCH, PLAN], ids=["confirm", "boh"])
def test_quotes(plan: Plan) -> None:
    scene = confirm() if plan is BATCH else boh()
    young = quote(plan, scene.now - timedelta(seconds=58))
    old = quote(plan, scene.now - timedelta(seconds=59))
    assert gate(plan, replace(scene, quote=young)) is None
    assert told(plan, replace(scene, quote=old)) == (
        Gate.STALE_QUOTE, "61 s (sip)", "a quote of the last 60 s",
    )  # fmt: skip
    assert gate(plan, replace(scene, quote=None)) is Gate.STALE_QUOTE
    for bid, ask in [("60.32", "60.31"), (None, "60.31"), ("60.29", None), ("NaN", "60.31")]:
        crossed = quote(plan, scene.now, bid, ask)
        assert told(plan, replace(scene, quote=crossed))[:2] == (
            Gate.CROSSED_QUOTE, f"{bid} / {ask}",
        )  # fmt: skip
    assert gate(plan, replace(scene, quote=quote(plan, scene.now, "60.30", "60.30"))) is None


def test_before_the_open_the_gap_filter_stands_for_the_quote() -> None:
    assert gate(MOO, moo(quote=None)) is None


def test_gap() -> None:
    gapped = checked(PLAN, status=GapStatus.REJECTED, reason=GapReason.GAP)
    assert gate(PLAN, boh(gap=gapped)) is Gate.GAP
    missing = replace(gapped, found=None, reason=GapReason.NO_PRICE)
    assert told(PLAN, boh(gap=missing))[:2] == (Gate.GAP, "no_price")
    assert gate(PLAN, boh(gap=None)) is Gate.GAP
    assert gate(PLAN, boh(gap=checked(BATCH))) is Gate.GAP
    unverified = checked(PLAN, found=None, status=GapStatus.UNVERIFIED, reason=GapReason.NO_PRICE)
    assert gate(PLAN, boh(gap=unverified)) is None


def late_trade(price: str, clock: str) -> LastTrade:
    return LastTrade("KO", D(price), at(FRIDAY, clock), "sip")


@pytest.mark.parametrize(
    ("trade", "passes"),
    [
        (late_trade("61.80", "09:39"), True),
        (late_trade("61.81", "09:39"), False),
        (late_trade("58.19", "09:39"), False),
        (late_trade("60", "09:29"), False),
        (None, False),
    ],
)
def test_after_the_open_moos_last_trade_must_pass_as_well(
    trade: LastTrade | None, passes: bool
) -> None:
    assert gate(MOO, scene_of(MOO, "09:40:00", trade=trade)) is (None if passes else Gate.GAP)


def test_not_confirmed() -> None:
    low = late_trade("59.99", "09:45:20")
    assert told(BATCH, confirm(trade=low)) == (
        Gate.NOT_CONFIRMED, "59.99", "last trade >= 60",
    )  # fmt: skip
    assert gate(BATCH, confirm(trade=None)) is Gate.NOT_CONFIRMED
    fallen_back = bars_until(at(FRIDAY, "09:50:30"), "60.40", "59.99")
    assert told(PLAN, boh(bars=fallen_back))[:2] == (Gate.NOT_CONFIRMED, "59.99")
    assert gate(PLAN, boh(bars=())) is Gate.NOT_CONFIRMED
    split = checked(PLAN, split=Fraction(2))
    assert told(PLAN, boh(gap=split))[:2] == (Gate.NOT_CONFIRMED, "split 2")


@pytest.mark.parametrize(
    ("plan", "price", "room"),
    [
        (PLAN, "57.01", True),
        (PLAN, "57", False),
        (PLAN, "62.99", True),
        (PLAN, "63", False),
        (BATCH, "58.20", False),
        (BATCH, "63", False),
        (SHORT, "62.99", True),
        (SHORT, "63", False),
        (replace(SHORT, r1=D(57)), "57", False),
        (replace(MOO, atr=D(40)), "60", False),  # its stop would be 60 - 60 = 0
    ],
)
def test_no_room(plan: Plan, price: str, room: bool) -> None:
    scenes = {"boh": boh, "confirm": confirm}
    scene = scenes[plan.group]() if plan.group in scenes else moo(plan)
    found = gate(plan, replace(scene, price=D(price)))
    assert (found is not Gate.NO_ROOM) is room


def test_too_small() -> None:
    poor = replace(ACCOUNT, equity=D(1_000), last_equity=D(1_000), buying_power=D(2_000))
    # 200 USD are 4 shares of 60.30; 4 * 60.30 / 10 % = 2,412
    plan = replace(BATCH, weight=D(1))
    assert told(plan, confirm(plan, account=poor)) == (
        Gate.TOO_SMALL, "1 shares, limited by position",
        "at least 1 share and 200 USD: needs equity of 2412.00 USD",
    )  # fmt: skip
    weightless = replace(BATCH, weight=D(0))
    assert told(weightless, confirm(weightless))[2] == (
        "at least 1 share and 200 USD: needs a weight of its strategy above 0"
    )


def test_our_orders_without_an_answer_are_taken_from_buying_power() -> None:
    # 300 - 1 * 50 * 1.03 = 248.50 is just 4 shares of 60.30 with their margin (248.436)
    account = replace(ACCOUNT, buying_power=D(300))
    one = entry("AA", strategy="s_a", shares=1)
    lost = book(one, sent(one))
    assert gate(PLAN, boh(account=account, book=lost)) is Gate.TOO_SMALL  # avwap: 4 * 0.9
    assert gate(BATCH, confirm(account=account, book=lost)) is None
    margin_too = replace(account, buying_power=D("299.90"))  # 248.40 with the margin
    assert gate(BATCH, confirm(account=margin_too, book=lost)) is Gate.TOO_SMALL
    two = entry("AA", strategy="s_a", shares=2)
    short_of = told(BATCH, confirm(account=account, book=book(two, sent(two))))
    assert short_of[:2] == (Gate.TOO_SMALL, "3 shares, limited by buying_power")
    assert short_of[2].endswith("buying power of 248.44 USD")
    known = book(two, sent(two), report(two, Status.NEW))
    assert gate(BATCH, confirm(account=account, book=known)) is None
    for then in (known, book(two, sent(two), report(two, Status.FILLED, 2), filled(two))):
        asked_before = confirm(account=account, account_at=at(FRIDAY, "09:27:01"), book=then)
        assert gate(BATCH, asked_before) is Gate.TOO_SMALL
        asked_after = replace(asked_before, account_at=at(FRIDAY, "09:27:02"))
        assert gate(BATCH, asked_after) is None


def test_what_the_strategy_holds_is_taken_from_its_share() -> None:
    # 25 % of 100,000 = 25,000; 490 * 51 (the broker's last price) = 24,990 of it held
    mine = entry("AA", strategy="adx_pullback", shares=490, session=THURSDAY)
    there = view(positions=[BrokerPosition("AA", D(490), D(50), D(51))])
    scene = confirm(book=book(*held(mine)), view=there)
    assert told(BATCH, scene)[:2] == (Gate.TOO_SMALL, "0 shares, limited by strategy")
    unpriced = view(positions=[BrokerPosition("AA", D(490), D(50), None)])
    assert gate(BATCH, replace(scene, view=unpriced)) is None
    coming = entry("BB", strategy="adx_pullback", shares=9, session=FRIDAY)
    more = book(*held(mine), coming, sent(coming))
    worthless = view(positions=[BrokerPosition("AA", D(490), D(50), D(0))])
    assert gate(BATCH, replace(scene, view=worthless)) is None
    rules = with_risk(max_per_strategy=3)
    assert gate(BATCH, replace(scene, view=unpriced, book=more), rules) is Gate.TOO_SMALL


def test_what_has_filled_of_a_pending_entry_counts_once() -> None:
    # 25,000 less 5,000 * 4 held and 1,000 * 4 coming = 1,000: 16 shares of 60.30
    mine = entry("AA", strategy="adx_pullback", shares=6_000, price="4")
    facts = [mine, sent(mine), report(mine, Status.PARTIALLY_FILLED, 5_000)]
    scene = confirm(book=book(*facts, filled(mine, 5_000, "4")))
    found = sized(BATCH, scene, RISK)
    assert (found.shares, found.cap) == (16, Cap.STRATEGY)


def test_times_are_moments_whatever_their_zone() -> None:
    def moved(moment: datetime) -> datetime:
        return moment.astimezone(UTC)

    scene = boh()
    assert scene.broker_hours is not None
    hours = (moved(scene.broker_hours[0]), moved(scene.broker_hours[1]))
    assert gate(PLAN, replace(scene, now=moved(scene.now), broker_hours=hours)) is None
