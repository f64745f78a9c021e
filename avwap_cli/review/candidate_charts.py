"""Candidate charts: a symbol's sessions with what its strategy looked at.

Anchored averages are measured again as the scan measures them, over the same window that ends
at the as-of session, so a chart never shows what the scan could not know.  Where the cache has
been adjusted for a later split, everything is drawn on the basis that the scan saw.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from avwap_cli.market.bars import Floats
from avwap_cli.market.panel import Ints, Panel
from avwap_cli.review.charts import Candle, Chart, Level, Line, Mark, Tone
from avwap_cli.signals import indicators
from avwap_cli.signals.anchors import Anchors, find_anchors
from avwap_cli.signals.avwap import Choice, Prices, choose, traded
from avwap_cli.signals.columns import BAND_DEVIATIONS, BAND_N, EMA_FAST_N, EMA_SLOW_N, Columns
from avwap_cli.signals.features import Features, features, trend_score
from avwap_cli.signals.levels import Levels, levels
from avwap_cli.signals.rules import ScanRules
from avwap_cli.signals.scans import lookback

CANDLES = 250
PLACES = 4
REBASED_FRAC = 0.01  # a close that differs by more is on the basis of another split
DIRECTIONS = (1, -1)


@dataclass(frozen=True, slots=True)
class Anchored:
    """One direction's anchors with their prices, the winner, and its levels."""

    anchors: Anchors
    choice: Choice
    levels: Levels


@dataclass(frozen=True, slots=True)
class Measured:
    """What charts of a panel's symbols are drawn from, measured once for all of them.

    Attributes:
        sides: direction (1, -1) -> anchored averages.
    """

    panel: Panel
    features: Features
    prices: Prices
    sides: Mapping[int, Anchored]

    def close(self, symbol: str) -> float | None:
        """The close of the as-of session, USD; None without that bar."""
        column = self.panel.column(symbol)
        if column is None or self.panel.session[-1, column] != self.panel.depth - 1:
            return None
        return float(self.panel.close[-1, column])


@dataclass(frozen=True, slots=True)
class Subject:
    """What one daily chart is to show.

    Attributes:
        name: of the chart.
        averages: any of `avwap` (the anchored ones), `ema`, `band`.
        anchor, anchor_session: the winner by the scan; empty = the one chosen here.
        prev_close: the as-of close as the scan saw it, USD; None = as the cache has it.
        levels: across the chart.
    """

    name: str
    symbol: str
    direction: int
    averages: tuple[str, ...]
    anchor: str = ""
    anchor_session: str = ""
    prev_close: float | None = None
    levels: tuple[Level, ...] = ()


def averages_of(measured: Sequence[str]) -> tuple[str, ...]:
    """Which averages tell of a candidate, by the names of what its strategy measured."""
    if "avwap" in measured:
        return ("avwap",)
    return ("band",) if any(name.startswith("pct_b") for name in measured) else ("ema",)


def measure(panel: Panel, last_reports: Ints, rules: ScanRules, price: str) -> Measured:
    """Measure every symbol of the panel as a scan of that session does.

    Args:
        panel: sealed at the as-of session; a symbol's figures do not depend on the others.
        last_reports: (N,) index into the panel's sessions of the last report, -1 if none.
        rules: of the scan.
        price: vwap or typical, what the scan weighed by volume.

    Raises:
        InputError: `vwap` is asked for and no bar has one.
    """
    columns = Columns(panel, rows=1, lookback=lookback(rules))
    found = features(columns, rules, week_is_over=False)
    prices = traded(panel, price)
    return Measured(
        panel,
        found,
        prices,
        {d: _anchored(panel, found, prices, last_reports, rules, d) for d in DIRECTIONS},
    )


def _anchored(
    panel: Panel, f: Features, prices: Prices, reports: Ints, rules: ScanRules, direction: int
) -> Anchored:
    anchors = find_anchors(panel, rules.anchors, direction, reports, rules.user_anchors)
    trend = trend_score(f, rules.trend, direction)
    choice = choose(panel, prices, anchors, trend, rules.anchors, direction)
    entry = choice.of_winner(choice.avwap)
    return Anchored(
        anchors, choice, levels(panel, entry, f.atr_sma, f.pivot, rules.levels, direction)
    )


def daily_chart(measured: Measured, subject: Subject) -> Chart:
    """The last 250 sessions of one symbol; without candles where there is no bar of it."""
    panel = measured.panel
    title = f"{subject.symbol}, daily to {panel.sessions[-1]}, adjusted for splits"
    column = panel.column(subject.symbol)
    if column is None or not panel.bars[column]:
        return Chart(subject.name, title, ())
    basis = basis_of(measured, subject.symbol, subject.prev_close)
    drawing = _Drawing(measured, subject, column, basis)
    lines = [*drawing.averages()]
    marks: list[Mark] = []
    if "avwap" in subject.averages:
        anchored = [*drawing.anchored()]
        lines = [line for line, _ in anchored] + lines
        marks = [mark for _, mark in anchored if mark is not None]
    marks.sort(key=lambda mark: (mark.at, mark.text))
    return Chart(subject.name, title, drawing.candles(), tuple(lines), subject.levels, tuple(marks))


