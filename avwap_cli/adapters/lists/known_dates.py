"""Known dates: on which session was the content of a file known.

Hindsight is told by this date, so it must not be too early.  A date inside the file or
in its name is believed; without one, the file was known when it was written or fetched.
A moment belongs to the last session completed by then, as an evening does: a list
fetched on Sunday is known as of Friday's session.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path

from avwap_cli.errors import InputError
from avwap_cli.market.sessions import last_completed

_DAY_IN_NAME = re.compile(r"(?<!\d)(20\d\d)-(\d\d)(?:-(\d\d))?(?!\d)", re.ASCII)


def date_in_name(name: str) -> date | None:
    """The date a file name carries: 2024-03-05, or 2024-08, which is the first of August."""
    found = _DAY_IN_NAME.search(name)
    if found is None:
        return None
    try:
        return date(int(found[1]), int(found[2]), int(found[3] or 1))
    except ValueError:
        return None


def session_of(moment: datetime) -> date:
    """The session that a moment (aware) belongs to: the last one completed by then."""
    return last_completed(moment)


def known_of_file(path: Path) -> date:
    """The date in the file's name, else the session in which it was last written.

    Raises:
        InputError: the file cannot be asked.
    """
    named = date_in_name(path.name)
    if named is not None:
        return named
    try:
        written = path.stat().st_mtime
    except OSError as problem:
        raise InputError(f"cannot read {path}: {problem.strerror or problem}") from problem
    return session_of(datetime.fromtimestamp(written, UTC))
