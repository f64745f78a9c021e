"""Prices that a drill makes up: paths along straight lines, and candidates at 100 USD."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np

from avwap_cli.exchange.tape.tapes import Tape, TapeOptions
from avwap_cli.market import sessions
from avwap_cli.market.bars import BarTable, bar_table
from avwap_cli.market.minutes import MinuteTable
from avwap_cli.market.splits import Split
from avwap_cli.signals.rules import StrategyRules

Path_ = Sequence[tuple[str, float]]  # time of day, price; straight lines between
Paths = Mapping[str, Mapping[date, Path_]]

DAY = date(2026, 11, 23)
NEXT = sessions.next_session(DAY)
FLAT: Path_ = (("09:30", 100.0), ("16:00", 100.0))
PRICE = 100.0
HISTORY_SESSIONS = 12
DAILY_SHARES, MINUTE_SHARES = 39_000_000.0, 100_000.0


def moment(clock: str, day: date = DAY) -> datetime:
    """That time of day in New York."""
    return datetime.combine(day, time.fromisoformat(clock), sessions.EASTERN)


def flat(*symbols: str, days: Sequence[date] = (DAY,)) -> dict[str, dict[date, Path_]]:
    """These symbols at 100 USD all day."""
    return {symbol: dict.fromkeys(days, FLAT) for symbol in symbols}


def tape_of(paths: Paths, splits: Sequence[Split] = ()) -> Tape:
    """The tape of these paths; all of it at 100 USD in the sessions before."""
    names = sorted(paths)
    rows = [row for n, name in enumerate(names) for row in _minutes(n, paths[name])]
    code, start, opens, closes = (np.array(column) for column in zip(*rows, strict=True))
    minutes = MinuteTable(
        tuple(names),
        code.astype(np.int32),
        start.astype(np.int64).view("datetime64[ns]"),
        opens,
        np.maximum(opens, closes),
        np.minimum(opens, closes),
        closes,
        np.full(len(rows), MINUTE_SHARES),
    )
    first = min(day for days in paths.values() for day in days)
    return Tape(_history(names, first), splits, minutes, TapeOptions(seed=1))


def _minutes(number: int, days: Mapping[date, Path_]) -> Iterator[tuple[int, int, float, float]]:
    """(number, start in ns, open, close) of every minute."""
    for day in sorted(days):
        opens, closes = sessions.opens_at(day), sessions.closes_at(day)
        at = [(moment(clock, day) - opens).total_seconds() / 60 for clock, _ in days[day]]
        count = int((closes - opens).total_seconds() // 60)
        line = np.interp(np.arange(count + 1), at, [price for _, price in days[day]]).round(2)
        for n in range(count):
            start = (opens + timedelta(minutes=n)).timestamp()
            yield number, int(start) * 1_000_000_000, float(line[n]), float(line[n + 1])


def _history(names: Sequence[str], first: date) -> BarTable:
    days = [sessions.offset(first, n - HISTORY_SESSIONS) for n in range(HISTORY_SESSIONS)]
    session = np.array([day for _ in names for day in days], dtype="datetime64[D]")
    price = np.full(len(session), PRICE)
    volume = np.full(len(session), DAILY_SHARES)
    symbols = [name for name in names for _ in days]
    return bar_table(symbols, session, price, price + 0.5, price - 0.5, price, volume)


def candidate(
    symbol: str, strategy: str, rules: StrategyRules, rank: int = 1, **changes: Any
) -> dict[str, Any]:
    """A candidate as scan.json carries it: 100 USD, an ATR of 2, levels to match."""
    way = -1 if strategy == "overbought_short" else 1
    is_avwap = strategy == "avwap"
    made = {
        "rank": rank,
        "symbol": symbol,
        "strategy": strategy,
        "direction": "long" if way > 0 else "short",
        "entry_group": rules.entry_group,
        "sector": f"Sector {symbol}",
        "prev_close": PRICE,
        "atr": 2.0,
        "sl_atr_mult": rules.exit.sl_atr_mult,
        "tp_atr_mult": rules.exit.tp_atr_mult,
        "trailing_atr_mult": rules.exit.trailing_atr_mult,
        "max_hold_sessions": rules.exit.max_hold_sessions,
        "entry": PRICE,
        "stop": PRICE - 4 * way,
        "r1": PRICE + 6 * way,
        "r2": 110.0 if is_avwap else None,
        "metadata": {"dist_pct": 0.5} if is_avwap else {},
    }
    return {**made, **changes}
