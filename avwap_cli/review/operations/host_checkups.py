"""Host checkups: what a doctor says of this computer, what runs on it, and who is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from avwap_cli.market import sessions
from avwap_cli.review.operations.checkups import Check, fail, listed, ok, sentences, skipped, warn

OLDEST_PYTHON = (3, 11)
GIB = 1 << 30
LEAST_ROOM, LITTLE_ROOM = GIB // 4, 2 * GIB  # bytes
ONE_FILE = 1 << 20  # bytes: where there are fewer, files cannot be written
LONG_HOLD_S = 26 * 3600.0  # no run lasts longer than a day


def home(root: str, *, there: bool) -> Check:
    """Whether the folder is a home."""
    if there:
        return ok("home", root)
    return fail("home", f"{root} is not a home of avwap", "make one with `avwap init`")


def wrong_config(problems: Sequence[str]) -> list[Check]:
    """Settings with which nothing runs."""
    fix = "mend it; `avwap config check` lists the same"
    return [fail("config", problem, fix) for problem in problems]


def config(warnings: Sequence[str], values: int) -> list[Check]:
    """Settings that are valid; `values` is how many there are."""
    return sentences("config", warnings, "mend it", f"valid, {values} values")


def python(version: str, missing: Sequence[str], unlike: Sequence[str] | None) -> list[Check]:
    """Python and the packages.

    Args:
        version: of Python, e.g. 3.11.2.
        missing: packages that are not installed.
        unlike: those of another version than the lock file's; None = there is no such file.
    """
    name, found = "python", []
    if tuple(map(int, version.split(".")[:2])) < OLDEST_PYTHON:
        found.append(fail(name, f"Python {version}", "avwap needs Python 3.11 or newer"))
    if missing:
        found.append(fail(name, f"not installed: {listed(missing)}", "install avwap again"))
    if unlike:
        fix = "install requirements.lock, or trust what was never tested together"
        found.append(warn(name, f"other versions than tested: {listed(unlike)}", fix))
    by = "no lock file is here" if unlike is None else "packages as in the lock file"
    return found or [ok(name, f"Python {version}, {by}")]


def disk(free_bytes: int, place: str) -> Check:
    """Room where the home lies."""
    said = f"{free_bytes / GIB:.1f} GiB are free at {place}"
    if free_bytes < LEAST_ROOM:
        return fail("disk", said, "make room: without it no order can be made durable")
    if free_bytes < LITTLE_ROOM:
        return warn("disk", said, "make room, e.g. with `avwap tidy`")
    return ok("disk", said)


def folders(shut: Sequence[object], free_bytes: int) -> Check:
    """Those that cannot be written to, by their rights or for want of room."""
    if shut:
        return fail("folders", f"not ours to write to: {listed(shut)}", "mend owner and rights")
    if free_bytes < ONE_FILE:
        return fail("folders", "the disk is full: no file can be written", "make room")
    return ok("folders", "every folder can be written to")


def permissions(exposed: Sequence[object], ledgers: Sequence[object], outputs: str) -> Check:
    """Files that others can read, the ledgers among them."""
    fix = f"run `chmod -R go= {outputs}`"
    if ledgers:
        return fail("permissions", f"others can read {listed(ledgers)}", fix)
    if exposed:
        return warn("permissions", f"others can read {listed(exposed)}", fix)
    return ok("permissions", "what tells of the account is for its owner alone")


def secrets(warnings: Sequence[str], file: str, count: int) -> list[Check]:
    """What is wrong with the file of secrets; `count` is how many are set."""
    fix = f"`chmod 600 {file}`, and see the sentence"
    return sentences("secrets", warnings, fix, f"{count} are set")


def time_zone(warnings: Sequence[str], abbreviation: str) -> list[Check]:
    """Whether this computer knows the zone it shows times in."""
    fix = "set TZ to a zone such as Europe/Berlin, or unset it; install tzdata where zones are missing"
    return sentences("time zone", warnings, fix, f"times here are shown in {abbreviation}")


@dataclass(frozen=True, slots=True)
class LockSeen:
    """A lock that is held, or whose holder left its name behind.

    Attributes:
        held_s: for how long it is held; None = nobody holds it.
        holder: process and host, in words; empty = not known.
        is_here: whether the holder named this host.
        file: name of the file that names the holder.
    """

    stage: str
    held_s: float | None
    holder: str
    is_here: bool
    file: str


def locks(found: Sequence[LockSeen]) -> list[Check]:
    """Who holds what for too long, from elsewhere, or is gone."""
    told = []
    for lock in found:
        by = lock.holder or "nobody known"
        if lock.held_s is None:
            fix = f"remove outputs/locks/{lock.file}; it hinders nobody"
            told.append(warn("locks", f"{by} died with the lock of {lock.stage}", fix))
        elif not lock.is_here:
            fix = "run avwap on one host only: locks over a network cannot be trusted"
            told.append(warn("locks", f"{lock.stage} is held by {by}, not on this host", fix))
        elif lock.held_s > LONG_HOLD_S:
            said = f"{lock.stage} is held by {by} for {lock.held_s / 3600:.0f} hours"
            told.append(fail("locks", said, "look at that process and end it"))
    held = [lock.stage for lock in found if lock.held_s is not None]
    return told or [ok("locks", f"held: {listed(held)}" if held else "nobody holds one")]


def unnamed_program(program: str) -> Check:
    """A program that is not run by the name that crontab lines have."""
    return skipped("crontab", f"run as {program}: which path its lines must name is not known")


def crontab(told: str, *, well: bool, is_empty: bool, host: str) -> Check:
    """Whether the day runs by itself.

    Args:
        told: what a check of the installed lines says.
        host: what runs crontabs here, in words.
    """
    fix = "mend with `crontab -e` what `avwap crontab --check` names"
    if well:
        return ok("crontab", told)
    if is_empty:
        fix = "run `(crontab -l; avwap crontab) | crontab -`, which adds its lines to yours"
        return warn("crontab", f"nothing runs the day by itself ({host})", fix)
    return fail("crontab", told, fix)


def channels(named: Sequence[str], addresses: Mapping[str, str]) -> Check:
    """Whether anybody is told; addresses by the name of their variable, which alone is shown."""
    there = [name for name in named if addresses.get(name)]
    odd = [name for name in there if not _is_address(addresses[name])]
    if odd:
        fix = "set it to a whole address, e.g. https://hooks.slack.com/services/..."
        return fail("alerts", f"{listed(odd)} is no address", fix)
    if not there:
        fix = f"set {named[0]} in .env, then try `avwap alerts test`" if named else "name a channel"
        return warn("alerts", "no channel has an address: nobody is told anything", fix)
    return ok("alerts", f"told by {listed(there)}")


def _is_address(text: str) -> bool:
    try:
        return bool(urlsplit(text).scheme)
    except ValueError:  # e.g. half of an IPv6 host
        return False


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
