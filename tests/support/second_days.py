"""The session after the demo's: an evening and a day that begin with what the first day left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

import numpy as np

from avwap_cli import playbook
from avwap_cli.adapters.progress import SilentProgress
from avwap_cli.exchange.local import LocalExchange
from avwap_cli.exchange.settings import Settings
from avwap_cli.exchange.tape.days import usd
from avwap_cli.exchange.tape.tapes import Tape, TapeOptions
from avwap_cli.home import Home
from avwap_cli.market import sessions
from avwap_cli.market.bars import BarTable
from avwap_cli.market.minutes import MinuteTable
from avwap_cli.rehearsal.demo_paths import cast, minutes
from avwap_cli.rehearsal.held_before import facts_before, ledger_of, opening
from avwap_cli.rehearsal.played_days import BEGINS, ServedDay, conduct_day, served_day
from avwap_cli.stages.operations.minute_tapes import minute_tape, whole_tape
from avwap_cli.stages.operations.tape_notes import TapeNote, tape_note, write_tape_note
from avwap_cli.trading.books import fold
from avwap_cli.trading.quotes import PriceBar
from avwap_cli.use_cases import evening
from avwap_cli.wiring.desk import Choices, Desk
from avwap_cli.wiring.trading_desk import TradingDesk

SEED = 7
FIRST, SECOND = date(2026, 11, 23), date(2026, 11, 24)
EVENING = datetime.combine(FIRST, time(20, 15), sessions.EASTERN)
MINUTE = timedelta(minutes=1)
Bars = Mapping[str, Sequence[PriceBar]]
# What becomes of what the first day left, in percent of the last close: two stops are hit
CRASHES = {"ZQHM": -13.0, "XZKUU": -5.0}


@dataclass(frozen=True)
class Market:
    """The minutes of both sessions; a symbol is in both or in none."""

    first: Bars
    second: MinuteTable

    def tape(self, table: BarTable) -> Tape:
        """Both days, with daily bars up to the first."""
        rows = table.only(sorted(set(self.second.symbols) & set(table.symbols)))
        return Tape(rows, [], joined(minute_table(self.first), self.second), TapeOptions(SEED))


def desk_of(home: Path, now: datetime | None = None) -> Desk:
    moment = None if now is None else now.isoformat()
    return Desk(Choices(home, now=moment, quiet=True), {})


def second_evening(home: Path) -> None:
    """Lists, bars and scan for the second session.

    The lists are the first one's; the first day's bars are those of its minutes, and everybody
    else traded as the day before.
    """
    desk = desk_of(home, EVENING)
    for name in (playbook.UNIVERSE_JSON, playbook.UNIVERSE_CSV, playbook.CACHE_JSON):
        text = (home / "outputs" / "sessions" / str(FIRST) / name).read_text()
        text = text.replace(f'_session": "{FIRST}"', f'_session": "{SECOND}"')
        folder = home / "outputs" / "sessions" / str(SECOND)
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    cache = desk.bars
    before = cache.read(sessions.previous_session(FIRST), 1)
    day = replace(before, session=np.full(len(before), np.datetime64(FIRST)))
    vintage = replace(cache.vintage(), as_of=FIRST)
    cache.replace_sessions(with_day(day, whole_tape(desk.store, FIRST).bars), vintage)
    rescan(home)


def rescan(home: Path) -> None:
    desk = desk_of(home, EVENING)
    evening.scan(desk, SECOND)
    write_tape_note(desk.store, SECOND, TapeNote(SEED, splits_today=False))


def with_day(table: BarTable, bars: Bars) -> BarTable:
    """The daily bars, with the first session's made from these minutes."""
    prices = {name: getattr(table, name).copy() for name in ("open", "high", "low", "close")}
    names, on_day = table.names(), table.session == np.datetime64(FIRST)
    for symbol, rows in bars.items():
        opens = [bar for bar in rows if bar.start >= sessions.opens_at(FIRST)]
        (place,) = np.flatnonzero(on_day & (names == symbol))
        prices["open"][place] = float(opens[0].open)
        prices["high"][place] = float(max(bar.high for bar in opens))
        prices["low"][place] = float(min(bar.low for bar in opens))
        prices["close"][place] = float(opens[-1].close)
    return replace(table, **prices)


def market_of(home: Path) -> Market:
    """The first session's minutes as they were kept, and a script for the second's."""
    desk = desk_of(home, EVENING)
    first = whole_tape(desk.store, FIRST).bars
    candidates = desk.store.read_json(SECOND, playbook.SCAN_JSON)["candidates"]
    facts = ledger_of(desk.ledgers, SECOND)
    assert facts is not None
    held = {p.symbol for p in fold(facts_before(facts, SECOND)).open}
    roles = [role for role in cast(candidates) if role.symbol not in held]
    scripted = minutes(roles, SECOND, {})
    last = {symbol: float(first[symbol][-1].close) for symbol in sorted(held)}
    return Market(first, joined(scripted, carried(last)))


