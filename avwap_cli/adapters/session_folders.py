"""Session folders: where a session's files lie, and which sessions there are.

A session has the folder `outputs/sessions/YYYY-MM-DD`, the archive
`outputs/archive/YYYY-MM-DD.tar.gz`, or both while it is being packed.  A name that is written
in another way is nobody's session, and is left alone.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from pathlib import Path

from avwap_cli.home import SESSIONS

ARCHIVES, ENDING = "archive", ".tar.gz"


def folder_of(outputs: Path, session: date) -> Path:
    """The folder of a session, there or not."""
    return outputs / SESSIONS / session.isoformat()


def archive_of(outputs: Path, session: date) -> Path:
    """The archive of a session, there or not."""
    return outputs / ARCHIVES / f"{session.isoformat()}{ENDING}"


def sessions_with_folder(outputs: Path) -> tuple[date, ...]:
    """The sessions that have a folder, oldest first."""
    return _days(outputs / SESSIONS, "")


def sessions_with_archive(outputs: Path) -> tuple[date, ...]:
    """The sessions that have an archive, oldest first."""
    return _days(outputs / ARCHIVES, ENDING)


def _days(folder: Path, ending: str) -> tuple[date, ...]:
    found = []
    for path in folder.iterdir() if folder.is_dir() else ():
        with suppress(ValueError):
            name = path.name.removesuffix(ending)
            if path.name == name + ending and date.fromisoformat(name).isoformat() == name:
                found.append(date.fromisoformat(name))
    return tuple(sorted(found))
