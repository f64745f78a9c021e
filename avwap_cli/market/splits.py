"""Splits, seen by comparing two vintages of the same days.

When a share splits, the vendor rescales its whole history; rows cached before that
are then on another basis.  What shows it is the *overlap*: the same day, downloaded
twice, disagrees by one constant ratio.  A jump from one day to the next shows nothing
(it may be a crash), and a vendor's split event alone shows nothing either (some never
happened): both vintages agree then, and the rows are left alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from avwap_cli.market.bars import VALUE_COLUMNS, BarTable, Codes, Days, Floats
from avwap_cli.market.sessions import session_on_or_after

DISAGREE_LOG = 0.01  # closes of one day that differ by more are on another basis, or wrong
NOISE_LOG = 0.03  # how far one day's ratio may lie from the symbol's (rounding of penny prices)
STEADY_FRAC = 0.8  # share of the disagreeing days that must show the same ratio
STEADY_DAYS = 3  # so many days with one ratio need no second witness
VOLUME_LOG = 0.25  # |ln(volume ratio) - ln(price ratio)| that still confirms a split
LISTED_LOG = 0.05  # likewise for the vendor's split list
LARGEST_PART = 10_000  # the smaller side of a split is at most so many shares


class Decision(StrEnum):
    """What to do with the cached rows of one symbol."""

    SAME = "same"
    REVISED = "revised"
    RESPLIT = "resplit"
    OTHER_HISTORY = "other_history"
    NO_OVERLAP = "no_overlap"
    NEW = "new"

    @property
    def refetch(self) -> bool:
        """True where new rows cannot be joined to the cached ones: fetch the whole symbol."""
        return self in {Decision.RESPLIT, Decision.OTHER_HISTORY, Decision.NO_OVERLAP}


@dataclass(frozen=True, slots=True)
class Split:
    """One split event as a vendor lists it.

    Attributes:
        symbol: the inside form.
        ex_date: first session that trades on the new basis.
        ratio: shares after / shares before: 10.0 for a 10:1, 0.1 for a 1-for-10.
    """

    symbol: str
    ex_date: date
    ratio: float

    @property
    def fraction(self) -> Fraction:
        """The ratio as the split meant by a rounded number: 0.3333333333 -> 1/3.

        Raises:
            ValueError: the ratio is not a positive number.
        """
        if not 0 < self.ratio < np.inf:
            raise ValueError(f"the ratio of {self} is not a positive number")
        ratio = Fraction(self.ratio)
        if ratio < 1:
            return 1 / (1 / ratio).limit_denominator(LARGEST_PART)
        return ratio.limit_denominator(LARGEST_PART)

    @property
    def first_session(self) -> date:
        """The first session on the new basis: the ex-date, or the next session after it.

        Raises:
            InputError: the ex-date lies outside of the exchange calendar.
        """
        return session_on_or_after(self.ex_date)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The two vintages of one symbol.

    Attributes:
        symbol: the inside form.
        decision: what to do.
        ratio: cached close / fresh close over the days that disagree, NaN where none does.
        days: number of days that disagree.
        witness: what confirmed a resplit: volume, split_list or days; empty otherwise.
    """

    symbol: str
    decision: Decision
    ratio: float
    days: int
    witness: str = ""


@dataclass(frozen=True, slots=True)
class _Overlap:
    """The rows that both vintages have, sorted by (symbol, session); code indexes `names`."""

    names: tuple[str, ...]
    code: Codes
    session: Days
    price_log: Floats
    volume_log: Floats
    equal: NDArray[np.bool_]


