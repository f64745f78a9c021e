"""Sample sheets: a made-up picture of candidates, for whoever wants to see where it arrives."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date, timedelta

from avwap_cli.review.candidate_subjects import levels_of
from avwap_cli.review.charts import Candle, Chart, Line, Tone
from avwap_cli.review.pictures.chart_sheets import Leaf, contact_sheet, figures
from avwap_cli.review.pictures.picture_shapes import Ruler, Sheet
from avwap_cli.review.sample_messages import CANDIDATES, MADE_UP

DAYS = 120
MEAN_N = 20


def sample_sheet(session: date, ruler: Ruler) -> Sheet:
    """The candidates of the sample messages, with prices that nobody ever paid."""
    leaves = [
        Leaf(
            chart=_chart(row, session),
            symbol=str(row["symbol"]),
            rank=str(row["rank"]),
            side=str(row["direction"]),
            about=str(row["strategy"]).replace("_", " "),
            note="made-up prices",
            figures=tuple(figures(row)),
        )
        for row in CANDIDATES
    ]
    return contact_sheet(f"{MADE_UP}: candidates for {session}", "a test of alerts", leaves, ruler)


def _chart(row: dict[str, object], session: date) -> Chart:
    candles = tuple(_candles(float(str(row["entry"])), session))
    closes = [candle.close for candle in candles]
    means = [
        (candle.at, sum(closes[n - MEAN_N : n]) / MEAN_N)
        for n, candle in enumerate(candles)
        if n >= MEAN_N
    ]
    name = str(row["symbol"])
    line = Line(f"SMA{MEAN_N}", Tone.AVERAGE, tuple(means))
    return Chart(name, name, candles, (line,), levels_of(row))


def _candles(last: float, session: date) -> Iterator[Candle]:
    """Waves on the weekdays before the session, up to that close."""
    days = (session - timedelta(days=n) for n in range(2 * DAYS, 0, -1))
    working = [day for day in days if day.weekday() < 5][-DAYS:]
    closes = [last * (1 + 0.06 * math.sin(n / 9) + 0.015 * math.sin(n * 1.7)) for n in range(DAYS)]
    closes = [close * last / closes[-1] for close in closes]
    for n, day in enumerate(working):
        opened, close = closes[max(n - 1, 0)], closes[n]
        away = last * (0.004 + 0.004 * math.sin(n * 2.3) ** 2)
        volume = 1e6 * (1.2 + math.sin(n * 0.9))
        yield Candle(
            day.isoformat(), opened, max(opened, close) + away, min(opened, close) - away, close,
            volume,
        )  # fmt: skip
