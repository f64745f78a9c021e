"""Ledger files: opened only where they are what their name promises.

A new ledger is made aside and linked into place whole, so that an empty or half file is
never taken for a ledger without facts: it would make every position look like a stranger's.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import get_ident

from avwap_cli.adapters.ledger import migrations
from avwap_cli.adapters.private_files import private_file, private_folder, tighten
from avwap_cli.errors import LedgerDamaged, LedgerError, SchemaMismatch
from avwap_cli.home import LEDGERS

ENDING = ".sqlite3"
MAGIC = b"SQLite format 3\x00"
PAGE_BYTES = 1024  # a commit writes whole pages: small ones make it quick
BUSY_MS = 5000
REBUILD = "look at the file; if it is lost, `avwap ledger rebuild` makes it anew from the broker"
SIDE_FILES = ("-wal", "-shm")


def path_of(outputs: Path, broker: str, account: str) -> Path:
    """The ledger of one account at one broker.

    Args:
        outputs: the home's folder of that name.
        broker: the broker's name: paper, exchange or live.

    Raises:
        LedgerError: the account's number is not a plain word, so it can name no file.
    """
    if not account.isascii() or not account.replace("-", "").isalnum():
        raise LedgerError(f"the account number {account!r} cannot be part of a file's name")
    return outputs / LEDGERS / f"{broker}-{account}{ENDING}"


def account_of(path: Path, broker: str) -> str | None:
    """Whose ledger at that broker the file is, by its name; None = nobody's."""
    start = f"{broker}-"
    if not (path.name.startswith(start) and path.name.endswith(ENDING)):
        return None
    return path.name.removeprefix(start).removesuffix(ENDING)


def is_of_ledger(path: Path) -> bool:
    """Whether the file is a ledger, a copy of one, or lies beside one."""
    return ENDING in path.name


def side_file(path: Path, ending: str) -> Path:
    """The file that SQLite keeps beside a database, by its ending."""
    return path.with_name(path.name + ending)


def opened(path: Path, account: str, *, read_only: bool = False) -> sqlite3.Connection:
    """A connection to that account's ledger, made if there is none, at the newest schema.

    Raises:
        LedgerError: absent (read-only), not a ledger, damaged, another account's, locked,
            not writable, or of an older schema that may not be changed (read-only).
        SchemaMismatch: a newer program wrote it.
    """
    with errors_of(path):
        if not path.exists():
            if read_only:
                raise LedgerError(f"{path} is not there", "no order was ever sent from this home")
            _make(path, account)
        _check_header(path)
        if not read_only:
            for ending in ("", *SIDE_FILES):
                tighten(side_file(path, ending))
            tighten(path.parent)
        connection = _connected(path, read_only, read_only and calm_state(path) is not None)
        return _checked(connection, path, account, read_only)


@contextmanager
def errors_of(path: Path) -> Iterator[None]:
    """Turn what SQLite or the system says about the file into a `LedgerError` that names it."""
    try:
        yield
    except sqlite3.OperationalError as problem:
        name = getattr(problem, "sqlite_errorname", "")
        for starts, hint in _HINTS:
            if name.startswith(starts):
                raise LedgerError(f"the ledger {path}: {problem}", hint) from problem
        raise LedgerDamaged(f"the ledger {path}: {problem}", REBUILD) from problem
    except sqlite3.DatabaseError as problem:
        raise LedgerDamaged(f"the ledger {path} is damaged: {problem}", REBUILD) from problem
    except OSError as problem:
        raise LedgerError(
            f"the ledger {path}: {problem.strerror or problem}", "mend the folder's rights or room"
        ) from problem


_HINTS = (
    (("SQLITE_BUSY", "SQLITE_LOCKED"), "another program holds it; try again when it is done"),
    (("SQLITE_FULL", "SQLITE_IOERR"), "make room on the disk; nothing was written in part"),
    (
        ("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM"),
        "mend the rights of the file and its folder",
    ),
)


def calm_state(path: Path) -> tuple[int, ...] | None:
    """What tells whether the file changed meanwhile; None where a program may have it open.

    A ledger that nobody has open can be read without leaving files beside it.
    """
    if side_file(path, "-wal").exists():
        return None
    found = path.stat()
    return found.st_mtime_ns, found.st_size, found.st_ino


