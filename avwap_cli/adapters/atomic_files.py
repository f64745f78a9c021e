"""Atomic files: written whole or not at all, whatever kills the program.

The bytes go to a temporary file in the same folder, are flushed to the disk, and take
the place of the old file in one rename; then the folder is flushed, so that the rename
survives a power cut.  A reader sees the old file or the new one, never a part.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from avwap_cli.adapters.private_files import private_file, private_folder, tighten
from avwap_cli.errors import CannotWrite, UsageError

HEAD = 256  # bytes of a file in which its mark is looked for
NAMED = 50  # letters of a file's name that its temporary file has


def write_if_changed(path: Path, data: bytes, *, private: bool = False) -> bool:
    """Make `path` hold `data`; False, and nothing written, when it already does.

    A `private` one is for its owner alone, and so is its folder.

    Raises:
        CannotWrite: the disk is full, the folder is read-only, or the like; the old file stays.
    """
    try:
        if private and path.parent.is_dir():
            tighten(path.parent)
            tighten(path)
        if path.is_file() and path.stat().st_size == len(data) and path.read_bytes() == data:
            return False
        if private:
            private_folder(path.parent)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, data, private)
    except OSError as problem:
        raise CannotWrite(
            f"cannot write {path}: {problem.strerror or problem}",
            "make room or mend the folder's rights; the last good file is still there",
        ) from problem
    return True


def write_named(path: Path, data: bytes, *, mark: bytes = b"") -> bool:
    """As `write_if_changed`, for a file that a person named: no folder is made for a slip.

    Args:
        mark: what the head of each file of ours holds; one without it is not replaced.

    Raises:
        UsageError: its folder is not there, a link or something else than a file has that name,
            the file there is not ours, or the name is none that a file can have.
        CannotWrite: as `write_if_changed`.
    """
    try:
        _must_be_free(path, mark)
    except OSError as problem:
        raise UsageError(
            f"{path} cannot be read ({problem.strerror})", "name another one"
        ) from problem
    return write_if_changed(path, data)


def _must_be_free(path: Path, mark: bytes) -> None:
    if not path.parent.is_dir():
        raise UsageError(f"{path.parent} is not a folder", "make it first, or name another file")
    if path.is_symlink():
        raise UsageError(f"{path} is a link", "name the file itself, or another one")
    if path.exists() and not path.is_file():
        raise UsageError(f"{path} is not a file", "name another one")
    if mark and path.exists() and mark not in _head(path):
        raise UsageError(
            f"{path} is there, and avwap did not make it", "remove it, or name another one"
        )


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEAD)


def _replace(path: Path, data: bytes, private: bool) -> None:
    # Of a long name only the beginning, for no name may have more than 255 bytes.
    temporary = path.with_name(f".{path.name[:NAMED]}.{os.getpid()}.tmp")
    try:
        if private:
            private_file(temporary)
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    _flush_folder(path.parent)


def _flush_folder(folder: Path) -> None:
    """Not every system can open a folder; where it cannot, renames are durable by themselves."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
