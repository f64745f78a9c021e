"""The screener: most actives and movers."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from data_context import TODAY, context_of, get, no

from avwap_cli.exchange.tape.tapes import Tape
from avwap_cli.market.bars import bar_table
from avwap_cli.market.splits import Split

ACTIVES = "/v1beta1/screener/stocks/most-actives"
MOVERS = "/v1beta1/screener/stocks/movers"
DAYS = [date(2026, 11, 19), date(2026, 11, 20), TODAY]
CLOSES = {"DOWN": (10.0, 10.0, 8.0), "FLAT": (5.0, 5.0, 5.0), "UP": (20.0, 20.0, 25.0)}
VOLUMES = {"DOWN": 300_000.0, "FLAT": 900_000.0, "UP": 600_000.0}


def tape(splits: tuple[Split, ...] = ()) -> Tape:
    rows = [
        (s, day, price)
        for s, prices in CLOSES.items()
        for day, price in zip(DAYS, prices, strict=True)
    ]
    close = np.array([price for _, _, price in rows])
    return Tape(
        bar_table(
            [s for s, _, _ in rows],
            np.array([day for _, day, _ in rows], dtype="datetime64[D]"),
            close,
            close * 1.01,
            close * 0.99,
            close,
            np.array([VOLUMES[s] for s, _, _ in rows]),
        ),
        splits,
    )


def test_most_actives_by_volume_and_by_trades() -> None:
    context = context_of(tape(), f"{TODAY} 21:00")
    found = get(context, ACTIVES, top=2)
    assert found["last_updated"] == "2026-11-24T02:00:00Z"
    assert found["most_actives"] == [
        {"symbol": "FLAT", "volume": 900_000, "trade_count": 9_000},
        {"symbol": "UP", "volume": 600_000, "trade_count": 6_000},
    ]
    by_trades = get(context, ACTIVES, by="trades")["most_actives"]
    assert [row["symbol"] for row in by_trades] == ["FLAT", "UP", "DOWN"]


def test_volume_counts_from_the_session_under_way() -> None:
    context = context_of(tape(), f"{TODAY} 10:00", "basic")
    rows = {row["symbol"]: row["volume"] for row in get(context, ACTIVES)["most_actives"]}
    assert all(0 < rows[symbol] < volume for symbol, volume in VOLUMES.items())


def test_movers_against_the_previous_close() -> None:
    found = get(context_of(tape(), f"{TODAY} 21:00"), MOVERS)
    assert found["market_type"] == "stocks"
    assert found["gainers"] == [
        {"symbol": "UP", "percent_change": 25.0, "change": 5.0, "price": 25.0}
    ]
    assert found["losers"] == [
        {"symbol": "DOWN", "percent_change": -20.0, "change": -2.0, "price": 8.0}
    ]


def test_movers_are_on_todays_basis() -> None:
    context = context_of(tape((Split("UP", TODAY, 2.0),)), f"{TODAY} 21:00")
    (gainer,) = get(context, MOVERS)["gainers"]
    assert gainer["percent_change"] == pytest.approx(150.0)


def test_until_the_open_the_day_before_is_shown() -> None:
    found = get(context_of(tape(), f"{TODAY} 09:00"), MOVERS)
    assert (found["gainers"], found["losers"]) == ([], [])


def test_bounds() -> None:
    context = context_of(tape(), f"{TODAY} 21:00")
    assert no(context, ACTIVES, top=101) == (400, {"message": "invalid top: 101"})
    assert no(context, ACTIVES, by="price") == (400, {"message": "invalid by: price"})
    assert no(context, MOVERS, top=51) == (400, {"message": "invalid top: 51"})
