"""Edited files: what lies in a session's folder, but is not what its stage wrote.

A run's record holds the sha-256 of each artifact that it wrote.  Whatever else those bytes say,
a person, a program or the disk changed them afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from avwap_cli import playbook
from avwap_cli.errors import InputError
from avwap_cli.market import sessions
from avwap_cli.ports import ArtifactStore
from avwap_cli.review.comparisons import Cause, Unread
from avwap_cli.review.runs import FAILED, RunRecord

MEND = "put those back, or find out who changed it"


def edited_files(
    session: date, store: ArtifactStore, runs: Sequence[RunRecord], names: Iterable[str]
) -> dict[str, Unread]:
    """Which of these files are not what the last run on record wrote; name -> that it is so.

    One that is not there, cannot be read, or stands in no record, is not accused.
    """
    found = {name: _edited(session, store, runs, name) for name in names}
    return {name: unread for name, unread in found.items() if unread is not None}


def _edited(
    session: date, store: ArtifactStore, runs: Sequence[RunRecord], name: str
) -> Unread | None:
    last = _writer(runs, name)
    if last is None:
        return None
    try:
        digest = store.digest(session, name)
    except InputError:
        return None
    if digest is None or digest == last.outputs[name]:
        return None
    at = (last.ended or last.started).astimezone(sessions.EASTERN)
    wrote = f"that {last.stage} wrote on {at:%Y-%m-%d %H:%M} ET"
    return Unread(Cause.EDITED, f"{name} for {session} is not the bytes {wrote}; {MEND}")


def _writer(runs: Sequence[RunRecord], name: str) -> RunRecord | None:
    """The last run that says what it wrote under that name.

    Runs overlap, so the last is the one that ended last.  One that tells the day's story writes
    as it goes: where it failed, nobody knows what it left.
    """
    maker = playbook.producer(name)
    story = maker is not None and maker.by_run
    goes_on = {stage.name for stage in playbook.STAGES if story and stage.by_run}
    for run in sorted(runs, key=_ended, reverse=True):
        if run.outputs.get(name):
            return run
        if run.state == FAILED and run.stage in goes_on:
            return None
    return None


def _ended(run: RunRecord) -> datetime:
    return run.started + timedelta(seconds=run.seconds)
