"""Tape notes: how the local exchange of a session was set up, kept so that a replay can set it
up again.  The prices stand in the session's minutes; a real session has no note."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from avwap_cli.errors import DamagedInput, MissingInput
from avwap_cli.ports import ArtifactStore

TAPE_JSON, SCHEMA = "tape.json", "avwap.tape/1.0"


@dataclass(frozen=True, slots=True)
class TapeNote:
    """The set-up.

    Attributes:
        seed: of the exchange and of its tape.
        faults: its rules in force from the start.
        splits_today: whether a split of that very session is on the tape.
    """

    seed: int = 7
    faults: Sequence[str] = ()
    splits_today: bool = True


def write_tape_note(store: ArtifactStore, session: date, note: TapeNote) -> None:
    """Keep it in the session's folder."""
    body = {
        "seed": note.seed,
        "faults": list(note.faults),
        "splits_today": note.splits_today,
    }
    store.write_json(session, TAPE_JSON, SCHEMA, body)


def tape_note(store: ArtifactStore, session: date) -> TapeNote:
    """The set-up of that session; the usual one where none was kept.

    Raises:
        DamagedInput, SchemaMismatch: the note cannot be read.
    """
    try:
        found = store.read_json(session, TAPE_JSON)
    except MissingInput:
        return TapeNote()
    kinds = {"seed": int, "faults": list, "splits_today": bool}
    wrong = [key for key, kind in kinds.items() if not isinstance(found.get(key), kind)]
    if wrong:
        raise DamagedInput(f"{TAPE_JSON} for {session} is no set-up of an exchange", "remove it")
    faults = [str(fault) for fault in found["faults"]]
    return TapeNote(found["seed"], faults, found["splits_today"])
