"""The ledger in SQLite: facts of one account, appended in transactions, never changed.

The file is in WAL mode with full synchronisation: a commit is on the disk when it
returns.  Several processes may have it open; each reads only the rows it has not seen.
"""

from __future__ import annotations

import sqlite3
from collections import ChainMap
from collections.abc import Hashable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import fields
from pathlib import Path
from typing import Self

from avwap_cli.adapters.ledger.ledger_files import REBUILD, calm_state, errors_of, flush, opened
from avwap_cli.adapters.ledger.ledger_tables import TABLES, Table
from avwap_cli.adapters.ledger.repetitions import is_new
from avwap_cli.adapters.private_files import private_file
from avwap_cli.errors import LedgerDamaged
from avwap_cli.trading.facts import Fact, Facts

_TABLE_OF = {table.kind: table for table in TABLES}


def _listed(table: Table) -> str:
    return ", ".join(f'"{column.name}"' for column in table.columns)


_SELECT = {
    t.name: f"SELECT seq, {_listed(t)} FROM {t.name} WHERE seq > ? ORDER BY seq" for t in TABLES
}
_INSERT = {
    t.name: f"INSERT INTO {t.name} ({_listed(t)}) VALUES ({', '.join('?' * len(t.columns))})"
    for t in TABLES
}


class SqliteLedger:
    """Implements `ports.Ledger` over one file; make it with `open`, end it with `close`."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path
        self._facts = Facts()
        self._last = dict.fromkeys((t.name for t in TABLES), 0)
        self._known: dict[Hashable, Hashable] = {}
        self._seen = -1
        self._unread: set[str] = set()

    @classmethod
    def open(cls, path: Path, account: str, *, read_only: bool = False) -> Self:
        """The ledger of that account; made if there is none, brought to the newest schema.

        With `read_only` nothing is written, beside it neither, and the facts may be those of
        the opening.

        Raises:
            LedgerError: not a ledger, damaged, another account's, locked or not writable;
                with `read_only` also absent or of an older schema.
            SchemaMismatch: a newer program wrote it.
        """
        if not read_only:
            return cls(opened(path, account), path)
        before = calm_state(path) if path.exists() else None
        ledger = cls(opened(path, account, read_only=True), path)
        ledger.facts()
        if before is not None and calm_state(path) != before:  # somebody wrote meanwhile
            ledger.close()
            return cls.open(path, account, read_only=True)
        return ledger

    @property
    def path(self) -> Path:
        return self._path

    def facts(self) -> Facts:
        """All facts; what others appended included.  Times are in UTC.

        Raises:
            LedgerError: the file cannot be read, or a row is damaged.
        """
        with errors_of(self._path):
            if self._unread or self._version() != self._seen:
                with self._transaction("BEGIN"):
                    self._read_new()
        return self._facts

    def append(self, *facts: Fact) -> int:
        """Commit these together; see `ports.Ledger`.

        Raises:
            LedgerDiffers: an intent or fill of that id is there with other content.
            LedgerError: the disk is full, the file read-only, locked or damaged; nothing
                of these was written.
            ValueError: a fact that cannot be written: a time without a zone, a number that
                is not finite.
        """
        if not facts:
            return 0
        with errors_of(self._path), self._transaction("BEGIN IMMEDIATE"):
            if self._version() != self._seen:
                self._read_new()
            learnt: dict[Hashable, Hashable] = {}
            fresh = ChainMap(learnt, self._known)
            new = [fact for fact in facts if is_new(fact, fresh)]
            for fact in new:
                table = _TABLE_OF[type(fact)]
                self._connection.execute(_INSERT[table.name], table.row(fact))
        self._known |= learnt
        self._unread |= {_TABLE_OF[type(fact)].name for fact in new}
        return len(new)

    def check(self) -> None:
        """Read the whole file and every fact in it.

        Raises:
            LedgerError: it is damaged.
        """
        with errors_of(self._path):
            said = [row[0] for row in self._connection.execute("PRAGMA quick_check(1)")]
        if said != ["ok"]:
            raise LedgerDamaged(f"the ledger {self._path} is damaged: {said[0]}", REBUILD)
        self.facts()

    def copy_to(self, path: Path) -> None:
        """Write what is committed now to another database, one file, flushed to the disk.

        Raises:
            LedgerError: either file cannot be read or written.
        """
        with errors_of(path):
            private_file(path)
            with closing(sqlite3.connect(path, isolation_level=None)) as target:
                self._connection.backup(target)
                target.execute("PRAGMA journal_mode = DELETE")
            flush(path)

    def close(self) -> None:
        """Let the file go; nothing is lost without it."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[None]:
        self._connection.execute(begin)
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                with suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")
            raise

    def _version(self) -> int:
        """A number that the commits of other connections change, our own do not."""
        return int(self._connection.execute("PRAGMA data_version").fetchone()[0])

    def _read_new(self) -> None:
        """Take in the rows after those seen; a caller's earlier `Facts` stays as it was."""
        version = self._version()
        names = self._unread if version == self._seen else self._last.keys()
        news = {t.name: self._news(t) for t in TABLES if t.name in names}
        lists = {f.name: getattr(self._facts, f.name) for f in fields(Facts)}
        for name, rows in news.items():
            if rows:
                lists[name] = [*lists[name], *(fact for _, fact in rows)]
                self._last[name] = rows[-1][0]
        for rows in news.values():
            for _, fact in rows:
                is_new(fact, self._known)
        self._facts = Facts(**lists)
        self._seen, self._unread = version, set()

    def _news(self, table: Table) -> list[tuple[int, Fact]]:
        found = []
        for seq, *row in self._connection.execute(_SELECT[table.name], (self._last[table.name],)):
            try:
                found.append((seq, table.fact(row)))
            except (ValueError, TypeError, ArithmeticError) as problem:
                raise LedgerDamaged(
                    f"row {seq} of {table.name} in the ledger {self._path} is damaged: {problem}",
                    REBUILD,
                ) from problem
        return found
