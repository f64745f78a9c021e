"""Slippages: signs, parts that add up, and where the arrival price is from."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import traded_days as day
from held_positions import MON, TUE, D, bar, moment
from memory_ledger import MemoryLedger

from avwap_cli.review.pages.report_records import Slippage
from avwap_cli.review.slippages import slippages
from avwap_cli.trading.books import fold
from avwap_cli.trading.facts import Act, Fact, Verb
from avwap_cli.trading.quotes import PriceBar

SENT = (
    Act(moment(MON, "09:49:30"), Verb.SUBMIT, day.ABC.id),
    Act(moment(MON, "09:28"), Verb.SUBMIT, day.XYZ.id),
    Act(moment(MON, "12:00"), Verb.SUBMIT, day.ABC_STOP.id),
)


def minutes(symbol: str, *rows: tuple[str, str]) -> list[PriceBar]:
    """Bars that open at these prices and close a dollar away."""
    return [
        replace(bar(MON, at, opening), symbol=symbol, close=D(opening) + 1) for at, opening in rows
    ]


TAPE = {
    "ABC": minutes("ABC", ("09:48", "99"), ("09:49", "100.01"), ("09:50", "100.5")),
    "XYZ": minutes("XYZ", ("09:30", "40.2"), ("09:31", "41")),
}


def rows(*more: Fact, session: object = MON) -> dict[tuple[str, str], Slippage]:
    book = fold(MemoryLedger(*day.FACTS, *more).facts())
    found = slippages(book, session, TAPE)  # type: ignore[arg-type]
    return {(row.symbol, row.leg): row for row in found}


def test_one_row_per_order_that_filled_in_the_session() -> None:
    wanted = [("XYZ", "entry"), ("ABC", "entry"), ("JKL", "entry"), ("ABC", "trim1")]
    assert list(rows()) == [*wanted, ("ABC", "stop")]
    assert list(rows(session=TUE)) == [("XYZ", "exit")]


def test_a_purchase_above_its_decision_is_a_cost() -> None:
    # 60 at 100.00 and 40 at 100.05, decided at 100, arrived at 100.01
    row = rows(*SENT)["ABC", "entry"]
    assert (row.decision, row.arrival, row.fill) == (100.0, 100.01, 100.02)
    assert row.arrival_from == "open of 09:49"
    assert (row.delay_usd, row.market_usd, row.cost_usd) == (1.0, 1.0, 2.0)
    assert row.cost_bps == pytest.approx(2.0)
    assert (row.side, row.shares) == ("buy", 100)


def test_a_sale_above_its_decision_is_a_gain() -> None:
    # sold short at 40, decided at 40; sent before the open, which came at 40.20
    row = rows(*SENT)["XYZ", "entry"]
    assert (row.arrival, row.arrival_from) == (40.2, "open of 09:30")
    assert (row.delay_usd, row.market_usd, row.cost_usd) == (-10.0, 10.0, 0.0)
    assert rows()["ABC", "trim1"].cost_usd == 5.0, "50 at 105, decided at 105.10"


def test_a_stop_rests_so_it_never_arrives() -> None:
    row = rows(*SENT)["ABC", "stop"]
    assert (row.arrival, row.arrival_from) == (None, "it rested")
    assert (row.decision, row.cost_usd) == (100.01, 0.5)
    assert (row.delay_usd, row.market_usd) == (None, None)


def test_without_minutes_or_a_time_of_sending_the_arrival_is_not_known() -> None:
    assert rows()["ABC", "entry"].arrival_from == "not known"
    late = Act(moment(MON, "09:50") + timedelta(minutes=5), Verb.SUBMIT, day.ABC.id)
    assert rows(late)["ABC", "entry"].arrival is None
    row = rows()["ABC", "entry"]
    assert (row.delay_usd, row.market_usd, row.cost_usd) == (None, None, 2.0)


def test_an_order_that_nobody_priced_has_a_fill_alone() -> None:
    row = rows(session=TUE)["XYZ", "exit"]
    assert (row.decision, row.cost_usd, row.cost_bps, row.fill) == (None, None, None, 38.0)
