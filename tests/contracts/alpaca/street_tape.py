"""The contract suite's market: prices that stand still until the clock says otherwise.

On the scripted sessions each minute trades at one price, in one print at its first instant,
so that every fill can be told in advance.  All other sessions are made up around it.

    AAPL   Monday 190, from 10:00 on 191, 10:30 189, 11:00 185, 11:30 188, 12:00 195, 13:00 190;
           Tuesday and later 190
    MSFT   410          SPY  600          BRK.B  450          F  12, from 10:30 on 12.20
    PENY   0.50         THIN 20, forty shares a minute, from 12:00 on 21
    GAPD   50, from Tuesday on 40
    PREM   100, but 80 in the minute at 08:00 on Tuesday, before the open
    SPLT   100, two for one on Tuesday: 50
    GONE   30, its last session is the Friday before
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import numpy as np

from avwap_cli.exchange.tape.tapes import Tape
from avwap_cli.market.bars import bar_table
from avwap_cli.market.minutes import MinuteTable
from avwap_cli.market.sessions import EASTERN, closes_at, sessions_between
from avwap_cli.market.splits import Split

FRIDAY, MONDAY, TUESDAY = date(2026, 11, 20), date(2026, 11, 23), date(2026, 11, 24)
HOLIDAY, HALF_DAY = date(2026, 11, 26), date(2026, 11, 27)
FIRST, LAST = date(2026, 10, 19), date(2026, 12, 11)

Steps = list[tuple[str, float]]

MONDAY_STEPS: dict[str, Steps] = {
    "AAPL": [
        ("09:30", 190.0),
        ("10:00", 191.0),
        ("10:30", 189.0),
        ("11:00", 185.0),
        ("11:30", 188.0),
        ("12:00", 195.0),
        ("13:00", 190.0),
    ],
    "BRK.B": [("09:30", 450.0)],
    "F": [("09:30", 12.0), ("10:30", 12.2)],
    "GAPD": [("09:30", 50.0)],
    "MSFT": [("09:30", 410.0)],
    "PENY": [("09:30", 0.5)],
    "PREM": [("09:30", 100.0)],
    "SPLT": [("09:30", 100.0)],
    "SPY": [("09:30", 600.0)],
    "THIN": [("09:30", 20.0), ("12:00", 21.0)],
}
LATER_STEPS: dict[str, Steps] = {
    **{symbol: [("09:30", steps[-1][1])] for symbol, steps in MONDAY_STEPS.items()},
    "GAPD": [("09:30", 40.0)],
    "PREM": [("08:00", 80.0), ("08:01", 0.0), ("09:30", 100.0)],
    "SPLT": [("09:30", 50.0)],
}
VOLUME = {"THIN": 40.0}
USUAL_VOLUME = 10_000.0
SPLIT = Split("SPLT", TUESDAY, 2.0)
LAST_OF_GONE = 30.0

Row = tuple[str, datetime, float, float]


def made_tape() -> Tape:
    """The whole market; about 200 ms."""
    scripted = {MONDAY: MONDAY_STEPS}
    for day in sessions_between(TUESDAY, HALF_DAY):
        scripted[day] = LATER_STEPS
    rows = [row for day, steps in scripted.items() for row in _minutes(day, steps)]
    return Tape(_daily(set(scripted)), [SPLIT], _table(sorted(rows)), names={"AAPL": "Apple Inc."})


def _minutes(day: date, steps: dict[str, Steps]) -> list[Row]:
    """One row a minute, from each step to the next, until the close."""
    rows: list[Row] = []
    for symbol, changes in steps.items():
        begins = [datetime.combine(day, time.fromisoformat(at), EASTERN) for at, _ in changes]
        for begin, end, (_, price) in zip(
            begins, [*begins[1:], closes_at(day)], changes, strict=True
        ):
            minutes = (end - begin) // timedelta(minutes=1) if price else 0
            rows += [
                (
                    symbol,
                    begin + timedelta(minutes=i),
                    price,
                    VOLUME.get(symbol, USUAL_VOLUME),
                )
                for i in range(minutes)
            ]
    return rows


def _table(rows: list[Row]) -> MinuteTable:
    symbols = tuple(sorted({row[0] for row in rows}))
    price = np.array([row[2] for row in rows])
    starts = [row[1].astimezone().timestamp() for row in rows]
    return MinuteTable(
        symbols,
        np.array([symbols.index(row[0]) for row in rows], dtype=np.int32),
        (np.array(starts) * 1e9).astype(np.int64).astype("datetime64[ns]"),
        price,
        price,
        price,
        price,
        np.array([row[3] for row in rows]),
    )


def _daily(scripted: set[date]) -> object:
    """Bars of the other sessions: one percent around the price of each symbol."""
    rows: list[tuple[str, date, float]] = []
    for day in sessions_between(FIRST, LAST):
        steps = LATER_STEPS if day >= TUESDAY else MONDAY_STEPS
        if day not in scripted:
            rows += [(symbol, day, dict(changes)["09:30"]) for symbol, changes in steps.items()]
        if day <= FRIDAY:
            rows.append(("GONE", day, LAST_OF_GONE))
    price = np.array([row[2] for row in rows])
    return bar_table(
        [row[0] for row in rows],
        np.array([row[1] for row in rows], dtype="datetime64[D]"),
        price,
        np.round(price * 1.01, 2),
        np.round(price * 0.99, 2),
        price,
        np.array([VOLUME.get(row[0], 2565.0) * 390 for row in rows]),
    )
