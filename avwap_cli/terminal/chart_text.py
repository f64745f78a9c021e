"""A daily chart on the terminal: one column per session, prices and levels at the right edge."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from avwap_cli.stages.outcomes import Outcome
from avwap_cli.terminal.outcome_text import show_summary
from avwap_cli.terminal.screen import Screen

COLUMNS, ROWS = 70, 20
WICK, RISING, FALLING, AVERAGE = "|", "o", "#", "*"
KEY = f"{RISING} rose  {FALLING} fell"
RowOf = Callable[[float], int]


def show_chart(screen: Screen, outcome: Outcome) -> None:
    """What was drawn, and the last sessions of it here."""
    show_summary(screen, outcome)
    for line in chart_lines(outcome.body["chart"]):
        screen.line(line)


def chart_lines(chart: Mapping[str, Any]) -> list[str]:
    """The picture: a title, 20 rows of prices, the first and the last session, a key."""
    candles: Sequence[Mapping[str, Any]] = chart["candles"][-COLUMNS:]
    winner = next((line for line in chart["lines"] if line["tone"] == "winner"), None)
    average = {} if winner is None else dict(winner["points"])
    levels: Sequence[Mapping[str, Any]] = chart["levels"]
    prices = [candle[key] for candle in candles for key in ("high", "low")]
    prices += [level["price"] for level in levels]
    low, high = float(min(prices)), float(max(prices))
    step = (high - low) / (ROWS - 1) or 1.0

    def row(price: float) -> int:
        """0 at the top."""
        return min(max(round((high - price) / step), 0), ROWS - 1)

    columns = [_column(candle, average.get(candle["at"]), row) for candle in candles]
    edges = [_edge(n, high - n * step, levels, row) for n in range(ROWS)]
    body = [f"{''.join(column[n] for column in columns)} {edges[n]}" for n in range(ROWS)]
    first, last = candles[0]["at"], candles[-1]["at"]
    days = f"{first}{last:>{max(len(candles) - len(first), len(last) + 1)}}"
    key = KEY if winner is None else f"{KEY}  {AVERAGE} AVWAP of {winner['name']}"
    return [str(chart["title"]), *(line.rstrip() for line in body), days, key]


def _column(candle: Mapping[str, Any], average: float | None, row: RowOf) -> list[str]:
    """One session from top to bottom."""
    cells = [" "] * ROWS
    for n in range(row(candle["high"]), row(candle["low"]) + 1):
        cells[n] = WICK
    rose = candle["close"] >= candle["open"]
    ends = sorted((row(candle["open"]), row(candle["close"])))
    for n in range(ends[0], ends[1] + 1):
        cells[n] = RISING if rose else FALLING
    if average is not None and cells[row(average)] in (" ", WICK):
        cells[row(average)] = AVERAGE
    return cells


def _edge(n: int, price: float, levels: Sequence[Mapping[str, Any]], row: RowOf) -> str:
    """The levels that lie on the row; else its price, on every fourth."""
    here = [
        f"{level['name']} {level['price']:,.2f}" for level in levels if row(level["price"]) == n
    ]
    if here:
        return f"- {', '.join(here)}"
    return f"  {price:,.2f}" if n % 4 == 0 else ""
