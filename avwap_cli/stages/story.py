"""The day's story: what a session's folder tells of orders, exits, trades and equity.

Every file is written whole from the ledger, so a restarted program tells the same story.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from avwap_cli import playbook
from avwap_cli.ports import ArtifactStore
from avwap_cli.review import trading_documents as documents
from avwap_cli.stages.trading_ports import TradingPorts
from avwap_cli.trading.books import Book, fold

BODIES = {"entries.json": documents.entries_body, "exits.json": documents.exits_body}
LINES = {
    "trades.jsonl": documents.trade_lines,
    "equity.jsonl": documents.equity_lines,
    "alerts.jsonl": documents.alert_lines,
}


def write_story(ports: TradingPorts, session: date) -> Mapping[str, str]:
    """Write the session's documents whole from the ledger; name -> sha-256 of each."""
    return write_documents(fold(ports.ledger.facts()), session, ports.store)


def write_documents(book: Book, session: date, store: ArtifactStore) -> Mapping[str, str]:
    """The same from what was folded already."""
    for name, body in BODIES.items():
        store.write_json(session, name, playbook.schema_of(name) or "", body(book, session))
    for name, lines in LINES.items():
        store.write_lines(session, name, playbook.schema_of(name) or "", lines(book, session))
    return {name: store.digest(session, name) or "" for name in (*BODIES, *LINES)}
