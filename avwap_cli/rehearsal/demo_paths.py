"""Demo paths: the script of the demo's trading day.

Each candidate of the scan gets a part in the story, by its group and rank; the part says how
its price moves through the session, and how much of it is traded.  So the same events happen
whatever the scan found, as far as there are candidates for them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

import numpy as np

from avwap_cli.market import sessions
from avwap_cli.market.bars import Floats
from avwap_cli.market.minutes import MinuteTable
from avwap_cli.trading.entry_windows import BOH, CONFIRM, MOO
from avwap_cli.trading.plans import DIRECTIONS

EQUITY_USD = 100_000.0
LEAST_VOLUME = 2_000.0  # shares a minute: enough that small feeds see each minute too
PLACES = 2  # positions of one strategy that the shipped rules allow
BUSY = 2.0  # times the usual volume, while a breakout has to show some
MOST_FROM_CLOSE = 0.02  # of the previous close, at the open: less than the gap filter drops
GAP_FRAC = 0.045
BEFORE_OPEN = (time(8, 0), time(8, 30), time(9, 0))
MINUTE = timedelta(minutes=1)


class Part(StrEnum):
    """What happens to a candidate."""

    GAPS = "gaps"  # opens too far away: dropped by the gap filter
    FILLS_IN_PART = "fills_in_part"  # hardly traded when its order is there
    FALLS_BACK = "falls_back"  # shows no confirmation
    IS_LOST = "is_lost"  # the answer to its order is lost
    CRASHES = "crashes"  # falls far enough to be left at once
    RISES = "rises"  # breaks out early and reaches both targets
    BREAKS_LATE = "breaks_late"
    NEVER_BREAKS = "never_breaks"
    HOLDS = "holds"


CASTING: tuple[tuple[Part, tuple[str, ...]], ...] = (
    (Part.RISES, (BOH,)),
    (Part.FILLS_IN_PART, (MOO, CONFIRM)),
    (Part.IS_LOST, (CONFIRM, MOO)),
    (Part.CRASHES, (CONFIRM, MOO)),
    (Part.FALLS_BACK, (CONFIRM,)),
    (Part.GAPS, (MOO, CONFIRM, BOH)),
    (Part.BREAKS_LATE, (BOH,)),
    (Part.NEVER_BREAKS, (BOH,)),
)

# Time of day and distance: of moo and confirm from the previous close, in percent of it and to
# the advantage of the position; of boh in steps from the entry (0) to the stop (-1), R1 (1), R2 (2).
_QUIET = (("09:30", 0.3), ("10:00", 0.5), ("13:00", 0.9), ("16:00", 0.7))
WAYS: Mapping[Part, tuple[tuple[str, float], ...]] = {
    Part.GAPS: (("09:30", 100 * GAP_FRAC), ("16:00", 100 * GAP_FRAC - 0.5)),
    Part.FILLS_IN_PART: _QUIET,
    Part.HOLDS: _QUIET,
    Part.IS_LOST: (("09:30", 0.4), ("12:00", 1.2), ("16:00", 1.0)),
    Part.FALLS_BACK: (("09:30", 0.2), ("09:40", -0.7), ("16:00", -0.5)),
    Part.CRASHES: (
        ("09:30", 0.3),
        ("11:18", 0.5),
        ("11:21", -7.8),
        ("12:00", -8.2),
        ("16:00", -6.5),
    ),
    Part.RISES: (
        ("09:30", 0.05),
        ("09:38", 0.3),
        ("10:30", 0.5),
        ("11:30", 1.2),
        ("12:30", 0.8),
        ("13:45", 2.1),
        ("15:00", 2.4),
        ("16:00", 2.2),
    ),
    Part.BREAKS_LATE: (
        ("09:30", -0.4),
        ("10:30", -0.3),
        ("10:36", 0.2),
        ("11:00", 0.25),
        ("16:00", 0.5),
    ),
    Part.NEVER_BREAKS: (("09:30", -0.3), ("09:36", -0.4), ("16:00", -0.2)),
}
BUSY_UNTIL = {Part.BREAKS_LATE: time(11, 0)}  # the others: as the first half hour


@dataclass(frozen=True, slots=True)
class Role:
    """A candidate of scan.json with its part."""

    part: Part
    symbol: str
    group: str
    direction: int
    prev_close: float
    entry: float
    stop: float
    r1: float
    r2: float

    def price(self, distance: float) -> float:
        """The price at that distance of the part's way, USD."""
        if self.group != BOH or self.part is Part.GAPS:
            return self.prev_close * (1 + self.direction * distance / 100)
        levels = (self.stop, self.entry, self.r1, self.r2)
        return float(np.interp(distance, (-1.0, 0.0, 1.0, 2.0), levels)) + max(distance - 2, 0) * (
            self.r2 - self.r1
        )

    @property
    def shares(self) -> float:
        """About how many an account of that size trades: a tenth of it, a hundredth at risk."""
        risk = max(abs(self.entry - self.stop), 0.01)
        most = min(0.1 * EQUITY_USD / self.prev_close, 0.01 * EQUITY_USD / risk)
        return most if self.direction > 0 else 0.65 * most


