"""Equity paths: the account's own figures, found again from its fills and the tape."""

from __future__ import annotations

from datetime import date, datetime

import numpy as np
import pytest
from data_context import daily_table
from rest_calls import Calls

from avwap_cli.exchange.local import LocalExchange
from avwap_cli.exchange.protocol.trading.equity_paths import equities
from avwap_cli.exchange.settings import Settings
from avwap_cli.exchange.tape.tapes import Tape
from avwap_cli.market.sessions import EASTERN
from avwap_cli.market.splits import Split


def eastern(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=EASTERN)


def opened(splits: tuple[Split, ...] = (), at: str = "2026-11-19T09:25") -> Calls:
    table = daily_table({"AAPL": 190.0, "SPY": 600.0})
    settings = Settings(requests_per_minute=0)
    return Calls(LocalExchange(Tape(table, splits), settings, start=eastern(at)))


def path(calls: Calls, moments: list[int]) -> list[float]:
    return equities(calls.exchange.context, np.array(moments, dtype=np.int64)).tolist()


def test_every_close_is_the_venues_own():
    calls = opened()
    calls.order(qty="100")
    calls.order(symbol="SPY", qty="7", side="sell")
    calls.exchange.step_to(eastern("2026-11-24T12:00"))
    calls.order(qty="40", side="sell")
    calls.exchange.step_to(eastern("2026-12-02T21:00"))
    closes = calls.exchange.venue.equity_curve
    assert len(closes) == 9
    moments = [at for at, _ in closes]
    assert path(calls, moments) == pytest.approx([float(usd) for _, usd in closes], abs=0.01)


@pytest.mark.parametrize(
    "split",
    [
        Split("AAPL", date(2026, 11, 23), 3.0),
        Split("AAPL", date(2026, 11, 21), 0.3333333333),  # a Saturday: it trades so on Monday
        Split("AAPL", date(2026, 11, 26), 1.5),  # Thanksgiving
    ],
)
def test_splits_are_followed_as_the_venue_does(split):
    calls = opened((split,))
    calls.order(qty="90")
    moments, seen = [], []
    for at in ("20T12:00", "22T12:00", "23T03:59", "23T04:00", "23T12:00", "26T12:00", "27T10:00"):
        calls.exchange.step_to(eastern(f"2026-11-{at}"))
        moments.append(calls.exchange.venue.now)
        seen.append(float(calls.get("/v2/account")["equity"]))
    assert path(calls, moments) == pytest.approx(seen, abs=0.01)


def test_a_path_that_begins_at_night_knows_what_is_held():
    calls = opened()
    calls.order(qty="100")
    calls.exchange.step_to(eastern("2026-11-20T02:00"))
    equity = float(calls.get("/v2/account")["equity"])
    now = calls.exchange.venue.now
    assert path(calls, [now]) == pytest.approx([equity], abs=0.01)
    target = "period=1D&timeframe=1H&intraday_reporting=continuous"
    history = calls.get(f"/v2/account/portfolio/history?{target}")
    assert history["equity"] == pytest.approx([equity, equity], abs=0.01)


def test_no_moments_are_no_path():
    assert path(opened(), []) == []
