"""Dry artifacts: a dry run reads the real session folders and writes beside them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from avwap_cli.ports import ArtifactStore


@dataclass(frozen=True, slots=True)
class DryArtifacts:
    """Implements `ports.ArtifactStore`: what is read comes from `real`, what is written goes to
    `aside`, which no stage reads."""

    real: ArtifactStore
    aside: ArtifactStore

    def latest(self) -> date | None:
        return self.real.latest()

    def read_json(self, session: date, name: str) -> dict[str, Any]:
        return self.real.read_json(session, name)

    def read_csv(self, session: date, name: str) -> list[dict[str, str]]:
        return self.real.read_csv(session, name)

    def read_table(
        self, session: date, name: str, columns: Sequence[str]
    ) -> Mapping[str, Sequence[Any]]:
        return self.real.read_table(session, name, columns)

    def read_lines(self, session: date, name: str) -> list[dict[str, Any]]:
        return self.real.read_lines(session, name)

    def digest(self, session: date, name: str) -> str | None:
        return self.real.digest(session, name)

    def write_json(self, session: date, name: str, schema: str, body: Mapping[str, Any]) -> bool:
        return self.aside.write_json(session, name, schema, body)

    def write_csv(
        self,
        session: date,
        name: str,
        schema: str,
        columns: Sequence[str],
        rows: Iterable[Sequence[object]],
    ) -> bool:
        return self.aside.write_csv(session, name, schema, columns, rows)

    def write_table(
        self,
        session: date,
        name: str,
        schema: str,
        columns: Mapping[str, Sequence[object]],
        kinds: Mapping[str, type],
    ) -> bool:
        return self.aside.write_table(session, name, schema, columns, kinds)

    def write_lines(
        self, session: date, name: str, schema: str, rows: Iterable[Mapping[str, Any]]
    ) -> bool:
        return self.aside.write_lines(session, name, schema, rows)

    def write_text(self, session: date, name: str, text: str) -> bool:
        return self.aside.write_text(session, name, text)
