"""The report stage: a session on one page, or the sessions of a week on another.

A page whose bytes would be the same is left alone, so a second run says that nothing changed.
What cannot be had (a scan, the cache, the ledger, minute bars) is left out and named.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from avwap_cli.playbook import MINUTES_PARQUET, REPORT_HTML
from avwap_cli.review.pages.report_page import report_page
from avwap_cli.review.pages.report_records import Report
from avwap_cli.review.pages.week_page import week_page
from avwap_cli.review.scan_documents import Row
from avwap_cli.stages.operations.page_assets import page_assets
from avwap_cli.stages.operations.report_inputs import Notes, ReportPorts, gather
from avwap_cli.stages.operations.week_inputs import gather_week
from avwap_cli.stages.outcomes import Outcome, State

STAGE = "report"


def run_report(session: date, ports: ReportPorts, path: str) -> Outcome:
    """Write the page of that session.

    Args:
        path: where the page lies, for whoever reads the outcome.

    Raises:
        InputError: the page cannot be written.
    """
    notes = Notes()
    report = gather(session, ports, notes)
    page = report_page(report, page_assets())
    changed = ports.store.write_text(session, REPORT_HTML, page)
    closed = [t for t in report.trades if t["exit_session"] == session]
    counts = {
        "candidates": len(report.charts),
        "exits": len(report.exits["exits"]),
        "trades": len(closed),
        "positions": len(report.exits["positions"]),
        "alerts": len(report.alerts),
    }
    digests = {name: ports.store.digest(session, name) for name in (REPORT_HTML, MINUTES_PARQUET)}
    return Outcome(
        stage=STAGE,
        trade_session=session,
        state=State.DONE if changed else State.UNCHANGED,
        summary=_summary(counts, path, changed),
        counts=counts,
        outputs={name: digest for name, digest in digests.items() if digest},
        warnings=(*notes.warnings, *report.warnings),
        body=_body(report, closed, path),
        exit_code=notes.exit_code,
    )


def _summary(counts: dict[str, int], path: str, changed: bool) -> str:
    words = ", ".join(f"{n} {name if n != 1 else name[:-1]}" for name, n in counts.items())
    ending = "" if changed else ", the same as before, nothing changed"
    return f"{words}; the page: {path}{ending}"


def _body(report: Report, closed: Sequence[Row], path: str) -> dict[str, object]:
    return {
        "page": path,
        "entries": report.entries,
        "exits": report.exits,
        "trades": list(closed),
        "equity": list(report.equity),
        "alerts": list(report.alerts),
        "missing": list(report.missing),
    }


def run_week(
    first: date, last: date, ports: ReportPorts, path: str, write: Callable[[str], bool]
) -> Outcome:
    """Write the page of the sessions from `first` to `last`, both included.

    Args:
        path: where the page lies, for whoever reads the outcome.
        write: puts it there; True if its bytes changed.
    """
    notes = Notes()
    week = gather_week(first, last, ports, notes)
    changed = write(week_page(week, page_assets()))
    days, trades = len(week.days), len(week.trades)
    pnl = sum(float(trade["pnl_usd"]) for trade in week.trades)
    ending = "" if changed else ", the same as before, nothing changed"
    return Outcome(
        stage=STAGE,
        trade_session=last,
        state=State.DONE if changed else State.UNCHANGED,
        summary=f"{days} session{'' if days == 1 else 's'}, {trades} round"
        f" trip{'' if trades == 1 else 's'} closed, {pnl:+,.2f} USD; the page: {path}{ending}",
        counts={"sessions": days, "trades": trades, "positions": len(week.held)},
        warnings=tuple(notes.warnings),
        body={
            "page": path,
            "first": first,
            "last": last,
            "trades": list(week.trades),
            "equity": list(week.equity),
            "missing": list(week.missing),
        },
        exit_code=notes.exit_code,
    )
