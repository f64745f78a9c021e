"""Orders and positions on the screen: numbers as a person writes them, a dash for none."""

from __future__ import annotations

import io
from typing import Any

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
    show_positions(Screen(out, io.StringIO()), {"positions": [MINE], "foreign": []})
    row = next(line for line in out.getvalue().splitlines() if "KO" in line)
    assert " ".join(row.split()) == "KO avwap long 100 99.5 60 61.2345 200.00 3 -"
