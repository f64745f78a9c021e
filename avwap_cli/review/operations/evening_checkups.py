"""Evening checkups: what a doctor says of sessions' files, lists, bars and report dates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from avwap_cli.errors import InputError
from avwap_cli.market import sessions
from avwap_cli.review.operations.checkups import Check, age, fail, ok, skipped, warn


def latest(named: str | None, folders: Sequence[date], newest_due: date) -> Check:
    """Whether `outputs/latest` names the newest session that has a folder."""
    name, fix = "latest", "remove outputs/latest; the next stage writes it"
    newest = max(folders, default=None)
    if named is None:
        if newest is None:
            return ok(name, "there is no session yet")
        return ok(name, "there is none yet; the next stage that succeeds writes it")
    try:
        day = date.fromisoformat(named.strip())
    except ValueError:
        return fail(name, f"outputs/latest says {named.strip()[:40]!r}, which is no date", fix)
    if day > newest_due:
        return fail(name, f"outputs/latest is {day}, which is to come after {newest_due}", fix)
    if newest is not None and newest > day:
        return fail(name, f"outputs/latest is {day}, the newest session is {newest}", fix)
    return ok(name, f"the newest session is {day}")


def artifacts(read: int, broken: Sequence[InputError], newest: int) -> list[Check]:
    """The files of the `newest` sessions: how many could be read, and why others could not."""
    wrong = [fail("artifacts", problem.message, problem.hint) for problem in broken]
    well = f"{read} files of the last {newest} sessions can be read"
    return wrong or [ok("artifacts", well)]


def universe(found: date | None, trade_session: date, looked_back: int) -> Check:
    """How old the newest universe is, of as many sessions as were looked through."""
    if found is None:
        return fail("universe", f"none in the last {looked_back} sessions", "run `avwap universe`")
    old = len(sessions.sessions_between(found, trade_session)) - 1
    return age("universe", old, "the universe", "run `avwap universe`", few=1, many=5)


def bars(as_of: date, last: date, due: datetime, now: datetime) -> Check:
    """How fresh the cache is.

    Args:
        as_of: the session it was brought up to.
        last: the last completed one.
        due: when that session's bars are to be there.
    """
    if as_of >= last:
        return ok("bars", f"the bars are of {as_of}, the last completed session")
    if as_of == sessions.previous_session(last) and now < due:
        return ok("bars", f"the bars are of {as_of}; those of {last} are due by {due:%H:%M} ET")
    return fail(
        "bars", f"the bars are of {as_of}; the last session was {last}", "run `avwap refresh-cache`"
    )


def whole_cache(rows: int, held: int) -> Check:
    """A cache of so many rows and sessions of which every byte was compared."""
    return ok("bars", f"{rows:,} bars of {held} sessions, every file as written")


def coverage(with_bar: int, members: int, min_frac: float, clean_frac: float) -> Check:
    """How many members have the newest bar."""
    said = f"{with_bar} of {members} members have the newest bar"
    fix = "run `avwap refresh-cache --force`; if it stays, see quarantine.csv in the cache"
    if not members:
        return fail("coverage", "the universe has no members", "run `avwap universe --force`")
    if with_bar < min_frac * members:
        return fail("coverage", f"{said}: a scan would be refused", fix)
    if with_bar < clean_frac * members:
        return warn("coverage", f"{said}: a scan would be degraded", fix)
    return ok("coverage", said)


def earnings(known: date, today: date, without: int, asked: int) -> Check:
    """How old the report dates are, and how many members have none."""
    days = (today - known).days
    said = f"known on {known}, {without} of {asked} members without a date"
    fix = "run `avwap refresh-cache --force`; see docs/data.md"
    if days > 14:
        return fail("earnings", f"{said}: {days} days old", fix)
    if days > 4 or without * 2 > asked:
        return warn("earnings", said, fix)
    return ok("earnings", said)


def no_report_dates() -> Check:
    """Nobody is asked for them."""
    fix = "set earnings.provider, or enter knowing that reports are not avoided"
    return warn("earnings", "earnings.provider is none: every date is unknown", fix)


def nobody_listed() -> Check:
    """Report dates without a universe."""
    return skipped("earnings", "without a universe nobody knows whose dates")
