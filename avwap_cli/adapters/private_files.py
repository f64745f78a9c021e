"""Private files: what tells of an account is for its owner alone, whatever the umask says.

Files get the mode 0600 and folders 0700 as they are made.  One that is there already and is
open to others is closed when it is next written; where the system knows no modes, nothing is.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

FILE, FOLDER = 0o600, 0o700
OTHERS = stat.S_IRWXG | stat.S_IRWXO


def private_folder(folder: Path) -> None:
    """Make the folder, and those above it that are missing; close them to others.

    One above it that is there already may be anybody's, and stays as it is.

    Raises:
        OSError: it cannot be made.
    """
    missing = [folder]
    while not missing[-1].parent.is_dir():
        missing.append(missing[-1].parent)
    for each in reversed(missing):
        each.mkdir(mode=FOLDER, exist_ok=True)
        tighten(each)


def private_file(path: Path) -> None:
    """Have an empty file there, if there is none; close it to others.

    Raises:
        OSError: it cannot be made.
    """
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT, FILE))
    tighten(path)


def tighten(path: Path) -> None:
    """Take others' rights to it away; what is not ours stays as it is."""
    with suppress(OSError):
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & OTHERS:
            path.chmod(mode & ~OTHERS)
