"""Open files: what under a home others on this host could read, or we could not write."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from avwap_cli.adapters.ledger.ledger_files import is_of_ledger

OTHERS = stat.S_IRWXG | stat.S_IRWXO
PASSABLE = stat.S_IXGRP | stat.S_IXOTH
MOST = 20_000  # entries looked at
SHIPPED = "README.md"  # tells of nobody


def exposed(outputs: Path) -> list[Path]:
    """What others can reach and read, files first; ledgers even behind a closed folder.

    The folder itself does not count, whose names are those of each home, nor what the
    repository ships in it.
    """
    found, harmless = list[Path](), (outputs, outputs / SHIPPED)
    todo, seen = [(outputs, False)], 0
    while todo and seen < MOST:
        path, closed = todo.pop()
        seen += 1
        try:
            mode = path.lstat().st_mode
            children = list(path.iterdir()) if stat.S_ISDIR(mode) else []
        except OSError:
            continue
        if stat.S_ISLNK(mode):
            continue
        if path not in harmless and mode & OTHERS and (not closed or is_of_ledger(path)):
            found.append(path)
        inside = closed or (stat.S_ISDIR(mode) and not mode & PASSABLE)
        todo += [(child, inside) for child in children]
    return sorted(found, key=lambda path: (path.is_dir(), path))


def unwritable(root: Path, folders: tuple[Path, ...]) -> list[Path]:
    """Those of the folders that are there and not ours to write to."""
    return [
        folder
        for folder in (root, *folders)
        if folder.exists() and not (folder.is_dir() and os.access(folder, os.W_OK | os.X_OK))
    ]
