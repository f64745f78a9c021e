"""Whose a fill is: a position's, or a person's own, before, beside and beyond what we hold."""

from __future__ import annotations

from pathlib import Path

from hand_facts import FRIDAY, D, at, fill_of, hand_fill, intent_of
from rest_calls import Calls
from trading_rig import DAY, Rig, candidate, tape_of

from avwap_cli.trading.books import Book, fold
from avwap_cli.trading.facts import Facts, HaltLevel
from avwap_cli.trading.fill_owners import FOREIGN, fills_by_hand, shared_gap
from avwap_cli.trading.intents import Leg
from avwap_cli.trading.orders import BrokerPosition, Fill, Side
from avwap_cli.trading.reconciliation import differences
from avwap_cli.trading.views import View

ENTRY = intent_of(Leg.ENTRY)
OTHER = intent_of(Leg.ENTRY, strategy="bb_squeeze")
BOUGHT = fill_of(ENTRY, "1", 100, "60", at(FRIDAY, "10:00"))
TOO = fill_of(OTHER, "2", 40, "60", at(FRIDAY, "10:01"))
FLAT = {name: {DAY: [("09:30", 100.0), ("16:00", 100.0)]} for name in ("AAA", "BBB")}


def by_hand(rig: Rig, side: str, shares: int) -> None:
    """A person's market order in the broker's page, filled in the next minute."""
    Calls(rig.exchange).order(symbol="AAA", side=side, qty=str(shares))
    rig.exchange.step(60)


def differs(rig: Rig) -> list[str]:
    return [n.text for n in rig.told.notices if n.kind == "differs" and n.begins]


def entered(folder: Path) -> Rig:
    """100 shares of AAA, whose stop a person has taken away."""
    rig = Rig(folder, tape_of(FLAT), start="09:26")
    rig.plan(candidate("AAA", "rsi_mean_reversion"))
    rig.enter("moo")
    rig.watch_until("09:32")
    (stop,) = [o for o in rig.orders() if o.open]
    assert Calls(rig.exchange).send("DELETE", f"/v2/orders/{stop.id}").status == 204
    rig.exchange.step(1)
    return rig


def test_what_a_person_sold_before_our_first_order_locks_nothing(tmp_path: Path) -> None:
    rig = Rig(tmp_path, tape_of(FLAT), start="09:31")
    by_hand(rig, "buy", 40)
    rig.to("09:44")
    by_hand(rig, "sell", 40)
    rig.to("09:45:05")
    rig.plan(candidate("AAA", "bb_squeeze"))
    rig.enter("confirm")
    rig.watch_until("09:48")
    (held,) = rig.book.open
    assert rig.held("AAA") == held.shares > 0
    assert differs(rig) == []
    rig.monitor(once=True)
    assert rig.monitor(once=True).exit_code == 0


def test_the_short_that_a_person_sells_beyond_our_shares_is_theirs(tmp_path: Path) -> None:
    rig = entered(tmp_path)
    by_hand(rig, "sell", 100)
    by_hand(rig, "sell", 50)
    assert rig.held("AAA") == -50
    rig.watch_until("09:40")
    assert (rig.book.open, [p.shares for p in rig.book.closed]) == ((), [0])
    assert differs(rig) == []
    rig.halt = HaltLevel.FLATTEN
    rig.watch_until("09:44")
    assert rig.held("AAA") == -50
    assert not [o for o in rig.orders() if o.open]


def test_a_person_may_trade_again_after_their_short(tmp_path: Path) -> None:
    rig = entered(tmp_path)
    by_hand(rig, "sell", 100)
    by_hand(rig, "sell", 50)
    rig.watch_until("09:36")
    for _ in range(2):  # from 50 short to flat, then 50 of their own
        by_hand(rig, "buy", 50)
        rig.watch_until("09:42")
    assert (rig.held("AAA"), rig.book.open) == (50, ())
    assert differs(rig) == []


def test_one_sale_through_flat_closes_ours_and_begins_theirs() -> None:
    view = seen(-50, hand("h1", Side.SELL, 150))
    taken = fills_by_hand(booked(BOUGHT), view)
    after = booked(BOUGHT, *taken)
    assert (after.open, [p.realized_usd for p in after.closed]) == ((), [D(100)])
    assert differences(after, view) == ()


def booked(*fills: Fill) -> Book:
    return fold(Facts(intents=[ENTRY, OTHER], fills=list(fills)))


def seen(shares: int, *fills: Fill) -> View:
    held = {"KO": BrokerPosition("KO", D(shares), D(60), D(60))}
    return View(at(FRIDAY, "12:00"), {}, frozenset(), held, fills)


def hand(number: str, side: Side, shares: int, clock: str = "11:00") -> Fill:
    return hand_fill("", number, side, shares, "61", at(FRIDAY, clock))


def test_of_two_strategies_each_sale_by_hand_has_one_owner() -> None:
    view = seen(10, hand("h1", Side.SELL, 90), hand("h2", Side.SELL, 40, "11:01"))
    before = booked(BOUGHT, TOO)
    taken = fills_by_hand(before, view)
    assert [(f.id, f.client_id) for f in taken] == [
        ("h1", "by-hand.avwap"),
        ("h2", "by-hand.bb_squeeze"),
    ]
    after = booked(BOUGHT, TOO, *taken)
    assert {p.strategy: p.shares for p in after.open} == {"avwap": 10}
    assert differences(after, view) == ()


def test_a_sale_of_more_than_either_strategy_holds_is_left_to_a_person() -> None:
    view = seen(10, hand("h1", Side.SELL, 130))
    assert fills_by_hand(booked(BOUGHT, TOO), view) == []
    (found,) = differences(booked(BOUGHT, TOO), view)
    assert found.text == "KO: the ledger holds 140 shares, the broker 10"


def test_what_is_accepted_is_taken_from_one_strategy_after_the_other() -> None:
    both = booked(BOUGHT, TOO)
    assert shared_gap(both, "KO", D(-130)) == [("avwap", D(-100)), ("bb_squeeze", D(-30))]
    assert shared_gap(both, "KO", D(-90)) == [("avwap", D(-90))]
    assert shared_gap(both, "KO", D(5)) == [("bb_squeeze", D(5))]
    assert shared_gap(booked(BOUGHT), "KO", D(-130)) == [("avwap", D(-130))]
    assert shared_gap(booked(), "KO", D(9)) == [("bb_squeeze", D(9))]


def test_a_person_sells_their_own_shares_first() -> None:
    early = Fill("h0", "b", FOREIGN, "KO", Side.BUY, D(7), D(60), at(FRIDAY, "09:59"))
    before = booked(early, BOUGHT)
    assert differences(before, seen(107)) == ()
    view = seen(70, hand("h1", Side.SELL, 7), hand("h2", Side.SELL, 30, "11:01"))
    taken = fills_by_hand(before, view)
    assert [(f.id, f.client_id) for f in taken] == [("h1", FOREIGN), ("h2", "by-hand.avwap")]
    after = booked(early, BOUGHT, *taken)
    assert after.held("KO") == 70
    assert differences(after, view) == ()
