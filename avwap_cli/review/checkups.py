"""Checkups: what a doctor says of figures that were measured, each with a way out.

A check is ok, warns, fails, or was skipped because something before it is missing.  What is
measured comes as an argument, so that every judgement can be read, and tested, alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from avwap_cli.market import sessions

GIB = 1 << 30
LEAST_ROOM, LITTLE_ROOM = GIB // 4, 2 * GIB  # bytes
LONG_HOLD_S = 26 * 3600.0  # no run lasts longer than a day
DAY_TRADER_USD = Decimal(25_000)
SHOWN = 3  # of a list of findings


class Health(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at.

    Attributes:
        name: of a closed list, see docs/faults.md.
        measured: what was found, one sentence.
        fix: what to do; empty where all is well.
    """

    name: str
    state: Health
    measured: str
    fix: str = ""


def ok(name: str, measured: str) -> Check:
    """All is well."""
    return Check(name, Health.OK, measured)


def warn(name: str, measured: str, fix: str) -> Check:
    """A person should know, and nothing is stopped by it."""
    return Check(name, Health.WARN, measured, fix)


def fail(name: str, measured: str, fix: str) -> Check:
    """Something does not work, or money is not safe."""
    return Check(name, Health.FAIL, measured, fix)


def skipped(name: str, why: str) -> Check:
    """It was not looked at."""
    return Check(name, Health.SKIPPED, why)


def listed(items: Sequence[object]) -> str:
    """The first of them, and how many more there are."""
    more = f" and {len(items) - SHOWN} more" if len(items) > SHOWN else ""
    return ", ".join(map(str, items[:SHOWN])) + more


def disk(free_bytes: int, place: str) -> Check:
    """Room where the home lies."""
    said = f"{free_bytes / GIB:.1f} GiB are free at {place}"
    if free_bytes < LEAST_ROOM:
        return fail("disk", said, "make room: without it no order can be made durable")
    if free_bytes < LITTLE_ROOM:
        return warn("disk", said, "make room, e.g. with `avwap tidy`")
    return ok("disk", said)


def clock(name: str, ahead_s: float, limit_s: float, whose: str) -> Check:
    """This computer's clock against another; positive is ahead."""
    way = "ahead of" if ahead_s > 0 else "behind"
    said = f"this computer's clock is {abs(ahead_s):.1f} s {way} {whose}"
    if abs(ahead_s) > limit_s:
        return fail(name, f"{said}; {limit_s:g} s are allowed", "set the clock, e.g. switch NTP on")
    return ok(name, said)


def calendar(differences: Sequence[str], days: int) -> Check:
    """Our sessions against the broker's."""
    if differences:
        return fail(
            "calendar", listed(differences), "update avwap; until then `avwap halt no-entries`"
        )
    return ok("calendar", f"the next {days} days are the broker's, to the minute")


def keys(key_id: str, secret: str, mode: str) -> list[Check]:
    """Whether the keys look like keys of that mode, without showing them."""
    odd = []
    for name, value in (("ALPACA_API_KEY", key_id), ("ALPACA_SECRET_KEY", secret)):
        if not value:
            odd.append(f"{name} is not set")
        elif not value.isascii() or not all(c.isalnum() or c in "+/=_-" for c in value):
            odd.append(f"{name} holds a character that no key has")
        elif len(value) < 16:
            odd.append(f"{name} has only {len(value)} characters")
    if odd:
        return [fail("keys", "; ".join(odd), "copy both keys anew into .env, without quotes")]
    kinds = {"PK": "paper", "AK": "live"}
    kind = kinds.get(key_id[:2])
    if kind is not None and mode in kinds.values() and kind != mode:
        fix = f"set broker.mode: {kind}, or the keys of the {mode} account"
        return [fail("keys", f"the keys are of a {kind} account, broker.mode is {mode}", fix)]
    return [ok("keys", f"both are set, for broker.mode {mode}")]


def account(
    flags: Mapping[str, object], equity_usd: Decimal, multiplier: Decimal, shorts: bool
) -> list[Check]:
    """What the account may do.

    Args:
        flags: of the broker's answer, by its own names.
        shorts: whether an enabled strategy sells short.
    """
    name, contact = "account", "see the broker's dashboard, or ask its support"
    stops = ("trading_blocked", "account_blocked", "trade_suspended_by_user")
    found = [fail(name, f"{flag} is set", contact) for flag in stops if flags.get(flag) is True]
    status = flags.get("status")
    if status != "ACTIVE":
        found.append(fail(name, f"the account is {status}, not ACTIVE", contact))
    if flags.get("transfers_blocked") is True:
        found.append(warn(name, "transfers_blocked is set", contact))
    if flags.get("pattern_day_trader") is True and equity_usd < DAY_TRADER_USD:
        said = f"a pattern day trader with {equity_usd:,.0f} USD: closing on the day is refused"
        found.append(warn(name, said, "hold 25,000 USD, or do not leave on the day of the entry"))
    if shorts and flags.get("shorting_enabled") is not True:
        fix = "have shorting enabled, or disable the strategies that sell short"
        found.append(warn(name, "shorting is not enabled, and strategies sell short", fix))
    if multiplier <= 1:
        said = "a cash account: what a sale brings cannot be spent until it settles"
        found.append(warn(name, said, "ask for margin, or expect entries to be denied"))
    return found or [ok(name, f"ACTIVE, {equity_usd:,.0f} USD, multiplier {multiplier:g}")]