def compare_vintages(
    cached: BarTable, fresh: BarTable, splits: Sequence[Split] = ()
) -> Mapping[str, Comparison]:
    """Judge each symbol that has fresh rows.

    1. Join the tables on (symbol, session) and take the ratio cached/fresh of the closes.
    2. No day differs by more than 1 %: `same`, or `revised` where any value differs.
    3. The days that differ come before those that agree and share one ratio: `resplit`,
       if three days show it, or the volume scales inversely, or the vendor lists a split
       of that ratio after them.  One or two days without a witness are `revised`.
    4. At least three days, and half of the overlap, differ without one ratio:
       `other_history` (a ticker used again, another adjustment).
    5. Cached rows but no common day: `no_overlap`; none cached: `new`.

    Args:
        cached, fresh: any symbols, sorted as BarTable promises, without duplicates.
        splits: the vendor's list, a witness and never a cause.
    """
    both = _overlap(cached, fresh)
    with_cached = set(np.asarray(cached.symbols)[np.unique(cached.symbol)].tolist())
    with_fresh = np.asarray(fresh.symbols)[np.unique(fresh.symbol)].tolist()
    listed: dict[str, list[Split]] = {}
    for split in splits:
        listed.setdefault(split.symbol, []).append(split)
    starts = np.searchsorted(both.code, np.arange(len(both.names) + 1))
    differs = np.add.reduceat(
        np.append(np.abs(both.price_log) > DISAGREE_LOG, False).astype(np.int64),
        np.minimum(starts[:-1], len(both.code)),
    ) * (np.diff(starts) > 0)
    equal = np.add.reduceat(
        np.append(both.equal, False).astype(np.int64), np.minimum(starts[:-1], len(both.code))
    )
    place = {name: i for i, name in enumerate(both.names)}
    result: dict[str, Comparison] = {}
    for symbol in with_fresh:
        i = place[symbol]
        size = int(starts[i + 1] - starts[i])
        if symbol not in with_cached:
            result[symbol] = Comparison(symbol, Decision.NEW, np.nan, 0)
        elif size == 0:
            result[symbol] = Comparison(symbol, Decision.NO_OVERLAP, np.nan, 0)
        elif differs[i] == 0:
            decision = Decision.SAME if equal[i] == size else Decision.REVISED
            result[symbol] = Comparison(symbol, decision, np.nan, 0)
        else:
            rows = slice(int(starts[i]), int(starts[i + 1]))
            result[symbol] = _judge(symbol, both, rows, listed.get(symbol, ()))
    return result


def _overlap(cached: BarTable, fresh: BarTable) -> _Overlap:
    names = tuple(sorted(set(cached.symbols) | set(fresh.symbols)))
    place = {name: i for i, name in enumerate(names)}

    def keys(table: BarTable) -> NDArray[np.int64]:
        code = np.array([place[s] for s in table.symbols], dtype=np.int64)
        day = table.session.astype("datetime64[D]").astype(np.int64)
        return (code[table.symbol] if len(table) else table.symbol.astype(np.int64)) * 2**20 + day

    common, left, right = np.intersect1d(
        keys(cached), keys(fresh), assume_unique=True, return_indices=True
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        price = np.log(cached.close[left]) - np.log(fresh.close[right])
        volume = np.log(fresh.volume[right]) - np.log(cached.volume[left])
    equal = np.ones(len(common), dtype=bool)
    for column in VALUE_COLUMNS:
        old, new = getattr(cached, column)[left], getattr(fresh, column)[right]
        equal &= (old == new) | (np.isnan(old) & np.isnan(new))
    price[~np.isfinite(price)] = np.inf
    return _Overlap(
        names,
        (common >> 20).astype(np.int32),
        (common & (2**20 - 1)).astype("datetime64[D]"),
        price,
        volume,
        equal,
    )


def _judge(symbol: str, both: _Overlap, rows: slice, listed: Sequence[Split]) -> Comparison:
    """Decide for one symbol of which at least one day disagrees."""
    price, day = both.price_log[rows], both.session[rows]
    off = np.abs(price) > DISAGREE_LOG
    count = int(off.sum())
    middle = float(np.median(price[off]))
    if not np.isfinite(middle):
        decision = Decision.OTHER_HISTORY if 2 * count >= len(price) else Decision.REVISED
        return Comparison(symbol, decision, np.nan, count)
    ratio = float(np.exp(middle))
    noise = min(NOISE_LOG, abs(middle) / 3)
    steady = float(np.mean(np.abs(price[off] - middle) <= noise)) >= STEADY_FRAC
    agreeing = day[~off]
    before = len(agreeing) == 0 or bool(
        np.median(day[off].astype(float)) < agreeing.min().astype(float)
    )
    if steady and before:
        witness = _witness(middle, both.volume_log[rows][off], day[off], listed)
        if witness or count >= STEADY_DAYS:
            return Comparison(symbol, Decision.RESPLIT, ratio, count, witness or "days")
        return Comparison(symbol, Decision.REVISED, ratio, count)
    if count >= STEADY_DAYS and 2 * count >= len(price):
        return Comparison(symbol, Decision.OTHER_HISTORY, ratio, count)
    return Comparison(symbol, Decision.REVISED, ratio, count)


def _witness(middle: float, volume_log: Floats, days: Days, listed: Sequence[Split]) -> str:
    """Name what else speaks for a split with the price ratio exp(middle), or nothing."""
    finite = volume_log[np.isfinite(volume_log)]
    if (
        len(finite)
        and abs(float(np.median(finite)) - middle) <= VOLUME_LOG
        and abs(middle) > VOLUME_LOG
    ):
        return "volume"
    last = days.max().astype("datetime64[D]").astype(object)
    for split in listed:
        after = split.ratio > 0 and split.ex_date > last
        if after and abs(float(np.log(split.ratio)) - middle) <= LISTED_LOG:
            return "split_list"
    return ""
