"""Migrations: the ledger's schema, as the steps from one version to the next.

Step i takes a file of version i to version i + 1; a new file takes all of them.  A step
that was ever released is never changed, another is added.  All steps of one opening are
one transaction, so a file has the old schema or the new one, whatever ends the program.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

APPLICATION_ID = 0x4156574C  # "AVWL"

_TABLES = {
    "intents": """
        id TEXT NOT NULL UNIQUE, session TEXT NOT NULL, strategy TEXT NOT NULL,
        symbol TEXT NOT NULL, direction INTEGER NOT NULL, leg TEXT NOT NULL,
        kind TEXT NOT NULL, tif TEXT NOT NULL, shares TEXT NOT NULL,
        limit_price TEXT, stop_price TEXT, reason TEXT NOT NULL, decision_price TEXT,
        plan TEXT NOT NULL, replaces TEXT, made_at TEXT NOT NULL""",
    "acts": """
        at TEXT NOT NULL, verb TEXT NOT NULL, client_id TEXT NOT NULL, broker_id TEXT NOT NULL""",
    "answers": """
        at TEXT NOT NULL, verb TEXT NOT NULL, client_id TEXT NOT NULL, status INTEGER NOT NULL,
        code INTEGER NOT NULL, name TEXT NOT NULL, text TEXT NOT NULL""",
    "closures": """
        at TEXT NOT NULL, client_id TEXT NOT NULL, ending TEXT NOT NULL, why TEXT NOT NULL""",
    "reports": """
        at TEXT NOT NULL, id TEXT NOT NULL, client_id TEXT NOT NULL, symbol TEXT NOT NULL,
        side TEXT NOT NULL, effect TEXT, kind TEXT NOT NULL, tif TEXT NOT NULL,
        status TEXT NOT NULL, shares TEXT, filled_shares TEXT NOT NULL, filled_avg_price TEXT,
        limit_price TEXT, stop_price TEXT, submitted_at TEXT NOT NULL, updated_at TEXT NOT NULL,
        replaces TEXT, replaced_by TEXT""",
    "fills": """
        id TEXT NOT NULL UNIQUE, order_id TEXT NOT NULL, client_id TEXT NOT NULL,
        symbol TEXT NOT NULL, side TEXT NOT NULL, shares TEXT NOT NULL, price TEXT NOT NULL,
        at TEXT NOT NULL""",
    "transfers": """
        id TEXT NOT NULL UNIQUE, at TEXT NOT NULL, amount_usd TEXT NOT NULL""",
    "decisions": """
        at TEXT NOT NULL, session TEXT NOT NULL, strategy TEXT NOT NULL, symbol TEXT NOT NULL,
        leg TEXT NOT NULL, reason TEXT NOT NULL, price TEXT, shares TEXT""",
    "splits": """
        at TEXT NOT NULL, symbol TEXT NOT NULL, first_session TEXT NOT NULL,
        numerator INTEGER NOT NULL, denominator INTEGER NOT NULL""",
    "acceptances": """
        at TEXT NOT NULL, strategy TEXT NOT NULL, symbol TEXT NOT NULL, shares TEXT NOT NULL,
        price TEXT NOT NULL, why TEXT NOT NULL, reason TEXT NOT NULL""",
    "halts": """
        at TEXT NOT NULL, level TEXT NOT NULL, source TEXT NOT NULL, why TEXT NOT NULL,
        until TEXT""",
    "marks": """
        at TEXT NOT NULL, session TEXT NOT NULL, strategy TEXT NOT NULL, symbol TEXT NOT NULL,
        high TEXT NOT NULL, low TEXT NOT NULL""",
    "closes": """
        at TEXT NOT NULL, session TEXT NOT NULL, equity_usd TEXT NOT NULL,
        transfers_usd TEXT NOT NULL""",
    "denials": """
        at TEXT NOT NULL, session TEXT NOT NULL, "group" TEXT NOT NULL, strategy TEXT NOT NULL,
        symbol TEXT NOT NULL, gate TEXT NOT NULL, measured TEXT, threshold TEXT NOT NULL""",
    "notices": """
        at TEXT NOT NULL, session TEXT NOT NULL, kind TEXT NOT NULL, "key" TEXT NOT NULL,
        text TEXT NOT NULL, page INTEGER NOT NULL, begins INTEGER NOT NULL""",
    "runs": """
        at TEXT NOT NULL, session TEXT NOT NULL, stage TEXT NOT NULL, pid INTEGER NOT NULL""",
}


def _appended_only(table: str) -> list[str]:
    """Triggers that let nobody change or delete a row, whatever program asks."""
    return [
        f"CREATE TRIGGER {table}_{verb} BEFORE {verb} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, 'facts are appended, never changed'); END"
        for verb in ("update", "delete")
    ]


def _first() -> tuple[str, ...]:
    script = ["CREATE TABLE about (account TEXT NOT NULL)", *_appended_only("about")]
    for name, columns in _TABLES.items():
        script.append(f"CREATE TABLE {name} (seq INTEGER PRIMARY KEY, {columns.strip()})")
        script += _appended_only(name)
    return tuple(script)


MIGRATIONS: list[tuple[str, ...]] = [_first()]


def migrate(connection: sqlite3.Connection, steps: Sequence[Sequence[str]]) -> None:
    """Take the file to version `len(steps)`; nothing where it is there, in one transaction."""
    if version(connection) == len(steps):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Another process may have done it while this one waited.
        for step in steps[version(connection) :]:
            for statement in step:
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {len(steps)}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def version(connection: sqlite3.Connection) -> int:
    """The version of the file's schema; 0 in a new one."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])
