"""The outbox: what waits to be sent on one connection, and what goes wrong on its way.

Faults are drawn once for each message, when it is put in: it may be lost, doubled, come
late, change places with the next one (if one comes soon enough), or fall silent with all
that would follow.
"""

from __future__ import annotations

from typing import Generic, TypeVar

from avwap_cli.exchange.faults import FaultBox, FaultKind
from avwap_cli.exchange.instants import SECOND, Instant

Message = TypeVar("Message")

FAULTS = (
    FaultKind.LOST_EVENT,
    FaultKind.DUPLICATED_EVENT,
    FaultKind.LATE_EVENT,
    FaultKind.REORDERED_EVENT,
    FaultKind.MUTE_SOCKET,
)
USUAL_DELAY_S = 30.0
USUAL_PATIENCE_S = 1.0


class Outbox(Generic[Message]):
    """Messages of one connection, each with the instant at which it is sent.

    Attributes:
        muted: nothing goes out any more, and nobody is told.
    """

    def __init__(self, faults: FaultBox) -> None:
        self.muted = False
        self._faults = faults
        self._waiting: list[tuple[Instant, Message]] = []
        self._held: list[tuple[Instant, Message]] = []

    def put(self, at: Instant, where: str, symbol: str, message: Message) -> None:
        """Queue a message for its instant.

        Args:
            where: stream and event, as fault rules name them: `trade_updates fill`, `iex b`.
        """
        if self.muted:
            return
        fault = self._faults.draw(FAULTS, where, symbol, at)
        kind = None if fault is None else fault.kind
        if kind is FaultKind.MUTE_SOCKET:
            self.muted = True
            self._waiting = [item for item in self._waiting if item[0] <= at]
        elif fault is not None and kind is FaultKind.REORDERED_EVENT:
            self._held.append((at + _seconds(fault.value, USUAL_PATIENCE_S), message))
        elif kind is not FaultKind.LOST_EVENT:
            copies = 2 if kind is FaultKind.DUPLICATED_EVENT else 1
            late = kind is FaultKind.LATE_EVENT
            due = at + _seconds(fault.value, USUAL_DELAY_S) if late and fault is not None else at
            self._release(at)
            self._waiting += [(due, message)] * copies
            self._waiting += [(due, held) for _, held in self._held]
            self._held.clear()

    def due(self, until: Instant) -> list[tuple[Instant, Message]]:
        """Take out what is to be sent by then, in the order of time."""
        self._release(until + 1)
        if not self._waiting:
            return []
        self._waiting.sort(key=lambda item: item[0])
        later = [item for item in self._waiting if item[0] > until]
        ready = self._waiting[: len(self._waiting) - len(later)]
        self._waiting = later
        return ready

    def _release(self, before: Instant) -> None:
        """Let go what no other message has followed in time."""
        self._waiting += [item for item in self._held if item[0] < before]
        self._held = [item for item in self._held if item[0] >= before]


def _seconds(value: str | None, usual_s: float) -> int:
    """Nanoseconds of a rule's seconds."""
    return round((usual_s if value is None else float(value)) * SECOND)