def undelivered(found: Mapping[str, tuple[int, float | None]]) -> list[Check]:
    """Messages that no channel took.

    Args:
        found: channel -> how many wait for it, and since when (s of the wall clock, None = not
            known).
    """
    fix = "`avwap alerts test` shows what the channel answers; what waits goes with the next run"
    told = []
    for name, (count, since) in found.items():
        noun = "message is" if count == 1 else "messages are"
        oldest = "" if since is None else f", the oldest of {_ny(since):%a %Y-%m-%d %H:%M} ET"
        told.append(warn("alerts", f"{name}: {count} {noun} not delivered{oldest}", fix))
    return told


def _ny(at_s: float) -> datetime:
    return datetime.fromtimestamp(at_s, sessions.EASTERN)


def feed(told: str | None) -> Check:
    """Where the running session's prices come from."""
    if told == "sip":
        return ok("feed", "prices come from the whole market (sip)")
    fix = "subscribe to the SIP feed, or accept thin prices: see docs/data.md"
    if told is None:
        return fail("feed", "no feed gives a price", "see whether the keys may read market data")
    return warn("feed", f"prices come from {told}, not from the whole market in time", fix)


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


def age(name: str, sessions_old: int, what: str, fix: str, few: int, many: int) -> Check:
    """Something that is to be renewed each session: up to `few` is well, beyond `many` fails."""
    said = f"{what} is {sessions_old} sessions old" if sessions_old else f"{what} is current"
    if sessions_old > many:
        return fail(name, said, fix)
    return warn(name, said, fix) if sessions_old > few else ok(name, said)


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


@dataclass(frozen=True, slots=True)
class LockSeen:
    """A lock that is held, or whose holder left its name behind.

    Attributes:
        held_s: for how long it is held; None = nobody holds it.
        holder: process and host, in words; empty = not known.
        is_here: whether the holder named this host.
    """

    stage: str
    held_s: float | None
    holder: str
    is_here: bool


def locks(found: Sequence[LockSeen]) -> list[Check]:
    """Who holds what for too long, from elsewhere, or is gone."""
    told = []
    for lock in found:
        by = lock.holder or "nobody known"
        if lock.held_s is None:
            fix = f"remove outputs/locks/{lock.stage}.holder.json; it hinders nobody"
            told.append(warn("locks", f"{by} died with the lock of {lock.stage}", fix))
        elif not lock.is_here:
            fix = "run avwap on one host only: locks over a network cannot be trusted"
            told.append(warn("locks", f"{lock.stage} is held by {by}, not on this host", fix))
        elif lock.held_s > LONG_HOLD_S:
            said = f"{lock.stage} is held by {by} for {lock.held_s / 3600:.0f} hours"
            told.append(fail("locks", said, "look at that process and end it"))
    held = [lock.stage for lock in found if lock.held_s is not None]
    return told or [ok("locks", f"held: {listed(held)}" if held else "nobody holds one")]


def latest(named: str | None, folders: Sequence[date], newest_due: date) -> Check:
    """Whether `outputs/latest` names the newest session that has a folder."""
    name, fix = "latest", "remove outputs/latest; the next stage writes it"
    newest = max(folders, default=None)
    if named is None:
        if newest is None:
            return ok(name, "there is no session yet")
        return warn(name, f"outputs/latest is missing; the newest session is {newest}", fix)
    try:
        day = date.fromisoformat(named.strip())
    except ValueError:
        return fail(name, f"outputs/latest says {named.strip()[:40]!r}, which is no date", fix)
    if day > newest_due:
        return fail(name, f"outputs/latest is {day}, which is to come after {newest_due}", fix)
    if newest is not None and newest > day:
        return fail(name, f"outputs/latest is {day}, the newest session is {newest}", fix)
    return ok(name, f"the newest session is {day}")


def backup(account: str, newest: date | None, last: date) -> Check:
    """How old the ledger's newest copy is."""
    fix = "run `avwap ledger backup`; `avwap report` does it each evening"
    if newest is None:
        return warn("backup", f"the ledger {account} has no copy", fix)
    old = len(sessions.sessions_between(newest, last)) - 1 if newest < last else 0
    return age("backup", old, f"the newest copy of the ledger {account}", fix, few=1, many=5)
