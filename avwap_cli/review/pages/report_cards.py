"""Report cards: one candidate on a card, with why it ranks where it does and what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from avwap_cli.review.charts import Chart
from avwap_cli.review.pages.chart_documents import chart_figure
from avwap_cli.review.pages.hypertexts import bar, chip, figure_text, quiet, text
from avwap_cli.review.pages.report_records import CandidateKey, Report
from avwap_cli.review.scan_documents import Row, is_number, listed

GROUPS = {
    "moo": "moo: at the open",
    "confirm": "confirm: when the first minutes confirm",
    "boh": "boh: at a breakout that holds",
}
PARTS = (
    ("strength", "strength", "of the signal among its strategy's"),
    ("weight", "weight", "of the strategy in this regime"),
    ("calm", "calm", "1 = a motionless name"),
    ("volume", "volume", "of the session over its mean"),
)
LEVELS = (
    ("close", "prev_close", ",.2f"),
    ("entry", "entry", ",.2f"),
    ("stop", "stop", ",.2f"),
    ("R1", "r1", ",.2f"),
    ("R2", "r2", ",.2f"),
    ("reward / risk", "reward_risk", ".2f"),
    ("ATR", "atr", ",.2f"),
    ("against SPY, 63 sessions", "rs_63_pct", "+.1f"),
)
KINDS = {"bullish": "good", "bearish": "bad"}
ANCHOR = ("anchor", "anchor_session", "avwap", "avwap_slope_pct", "dist_pct", "tier", "confluence")


@dataclass(frozen=True, slots=True)
class Card:
    """One candidate with what the session's documents say of it."""

    candidate: Row
    name: str = ""
    parts: Row | None = None
    fate: str = ""
    chart: Chart | None = None


def cards_of(report: Report) -> list[Card]:
    """The cards by rank; a candidate that cannot be read makes none."""
    scan = report.scan or {}
    signals = _by_key(listed(scan.get("all_signals")))
    return [
        Card(
            candidate=row,
            name=report.names.get(key[0], ""),
            parts=signals.get(key),
            fate=_fate(report, key),
            chart=report.charts.get(key),
        )
        for key, row in _by_key(listed(scan.get("candidates"))).items()
    ]


def card_html(card: Card) -> str:
    """The card; its texts are escaped."""
    row = card.candidate
    direction = str(row.get("direction"))
    company = f' <span class="company">{text(card.name)}</span>' if card.name else ""
    where = " \N{MIDDLE DOT} ".join(str(row[key]) for key in ("strategy", "sector") if row.get(key))
    group = str(row.get("entry_group") or "")
    return (
        f'<article class="card">\n<header><span class="rank">{text(row.get("rank"))}</span>'
        f"<h3>{text(row.get('symbol'))}{company}</h3>"
        f"{chip(direction, 'good' if direction == 'long' else 'bad')}"
        f'<p class="where">{text(where)}</p></header>\n'
        f'<p class="fate">{text(_sentence(card.fate, group))}</p>\n'
        f'<div class="sides"><div class="picture">{_picture(card.chart)}{_labels(row)}</div>\n'
        f'<div class="numbers">{_levels(row)}{_score(row, card.parts)}{_measured(row)}</div></div>\n'
        f"</article>"
    )


def facts_html(facts: Sequence[tuple[str, str]]) -> str:
    """Labels with their texts."""
    pairs = "".join(f"<dt>{text(label)}</dt><dd>{text(value)}</dd>" for label, value in facts)
    return f"<dl>{pairs}</dl>" if pairs else ""


def _by_key(rows: Sequence[object]) -> dict[CandidateKey, Row]:
    return {
        (str(row["symbol"]), str(row.get("strategy"))): row
        for row in rows
        if isinstance(row, Mapping) and row.get("symbol")
    }


def _sentence(fate: str, group: str) -> str:
    return " \N{MIDDLE DOT} ".join(part for part in (GROUPS.get(group, group), fate) if part)


