"""Replay: a past session once more, stage by stage, and what came out differently.

1. The scratch home gets the session's lists, the bar cache and today's configuration.
2. The scan runs as of that evening; it sees no bar after it.
3. If minutes of the day were kept, the trading day is played on a local exchange whose tape
   they are, in virtual time, as the playbook has it.
4. Both recordings are compared, artifact by artifact; equal ones have one hash.

Nothing of the home is changed, and nobody outside is asked.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import numpy as np

from avwap_cli.errors import MissingInput
from avwap_cli.exchange.local import LocalExchange
from avwap_cli.exchange.settings import Settings
from avwap_cli.exchange.tape.adjustments import as_traded
from avwap_cli.exchange.tape.tapes import Tape, TapeOptions
from avwap_cli.home import Home
from avwap_cli.market import sessions
from avwap_cli.market.minutes import MinuteTable
from avwap_cli.playbook import (
    CACHE_JSON,
    GAPFILTER_JSON,
    MINUTES_PARQUET,
    SCAN_JSON,
    UNIVERSE_CSV,
    UNIVERSE_JSON,
)
from avwap_cli.ports import Progress
from avwap_cli.rehearsal.played_days import BEGINS, conduct_day, street
from avwap_cli.review.comparisons import Difference
from avwap_cli.stages.explain import universe_session
from avwap_cli.stages.minute_tapes import whole_tape
from avwap_cli.stages.outcomes import Outcome, State
from avwap_cli.stages.recordings import Recording, differences, recording
from avwap_cli.stages.status import UNHEALTHY_EXIT
from avwap_cli.stages.tape_notes import TAPE_JSON, TapeNote, tape_note
from avwap_cli.trading.positions import Position
from avwap_cli.trading.quotes import PriceBar
from avwap_cli.use_cases import evening
from avwap_cli.use_cases.conduct import conduct
from avwap_cli.wiring.desk import Desk

STAGE = "replay"
GIVEN = (UNIVERSE_JSON, UNIVERSE_CSV, CACHE_JSON, MINUTES_PARQUET, TAPE_JSON)
HISTORY_SESSIONS = 60
EVENING, EVENING_ALONE = time(20, 15), "the evening alone"


def run_replay(
    desk: Desk, session: date, progress: Progress, *, evening_only: bool = False
) -> Outcome:
    """Replay that session and compare.

    A session of which no scan was kept can be scanned all the same: then there is nothing to
    compare with, and the membership is that of the newest lists.

    Raises:
        MissingInput: it is packed, there are no lists, or the cache does not reach back to it.
        DamagedInput, SchemaMismatch: an artifact of it cannot be read.
    """
    archive = desk.store.packed(session)
    if archive is not None:
        raise MissingInput(f"{session} is packed", f"unpack {archive} into outputs/sessions first")
    note = tape_note(desk.store, session)
    trader = _with_config_of(note, desk)
    before = _whole(trader, session)
    left_out = EVENING_ALONE if evening_only else _why_no_day(trader, session)
    profile = before.evening.get(SCAN_JSON, {}).get("profile", "daily")
    with tempfile.TemporaryDirectory(prefix="avwap-replay-") as name:
        home = _scratch(desk, Path(name), session)
        _scan(desk, home, session, str(profile))
        if not left_out:
            with street(_exchange(trader, session, note), home, trader.choices) as day:
                conduct_day(day, session, progress)
        now = _whole(_at(home, trader), session)
    if left_out:
        before, now = replace(before, day={}), replace(now, day={})
    return _outcome(session, before, now, left_out)


def _outcome(session: date, before: Recording, now: Recording, left_out: str) -> Outcome:
    found = differences(before, now) if before.evening else []
    compared = [*before.evening, *before.day]
    if not compared:
        summary = f"no scan of {session} was kept; the scan runs: {now.hash[:16]}"
    elif found:
        first = found[0]
        summary = f"{len(found)} of {len(compared)} differ; {first.artifact}: {first.cause}"
    else:
        summary = f"{len(compared)} artifacts are equal: {now.hash[:16]}"
    return Outcome(
        stage=STAGE,
        trade_session=session,
        as_of=sessions.previous_session(session),
        state=State.DONE,
        summary=summary,
        counts={"artifacts": len(compared), "differences": len(found)},
        warnings=(left_out,) if left_out not in ("", EVENING_ALONE) else (),
        body={
            "equal": bool(compared) and not found,
            "hash": None if found else now.hash,
            "found": now.hash,
            "compared": compared,
            "differences": [_row(each) for each in found],
        },
        exit_code=UNHEALTHY_EXIT if found else 0,
    )


def _row(found: Difference) -> dict[str, str]:
    return {
        "artifact": found.artifact,
        "cause": found.cause.value,
        "because": found.because,
        "first_difference": str(found.place),
    }


def _whole(desk: Desk, session: date) -> Recording:
    """The session as its home tells it."""
    runs, _ = desk.runs.read(session)
    book = next(iter(desk.books()), None)
    return recording(
        session, desk.store, runs, lambda digest: desk.runs.settings(session, digest), book
    )


def _why_no_day(desk: Desk, session: date) -> str:
    """Why the trading day is left out; empty if it can be played."""
    if desk.store.digest(session, GAPFILTER_JSON) is None:
        return f"{session} was not traded: its evening alone is replayed"
    if desk.store.digest(session, MINUTES_PARQUET) is None:
        return f"no minutes of {session} were kept: its evening alone is replayed"
    held = sum(_held_before(p, session) for b in desk.books() for p in (*b.open, *b.closed))
    if held:
        return f"{session} began with {held} positions: its evening alone is replayed"
    return ""


def _held_before(position: Position, session: date) -> bool:
    """Whether it was open when the session began."""
    ended = position.closed_at
    still = ended is None or sessions.session_of(ended) >= session
    return position.entry_session < session and still


def _scratch(desk: Desk, place: Path, session: date) -> Home:
    """A home with the same configuration and cache, and the session's given files."""
    home, scratch = desk.home, Home(place)
    lists = universe_session(desk.store, session)
    folder = scratch.sessions / session.isoformat()
    folder.mkdir(parents=True)
    if home.config.is_dir():
        shutil.copytree(home.config, scratch.config)
    if home.cache.is_dir():
        scratch.cache.symlink_to(home.cache.resolve(), target_is_directory=True)
    for name in GIVEN:
        whose = lists if name in (UNIVERSE_JSON, UNIVERSE_CSV) else session
        given = home.sessions / whose.isoformat() / name
        if given.is_file():
            shutil.copyfile(given, folder / name)
    return scratch


