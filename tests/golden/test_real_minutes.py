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
from avwap_cli.adapters.bar_sources.minute_files import minutes_among
from avwap_cli.exchange.tape.tapes import Tape
from avwap_cli.market import sessions
from avwap_cli.market.bars import bar_table
from avwap_cli.market.minutes import MinuteTable
from avwap_cli.market.splits import Split
from avwap_cli.trading.facts import Decision

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
    table = minutes_among([path]).table
    assert table is not None
    kept = np.isin(table.symbols, symbols)[table.symbol]
    columns = (table.open, table.high, table.low, table.close, table.volume)
    names, codes = np.unique(np.array(table.symbols)[table.symbol[kept]], return_inverse=True)
    chosen = MinuteTable(
        tuple(names.tolist()),
        codes.astype(np.int32),
        table.start[kept],
        *(column[kept] for column in columns),
    )
    return Tape(no_bars, splits, chosen)


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
    paid = 15 * usd("650.13")
    assert [c.equity_usd for c in rig.ledger.facts().closes] == [
        100000 - paid + 15 * usd("645.57"),  # the last trade at 16:00:00, not one after hours
        100000 - paid + 105 * usd("93.55"),
    ]


def test_levels_of_a_plan_held_over_a_split(real_data: Path, tmp_path: Path) -> None:
    """avwap's structural stop, trim and break-even stop on the new basis.

    - Two bars to 09:50 close at 648.35 and 647.32, above the entry level of 646.
    - 14 shares: 10 % of the equity over 647.35, less 0.209 % / 6 % for the distance.
    - On the new basis: the stop 632 / 7 = 90.2857, R1 654.5 / 7 = 93.5, reached by the close of
      12:36; half of 98 is sold, and the stop goes to 647.42 / 7 = 92.4886.
    - At 14:23 one print of 92.14 lies 1.40 below all others: a resting stop does not see the
      difference, and fills there.
    """
    rig = apple(real_data, tmp_path, "avwap", "09:50", entry=646.0, stop=632.0, r1=654.5, r2=658.0)
    rig.enter("boh")
    rig.monitor()
    next_day(rig, SPLIT_DAY)
    rig.monitor()
    assert fills(rig) == [
        ("AAPL", "06-06 09:50:20", Decimal(14), usd("647.42")),
        ("AAPL", "06-09 12:37:20", Decimal(49), usd("93.55")),
        ("AAPL", "06-09 14:23:40", Decimal(49), usd("92.12")),
    ]
    assert decisions(rig) == [("trim_r1", "06-09 12:37:00", usd("93.52"))]
    assert stops(rig) == [
        ("20140606.avwap.AAPL.L.stop.1", Decimal(14), usd("632.00"), "canceled"),
        ("20140609.avwap.AAPL.L.stop.1", Decimal(98), usd("90.29"), "replaced"),
        ("20140609.avwap.AAPL.L.stop.2", Decimal(49), usd("92.49"), "filled"),
    ]
    (trade,) = lines(rig, "trades.jsonl")
    assert (trade["pnl_usd"], trade["shares"]) == (33.95, 98)


def test_a_split_heard_of_on_its_morning(real_data: Path, tmp_path: Path) -> None:
    """The stop of the eve, 15 shares at 585.12, must not be there when 92.69 opens the day."""
    rig = apple(real_data, tmp_path, "rsi_mean_reversion", "09:26", stop=624.85, r1=660.0)
    rig.enter("moo")
    rig.to("15:54")
    rig.monitor(once=True)
    assert [shares for _, shares, _, _ in stops(rig)] == [15]
    next_day(rig, SPLIT_DAY)
    rig.watch_until("09:40")
    assert stops(rig) == [
        ("20140606.rsi_mean_reversion.AAPL.L.stop.1", Decimal(15), usd("585.12"), "canceled"),
        ("20140609.rsi_mean_reversion.AAPL.L.stop.1", Decimal(105), usd("89.67"), "new"),
    ]
    assert decisions(rig) == []
    assert rig.held("AAPL") == 105


def test_unusable_rows_are_not_on_the_tape(real_data: Path) -> None:
    """13:00 of the half day has no share; of 09:30 twice on 2019-12-20 the second has no number."""
    made = tape(real_data, ETFS, ["SPY", "XBI"])
    day = made.day("XBI", CHRISTMAS_EVE)
    assert day is not None
    last = datetime.fromtimestamp(int(day.minutes.start[-1]) / 1e9, sessions.EASTERN)
    assert last == clock_time("12:59", CHRISTMAS_EVE)
    close = made.history(["XBI"], CHRISTMAS_EVE, CHRISTMAS_EVE).close
    assert close.tolist() == [98.72]  # the row of 13:00 says 98.46
    first = made.history(["SPY"], date(2019, 12, 20), date(2019, 12, 20))
    assert (first.open.tolist(), first.volume.tolist()) == ([320.46], [109636674.0])


