"""Pictures: opened again they have their size, their colours, and a chart in every panel."""

from __future__ import annotations

import io
import itertools
import re
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import avwap_cli
from avwap_cli.adapters.pictures import COLOURS, MARK, paint, text_width
from avwap_cli.review.charts import Candle, Chart, Level, Tone
from avwap_cli.review.pictures.chart_sheets import Leaf, contact_sheet
from avwap_cli.review.pictures.picture_shapes import (
    Block,
    Box,
    Dot,
    Ink,
    Panel,
    Sheet,
    Side,
    Words,
)
from avwap_cli.review.pictures.picture_shapes import (
    Path as Curve,
)
from avwap_cli.review.pictures.sample_sheets import sample_sheet

STYLE = Path(avwap_cli.__file__).parent / "pages" / "report.css"
WHITE = (255, 255, 255)


def pixels(png: bytes) -> np.ndarray:
    """(height, width, 3)"""
    with Image.open(io.BytesIO(png)) as picture:
        return np.asarray(picture.convert("RGB")).astype(int)


def colour(ink: Ink) -> tuple[int, ...]:
    return tuple(int(COLOURS[ink][n : n + 2], 16) for n in (1, 3, 5))


def count(part: np.ndarray, ink: Ink) -> int:
    return int((part == colour(ink)).all(axis=2).sum())


def six() -> Sheet:
    def leaf(rank: int) -> Leaf:
        closes = [100 + rank * np.sin(n / (3 + rank)) for n in range(100)]
        candles = [
            Candle(
                f"2024-{n // 28 + 1:02}-{n % 28 + 1:02}", a, max(a, b) + 1, min(a, b) - 1, b, n + 9
            )
            for n, (a, b) in enumerate(itertools.pairwise(closes))
        ]
        levels = (Level("entry", Tone.ENTRY, 100), Level("stop", Tone.STOP, 98))
        return Leaf(Chart("c", "c", tuple(candles), levels=levels), f"S{rank}", str(rank), "long")

    return contact_sheet("Candidates", "all", [leaf(n) for n in range(1, 7)], text_width)


@pytest.fixture(scope="module")
def sheet() -> Sheet:
    return six()


@pytest.fixture(scope="module")
def png(sheet: Sheet) -> bytes:
    return paint(sheet)


def test_a_contact_sheet_is_a_small_png_with_a_chart_in_each_panel(
    sheet: Sheet, png: bytes
) -> None:
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert len(png) < 300_000
    shown = pixels(png)
    assert shown.shape == (sheet.height, 1200, 3)
    assert len(sheet.panels) == 7
    for panel in sheet.panels[1:]:
        box = panel.box
        part = shown[int(box.top) + 150 : int(box.bottom), int(box.left) : int(box.right)]
        assert part.std() > 20
        assert count(part, Ink.UP) > 400
        assert count(part, Ink.DOWN) > 400
        assert count(part, Ink.ENTRY) > 1000
        assert count(part, Ink.PAPER) > part.shape[0] * part.shape[1] / 2
    assert tuple(shown[0, 0]) == colour(Ink.GROUND)


def test_the_same_sheet_is_the_same_bytes_and_names_its_maker_and_no_more(png: bytes) -> None:
    assert paint(six()) == png
    kinds = re.findall(rb"IHDR|PLTE|IDAT|IEND|tEXt|zTXt|iTXt|tIME|eXIf|pHYs|gAMA|iCCP", png)
    assert set(kinds) <= {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tEXt"}
    assert png.count(b"tEXt") == 1
    assert MARK in png[:256], "by which a picture of ours is known"
    with Image.open(io.BytesIO(png)) as picture:
        assert picture.info == {"Software": "avwap"}


def painted(*shapes: object) -> np.ndarray:
    box = Box(0, 0, 100, 60)
    blank = Block(box, Ink.PAPER)
    return pixels(paint(Sheet(100, 60, (Panel(box, (blank, *shapes)),))))  # type: ignore[arg-type]


def test_a_block_covers_its_box_and_no_more() -> None:
    shown = painted(Block(Box(10, 20, 30.5, 40), Ink.UP))
    assert (shown[20:40, 10:30] == colour(Ink.UP)).all()
    assert count(shown, Ink.UP) == 20 * 20
    assert (shown[20:40, 31:] == WHITE).all()
    assert (shown[:20] == WHITE).all()
    assert (shown[40:] == WHITE).all()


def test_a_dashed_path_has_gaps_and_a_dot_is_round() -> None:
    row = painted(Curve(((0, 30), (100, 30)), Ink.STOP, 2, (10, 10)))[30]
    drawn = (row == colour(Ink.STOP)).all(axis=1)
    assert drawn[2:8].all()
    assert not drawn[12:18].any()
    assert drawn[22:28].all()
    shown = painted(Dot(50, 30, 10, Ink.ANCHOR))
    assert 280 < count(shown, Ink.ANCHOR) < 330


@pytest.mark.parametrize(("side", "left"), [(Side.LEFT, 50), (Side.MIDDLE, 35), (Side.RIGHT, 20)])
def test_words_lie_where_the_ruler_says(side: Side, left: float) -> None:
    text = "Mil"
    size = 20 * 30 / text_width(text, 20)
    shown = painted(Words(text, 50, 30, size, Ink.INK, side))
    columns = np.flatnonzero((shown != WHITE).any(axis=(0, 2)))
    rows = np.flatnonzero((shown != WHITE).any(axis=(1, 2)))
    assert left - 1 <= columns[0] <= left + 4
    assert left + 25 <= columns[-1] <= left + 31
    assert 10 < rows[0] < 30 < rows[-1] < 50


def test_every_ink_has_the_colour_of_the_pages() -> None:
    light = STYLE.read_text().partition("}")[0]
    named = dict(re.findall(r"--([a-z0-9-]+): ([^;]+);", light))
    volume = named.pop("volume")
    assert volume == "rgba(100, 116, 139, .28)"
    mixed = [round(255 + (part - 255) * 0.28) for part in (100, 116, 139)]
    assert list(colour(Ink.VOLUME)) == pytest.approx(mixed, abs=1)
    others = [ink for ink in Ink if ink is not Ink.VOLUME]
    assert {ink.value: COLOURS[ink] for ink in others} == {i.value: named[i.value] for i in others}


def test_the_sample_is_marked_and_painted() -> None:
    sample = sample_sheet(date(2024, 3, 8), text_width)
    words = [s.text for p in sample.panels for s in p.shapes if isinstance(s, Words)]
    assert words[0] == "TEST: candidates for 2024-03-08"
    assert {"KO", "PEP", "long", "short", "61.20", "174.10"} <= set(words)
