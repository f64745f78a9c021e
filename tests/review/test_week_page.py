"""Week page and chart page: made of the session page's parts."""

from __future__ import annotations

from dataclasses import replace

from made_reports import ASSETS, HOSTILE, SESSION, candidate, daily, made_report, made_week

from avwap_cli.review.report_records import Picture
from avwap_cli.review.week_page import chart_page, week_page


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


def test_one_chart_is_a_page() -> None:
    picture = Picture("BRK.B", "Berkshire & Co", SESSION, daily(), facts=(("close", "<70.77>"),))
    text = chart_page(picture, ASSETS)
    assert '<h1>BRK.B <span class="company">Berkshire &amp; Co</span></h1>' in text
    assert text.count("data-chart=") == 1
    assert "<dt>close</dt><dd>&lt;70.77&gt;</dd>" in text
    assert "<article" not in text
    assert f"<script>{ASSETS.library}</script>" in text


def test_the_chart_of_a_candidate_is_its_card() -> None:
    picture = Picture("SYAA", HOSTILE, SESSION, daily(), candidate=candidate(4, "SYAA"))
    text = chart_page(picture, ASSETS)
    assert '<span class="rank">4</span>' in text
    assert "<img" not in text


def test_equal_weeks_are_equal_bytes() -> None:
    assert week_page(made_week(), ASSETS) == week_page(made_week(), ASSETS)
    assert made_report(2) == made_report(2)
