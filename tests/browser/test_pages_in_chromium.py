"""Pages in a real browser: charts are drawn, fit every screen, print, and run nothing foreign."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from headless import CHROMIUM, Tab, browser
from made_reports import HOSTILE, SESSION, candle, daily, made_report, minutes

from avwap_cli.review.charts import Chart, Mark, Tone
from avwap_cli.review.pages.chart_page import chart_page
from avwap_cli.review.pages.report_page import report_page
from avwap_cli.review.pages.report_records import Picture, Report
from avwap_cli.stages.operations.page_assets import page_assets

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed; run `make browser`"),
]
WIDE, PHONE = (1280, 900), (390, 844)
UP, DOWN, WINNER = (31, 157, 120), (214, 84, 75), (217, 119, 6)  # of the page's light colours

SCROLL = """(async () => {
  const frame = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  for (const box of document.querySelectorAll("[data-chart]")) { box.scrollIntoView(); await frame(); }
  window.scrollTo(0, 0); await frame();
})()"""
BOXES = """[...document.querySelectorAll("[data-chart]")].map((box) => {
  const r = box.getBoundingClientRect();
  return {x: r.x + scrollX, y: r.y + scrollY, width: r.width, height: r.height};
})"""
STATES = '[...document.querySelectorAll("[data-chart]")].map((box) => box.dataset.state || "")'
COLOURS = """(async () => {
  const bytes = Uint8Array.from(atob("%s"), (c) => c.charCodeAt(0));
  const image = await createImageBitmap(new Blob([bytes]));
  const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
  canvas.drawImage(image, 0, 0);
  const data = canvas.getImageData(0, 0, image.width, image.height).data, counts = {};
  for (let n = 0; n < data.length; n += 4) {
    const colour = data[n] + "," + data[n + 1] + "," + data[n + 2];
    counts[colour] = (counts[colour] || 0) + 1;
  }
  return counts;
})()"""


WRITTEN = """(() => {
  window.written = {};
  const draw = CanvasRenderingContext2D.prototype.fillText;
  CanvasRenderingContext2D.prototype.fillText = function (words, x, y) {
    draw.call(this, words, x, y);
    const kept = words.trim(), from = words.indexOf(kept), scale = this.getTransform();
    const end = (text) => {
      const at = this.textAlign === "center" ? x - this.measureText(words).width / 2 : x;
      return scale.e + scale.a * (at + this.measureText(text).width);
    };
    window.written[kept] = [end(words.slice(0, from)), end(words.slice(0, from) + kept), this.canvas.width];
  };
})()"""


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    with browser(tmp_path_factory.mktemp("chromium")) as opened:
        yield opened


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of three candidates and two traded symbols."""
    return wrote(tmp_path_factory.mktemp("page") / "report.html", made_report(3))


def wrote(path: Path, report: Report) -> Path:
    path.write_text(report_page(report, page_assets()), encoding="utf-8")
    return path


def shown(
    tab: Tab, path: Path, size: tuple[int, int], *, dark: bool = False, phone: bool = False
) -> None:
    """The page with every chart scrolled to."""
    tab.complaints.clear()
    tab.screen(*size, dark=dark, phone=phone)
    tab.open(path)
    tab.run(SCROLL)


def colours(tab: Tab, box: dict[str, float]) -> dict[tuple[int, ...], int]:
    """How many pixels of each colour the page has in that region."""
    picture = base64.b64encode(tab.picture(box)).decode()
    counts = tab.run(COLOURS % picture)
    return {tuple(map(int, colour.split(","))): n for colour, n in counts.items()}


def inked(counts: dict[tuple[int, ...], int]) -> float:
    """The part of the pixels that is not the background."""
    return 1 - max(counts.values()) / sum(counts.values())


@pytest.mark.parametrize(
    ("size", "phone"), [(WIDE, False), (PHONE, True)], ids=["wide", "phone"]
)  # fmt: skip
def test_every_chart_is_really_drawn(
    tab: Tab, written: Path, size: tuple[int, int], phone: bool
) -> None:
    shown(tab, written, size, phone=phone)
    boxes = tab.run(BOXES)
    assert len(boxes) == 5
    for number, box in enumerate(boxes):
        counts = colours(tab, box)
        assert inked(counts) > 0.04
        assert counts.get(UP, 0) > 150, "rising candles"
        assert counts.get(DOWN, 0) > 150, "falling candles"
        if number >= 2:
            assert counts.get(WINNER, 0) > 40, "the winning average"
    assert tab.complaints == []


@pytest.mark.parametrize("size", [WIDE, PHONE, (320, 640)], ids=["wide", "phone", "narrow"])
def test_no_screen_scrolls_sideways(tab: Tab, written: Path, size: tuple[int, int]) -> None:
    shown(tab, written, size, phone=size is not WIDE)
    assert tab.run("document.documentElement.scrollWidth") == size[0]
    assert tab.run("Math.max(...[...document.querySelectorAll('.canvas')].map(b => b.scrollWidth - b.clientWidth))") == 0  # fmt: skip


def test_no_edge_cuts_the_words_of_a_mark(tab: Tab, tmp_path: Path) -> None:
    chart = minutes()
    first, last = chart.candles[0].at, chart.candles[-1].at
    marks = (
        Mark(first, "bought 126 at 70.97", Tone.ENTRY, above=False),
        Mark(last, "sold 130 at 70.53 (stop)", Tone.EXIT, above=True),
    )
    page = wrote(
        tmp_path / "m.html", replace(made_report(1), minutes=(replace(chart, marks=marks),))
    )
    shown(tab, page, (500, 844))
    tab.run(WRITTEN)
    tab.screen(*PHONE, phone=True)
    tab.run(SCROLL)
    for words in ("bought 126 at 70.97", "sold 130 at 70.53 (stop)"):
        left, right, width = tab.run(f"window.written[{json.dumps(words)}]")
        assert 0 <= left < right <= width, words


