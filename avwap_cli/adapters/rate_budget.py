"""The request budget: never ask a vendor faster than it allows.

Until the vendor's own headers are seen the configured requests per minute hold; then
`X-RateLimit-Remaining` and `X-RateLimit-Reset` decide.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from avwap_cli.ports import Clock

MINUTE = timedelta(seconds=60)
READS = 20  # times a minute that the clock is read at the full rate; it may be far away
LONGEST_WAIT_S = 120.0  # whatever a header says


@dataclass(slots=True)
class RateBudget:
    """Spent by `wait` before each request, corrected by `seen` after each answer.

    Attributes:
        clock: tells the time and sleeps.
        per_minute: requests allowed in any 60 seconds.
    """

    clock: Clock
    per_minute: int
    _sent: deque[datetime] = field(default_factory=deque)
    _unstamped: int = 0
    _remaining: int | None = None
    _reset: datetime | None = None

    def wait(self) -> None:
        """Sleep until one more request is allowed, and count it.

        A few requests are counted without a look at the clock; they are stamped at the next
        look, which is never too early.
        """
        if self._surely_allowed():
            self._unstamped += 1
        else:
            self._sent.append(self._allowed_at())
        self._spend()

    def ready(self) -> None:
        """Sleep until one more request is allowed, without counting it."""
        if not self._surely_allowed():
            self._allowed_at()

    def _allowed_at(self) -> datetime:
        """Sleep until one more request is allowed; the moment from which it is."""
        now = self.clock.now()
        self._sent.extend([now] * self._unstamped)
        self._unstamped = 0
        while self._sent and now - self._sent[0] >= MINUTE:
            self._sent.popleft()
        pause = 0.0
        if self._remaining is not None and self._reset is not None and self._reset > now:
            if self._remaining <= 0:
                pause = (self._reset - now).total_seconds()
                self._sent.clear()  # of the minute that ends there
        elif len(self._sent) >= self.per_minute:
            pause = (self._sent[0] + MINUTE - now).total_seconds()
        if pause > 0:
            self.clock.sleep(min(pause, LONGEST_WAIT_S))
            self._remaining = None
            now = self.clock.now()
        return now

    def _surely_allowed(self) -> bool:
        counted = len(self._sent) + self._unstamped
        some = self._unstamped + 1 < self.per_minute // READS
        return (
            some and counted < self.per_minute and (self._remaining is None or self._remaining > 0)
        )

    def _spend(self) -> None:
        if self._remaining is not None:
            self._remaining -= 1

    def seen(self, headers: Mapping[str, str]) -> None:
        """Take the budget from an answer's headers; what is absent or no number is ignored."""
        remaining = number(headers.get("X-RateLimit-Remaining"))
        reset = number(headers.get("X-RateLimit-Reset"))
        if remaining is None or reset is None or not 0 <= reset < 2**33:
            return
        self._remaining = int(remaining)
        self._reset = datetime.fromtimestamp(reset, UTC)


def number(text: str | None) -> float | None:
    """The plain number in a header, None where it is none."""
    if text is None or not text.strip().replace(".", "", 1).isdecimal() or len(text) > 20:
        return None
    return float(text)