def _with_config_of(note: TapeNote, desk: Desk) -> Desk:
    """The desk with the configuration that the session was traded with."""
    config = desk.home.root / note.config if note.config else desk.choices.config
    asked = replace(desk.choices, config=config, quiet=True)
    return Desk(asked, desk.environment)


def _at(home: Home, desk: Desk, now: datetime | None = None) -> Desk:
    """A desk with the same choices in another home."""
    moment = None if now is None else now.isoformat()
    return Desk(replace(desk.choices, home=home.root, now=moment, quiet=True), desk.environment)


def _scan(desk: Desk, home: Home, session: date, profile: str) -> None:
    evening_of = datetime.combine(sessions.previous_session(session), EVENING, sessions.EASTERN)
    scratch = _at(home, desk, evening_of)
    request = evening.request_scan(scratch, session, profile)
    conduct(scratch, "scan", session, lambda: evening.scan(scratch, request))


def _exchange(desk: Desk, session: date, note: TapeNote) -> LocalExchange:
    """An exchange whose tape are the bars up to the evening and the day's minutes."""
    minutes = whole_tape(desk.store, session).bars
    table = desk.bars.read(sessions.previous_session(session), HISTORY_SESSIONS)
    table = table.only(sorted(set(minutes) & set(table.symbols)))
    known = _at(desk.home, desk, sessions.closes_at(session)).data.known_splits(table.symbols)
    last = session if note.splits_today else sessions.previous_session(session)
    splits = [split for split in known if split.first_session <= last]
    tape = Tape(as_traded(table, splits), splits, _table(minutes), TapeOptions(seed=note.seed))
    start = datetime.combine(session, BEGINS, sessions.EASTERN)
    return LocalExchange(tape, Settings(seed=note.seed), start=start, faults=note.faults)


def _table(minutes: Mapping[str, Sequence[PriceBar]]) -> MinuteTable:
    names = tuple(sorted(minutes))
    rows = [(code, bar) for code, name in enumerate(names) for bar in minutes[name]]
    starts = [np.datetime64(int(bar.start.timestamp()), "s") for _, bar in rows]

    def column(name: str) -> Any:
        return np.array([float(getattr(bar, name)) for _, bar in rows])

    return MinuteTable(
        names,
        np.array([code for code, _ in rows], dtype=np.int32),
        np.array(starts, dtype="datetime64[ns]"),
        *(column(name) for name in ("open", "high", "low", "close", "volume")),
    )
