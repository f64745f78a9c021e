"""Clocks: the real time, or a time that a person names in order to rehearse a day."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from avwap_cli.errors import UsageError
from avwap_cli.market.sessions import EASTERN, FIRST_DAY, LAST_DAY


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The computer's clock, told in New York time."""

    def now(self) -> datetime:
        return datetime.now(EASTERN)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


@dataclass(slots=True)
class FixedClock:
    """A clock that stands at `moment` (aware) and moves by what is slept.

    The sleep is a real one: a rehearsal may speak to a real vendor, who must not be
    asked faster because the clock stands still.
    """

    moment: datetime

    def now(self) -> datetime:
        return self.moment

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)
        self.moment += timedelta(seconds=seconds)


def parse_now(text: str) -> datetime:
    """The time that a person names with `--now`, aware, in New York time.

    `2024-03-07T20:15` is New York time; an offset (`2024-03-08T01:15Z`) is converted.

    Raises:
        UsageError: not a date and time, or outside of the exchange calendar.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or not {"T", " "} & set(text):
        raise UsageError(
            f"{text!r} is not a date and time", "write it as 2024-03-07T20:15 (New York time)"
        )
    if not FIRST_DAY.year < moment.year < LAST_DAY.year:
        raise UsageError(
            f"{text!r} lies outside of the exchange calendar",
            f"name a time of the years {FIRST_DAY.year + 1} to {LAST_DAY.year - 1}",
        )
    return moment.replace(tzinfo=EASTERN) if moment.tzinfo is None else moment.astimezone(EASTERN)
