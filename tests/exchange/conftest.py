"""A small market, and an exchange on it: three names, twenty sessions around 2026-11-23."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from avwap_cli.exchange.local import LocalExchange
from avwap_cli.exchange.settings import Settings
from avwap_cli.exchange.tape.tapes import Tape
from avwap_cli.market import sessions
from avwap_cli.market.bars import bar_table
from avwap_cli.market.sessions import EASTERN

FIRST, SESSION, LAST = date(2026, 11, 9), date(2026, 11, 23), date(2026, 12, 8)
PRICES = {"AAPL": 190.0, "MSFT": 410.0, "SPY": 600.0}


@pytest.fixture(scope="session")
def small_tape() -> Tape:
    """Bars that climb by half a percent a session, with a range of two percent."""
    days = sessions.sessions_between(FIRST, LAST)
    rows = [
        (symbol, day, round(price * 1.005**i, 2))
        for symbol, price in PRICES.items()
        for i, day in enumerate(days)
    ]
    close = np.array([price for _, _, price in rows])
    return Tape(
        bar_table(
            [symbol for symbol, _, _ in rows],
            np.array([day for _, day, _ in rows], dtype="datetime64[D]"),
            np.round(close * 0.995, 2),
            np.round(close * 1.01, 2),
            np.round(close * 0.99, 2),
            close,
            np.full(len(rows), 1_000_000.0),
        )
    )


@pytest.fixture
def open_exchange(small_tape: Tape) -> Callable[..., LocalExchange]:
    """Opens an exchange at a time of day of the session; keywords as `LocalExchange` has them."""

    def opened(at: str = "09:25", cash: str = "100000", **more: Any) -> LocalExchange:
        start = datetime.fromisoformat(f"{SESSION}T{at}").replace(tzinfo=EASTERN)
        settings = Settings(cash=Decimal(cash), requests_per_minute=0)
        return LocalExchange(small_tape, settings, start=start, **more)

    return opened