def _fate(report: Report, key: CandidateKey) -> str:
    """What the gap filter and the entries made of it, as far as the day has come."""
    gaps = report.gaps or {}
    order = _by_key(listed(report.entries.get("orders"))).get(key)
    denied = _by_key(listed(report.entries.get("denials"))).get(key)
    at = report.entered_at.get(key, "")
    gap = _by_key([*listed(gaps.get("passed")), *listed(gaps.get("rejected"))]).get(key)
    parts = [_gap(gap)] if gap is not None else []
    if order is not None:
        parts.append(("asked again, " if denied else "") + _ordered(order, at))
    elif denied is not None:
        parts.append(
            f"not entered: {denied.get('gate')} ({denied.get('measured')}; "
            f"rule: {denied.get('threshold')})"
        )
    return " \N{MIDDLE DOT} ".join(parts)


def _gap(gap: Row) -> str:
    frac = gap.get("gap_frac")
    moved = f" {frac:+.1%}".replace("-", "\N{MINUS SIGN}") if is_number(frac) else ""
    if gap.get("reason") == "gap":
        return f"dropped by the gap filter:{moved}"
    reason = f", {gap['reason']}" if gap.get("reason") else ""
    return f"gap{moved}, {gap.get('status')}{reason}"


def _ordered(order: Row, at: str) -> str:
    filled, wanted = order.get("filled_shares"), order.get("shares")
    did = "bought" if order.get("direction") == "long" else "sold short"
    if filled:
        of = "" if filled == wanted else f" of {wanted}"
        when = f", {at}" if at else ""
        return f"{did} {filled}{of} at {order.get('filled_avg_price')}{when}"
    why = order.get("refusal") or order.get("closure") or order.get("status") or order.get("state")
    return f"ordered {wanted}, nothing filled: {why}"


def _picture(chart: Chart | None) -> str:
    return quiet("There is no chart of it.") if chart is None else chart_figure(chart)


def _levels(row: Row) -> str:
    pairs = "".join(
        f"<dt>{text(label)}</dt><dd>{figure_text(row.get(key), form)}"
        f"{' %' if key == 'rs_63_pct' else ''}</dd>"
        for label, key, form in LEVELS
        if row.get(key) is not None
    )
    return f'<dl class="levels">{pairs}</dl>'


def _score(row: Row, parts: Row | None) -> str:
    """The score, and the parts that make it."""
    lines = "".join(
        f'<tr title="{text(meaning)}"><th scope="row">{text(label)}</th>'
        f"<td>{bar(float(parts[key]))}</td>"
        f'<td class="n">{figure_text(parts[key], ".2f")}</td></tr>'
        for key, label, meaning in PARTS
        if parts is not None and is_number(parts.get(key))
    )
    total = figure_text(row.get("score"), ".3f")
    return f'<p class="score">score <b>{total}</b></p><table class="parts">{lines}</table>'


def _labels(row: Row) -> str:
    """The words that the scan put beside it."""
    chips = [
        chip(f"{_words(key)}: {value}", KINDS.get(value, ""))
        for key, value in _metadata(row).items()
        if key not in ANCHOR and isinstance(value, str) and value not in ("none", "neutral")
    ]
    return f'<p class="labels">{"".join(chips)}</p>' if chips else ""


def _measured(row: Row) -> str:
    """The winning anchor in one sentence; of a batch strategy its indicators."""
    measured = _metadata(row)
    if measured.get("anchor"):
        return (
            f"<p>AVWAP of <b>{text(measured['anchor'])}</b> since "
            f"{text(measured.get('anchor_session'))}: {figure_text(measured.get('avwap'), ',.2f')}, "
            f"the close {figure_text(measured.get('dist_pct'), '+.2f')} % away, slope "
            f"{figure_text(measured.get('avwap_slope_pct'), '+.2f')} %; tier "
            f"{text(measured.get('tier'))}, confluence {text(measured.get('confluence'))}</p>"
        )
    pairs = "".join(
        f"<dt>{text(_words(key))}</dt><dd>{figure_text(value, ',.4g')}</dd>"
        for key, value in measured.items()
        if is_number(value)
    )
    return f'<dl class="measured">{pairs}</dl>' if pairs else ""


def _metadata(row: Row) -> Row:
    measured = row.get("metadata")
    return measured if isinstance(measured, Mapping) else {}


def _words(key: object) -> str:
    return str(key).replace("_", " ")
