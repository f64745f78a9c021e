"""The virtual clock: it stands, jumps, or runs at a speed.

Its time is the exchange's: an instant on the tape, whatever day it really is.  It never runs
backwards.  Real time is looked at in `read` alone; whatever follows happens at that moment.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from avwap_cli.exchange.instants import Instant, instant, rfc3339_eastern
from avwap_cli.market.sessions import EASTERN, LAST_DAY

FASTEST = 86_400.0
LATEST: Instant = instant(datetime(LAST_DAY.year - 1, 1, 1, tzinfo=EASTERN))


class VirtualClock:
    """Virtual time as a function of real time.

    Args:
        start: where it begins.
        speed: virtual seconds per real second; 0 = it stands.
        real_ns: real nanoseconds from anywhere, never falling.

    At `LATEST`, a year before the exchange calendar ends, it stops.

    Raises:
        ValueError: `start` is later than that, or the speed is not one.
    """

    def __init__(self, start: Instant, speed: float, real_ns: Callable[[], int]) -> None:
        self._real_ns = real_ns
        self._base = _possible(start)
        self._since = self._seen = real_ns()
        self._speed = _speed(speed)

    @property
    def speed(self) -> float:
        """Virtual seconds per real second."""
        return self._speed

    @property
    def now(self) -> Instant:
        """The virtual time at the last reading."""
        passed = int((self._seen - self._since) * self._speed)
        return min(self._base + passed, LATEST)

    def read(self) -> Instant:
        """Look at real time; the virtual time."""
        self._seen = self._real_ns()
        return self.now

    def jump(self, to: Instant) -> None:
        """Go on from `to`, from the moment of the last reading on.

        Raises:
            ValueError: that is in its past, or after `LATEST`.
        """
        if to < self.now:
            raise ValueError(f"it is {rfc3339_eastern(self.now)}, and time does not run backwards")
        self._base, self._since = _possible(to), self._seen

    def set_speed(self, speed: float) -> None:
        """Go on at another speed, from the moment of the last reading on.

        Raises:
            ValueError: it is negative, not a number, or above 86,400.
        """
        checked = _speed(speed)
        self._base, self._since, self._speed = self.now, self._seen, checked


def _speed(speed: float) -> float:
    if not 0 <= speed <= FASTEST:
        raise ValueError(f"a speed is 0 to {FASTEST:,.0f} virtual seconds a second, not {speed}")
    return float(speed)


def _possible(at: Instant) -> Instant:
    if at > LATEST:
        raise ValueError(f"the exchange runs until {rfc3339_eastern(LATEST)} and no further")
    return at
