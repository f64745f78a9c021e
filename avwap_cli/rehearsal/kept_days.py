"""Kept days: what there is of a session's trading day before it is played again.

It can be played if it was traded, and its minutes, its set-up and its ledger can be read.
Otherwise its evening alone is replayed, and the reason is said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from avwap_cli.errors import DamagedInput, InputError, LedgerError, MissingInput, SchemaMismatch
from avwap_cli.playbook import ENTRIES_JSON, GAPFILTER_JSON, MINUTES_PARQUET
from avwap_cli.ports import ArtifactStore
from avwap_cli.rehearsal.held_before import ledger_of
from avwap_cli.rehearsal.scratch_homes import Scratch
from avwap_cli.review.comparisons import Cause, Unread
from avwap_cli.review.runs import RunRecord
from avwap_cli.stages.operations.edited_files import edited_files
from avwap_cli.stages.operations.minute_tapes import MinuteTape, whole_tape
from avwap_cli.stages.operations.recordings import MEND, damaged
from avwap_cli.stages.operations.tape_notes import TAPE_JSON, TapeNote, tape_note
from avwap_cli.trading.facts import Facts
from avwap_cli.trading.intents import Leg


@dataclass(frozen=True, slots=True)
class KeptDay:
    """What there is of it.

    Attributes:
        facts: the whole ledger; None = there is none, or it cannot be read.
        note: how its exchange was set up.
        evening_only: nobody wants the trading day.
        why_no_day: why it cannot be played; empty where it can, or nobody wants it.
        unread: file of the trading day -> what is wrong with it.
    """

    facts: Facts | None
    note: TapeNote = field(default_factory=TapeNote)
    evening_only: bool = False
    why_no_day: str = ""
    unread: Mapping[str, Unread] = field(default_factory=dict)

    @property
    def plays_day(self) -> bool:
        """Whether the trading day is played."""
        return not self.evening_only and not self.why_no_day


def kept_day(scratch: Scratch, session: date, *, evening_only: bool) -> KeptDay:
    """Ledger and set-up of the session, and whether its day can be played."""
    store, lost = scratch.kept.store, ""
    try:
        facts = ledger_of(scratch.ledgers(), session)
    except (LedgerError, SchemaMismatch) as problem:
        facts, lost = None, str(problem)
    if evening_only:
        return KeptDay(facts, evening_only=True)
    runs, _ = scratch.kept.runs.read(session)
    unread = {}
    missing = _missing_plan(store, session)
    if missing:
        if not _was_frozen(store, session, runs, facts):
            return KeptDay(facts, why_no_day=f"no plan of {session} was frozen")
        unread[GAPFILTER_JSON] = Unread(Cause.MISSING, f"{missing}; {MEND}")
    if facts is None:
        return KeptDay(None, why_no_day=lost or "there is no ledger of it", unread=unread)
    note, tape, torn = _set_up(store, session)
    unread |= torn or edited_files(session, store, runs, [MINUTES_PARQUET])
    why = ""
    if torn:
        why = f"{' and '.join(torn)} cannot be read"
    elif not tape.bars:
        why = f"no minutes of {session} were kept"
    return KeptDay(facts, note, why_no_day=why, unread=unread)


def _set_up(
    store: ArtifactStore, session: date
) -> tuple[TapeNote, MinuteTape, Mapping[str, Unread]]:
    """Set-up and tape of its exchange, and what of them cannot be read."""
    note, torn = TapeNote(), {}
    try:
        note = tape_note(store, session)
    except (DamagedInput, SchemaMismatch) as problem:
        torn[TAPE_JSON] = damaged(problem)
    tape = whole_tape(store, session)
    if tape.damage:
        torn[MINUTES_PARQUET] = damaged(tape.damage)
    return note, tape, torn


def _missing_plan(store: ArtifactStore, session: date) -> str:
    """That the frozen plan is not there; empty where something is."""
    try:
        store.read_json(session, GAPFILTER_JSON)
    except MissingInput as problem:
        return problem.message
    except InputError:
        return ""  # the comparison says what is wrong with it
    return ""


def _was_frozen(
    store: ArtifactStore, session: date, runs: Sequence[RunRecord], facts: Facts | None
) -> bool:
    """Whether there was a frozen plan: a run wrote it, or something was entered, which needs one.

    A day on which only what was held was watched has none.
    """
    if any(run.outputs.get(GAPFILTER_JSON) for run in runs):
        return True
    intents = () if facts is None else facts.intents
    if any(each.role.session == session and each.role.leg is Leg.ENTRY for each in intents):
        return True
    try:
        entries: Any = store.read_json(session, ENTRIES_JSON).get("orders")
    except InputError:
        return False
    return bool(entries)
