"""Artifact files: the folder of each trade session under `outputs/sessions/`.

A document is one JSON object, a table is CSV or Parquet; each names its schema and is
written whole or not at all.  Equal content gives equal bytes, and bytes that did not
change are not written again, which is how a second run knows that it changed nothing.
`outputs/latest` names the newest session.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from avwap_cli import playbook
from avwap_cli.adapters.atomic_files import write_if_changed
from avwap_cli.errors import (
    AvwapError,
    DamagedInput,
    InputError,
    MissingInput,
    SchemaMismatch,
    UsageError,
)

MAX_BYTES = 256 * 1024 * 1024
NAME = re.compile(r"[a-z_]+\.(json|jsonl|csv|parquet|txt|html)", re.ASCII)
SCHEMA = re.compile(r"(avwap\.[a-z_]+)/([0-9]{1,6})\.([0-9]{1,6})", re.ASCII)
SCHEMA_COLUMN = "schema_version"


@dataclass(frozen=True, slots=True)
class ArtifactFiles:
    """The artifact store in files; `outputs` is the home's folder of that name."""

    outputs: Path

    def folder(self, session: date) -> Path:
        """Where everything of that trade session lies.

        Raises:
            UsageError: not a plain date.
        """
        if not isinstance(session, date) or isinstance(session, datetime):
            raise UsageError(f"{session!r} is not a session's date")
        return self.outputs / "sessions" / session.isoformat()

    def latest(self) -> date | None:
        """The newest session, as `outputs/latest` names it, else by the folders; None without."""
        return self._named_latest() or max(self._sessions(), default=None)

    def read_json(self, session: date, name: str) -> dict[str, Any]:
        """The document `name` of that session.

        Raises:
            MissingInput: not there; the hint says which command makes it.
            DamagedInput: truncated, no JSON object, or another schema.
            SchemaMismatch: a newer program wrote it.
        """
        path = self._path(session, name)
        document = parse_json(self._bytes(session, name), path)
        _check_schema(document.get("schema"), name, path)
        return document

    def read_csv(self, session: date, name: str) -> list[dict[str, str]]:
        """The rows of the table `name`, by column, without the schema column.

        Raises:
            MissingInput, DamagedInput, SchemaMismatch: as `read_json`.
        """
        path = self._path(session, name)
        header, *rows = _parse_csv(self._bytes(session, name), path)
        for seen in sorted({row[0] for row in rows}):
            _check_schema(seen, name, path)
        return [dict(zip(header[1:], row[1:], strict=True)) for row in rows]

    def digest(self, session: date, name: str) -> str | None:
        """sha-256 of the file's bytes, None where it is absent."""
        path = self._path(session, name)
        if not path.is_file():
            return None
        return hashlib.sha256(self._bytes(session, name)).hexdigest()

    def write_json(self, session: date, name: str, schema: str, body: Mapping[str, Any]) -> bool:
        """Write a document that begins with `schema`; True if its bytes changed.

        Keys keep the order given, floats their shortest exact form; NaN is refused
        (ValueError): an undefined figure is None.
        """
        return self._write(session, name, json_bytes(schema, body))

    def write_csv(
        self,
        session: date,
        name: str,
        schema: str,
        columns: Sequence[str],
        rows: Iterable[Sequence[object]],
    ) -> bool:
        """Write a table whose first column is schema_version; True if its bytes changed.

        None and NaN are empty cells.
        """
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow([SCHEMA_COLUMN, *columns])
        for row in rows:
            if len(row) != len(columns):
                raise ValueError(f"{name}: a row of {len(row)} cells for {len(columns)} columns")
            writer.writerow([schema, *map(_cell, row)])
        return self._write(session, name, text.getvalue().encode())

    def write_table(
        self,
        session: date,
        name: str,
        schema: str,
        columns: Mapping[str, Sequence[object]],
        kinds: Mapping[str, type],
    ) -> bool:
        """Write Parquet with the file metadata key avwap.schema; True if its bytes changed.

        None and NaN are nulls.  The same columns give the same bytes under one
        version of pyarrow.
        """
        import pyarrow.parquet as pq

        from avwap_cli.adapters.arrow_tables import arrow_table

        table = arrow_table(columns, kinds).replace_schema_metadata({"avwap.schema": schema})
        sink = io.BytesIO()
        pq.write_table(table, sink, compression="zstd", version="2.6", row_group_size=1 << 20)
        return self._write(session, name, sink.getvalue())

    def write_lines(
        self, session: date, name: str, schema: str, rows: Iterable[Mapping[str, Any]]
    ) -> bool:
        """Write one JSON object a line, each beginning with `schema`; True if bytes changed.

        No rows make an empty file.
        """
        lines = [_compact({"schema": schema, **row}) + "\n" for row in rows]
        return self._write(session, name, "".join(lines).encode())

    def write_text(self, session: date, name: str, text: str) -> bool:
        """Write a text file as given, UTF-8; True if its bytes changed."""
        return self._write(session, name, text.encode())

    def _named_latest(self) -> date | None:
        with suppress(OSError, ValueError):
            return date.fromisoformat((self.outputs / "latest").read_text("ascii").strip())
        return None

    def _sessions(self) -> list[date]:
        """The sessions that have a folder."""
        days = []
        for folder in (self.outputs / "sessions").glob("*-*-*"):
            with suppress(ValueError):
                days.append(date.fromisoformat(folder.name))
        return days

    def _path(self, session: date, name: str) -> Path:
        if not NAME.fullmatch(name):
            raise UsageError(f"{name!r} is not the name of an artifact")
        return self.folder(session) / name

    def _bytes(self, session: date, name: str) -> bytes:
        path = self._path(session, name)
        try:
            return read_bytes(path)
        except FileNotFoundError:
            raise MissingInput(
                f"{name} for {session} is missing ({path})", _how_to_make(session, name)
            ) from None

    def _write(self, session: date, name: str, data: bytes) -> bool:
        changed = write_if_changed(self._path(session, name), data)
        newest = max(self.latest() or session, session)
        write_if_changed(self.outputs / "latest", f"{newest}\n".encode())
        return changed


