"""Report page: one file, escaped, with what the day's documents say."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
import traded_days as day
from held_positions import FRI, MON, TUE, WED
from memory_ledger import MemoryLedger

from avwap_cli.review.report_page import report_page
from avwap_cli.stages.report import report_of
from avwap_cli.trading.books import fold


def page(session: object = MON) -> str:
    return report_page(report_of(fold(MemoryLedger(*day.FACTS).facts()), session))  # type: ignore[arg-type]


class Structure(HTMLParser):
    """Rows of cells, and whether every element was closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.rows: list[list[str]] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag in {"meta", "polyline"}:
            return
        self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in {"td", "th"}:
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag != "polyline":
            assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        pass

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in {"td", "th"}:
            self.rows[-1][-1] += data


def rows(text: str) -> list[list[str]]:
    reader = Structure()
    reader.feed(text)
    assert reader.open == []
    return reader.rows


def test_the_session_at_a_glance() -> None:
    text = page()
    assert "<h1>Monday, 2024-03-04</h1>" in text
    assert "1 round trip closed, +248.00 USD. 1 position held." in text
    assert "Equity at the close 100,000.00 USD." in text
    assert "1 urgent alert." in text
    found = rows(text)
    assert ["ABC", "avwap", "long", "trim_r1", "50", "105.00", "105.10", "+5.00"] in found
    assert ["JKL", "avwap", "long", "2024-03-04", "30", "101.00", "95.00"] in found
    assert ["DEF", "avwap", "long", "boh", "10", "0", "", "", "halted"] in found


def test_trades_come_newest_first_with_what_they_earned() -> None:
    found = rows(page(TUE))
    heading = next(n for n, row in enumerate(found) if "P&L USD" in row)
    assert [row[0] for row in found[heading + 1 : heading + 3]] == ["XYZ", "ABC"]
    assert found[heading + 2][8:11] == ["+248.00", "+0.49", "+5.5%"]


def test_every_text_is_escaped() -> None:
    text = page()
    assert "DEF was refused &lt;halted&gt;" in text
    assert "&lt;4 %&gt;" in text
    assert "<halted>" not in text
    assert "<4" not in text


def test_the_page_needs_nothing_but_itself() -> None:
    text = page(FRI)
    assert not re.search(r"(src|href|url|@import|<script|<link|http)", text)


def test_the_line_runs_from_the_first_close_to_the_last() -> None:
    text = page(FRI)
    (points,) = re.findall(r'points="([^"]+)"', text)
    # units 1, 0.99, 0.9999 over 164 units of height: the lowest at the bottom
    assert points == "8.0,8.0 360.0,172.0 712.0,9.6"
    assert "Equity at the close 110,090.00 USD, +1.00% since 2024-03-05, 0.01% below" in text
    assert "<svg" not in page(MON)


def test_a_day_without_anything_says_so() -> None:
    text = page(WED)
    for sentence in (
        "nothing was closed",
        "no entry was ordered",
        "The equity at the close is not",
    ):
        assert sentence in text
    assert "0 round trips closed, +0.00 USD." in text


@pytest.mark.parametrize("session", [MON, TUE, WED, FRI])
def test_the_same_ledger_gives_the_same_page(session: object) -> None:
    assert page(session) == page(session)
    rows(page(session))
