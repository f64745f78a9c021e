"""Tapes for `avwap exchange`: the made-up market, the bar cache, or a person's own files.

Each comes with the session to begin with, and with what of the files is not on it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from avwap_cli.errors import MissingInput, UsageError
from avwap_cli.exchange.instants import day_of
from avwap_cli.exchange.tape.adjustments import as_traded
from avwap_cli.exchange.tape.tapes import Tape, TapeOptions
from avwap_cli.market import sessions
from avwap_cli.market.bars import BarTable, bar_table
from avwap_cli.market.minutes import MinuteTable
from avwap_cli.market.row_checks import Quarantine, check_rows
from avwap_cli.rehearsal.made_up_days import LAST_SESSION
from avwap_cli.wiring.desk import Desk

HISTORY_SESSIONS = 260
AHEAD_SESSIONS = 21
SHOWN_SYMBOLS = 5
SYNTHETIC, CACHE = "synthetic", "cache"


@dataclass(frozen=True, slots=True)
class Source:
    """A tape with its name, and the session to begin with.

    Attributes:
        left_out: rows of its files that are not on it, by reason.
    """

    tape: Tape
    what: str
    session: date
    left_out: Mapping[str, int]


def choose(desk: Desk, tapes: Sequence[str], wanted: date | None, seed: int) -> Source:
    """The tape that is asked for, and the session to begin with.

    Raises:
        AvwapError: there is no such tape, or it does not hold the session.
    """
    named = [name for name in tapes if name in (SYNTHETIC, CACHE)]
    if named and len(tapes) > 1:
        raise UsageError(f"--tape {named[0]} stands alone", "give it once, or name files instead")
    if SYNTHETIC in named:
        return _synthetic(desk, wanted, seed)
    if CACHE in named:
        return _cache(desk, wanted, seed)
    return _files(desk, [Path(name) for name in tapes], wanted, seed)


def _synthetic(desk: Desk, wanted: date | None, seed: int) -> Source:
    session = sessions.next_session(LAST_SESSION) if wanted is None else wanted
    market = desk.data.made_up_market(seed, sessions.offset(session, AHEAD_SESSIONS))
    names = dict(zip(market.companies.symbols, market.companies.names, strict=True))
    tape = Tape(market.bars(), market.splits(), options=TapeOptions(seed=seed), names=names)
    return Source(tape, f"a made-up market, seed {seed}", session, {})


def _cache(desk: Desk, wanted: date | None, seed: int) -> Source:
    held = desk.bars.sessions()
    session = _held(held, wanted, "the bar cache")
    first = max(held.index(session) - HISTORY_SESSIONS, 0)
    table = desk.bars.read(held[-1], len(held) - first)
    tape = _tape(desk, table, None, seed)
    return Source(tape, f"the bar cache of {desk.home.root}", session, {})


def _files(desk: Desk, files: Sequence[Path], wanted: date | None, seed: int) -> Source:
    timed = desk.data.minute_bars(files)
    minutes, left_out = timed.table, dict(timed.left_out)
    table = _no_bars()
    if timed.others:
        bars = desk.data.file_bars(timed.others)
        table, refused = _checked(bars.read())
        for part in (bars.refused(), refused):
            for reason, rows in part.counts().items():
                words = reason.replace("_", " ")
                left_out[words] = left_out.get(words, 0) + rows
    tape = _tape(desk, table, minutes, seed)
    what = ", ".join(str(file) for file in files)
    if not tape.sessions and left_out:
        raise MissingInput(
            f"{what} has no bars that can be traded (left out: {counted(left_out)})",
            "mend the file, or name another with --tape",
        )
    if wanted is None and minutes is not None and len(minutes):
        wanted = day_of(int(minutes.start.max().astype(np.int64)))
    return Source(tape, what, _held(tape.sessions, wanted, what), left_out)


def _checked(table: BarTable) -> tuple[BarTable, Quarantine]:
    """The daily bars that can be used, as `avwap import` judges them, and the others."""
    days = [] if not len(table) else table.session.tolist()
    if not days:
        return check_rows(table, np.empty(0, dtype="datetime64[D]"), date.min)
    held = sessions.sessions_between(min(days), max(days))
    return check_rows(table, np.array(held, dtype="datetime64[D]"), max(days))


def _tape(desk: Desk, table: BarTable, minutes: MinuteTable | None, seed: int) -> Tape:
    """The tape of split-adjusted bars, turned back as far as the splits are known."""
    splits = desk.data.known_splits(table.symbols)
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


def busiest(tape: Tape, session: date) -> tuple[str, ...]:
    """A few symbols to trade: those that traded most USD in the session before."""
    day = max((earlier for earlier in tape.sessions if earlier < session), default=session)
    bars = tape.history(None, day, day)
    order = np.argsort(-bars.close * bars.volume, kind="stable")
    names = [bars.symbols[code] for code in bars.symbol[order].tolist()]
    listed = [name for name in names if tape.listed(name, session)]
    return tuple(listed[:SHOWN_SYMBOLS]) or tape.symbols[:SHOWN_SYMBOLS]


def counted(left_out: Mapping[str, int]) -> str:
    return ", ".join(f"{rows:,} {reason}" for reason, rows in sorted(left_out.items()))
