"""Chart scales: which pixel a price and a session have, and what stands beside the axes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from avwap_cli.review.charts import Candle, Level
from avwap_cli.review.pictures.picture_shapes import Box

REACH = 0.6  # how far beyond the candles a level may stretch the picture, of their range
MARGIN = 0.06  # of the range, left free above and below
STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
ENOUGH = 3  # labels of an axis


@dataclass(frozen=True, slots=True)
class PriceScale:
    """Prices between `low` and `high` (USD) upon the pixels from `bottom` up to `top`."""

    low: float
    high: float
    top: float
    bottom: float

    def y(self, price: float) -> float:
        """The pixel of a price."""
        share = (price - self.low) / (self.high - self.low)
        return self.bottom - share * (self.bottom - self.top)

    def holds(self, price: float) -> bool:
        """Whether the price is in the picture."""
        return self.low <= price <= self.high

    def ticks(self, most: int) -> list[float]:
        """Round prices in the picture, at most so many."""
        step = _step((self.high - self.low) / max(most, 1))
        first = math.ceil(self.low / step)
        return [n * step for n in range(first, math.floor(self.high / step) + 1)]


def price_scale(candles: Sequence[Candle], levels: Sequence[Level], box: Box) -> PriceScale:
    """All candles, and the levels that are not too far from them."""
    low, high = min(map(lowest, candles)), max(map(highest, candles))
    reach = (high - low) * REACH
    near = [level.price for level in levels if low - reach <= level.price <= high + reach]
    low, high = min(low, *near, low), max(high, *near, high)
    margin = (high - low) * MARGIN or max(abs(high) * 0.01, 0.01)
    return PriceScale(low - margin, high + margin, box.top, box.bottom)


def lowest(candle: Candle) -> float:
    """Of all its prices, USD; a source may have a low that is none."""
    return min(candle.open, candle.high, candle.low, candle.close)


def highest(candle: Candle) -> float:
    """Of all its prices, USD."""
    return max(candle.open, candle.high, candle.low, candle.close)


def _step(least: float) -> float:
    size = 10.0 ** math.floor(math.log10(least))
    return next(size * step for step in STEPS if size * step >= least * 0.999)


def price_words(price: float) -> str:
    """A price as a person reads it."""
    if abs(price) < 1:
        return f"{price:.4f}"
    return f"{price:,.2f}" if abs(price) < 10_000 else f"{price:,.0f}"


def time_labels(
    times: Sequence[str], fits: Callable[[int, str, int, str], bool]
) -> list[tuple[int, str]]:
    """Which candles are named below the chart, and how: months, else weeks, else all there is room for.

    Args:
        times: of the candles.
        fits: whether the label of one candle has room right of another's.
    """
    chosen: list[tuple[int, str]] = []
    for group, name in _MINUTES if times and "T" in times[0] else _DAYS:
        chosen = []
        for n in range(1, len(times)):
            if group(times[n]) == group(times[n - 1]):
                continue
            label = name(times[n])
            if not chosen or fits(chosen[-1][0], chosen[-1][1], n, label):
                chosen.append((n, label))
        if len(chosen) >= ENOUGH:
            break
    return chosen


def _month(at: str) -> str:
    month = int(at[5:7])
    return at[:4] if month == 1 else MONTHS[month - 1]


def _day(at: str) -> str:
    return f"{MONTHS[int(at[5:7]) - 1]} {int(at[8:10])}"


def _week(at: str) -> tuple[int, int]:
    year, week, _ = date.fromisoformat(at[:10]).isocalendar()
    return year, week


_DAYS: tuple[tuple[Callable[[str], object], Callable[[str], str]], ...] = (
    (lambda at: at[:7], _month),
    (_week, _day),
    (lambda at: at[:10], _day),
)
_MINUTES: tuple[tuple[Callable[[str], object], Callable[[str], str]], ...] = (
    (lambda at: at[:13], lambda at: at[11:16]),
    (lambda at: at, lambda at: at[11:16]),
)
