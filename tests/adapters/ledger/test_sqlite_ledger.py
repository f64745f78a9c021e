"""The ledger in SQLite: durable, readable, unchangeable, and refused when it is not ours."""

from __future__ import annotations

import os
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from avwap_cli.adapters.ledger import ledger_files, migrations
from avwap_cli.adapters.ledger.ledger_files import copy_for_dry_run, path_of
from avwap_cli.adapters.ledger.ledger_tables import TABLES
from avwap_cli.adapters.ledger.sqlite_ledger import SqliteLedger
from avwap_cli.errors import LedgerDamaged, LedgerError, SchemaMismatch
from avwap_cli.trading.facts import Act, Mark, RunStarted, Verb
from avwap_cli.trading.intents import Intent, Leg, Role
from avwap_cli.trading.orders import Fill, OrderKind, Side, TimeInForce

DAY = date(2024, 3, 8)
AT = datetime(2024, 3, 8, 14, 30, tzinfo=UTC)
FILL = Fill("f-1", "b-1", "x", "KO", Side.BUY, Decimal("5"), Decimal("60.10"), AT)
RUN = RunStarted(AT, DAY, "enter", 1)


def intent(number: int) -> Intent:
    role = Role(DAY, "avwap", "KO", 1, Leg.ENTRY)
    return Intent(
        role.attempt(number),
        role,
        OrderKind.MARKET,
        TimeInForce.DAY,
        Decimal(100),
        None,
        None,
        "",
        Decimal("60.10"),
        "{}",
        None,
        AT,
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger" / "paper-PA1.sqlite3"


def opened(path: Path, **choices: bool) -> SqliteLedger:
    return SqliteLedger.open(path, "PA1", **choices)


def fill_count(path: Path) -> int:
    with opened(path, read_only=True) as ledger:
        return len(ledger.facts().fills)


@contextmanager
def plain(path: Path) -> Iterator[sqlite3.Connection]:
    """The file as any other program sees it."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        yield connection


def test_the_name_tells_broker_and_account(tmp_path: Path) -> None:
    assert path_of(tmp_path, "paper", "PA3X") == tmp_path / "ledger" / "paper-PA3X.sqlite3"
    for account in ("", "../x", "a b", "Ä1", "a/b"):
        with pytest.raises(LedgerError, match="account number"):
            path_of(tmp_path, "paper", account)


def test_what_was_appended_is_there_after_reopening(path: Path) -> None:
    with opened(path) as ledger:
        ledger.append(intent(1), FILL)
    with opened(path) as ledger:
        assert (ledger.facts().intents, ledger.facts().fills) == ([intent(1)], [FILL])
        assert ledger.append(FILL, intent(1)) == 0


def test_two_openings_see_what_the_other_appends(path: Path) -> None:
    with opened(path) as one, opened(path) as other:
        assert (one.facts().fills, other.facts().fills) == ([], [])
        one.append(FILL)
        assert other.append(FILL) == 0
        other.append(replace(FILL, id="f-2"))
        assert [f.id for f in one.facts().fills] == ["f-1", "f-2"]
        one.append(replace(FILL, id="f-3"), RUN)
        assert [f.id for f in other.facts().fills] == ["f-1", "f-2", "f-3"]
        assert other.facts() == one.facts()


def test_a_person_can_read_the_columns(path: Path) -> None:
    with opened(path) as ledger:
        ledger.append(intent(1), FILL, Mark(AT, DAY, "avwap", "KO", Decimal("1E+2"), Decimal(9)))
    with plain(path) as connection:
        row = connection.execute("SELECT symbol, side, shares, price, at FROM fills").fetchone()
        assert row == ("KO", "buy", "5", "60.10", "2024-03-08T14:30:00.000000+00:00")
        role = connection.execute("SELECT session, leg, direction FROM intents").fetchone()
        assert role == ("2024-03-08", "entry", 1)
        assert connection.execute("SELECT high FROM marks").fetchone() == ("100",)


@pytest.mark.parametrize("table", [t.name for t in TABLES])
def test_every_field_has_its_column(path: Path, table: str) -> None:
    opened(path).close()
    with plain(path) as connection:
        found = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    fields = [c.name for t in TABLES if t.name == table for c in t.columns]
    assert found == ["seq", *fields]


@pytest.mark.parametrize("table", ["about", *(t.name for t in TABLES)])
def test_nobody_can_change_or_delete_a_row(path: Path, table: str) -> None:
    with opened(path) as ledger:
        ledger.append(FILL)
    with plain(path) as connection:
        triggers = {
            row[0]
            for row in connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?", (table,)
            )
        }
        assert triggers == {f"{table}_update", f"{table}_delete"}
        if table in ("about", "fills"):
            for statement in (f"UPDATE {table} SET rowid = 7", f"DELETE FROM {table}"):
                with pytest.raises(sqlite3.IntegrityError, match="never changed"):
                    connection.execute(statement)


def test_every_commit_is_synchronised(path: Path) -> None:
    with opened(path) as ledger:
        connection = ledger._connection
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA busy_timeout").fetchone() == (5000,)


def test_a_fact_that_cannot_be_written_leaves_none_of_its_company(path: Path) -> None:
    with opened(path) as ledger:
        naive = replace(RUN, at=AT.replace(tzinfo=None))
        nan = replace(FILL, id="f-2", price=Decimal("NaN"))
        for bad in (naive, nan):
            with pytest.raises(ValueError, match=r"time zone|finite"):
                ledger.append(FILL, bad)
        assert ledger.facts().fills == []
        assert ledger.append(FILL) == 1


def test_the_ledger_of_another_account_is_refused(path: Path) -> None:
    opened(path).close()
    for read_only in (False, True):
        with pytest.raises(LedgerError, match="PA1, not of PA2"):
            SqliteLedger.open(path, "PA2", read_only=read_only)


def test_a_newer_ledger_is_refused_and_stays_as_it_is(path: Path) -> None:
    opened(path).close()
    with plain(path) as connection:
        connection.execute(f"PRAGMA user_version = {len(migrations.MIGRATIONS) + 1}")
    for read_only in (False, True):
        with pytest.raises(SchemaMismatch, match="newer"):
            opened(path, read_only=read_only)


def test_an_older_ledger_is_taken_forward_with_its_facts(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(path) as ledger:
        ledger.append(FILL)
    step = ("CREATE TABLE later (seq INTEGER PRIMARY KEY)",)
    monkeypatch.setattr(migrations, "MIGRATIONS", [*migrations.MIGRATIONS, step])
    with pytest.raises(LedgerError, match="older"):
        opened(path, read_only=True)
    with opened(path) as ledger:
        assert ledger.facts().fills == [FILL]
    with plain(path) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (2,)
        assert connection.execute("SELECT count(*) FROM later").fetchone() == (0,)


def test_a_step_that_fails_leaves_the_old_schema(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(path) as ledger:
        ledger.append(FILL)
    first = list(migrations.MIGRATIONS)
    step = ("CREATE TABLE later (seq INTEGER PRIMARY KEY)", "CREATE TABLE nonsense")
    monkeypatch.setattr(migrations, "MIGRATIONS", [*first, step])
    with pytest.raises(LedgerError):
        opened(path)
    monkeypatch.setattr(migrations, "MIGRATIONS", first)
    with opened(path) as ledger:
        assert ledger.facts().fills == [FILL]
    with plain(path) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
        names = connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'later'")
        assert names.fetchone() == (0,)


@pytest.mark.parametrize("content", [b"", b"SQLite", b"not a ledger at all" * 100, bytes(8192)])
def test_a_file_that_is_no_database_is_refused_and_stays(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    for read_only in (False, True):
        with pytest.raises(LedgerDamaged, match=r"paper-PA1.*ledger rebuild"):
            opened(path, read_only=read_only)
    assert path.read_bytes() == content


def test_another_programs_database_is_refused(path: Path) -> None:
    path.parent.mkdir()
    with plain(path) as connection:
        connection.execute("CREATE TABLE t (x)")
    with pytest.raises(LedgerDamaged, match="no ledger"):
        opened(path)


def filled(path: Path, rows: int) -> None:
    with opened(path) as ledger:
        ledger.append(*(replace(FILL, id=f"f-{n}") for n in range(rows)))


def test_a_truncated_ledger_is_refused(path: Path) -> None:
    filled(path, 2000)
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)
    with pytest.raises(LedgerDamaged, match="ledger rebuild"), opened(path) as ledger:
        ledger.facts()


def test_overwritten_pages_are_found_by_the_check(path: Path) -> None:
    filled(path, 2000)
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(b"\xff" * 8192)
    with pytest.raises(LedgerDamaged, match="ledger rebuild"), opened(path) as ledger:
        ledger.check()


@pytest.mark.parametrize(
    ("column", "value"), [("side", "hold"), ("shares", "many"), ("at", "2024-03-08T14:30:00")]
)
def test_a_row_that_cannot_be_read_is_named(path: Path, column: str, value: str) -> None:
    filled(path, 3)
    with plain(path) as connection:
        connection.execute("DROP TRIGGER fills_update")
        connection.execute(f"UPDATE fills SET {column} = ? WHERE seq = 2", (value,))
    with pytest.raises(LedgerDamaged, match="row 2 of fills"), opened(path) as ledger:
        ledger.facts()


def test_a_ledger_gone_with_its_log_left_behind_is_not_a_new_one(path: Path) -> None:
    path.parent.mkdir()
    ledger_files.side_file(path, "-wal").write_bytes(b"x")
    with pytest.raises(LedgerDamaged, match="is gone"):
        opened(path)
    assert not path.exists()


def test_nothing_is_left_beside_a_new_ledger(path: Path) -> None:
    opened(path).close()
    assert os.listdir(path.parent) == [path.name]


def test_a_new_ledger_does_not_take_the_place_of_one_just_made(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = ledger_files.create, []

    def slow(aside: Path, account: str) -> None:
        real(aside, account)
        if not calls:
            calls.append(aside)
            monkeypatch.setattr(ledger_files.os, "getpid", lambda: 1)
            with opened(path) as quicker:
                quicker.append(FILL)

    monkeypatch.setattr(ledger_files, "create", slow)
    with opened(path) as ledger:
        assert ledger.facts().fills == [FILL]


def test_read_only_refuses_to_append_and_to_make(path: Path) -> None:
    with pytest.raises(LedgerError, match="is not there"):
        opened(path, read_only=True)
    assert not path.parent.exists()
    filled(path, 1)
    with opened(path, read_only=True) as ledger:
        with pytest.raises(LedgerError, match="readonly"):
            ledger.append(RUN)
        assert ledger.facts().runs == []


def test_reading_leaves_no_file_behind(path: Path, tmp_path: Path) -> None:
    filled(path, 3)
    before = path.stat().st_mtime_ns
    assert fill_count(path) == 3
    copy_for_dry_run(path, tmp_path / "aside" / "copy.sqlite3")
    assert os.listdir(path.parent) == [path.name]
    assert path.stat().st_mtime_ns == before


def test_a_dry_runs_copy_holds_all_and_gives_nothing_back(path: Path, tmp_path: Path) -> None:
    copy = tmp_path / "aside" / "copy.sqlite3"
    with opened(path) as ledger:
        ledger.append(FILL)  # still in the write-ahead log
        copy_for_dry_run(path, copy)
        with opened(copy) as dry:
            assert dry.facts().fills == [FILL]
            dry.append(RUN)
        assert ledger.facts().runs == []
        copy_for_dry_run(path, copy)
    with opened(copy) as dry:
        assert (dry.facts().runs, dry.facts().fills) == ([], [FILL])


def test_a_dry_run_without_a_ledger_begins_with_none(path: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.sqlite3"
    filled(copy, 3)
    copy_for_dry_run(path, copy)
    assert not path.parent.exists()
    assert [f for f in os.listdir(tmp_path) if f.startswith("copy")] == []


def test_a_locked_ledger_says_so(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_files, "BUSY_MS", 50)
    with opened(path) as ledger, plain(path) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LedgerError, match=r"locked.*another program"):
            ledger.append(FILL)
        other.execute("ROLLBACK")
        assert ledger.append(FILL) == 1


@contextmanager
def disk_of(size: int) -> Iterator[None]:
    """No file may grow beyond so many bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    heard = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, heard)


