"""Checkups: what a doctor says of something that was looked at, with a way out.

A check is ok, warns, fails, or was skipped because something before it is missing.  The
judgements are in `host_checkups`, `evening_checkups` and `account_checkups`: what is measured
comes to them as an argument, so that each can be read, and tested, alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

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


def sentences(name: str, warnings: Sequence[str], fix: str, well: str) -> list[Check]:
    """A warning for each sentence; else that all is well."""
    return [warn(name, sentence, fix) for sentence in warnings] or [ok(name, well)]


def age(name: str, sessions_old: int, what: str, fix: str, few: int, many: int) -> Check:
    """Something that is to be renewed each session: up to `few` is well, beyond `many` fails."""
    said = f"{what} is {sessions_old} sessions old" if sessions_old else f"{what} is current"
    if sessions_old > many:
        return fail(name, said, fix)
    return warn(name, said, fix) if sessions_old > few else ok(name, said)