def json_bytes(schema: str, body: Mapping[str, Any]) -> bytes:
    """The canonical bytes of a document: one line per key, and one per item of a list."""
    lines = [f'  "schema": {_compact(schema)}']
    for key, value in body.items():
        if key == "schema":
            raise ValueError("the schema is an argument, not part of the body")
        lines.append(f"  {_compact(key)}: {_spread(value)}")
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode()


def parse_json(data: bytes, path: Path) -> dict[str, Any]:
    """The JSON object in `data`.

    Raises:
        DamagedInput: it is something else; `path` is named.
    """
    try:
        document = json.loads(data.decode(), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as problem:
        raise _damaged(path, f"is not JSON ({problem})") from problem
    if not isinstance(document, dict):
        raise _damaged(path, "is not a JSON object")
    return document


def read_bytes(path: Path) -> bytes:
    """The whole file, if it is not larger than any artifact can be.

    Raises:
        FileNotFoundError: it is not there.
        InputError: it cannot be read.
        DamagedInput: it is larger than 256 MB.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise _damaged(path, f"is larger than {MAX_BYTES >> 20} MB")
        return path.read_bytes()
    except FileNotFoundError:
        raise
    except OSError as problem:
        raise InputError(f"cannot read {path}: {problem.strerror or problem}") from problem


def _spread(value: Any) -> str:
    if isinstance(value, list | tuple) and value:
        return "[\n" + ",\n".join(f"    {_compact(item)}" for item in value) + "\n  ]"
    return _compact(value)


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, default=_plain)


def _plain(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in a document")


def _cell(value: object) -> object:
    return "" if isinstance(value, float) and math.isnan(value) else value


def _refuse_constant(text: str) -> None:
    raise ValueError(f"{text} is not a JSON number")


def _parse_csv(data: bytes, path: Path) -> list[list[str]]:
    """Header and rows, all of one width."""
    try:
        rows = list(csv.reader(io.StringIO(data.decode(), newline=""), strict=True))
    except (ValueError, csv.Error) as problem:
        raise _damaged(path, f"is not CSV ({problem})") from problem
    if not rows or rows[0][:1] != [SCHEMA_COLUMN] or len(set(rows[0])) != len(rows[0]):
        raise _damaged(path, f"does not begin with the column {SCHEMA_COLUMN}")
    if not data.endswith(b"\n"):
        raise _damaged(path, "ends within a row")
    for number, row in enumerate(rows, start=1):
        if len(row) != len(rows[0]):
            raise _damaged(path, f"has {len(row)} cells in row {number}, not {len(rows[0])}")
    return rows


def _check_schema(seen: object, name: str, path: Path) -> None:
    """Refuse another schema than this program writes under that name, or a newer major."""
    found = SCHEMA.fullmatch(seen) if isinstance(seen, str) else None
    if found is None:
        raise _damaged(path, "names no schema of avwap")
    known = SCHEMA.fullmatch(playbook.schema_of(name) or "")
    if known is None:
        return
    if found[1] != known[1]:
        raise _damaged(path, f"holds {found[1]}, not {known[1]}")
    if int(found[2]) > int(known[2]):
        raise SchemaMismatch(
            f"{path} has schema {seen}; this avwap reads {known[0]} and older",
            "update avwap, or make the file again with this version",
        )


def _damaged(path: Path, what: str) -> AvwapError:
    stage = playbook.producer(path.name)
    hint = f"remove it and run `avwap {stage.name}` again" if stage else "remove the file"
    return DamagedInput(f"{path} {what}", hint)


def _how_to_make(session: date, name: str) -> str:
    stage = playbook.producer(name)
    return f"run `avwap {stage.name} --session {session}` first" if stage else ""
