"""Portfolio history: equity at the end of each window, gains without transfers."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import numpy as np
import pytest
from alpaca.trading.models import PortfolioHistory
from rest_calls import Calls

from avwap_cli.exchange.local import LocalExchange
from avwap_cli.exchange.protocol.trading.equity_paths import equities
from avwap_cli.exchange.settings import Settings
from avwap_cli.exchange.tape.tapes import Tape
from avwap_cli.market import sessions
from avwap_cli.market.bars import bar_table
from avwap_cli.market.sessions import EASTERN
from avwap_cli.market.splits import Split

SPLIT = Split("AAPL", date(2026, 11, 24), 4.0)


def eastern(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=EASTERN)


def local(stamp: int) -> str:
    return f"{datetime.fromtimestamp(stamp, EASTERN):%Y-%m-%dT%H:%M}"


@pytest.fixture
def calls(open_exchange):
    return Calls(open_exchange("09:25"))


def test_an_account_without_trades_stays_level(calls):
    calls.exchange.step_to(eastern("2026-11-25T10:00"))
    history = calls.get("/v2/account/portfolio/history?period=1M&timeframe=1D")
    assert [local(stamp) for stamp in history["timestamp"]] == [
        "2026-11-23T20:00",
        "2026-11-24T20:00",
        "2026-11-25T20:00",
    ]
    assert history["equity"] == [100000.0] * 3
    assert history["profit_loss"] == [0.0] * 3
    assert (history["base_value"], history["timeframe"]) == (100000.0, "1D")
    assert "base_value_asof" not in history


def test_days_end_with_the_equity_of_their_close(calls):
    calls.order(qty="100")
    calls.order(symbol="MSFT", qty="50", side="sell")
    seen = []
    for day in ("2026-11-23", "2026-11-24"):
        calls.exchange.step_to(eastern(f"{day}T16:00"))
        seen.append(float(calls.get("/v2/account")["equity"]))
        calls.exchange.step_to(eastern(f"{day}T20:00"))
    history = calls.get("/v2/account/portfolio/history?timeframe=1D")
    assert history["equity"] == pytest.approx(seen, abs=0.011)
    assert history["profit_loss"] == pytest.approx([e - 100000 for e in seen], abs=0.011)
    gained = history["profit_loss"][1] / 100000
    assert history["profit_loss_pct"][1] == pytest.approx(gained, abs=1e-6)


def test_the_path_meets_the_account_at_every_moment(calls):
    """The account itself is the oracle: it counts in Decimals, as things happen."""
    calls.order(qty="100")
    calls.order(symbol="SPY", qty="3", side="sell")
    moments, seen = [], []
    for minute in range(40):
        if minute == 20:
            calls.exchange.step(1)
            calls.order(qty="60", side="sell")
            calls.exchange.venue.deposit(Decimal("1234.5"))
        calls.exchange.step(613)
        moments.append(calls.exchange.venue.now)
        seen.append(float(calls.get("/v2/account")["equity"]))
    path = equities(calls.exchange.context, np.array(moments))
    assert path.tolist() == pytest.approx(seen, abs=0.01)


def test_the_path_follows_a_split():
    days = sessions.sessions_between(date(2026, 11, 16), date(2026, 11, 27))
    close = np.array([400.0 if day < SPLIT.ex_date else 101.0 for day in days])
    table = bar_table(
        ["AAPL"] * len(days),
        np.array(days, dtype="datetime64[D]"),
        close,
        close * 1.01,
        close * 0.99,
        close,
        np.full(len(days), 1e6),
    )
    exchange = LocalExchange(
        Tape(table, splits=[SPLIT]), Settings(), start=eastern("2026-11-23T09:25")
    )
    calls = Calls(exchange)
    calls.order(qty="10")
    moments, seen = [], []
    for at in ("23T12:00", "23T19:59", "24T03:59", "24T04:00", "24T09:29", "24T09:31", "25T12:00"):
        exchange.step_to(eastern(f"2026-11-{at}"))
        moments.append(exchange.venue.now)
        seen.append(float(calls.get("/v2/account")["equity"]))
    assert calls.get("/v2/positions/AAPL")["qty"] == "40"
    assert equities(exchange.context, np.array(moments)).tolist() == pytest.approx(seen, abs=0.01)


def test_transfers_are_no_gains(calls):
    calls.exchange.step(3600)
    calls.exchange.venue.deposit(Decimal(500))
    calls.exchange.step(3600)
    history = calls.get("/v2/account/portfolio/history?timeframe=1D")
    assert (history["equity"], history["profit_loss"]) == ([100500.0], [0.0])


def test_intraday_windows_begin_with_the_session_and_end_now(calls):
    calls.exchange.step_to(eastern("2026-11-23T10:07"))
    history = calls.get("/v2/account/portfolio/history?period=1D&timeframe=15Min")
    assert [local(stamp) for stamp in history["timestamp"]] == [
        "2026-11-23T09:30",
        "2026-11-23T09:45",
        "2026-11-23T10:00",
    ]
    extended = calls.get("/v2/account/portfolio/history?period=1D&timeframe=1H&extended_hours=true")
    assert [local(stamp) for stamp in extended["timestamp"]] == [
        "2026-11-23T09:00",
        "2026-11-23T10:00",
    ]


def test_gains_within_a_day_count_from_the_close_before(calls):
    calls.order(qty="100")
    calls.exchange.step_to(eastern("2026-11-24T16:00"))
    target = "/v2/account/portfolio/history?timeframe=1H&start=2026-11-23T00:00:00Z"
    daily = calls.get("/v2/account/portfolio/history?timeframe=1D")
    per_day, no_reset = calls.get(target), calls.get(f"{target}&pnl_reset=no_reset")
    assert per_day["equity"] == no_reset["equity"]
    gain_of_first_day = daily["equity"][0] - 100000
    shift = [a - b for a, b in zip(no_reset["profit_loss"], per_day["profit_loss"], strict=True)]
    assert shift == pytest.approx([0.0] * 7 + [gain_of_first_day] * 7, abs=0.021)
    assert per_day["equity"][-1] == daily["equity"][-1]


def test_a_base_of_an_earlier_close_says_so(calls):
    calls.exchange.step_to(eastern("2026-11-25T10:00"))
    history = calls.get("/v2/account/portfolio/history?period=2D&timeframe=1D")
    assert [local(stamp)[:10] for stamp in history["timestamp"]] == ["2026-11-24", "2026-11-25"]
    assert history["base_value_asof"] == "2026-11-23"


@pytest.mark.parametrize(
    ("query", "frame"),
    [
        ("period=1D", "1Min"),
        ("period=2W", "15Min"),
        ("period=1M", "1D"),
        ("", "1D"),
        ("period=1A", "1D"),
    ],
)
def test_the_resolution_suits_the_period(calls, query, frame):
    assert calls.get(f"/v2/account/portfolio/history?{query}")["timeframe"] == frame


def test_before_anything_happened_there_is_nothing(calls):
    history = calls.get("/v2/account/portfolio/history?end=2026-11-01&timeframe=1D")
    assert (history["timestamp"], history["equity"], history["base_value"]) == ([], [], None)
    assert PortfolioHistory(**history).equity == []


@pytest.mark.parametrize(
    "query",
    [
        "period=1D&start=2026-11-23&end=2026-11-24",
        "period=1X",
        "period=0D",
        "period=99999A",
        "timeframe=2Min",
        "timeframe=1Min&period=2M",
        "intraday_reporting=always",
        "pnl_reset=never",
    ],
)
def test_wrong_questions_are_refused(calls, query):
    assert calls.refusal("GET", f"/v2/account/portfolio/history?{query}")[:2] == (422, 40010001)


def test_continuous_reporting_covers_the_night(calls):
    calls.exchange.step_to(eastern("2026-11-24T02:00"))
    query = "period=2D&timeframe=1H&intraday_reporting=continuous"
    history = calls.get(f"/v2/account/portfolio/history?{query}")
    hours = [local(stamp) for stamp in history["timestamp"]]
    assert (hours[0], hours[-1]) == ("2026-11-23T09:00", "2026-11-24T01:00")