def cast(candidates: Sequence[Mapping[str, Any]]) -> tuple[Role, ...]:
    """The candidates with their parts, in rank order; one part each, and none twice but HOLDS."""
    parts: dict[str, Part] = {}
    for part, groups in CASTING:
        free = [c for c in candidates if c["symbol"] not in parts and c["entry_group"] in groups]
        chosen = min(free, key=lambda c: _order(c, candidates, groups), default=None)
        if chosen is not None:
            parts[chosen["symbol"]] = part
    return tuple(_role(c, parts.get(c["symbol"])) for c in candidates)


def _order(
    row: Mapping[str, Any], candidates: Sequence[Mapping[str, Any]], groups: Sequence[str]
) -> tuple[int, bool, int]:
    """By group, then those whose strategy has a place left, then by rank."""
    before = sum(c["strategy"] == row["strategy"] and c["rank"] < row["rank"] for c in candidates)
    return groups.index(row["entry_group"]), before >= PLACES, row["rank"]


def _role(row: Mapping[str, Any], part: Part | None) -> Role:
    group, entry, stop = str(row["entry_group"]), float(row["entry"]), float(row["stop"])
    rest = Part.NEVER_BREAKS if group == BOH else Part.HOLDS
    r1 = row["r1"] if row["r1"] is not None else 2 * entry - stop
    r2 = row["r2"] if row["r2"] is not None else 2 * r1 - entry
    return Role(
        part=part or rest,
        symbol=str(row["symbol"]),
        group=group,
        direction=DIRECTIONS[row["direction"]],
        prev_close=float(row["prev_close"]),
        entry=entry,
        stop=stop,
        r1=float(r1),
        r2=float(r2),
    )


def minutes(roles: Iterable[Role], session: date, volumes: Mapping[str, float]) -> MinuteTable:
    """The session's minutes of all of them.

    Args:
        volumes: symbol -> shares of a usual session.
    """
    cut = sorted(roles, key=lambda role: role.symbol)
    days = [_day(role, session, volumes.get(role.symbol, 0.0)) for role in cut]
    names = tuple(role.symbol for role in cut)
    counts = [len(day.volume) for day in days]
    opens, closes = (_joined([getattr(d, k) for d in days]) for k in ("open", "close"))
    starts = [start for day in days for start in day.start]
    return MinuteTable(
        names,
        np.repeat(np.arange(len(names), dtype=np.int32), counts),
        np.array([round(s.timestamp()) * 10**9 for s in starts], dtype=np.int64).view(
            "datetime64[ns]"
        ),
        opens,
        np.maximum(opens, closes),
        np.minimum(opens, closes),
        closes,
        _joined([day.volume for day in days]),
    )


@dataclass(frozen=True, slots=True)
class _Day:
    """One symbol's minutes, (n,) each."""

    start: tuple[datetime, ...]
    open: Floats
    close: Floats
    volume: Floats


def _day(role: Role, session: date, usual: float) -> _Day:
    opens, closes = sessions.opens_at(session), sessions.closes_at(session)
    count = int((closes - opens) / MINUTE)
    line = _line(role, session, count)
    starts = tuple(opens + n * MINUTE for n in range(count))
    volume = np.array([_volume(role, start.time(), usual / count) for start in starts])
    if role.part is not Part.GAPS:
        return _Day(starts, line[:-1], line[1:], volume)
    early = [datetime.combine(session, at, sessions.EASTERN) for at in BEFORE_OPEN]
    flat = np.full(len(early), line[0])
    return _Day(
        (*early, *starts),
        np.concatenate([flat, line[:-1]]),
        np.concatenate([flat, line[1:]]),
        np.concatenate([np.full(len(early), LEAST_VOLUME), volume]),
    )


def _line(role: Role, session: date, count: int) -> Floats:
    """(count + 1,) prices at the ends of the minutes, in whole cents."""
    opens = sessions.opens_at(session)
    at, price = [], []
    for text, distance in WAYS[role.part]:
        moment = datetime.combine(session, time.fromisoformat(text), sessions.EASTERN)
        at.append((moment - opens) / MINUTE)
        price.append(role.price(distance))
    if role.group == BOH and role.part is not Part.GAPS:
        far = MOST_FROM_CLOSE * role.prev_close
        price[0] = min(max(price[0], role.prev_close - far), role.prev_close + far)
    rounded: Floats = np.round(np.interp(np.arange(count + 1), at, price), 2)
    return np.maximum(rounded, 0.01)


def _volume(role: Role, at: time, mean: float) -> float:
    """Shares of the minute that begins then."""
    if role.part is Part.FILLS_IN_PART:
        begins, parts = {MOO: (time(9, 30), 2.4)}.get(role.group, (time(9, 45), 1.2))
        if begins <= at < begins.replace(minute=begins.minute + 3):
            return max(round(parts * role.shares), 8.0)
    busy = at < BUSY_UNTIL.get(role.part, time(10, 0))
    return max(LEAST_VOLUME, round(mean)) * (BUSY if busy else 1.0)


def _joined(columns: Sequence[Floats]) -> Floats:
    return np.concatenate(columns) if columns else np.empty(0)
