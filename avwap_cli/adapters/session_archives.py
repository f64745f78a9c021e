"""Session archives: a session's folder in one file, `outputs/archive/YYYY-MM-DD.tar.gz`.

The same files give the same bytes.  A folder goes only after its archive was written, flushed,
read again and found to hold every byte of it; it is renamed before it is removed, so that
whatever ends the program leaves either a whole folder or a whole archive.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import re
import shutil
import stat
import tarfile
import zlib
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path

from avwap_cli.adapters.artifact_bytes import json_bytes
from avwap_cli.adapters.atomic_files import write_if_changed
from avwap_cli.adapters.json_limits import limited_json
from avwap_cli.adapters.session_folders import (
    archive_of,
    folder_of,
    sessions_with_archive,
    sessions_with_folder,
)
from avwap_cli.errors import AvwapError, DamagedInput, InputError
from avwap_cli.home import SESSIONS

MAX_BYTES = 1 << 30
MEMBER = re.compile(r"(runs/)?[a-z][A-Za-z0-9_-]*\.[a-z]+", re.ASCII)
LEFT = re.compile(r"\.(\d{4}-\d{2}-\d{2})\.packed", re.ASCII)
TEMPORARY = re.compile(r"\..*\.tmp", re.ASCII)
NO_ROOM = "make room or mend the folder's rights; nothing was removed"

Files = Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class SessionArchives:
    """The archives and folders of every session; `outputs` is the home's folder of that name."""

    outputs: Path

    def folders(self) -> tuple[date, ...]:
        """The sessions that have a folder, oldest first."""
        return sessions_with_folder(self.outputs)

    def packed(self) -> tuple[date, ...]:
        """The sessions that have an archive, oldest first."""
        return sessions_with_archive(self.outputs)

    def path(self, session: date) -> Path:
        """Where the session's archive lies."""
        return archive_of(self.outputs, session)

    def read(self, session: date) -> dict[str, bytes]:
        """The archive's files by name; none where it is absent.

        Raises:
            DamagedInput: it is no archive of that session, or a part is missing.
        """
        path = self.path(session)
        try:
            return _members(path, session)
        except FileNotFoundError:
            return {}
        except (OSError, tarfile.TarError, zlib.error, EOFError, ValueError) as problem:
            raise DamagedInput(
                f"{path} is no whole archive of {session} ({problem})",
                "put a good copy there, or move it away; the session's folder stays until then",
            ) from problem

    def documents(self, session: date) -> dict[str, dict[str, object]]:
        """The archive's JSON documents, those that can be read."""
        found = {}
        for name, data in self.read(session).items():
            with suppress(ValueError, RecursionError):
                value = limited_json(data) if name.endswith(".json") else None
                if isinstance(value, dict):
                    found[name] = value
        return found

    def whole(self, session: date) -> dict[str, bytes]:
        """What the archive holds once the folder, if there is one, is packed; nothing is changed.

        What an earlier archive of the session holds stays in it, where the folder has no newer.

        Raises:
            InputError: the folder holds what no archive takes: links, other folders, too much.
            DamagedInput: the archive that is there cannot be read.
        """
        folder = folder_of(self.outputs, session)
        return {**self.read(session), **(_files(folder) if os.path.lexists(folder) else {})}

    def pack(self, session: date) -> int:
        """Put the session's folder into its archive and remove the folder; the archive's bytes.

        Raises:
            InputError, DamagedInput: as `whole`.
            AvwapError: the disk is full or read-only, or somebody writes into the folder.
        """
        folder = folder_of(self.outputs, session)
        files = _files(folder)
        self._put(session, {**self.read(session), **files})
        aside = self._sessions / f".{session.isoformat()}.packed"
        try:
            folder.rename(aside)
            if _files(aside) != files:
                aside.rename(folder)
                raise AvwapError(f"{folder} changed while it was packed", "run `avwap tidy` again")
            shutil.rmtree(aside)
        except OSError as problem:
            raise AvwapError(
                f"cannot remove {problem.filename or folder}: {problem.strerror}",
                "mend the folder's rights; its archive is whole",
            ) from problem
        return self.path(session).stat().st_size

    def removable(self, session: date, keep: Collection[str]) -> list[dict[str, object]]:
        """Name, bytes and sha256 of each file but those, of `whole`; raises as it does."""
        return [
            {"name": name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
            for name, data in sorted(self.whole(session).items())
            if name not in keep
        ]

    def purge(
        self,
        session: date,
        keep: Collection[str],
        name: str,
        schema: str,
        body: Mapping[str, object],
    ) -> None:
        """Take all files but those to be kept out of the archive, and add a document.

        Raises:
            DamagedInput: the archive cannot be read.
            AvwapError: it cannot be written; the old one stays.
        """
        kept = {one: data for one, data in self.read(session).items() if one in keep}
        self._put(session, {name: json_bytes(schema, body), **kept})

    def finish(self) -> None:
        """End the removals that something interrupted.

        Raises:
            AvwapError: a folder cannot be removed or put back.
        """
        for aside in sorted(self._sessions.glob(".*.packed")):
            named = LEFT.fullmatch(aside.name)
            if named is None:
                continue
            folder = self._sessions / named[1]
            try:
                if _holds(self.read(date.fromisoformat(named[1])), aside):
                    shutil.rmtree(aside)
                elif not folder.exists():
                    aside.rename(folder)
            except OSError as problem:
                raise AvwapError(
                    f"cannot remove {aside}: {problem.strerror}", "mend the folder's rights"
                ) from problem

    @property
    def _sessions(self) -> Path:
        return self.outputs / SESSIONS

    def _put(self, session: date, files: Files) -> None:
        """Write the archive and read it again."""
        write_if_changed(self.path(session), _archive(session, files), private=True)
        if self.read(session) != dict(files):
            raise AvwapError(f"{self.path(session)} does not hold what it should", NO_ROOM)


def where_packed(outputs: Path, session: date, name: str) -> tuple[str, str] | None:
    """That a file is packed, or was purged, and what to do; None where there is no archive."""
    archives = SessionArchives(outputs)
    path = archives.path(session)
    if not path.exists():
        return None
    try:
        names = archives.read(session)
    except DamagedInput as problem:
        return problem.message, problem.hint
    if name in names:
        unpack = f"`tar -xzf {path} -C {outputs / SESSIONS}` unpacks it until `avwap tidy`"
        return f"{name} of {session} is packed in {path}", unpack
    return f"{name} of {session} is gone: {path} keeps the rest", "see its summary.json"


def _files(folder: Path) -> dict[str, bytes]:
    """Every file of the folder by its name below it, but what a killed writer left."""
    files, size = {}, 0
    if folder.is_symlink() or not folder.is_dir():
        raise InputError(f"{folder} is no folder", "move it away to have its session packed")
    try:
        for path in sorted(folder.rglob("*")):
            mode, name = path.lstat().st_mode, path.relative_to(folder).as_posix()
            if TEMPORARY.fullmatch(path.name) or (stat.S_ISDIR(mode) and name == "runs"):
                continue
            if not stat.S_ISREG(mode) or not MEMBER.fullmatch(name):
                raise InputError(
                    f"{path} is no file that avwap writes",
                    "move it away to have its session packed",
                )
            size += path.lstat().st_size
            if size > MAX_BYTES:
                raise InputError(f"{folder} holds more than {MAX_BYTES >> 20} MB", "see what it is")
            files[name] = path.read_bytes()
    except OSError as problem:
        raise InputError(f"cannot read {problem.filename}: {problem.strerror}") from problem
    return files


def _holds(archived: Files, folder: Path) -> bool:
    """Whether what is left of a folder is in the archive, byte by byte."""
    return _files(folder).items() <= archived.items()


def _archive(session: date, files: Files) -> bytes:
    sink = io.BytesIO()
    at = int(datetime.combine(session, time(0), UTC).timestamp())
    with (
        gzip.GzipFile("", "wb", 9, sink, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar,
    ):
        for name in sorted(files):
            member = tarfile.TarInfo(f"{session.isoformat()}/{name}")
            member.size, member.mtime, member.mode = len(files[name]), at, 0o600
            tar.addfile(member, io.BytesIO(files[name]))
    return sink.getvalue()


def _members(path: Path, session: date) -> dict[str, bytes]:
    """The files, each of an expected name; nothing is written, so no name can lead astray."""
    start, found = f"{session.isoformat()}/", {}
    with gzip.open(path) as packed:
        data = packed.read(2 * MAX_BYTES)  # to the end: only that compares it with its checksum
        if len(data) == 2 * MAX_BYTES:
            raise ValueError(f"it unpacks to more than {2 * MAX_BYTES >> 20} MB")
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as tar:
        for member in tar:
            name = member.name.removeprefix(start)
            if not (member.isreg() and member.name == start + name and MEMBER.fullmatch(name)):
                raise ValueError(f"it holds {member.name[:80]!r}")
            content = tar.extractfile(member)
            found[name] = b"" if content is None else content.read()
    return found
