"""Report page: one session on one HTML page that needs nothing but itself.

The page holds no scripts and names no other file; every text is escaped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from typing import Any

Row = Mapping[str, Any]
WIDTH, HEIGHT, MARGIN = 720, 180, 8
MOST_TRADES = 50
STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #222; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.4rem } h2 { font-size: 1.1rem; margin-top: 2rem }
table { border-collapse: collapse; width: 100% } th { text-align: left; font-weight: 600 }
th, td { padding: .25rem .6rem .25rem 0; border-bottom: 1px solid #ddd; vertical-align: top }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums }
.less { color: #a33 } .page { color: #a33; font-weight: 600 } .quiet { color: #777 }
svg { width: 100%; height: auto; border-bottom: 1px solid #ddd }
"""


@dataclass(frozen=True, slots=True)
class Report:
    """What the page shows, in the form of the session's documents.

    Attributes:
        entries, exits: bodies of entries.json and exits.json.
        trades, equity, alerts: lines of the files of that name; trades and equity up to the
            session.
    """

    session: date
    entries: Row
    exits: Row
    trades: Sequence[Row]
    equity: Sequence[Row]
    alerts: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table: its heading, the key of its cells, and how they are written."""

    heading: str
    key: str
    form: str = ""


_WHO = (Column("symbol", "symbol"), Column("strategy", "strategy"), Column("side", "direction"))
EXITS = (
    *_WHO,
    Column("why", "reason"),
    Column("shares", "shares", "g"),
    Column("price", "price", ",.2f"),
    Column("decided at", "decision_price", ",.2f"),
    Column("slippage USD", "slippage_usd", "+,.2f"),
)
TRADES = (
    *_WHO,
    Column("entered", "entry_session"),
    Column("closed", "exit_session"),
    Column("shares", "shares", "g"),
    Column("entry", "entry_price", ",.2f"),
    Column("exit", "exit_price", ",.2f"),
    Column("P&L USD", "pnl_usd", "+,.2f"),
    Column("R", "r_multiple", "+.2f"),
    Column("best", "mfe_frac", "+.1%"),
    Column("worst", "mae_frac", ".1%"),
    Column("why", "reason"),
)
ENTRIES = (
    *_WHO,
    Column("group", "entry_group"),
    Column("shares", "shares", "g"),
    Column("filled", "filled_shares", "g"),
    Column("price", "filled_avg_price", ",.2f"),
    Column("state", "status"),
    Column("refused", "refusal"),
)
DENIALS = (
    *_WHO[:2],
    Column("group", "entry_group"),
    Column("gate", "gate"),
    Column("measured", "measured"),
    Column("rule", "threshold"),
)
HELD = (
    *_WHO,
    Column("since", "entry_session"),
    Column("shares", "shares", "g"),
    Column("average", "avg_price", ",.2f"),
    Column("stop", "stop", ",.2f"),
)


def report_page(report: Report) -> str:
    """The page as text."""
    day = report.session
    today = [t for t in report.trades if str(t["exit_session"]) == str(day)]
    shown = list(reversed(report.trades))[:MOST_TRADES]
    parts = [
        f"<h1>{day:%A}, {day}</h1>",
        f"<p>{_summary(report, today)}</p>",
        _equity(report.equity),
        _section("Exits of the session", EXITS, report.exits["exits"], "nothing was closed"),
        _section(
            "Exits that did not fill",
            (*_WHO[:2], Column("why", "reason"), Column("shares", "shares", "g")),
            report.exits["unfilled"],
            "",
        ),
        _section("Entries", ENTRIES, report.entries["orders"], "no entry was ordered"),
        _section("Denied", DENIALS, report.entries["denials"], ""),
        _section("Held", HELD, _held(report.exits["positions"]), "nothing is held"),
        _section("Trades", TRADES, shown, "no round trip is closed yet"),
        _alerts(report.alerts),
    ]
    body = "\n".join(part for part in parts if part)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>avwap {day}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f"{body}\n</body>\n</html>\n"
    )


def _summary(report: Report, today: Sequence[Row]) -> str:
    pnl = sum(float(t["pnl_usd"]) for t in today)
    sentences = [f"{_many(len(today), 'round trip')} closed, {pnl:+,.2f} USD."]
    sentences.append(f"{_many(len(report.exits['positions']), 'position')} held.")
    if report.equity and str(report.equity[-1]["session"]) == str(report.session):
        last = report.equity[-1]
        sentences.append(f"Equity at the close {last['equity_usd']:,.2f} USD{_change(report)}.")
    else:
        sentences.append("The equity at the close is not known.")
    pages = sum(bool(a["page"]) for a in report.alerts)
    if pages:
        sentences.append(f"{_many(pages, 'urgent alert')}.")
    return escape(" ".join(sentences))


def _change(report: Report) -> str:
    """How one unit of the account moved since the close before."""
    if len(report.equity) < 2:
        return ""
    before, last = report.equity[-2:]
    change = last["unit"] / before["unit"] - 1 if before["unit"] else 0.0
    return f", {change:+.2%} since {before['session']}, {last['drawdown_frac']:.2%} below its peak"


def _many(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def _equity(rows: Sequence[Row]) -> str:
    """The value of one unit of the account as a line, from the first close to the last."""
    if len(rows) < 2:
        return ""
    units = [float(row["unit"]) for row in rows]
    low, high = min(units), max(units)
    span = (high - low) or 1.0
    step = (WIDTH - 2 * MARGIN) / (len(units) - 1)
    points = " ".join(
        f"{MARGIN + n * step:.1f},{HEIGHT - MARGIN - (unit - low) / span * (HEIGHT - 2 * MARGIN):.1f}"
        for n, unit in enumerate(units)
    )
    caption = (
        f"Equity without payments in and out, {rows[0]['session']} to {rows[-1]['session']}: "
        f"from {units[0]:.3f} to {units[-1]:.3f}, lowest {low:.3f}, highest {high:.3f}"
    )
    return (
        f'<h2>Equity</h2>\n<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(caption)}">'
        f'<polyline points="{points}" fill="none" stroke="#246" stroke-width="2"/></svg>\n'
        f'<p class="quiet">{escape(caption)}</p>'
    )


def _section(title: str, columns: Sequence[Column], rows: Sequence[Row], empty: str) -> str:
    """A heading and a table; without rows the sentence `empty`, and nothing if that is empty."""
    if not rows:
        return f'<h2>{escape(title)}</h2>\n<p class="quiet">{escape(empty)}</p>' if empty else ""
    heads = "".join(f"<th{_kind(c)}>{escape(c.heading)}</th>" for c in columns)
    lines = "\n".join(f"<tr>{_cells(columns, row)}</tr>" for row in rows)
    return f"<h2>{escape(title)}</h2>\n<table>\n<tr>{heads}</tr>\n{lines}\n</table>"


def _cells(columns: Sequence[Column], row: Row) -> str:
    return "".join(
        f"<td{_kind(c, row.get(c.key))}>{_cell(row.get(c.key), c.form)}</td>" for c in columns
    )


def _kind(column: Column, value: Any = None) -> str:
    if not column.form:
        return ""
    less = isinstance(value, int | float) and value < 0 and column.form.startswith("+")
    return ' class="n less"' if less else ' class="n"'


def _cell(value: Any, form: str) -> str:
    if value is None:
        return ""
    return escape(format(value, form) if form else str(value))


def _held(positions: Iterable[Row]) -> list[Row]:
    """Each position with the price of its stop, which is missing where there is not just one."""
    return [
        {**p, "stop": p["stops"][0]["price"] if len(p["stops"]) == 1 else None} for p in positions
    ]


def _alerts(alerts: Sequence[Row]) -> str:
    if not alerts:
        return ""
    items = "\n".join(f"<li{_urgency(a)}>{escape(_alert(a))}</li>" for a in alerts)
    return f"<h2>Alerts</h2>\n<ul>\n{items}\n</ul>"


def _alert(alert: Row) -> str:
    over = "" if alert["begins"] else " (over)"
    return f"{alert['kind']}: {alert['text']}{over}"


def _urgency(alert: Row) -> str:
    return ' class="page"' if alert["page"] else ""
