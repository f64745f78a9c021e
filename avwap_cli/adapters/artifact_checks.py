"""Artifact checks: what a file must be to be read, and how its damage is named."""

from __future__ import annotations

import csv
import io
import re
from datetime import date
from pathlib import Path

from avwap_cli import playbook
from avwap_cli.errors import AvwapError, DamagedInput, SchemaMismatch

SCHEMA = re.compile(r"(avwap\.[a-z_]+)/([0-9]{1,6})\.([0-9]{1,6})", re.ASCII)
SCHEMA_COLUMN = "schema_version"


def parse_csv(data: bytes, path: Path) -> list[list[str]]:
    """Header and rows, all of one width."""
    try:
        rows = list(csv.reader(io.StringIO(data.decode(), newline=""), strict=True))
    except (ValueError, csv.Error) as problem:
        raise damaged(path, f"is not CSV ({problem})") from problem
    if not rows or rows[0][:1] != [SCHEMA_COLUMN] or len(set(rows[0])) != len(rows[0]):
        raise damaged(path, f"does not begin with the column {SCHEMA_COLUMN}")
    if not data.endswith(b"\n"):
        raise damaged(path, "ends within a row")
    for number, row in enumerate(rows, start=1):
        if len(row) != len(rows[0]):
            raise damaged(path, f"has {len(row)} cells in row {number}, not {len(rows[0])}")
    return rows


def check_schema(seen: object, name: str, path: Path) -> None:
    """Refuse another schema than this program writes under that name, or a newer major."""
    found = SCHEMA.fullmatch(seen) if isinstance(seen, str) else None
    if found is None:
        raise damaged(path, "names no schema of avwap")
    known = SCHEMA.fullmatch(playbook.schema_of(name) or "")
    if known is None:
        return
    if found[1] != known[1]:
        raise damaged(path, f"holds {found[1]}, not {known[1]}")
    if int(found[2]) > int(known[2]):
        raise SchemaMismatch(
            f"{path} has schema {seen}; this avwap reads {known[0]} and older",
            "update avwap, or make the file again with this version",
        )


def damaged(path: Path, what: str) -> AvwapError:
    """Named damage, with the command that makes the file again."""
    stage = playbook.producer(path.name)
    hint = f"remove it and run `avwap {stage.command}` again" if stage else "remove the file"
    return DamagedInput(f"{path} {what}", hint)


def how_to_make(session: date, name: str) -> str:
    """Which command writes that artifact; empty where none does."""
    stage = playbook.producer(name)
    return f"run `avwap {stage.command} --session {session}` first" if stage else ""
