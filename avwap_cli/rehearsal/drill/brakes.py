"""Brakes: what a drill pulls, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from avwap_cli.rehearsal.drill.yards import Yard


class Kind(StrEnum):
    """What a brake protects from."""

    GATE = "gate"
    PROTECTION = "protection"
    HALT = "halt"
    LIVE_KEY = "live key"
    MISHAP = "mishap"


@dataclass(frozen=True, slots=True)
class Finding:
    """Whether a brake held, and what was seen at the exchange, in a few words."""

    held: bool
    happened: str


@dataclass(frozen=True, slots=True)
class Brake:
    """One brake.

    Attributes:
        name: as `--only` takes it.
        did: what is done, for a person.
        pull: does it in that empty yard.
    """

    kind: Kind
    name: str
    did: str
    pull: Callable[[Yard], Finding]


Seen = tuple[bool, str]  # whether something is as it should be, and what it is in words


def seen_as(so: bool, good: str, bad: str) -> Seen:
    """The words for what is so, or for what is not."""
    return so, good if so else bad


def checked(*seen: Seen) -> Finding:
    """The finding of several things that all have to be as they should; told is what is not."""
    wrong = [words for so, words in seen if not so]
    return Finding(not wrong, "; ".join(wrong or [words for _, words in seen]))
