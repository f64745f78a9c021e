"""Comparisons: a session as it was, against the same session played again.

Each artifact is compared value by value, in the order of the document, and the first
difference is told with its place, both values, and the likeliest of these causes:

1. data revised: an input of the scan has another hash;
2. config changed: a setting has another value;
3. code changed: another version, or other results from the same data and settings;
4. price: the same plan, but other prices or fills;
5. timing: the same again, but at another time.

What an artifact is made from outweighs what it says: while the scan differs, everything after
it follows from that.  A kept file that cannot be read, or is not there, is told as `damaged` or
`missing`, whatever else has changed: there is nothing to compare.  One that is not what its stage
wrote is `edited`: then it is the file that changed, not what made it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import zip_longest
from typing import Any

NAMED_BY = ("id", "key", "symbol", "stage", "session")
UNEXPLAINED = "the same data, settings and version give something else"
TIMES = ("at", "price_age_s", "entered_at", "closed_at", "made_at")


class Cause(StrEnum):
    """Why two runs of one session differ."""

    DATA = "data revised"
    CONFIG = "config changed"
    CODE = "code changed"
    PRICE = "price"
    TIMING = "timing"
    DAMAGED = "damaged"
    MISSING = "missing"
    EDITED = "edited"


@dataclass(frozen=True, slots=True)
class Unread:
    """In the place of what was kept and cannot be had.

    Attributes:
        cause: damaged, missing or edited.
        because: which file, and what to do.
    """

    cause: Cause
    because: str


class Absent:
    """The value of what one side does not have."""

    def __repr__(self) -> str:
        return "nothing"


ABSENT = Absent()


@dataclass(frozen=True, slots=True)
class Place:
    """Where two documents first differ.

    Attributes:
        path: keys and indices from the top, the members of lists with their names.
        before, now: the values there; `ABSENT` where one side has none.
    """

    path: tuple[str, ...]
    before: Any
    now: Any

    def __str__(self) -> str:
        where = "".join(f".{part}" if not part.startswith("[") else part for part in self.path)
        return f"{where.removeprefix('.') or 'the whole'}: {_shown(self.before)} then, {_shown(self.now)} now"


@dataclass(frozen=True, slots=True)
class Origins:
    """What a session's scan was made from.

    Attributes:
        inputs: name -> sha-256; None where they were not kept.
        settings: key -> value of the configuration; None where it was not kept.
        code: version of the program.
    """

    inputs: Mapping[str, str] | None
    settings: Mapping[str, Any] | None
    code: str


@dataclass(frozen=True, slots=True)
class Difference:
    """The first difference of one artifact, and why it is there.

    Attributes:
        place: None of a file that was not compared, or says the same in other bytes.
    """

    artifact: str
    place: Place | None
    cause: Cause
    because: str


def first_difference(before: Any, now: Any, path: tuple[str, ...] = ()) -> Place | None:
    """Where two JSON values first differ, in the order of `before`; None = nowhere.

    Numbers are equal if they are written alike: 1 and 1.0 are, 0.1 and 0.1000001 are not.
    """
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        for key in [*before, *(key for key in now if key not in before)]:
            step = (*path, str(key))
            found = first_difference(before.get(key, ABSENT), now.get(key, ABSENT), step)
            if found is not None:
                return found
        return None
    if _is_list(before) and _is_list(now):
        for number, (one, other) in enumerate(zip_longest(before, now, fillvalue=ABSENT)):
            step = (*path, f"[{number}{_name(one if one is not ABSENT else other)}]")
            found = first_difference(one, other, step)
            if found is not None:
                return found
        return None
    alike = type(before) is not bool and type(now) is not bool and before == now
    return None if alike or before is now else Place(path, before, now)


def revisions(before: Origins, now: Origins) -> list[tuple[Cause, str]]:
    """What of a scan's making changed, a sentence each, in the order of the causes."""
    found: list[tuple[Cause, str]] = []
    then, today = before.inputs, now.inputs
    if then is not None and today is not None:
        found += [
            (Cause.DATA, f"{name}: {_hash(then.get(name))} then, {_hash(today.get(name))} now")
            for name in sorted({*then, *today})
            if then.get(name) != today.get(name)
        ]
    one, other = before.settings, now.settings
    if one is not None and other is not None:
        found += [
            (Cause.CONFIG, str(Place((key,), one.get(key, ABSENT), other.get(key, ABSENT))))
            for key in sorted({*one, *other})
            if one.get(key, ABSENT) != other.get(key, ABSENT)
        ]
    if before.code != now.code:
        found.append((Cause.CODE, f"version {before.code} then, {now.code} now"))
    return found


def explained(
    artifact: str, place: Place, reasons: Sequence[tuple[Cause, str]], upstream: str | None
) -> Difference:
    """The difference with its cause.

    Args:
        artifact: its name.
        place: where it first differs.
        reasons: what changed of the scan's making; see `revisions`.
        upstream: the first artifact before this one that differs; None = it is the first, or
            all before it are equal.
    """
    if reasons:
        cause, text = reasons[0]
        return Difference(artifact, place, cause, text)
    if upstream is not None:
        return Difference(artifact, place, Cause.CODE, f"follows from {upstream}")
    return Difference(artifact, place, Cause.CODE, UNEXPLAINED)


def not_read(artifact: str, unread: Unread) -> Difference:
    """The difference of what cannot be compared."""
    return Difference(artifact, None, unread.cause, unread.because)


def of_the_day(artifact: str, place: Place) -> Difference:
    """The difference of an artifact of the trading day whose plan is the same on both sides."""
    return Difference(artifact, place, *_of_day(place))


def _of_day(place: Place) -> tuple[Cause, str]:
    if any(part in TIMES or part.endswith("_at") for part in place.path[-1:]):
        return Cause.TIMING, "the same plan, at another time"
    return Cause.PRICE, "the same plan, other prices or fills"


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _name(member: Any) -> str:
    """What a list's member is called, for a reader."""
    if isinstance(member, Mapping):
        for key in NAMED_BY:
            if key in member:
                return f" {member[key]}"
    return ""


def _hash(value: str | None) -> str:
    return "nothing" if value is None else value.removeprefix("sha256:")[:12]


def _shown(value: Any) -> str:
    text = str(value) if not isinstance(value, str) else repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