def test_windows_of_the_half_day() -> None:
    """They follow the close at 13:00."""
    windows = {
        name: [f"{at:%H:%M}" for at in playbook.windows(name, CHRISTMAS_EVE)]
        for name in ("enter-boh", "monitor", "report")
    }
    assert windows == {
        "enter-boh": ["09:50", "12:30"],
        "monitor": ["09:28", "13:10"],
        "report": ["13:15", "20:00"],
    }


def test_no_breakout_is_entered_in_the_last_half_hour(real_data: Path, tmp_path: Path) -> None:
    """XBI closes at 98.21 and 98.16 before 12:20, above 97.73.

    Before 12:30 it is only the volume that is missing: 33,530 shares, and 20 bars of 65,314 on
    average before; from 12:30 on it is the time.
    """
    made = tape(real_data, ETFS, ["XBI"])
    rig = Rig(tmp_path, made, start="12:29", day=CHRISTMAS_EVE)
    plan = {"prev_close": 97.73, "entry": 97.73, "stop": 95.2, "r1": 101.0, "r2": 103.0}
    rig.plan(candidate("XBI", "avwap", **plan))
    rig.enter("boh")
    rig.to("12:30")
    rig.enter("boh")
    assert [(d.gate, d.measured) for d in rig.book.denials] == [
        ("not_confirmed", "33530"),
        ("window", "2019-12-24 12:30:00"),
    ]


def test_the_half_day(real_data: Path, tmp_path: Path) -> None:
    """Entries, an early close, stops that rest over the holiday, and an exit by time after it.

    - XBI opens at 97.74; 102 shares for 10 % of the equity over 97.73.
    - XLV trades at 102.85 at 09:45, below the close before of 103.08.
    - TLT closes two bars to 10:20 above 136.42, at 136.68 and 136.86.
    - The last trades are 98.72 and 136.81, of 12:59.
    - On the 26th, one session later, XBI trades twice in the first minute: 98.79, 98.64.
    """
    rig = Rig(
        tmp_path,
        tape(real_data, ETFS, ["TLT", "XBI", "XLV"]),
        start="09:26",
        day=CHRISTMAS_EVE,
        rules=SPARSE,
    )
    xbi = {"prev_close": 97.73, "entry": 97.73, "stop": 93.73, "r1": 102.0, "atr": 1.6}
    xlv = {"prev_close": 103.08, "entry": 103.08, "stop": 101.0, "r1": 106.0}
    tlt = {"prev_close": 136.42, "entry": 136.42, "stop": 135.2, "r1": 138.0, "r2": 139.0}
    rig.plan(
        candidate("XBI", "rsi_mean_reversion", 1, max_hold_sessions=1, **xbi),
        candidate("XLV", "bb_squeeze", 2, **xlv),
        candidate("TLT", "avwap", 3, **tlt),
    )
    for at, group in (("09:26", "moo"), ("09:45", "confirm"), ("10:20", "boh")):
        rig.to(at)
        rig.monitor(once=True)
        rig.enter(group)
    rig.monitor()

    ended, closes = rig.exchange.now(), clock_time("13:00", CHRISTMAS_EVE)
    assert closes <= ended <= closes + timedelta(minutes=10)
    assert [(d.symbol, d.gate, d.measured) for d in rig.book.denials] == [
        ("XLV", "not_confirmed", "102.85")
    ]
    entered = [
        ("XBI", "12-24 09:30:00", Decimal(102), usd("97.76")),
        ("TLT", "12-24 10:20:40", Decimal(68), usd("136.89")),
    ]
    assert fills(rig) == entered
    resting = [
        (o.symbol, o.tif.value, o.status.value, o.qty, o.stop_price)
        for o in rig.orders()
        if ".stop." in o.client_order_id
    ]
    assert resting == [
        ("XBI", "gtc", "new", Decimal(102), usd("87.99")),  # 0.9 * 97.76, up to the cent
        ("TLT", "gtc", "new", Decimal(68), usd("135.20")),
    ]
    gained = 102 * (usd("98.72") - usd("97.76")) + 68 * (usd("136.81") - usd("136.89"))
    (line,) = lines(rig, "equity.jsonl")
    assert (line["session"], line["equity_usd"]) == ("2019-12-24", float(100000 + gained))

    next_day(rig, AFTER_CHRISTMAS)
    assert [o.status.value for o in rig.orders() if ".stop." in o.client_order_id] == ["new"] * 2
    rig.to("09:30")
    rig.watch_until("09:32")
    assert decisions(rig) == [("time_exit", "12-26 09:30:00", None)]
    assert fills(rig) == [*entered, ("XBI", "12-26 09:30:59", Decimal(102), usd("98.62"))]
    assert [p.symbol for p in rig.book.open] == ["TLT"]


