"""Pictures: paints a sheet of shapes as a PNG, with Pillow and the font that comes with it.

The same sheet gives the same bytes.  Shapes are drawn larger and made smaller, so that slanting
lines are smooth; words are set at their size.  Beside pixels the file holds one word: who made it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from itertools import pairwise
from typing import TYPE_CHECKING

from avwap_cli.review.pictures.picture_shapes import (
    Block,
    Dot,
    Ink,
    Path,
    Point,
    Shape,
    Sheet,
    Side,
    Words,
)

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont

KEYWORD, MAKER = "Software", "avwap"
MARK = f"tEXt{KEYWORD}\0{MAKER}".encode()
LARGER = 2
COLOURS = {
    Ink.PAPER: "#ffffff", Ink.GROUND: "#f5f6f8", Ink.INK: "#1b2430", Ink.SOFT: "#64707f",
    Ink.LINE: "#dde2e8", Ink.GRID: "#edf0f3", Ink.GOOD: "#12805c", Ink.BAD: "#c2372f",
    Ink.UP: "#1f9d78", Ink.DOWN: "#d6544b", Ink.VOLUME: "#d4d8df", Ink.WINNER: "#d97706",
    Ink.COMPETITOR: "#8a7fb0", Ink.AVERAGE_0: "#0e86ad", Ink.AVERAGE_1: "#a03fa8",
    Ink.AVERAGE_2: "#5d7f1e", Ink.ENTRY: "#2456c8", Ink.STOP: "#c2372f", Ink.TARGET: "#12805c",
    Ink.EXIT: "#7a3a9a", Ink.ANCHOR: "#7a3a9a",
}  # fmt: skip
ANCHORS = {Side.LEFT: "lm", Side.MIDDLE: "mm", Side.RIGHT: "rm"}
BOLD = 0.02  # of the size, added around each letter: the font has one weight
HALO = 0.16
MOST_COLOURS = 256


def text_width(text: str, size: float) -> float:
    """Pixels that a line of text is wide."""
    return float(_font(size).getlength(text))


def paint(sheet: Sheet) -> bytes:
    """The sheet as a PNG.

    Raises:
        OSError, ValueError, MemoryError: Pillow cannot make it.
    """
    from PIL import Image, ImageDraw
    from PIL.PngImagePlugin import PngInfo

    size = (sheet.width * LARGER, sheet.height * LARGER)
    canvas = Image.new("RGB", size, COLOURS[Ink.GROUND])
    shapes = [shape for panel in sheet.panels for shape in panel.shapes]
    brush = _Brush(ImageDraw.Draw(canvas))
    for shape in shapes:
        brush.draw(shape)
    picture = canvas.reduce(LARGER)
    pen = ImageDraw.Draw(picture)
    for shape in shapes:
        if isinstance(shape, Words):
            _write(pen, shape)
    file, note = BytesIO(), PngInfo()
    note.add_text(KEYWORD, MAKER)
    _with_palette(picture).save(file, "PNG", optimize=True, pnginfo=note)
    return file.getvalue()


def _with_palette(picture: Image) -> Image:
    """The picture in its commonest colours, a third of the size; rare shades take the nearest."""
    import numpy as np
    from PIL import Image

    parts = np.asarray(picture).reshape(-1, 3).astype(np.int32)
    packed = (parts[:, 0] << 16) | (parts[:, 1] << 8) | parts[:, 2]
    shades, place, counts = np.unique(packed, return_inverse=True, return_counts=True)
    common = shades[np.argsort(-counts, kind="stable")[:MOST_COLOURS]]
    apart = sum(
        ((shades[:, None] >> bits & 255) - (common[None, :] >> bits & 255)) ** 2
        for bits in (16, 8, 0)
    )
    index = np.argmin(apart, axis=1).astype(np.uint8)[place]
    small = Image.frombytes("P", picture.size, index.tobytes())
    small.putpalette([int(c) >> bits & 255 for c in common for bits in (16, 8, 0)])
    return small


@cache
def _font(size: float) -> FreeTypeFont:
    from PIL import ImageFont

    font = ImageFont.load_default(size)
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise ImportError("Pillow was built without FreeType, which sets words")
    return font


def _write(pen: ImageDraw, words: Words) -> None:
    ink, font, at = COLOURS[words.ink], _font(words.size), (words.x, words.y)
    anchor = ANCHORS[words.side]
    if words.halo:
        pen.text(at, words.text, COLOURS[Ink.PAPER], font, anchor, stroke_width=words.size * HALO)
    pen.text(
        at, words.text, ink, font, anchor, stroke_width=words.size * BOLD if words.strong else 0.0
    )


@dataclass(frozen=True, slots=True)
class _Brush:
    """Draws shapes on the larger canvas."""

    draw_on: ImageDraw

    def draw(self, shape: Shape) -> None:
        """Draw one; words come later."""
        match shape:
            case Block():
                self._block(shape)
            case Path():
                self._path(shape)
            case Dot():
                x, y, r = shape.x * LARGER, shape.y * LARGER, shape.radius * LARGER
                self.draw_on.ellipse((x - r, y - r, x + r, y + r), COLOURS[shape.ink])
            case Words():
                pass

    def _block(self, block: Block) -> None:
        box = block.box
        left, top = round(box.left * LARGER), round(box.top * LARGER)
        right = max(round(box.right * LARGER) - 1, left)
        bottom = max(round(box.bottom * LARGER) - 1, top)
        radius = block.radius * LARGER
        self.draw_on.rounded_rectangle((left, top, right, bottom), radius, COLOURS[block.ink])

    def _path(self, path: Path) -> None:
        width = max(round(path.width * LARGER), 1)
        points = [(x * LARGER, y * LARGER) for x, y in path.points]
        dash = [length * LARGER for length in path.dash]
        for part in _dashes(points, dash) if dash else [points]:
            self.draw_on.line(part, COLOURS[path.ink], width, joint="curve")


def _dashes(points: Sequence[Point], dash: Sequence[float]) -> Iterator[list[Point]]:
    """The drawn parts of a dashed line."""
    left, drawn = dash[0], True
    part = [points[0]]
    for (x0, y0), (x1, y1) in pairwise(points):
        length, done = math.hypot(x1 - x0, y1 - y0), 0.0
        while length - done > left:
            done += left
            at = (x0 + (x1 - x0) * done / length, y0 + (y1 - y0) * done / length)
            if drawn:
                yield [*part, at]
            drawn, part = not drawn, [at]
            left = dash[0] if drawn else dash[1]
        left -= length - done
        if drawn:
            part.append((x1, y1))
    if drawn and len(part) > 1:
        yield part