def test_a_full_disk_leaves_what_was_there_and_nothing_half(path: Path) -> None:
    news = [replace(FILL, id=f"n-{n}") for n in range(1500)]
    with opened(path) as ledger:
        ledger.append(FILL)
        with disk_of(64 * 1024), pytest.raises(LedgerError, match=r"paper-PA1.*make room"):
            ledger.append(*news)
        assert ledger.facts().fills == [FILL]
        assert ledger.append(*news) == 1500
    assert fill_count(path) == 1501


def test_a_full_disk_makes_no_new_ledger(path: Path) -> None:
    with disk_of(8 * 1024), pytest.raises(LedgerError):
        opened(path)
    assert not path.exists()
    assert fill_count_after_append(path) == 1


def fill_count_after_append(path: Path) -> int:
    with opened(path) as ledger:
        ledger.append(FILL)
        return len(ledger.facts().fills)


WRITER = """
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from avwap_cli.adapters.ledger.sqlite_ledger import SqliteLedger
from avwap_cli.trading.facts import Act, RunStarted, Verb
at = datetime(2024, 3, 8, tzinfo=UTC)
with SqliteLedger.open(Path(sys.argv[1]), "PA1") as ledger:
    for n in range(int(sys.argv[2]), 10**6):
        made = [Act(at, Verb.SUBMIT, f"{n}.{part}") for part in range(20)]
        ledger.append(RunStarted(at, date(2024, 3, 8), "enter", n), *made)
        print(n, flush=True)
"""