def test_three_ordinary_days(real_data: Path, tmp_path: Path) -> None:
    """An entry of each group, two of them short, and every one to its own end.

    - BAC, 13.81 the evening before: 724 shares at the open of 13.82; target 13.82 + 3 * 0.13,
      the minute of 12:58 on the 10th closes there, at 14.21.
    - IBM, 182.01: at 09:45 the last trade is 181.50, so 55 * 0.65 shares are sold short; the
      stop 2 * 1.00 above 181.54 is traded through on the 10th, at 183.63.
    - AIG, 48.73: two bars close at 48.62 and 48.61; short from 48.53.  R1 47.80 by the close of
      14:50, half of 127 bought back; R2 47.30 by that of 10:55 on the 9th, half of 64; the trail
      lies (48.53 - 47.30) / 2 above the low of 47.18, at 47.79, and is traded at 13:06.
    """
    rig = Rig(
        tmp_path,
        tape(real_data, LEAN, ["AIG", "BAC", "IBM"]),
        start="09:26",
        day=ORDINARY[0],
        rules=SPARSE,
    )
    bac = {"prev_close": 13.81, "entry": 13.81, "atr": 0.13, "stop": 13.48, "r1": 14.3}
    ibm = {"prev_close": 182.01, "entry": 182.01, "atr": 1.0, "stop": 184.01, "r1": 178.0}
    aig = {"prev_close": 48.73, "entry": 48.73, "atr": 0.6, "stop": 49.4, "r1": 47.8, "r2": 47.3}
    rig.plan(
        candidate("BAC", "rsi_mean_reversion", 1, **bac),
        candidate("IBM", "bb_squeeze", 2, direction="short", **ibm),
        candidate("AIG", "avwap", 3, direction="short", **aig),
    )
    for at, group in (("09:26", "moo"), ("09:45", "confirm"), ("09:50", "boh")):
        rig.to(at)
        rig.monitor(once=True)
        rig.enter(group)
    for day in ORDINARY:
        if day != ORDINARY[0]:
            next_day(rig, day)
        rig.monitor()

    assert fills(rig) == [
        ("BAC", "10-08 09:30:00", Decimal(724), usd("13.82")),
        ("IBM", "10-08 09:45:20", Decimal(35), usd("181.54")),
        ("AIG", "10-08 09:50:59", Decimal(127), usd("48.53")),
        ("AIG", "10-08 14:51:20", Decimal(63), usd("47.79")),
        ("AIG", "10-09 10:56:20", Decimal(32), usd("47.28")),
        ("AIG", "10-09 13:06:40", Decimal(32), usd("47.80")),
        ("IBM", "10-10 09:38:40", Decimal(35), usd("183.67")),
        ("BAC", "10-10 12:59:20", Decimal(724), usd("14.20")),
    ]
    assert decisions(rig) == [
        ("trim_r1", "10-08 14:51:00", usd("47.80")),
        ("trim_r2", "10-09 10:56:00", usd("47.30")),
        ("take_profit", "10-10 12:59:00", usd("14.21")),
    ]
    told = ("symbol", "reason", "pnl_usd", "sessions_held")
    assert [tuple(trade[name] for name in told) for trade in lines(rig, "trades.jsonl")] == [
        ("AIG", "trailing_stop", 109.98, 1),
        ("IBM", "stop_loss", -74.55, 2),
        ("BAC", "take_profit", 275.12, 2),
    ]
    assert [line["equity_usd"] for line in lines(rig, "equity.jsonl")] == [
        # the trades of 16:00:00 are BAC 13.70, IBM 179.00, AIG 47.70; then BAC 13.85, IBM 181.24
        float(100000 - 724 * usd("0.12") + 35 * usd("2.54") + 63 * usd("0.74") + 64 * usd("0.83")),
        float(100000 + usd("109.98") + 724 * usd("0.03") + 35 * usd("0.30")),
        float(100000 + usd("109.98") - usd("74.55") + usd("275.12")),
    ]
