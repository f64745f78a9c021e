"""What a `cache.json` says about the bars, read with care.

Bars are as fresh as what they cover: a cache that was brought up to the session, but has
that session's bar of a few symbols only, is thin.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from avwap_cli.market import sessions
from avwap_cli.review.scan_documents import part, plain

ENOUGH_FRAC = 0.95  # the shipped scan.run.clean_coverage_frac: with less a scan is degraded
NOTHING_KNOWN = dict.fromkeys(("as_of", "provider", "feed", "expected", "with_bar"))


def is_readable(cache: Mapping[str, Any]) -> bool:
    """Whether it says up to which session the bars go, and how many symbols have that bar."""
    return _day(cache.get("as_of")) is not None and _coverage(cache) is not None


def bars_held(cache: Mapping[str, Any] | None, as_of: date) -> dict[str, Any]:
    """The bars as the document describes them, JSON-ready; None = not known.

    Returns:
        as_of, provider, feed, expected and with_bar (symbols that should have and that have
        the bar of that as_of), and state: fresh, thin (too few have it), stale (of another
        session than `as_of`), missing.
    """
    held = _day((cache or {}).get("as_of"))
    if cache is None or held is None:
        return {"state": "missing", **NOTHING_KNOWN}
    expected, with_bar = _coverage(cache) or (None, None)
    enough = expected is not None and with_bar is not None and with_bar >= ENOUGH_FRAC * expected
    return {
        "state": "stale" if held != as_of else "fresh" if enough else "thin",
        "as_of": held.isoformat(),
        "provider": plain(cache.get("provider")),
        "feed": plain(cache.get("feed")),
        "expected": expected,
        "with_bar": with_bar,
    }


def warning(bars: Mapping[str, Any], as_of: date) -> str | None:
    """What is wrong with bars in that state, in one sentence; None when nothing is."""
    if bars["state"] == "stale":
        return f"the bars are of {bars['as_of']}, not of {as_of}; run `avwap refresh-cache`"
    if bars["state"] == "thin" and bars["expected"] is not None:
        return (
            f"only {bars['with_bar']} of {bars['expected']} symbols have their bar of {as_of};"
            " run `avwap refresh-cache`"
        )
    return None


def _coverage(cache: Mapping[str, Any]) -> tuple[int, int] | None:
    """How many symbols should have the last bar, and how many do; None where it is not said."""
    said = part(cache, "coverage", ("expected", "with_bar")) or {}
    expected, with_bar = said.get("expected"), said.get("with_bar")
    if type(expected) is not int or type(with_bar) is not int:
        return None
    return (expected, with_bar) if 0 <= with_bar <= expected > 0 else None


def _day(value: object) -> date | None:
    """The session that an ISO text names; None for anything else."""
    try:
        day = date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    in_calendar = day is not None and sessions.FIRST_DAY <= day <= sessions.LAST_DAY
    return day if day is not None and in_calendar and sessions.is_session(day) else None
