"""Rate limits: requests a minute, counted separately for trading and for market data.

The minutes are those of the exchange's own time.  A refusal tells the client to wait for the
next minute; when the clock has not moved by its next request, it stands still, waiting can
not help, and that request opens a new window.  So a running clock limits as Alpaca does, and
a clock that stands still refuses once and never for ever.
"""

from __future__ import annotations

from dataclasses import dataclass

from avwap_cli.exchange.instants import MINUTE, Instant
from avwap_cli.exchange.refusals import Refusal

PLUS_FACTOR = 50


def too_many() -> Refusal:
    """One request too many in this minute."""
    return Refusal(429, 42910000, "rate limit exceeded")


@dataclass(slots=True)
class RateLimit:
    """One host's count.

    Attributes:
        limit: requests a minute; 0 = none.
        used: requests of the window so far.
    """

    limit: int
    used: int = 0
    _minute: int = -1
    _refused_at: Instant | None = None

    def admit(self, now: Instant) -> bool:
        """Count one request; False when it is one too many."""
        minute = now // MINUTE
        if minute != self._minute or self._refused_at == now:
            self._minute, self.used, self._refused_at = minute, 0, None
        if self.limit and self.used >= self.limit:
            self._refused_at = now
            return False
        self.used += 1
        return True

    def headers(self, now: Instant) -> dict[str, str]:
        """What remains of the window, and when (epoch seconds) it ends; empty without a limit."""
        if not self.limit:
            return {}
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.limit - self.used),
            "X-RateLimit-Reset": str((now // MINUTE + 1) * 60),
        }
