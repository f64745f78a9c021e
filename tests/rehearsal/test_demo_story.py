"""The demo's story: a line an event, told from the ledger; and both sides' orders, counted."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import traded_days as day
from held_positions import MON, TUE, moment
from memory_ledger import MemoryLedger

from avwap_cli.rehearsal.demo_story import BothSides, Event, Line, both_sides, story
from avwap_cli.trading.books import Book, fold
from avwap_cli.trading.facts import Act, Fact, Verb
from avwap_cli.trading.intents import Leg
from avwap_cli.trading.orders import Status

NO_GAPS: dict[str, Any] = {"gap_threshold_frac": 0.03, "rejected": []}
GAPS: dict[str, Any] = {**NO_GAPS, "rejected": [{"symbol": "GAP", "gap_frac": -0.0451}]}


def told(*more: Fact, gaps: dict[str, Any] = NO_GAPS) -> list[tuple[str, Event, str, str]]:
    facts = MemoryLedger(*day.FACTS, *more).facts()
    lines = story(facts, MON, gaps, moment(MON, "09:25"))
    assert list(lines) == sorted(lines, key=lambda line: line.at)
    return [(line.time, line.event, line.symbol, line.text) for line in lines]


def test_the_day_is_told_in_the_order_in_which_it_happened() -> None:
    assert [line[:3] for line in told(gaps=GAPS)] == [
        ("09:25", Event.GAP, "GAP"),
        ("09:30", Event.ENTRY, "XYZ"),
        ("09:45", Event.UNFILLED, "DEF"),
        ("09:50", Event.ENTRY, "ABC"),
        ("10:05", Event.DENIED, "GHI"),
        ("10:06", Event.PAGE, ""),
        ("10:10", Event.ENTRY, "JKL"),
        ("11:00", Event.TRIM, "ABC"),
        ("14:00", Event.STOP, "ABC"),
        ("16:05", Event.CLOSE, ""),
    ]


def test_each_event_is_told_with_its_numbers() -> None:
    texts = {(event, symbol): text for _, event, symbol, text in told(gaps=GAPS)}
    assert texts[Event.GAP, "GAP"].startswith("dropped by the gap filter: -4.5% from")
    assert texts[Event.ENTRY, "JKL"] == "bought 30 shares at 101.00 (boh, avwap); stop at 95.00"
    assert texts[Event.ENTRY, "XYZ"].startswith("sold short 50 shares at 40.00 (moo, overbought")
    assert texts[Event.TRIM, "ABC"] == "trim_r1 at 105.10: sold 50 shares at 105.00"
    assert texts[Event.STOP, "ABC"].endswith("sold 50 shares at 100.00; closed with +248.00 USD")
    assert texts[Event.DENIED, "GHI"] == "not entered (boh, gap): <4 %>; rule: at most 3 %"


def test_a_part_of_an_entry_says_what_was_wanted() -> None:
    part = day.report(day.JKL, Status.CANCELED, "12", "101")
    facts = [f for f in day.FACTS if getattr(f, "client_id", "") != day.JKL.id]
    kept = [f for f in facts if getattr(getattr(f, "order", None), "client_id", "") != day.JKL.id]
    lines = story(MemoryLedger(*kept, part).facts(), MON, NO_GAPS, moment(MON, "09:25"))
    (line,) = (each for each in lines if each.symbol == "JKL")
    assert line.event is Event.PARTIAL_ENTRY
    assert "12 of 30 shares" in line.text
    assert "the rest was canceled" in line.text


@pytest.mark.parametrize(
    ("reason", "decided", "direction", "said"),
    [
        ("emergency_stop", "92.92", 1, "8.0% lost, the second such minute in a row"),
        ("emergency_immediate", "89.89", 1, "11.0% lost, one minute is enough"),
        ("emergency_immediate", "45", -1, "12.5% lost, one minute is enough"),
        ("take_profit", "105", 1, "take_profit at 105.00: sold"),
        ("time_exit", None, -1, "time_exit: bought back"),
    ],
)
def test_an_emergency_exit_says_what_was_measured(
    reason: str, decided: str | None, direction: int, said: str
) -> None:
    entry = day.JKL if direction > 0 else day.XYZ
    plan = replace(day.LONG, symbol="JKL") if direction > 0 else day.SHORT
    shares = str(entry.shares)
    left = day.intent(plan, MON, Leg.EXIT, shares, reason=reason, decided=decided)
    more = [
        left,
        day.report(left, Status.FILLED, shares, "44"),
        day.fill(left, 99, shares, "44", moment(MON, "15:00")),
    ]
    gone = (day.XYZ_EXIT.id,)
    facts = [f for f in day.FACTS if not _is_of(f, gone)]
    lines = story(MemoryLedger(*facts, *more).facts(), MON, NO_GAPS, moment(MON, "09:25"))
    (text,) = (line.text for line in lines if line.event is Event.EXIT)
    assert said in text
    if reason.startswith("emergency"):
        assert text.startswith(f"emergency exit at {float(decided or 0):.2f}, ")


def _is_of(fact: Fact, orders: tuple[str, ...]) -> bool:
    """Whether it tells of one of those orders."""
    order = getattr(fact, "order", None)
    ids = {getattr(fact, "id", ""), getattr(fact, "client_id", ""), getattr(order, "client_id", "")}
    return not ids.isdisjoint(orders)


def test_the_stop_of_the_entry_day_says_how_far_it_stands() -> None:
    wide = replace(day.JKL_STOP, reason="emergency_stop", stop_price=Decimal("90.90"))
    facts = [wide if f is day.JKL_STOP else f for f in day.FACTS]
    lines = story(MemoryLedger(*facts).facts(), MON, NO_GAPS, moment(MON, "09:25"))
    (text,) = (n.text for n in lines if n.symbol == "JKL" and n.event is Event.ENTRY)
    assert text.endswith("; stop at 90.90 (entry day: 10%)")


@pytest.mark.parametrize(("seconds", "lost"), [(0, 0), (2, 1)])
def test_an_answer_is_lost_where_the_first_word_of_an_order_came_later(
    seconds: int, lost: int
) -> None:
    at = day.JKL.made_at
    sent = Act(at, Verb.SUBMIT, day.JKL.id)
    facts = [
        f for f in day.FACTS if getattr(getattr(f, "order", None), "client_id", "") != day.JKL.id
    ]
    heard = replace(
        day.report(day.JKL, Status.FILLED, "30", "101"), at=at + timedelta(seconds=seconds)
    )
    lines = story(MemoryLedger(*facts, sent, heard).facts(), MON, NO_GAPS, moment(MON, "09:25"))
    found = [line for line in lines if line.event is Event.LOST_ANSWER]
    assert [line.symbol for line in found] == ["JKL"] * lost
    assert all("2 s later" in line.text for line in found)


def test_a_row_is_in_new_york_time() -> None:
    row = Line(moment(MON, "09:45"), Event.ENTRY, "ABC", "x").row()
    assert row == {
        "at": "2024-03-04T09:45:00-05:00",
        "event": "entry",
        "symbol": "ABC",
        "text": "x",
    }


def book() -> Book:
    return fold(MemoryLedger(*day.FACTS).facts())


def same_books() -> dict[str, Any]:
    """The exchange's books, written by hand, of the day of `traded_days`."""
    orders = [
        (day.ABC, "filled", "100"),
        (day.ABC_TRIM, "filled", "50"),
        (day.ABC_STOP, "filled", "50"),
        (day.XYZ, "filled", "50"),
        (day.JKL, "filled", "30"),
        (day.JKL_STOP, "new", "0"),
        (day.XYZ_EXIT, "filled", "50"),
    ]
    return {
        "orders": [
            {"client_order_id": o.id, "status": status, "filled_qty": filled}
            for o, status, filled in orders
        ],
        "positions": [{"symbol": "JKL", "qty": "30"}],
    }


