"""Report cards: what became of a candidate, in words, and why it ranks where it does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from made_reports import HOSTILE, SESSION, candidate, daily, made_report, scan

from avwap_cli.review.pages.report_cards import Card, card_html, cards_of, facts_html
from avwap_cli.review.pages.report_records import Report

WHO = {"symbol": "SYAA", "strategy": "avwap", "direction": "long"}
DOT = " \N{MIDDLE DOT} "


def fate(orders: Sequence[Any] = (), denials: Sequence[Any] = (), **gaps: list[Any]) -> str:
    """What the only candidate's card says became of it."""
    report = Report(
        SESSION, {"orders": orders, "denials": denials}, {}, [], [], [],
        scan=scan(["SYAA"]), gaps=gaps,
    )  # fmt: skip
    (card,) = cards_of(report)
    return card.fate


@pytest.mark.parametrize(
    ("gap", "said"),
    [
        ({"gap_frac": -0.045, "reason": "gap"}, "dropped by the gap filter: \N{MINUS SIGN}4.5%"),
        ({"gap_frac": 0.01, "status": "passed", "reason": None}, "gap +1.0%, passed"),
        ({"gap_frac": None, "status": "rejected", "reason": "no_price"}, "gap, rejected, no_price"),
    ],
)
def test_the_gap_filter_in_words(gap: dict[str, Any], said: str) -> None:
    assert fate(passed=[{**WHO, **gap}]) == fate(rejected=[{**WHO, **gap}]) == said


def test_an_entry_or_why_there_was_none() -> None:
    order = {**WHO, "shares": 10, "filled_shares": 10, "filled_avg_price": 70.97}
    assert fate([order]) == "bought 10 at 70.97"
    assert fate([{**order, "filled_shares": 4}]) == "bought 4 of 10 at 70.97"
    assert fate([{**order, "direction": "short"}]) == "sold short 10 at 70.97"
    none = {**order, "filled_shares": 0, "refusal": None, "closure": None, "status": "expired"}
    assert fate([none]) == "ordered 10, nothing filled: expired"
    denied = {**WHO, "gate": "max_open", "measured": "8", "threshold": "< 8"}
    assert fate(denials=[denied]) == "not entered: max_open (8; rule: < 8)"
    assert fate([order], [denied]) == "asked again, bought 10 at 70.97"
    assert fate([{**order, "strategy": "bb_squeeze"}]) == "", "of another strategy"
    passed = [{**WHO, "gap_frac": 0.01, "status": "passed"}]
    assert fate([order], passed=passed) == f"gap +1.0%, passed{DOT}bought 10 at 70.97"


def test_an_entry_is_told_with_its_time() -> None:
    order = {**WHO, "shares": 10, "filled_shares": 10, "filled_avg_price": 70.97}
    entries = {"orders": [order], "denials": [{**WHO, "gate": "not_confirmed"}]}
    report = replace(
        made_report(1), entries=entries, gaps=None, entered_at={("SYAA", "avwap"): "10:51 ET"}
    )
    assert cards_of(report)[0].fate == "asked again, bought 10 at 70.97, 10:51 ET"


def test_cards_come_by_rank_each_with_its_own_parts_and_chart() -> None:
    report = made_report(3)
    cards = cards_of(report)
    assert [card.candidate["symbol"] for card in cards] == ["SYAA", "SYAB", "SYAC"]
    assert [card.chart.name for card in cards if card.chart] == ["c1", "c2", "c3"]
    assert {card.name for card in cards} == {"Acme & Co"}
    assert [card.parts["calm"] for card in cards if card.parts] == [0.79] * 3
    broken = replace(report, scan={"candidates": [7, {"rank": 1}, {"symbol": "KO"}]})
    assert [card.candidate["symbol"] for card in cards_of(broken)] == ["KO"]


def test_the_card_shows_the_parts_of_the_score_the_levels_and_the_anchor() -> None:
    page = card_html(cards_of(made_report(1))[0])
    assert '<p class="score">score <b>0.790</b></p>' in page
    assert [page.count(f'<td class="n">{part}</td>') for part in ("0.90", "0.79", "0.31")] == [
        1
    ] * 3
    assert "<dt>stop</dt><dd>69.24</dd>" in page
    assert "<dt>against SPY, 63 sessions</dt><dd>+21.9 %</dd>" in page
    assert "AVWAP of <b>MTD</b> since 2024-02-01: 70.51" in page
    assert '<span class="chip good">avwap control: bullish</span>' in page
    assert "boh: at a breakout that holds" in page


def test_a_batch_strategy_shows_what_it_measured_and_a_card_without_a_chart_says_so() -> None:
    row = {**candidate(1, "KO"), "metadata": {"rsi": 28.123, "note": "none", "odd": {}}}
    page = card_html(Card(row))
    assert "<dt>rsi</dt><dd>28.12</dd>" in page
    assert "There is no chart of it." in page
    assert "AVWAP of" not in page
    assert 'class="labels"' not in page, "a note that says none is no label"
    assert "no chart" not in card_html(Card(row, chart=daily()))


def test_no_text_of_a_card_is_markup() -> None:
    row = dict.fromkeys(candidate(1, "KO"), HOSTILE) | {"metadata": {HOSTILE: HOSTILE}}
    page = card_html(Card(row, name=HOSTILE, fate=HOSTILE)) + facts_html([(HOSTILE, HOSTILE)])
    assert "<img" not in page
    assert "<script" not in page
    assert page.count("&lt;img") > 10
