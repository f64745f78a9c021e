"""Run records in files: `runs/<stage>-<n>.json` in the folder of the trade session.

A stage's runs are numbered from 1.  They are written under the stage's lock, so two
runs never take one number.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from avwap_cli.adapters.artifact_bytes import json_bytes
from avwap_cli.adapters.artifact_files import ArtifactFiles, parse_json, read_bytes
from avwap_cli.adapters.atomic_files import write_if_changed
from avwap_cli.adapters.session_folders import (
    archive_of,
    sessions_with_archive,
    sessions_with_folder,
)
from avwap_cli.errors import DamagedInput
from avwap_cli.review.runs import SCHEMA, RunRecord, run_of

NAME = re.compile(r"([a-z][a-z-]*)-([1-9][0-9]{0,8})\.json", re.ASCII)
SETTINGS_SCHEMA, HASH_DIGITS = "avwap.settings/1.0", 12
CHANGED_NOTHING = ("unchanged", "frozen")


@dataclass(frozen=True, slots=True)
class RunRecordFiles:
    """The run records of every session; `outputs` is the home's folder of that name."""

    outputs: Path

    def write(self, run: RunRecord, *, repeated: bool = False) -> Path | None:
        """Keep the record; None, and nothing written, for a run that says nothing new.

        That is one that changed nothing after one that went well: the record of the
        run that did the work stays the last.  Of a stage that is `repeated` through its
        window every run says something: that it was there.
        """
        before = [path for path in self._paths(run.trade_session) if _stage(path) == run.stage]
        idle = run.state in CHANGED_NOTHING and not repeated
        if idle and before and self._went_well(before[-1]):
            return None
        number = _number(before[-1]) + 1 if before else 1
        path = self._folder(run.trade_session) / f"{run.stage}-{number}.json"
        write_if_changed(path, json_bytes(SCHEMA, run.body()), private=True)
        return path

    def keep_settings(self, session: date, digest: str, settings: Mapping[str, object]) -> None:
        """Keep the configuration of that hash beside the records, once."""
        path = self._settings_path(session, digest)
        if not path.exists():
            write_if_changed(
                path, json_bytes(SETTINGS_SCHEMA, {"settings": settings}), private=True
            )

    def settings(self, session: date, digest: str) -> dict[str, Any] | None:
        """The configuration of that hash, key -> value; None where it was not kept.

        Raises:
            DamagedInput: the file cannot be read.
        """
        path = self._settings_path(session, digest)
        if not path.exists():
            return None
        found = parse_json(read_bytes(path), path).get("settings")
        if not isinstance(found, dict):
            raise DamagedInput(f"{path} holds no settings")
        return found

    def _settings_path(self, session: date, digest: str) -> Path:
        return self._folder(session) / f"config-{digest[:HASH_DIGITS]}.json"

    def read(self, session: date) -> tuple[Sequence[RunRecord], Sequence[str]]:
        """All records of that session by start, and a sentence per record that is unreadable."""
        runs: list[RunRecord] = []
        problems: list[str] = []
        packed = archive_of(self.outputs, session)
        if packed.exists() and not self._folder(session).is_dir():
            problems.append(f"{session} is packed in {packed}, its runs as well")
        for path in self._paths(session):
            try:
                runs.append(_read(path))
            except DamagedInput as problem:
                problems.append(problem.message)
        runs.sort(key=lambda run: run.started)
        return runs, problems

    def sessions(self) -> Sequence[date]:
        """Those that have a folder or an archive, ascending."""
        return sorted({*sessions_with_folder(self.outputs), *sessions_with_archive(self.outputs)})

    def _went_well(self, path: Path) -> bool:
        try:
            return _read(path).exit_code == 0
        except DamagedInput:
            return False

    def _folder(self, session: date) -> Path:
        return ArtifactFiles(self.outputs).folder(session) / "runs"

    def _paths(self, session: date) -> list[Path]:
        folder = self._folder(session)
        found = list(folder.iterdir()) if folder.is_dir() else []
        named = [path for path in found if NAME.fullmatch(path.name)]
        return sorted(named, key=lambda path: (_stage(path), _number(path)))


def _read(path: Path) -> RunRecord:
    document = parse_json(read_bytes(path), path)
    if str(document.get("schema")).rpartition(".")[0] != SCHEMA.rpartition(".")[0]:
        raise DamagedInput(f"{path} is not a run record of this version")
    try:
        return run_of(document)
    except ValueError as problem:
        raise DamagedInput(f"{path}: {problem}") from problem


def _stage(path: Path) -> str:
    return path.name.rpartition("-")[0]


def _number(path: Path) -> int:
    return int(path.stem.rpartition("-")[2])
