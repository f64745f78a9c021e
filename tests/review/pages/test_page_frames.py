"""Page frame: the policy names exactly the scripts that are in the page, by their hashes."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256

from avwap_cli.review.pages.page_frames import page
from avwap_cli.review.pages.report_records import Assets
from avwap_cli.stages.operations.page_assets import page_assets

ASSETS = Assets(css="p{}", js="let a = 'ä' && 1 < 2;", library="'library'")
CHART = '<figure data-chart="c"></figure>'


def scripts(text: str) -> list[str]:
    """What is between the tags, as a browser hashes it."""
    return re.findall(r"<script[^>]*>(.*?)</script>", text, re.S)


def policy(text: str) -> str:
    (found,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    return found


def allowed(text: str) -> list[str]:
    (found,) = re.findall(r"script-src ([^;]*);", policy(text))
    return found.split()


def hashed(script: str) -> str:
    return f"'sha256-{b64encode(sha256(script.encode('utf-8')).digest()).decode()}'"


def test_the_hashes_of_the_policy_are_those_of_the_scripts_in_the_page() -> None:
    for assets in (ASSETS, page_assets()):
        text = page("a", CHART, assets)
        assert scripts(text) == [assets.library, assets.js]
        assert allowed(text) == [hashed(script) for script in scripts(text)]


def test_without_a_chart_no_script_is_there_and_none_may_run() -> None:
    text = page("a", "<p>nothing drawn</p>", ASSETS)
    assert scripts(text) == []
    assert allowed(text) == ["'none'"]
    assert "TradingView" not in text
    assert "<noscript>" not in text
    assert "TradingView" in page("a", CHART, ASSETS), "who made the library is named with it"


def test_nothing_is_fetched_from_anywhere() -> None:
    assert policy(page("a", CHART, ASSETS)).startswith("default-src 'none'; ")
    whole = page("a", CHART, page_assets())
    head = whole[: whole.index("<style>")]
    assert re.findall(r"\b(?:src|href)=", head) == []


def test_the_window_s_title_is_escaped_and_links_lead_only_to_what_is_there() -> None:
    body = '<section id="trades">\n</section>'
    text = page("<b>day", body, ASSETS, [("trades", "Trades & more"), ("alerts", "Alerts")])
    assert "<title>&lt;b&gt;day</title>" in text
    assert '<nav><a href="#trades">Trades &amp; more</a></nav>' in text
    assert "<nav>" not in page("day", "<p></p>", ASSETS, [("trades", "Trades")])
