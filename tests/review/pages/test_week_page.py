"""Week page: made of the session page's parts."""

from __future__ import annotations

from dataclasses import replace

from made_reports import ASSETS, made_report, made_week

from avwap_cli.review.pages.week_page import week_page


def test_a_week_is_one_row_a_session_with_a_link_to_its_page() -> None:
    text = week_page(made_week(), ASSETS)
    assert "<h1>2024-03-01 to 2024-03-04</h1>" in text
    assert '<a href="sessions/2024-03-04/report.html">Mon 2024-03-04</a>' in text
    assert "<td>Fri 2024-03-01</td><td>RANGING</td>" in text
    assert text.count("100,500.00") == 2  # its row, and the tile of the last known close


def test_a_week_sums_its_sessions() -> None:
    text = week_page(made_week(), ASSETS)
    assert "<b>\N{MINUS SIGN}815.10</b><small>1 round trip, 0% of them won</small>" in text
    assert "<span>entered</span><b>4</b>" in text
    assert "<polyline" in text


def test_a_week_without_sessions_says_so() -> None:
    empty = replace(made_week(), days=(), trades=(), equity=(), held=(), slippages=())
    text = week_page(empty, ASSETS)
    assert "There was no session in these days." in text
    assert "The equity is not known at any close yet." in text


def test_a_week_has_no_cards_and_no_scripts() -> None:
    text = week_page(made_week(), ASSETS)
    assert "<article" not in text
    assert "<script" not in text


def test_equal_weeks_are_equal_bytes() -> None:
    assert week_page(made_week(), ASSETS) == week_page(made_week(), ASSETS)
    assert made_report(2) == made_report(2)
