"""Chart page: one chart, or a candidate's card, made of the session page's parts."""

from __future__ import annotations

from made_reports import ASSETS, HOSTILE, SESSION, candidate, daily

from avwap_cli.review.pages.chart_page import chart_page
from avwap_cli.review.pages.report_records import Picture


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
