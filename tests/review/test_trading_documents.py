"""Trading documents: what the files of a day say, row by row."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import traded_days as day
from held_positions import FRI, MON, TUE, D
from hypothesis import given
from hypothesis import strategies as st
from memory_ledger import MemoryLedger

import avwap_cli
from avwap_cli.adapters.artifact_files import json_bytes
from avwap_cli.review import trading_documents as documents
from avwap_cli.trading.books import Book, fold
from avwap_cli.trading.facts import EquityClose

SCHEMAS = Path(avwap_cli.__file__).parent / "schemas"


@pytest.fixture(scope="module")
def book() -> Book:
    return fold(MemoryLedger(*day.FACTS).facts())


def as_read(name: str, body: dict[str, Any]) -> dict[str, Any]:
    """The document as a reader gets it, checked against its schema."""
    document: dict[str, Any] = json.loads(json_bytes(f"avwap.{name}/1.0", body))
    schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator(schema).validate(document)
    return document


def test_entries_tell_of_orders_refusals_and_denials(book: Book) -> None:
    document = as_read("entries", documents.entries_body(book, MON))
    orders = {row["symbol"]: row for row in document["orders"]}
    assert list(orders) == ["ABC", "XYZ", "DEF", "JKL"]
    filled = orders["ABC"]
    assert (filled["entry_group"], filled["filled_shares"], filled["filled_avg_price"]) == (
        "boh",
        100,
        100.02,
    )
    assert (filled["state"], filled["status"], filled["refusal"]) == ("final", "filled", None)
    refused = orders["DEF"]
    assert (refused["state"], refused["status"]) == ("closed", None)
    assert (refused["refusal"], refused["closure"]) == ("halted", "halted")
    assert document["denials"] == [
        {
            "symbol": "GHI",
            "strategy": "avwap",
            "entry_group": "boh",
            "gate": "gap",
            "measured": "<4 %>",
            "threshold": "at most 3 %",
        }
    ]
    assert as_read("entries", documents.entries_body(book, TUE))["orders"] == []


def test_exits_tell_what_left_and_what_protects_the_rest(book: Book) -> None:
    document = as_read("exits", documents.exits_body(book, MON))
    assert [(r["symbol"], r["reason"], r["shares"], r["price"]) for r in document["exits"]] == [
        ("ABC", "trim_r1", 50, 105.0),
        ("ABC", "stop_loss", 50, 100.0),
    ]
    assert [r["slippage_usd"] for r in document["exits"]] == [5.0, 0.5]
    (held,) = document["positions"]
    assert (held["symbol"], held["shares"], held["avg_price"]) == ("JKL", 30, 101.0)
    assert held["stops"] == [
        {"id": day.JKL_STOP.id, "shares": 30, "price": 95.0, "reason": "stop_loss"}
    ]
    tuesday = as_read("exits", documents.exits_body(book, TUE))
    assert [(r["symbol"], r["decision_price"]) for r in tuesday["exits"]] == [("XYZ", None)]


def test_an_exit_that_did_not_fill_is_told() -> None:
    facts = [f for f in day.FACTS if getattr(f, "id", "") != "f7"]
    facts = [
        f for f in facts if getattr(getattr(f, "order", None), "client_id", "") != day.XYZ_EXIT.id
    ]
    document = as_read("exits", documents.exits_body(fold(MemoryLedger(*facts).facts()), TUE))
    (row,) = document["unfilled"]
    assert (row["symbol"], row["reason"], row["state"]) == ("XYZ", "time_exit", "made")


def test_trades_are_all_up_to_the_session(book: Book) -> None:
    assert [t["symbol"] for t in documents.trade_lines(book, MON)] == ["ABC"]
    long, short = documents.trade_lines(book, TUE)
    assert long["entered_at"] == "2024-03-04T09:50:00.000-05:00"
    assert (long["r_multiple"], long["mfe_frac"], long["exit_slippage_usd"]) == (
        0.494024,
        0.054789,
        5.5,
    )
    assert [e["leg"] for e in long["exits"]] == ["trim1", "stop"]
    assert (short["direction"], short["pnl_usd"], short["exit_slippage_usd"]) == (
        "short",
        100.0,
        None,
    )


def test_equity_is_without_payments(book: Book) -> None:
    rows = documents.equity_lines(book, FRI)
    # (109000 - 10000) / 100000 = 0.99; 110090 / 109000 = 1.01; 0.99 x 1.01 = 0.9999
    assert [(r["unit"], r["drawdown_frac"]) for r in rows] == [
        (1.0, 0.0),
        (0.99, 0.01),
        (0.9999, 0.0001),
    ]
    assert [r["equity_usd"] for r in documents.equity_lines(book, TUE)] == [100000.0, 109000.0]


def test_alerts_are_those_of_the_session_in_their_order(book: Book) -> None:
    first, last = documents.alert_lines(book, MON)
    assert (first["begins"], first["page"], first["kind"]) == (True, True, "refusal")
    assert (last["begins"], last["text"]) == (False, "over")
    assert documents.alert_lines(book, TUE) == []


def test_no_moment_of_our_own_is_in_a_document(book: Book) -> None:
    """Equal broker answers give equal documents, whenever we asked."""
    text = json.dumps(
        [
            documents.entries_body(book, MON),
            documents.exits_body(book, MON),
            documents.alert_lines(book, MON),
            documents.equity_lines(book, FRI),
        ],
        default=str,
    )
    assert "T0" not in text
    assert "T1" not in text


@given(st.permutations(day.FACTS[:16]))
def test_law_the_order_of_hearing_changes_no_trade(facts: list[Any]) -> None:
    said = documents.trade_lines(fold(MemoryLedger(*day.FACTS[:16]).facts()), MON)
    assert documents.trade_lines(fold(MemoryLedger(*facts).facts()), MON) == said


amounts = st.integers(1, 10**7).map(D)


@given(st.lists(st.tuples(amounts, st.integers(-500, 500)), min_size=1, max_size=4))
def test_law_a_drawdown_is_a_fraction_and_zero_at_the_peak(pairs: list[Any]) -> None:
    days = [MON, TUE, FRI, day.date(2024, 3, 11)]
    at = datetime.combine(MON, datetime.min.time(), tzinfo=day.moment(MON, "16:05").tzinfo)
    closes = [
        EquityClose(at, session, equity + 1000, D(paid))
        for session, (equity, paid) in zip(days, pairs, strict=False)
    ]
    rows = documents.equity_lines(fold(MemoryLedger(*closes).facts()), days[-1])
    assert all(0 <= row["drawdown_frac"] <= 1 for row in rows)
    best = max(rows, key=lambda row: row["unit"])
    assert best["drawdown_frac"] == 0
