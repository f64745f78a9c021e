"""Week inputs: what the page of several sessions shows, one row per session and sums of all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from avwap_cli.market import sessions
from avwap_cli.playbook import REPORT_HTML, SCAN_JSON
from avwap_cli.ports import ArtifactStore
from avwap_cli.review import trading_documents
from avwap_cli.review.candidate_rows import readable
from avwap_cli.review.pages.report_records import Slippage, Week, WeekDay
from avwap_cli.review.scan_documents import Row
from avwap_cli.review.slippages import slippages
from avwap_cli.stages.operations.minute_tapes import kept_tape
from avwap_cli.stages.operations.report_inputs import (
    Notes,
    ReportPorts,
    open_positions_at,
    read_book,
    regime_of,
)
from avwap_cli.stages.operations.session_documents import document_of
from avwap_cli.trading.books import Book, fold
from avwap_cli.trading.facts import Facts


def gather_week(first: date, last: date, ports: ReportPorts, notes: Notes) -> Week:
    """All that the page shows; `notes` says what it does not.

    Nobody is asked for prices: the minutes that the sessions' own reports kept serve.
    """
    ledger = read_book(ports, last, notes)
    book = ledger if ledger is not None else fold(Facts())
    days = sessions.sessions_between(first, last)
    trades = trading_documents.trade_lines(book, last)
    equity = trading_documents.equity_lines(book, last)
    return Week(
        first=first,
        last=last,
        days=[_day(day, book, trades, equity, ports.store, notes) for day in days],
        trades=[t for t in trades if first <= t["exit_session"] <= last],
        equity=equity,
        held=open_positions_at(book, last, kept_tape(ports.store, last)),
        slippages=[row for day in days for row in _slippages(book, day, ports.store)],
        account=ports.account if ledger is not None else "",
        missing=notes.missing,
    )


def _day(
    day: date,
    book: Book,
    trades: Sequence[Row],
    equity: Sequence[Row],
    store: ArtifactStore,
    notes: Notes,
) -> WeekDay:
    scan = _scan(store, day, notes)
    regime = regime_of(scan, day)
    closed = [t for t in trades if t["exit_session"] == day]
    closing = next((row for row in equity if row["session"] == day), None)
    alerts = trading_documents.alert_lines(book, day)
    return WeekDay(
        session=day,
        regime=None if regime is None else " ".join(filter(None, (regime.name, regime.direction))),
        candidates=None if scan is None else len(readable(scan)[0]),
        entered=sum(bool(order.filled) for order in book.entries_on(day)),
        closed=len(closed),
        pnl_usd=round(sum(float(t["pnl_usd"]) for t in closed), 2),
        equity_usd=None if closing is None else closing["equity_usd"],
        drawdown_frac=None if closing is None else closing["drawdown_frac"],
        alerts=len(alerts),
        urgent=sum(bool(a["page"]) for a in alerts),
        page=None if store.digest(day, REPORT_HTML) is None else f"sessions/{day}/{REPORT_HTML}",
    )


def _scan(store: ArtifactStore, day: date, notes: Notes) -> Row | None:
    scan, problem = document_of(store, day, SCAN_JSON)
    if problem is not None:
        notes.lost(f"the scan of {day} cannot be read", problem)
    elif scan is None:
        notes.missing.append(f"there is no scan of {day}")
    return scan


def _slippages(book: Book, day: date, store: ArtifactStore) -> tuple[Slippage, ...]:
    return slippages(book, day, kept_tape(store, day).bars)
