"""Orders and positions on the screen: numbers as a person writes them, a dash for none."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

from avwap_cli.stages.outcomes import Outcome, State
from avwap_cli.terminal.screen import Screen
from avwap_cli.terminal.trading_text import show_positions

MINE: dict[str, Any] = {
    "symbol": "KO",
    "strategy": "avwap",
    "direction": "long",
    "shares": 100,
    "broker_shares": 99.5,
    "avg_price": 60.0,
    "last_price": 61.2345,
    "unrealized_usd": 200.0,
    "held_sessions": 3,
    "stop": None,
}


def test_numbers_have_no_idle_zeros_and_money_has_its_cents() -> None:
    out = io.StringIO()
    body = {"positions": [MINE], "foreign": []}
    told = Outcome("positions", date(2024, 3, 8), State.DONE, "one is held", body=body)
    show_positions(Screen(out, io.StringIO()), told)
    assert out.getvalue().startswith("positions 2024-03-08: one is held\n")
    row = next(line for line in out.getvalue().splitlines() if "KO" in line)
    assert " ".join(row.split()) == "KO avwap long 100 99.5 60 61.2345 200.00 3 -"