def copy_for_dry_run(path: Path, to: Path) -> None:
    """Make `to` a copy of the ledger; where there is none, of nothing.  Writes nothing else.

    Raises:
        LedgerError: the ledger cannot be read, or the copy not be written.
    """
    with errors_of(to):
        private_folder(to.parent)
        remove(to)
    with errors_of(path):
        if not path.exists():
            return
        _check_header(path)
        before = calm_state(path)
        _copy(path, to, immutable=before is not None)
        if before is not None and calm_state(path) != before:
            remove(to)
            _copy(path, to, immutable=False)


def _copy(path: Path, to: Path, *, immutable: bool) -> None:
    private_file(to)
    with (
        closing(_connected(path, True, immutable)) as source,
        closing(sqlite3.connect(to, isolation_level=None)) as target,
    ):
        source.backup(target)


def _connected(path: Path, read_only: bool, immutable: bool) -> sqlite3.Connection:
    mode = "ro" if read_only else "rw"
    mode += "&immutable=1" if immutable else ""
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=BUSY_MS / 1000)
    try:
        connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
        if not read_only:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
    except BaseException:
        connection.close()
        raise
    return connection


def _check_header(path: Path) -> None:
    with path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise LedgerDamaged(f"{path} is not a ledger, or a damaged one", REBUILD)


def _checked(
    connection: sqlite3.Connection, path: Path, account: str, read_only: bool
) -> sqlite3.Connection:
    try:
        _check_schema(connection, path, read_only)
        if not read_only:
            migrations.migrate(connection, migrations.MIGRATIONS)
        owners = [row[0] for row in connection.execute("SELECT account FROM about")]
        if owners != [account]:
            raise LedgerError(
                f"{path} is the ledger of account {', '.join(owners) or '(none)'}, not of {account}",
                "one ledger belongs to one account; put the right file there",
            )
    except BaseException:
        connection.close()
        raise
    return connection


def _check_schema(connection: sqlite3.Connection, path: Path, read_only: bool) -> None:
    newest, found = len(migrations.MIGRATIONS), migrations.version(connection)
    if connection.execute("PRAGMA application_id").fetchone()[0] != migrations.APPLICATION_ID:
        raise LedgerDamaged(f"{path} is a database, but no ledger", REBUILD)
    if found > newest:
        raise SchemaMismatch(
            f"{path} was written by a newer avwap (schema {found}, this one knows {newest})",
            "update avwap",
        )
    if read_only and found < newest:
        raise LedgerError(
            f"{path} has the schema {found} of an older avwap, this one's is {newest}",
            "run `avwap ledger backup` once, which brings it up to date",
        )


def _make(path: Path, account: str) -> None:
    """Put a new, empty ledger there; another process may be quicker, then its file stands."""
    if any(side_file(path, ending).exists() for ending in SIDE_FILES):
        raise LedgerDamaged(f"{path} is gone, but not the files beside it", REBUILD)
    private_folder(path.parent)
    with made_aside(path) as aside:
        create(aside, account)
        with contextlib.suppress(FileExistsError):
            os.link(aside, path)
    flush_folder(path.parent)


@contextmanager
def made_aside(path: Path) -> Iterator[Path]:
    """A name beside `path` that nobody else uses; what is left there is deleted in the end."""
    aside = path.with_name(f".{path.name}.{os.getpid()}-{get_ident()}.new")
    remove(aside)
    try:
        yield aside
    finally:
        remove(aside)


def create(path: Path, account: str) -> None:
    """Write a whole new ledger, flushed to the disk, to a name that nobody else uses."""
    private_file(path)
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        migrations.migrate(connection, migrations.MIGRATIONS)
        connection.execute("INSERT INTO about (account) VALUES (?)", (account,))
    finally:
        connection.close()
    flush(path)


def remove(path: Path) -> None:
    """Delete a database of ours that was made aside, with the files beside it."""
    for ending in ("", *SIDE_FILES, "-journal"):
        side_file(path, ending).unlink(missing_ok=True)


def flush(path: Path) -> None:
    """Have the file's bytes on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def flush_folder(folder: Path) -> None:
    """Have a new name in that folder on the disk."""
    flush(folder)