def test_equal_sides_are_counted_and_equal() -> None:
    sides = both_sides(book(), same_books())
    assert sides == BothSides(7, 7, 1, 1, ())
    assert sides.text == "orders at the broker 7 = orders in the ledger 7; positions 1 = 1"


def test_every_difference_is_named() -> None:
    twice, less, other, more = same_books(), same_books(), same_books(), same_books()
    twice["orders"].append(twice["orders"][0])
    del less["orders"][3]
    other["orders"][5]["status"] = "canceled"
    more["positions"] = [{"symbol": "JKL", "qty": "31"}, {"symbol": "ABC", "qty": "1"}]
    for books, count, words in (
        (twice, 8, ["at the broker only", "ABC"]),
        (less, 6, ["in the ledger only", "XYZ"]),
        (other, 7, ["at the broker only", "canceled", "in the ledger only", "new"]),
        (more, 7, ["ABC: 1 shares at the broker, 0", "JKL: 31 shares at the broker, 30"]),
    ):
        sides = both_sides(book(), books)
        assert sides.orders_at_broker == count
        assert "!=" in sides.text
        assert all(word in " ".join(sides.differences) for word in words)


def test_a_day_without_facts_has_no_story() -> None:
    assert story(MemoryLedger().facts(), TUE, NO_GAPS, moment(TUE, "09:25")) == ()
