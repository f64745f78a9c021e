"""The marketplace: `avwap exchange`, from the words of the command line to the last order.

It chooses a tape and a session, opens the local exchange on it, and serves until it is
stopped.  Nothing of the home is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from pathlib import Path

import numpy as np

from avwap_cli.demo import LAST_SESSION
from avwap_cli.errors import DamagedInput, MissingInput, UsageError
from avwap_cli.exchange.instants import day_of
from avwap_cli.exchange.local import LocalExchange
from avwap_cli.exchange.server import Served, serve_forever
from avwap_cli.exchange.settings import Settings
from avwap_cli.exchange.tape.adjustments import as_traded
from avwap_cli.exchange.tape.tapes import Tape, TapeOptions
from avwap_cli.market import sessions
from avwap_cli.market.bars import BarTable, bar_table
from avwap_cli.market.minutes import MinuteTable
from avwap_cli.market.sessions import EASTERN
from avwap_cli.terminal.exchange_text import show_opening, show_summary
from avwap_cli.terminal.screen import Screen
from avwap_cli.wiring import Desk

HISTORY_SESSIONS = 260
AHEAD_SESSIONS = 21
MIN_CASH, MAX_CASH = Decimal(1), Decimal(10**12)
SYNTHETIC, CACHE = "synthetic", "cache"


@dataclass(frozen=True, slots=True)
class ExchangeChoices:
    """What the command line asks for.

    Attributes:
        tapes: `synthetic`, `cache`, or one or more files.
        session: where time begins; None = the tape's own.
        start: the time of day, in New York.
        seed: of the market, the paths, the ids and the keys; None = the configuration's.
    """

    tapes: tuple[str, ...]
    session: date | None
    start: time
    speed: float
    faults: tuple[str, ...]
    port: int
    cash: Decimal
    seed: int | None


def choices_of(
    tapes: Sequence[str],
    session: date | None,
    start: str,
    speed: float,
    faults: Sequence[str],
    port: int,
    cash: str,
    seed: int | None,
) -> ExchangeChoices:
    """What the words of the command line ask for.

    Raises:
        UsageError: the start is no time of day, or the cash no amount.
    """
    try:
        at = time.fromisoformat(start)
    except ValueError:
        raise UsageError(f"{start!r} is not a time of day", "write it as 09:25") from None
    if at.tzinfo is not None:
        raise UsageError(f"{start!r} names a time zone", "write New York time, as 09:25")
    try:
        usd = Decimal(cash)
    except InvalidOperation:
        usd = Decimal(0)
    if not (usd.is_finite() and MIN_CASH <= usd <= MAX_CASH and usd == round(usd, 2)):
        raise UsageError(
            f"{cash!r} is not an amount of cash", f"write USD, {MIN_CASH} to {MAX_CASH:,}"
        )
    chosen = tuple(tapes) or (SYNTHETIC,)
    return ExchangeChoices(chosen, session, at, speed, tuple(faults), port, usd, seed)


@dataclass(frozen=True, slots=True)
class Source:
    """A tape with its name, and the session to begin with."""

    tape: Tape
    what: str
    session: date


def run(desk: Desk, screen: Screen, choices: ExchangeChoices) -> int:
    """Serve until SIGINT or SIGTERM; the exit code.

    Raises:
        AvwapError: the tape, the session, a fault or the port cannot be had.
    """
    seed = desk.config.data.synthetic_seed if choices.seed is None else choices.seed
    desk.progress.say("making the tape")
    source = choose(desk, choices, seed)
    try:
        exchange = LocalExchange(
            source.tape,
            Settings(seed=seed, cash=choices.cash),
            start=datetime.combine(source.session, choices.start, EASTERN),
            faults=choices.faults,
            speed=choices.speed,
        )
    except ValueError as error:
        raise UsageError(str(error), "change --session or --speed") from error

    def announce(served: Served) -> None:
        show_opening(screen, exchange, served, source.what, source.session)

    with desk.log(writes=False, tracebacks=True):
        serve_forever(exchange, choices.port, announce)
    show_summary(screen, exchange)
    return 0


def choose(desk: Desk, choices: ExchangeChoices, seed: int) -> Source:
    """The tape that is choices for, and the session to begin with.

    Raises:
        AvwapError: there is no such tape, or it does not hold the session.
    """
    named = {SYNTHETIC, CACHE}.intersection(choices.tapes)
    if named and len(choices.tapes) > 1:
        raise UsageError(
            f"--tape {named.pop()} stands alone", "give it once, or name files instead"
        )
    if SYNTHETIC in named:
        return _synthetic(desk, choices.session, seed)
    if CACHE in named:
        return _cache(desk, choices.session, seed)
    return _files(desk, [Path(name) for name in choices.tapes], choices.session, seed)


def _synthetic(desk: Desk, wanted: date | None, seed: int) -> Source:
    session = sessions.next_session(LAST_SESSION) if wanted is None else wanted
    market = desk.made_up_market(seed, sessions.offset(session, AHEAD_SESSIONS))
    names = dict(zip(market.companies.symbols, market.companies.names, strict=True))
    tape = Tape(market.bars(), market.splits(), options=TapeOptions(seed=seed), names=names)
    return Source(tape, f"a made-up market, seed {seed}", session)


def _cache(desk: Desk, wanted: date | None, seed: int) -> Source:
    held = desk.bars.sessions()
    session = _held(held, wanted, "the bar cache")
    first = max(held.index(session) - HISTORY_SESSIONS, 0)
    table = desk.bars.read(held[-1], len(held) - first)
    tape = _tape(desk, table, None, seed)
    return Source(tape, f"the bar cache of {desk.home.root}", session)


def _files(desk: Desk, files: Sequence[Path], wanted: date | None, seed: int) -> Source:
    timed = [file for file in files if _holds_minutes(desk, file)]
    daily = [file for file in files if file not in timed]
    minutes = desk.minute_bars(timed) if timed else None
    table = desk.file_bars(daily).read() if daily else _no_bars()
    tape = _tape(desk, table, minutes, seed)
    what = ", ".join(str(file) for file in files)
    if wanted is None and minutes is not None and len(minutes):
        wanted = day_of(int(minutes.start.max().astype(np.int64)))
    return Source(tape, what, _held(tape.sessions, wanted, what))


def _holds_minutes(desk: Desk, file: Path) -> bool:
    """Whether they are minute bars; else the file may hold daily ones."""
    try:
        desk.minute_bars([file])
    except DamagedInput:
        return False
    return True


def _tape(desk: Desk, table: BarTable, minutes: MinuteTable | None, seed: int) -> Tape:
    """The tape of split-adjusted bars, turned back as far as the splits are known."""
    splits = desk.known_splits(table.symbols)
    return Tape(as_traded(table, splits), splits, minutes, TapeOptions(seed=seed))


def _no_bars() -> BarTable:
    none = np.empty(0)
    return bar_table([], none.astype("datetime64[D]"), none, none, none, none, none)


def _held(held: Sequence[date], wanted: date | None, what: str) -> date:
    """The session wanted, or the last one held."""
    if not held:
        raise MissingInput(f"{what} has no bars", "name another with --tape")
    if wanted is not None and wanted not in held:
        raise UsageError(
            f"{what} has no bars of {wanted}", f"name a session of {held[0]} to {held[-1]}"
        )
    return held[-1] if wanted is None else wanted