def basis_of(measured: Measured, symbol: str, prev_close: float | None) -> float:
    """By how much the cache's prices are to be multiplied to be those that the scan saw."""
    close = measured.close(symbol)
    if prev_close is None or close is None or close <= 0 or prev_close <= 0:
        return 1.0
    ratio = prev_close / close
    return ratio if abs(ratio - 1.0) > REBASED_FRAC else 1.0


@dataclass(frozen=True, slots=True)
class _Drawing:
    """One symbol of the panel, about to be drawn."""

    measured: Measured
    subject: Subject
    column: int
    basis: float

    @property
    def rows(self) -> int:
        return min(CANDLES, int(self.measured.panel.bars[self.column]))

    @property
    def days(self) -> list[str]:
        panel = self.measured.panel
        return [str(day) for day in panel.sessions[panel.session[-self.rows :, self.column]]]

    def candles(self) -> tuple[Candle, ...]:
        panel, rows = self.measured.panel, self.rows
        prices = [
            self._usd(getattr(panel, name)[-rows:, self.column])
            for name in ("open", "high", "low", "close")
        ]
        volume = np.round(panel.volume[-rows:, self.column] / self.basis).tolist()
        return tuple(Candle(*row) for row in zip(self.days, *prices, volume, strict=True))

    def anchored(self) -> Iterator[tuple[Line, Mark | None]]:
        """The winner's average first, then its competitors', each with its anchor's mark."""
        side = self.measured.sides[self.subject.direction]
        winner = self._winner(side)
        rows = side.anchors.row[:, self.column].tolist()
        present = side.anchors.present[:, self.column].tolist()
        kinds = side.anchors.kinds[:, self.column].tolist()
        others = [
            (kind, row)
            for kind, row, there in zip(kinds, rows, present, strict=True)
            if there and (winner is None or row != winner[1])
        ]
        if winner is not None:
            yield self._of_anchor(*winner, Tone.WINNER)
        for kind, row in others:
            yield self._of_anchor(kind, row, Tone.COMPETITOR)

    def _winner(self, side: Anchored) -> tuple[str, int] | None:
        """The scan's winner if it is known and its bar is there, else the one chosen here."""
        panel, subject = self.measured.panel, self.subject
        if subject.anchor:
            session = np.datetime_as_string(panel.sessions, unit="D") == subject.anchor_session
            held = np.flatnonzero(
                np.isin(panel.session[:, self.column], np.flatnonzero(session))
            ).tolist()
            if held:
                return subject.anchor, held[0]
        chosen = int(side.choice.winner[self.column])
        if chosen < 0:
            return None
        return (
            str(side.anchors.kinds[chosen, self.column]),
            int(side.anchors.row[chosen, self.column]),
        )

    def _of_anchor(self, kind: str, row: int, tone: Tone) -> tuple[Line, Mark | None]:
        panel = self.measured.panel
        day = str(panel.sessions[panel.session[row, self.column]])
        first = max(row, panel.depth - self.rows)
        values = self._usd(_curve(self.measured.prices, self.column, row)[first - row :])
        line = _line(f"{kind} {day}", tone, self.days[-len(values) :], values)
        mark = Mark(day, kind, Tone.ANCHOR, above=self.subject.direction < 0)
        return line, mark if first == row else None

    def averages(self) -> Iterator[Line]:
        """The exponential means, or the Bollinger band."""
        panel, rows = self.measured.panel, self.rows
        close = panel.close[:, [self.column]]
        if "ema" in self.subject.averages:
            for n in (EMA_FAST_N, EMA_SLOW_N):
                mean = indicators.ema(close, n, panel.first[[self.column]], rows)[:, 0]
                yield _line(f"EMA{n}", Tone.AVERAGE, self.days, self._usd(mean))
        if "band" in self.subject.averages:
            middle = indicators.rolling_mean(close, BAND_N, rows)[:, 0]
            width = indicators.bollinger(close, BAND_N, BAND_DEVIATIONS, rows)[0][:, 0]
            for name, part in (("upper band", 0.5), (f"SMA{BAND_N}", 0.0), ("lower band", -0.5)):
                values = self._usd(middle * (1.0 + part * width))
                yield _line(name, Tone.AVERAGE, self.days, values)

    def _usd(self, values: Floats) -> list[float]:
        rounded: list[float] = np.round(values * self.basis, PLACES).tolist()
        return rounded


def _curve(prices: Prices, column: int, row: int) -> Floats:
    """(T - row,) the average from `row` on, at the end of each bar from there to the last."""
    value, volume = prices.value[:, column], prices.volume[:, column]
    shares = volume[row] - volume[row + 1 :]
    with np.errstate(invalid="ignore", divide="ignore"):
        curve: Floats = np.where(shares > 0, (value[row] - value[row + 1 :]) / shares, np.nan)
    return curve


def _line(name: str, tone: Tone, days: Sequence[str], values: Sequence[float]) -> Line:
    points = zip(days, values, strict=True)
    return Line(name, tone, tuple((day, usd) for day, usd in points if math.isfinite(usd)))
