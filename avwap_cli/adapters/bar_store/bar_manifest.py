"""The manifest of the bar cache: which files hold which sessions.

A small JSON document, replaced last and atomically; a file that it does not name does
not exist for a reader.  It carries a digest per session (so that a refresh knows what
changed, and the content hash of any window costs nothing) and its own checksum.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from avwap_cli.adapters.bar_store.bar_parquet import SCHEMA
from avwap_cli.errors import DamagedInput, MissingInput, SchemaMismatch
from avwap_cli.market.vintages import Vintage

NAME = "manifest.json"
FILE_NAME = re.compile(r"(base|day)-[0-9a-f-]+\.parquet", re.ASCII)
MAJOR = int(SCHEMA.split("/")[1].split(".")[0])


@dataclass(frozen=True, slots=True)
class StoredSession:
    """One session in a file: its rows start..stop and the digest of what they hold."""

    file: str
    start: int
    stop: int
    digest: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the cache holds.

    Attributes:
        vintage: where the bars came from.
        base: name of the base file, empty without one.
        base_sessions: session -> its rows in the base, in order, overridden or not.
        daily: session -> its own file, which overrides the base's rows of that session.
        files: file name -> (bytes, sha-256).
        last_session: symbol -> its last session with a bar.
    """

    vintage: Vintage
    base: str
    base_sessions: Mapping[date, StoredSession]
    daily: Mapping[date, StoredSession]
    files: Mapping[str, tuple[int, str]]
    last_session: Mapping[str, date]

    def sessions(self) -> dict[date, StoredSession]:
        """Every session held and where, in order."""
        held = {**self.base_sessions, **self.daily}
        return {day: held[day] for day in sorted(held)}


def content_hash(sessions: Mapping[date, StoredSession]) -> str:
    """sha-256 over the digests of these sessions in order; the same bars give the same hash."""
    text = "".join(f"{day.isoformat()} {sessions[day].digest}\n" for day in sorted(sessions))
    return hashlib.sha256(text.encode()).hexdigest()


def to_json(manifest: Manifest) -> bytes:
    """The document; symbols are grouped by their last session to keep it small."""
    by_day: dict[str, list[str]] = {}
    for symbol in sorted(manifest.last_session):
        by_day.setdefault(manifest.last_session[symbol].isoformat(), []).append(symbol)
    vintage = manifest.vintage
    body: dict[str, Any] = {
        "provider": vintage.provider,
        "feed": vintage.feed,
        "adjustment": vintage.adjustment,
        "covered_from": vintage.covered_from.isoformat(),
        "as_of": vintage.as_of.isoformat(),
        "fetched_at": vintage.fetched_at.isoformat(),
        "base": manifest.base,
        "base_sessions": [
            [d.isoformat(), s.stop - s.start, s.digest] for d, s in manifest.base_sessions.items()
        ],
        "daily": [
            [d.isoformat(), s.stop - s.start, s.digest, s.file] for d, s in manifest.daily.items()
        ],
        "files": {name: list(manifest.files[name]) for name in sorted(manifest.files)},
        "last_session": {day: by_day[day] for day in sorted(by_day)},
    }
    document = {"schema": SCHEMA, "checksum": _checksum(body), **body}
    return (json.dumps(document, separators=(",", ":")) + "\n").encode()


def _checksum(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, separators=(",", ":")).encode()).hexdigest()


def read_manifest(folder: Path) -> Manifest:
    """The manifest in a folder.

    Raises:
        MissingInput: there is none.
        DamagedInput: it is no manifest, or not as it was written.
        SchemaMismatch: a newer program wrote it.
    """
    path = folder / NAME
    try:
        document = json.loads(path.read_bytes())
    except FileNotFoundError as problem:
        raise MissingInput(
            f"the bar cache {folder} is empty", "run `avwap refresh-cache` first"
        ) from problem
    except (OSError, ValueError, RecursionError) as problem:
        raise DamagedInput(
            f"{path} is unreadable ({str(problem)[:100]})", _remedy(folder)
        ) from problem
    if not isinstance(document, dict) or not isinstance(document.get("schema"), str):
        raise DamagedInput(f"{path} is no manifest of a bar cache", _remedy(folder))
    _must_be_known(str(document["schema"]), path)
    body = {k: v for k, v in document.items() if k not in {"schema", "checksum"}}
    if document.get("checksum") != _checksum(body):
        raise DamagedInput(f"{path} was changed after it was written", _remedy(folder))
    try:
        return _parse(body)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as problem:
        raise DamagedInput(
            f"{path} lacks what a manifest has ({problem})", _remedy(folder)
        ) from problem


def _remedy(folder: Path) -> str:
    return f"delete {folder} and run `avwap refresh-cache`; it costs only time"


def _must_be_known(schema: str, path: Path) -> None:
    name, _, version = schema.partition("/")
    major = version.partition(".")[0]
    if name != SCHEMA.partition("/")[0] or not (major.isascii() and major.isdigit()):
        raise DamagedInput(f"{path} has schema {schema!r}, not {SCHEMA!r}", _remedy(path.parent))
    if int(major[:9]) > MAJOR:
        raise SchemaMismatch(
            f"{path} has schema {schema!r}, this program reads {SCHEMA!r}",
            f"update avwap, or {_remedy(path.parent)}",
        )


def _parse(body: Mapping[str, Any]) -> Manifest:
    for name in body["files"]:
        if not FILE_NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no name of a cache file")
    if {body["base"], *(file for *_, file in body["daily"])} - {"", *body["files"]}:
        raise ValueError("a session lies in a file that is not listed")
    base, at = {}, 0
    for day, rows, digest in body["base_sessions"]:
        stop = at + _count(rows)
        base[date.fromisoformat(day)] = StoredSession(body["base"], at, stop, digest)
        at = stop
    daily = {
        date.fromisoformat(day): StoredSession(file, 0, _count(rows), digest)
        for day, rows, digest, file in body["daily"]
    }
    days = {date.fromisoformat(day): names for day, names in body["last_session"].items()}
    return Manifest(
        Vintage(
            body["provider"],
            body["feed"],
            body["adjustment"],
            date.fromisoformat(body["covered_from"]),
            date.fromisoformat(body["as_of"]),
            datetime.fromisoformat(body["fetched_at"]),
        ),
        body["base"],
        base,
        daily,
        {name: (_count(size), str(digest)) for name, (size, digest) in body["files"].items()},
        {symbol: day for day, names in days.items() for symbol in names},
    )


def _count(value: object) -> int:
    if type(value) is not int or value < 0:
        raise ValueError(f"{str(value)[:40]!r} is no number of rows or bytes")
    return value
