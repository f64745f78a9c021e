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
import math
import re
import stat
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from avwap_cli.adapters.artifact_bytes import compact, json_bytes
from avwap_cli.adapters.artifact_checks import (
    SCHEMA_COLUMN,
    check_schema,
    damaged,
    how_to_make,
    parse_csv,
)
from avwap_cli.adapters.atomic_files import write_if_changed
from avwap_cli.adapters.json_limits import limited_json
from avwap_cli.adapters.session_folders import archive_of, folder_of, sessions_with_folder
from avwap_cli.errors import (
    InputError,
    MissingInput,
    UsageError,
)

MAX_BYTES = 256 * 1024 * 1024
NAME = re.compile(r"[a-z_]+\.(json|jsonl|csv|parquet|txt|html)", re.ASCII)


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
        return folder_of(self.outputs, session)

    def packed_in(self, session: date) -> Path | None:
        """The archive of a session whose folder was packed away; None if it was not."""
        path = archive_of(self.outputs, session)
        return path if path.exists() and not self.folder(session).is_dir() else None

    def latest(self) -> date | None:
        """The newest session, as `outputs/latest` names it, else by the folders; None without."""
        with suppress(OSError, ValueError):
            return date.fromisoformat((self.named_latest() or "").strip())
        return max(sessions_with_folder(self.outputs), default=None)

    def named_latest(self) -> str | None:
        """What `outputs/latest` says, the first of it; None where it is no file.

        Raises:
            OSError: it cannot be read.
        """
        path = self.outputs / "latest"
        return path.read_text("utf-8", "replace")[:80] if path.is_file() else None

    def read_json(self, session: date, name: str) -> dict[str, Any]:
        """The document `name` of that session.

        Raises:
            MissingInput: not there; the hint says which command makes it.
            DamagedInput: truncated, no JSON object, or another schema.
            SchemaMismatch: a newer program wrote it.
        """
        path = self._path(session, name)
        document = parse_json(self._bytes(session, name), path)
        check_schema(document.get("schema"), name, path)
        return document

    def read_csv(self, session: date, name: str) -> list[dict[str, str]]:
        """The rows of the table `name`, by column, without the schema column.

        Raises:
            MissingInput, DamagedInput, SchemaMismatch: as `read_json`.
        """
        path = self._path(session, name)
        header, *rows = parse_csv(self._bytes(session, name), path)
        for seen in sorted({row[0] for row in rows}):
            check_schema(seen, name, path)
        return [dict(zip(header[1:], row[1:], strict=True)) for row in rows]

    def read_table(
        self, session: date, name: str, columns: Sequence[str]
    ) -> Mapping[str, Sequence[Any]]:
        """These columns of the Parquet table `name`; a null is None.

        Raises:
            MissingInput, SchemaMismatch: as `read_json`.
            DamagedInput: no such table, or one that a column is missing of.
        """
        from avwap_cli.adapters.arrow_tables import table_of

        path = self._path(session, name)
        try:
            schema, found = table_of(self._bytes(session, name), columns)
        except ValueError as problem:
            raise damaged(path, f"is not the table it should be ({problem})") from problem
        check_schema(schema, name, path)
        return found

    def read_lines(self, session: date, name: str) -> list[dict[str, Any]]:
        """The objects of the file of lines `name`, without their schema.

        Raises:
            MissingInput, DamagedInput, SchemaMismatch: as `read_json`.
        """
        path = self._path(session, name)
        rows = [parse_json(line, path) for line in self._bytes(session, name).splitlines()]
        for row in rows:
            check_schema(row.pop("schema", None), name, path)
        return rows

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
        lines = [compact({"schema": schema, **row}) + "\n" for row in rows]
        return self._write(session, name, "".join(lines).encode())

    def write_text(self, session: date, name: str, text: str) -> bool:
        """Write a text file as given, UTF-8; True if its bytes changed."""
        return self._write(session, name, text.encode())

    def _path(self, session: date, name: str) -> Path:
        if not NAME.fullmatch(name):
            raise UsageError(f"{name!r} is not the name of an artifact")
        return self.folder(session) / name

    def _bytes(self, session: date, name: str) -> bytes:
        path = self._path(session, name)
        try:
            return read_bytes(path)
        except FileNotFoundError:
            raise self._missing(session, name) from None

    def _missing(self, session: date, name: str) -> MissingInput:
        from avwap_cli.adapters.session_archives import where_packed

        packed = where_packed(self.outputs, session, name)
        if packed is not None:
            return MissingInput(*packed)
        path = self._path(session, name)
        return MissingInput(f"{name} for {session} is missing ({path})", how_to_make(session, name))

    def _write(self, session: date, name: str, data: bytes) -> bool:
        changed = write_if_changed(self._path(session, name), data, private=True)
        newest = max(self.latest() or session, session)
        write_if_changed(self.outputs / "latest", f"{newest}\n".encode(), private=True)
        return changed


def parse_json(data: bytes, path: Path) -> dict[str, Any]:
    """The JSON object in `data`.

    Raises:
        DamagedInput: it is something else; `path` is named.
    """
    try:
        document = limited_json(data)
    except (ValueError, RecursionError) as problem:
        raise damaged(path, f"is not JSON ({problem})") from problem
    if not isinstance(document, dict):
        raise damaged(path, "is not a JSON object")
    return document


def read_bytes(path: Path) -> bytes:
    """The whole file, if it is not larger than any artifact can be.

    Raises:
        FileNotFoundError: it is not there.
        InputError: it cannot be read.
        DamagedInput: it is no plain file, or larger than 256 MB.
    """
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise damaged(path, "is no file")
        if found.st_size > MAX_BYTES:
            raise damaged(path, f"is larger than {MAX_BYTES >> 20} MB")
        return path.read_bytes()
    except FileNotFoundError:
        raise
    except OSError as problem:
        raise InputError(f"cannot read {path}: {problem.strerror or problem}") from problem


def _cell(value: object) -> object:
    return "" if isinstance(value, float) and math.isnan(value) else value
