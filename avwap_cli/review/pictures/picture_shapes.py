"""Picture shapes: what a picture is made of, in pixels and by names of colours.

Whoever paints a picture knows nothing of charts, and whoever lays one out knows nothing of
paint: between them lies a `Sheet` of blocks, paths, dots and words.  y grows downward.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

Ruler = Callable[[str, float], float]  # (text, size) -> pixels wide
Point = tuple[float, float]


class Ink(StrEnum):
    """A colour, by the name that the style of the pages has for it."""

    PAPER = "paper"
    GROUND = "ground"
    INK = "ink"
    SOFT = "soft"
    LINE = "line"
    GRID = "grid"
    GOOD = "good"
    BAD = "bad"
    UP = "up"
    DOWN = "down"
    VOLUME = "volume"
    WINNER = "winner"
    COMPETITOR = "competitor"
    AVERAGE_0 = "average-0"
    AVERAGE_1 = "average-1"
    AVERAGE_2 = "average-2"
    ENTRY = "entry"
    STOP = "stop"
    TARGET = "target"
    EXIT = "exit"
    ANCHOR = "anchor"


class Side(StrEnum):
    """Which end of its words a place is."""

    LEFT = "left"
    MIDDLE = "middle"
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class Box:
    """A part of the picture."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """Pixels."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Pixels."""
        return self.bottom - self.top

    def inside(self, left: float, top: float, right: float, bottom: float) -> Box:
        """The box without so many pixels at each edge."""
        return Box(self.left + left, self.top + top, self.right - right, self.bottom - bottom)

    def holds(self, other: Box) -> bool:
        """Whether all of the other is in it."""
        return (
            self.left <= other.left
            and other.right <= self.right
            and self.top <= other.top
            and other.bottom <= self.bottom
        )

    def meets(self, other: Box) -> bool:
        """Whether they have a part in common."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )


@dataclass(frozen=True, slots=True)
class Block:
    """A filled rectangle; `radius` rounds its corners."""

    box: Box
    ink: Ink
    radius: float = 0.0


@dataclass(frozen=True, slots=True)
class Path:
    """A line through points; `dash` are pixels drawn and left out, empty = all is drawn."""

    points: tuple[Point, ...]
    ink: Ink
    width: float
    dash: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Dot:
    """A filled circle."""

    x: float
    y: float
    radius: float
    ink: Ink


@dataclass(frozen=True, slots=True)
class Words:
    """A line of text.

    Attributes:
        x: where its `side` is.
        y: its middle.
        size: of the font, pixels.
        strong: whether it is bold.
        halo: whether what lies under it is kept away from its letters.
    """

    text: str
    x: float
    y: float
    size: float
    ink: Ink
    side: Side = Side.LEFT
    strong: bool = False
    halo: bool = False


Shape = Block | Path | Dot | Words


@dataclass(frozen=True, slots=True)
class Panel:
    """One part of a picture with all that lies in it, in the order of painting."""

    box: Box
    shapes: tuple[Shape, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A picture; the panels do not overlap, and lie upon GROUND."""

    width: int
    height: int
    panels: tuple[Panel, ...]


def plain(text: object) -> str:
    """The text in the letters that every font has, in one line.

    An accent is left away, any other letter becomes `?`, what cannot be printed a space.
    """
    apart = unicodedata.normalize("NFKD", str(text)[:LONGEST])
    kept = (c for c in apart if not unicodedata.combining(c))
    return "".join(_letter(c) for c in kept)


def _letter(c: str) -> str:
    if " " <= c <= "~":
        return c
    return "?" if c.isprintable() else " "


def cut(text: str, size: float, room: float, ruler: Ruler) -> str:
    """As much of the text as has room; dots stand for the rest."""
    if ruler(text, size) <= room:
        return text
    while text and ruler(f"{text}...", size) > room:
        text = text[:-1]
    return f"{text.rstrip()}..." if text else ""


LONGEST = 200
