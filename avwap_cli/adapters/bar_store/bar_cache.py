"""The bar cache: daily bars of all symbols on disk, quick to read and cheap to extend.

A *base* file holds most sessions; each session that came or changed since has a file of
its own, which holds all its rows and overrides the base.  After `compact_sessions` such
files they are folded into a new base.  The manifest is replaced last, so that a reader
sees the state before or after a write, never one in between; files it no longer names
are removed after that.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np

from avwap_cli.adapters.atomic_files import write_if_changed
from avwap_cli.adapters.bar_store.bar_incoming import IncomingBars
from avwap_cli.adapters.bar_store.bar_manifest import (
    NAME,
    Manifest,
    StoredSession,
    content_hash,
    read_manifest,
    to_json,
)
from avwap_cli.adapters.bar_store.bar_parquet import (
    CHEAP,
    FileRows,
    SessionRows,
    check_lengths,
    load,
    newest_rows,
    session_rows,
    to_bytes,
)
from avwap_cli.adapters.bar_store.quarantine_file import add_to_quarantine
from avwap_cli.errors import DamagedInput
from avwap_cli.market.bars import BarTable, Days, concat
from avwap_cli.market.row_checks import Quarantine
from avwap_cli.market.vintages import Vintage, Window
from avwap_cli.ports import CacheInfo


@dataclass(frozen=True, slots=True)
class BarCache:
    """The cache in one folder; several readers, one writer at a time (see the stage's lock).

    Attributes:
        folder: where the files lie; made when first written to.
        compact_sessions: fold the daily files into the base beyond this many.
    """

    folder: Path
    compact_sessions: int = 20

    def info(self) -> CacheInfo:
        """What the cache holds, from the manifest alone.

        Raises:
            MissingInput, DamagedInput, SchemaMismatch.
        """
        manifest = read_manifest(self.folder)
        held, vintage = manifest.sessions(), manifest.vintage
        return CacheInfo(
            vintage.provider,
            vintage.feed,
            vintage.adjustment,
            vintage.as_of,
            vintage.fetched_at,
            len(held),
            sum(s.stop - s.start for s in held.values()),
            manifest.last_session,
            content_hash(held),
        )

    def vintage(self) -> Vintage:
        """Where the bars came from; raises as `info`."""
        return read_manifest(self.folder).vintage

    def sessions(self) -> tuple[date, ...]:
        """The sessions held, ascending; raises as `info`."""
        return tuple(read_manifest(self.folder).sessions())

    def window(self, last: date, sessions: int) -> Window:
        """What `read(last, sessions)` would return, without reading it; raises as `info`."""
        held = _window(read_manifest(self.folder), date.min, last, sessions)
        rows = sum(s.stop - s.start for s in held.values())
        return Window(len(held), rows, content_hash(held))

    def read(self, last: date, sessions: int) -> BarTable:
        """The rows of the last `sessions` sessions held up to and including `last`.

        Raises:
            MissingInput, DamagedInput, SchemaMismatch.
        """
        return self._read(date.min, last, sessions)

    def since(self, first: date) -> BarTable:
        """The rows of `first` and later; no rows where nothing is held."""
        return self._read(first, date.max, None)

    def replace_sessions(self, table: BarTable, vintage: Vintage) -> int:
        """Make the table's sessions hold its rows and no others; returns bytes written.

        Only sessions whose rows changed are written.  Other sessions stay.
        """
        manifest = read_manifest(self.folder)
        held = manifest.sessions()
        rows = session_rows(table)
        changed = [r for r in rows if _is_new(r, held)]
        daily = len(manifest.daily.keys() | {_day(r.session) for r in changed})
        if daily > self.compact_sessions:
            touched = np.array([r.session for r in rows], dtype="datetime64[D]")
            stay = self.since(date.min)
            stay = stay.take(~np.isin(stay.session, touched))
            return self.replace_all(concat([stay, table]), vintage)
        written = 0
        entries, files = dict(manifest.daily), dict(manifest.files)
        for row in changed:
            part = table.take(slice(row.start, row.stop))
            name, size = self._store(f"day-{row.session}", part, files)
            written += size
            entries[_day(row.session)] = StoredSession(name, 0, len(part), row.digest)
        entries = {day: entries[day] for day in sorted(entries)}
        return written + self._commit(
            replace(manifest, vintage=vintage, daily=entries, files=files)
        )

    def replace_all(self, table: BarTable, vintage: Vintage) -> int:
        """Make the cache hold this table and nothing else; returns bytes written."""
        files: dict[str, tuple[int, str]] = {}
        name, written = self._store("base", table, files)
        sessions = {
            _day(r.session): StoredSession(name, r.start, r.stop, r.digest)
            for r in session_rows(table)
        }
        return written + self._commit(Manifest(vintage, name, sessions, {}, files, {}))

    def keep_refused(self, rows: Quarantine, provider: str) -> None:
        """Add refused rows to `quarantine.csv`; a row that is there already is not repeated."""
        add_to_quarantine(self.folder / "quarantine.csv", rows, provider)

    def incoming(self, job: str) -> IncomingBars:
        """Where the batches of an unfinished download lie."""
        return IncomingBars(self.folder / "incoming", job)

    def verify(self) -> None:
        """Compare every file with the manifest's hash.

        Raises:
            MissingInput, DamagedInput, SchemaMismatch.
        """
        for name, (_, digest) in read_manifest(self.folder).files.items():
            path = self.folder / name
            try:
                found = hashlib.sha256(path.read_bytes()).hexdigest()
            except OSError as problem:
                raise DamagedInput(
                    f"{path} cannot be read ({problem.strerror})", CHEAP
                ) from problem
            if found != digest:
                raise DamagedInput(f"{path} is not the file that was written", CHEAP)

    def _read(self, first: date, last: date, sessions: int | None) -> BarTable:
        """Read a window; once more if a writer replaced the files in between."""
        manifest = read_manifest(self.folder)
        try:
            return self._load(manifest, first, last, sessions)
        except FileNotFoundError:
            manifest = read_manifest(self.folder)
        try:
            return self._load(manifest, first, last, sessions)
        except FileNotFoundError as problem:
            raise DamagedInput(f"{problem.filename} of the bar cache is gone", CHEAP) from problem

    def _load(self, manifest: Manifest, first: date, last: date, sessions: int | None) -> BarTable:
        wanted = _window(manifest, first, last, sessions)
        runs = _runs(self.folder, wanted.values())
        for name in dict.fromkeys(run.path.name for run in runs):
            if (self.folder / name).stat().st_size != manifest.files[name][0]:
                raise DamagedInput(f"{self.folder / name} is truncated or was changed", CHEAP)
        check_lengths(runs)
        return load(runs, _days(wanted), tuple(sorted(manifest.last_session)))

    def _store(
        self, stem: str, table: BarTable, files: dict[str, tuple[int, str]]
    ) -> tuple[str, int]:
        """Write a file under a name made of its content, so that no file ever changes."""
        data = to_bytes(table)
        digest = hashlib.sha256(data).hexdigest()
        name = f"{stem}-{digest[:16]}.parquet"
        files[name] = (len(data), digest)
        return name, len(data) if write_if_changed(self.folder / name, data) else 0

    def _commit(self, manifest: Manifest) -> int:
        """Write the manifest of these sessions, then remove the files it no longer names."""
        used = {manifest.base, *(s.file for s in manifest.daily.values())}
        files = {name: entry for name, entry in manifest.files.items() if name in used}
        manifest = replace(manifest, files=files, last_session=self._last_sessions(manifest))
        data = to_json(manifest)
        write_if_changed(self.folder / NAME, data)
        for path in (*self.folder.glob("*.parquet"), *self.folder.glob(".*.tmp")):
            if path.name not in files:  # a temporary file is of a writer that was killed
                with contextlib.suppress(OSError):
                    path.unlink()
        return len(data)

    def _last_sessions(self, manifest: Manifest) -> dict[str, date]:
        """The last session of each symbol, read from the one column that tells."""
        last: dict[str, date] = {}
        held = manifest.sessions()
        runs = _runs(self.folder, held.values())
        check_lengths(runs)
        days, at = _days(held), 0
        for run in runs:
            size = run.stop - run.start
            for symbol, day in newest_rows(run, days[at : at + size]).items():
                last[symbol] = _day(day)  # runs are in session order: the last one stays
            at += size
        return last


def _runs(folder: Path, stored: Iterable[StoredSession]) -> list[FileRows]:
    """Where the sessions lie; neighbours in one file are one run."""
    runs: list[FileRows] = []
    for session in stored:
        path = folder / session.file
        if runs and runs[-1].path == path and runs[-1].stop == session.start:
            runs[-1] = replace(runs[-1], stop=session.stop)
        else:
            runs.append(FileRows(path, session.start, session.stop))
    return runs


def _days(held: Mapping[date, StoredSession]) -> Days:
    """The session of every row of these sessions."""
    days = np.array(list(held), dtype="datetime64[D]")
    return np.repeat(days, [s.stop - s.start for s in held.values()])


def _window(
    manifest: Manifest, first: date, last: date, sessions: int | None
) -> dict[date, StoredSession]:
    held = {d: s for d, s in manifest.sessions().items() if first <= d <= last}
    if sessions is None:
        return held
    return dict(list(held.items())[-sessions:]) if sessions > 0 else {}


def _day(session: np.datetime64) -> date:
    day: date = session.astype("datetime64[D]").astype(object)
    return day


def _is_new(row: SessionRows, held: Mapping[date, StoredSession]) -> bool:
    stored = held.get(_day(row.session))
    return stored is None or stored.digest != row.digest
