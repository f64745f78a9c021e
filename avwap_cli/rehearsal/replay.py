"""Replay: a past session once more, stage by stage, and what came out differently.

1. The scratch home gets the session's lists, the bar cache, today's configuration, and the
   ledger as it was known when the session began.
2. The scan runs as of that evening; it sees no bar after it.
3. If minutes of the day were kept, the trading day is played on a local exchange whose tape
   they are, in virtual time, as the playbook has it.  The exchange opens with what was held and
   ordered that morning.
4. Both recordings are compared, artifact by artifact; equal ones have one hash.

Nothing of the home is changed, and nobody outside is asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import numpy as np

from avwap_cli.errors import UNHEALTHY
from avwap_cli.exchange.broker.ids import account_number
from avwap_cli.exchange.local import LocalExchange
from avwap_cli.exchange.settings import Settings
from avwap_cli.exchange.tape.adjustments import as_traded
from avwap_cli.exchange.tape.days import usd
from avwap_cli.exchange.tape.tapes import Tape, TapeOptions
from avwap_cli.market import sessions
from avwap_cli.market.minutes import MinuteTable
from avwap_cli.playbook import EXITS_PLANNED_JSON, SCAN_JSON
from avwap_cli.ports import Progress
from avwap_cli.rehearsal.held_before import (
    CannotBegin,
    facts_before,
    ledger_of,
    opening,
    put_ledger,
)
from avwap_cli.rehearsal.kept_days import KeptDay, kept_day
from avwap_cli.rehearsal.made_up_days import EVENING
from avwap_cli.rehearsal.played_days import BEGINS, conduct_day, served_day
from avwap_cli.rehearsal.scratch_homes import Scratch, scratch_home
from avwap_cli.review.comparisons import Difference
from avwap_cli.review.past_facts import facts_until
from avwap_cli.stages.operations.minute_tapes import whole_tape
from avwap_cli.stages.operations.recordings import Recording, differences, recording
from avwap_cli.stages.outcomes import Outcome, State
from avwap_cli.trading.books import fold
from avwap_cli.trading.facts import Facts
from avwap_cli.trading.quotes import PriceBar
from avwap_cli.use_cases import evening
from avwap_cli.wiring.desk import Desk

STAGE = "replay"
HISTORY_SESSIONS = 60


def run_replay(
    desk: Desk, session: date, progress: Progress, *, evening_only: bool = False
) -> Outcome:
    """Replay that session and compare.

    A session of which no scan was kept can be scanned all the same: then there is nothing to
    compare with, and the membership is that of the newest lists.

    Raises:
        MissingInput: there are no lists, or the cache does not reach back to it.
        DamagedInput, SchemaMismatch: lists, cache or archive cannot be read.
    """
    with scratch_home(desk, session) as scratch:
        given = kept_day(scratch, session, evening_only=evening_only)
        then = _recording(scratch.kept, session, given.facts)
        if given.facts is not None:
            number = account_number(given.note.seed)
            put_ledger(facts_before(given.facts, session), scratch.at(), number)
        _scan(scratch, session, then)
        if given.plays_day:
            given = _play(scratch, session, given, progress)
        again = scratch.at()
        now = _recording(again, session, ledger_of(again.ledgers, session))
        blind = given.facts is None and _tells_of_positions(then)
        then, now = (_comparable(each, given, blind=blind) for each in (then, now))
        now = replace(now, evening=scratch.named(now.evening), day=scratch.named(now.day))
        outcome = _outcome(session, then, now, given)
        return replace(
            outcome,
            body=scratch.named(outcome.body),
            warnings=scratch.named(outcome.warnings),
        )


def _recording(kept: Desk, session: date, facts: Facts | None) -> Recording:
    """The session as its folder and its ledger tell it."""
    return recording(
        session,
        kept.store,
        kept.runs.read(session),
        lambda digest: kept.runs.settings(session, digest),
        None if facts is None else fold(facts_until(facts, session)),
    )


def _tells_of_positions(then: Recording) -> bool:
    planned = then.evening.get(EXITS_PLANNED_JSON)
    return isinstance(planned, Mapping) and bool(planned.get("positions"))


def _comparable(whole: Recording, given: KeptDay, *, blind: bool) -> Recording:
    """What of it can be held against the other: of a day that was not played nothing, and
    where nobody knows what was held no exits."""
    if blind:
        rest = {k: v for k, v in whole.evening.items() if k != EXITS_PLANNED_JSON}
        whole = replace(whole, evening=rest)
    if not given.plays_day:
        whole = replace(whole, day={})
    return replace(whole, beside={**whole.beside, **given.unread})


def _scan(scratch: Scratch, session: date, then: Recording) -> None:
    kept = then.evening.get(SCAN_JSON)
    profile = kept.get("profile", "daily") if isinstance(kept, Mapping) else "daily"
    at = datetime.combine(sessions.previous_session(session), EVENING, sessions.EASTERN)
    desk = scratch.at(at)
    evening.scan(desk, session, str(profile))


def _play(scratch: Scratch, session: date, given: KeptDay, progress: Progress) -> KeptDay:
    """Play the trading day; where it cannot begin, that is said instead."""
    try:
        exchange = _exchange(scratch, session, given)
    except CannotBegin as problem:
        return replace(given, why_no_day=str(problem))
    with served_day(exchange, scratch.home, scratch.choices) as day:
        conduct_day(day, session, progress)
    return given


def _exchange(scratch: Scratch, session: date, given: KeptDay) -> LocalExchange:
    """An exchange whose tape are the bars up to the evening and the day's minutes.

    Raises:
        CannotBegin: what was held that morning is not known well enough.
    """
    desk, note, facts = scratch.desk, given.note, given.facts or Facts()
    minutes = whole_tape(scratch.kept.store, session).bars
    table = desk.bars.read(sessions.previous_session(session), HISTORY_SESSIONS)
    wanted = set(minutes) | {p.symbol for p in fold(facts_before(facts, session)).open}
    table = table.only(sorted(wanted & set(table.symbols)))
    closed = Desk(
        replace(desk.choices, now=sessions.closes_at(session).isoformat()), desk.environment
    )
    known = closed.data.known_splits(table.symbols)
    last = session if note.splits_today else sessions.previous_session(session)
    splits = [split for split in known if split.first_session <= last]
    tape = Tape(as_traded(table, splits), splits, _table(minutes), TapeOptions(seed=note.seed))

    def close_of(symbol: str) -> Decimal | None:
        price = tape.close_before(symbol, session)
        return None if price is None else usd(price)

    opens = opening(facts, session, [s.symbol for s in tape.splits_on(session)], close_of)
    settings = Settings(seed=note.seed)
    if opens is not None:
        settings = replace(settings, cash=opens.cash)
    return LocalExchange(
        tape,
        settings,
        start=datetime.combine(session, BEGINS, sessions.EASTERN),
        faults=note.faults,
        before=None if opens is None else opens.before,
    )


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


def _outcome(session: date, then: Recording, now: Recording, given: KeptDay) -> Outcome:
    found = differences(then, now)
    compared = [*then.evening, *then.day]
    if not compared and not found:
        summary = f"no scan of {session} was kept; the scan runs: {now.hash[:16]}"
    elif found:
        first = found[0]
        summary = (
            f"{len(found)} of {_total(compared, found)} differ; {first.artifact}: {first.cause}"
        )
    else:
        summary = f"{len(compared)} artifacts are equal: {now.hash[:16]}"
    why = given.why_no_day
    return Outcome(
        stage=STAGE,
        trade_session=session,
        state=State.DONE,
        summary=summary,
        counts={"artifacts": len(compared), "differences": len(found)},
        warnings=(f"{why}: its evening alone is replayed",) if why else (),
        body={
            "equal": bool(compared) and not found,
            "hash": None if found else now.hash,
            "found": now.hash,
            "compared": compared,
            "differences": [_row(each) for each in found],
        },
        exit_code=UNHEALTHY if found else 0,
    )


def _total(compared: Sequence[str], found: Sequence[Difference]) -> int:
    return len({*compared, *(each.artifact for each in found)})


def _row(found: Difference) -> dict[str, str]:
    return {
        "artifact": found.artifact,
        "cause": found.cause.value,
        "because": found.because,
        "first_difference": "" if found.place is None else str(found.place),
    }
