"""The HALT file: a halt that anyone can order with nothing but an editor.

A file named HALT in the home forbids as much as its first word says: `no-entries`,
`reduce-only` or `flatten`.  Any other content, none at all, or a file that cannot be read
means `reduce-only`: who makes such a file wants less to happen, not more.
"""

from __future__ import annotations

import os
from pathlib import Path

from avwap_cli.trading.facts import HaltLevel

NAME = "HALT"
_LONGEST = 64


def halt_file(home_root: Path) -> HaltLevel:
    """The level that the file orders; NONE where there is none.  Never raises."""
    path = home_root / NAME
    try:
        with path.open("rb") as file:
            words = file.read(_LONGEST).decode("utf-8-sig", errors="replace").split()
    except OSError:
        return HaltLevel.REDUCE_ONLY if _may_be_there(path) else HaltLevel.NONE
    named = words[0].lower() if words else ""
    levels = {str(level): level for level in HaltLevel if level is not HaltLevel.NONE}
    return levels.get(named, HaltLevel.REDUCE_ONLY)


def _may_be_there(path: Path) -> bool:
    """Whether something of that name is there, or nobody can tell."""
    try:
        os.lstat(path)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return True
