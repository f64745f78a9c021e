"""Page frame: what every page is wrapped in, so that it needs nothing but itself.

Its security policy lets nothing be fetched and nothing run but the very scripts it carries
(by their hashes), so markup that slipped into a text could do nothing.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256

from avwap_cli.review.pages.hypertexts import text
from avwap_cli.review.pages.report_records import Assets

MARK = '<meta name="generator" content="avwap">'
NOTICE = (
    '<p>Charts by <a href="https://www.tradingview.com/">TradingView</a> Lightweight Charts '
    "(Apache License 2.0), Copyright (c) TradingView, Inc.</p>"
)
NOSCRIPT = (
    '<noscript><p class="alarm">The charts need JavaScript, which is off here; '
    "all numbers are in the tables.</p></noscript>"
)


def page(title: str, body: str, assets: Assets, links: Sequence[tuple[str, str]] = ()) -> str:
    """The whole document.

    Args:
        title: of the window.
        body: escaped HTML; when no chart is in it, the library is left out.
        assets: what the page carries.
        links: name of a section and its word, for the line that leads to them.
    """
    drawn = "data-chart=" in body
    scripts = (assets.library, assets.js) if drawn else ()
    allowed = " ".join(f"'sha256-{_digest(script)}'" for script in scripts) or "'none'"
    policy = (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    ends = [f"<script>{script}</script>" for script in scripts]
    parts = [
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
        MARK,
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="color-scheme" content="light dark">',
        '<meta name="referrer" content="no-referrer">',
        f"<title>{text(title)}</title>",
        f"<style>{assets.css}</style>\n</head>\n<body>",
        _nav(links, body),
        NOSCRIPT if drawn else "",
        f"<main>\n{body}\n</main>",
        f"<footer>{NOTICE if drawn else ''}</footer>",
        *ends,
        "</body>\n</html>\n",
    ]
    return "\n".join(part for part in parts if part)


def _nav(links: Sequence[tuple[str, str]], body: str) -> str:
    """Links to the sections that are there."""
    there = [f'<a href="#{name}">{text(word)}</a>' for name, word in links if _has(name, body)]
    return f"<nav>{''.join(there)}</nav>" if there else ""


def _has(name: str, body: str) -> bool:
    return f'<section id="{name}">' in body


def _digest(script: str) -> str:
    return b64encode(sha256(script.encode()).digest()).decode()
