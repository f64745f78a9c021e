"""The street as fixtures; every answer it gives is held against Alpaca's schemas."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from alpaca.trading.models import Order
from street import Street, eastern
from street_openapi import Difference, are_there, check
from street_orders import stop
from street_tape import MONDAY, made_tape

from avwap_cli.exchange.http_wire import Limits
from avwap_cli.exchange.local import LocalExchange
from avwap_cli.exchange.server import serving
from avwap_cli.exchange.settings import Settings
from avwap_cli.exchange.tape.tapes import Tape

HERE = Path(__file__).parent
COUNTED = "Answers held against Alpaca's schemas"

OpenStreet = Callable[..., Street]


@pytest.fixture(scope="session")
def street_tape() -> Tape:
    return made_tape()


@pytest.fixture(scope="session")
def differences() -> list[Difference]:
    """The deliberate differences from the schemas."""
    text = (HERE / "differences.yaml").read_text(encoding="utf-8")
    return [Difference(**entry) for entry in yaml.safe_load(text)]


@pytest.fixture
def open_street(
    request: pytest.FixtureRequest, street_tape: Tape, differences: list[Difference]
) -> Iterator[OpenStreet]:
    """Opens an exchange at a time of a day; more words are its settings.

    In the end every answer that it gave is held against Alpaca's schemas.
    """
    streets: list[Street] = []
    with ExitStack() as exits:

        def opened(time: str = "09:45", day: date = MONDAY, **settings: Any) -> Street:
            chosen = {"requests_per_minute": 0, "cash": Decimal(100_000), **settings}
            exchange = LocalExchange(street_tape, Settings(**chosen), start=eastern(time, day))
            served = exits.enter_context(serving(exchange, limits=Limits(stop_s=0.01)))
            streets.append(Street(exchange, served, exits))
            return streets[-1]

        yield opened
    if are_there():
        found = check([answer for street in streets for answer in street.exchanged], differences)
        lines = {"answers as described": found.answers.total()}
        lines |= {f"times on purpose: {why}": n for why, n in found.differences.items()}
        request.node.user_properties.append(("counted", {COUNTED: lines}))
        assert found.errors == []


@pytest.fixture
def market_open(open_street: OpenStreet) -> Street:
    """Monday 09:45: AAPL stands at 190 until 10:00."""
    return open_street("09:45")


@pytest.fixture
def before_open(open_street: OpenStreet) -> Street:
    """Monday 08:00."""
    return open_street("08:00")


@pytest.fixture
def evening(open_street: OpenStreet) -> Street:
    """Monday 20:30: everything is closed."""
    return open_street("20:30")


@pytest.fixture
def resting_stop(market_open: Street) -> Order:
    """A gtc sell stop at 180 under ten AAPL that were bought at 190.04."""
    market_open.held()
    return market_open.submit(stop(180, tif="gtc"))