def test_a_killed_writer_leaves_whole_commits_and_all_it_told_of(path: Path) -> None:
    told, start = -1, 0
    for _ in range(3):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), str(start)], stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        for _ in range(15):
            told = int(process.stdout.readline())
        process.kill()
        process.wait()
        process.stdout.close()
        with opened(path) as ledger:
            ledger.check()
            runs = [r.pid for r in ledger.facts().runs]
            acts = ledger.facts().acts
        assert runs == list(range(len(runs)))
        assert len(runs) > told
        assert [a.client_id for a in acts] == [f"{n}.{p}" for n in runs for p in range(20)]
        start = len(runs)


def test_nothing_new_is_found_within_a_millisecond_among_20000(path: Path) -> None:
    filled(path, 20_000)
    with opened(path) as ledger:
        first = ledger.facts()
        assert len(first.fills) == 20_000
        times = []
        for _ in range(20):
            start = time.perf_counter()
            assert ledger.facts() is first
            times.append(time.perf_counter() - start)
        assert sorted(times)[10] < 0.001
        ledger.append(Act(AT + timedelta(seconds=1), Verb.SUBMIT, "x"))
        assert len(ledger.facts().acts) == 1


def test_several_openings_at_once_lose_nothing(path: Path) -> None:
    def work(name: int) -> None:
        with opened(path) as ledger:
            for n in range(25):
                ledger.append(Act(AT, Verb.SUBMIT, f"{name}.{n}"), RunStarted(AT, DAY, "enter", n))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    with opened(path) as ledger:
        ids = [a.client_id for a in ledger.facts().acts]
        assert sorted(ids) == sorted(f"{name}.{n}" for name in range(4) for n in range(25))
        for name in range(4):
            mine = [i for i in ids if i.startswith(f"{name}.")]
            assert mine == [f"{name}.{n}" for n in range(25)]
        assert len(ledger.facts().runs) == 100
