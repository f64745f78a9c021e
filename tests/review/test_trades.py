"""Trades: round trips by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
import traded_days as day
from held_positions import FRI, MON, TUE, D, moment
from memory_ledger import MemoryLedger

from avwap_cli.review.trades import Trade, departures, r_multiple, trade_of, trades_until
from avwap_cli.trading.books import Book, fold
from avwap_cli.trading.facts import SplitTaken


@pytest.fixture
def book() -> Book:
    return fold(MemoryLedger(*day.FACTS).facts())


def closed(book: Book, symbol: str) -> Trade:
    (position,) = [p for p in book.closed if p.symbol == symbol]
    return trade_of(position)


def test_a_trimmed_and_stopped_long(book: Book) -> None:
    trade = closed(book, "ABC")
    assert (trade.shares, trade.entry_price, trade.exit_price) == (D(100), D("100.02"), D("102.5"))
    # 50 x (105 - 100.02) + 50 x (100 - 100.02)
    assert trade.pnl_usd == D(248)
    # at risk: 100 x (100.02 - 95)
    assert trade.r_multiple == D(248) / D(502)
    assert trade.mfe_frac == D("5.48") / D("100.02")
    assert trade.mae_frac == D("1.52") / D("100.02")
    assert (trade.entry_session, trade.exit_session, trade.sessions_held) == (MON, MON, 0)
    assert trade.reason == "stop_loss"


def test_slippage_is_counted_from_the_decision(book: Book) -> None:
    trade = closed(book, "ABC")
    # 100 shares 2 cents above 100; 50 sold 10 cents below 105.10, 50 a cent below 100.01
    assert trade.entry_slippage_usd == D("2.00")
    assert trade.exit_slippage_usd == D("5.50")
    trim, stop = trade.departures
    assert (trim.reason, trim.shares, trim.slippage_usd) == ("trim_r1", D(50), D("5.00"))
    assert (stop.client_id, stop.price, stop.slippage_usd) == (day.ABC_STOP.id, D(100), D("0.50"))


def test_a_short_covered_by_plan(book: Book) -> None:
    trade = closed(book, "XYZ")
    assert (trade.direction, trade.pnl_usd, trade.r_multiple) == (-1, D(100), D(1))  # 2.5 x 0.8
    assert (trade.mfe_frac, trade.mae_frac) == (D("0.05"), D(0))
    assert (trade.sessions_held, trade.reason) == (1, "time_exit")
    assert (trade.entry_slippage_usd, trade.exit_slippage_usd) == (D(0), None)


def test_a_split_changes_prices_and_not_what_was_earned(book: Book) -> None:
    split = SplitTaken(moment(TUE, "08:00"), "XYZ", TUE, 2, 1)
    exits = replace(day.fill(day.XYZ_EXIT, 7, "100", "19", moment(TUE, "09:31")))
    facts = [f for f in day.FACTS if getattr(f, "id", "") != "f7"]
    facts = [
        f for f in facts if getattr(getattr(f, "order", None), "client_id", "") != day.XYZ_EXIT.id
    ]
    trade = closed(fold(MemoryLedger(*facts, split, exits).facts()), "XYZ")
    assert (trade.shares, trade.entry_price, trade.exit_price) == (D(100), D(20), D(19))
    assert (trade.pnl_usd, trade.r_multiple, trade.mfe_frac) == (D(100), D(1), D("0.05"))


def test_without_a_stop_of_its_own_there_is_no_r(book: Book) -> None:
    (position,) = [p for p in book.closed if p.symbol == "XYZ"]
    assert r_multiple(replace(position, plan=None)) is None


def test_an_open_position_is_no_trade(book: Book) -> None:
    (held,) = book.open
    assert departures(held) == ()
    with pytest.raises(ValueError, match="JKL is still open"):
        trade_of(held)


@pytest.mark.parametrize(
    ("session", "symbols"),
    [(date(2024, 3, 1), []), (MON, ["ABC"]), (TUE, ["ABC", "XYZ"]), (FRI, ["ABC", "XYZ"])],
)
def test_trades_until_a_session(book: Book, session: date, symbols: list[str]) -> None:
    assert [t.symbol for t in trades_until(reversed(book.closed), session)] == symbols
