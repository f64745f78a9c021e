"""Recorded minutes: which can be traded, and the day that they fold into."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest

from avwap_cli.exchange.instants import instant
from avwap_cli.exchange.tape.recorded import Recorded
from avwap_cli.market.minutes import MinuteTable
from avwap_cli.market.sessions import EASTERN

MON = date(2026, 10, 5)


def start(clock: str, day: date = MON) -> datetime:
    moment = datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=EASTERN)
    return moment.astimezone(UTC).replace(tzinfo=None)


def minutes(*rows: tuple[str, float, float], symbol: str = "A") -> MinuteTable:
    """Clock, price (a cent of range) and shares."""
    price = np.array([row[1] for row in rows])
    return MinuteTable(
        (symbol,),
        np.zeros(len(rows), dtype=np.int32),
        np.array([start(row[0]) for row in rows], dtype="datetime64[ns]"),
        price,
        price + 0.01,
        price - 0.01,
        price,
        np.array([row[2] for row in rows]),
    )


@pytest.mark.parametrize(
    ("clock", "price", "shares"),
    [("03:59", 10.0, 5.0), ("20:00", 10.0, 5.0), ("11:00", -1.0, 5.0), ("11:00", 10.0, 0.2)],
)
def test_what_cannot_be_traded_is_left_out(clock: str, price: float, shares: float) -> None:
    rows = sorted([("10:00", 10.0, 5.0), (clock, price, shares)])
    day = Recorded(minutes(*rows), {}).day("A", MON)
    assert day is not None
    assert day.start.tolist() == [instant(start("10:00").replace(tzinfo=UTC))]


def test_a_day_without_a_regular_minute_is_none() -> None:
    recorded = Recorded(minutes(("08:00", 10.0, 5.0), ("17:00", 10.0, 5.0)), {})
    assert recorded.day("A", MON) is None
    assert len(recorded.daily()) == 0


def test_minutes_in_a_halt_are_left_out() -> None:
    halt = tuple(instant(start(clock).replace(tzinfo=UTC)) for clock in ("10:30", "11:00"))
    rows = [("10:29", 10.0, 5.0), ("10:30", 10.0, 5.0), ("10:59", 10.0, 5.0), ("11:00", 10.0, 5.0)]
    day = Recorded(minutes(*rows), {"A": [halt]}).day("A", MON)
    assert day is not None
    assert len(day.start) == 2


def test_the_day_folds_regular_prices_and_all_shares() -> None:
    rows = [("08:00", 20.0, 7.0), ("09:30", 10.0, 5.0), ("15:59", 12.0, 5.0), ("17:00", 5.0, 3.0)]
    daily = Recorded(minutes(*rows), {}).daily()
    found = (daily.open[0], daily.high[0], daily.low[0], daily.close[0], daily.volume[0])
    assert found == (10.0, 12.01, 9.99, 12.0, 20.0)
    assert daily.session.tolist() == [MON]
    assert 5.0 < daily.vwap[0] < 20.0


def test_unknown_days_and_symbols_have_none() -> None:
    recorded = Recorded(minutes(("10:00", 10.0, 5.0)), {})
    assert recorded.day("B", MON) is None
    assert recorded.day("A", date(2026, 10, 6)) is None
