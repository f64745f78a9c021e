"""Drawings: the picture of a digest, made beside the run in a thread of its own.

Whoever sends waits for it so long, and no longer; then the message goes without.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event, Thread

from avwap_cli.errors import AvwapError
from avwap_cli.review.digests import Enclosure

Draw = Callable[[], Enclosure | None]
PROBLEMS = (
    *(AvwapError, OSError, ImportError, MemoryError),
    *(ArithmeticError, AttributeError, LookupError, TypeError, ValueError),
)


@dataclass(slots=True)
class Drawing:
    """One picture that is being made.

    Attributes:
        until: of the monotonic clock; nobody waits longer.
        why: there is none; empty = there is one, or it was not asked for.
    """

    draw: Draw
    until: float
    why: str = ""
    _done: Event = field(default_factory=Event)
    _made: Enclosure | None = None

    def begin(self) -> Drawing:
        """Make it from now on."""
        Thread(target=self._work, name="drawing", daemon=True).start()
        return self

    def finished(self) -> Enclosure | None:
        """The picture, if it is made in time."""
        if self._done.wait(max(self.until - time.monotonic(), 0.0)):
            return self._made
        self.why = "they were not drawn in time"
        return None

    def _work(self) -> None:
        try:
            self._made = self.draw()
        except PROBLEMS as problem:
            self.why = f"{type(problem).__name__}: {problem}"
        finally:
            self._done.set()
