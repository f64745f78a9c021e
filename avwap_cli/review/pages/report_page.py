"""Report page: one session on one HTML page that needs nothing but itself.

The outcome of the day comes first, then what led to it: the scan with its funnel, and a card
for every candidate.  Every text is escaped; equal records give equal bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from avwap_cli.review.pages.chart_documents import chart_figure
from avwap_cli.review.pages.day_tables import (
    denied_table,
    entries_table,
    exits_table,
    held_table,
    slippage_table,
    trades_table,
    unfilled_table,
)
from avwap_cli.review.pages.equity_curves import equity_curves
from avwap_cli.review.pages.funnels import funnels
from avwap_cli.review.pages.hypertexts import many, quiet, section, sentences, text, titled
from avwap_cli.review.pages.page_frames import page
from avwap_cli.review.pages.regime_strips import regime_strip
from avwap_cli.review.pages.report_cards import card_html, cards_of
from avwap_cli.review.pages.report_records import Assets, Report
from avwap_cli.review.pages.report_tiles import tiles_html
from avwap_cli.review.scan_documents import Row, listed, notes, part

LINKS = (
    ("day", "The day"),
    ("held", "Held"),
    ("equity", "Equity"),
    ("trades", "Trades"),
    ("alerts", "Alerts"),
    ("scan", "Scan"),
    ("candidates", "Candidates"),
)


def report_page(report: Report, assets: Assets) -> str:
    """The page as text."""
    day = report.session
    parts = (
        _header(report),
        _attention(report),
        section("day", "The day", *_day(report)),
        section("held", "Held at the end", _held(report)),
        section("equity", "Equity and drawdown", equity_curves(report.equity)),
        section("trades", "Round trips", _trades(report)),
        section("alerts", "Alerts", _alerts(report.alerts)),
        section("scan", "The scan", *_scan(report)),
        section("candidates", "Candidates", *_cards(report)),
    )
    body = "\n".join(each for each in parts if each)
    return page(f"avwap {day}", body, assets, LINKS)


def _header(report: Report) -> str:
    account = f'<p class="account">{text(report.account)}</p>' if report.account else ""
    return (
        f'<header class="top"><h1>{report.session:%A}, {report.session}</h1>{account}</header>\n'
        f"{tiles_html(report)}"
    )


def _attention(report: Report) -> str:
    """What a person should read first; nothing on a good day."""
    urgent = [_alert(a) for a in report.alerts if a.get("page")]
    return section(
        "attention",
        "To look at",
        sentences("alarm", [*urgent, *report.discrepancies]),
        sentences("warning", report.warnings),
        titled("Not on this page", sentences("quiet", report.missing)),
    )


def _day(report: Report) -> tuple[str, ...]:
    pictures = "\n".join(chart_figure(chart, "small") for chart in report.minutes)
    return (
        f'<div class="pictures">{pictures}</div>' if pictures else "",
        titled("Exits", exits_table(report.exits) or quiet("Nothing was closed.")),
        titled("Exits that did not fill", unfilled_table(report.exits)),
        titled("Entries", entries_table(report.entries) or quiet("No entry was ordered.")),
        titled("Denied", denied_table(report.denied)),
        titled("Slippage", slippage_table(report.slippages)),
    )


def _held(report: Report) -> str:
    """The open positions; by name alone where only the day's document tells of them."""
    if report.held:
        return held_table(report.held)
    rows = [row for row in listed(report.exits.get("positions")) if isinstance(row, Mapping)]
    names = ", ".join(str(row.get("symbol")) for row in rows)
    return quiet(f"{names}; no more is known of them here." if names else "Nothing is held.")


def _trades(report: Report) -> str:
    return trades_table(report.trades) or quiet("No round trip is closed yet.")


def _scan(report: Report) -> tuple[str, ...]:
    if report.scan is None:
        return (regime_strip(report.regimes),)
    counts = (
        f"Closes of {report.scan.get('as_of')}: {report.scan.get('total_symbols_scanned')} names "
        f"scanned, {report.scan.get('total_signals_generated')} signals, "
        f"profile {report.scan.get('profile')}."
    )
    quality = part(report.scan, "quality", ("state", "reasons")) or {}
    why = ", ".join(map(str, listed(quality.get("reasons"))))
    data = f"Data: {quality.get('state')}" + (f" ({why})." if why else ".")
    return (
        f"<p>{text(counts)} {text(data)}</p>",
        sentences("quiet", notes(report.scan)),
        regime_strip(report.regimes),
        funnels(report),
    )


def _cards(report: Report) -> list[str]:
    if report.scan is None:
        return []
    cards = cards_of(report)
    return [card_html(card) for card in cards] or [quiet("The scan kept no candidate.")]


def _alerts(alerts: Sequence[Row]) -> str:
    if not alerts:
        return ""
    quiet_ones = [_alert(a) for a in alerts if not a.get("page")]
    urgent = [_alert(a) for a in alerts if a.get("page")]
    counted = f"<summary>{text(many(len(alerts), 'message'))}</summary>"
    return (
        f"{sentences('alarm', urgent)}\n"
        f"<details open>{counted}{sentences('plain', quiet_ones)}</details>"
    )


def _alert(alert: Row) -> str:
    return f"{alert.get('kind')}: {alert.get('text')}"
