"""List copies: the last good versions of one list, each a file and a note beside it.

`IWV-2024-03-07.csv` holds the bytes as they came, `IWV-2024-03-07.json` says when, from
where, and their sha-256.  A copy whose bytes do not match its note does not count; the
one before it does.  The newest few are kept.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from avwap_cli.adapters.atomic_files import write_if_changed
from avwap_cli.adapters.lists.list_text import MAX_BYTES

SCHEMA = "avwap.list_copy/1.0"
KEEP = 5


@dataclass(frozen=True, slots=True)
class Copy:
    """One good download, or a file by hand that was accepted.

    Attributes:
        path: the file.
        body: its bytes.
        sha256: of the bytes.
        session: the session it was fetched on.
        known: the session its content was known on, where the content states none.
        fetched: when (aware).
        url: where it came from: an address, or the name of a file by hand.
    """

    path: Path
    body: bytes
    sha256: str
    session: date
    known: date
    fetched: datetime
    url: str


@dataclass(frozen=True, slots=True)
class ListCopies:
    """The copies of the list `name` in `folder`."""

    folder: Path
    name: str

    def good(self) -> Iterator[Copy]:
        """Every copy that is what its note says, the newest first."""
        for note in self._notes():
            with suppress(OSError, ValueError, KeyError, TypeError):
                yield _read(note)

    def save(
        self, body: bytes, suffix: str, session: date, known: date, fetched: datetime, url: str
    ) -> None:
        """Keep a list as the good one of its session, and the few before it.

        The file is written before its note, so that a kill between them leaves a file
        without a note, which does not count.
        """
        note = self.folder / f"{self.name}-{session}.json"
        path = note.with_suffix(suffix)
        document = {
            "schema": SCHEMA,
            "file": path.name,
            "session": session.isoformat(),
            "known": known.isoformat(),
            "fetched": fetched.isoformat(timespec="seconds"),
            "url": url,
            "sha256": hashlib.sha256(body).hexdigest(),
        }
        write_if_changed(path, body)
        write_if_changed(note, (json.dumps(document, indent=2) + "\n").encode())
        for old in self._notes()[KEEP:]:
            for file in self.folder.glob(f"{old.stem}.*"):
                file.unlink(missing_ok=True)

    def _notes(self) -> list[Path]:
        form = re.compile(rf"{re.escape(self.name)}-\d{{4}}-\d\d-\d\d\.json", re.ASCII)
        if not self.folder.is_dir():
            return []
        return sorted((p for p in self.folder.iterdir() if form.fullmatch(p.name)), reverse=True)


def _read(note: Path) -> Copy:
    """The copy that a note describes; ValueError, KeyError, TypeError, OSError if it is none."""
    document = json.loads(note.read_text(encoding="utf-8"))
    path = note.with_suffix(Path(document["file"]).suffix)
    if path.stat().st_size > MAX_BYTES:
        raise ValueError(f"{path} is too large")
    body = path.read_bytes()
    sha256 = hashlib.sha256(body).hexdigest()
    fetched = datetime.fromisoformat(document["fetched"])
    session, known = (date.fromisoformat(document[name]) for name in ("session", "known"))
    if document["schema"] != SCHEMA or sha256 != document["sha256"] or fetched.tzinfo is None:
        raise ValueError(f"{path} is not what {note} says")
    return Copy(path, body, sha256, session, known, fetched, str(document["url"]))
