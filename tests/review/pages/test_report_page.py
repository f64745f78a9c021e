"""Report page: one file, escaped, with what the session's documents and the scan say."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import replace
from datetime import date
from hashlib import sha256
from html.parser import HTMLParser
from typing import Any

import pytest
import traded_days as day
from held_positions import FRI, MON, TUE, WED
from made_reports import ASSETS, HOSTILE, SESSION, made_report
from memory_ledger import MemoryLedger

from avwap_cli.review import trading_documents
from avwap_cli.review.pages.report_page import report_page
from avwap_cli.review.pages.report_records import Report
from avwap_cli.stages.operations.page_assets import page_assets
from avwap_cli.trading.books import fold

VOID = {"meta", "rect", "polyline", "polygon"}
RAW = {"script", "style"}


def told(session: date = MON) -> Report:
    """The report of the made-up ledger alone."""
    book = fold(MemoryLedger(*day.FACTS).facts())
    return Report(
        session=session,
        entries=trading_documents.entries_body(book, session),
        exits=trading_documents.exits_body(book, session),
        trades=trading_documents.trade_lines(book, session),
        equity=trading_documents.equity_lines(book, session),
        alerts=trading_documents.alert_lines(book, session),
    )


def page(session: date = MON) -> str:
    return report_page(told(session), ASSETS)


class Structure(HTMLParser):
    """Rows of cells, tiles, all text, and whether every element was closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.rows: list[list[str]] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag in VOID:
            return
        self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in {"td", "th"}:
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        pass

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in RAW:
            return
        self.texts.append(data)
        if {"td", "th"} & set(self.open):
            self.rows[-1][-1] += data


def structure(text: str) -> Structure:
    reader = Structure()
    reader.feed(text)
    assert reader.open == []
    return reader


def rows(text: str) -> list[list[str]]:
    return structure(text).rows


def words(text: str) -> str:
    return " ".join(" ".join(structure(text).texts).split())


def test_the_session_at_a_glance() -> None:
    shown = words(page())
    assert "Monday, 2024-03-04" in shown
    assert "closed, USD +248.00 1 round trip" in shown
    assert "equity, USD 100,000.00 the first close that is known" in shown
    assert "urgent alerts 1 of" in shown
    found = rows(page())
    assert ["ABC", "avwap", "long", "trim_r1", "50", "105.00", "105.10"] in found
    assert ["DEF", "avwap", "long", "boh", "10", "0", "", "", "halted"] in found


def test_the_equity_tile_tells_the_change_and_the_way_below_the_peak() -> None:
    shown = words(page(FRI))
    assert "equity, USD 110,090.00 +1.00% since 2024-03-05, 0.01% below its peak" in shown
    assert "unknown at the close of the session" in words(page(WED))


def test_trades_come_newest_first_with_what_they_earned() -> None:
    found = rows(page(TUE))
    heading = next(n for n, row in enumerate(found) if "P&L USD" in row and "exit" in row)
    assert [row[0] for row in found[heading + 1 : heading + 3]] == ["XYZ", "ABC"]
    assert found[heading + 2][8:11] == ["+248.00", "+0.49", "5.5%"]


def test_only_the_newest_trades_are_shown_and_the_rest_counted() -> None:
    one = told(TUE).trades[0]
    many = [{**one, "symbol": f"T{n}"} for n in range(53)]
    text = report_page(replace(told(TUE), trades=many), ASSETS)
    assert "3 older round trips are in trades.jsonl." in text
    assert sum(row[0] in {"T52", "T3"} for row in rows(text)) == 2
    assert not any(row[0] == "T2" for row in rows(text))


def test_a_day_without_anything_says_so() -> None:
    shown = words(page(WED))
    for sentence in ("Nothing was closed.", "No entry was ordered.", "JKL; no more is known"):
        assert sentence in shown
    assert "closed, USD +0.00 0 round trips" in shown


def test_a_card_says_why_it_ranks_there_and_what_became_of_it() -> None:
    text = report_page(made_report(2), ASSETS)
    card = words(text[text.index('<article class="card">') : text.index("</article>") + 10])
    assert card.startswith("1 SYAA Acme & Co long avwap \N{MIDDLE DOT} Energy")
    assert "boh: at a breakout that holds" in card
    assert "gap \N{MINUS SIGN}0.3%, passed" in card
    assert "bought 126 at 70.97" in card
    assert "entry 70.51 stop 69.24 R1 71.77 R2 73.03" in card
    assert "score 0.790 strength 0.90 weight 0.80 calm 0.79 volume 0.31" in card
    assert "AVWAP of MTD since 2024-02-01: 70.51" in card
    assert "avwap control: bullish" in card
    assert text.count('<article class="card">') == 2


