"""The day's story: what a session's folder tells of orders, exits, trades and equity.

Every file is written whole from the ledger, so a run that dies half-way loses nothing: the
next one writes the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from avwap_cli import playbook
from avwap_cli.playbook import ALERTS_JSONL, ENTRIES_JSON, EQUITY_JSONL, EXITS_JSON, TRADES_JSONL
from avwap_cli.ports import ArtifactStore
from avwap_cli.review import trading_documents
from avwap_cli.trading.books import Book
from avwap_cli.trading.facts import Notice

DOCUMENTS = {
    ENTRIES_JSON: trading_documents.entries_body,
    EXITS_JSON: trading_documents.exits_body,
}
LINES = {
    TRADES_JSONL: trading_documents.trade_lines,
    EQUITY_JSONL: trading_documents.equity_lines,
    ALERTS_JSONL: trading_documents.alert_lines,
}


def write_story(store: ArtifactStore, book: Book, session: date) -> Mapping[str, str]:
    """Write the session's documents; name -> sha-256 of each."""
    for name, body in DOCUMENTS.items():
        store.write_json(session, name, playbook.schema_of(name) or "", body(book, session))
    for name, lines in LINES.items():
        store.write_lines(session, name, playbook.schema_of(name) or "", lines(book, session))
    return {name: store.digest(session, name) or "" for name in (*DOCUMENTS, *LINES)}


def write_alerts(store: ArtifactStore, notices: Iterable[Notice], session: date) -> None:
    """Write the session's messages alone, where nothing else is new."""
    lines = trading_documents.notice_lines(notices, session)
    store.write_lines(session, ALERTS_JSONL, playbook.schema_of(ALERTS_JSONL) or "", lines)