def test_dark_screens_get_a_dark_page_and_a_change_is_followed(tab: Tab, written: Path) -> None:
    shown(tab, written, WIDE, dark=True)
    box = tab.run(BOXES)[2]
    counts = colours(tab, box)
    assert max(counts, key=lambda colour: counts[colour]) == (23, 28, 36)
    assert counts.get(UP, 0) == 0
    tab.screen(*WIDE)
    tab.run("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    counts = colours(tab, box)
    assert max(counts, key=lambda colour: counts[colour]) == (255, 255, 255)
    assert counts.get(UP, 0) > 150


def test_charts_wait_until_they_are_scrolled_to(tab: Tab, tmp_path: Path) -> None:
    tab.screen(*WIDE)
    tab.open(wrote(tmp_path / "many.html", made_report(12, candles=60)))
    assert tab.run(STATES)[-1] == ""
    tab.run(SCROLL)
    assert set(tab.run(STATES)) == {"drawn"}


def test_the_measure_sees_a_chart_that_is_there_and_blank(tab: Tab, written: Path) -> None:
    shown(tab, written, WIDE)
    tab.run(
        "document.querySelectorAll('[data-chart] canvas').forEach("
        "(canvas) => canvas.getContext('2d').clearRect(0, 0, canvas.width, canvas.height))"
    )
    assert set(tab.run(STATES)) == {"drawn"}
    counts = colours(tab, tab.run(BOXES)[2])
    assert inked(counts) < 0.01
    assert UP not in counts


def test_paper_has_every_chart(tab: Tab, tmp_path: Path) -> None:
    tab.complaints.clear()
    tab.screen(*WIDE, dark=True)
    tab.open(wrote(tmp_path / "many.html", made_report(8, candles=60)))
    assert "" in tab.run(STATES)
    pdf = tab.paper()
    assert pdf.startswith(b"%PDF-")
    assert set(tab.run(STATES)) == {"drawn"}
    pictures = pdf.count(b"/Subtype /Image")
    assert pictures >= 8 + 2
    assert tab.run("document.querySelectorAll('.print').length") == 0  # gone after printing
    assert tab.complaints == []


def test_hostile_names_stay_text(tab: Tab, tmp_path: Path) -> None:
    report = made_report(1, company=HOSTILE)
    (chart,) = report.charts.values()
    evil = replace(chart, title=HOSTILE, lines=(replace(chart.lines[0], name=HOSTILE),))
    scan = {**(report.scan or {}), "notes": [HOSTILE]}
    charts = {("SYAA", "avwap"): evil}
    report = replace(report, account=HOSTILE, warnings=(HOSTILE,), scan=scan, charts=charts)
    shown(tab, wrote(tmp_path / "hostile.html", report), WIDE)
    assert tab.run("document.images.length") == 0
    for place in (".company", ".account", "ul.warning li", ".card figcaption", ".card .above"):
        assert HOSTILE in tab.run(f"document.querySelector({json.dumps(place)}).textContent")
    assert tab.complaints == []
    assert "Page.javascriptDialogOpening" not in tab.events


def test_markup_that_slipped_in_could_run_and_fetch_nothing(tab: Tab, written: Path) -> None:
    tab.screen(*WIDE)
    tab.open(written)
    tab.run(
        "const s = document.createElement('script'); s.textContent = 'window.ran = true';"
        "document.body.append(s); document.body.insertAdjacentHTML('beforeend', "
        "'<b onclick=\"window.ran = true\">x</b>'); document.body.lastChild.click()"
    )
    assert tab.run("window.ran === undefined") is True
    assert tab.run("fetch('http://127.0.0.1:9/').then(() => 'answered', () => 'refused')") == "refused"  # fmt: skip
    assert any("Content Security Policy" in each for each in tab.complaints)
    tab.complaints.clear()


def test_a_chart_that_cannot_be_drawn_says_so(tab: Tab, tmp_path: Path) -> None:
    odd = Chart("odd", "odd", (candle("no day at all", 0, 10.0), candle("nor this", 1, 10.0)))
    report = replace(made_report(1), minutes=(odd,))
    shown(tab, wrote(tmp_path / "odd.html", report), WIDE)
    assert tab.run(STATES) == ["failed", "drawn"]
    said = tab.run('document.querySelector("[data-chart=odd]").textContent')
    assert said.startswith("This chart could not be drawn: ")


def test_the_page_of_one_chart(tab: Tab, tmp_path: Path) -> None:
    path = tmp_path / "chart.html"
    picture = Picture("BRK.B", "Berkshire", SESSION, daily("brk-b"), facts=(("close", "70.77"),))
    path.write_text(chart_page(picture, page_assets()), encoding="utf-8")
    shown(tab, path, PHONE, phone=True)
    (box,) = tab.run(BOXES)
    assert colours(tab, box).get(UP, 0) > 150
    assert tab.run("document.querySelectorAll('#tv-attr-logo').length") == 1
    assert tab.complaints == []


def test_thirty_candidates_are_drawn(tab: Tab, tmp_path: Path) -> None:
    shown(tab, wrote(tmp_path / "thirty.html", made_report(30)), WIDE)
    assert tab.run(STATES) == ["drawn"] * 32