@pytest.mark.parametrize(
    ("documents", "said"),
    [
        (
            {"gaps": {"rejected": [{"symbol": "SYAA", "strategy": "avwap", "gap_frac": 0.0451, "status": "rejected", "reason": "gap"}]}},
            "dropped by the gap filter: +4.5%",
        ),
        (
            {"entries": {"denials": [{"symbol": "SYAA", "strategy": "avwap", "gate": "spread", "measured": "1 %", "threshold": "<= 0.5 %"}]}},
            "not entered: spread (1 %; rule: &lt;= 0.5 %)",
        ),
        (
            {"entries": {"orders": [{"symbol": "SYAA", "strategy": "avwap", "direction": "short", "shares": 9, "filled_shares": 4, "filled_avg_price": 1.5}]}},
            "sold short 4 of 9 at 1.5",
        ),
        (
            {"entries": {"orders": [{"symbol": "SYAA", "strategy": "avwap", "shares": 9, "filled_shares": 0, "refusal": "halted"}]}},
            "ordered 9, nothing filled: halted",
        ),
    ],
)  # fmt: skip
def test_the_fate_of_a_candidate(documents: dict[str, Any], said: str) -> None:
    report = replace(made_report(1), **{"gaps": None, "entries": {}, **documents})
    assert said in report_page(report, ASSETS)


def test_the_funnel_counts_what_was_kept_and_dropped() -> None:
    found = rows(report_page(made_report(3), ASSETS))
    minus = "\N{MINUS SIGN}"
    assert ["member", "2,621", "", f"not_equity {minus}5, no_bars {minus}2"] in found
    assert ["fired", "4", "", ""] in found
    assert ["candidates", "3", "", f"sector_cap {minus}1"] in found
    assert ["gap filter", "1", "", ""] in found
    assert ["filled", "1", "", ""] in found


def test_a_second_try_that_was_ordered_is_no_loss_of_the_funnel() -> None:
    report = made_report(2)
    denied = [
        {"symbol": symbol, "strategy": "avwap", "gate": "not_confirmed"}
        for symbol in ("SYAA", "SYAB")
    ]
    report = replace(report, entries={**report.entries, "denials": denied})
    page = report_page(report, ASSETS)
    ordered = next(row for row in rows(page) if row[0] == "ordered")
    assert ordered == ["ordered", "1", "", "not_confirmed \N{MINUS SIGN}1"]
    assert [row[0] for row in rows(page) if "not_confirmed" in row] == ["SYAB"], "the table"
    assert "of 1 order, 1 denied" in words(page), "the tile"


def test_the_bars_of_the_funnel_are_as_long_as_their_share() -> None:
    text = report_page(made_report(3), ASSETS)
    names = text[text.index("Names, for avwap long") :]
    widths = [float(w) for w in re.findall(r'class="full" width="([\d.]+)"', names)[:3]]
    assert widths == [pytest.approx(100 * n / 2628, abs=0.01) for n in (2621, 1366, 95)]


def test_what_is_held_says_how_far_stop_and_target_are() -> None:
    found = rows(report_page(made_report(1), ASSETS))
    held = next(row for row in found if "0 of 20" in row)
    assert held[1:7] == ["+33.39", "+0.31", "69.25", "3.1%", "73.03", "2.1%"]


def test_positions_of_the_documents_alone_are_named() -> None:
    report = replace(made_report(1), held=(), exits={"positions": [{"symbol": "JKL"}]})
    shown = words(report_page(report, ASSETS))
    assert "held 1 position" in shown
    assert "JKL; no more is known of them here." in shown


def test_slippage_is_told_in_money_and_basis_points_and_summed() -> None:
    text = report_page(made_report(1), ASSETS)
    paid = next(row for row in rows(text) if "midpoint when sent" in row)
    assert paid[5:12] == ["70.950", "70.960", "70.970", "1.26", "1.26", "2.52", "2.8"]
    assert "Cost in all 2.52 USD, 2.8 basis points" in text


