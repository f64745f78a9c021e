"""Funnels: how many names each stage of the scan kept, as bars; then how signals became trades."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from avwap_cli.review.pages.hypertexts import bar, text, titled
from avwap_cli.review.pages.report_records import Report
from avwap_cli.review.scan_documents import Row, is_number, listed

TITLES = (
    ("funnel", "Names, for avwap long"),
    ("funnel_short", "Names, for avwap short"),
    ("funnel_batch", "Names, for the batch strategies"),
)


@dataclass(frozen=True, slots=True)
class Step:
    """One stage: what it kept, and what it dropped by reason."""

    stage: str
    kept: int
    dropped: Mapping[str, int] = field(default_factory=dict)


def funnels(report: Report) -> str:
    """The scan's funnels and the way of its signals; nothing without a scan."""
    if report.scan is None:
        return ""
    scan = report.scan
    parts = [titled(title, _bars(_steps(scan.get(key)))) for key, title in TITLES]
    return "\n".join(
        part for part in (titled("Signals", _bars(signal_steps(report))), *parts) if part
    )


def signal_steps(report: Report) -> list[Step]:
    """From the signals that fired to the entries that filled; steps not reached are left out."""
    scan = report.scan or {}
    fired = [row for row in listed(scan.get("all_signals")) if isinstance(row, Mapping)]
    candidates = listed(scan.get("candidates"))
    steps = [
        Step("fired", len(fired)),
        Step("candidates", len(candidates), _reasons(fired)),
    ]
    if report.gaps is not None:
        rejected = listed(report.gaps.get("rejected"))
        passed = listed(report.gaps.get("passed"))
        steps.append(Step("gap filter", len(passed), _reasons(rejected)))
        orders = listed(report.entries.get("orders"))
        steps.append(Step("ordered", len(orders), _reasons(report.denied, "gate")))
        filled = [row for row in orders if row.get("filled_shares")]
        lost = Counter(_ending(row) for row in orders if not row.get("filled_shares"))
        steps.append(Step("filled", len(filled), lost))
    return steps if any(step.kept for step in steps) else []


def _ending(order: Row) -> str:
    return str(order.get("refusal") or order.get("closure") or order.get("status") or "not filled")


def _reasons(rows: Sequence[object], key: str = "reason") -> Counter[str]:
    return Counter(str(row[key]) for row in rows if isinstance(row, Mapping) and row.get(key))


def _steps(stages: object) -> list[Step]:
    """The stages of one funnel that can be read."""
    rows = [row for row in listed(stages) if isinstance(row, Mapping)]
    return [
        Step(str(row.get("stage")), int(row["kept"]), _counts(row.get("dropped")))
        for row in rows
        if is_number(row.get("kept"))
    ]


def _counts(dropped: object) -> dict[str, int]:
    if not isinstance(dropped, Mapping):
        return {}
    return {str(reason): int(n) for reason, n in dropped.items() if is_number(n)}


def _bars(steps: Sequence[Step]) -> str:
    if not steps:
        return ""
    most = max(step.kept + sum(step.dropped.values()) for step in steps) or 1
    lines = "\n".join(_bar_line(step, most) for step in steps)
    return f'<table class="funnel">\n{lines}\n</table>'


def _bar_line(step: Step, most: int) -> str:
    dropped = sorted(step.dropped.items(), key=lambda each: (-each[1], each[0]))
    words = ", ".join(f"{reason} \N{MINUS SIGN}{n:,}" for reason, n in dropped)
    return (
        f'<tr><th scope="row">{text(step.stage)}</th><td class="n">{step.kept:,}</td>'
        f'<td class="bars">{bar(step.kept / most)}</td><td class="why">{text(words)}</td></tr>'
    )