def carried(last: Mapping[str, float]) -> MinuteTable:
    """What was held goes on: slowly, but for those that crash at 11:00."""
    opens, closes = sessions.opens_at(SECOND), sessions.closes_at(SECOND)
    count = int((closes - opens) / MINUTE)
    lines = []
    for symbol, price in last.items():
        drop = CRASHES.get(symbol, 0.4)
        at, way = (0, 89, 92, count), (0.1, 0.1, drop, drop)
        percent = np.interp(np.arange(count + 1), at, way)
        lines.append(np.round(price * (1 + percent / 100), 2))
    starts = [round((opens + n * MINUTE).timestamp()) * 10**9 for n in range(count)]
    begin = np.concatenate([line[:-1] for line in lines])
    end = np.concatenate([line[1:] for line in lines])
    return MinuteTable(
        tuple(last),
        np.repeat(np.arange(len(last), dtype=np.int32), count),
        np.array(starts * len(last), dtype=np.int64).view("datetime64[ns]"),
        begin,
        np.maximum(begin, end),
        np.minimum(begin, end),
        end,
        np.full(len(begin), 20_000.0),
    )


def minute_table(bars: Bars) -> MinuteTable:
    names = tuple(sorted(bars))
    rows = [(code, bar) for code, name in enumerate(names) for bar in bars[name]]
    at = [round(bar.start.timestamp()) * 10**9 for _, bar in rows]
    columns = ("open", "high", "low", "close", "volume")
    return MinuteTable(
        names,
        np.array([code for code, _ in rows], dtype=np.int32),
        np.array(at, dtype=np.int64).view("datetime64[ns]"),
        *(np.array([float(getattr(bar, name)) for _, bar in rows]) for name in columns),
    )


def joined(one: MinuteTable, other: MinuteTable) -> MinuteTable:
    """Both tables' rows, by symbol and time."""
    names = tuple(sorted({*one.symbols, *other.symbols}))
    code = np.concatenate([[names.index(t.symbols[c]) for c in t.symbol] for t in (one, other)])
    starts = np.concatenate([one.start, other.start])
    order = np.lexsort((starts, code))
    rest = ("open", "high", "low", "close", "volume")
    columns = [np.concatenate([getattr(one, n), getattr(other, n)])[order] for n in rest]
    return MinuteTable(names, code[order].astype(np.int32), starts[order], *columns)


def play_day(day: ServedDay, session: date, symbols: Sequence[str]) -> None:
    """The session's stages; the minutes of these symbols are kept, as its report would do."""
    conduct_day(day, session, SilentProgress())
    day.cron.until(playbook.windows("report", session)[0])
    minute_tape(session, symbols, day.desk.store, lambda: TradingDesk(day.desk).quotes)
    assert day.cron.problems == []


def looks_seldom(home: Path) -> None:
    """Let monitor look every ten minutes: a fast day."""
    config = home / "config" / "default.yaml"
    text = config.read_text()
    assert "idle_s: 60 " in text
    config.write_text(text.replace("idle_s: 60 ", "idle_s: 600 "))


def exchange_of(home: Path, market: Market) -> LocalExchange:
    """An exchange that opens on the second morning with what the home's ledger tells."""
    desk = desk_of(home, EVENING)
    tape = market.tape(desk.bars.read(FIRST, 60))
    facts = ledger_of(desk.ledgers, SECOND)
    assert facts is not None
    opens = opening(facts, SECOND, [], lambda s: usd(tape.close_before(s, SECOND) or 0))
    assert opens is not None
    start = datetime.combine(SECOND, BEGINS, sessions.EASTERN)
    return LocalExchange(tape, Settings(SEED, cash=opens.cash), start=start, before=opens.before)


def play_second(home: Path) -> None:
    """The second session of a home in which the first was played."""
    second_evening(home)
    market = market_of(home)
    exchange = exchange_of(home, market)
    with served_day(exchange, Home(home), Choices(home, quiet=True)) as day:
        play_day(day, SECOND, market.second.symbols)


def play_first_and(known: Path, home: Path) -> None:
    """Play both sessions at one exchange in a home after its first evening.

    Args:
        known: a home in which both were played: its minutes, and its second evening.
    """
    market = market_of(known)
    desk, there = desk_of(home), desk_of(known)
    note = tape_note(there.store, FIRST)
    write_tape_note(desk.store, FIRST, note)
    start = datetime.combine(FIRST, BEGINS, sessions.EASTERN)
    tape = market.tape(desk.bars.read(sessions.previous_session(FIRST), 60))
    exchange = LocalExchange(tape, Settings(SEED), start=start, faults=note.faults)
    with served_day(exchange, Home(home), Choices(home, quiet=True)) as day:
        play_day(day, FIRST, tuple(market.first))
        second_evening(home)
        play_day(day, SECOND, market.second.symbols)