def test_what_a_person_must_see_comes_first() -> None:
    report = replace(made_report(1), discrepancies=("SYAA: ledger 63, broker 60",))
    text = report_page(report, ASSETS)
    attention = text[text.index('id="attention"') : text.index('id="day"')]
    for sentence in (
        "SYX is bare",
        "SYAA: ledger 63, broker 60",
        "the scan knew too few report dates",
        "minute bars of SYX: no answer",
    ):
        assert sentence in attention


def test_the_regimes_are_a_strip_with_the_length_of_the_last() -> None:
    text = report_page(made_report(1), ASSETS)
    strip = text[text.index('class="strip"') :]
    assert strip[: strip.index("</svg>")].count("<rect") == 60
    assert "TREND up for 39 of 60 known sessions, before it RANGING" in text


def test_the_line_runs_from_the_first_close_to_the_last() -> None:
    text = page(FRI)
    value, depth = re.findall(r'<polyline points="([^"]+)"', text)
    # units 1, 0.99, 0.9999 over 150 units of height: the lowest at the bottom
    assert value == "10.0,10.0 360.0,160.0 710.0,11.5"
    assert depth == "10.0,10.0 360.0,160.0 710.0,11.5"
    assert "deepest 1.00%, now 0.01%" in text
    ends = re.findall(r'class="(most|least)">([^<]+)<', text)
    assert ends == [("most", "1.000"), ("least", "0.990"), ("most", "0%"), ("least", "1.00%")]
    assert "<polyline" not in page(MON)
    assert "the curves begin with the second" in page(MON)


def test_every_text_is_escaped() -> None:
    scan = dict(made_report(1).scan or {})
    scan["candidates"] = [
        dict.fromkeys(scan["candidates"][0], HOSTILE) | {"metadata": {HOSTILE: HOSTILE}}
    ]
    report = replace(
        made_report(1, company=HOSTILE),
        account=HOSTILE,
        warnings=(HOSTILE,),
        missing=(HOSTILE,),
        discrepancies=(HOSTILE,),
        alerts=[{"kind": HOSTILE, "page": False, "begins": True, "text": HOSTILE}],
        scan={**scan, "notes": [HOSTILE], "as_of": HOSTILE, "quality": {"state": HOSTILE}},
        names={HOSTILE: HOSTILE},
    )  # fmt: skip
    text = report_page(report, ASSETS)
    assert "<img" not in text
    assert text.count("<script") == 2 + 2  # the library and the script, two minute charts' data
    assert "&lt;img src=x onerror=alert(1)&gt;" in text
    structure(text)


def test_damaged_documents_never_cost_the_page() -> None:
    odd: dict[str, Any] = {
        "candidates": [7, None, {"symbol": "ODD", "score": "high", "metadata": [1], "rank": None}],
        "all_signals": "none",
        "funnel": [{"stage": "x", "kept": "many"}, 3],
        "quality": 4,
        "regime": [],
    }
    text = report_page(replace(told(), scan=odd, gaps={"passed": 4}), ASSETS)
    assert "ODD" in text
    structure(text)


def test_the_page_needs_nothing_but_itself() -> None:
    text = report_page(made_report(2), ASSETS)
    outside = re.findall(r"""(?:src|href)=["']?(?!#)([^"'>\s]+)""", text)
    assert outside == ["https://www.tradingview.com/"]  # a link to follow, nothing to load
    assert not re.search(r"@import|url\(|<link|<img|<iframe", text)
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)
    assert policy is not None
    for script in (ASSETS.library, ASSETS.js):
        digest = b64encode(sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy[1]
        assert f"<script>{script}</script>" in text
    assert policy[1].startswith("default-src 'none'; script-src 'sha256-")


def test_a_page_without_charts_carries_no_script() -> None:
    text = page()
    assert "<script" not in text
    assert "script-src 'none'" in text
    assert "<noscript" not in text
    assert "<noscript" in report_page(made_report(1), ASSETS)


@pytest.mark.parametrize("session", [MON, TUE, WED, FRI])
def test_the_same_ledger_gives_the_same_page(session: date) -> None:
    assert page(session) == page(session)
    rows(page(session))


def test_the_title_names_the_session() -> None:
    assert f"<title>avwap {SESSION}</title>" in report_page(made_report(1), ASSETS)


def test_thirty_candidates_are_less_than_three_megabytes() -> None:
    written = report_page(made_report(30), page_assets()).encode()
    assert written.count(b"data-chart=") == 30 + 2
    assert len(written) < 3_000_000
