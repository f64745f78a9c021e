"""The schedule: everything that is going to happen, in the one order in which it does.

At the same instant, first the closing cross, then the session's own moments, then what orders
meet on the tape, in the order of their submission, then the effects of requests, in the order in which they were
made.  So a request that reaches the venue with a print comes too late for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from heapq import heappop, heappush

from avwap_cli.exchange.broker.triggers import Trigger
from avwap_cli.exchange.instants import Instant


class Kind(StrEnum):
    """What is due."""

    SESSION_START = "session start"
    CLOSING_CROSS = "closing cross"
    CLOSE = "close"
    SESSION_END = "session end"
    HALT = "halt"
    TRIGGER = "trigger"
    ARRIVAL = "arrival"
    CANCEL = "cancel"
    REPLACE = "replace"
    GTC_EXPIRY = "gtc expiry"


_RANKS = {
    Kind.CLOSING_CROSS: 0,
    Kind.SESSION_START: 1,
    Kind.CLOSE: 1,
    Kind.SESSION_END: 1,
    Kind.HALT: 1,
    Kind.TRIGGER: 2,
}
_EFFECT = 3


@dataclass(frozen=True, slots=True)
class Due:
    """One thing that is due.

    Attributes:
        order_id: whose; empty for a session's moments.
        trigger: where an order meets the tape.
        rule: number of the fault that begins a halt.
    """

    at: Instant
    kind: Kind
    order_id: str = ""
    trigger: Trigger | None = None
    rule: int = 0


class Schedule:
    """Things due, taken out in order."""

    def __init__(self) -> None:
        self._heap: list[tuple[Instant, int, int, int, Due]] = []
        self._count = 0

    def add(self, due: Due, place: int = 0) -> None:
        """Note what is due; of triggers at one instant, the one with the lower place is first."""
        self._count += 1
        rank = _RANKS.get(due.kind, _EFFECT)
        heappush(self._heap, (due.at, rank, place, self._count, due))

    def take(self, until: Instant) -> Due | None:
        """Take out the first thing due at or before `until`; None if there is none."""
        if not self._heap or self._heap[0][0] > until:
            return None
        return heappop(self._heap)[-1]
