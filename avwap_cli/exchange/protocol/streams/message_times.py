"""Message times: for which symbols a session may have messages, and when.

A stream that follows thousands of symbols looks only at those that have something to say
between two moments.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from avwap_cli.exchange.instants import MINUTE, SECOND, Instant
from avwap_cli.exchange.tape.days import Ints, SymbolDay

UPDATE_DELAY = 30 * SECOND
UPDATES_EVERY = 30 * MINUTE


@dataclass(frozen=True, slots=True)
class MessageTimes:
    """Moments of one session at which a symbol may have a message.

    Attributes:
        at: (n,) ascending.
        place: (n,) whose, as the place in `names`.
        names: the symbols, sorted.
    """

    at: Ints
    place: NDArray[np.int32]
    names: tuple[str, ...]

    def due(self, after: Instant, until: Instant) -> list[str]:
        """The symbols that may have a message after `after` and not after `until`, sorted."""
        low, high = np.searchsorted(self.at, (after, until), side="right").tolist()
        return [self.names[place] for place in np.unique(self.place[low:high]).tolist()]


def message_times_of(
    day: Callable[[str, date], SymbolDay | None],
    session: date,
    wanted: Mapping[str, Collection[str]],
) -> MessageTimes:
    """The message times of one session for the channels wanted of each symbol.

    Args:
        day: reads the tape.
    """
    names = tuple(sorted(wanted))
    moments = [np.empty(0, dtype=np.int64)]
    for name in names:
        found = day(name, session)
        none = np.empty(0, dtype=np.int64)
        moments.append(none if found is None else _moments(found, wanted[name]))
    at = np.concatenate(moments)
    place = np.repeat(np.arange(-1, len(names), dtype=np.int32), [len(own) for own in moments])
    order = np.argsort(at, kind="stable")
    return MessageTimes(at[order], place[order], names)


def _moments(day: SymbolDay, channels: Collection[str]) -> Ints:
    """When messages of these channels are due."""
    starts = day.minutes.start
    parts: list[Ints] = [np.empty(0, dtype=np.int64)]
    if "trades" in channels:
        parts.append(day.prints.at)
    if "quotes" in channels:
        parts.append(day.quotes.at)
    if "bars" in channels or "dailyBars" in channels:
        parts.append(starts + MINUTE)
    if "updatedBars" in channels:
        parts.append(starts[starts % UPDATES_EVERY == 0] + (MINUTE + UPDATE_DELAY))
    if "statuses" in channels:
        parts.append(np.array(day.halts, dtype=np.int64).reshape(-1))
    return np.concatenate(parts)
