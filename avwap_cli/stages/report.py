"""The report stage: the session on one page, from the ledger alone.

A page whose bytes would be the same is left alone, so a second run says that nothing changed.
"""

from __future__ import annotations

from datetime import date

from avwap_cli.market import sessions
from avwap_cli.playbook import REPORT_HTML
from avwap_cli.ports import ArtifactStore, Ledger
from avwap_cli.review import trading_documents
from avwap_cli.review.report_page import Report, report_page
from avwap_cli.stages.outcomes import Outcome, State
from avwap_cli.trading.books import Book, fold

STAGE = "report"


def run_report(session: date, store: ArtifactStore, ledger: Ledger) -> Outcome:
    """Write the page of that session.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    report = report_of(fold(ledger.facts()), session)
    closed = [t for t in report.trades if t["exit_session"] == session]
    counts = {
        "exits": len(report.exits["exits"]),
        "trades": len(closed),
        "positions": len(report.exits["positions"]),
        "alerts": len(report.alerts),
    }
    words = ", ".join(f"{n} {name if n != 1 else name[:-1]}" for name, n in counts.items())
    changed = store.write_text(session, REPORT_HTML, report_page(report))
    ending = "" if changed else "; the same as before, nothing changed"
    return Outcome(
        stage=STAGE,
        trade_session=session,
        as_of=sessions.previous_session(session),
        state=State.DONE if changed else State.UNCHANGED,
        summary=f"{words}{ending}",
        counts=counts,
        outputs={REPORT_HTML: store.digest(session, REPORT_HTML) or ""},
        body={
            "entries": report.entries,
            "exits": report.exits,
            "trades": closed,
            "equity": list(report.equity),
            "alerts": list(report.alerts),
        },
    )


def report_of(book: Book, session: date) -> Report:
    """What the page of that session shows."""
    return Report(
        session=session,
        entries=trading_documents.entries_body(book, session),
        exits=trading_documents.exits_body(book, session),
        trades=trading_documents.trade_lines(book, session),
        equity=trading_documents.equity_lines(book, session),
        alerts=trading_documents.alert_lines(book, session),
    )
