"""Plot lines: what of a curve can be drawn between two heights, and tags kept off each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from avwap_cli.review.pictures.picture_shapes import Point


def runs(values: Sequence[float | None]) -> Iterator[list[tuple[int, float]]]:
    """The stretches without a gap, each (candle, USD)."""
    run: list[tuple[int, float]] = []
    for n, value in enumerate([*values, None]):
        if value is not None:
            run.append((n, value))
        elif run:
            yield run
            run = []


def within(points: Sequence[Point], top: float, bottom: float) -> Iterator[tuple[Point, ...]]:
    """The parts of a line that are between two heights."""
    part: list[Point] = []
    for start, end in pairwise(points):
        cut = _cut(start, end, top, bottom)
        if cut is None or (part and part[-1] != cut[0]):
            if len(part) > 1:
                yield tuple(part)
            part = []
        if cut is not None:
            part += cut if not part else cut[1:]
    if len(part) > 1:
        yield tuple(part)


def _cut(start: Point, end: Point, top: float, bottom: float) -> list[Point] | None:
    """One piece between two heights; None where nothing of it is."""
    (x0, y0), (x1, y1) = start, end
    if max(y0, y1) < top or min(y0, y1) > bottom:
        return None

    def held(x: float, y: float) -> Point:
        if top <= y <= bottom or y0 == y1:
            return x, y
        edge = top if y < top else bottom
        return x0 + (x1 - x0) * (edge - y0) / (y1 - y0), edge

    return [held(x0, y0), held(x1, y1)]


def apart(wanted: Sequence[float], least: float, top: float, bottom: float) -> list[float]:
    """Heights as wanted, ascending, but so far apart and within bounds as there is room."""
    least = min(least, (bottom - top) / max(len(wanted) - 1, 1))
    placed: list[float] = []
    for y in wanted:
        placed.append(max(y, top, placed[-1] + least if placed else top))
    for n in range(len(placed) - 1, -1, -1):
        limit = bottom if n == len(placed) - 1 else placed[n + 1] - least
        placed[n] = min(placed[n], limit)
    return placed
