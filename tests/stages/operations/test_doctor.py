"""doctor finds what was planted, and names the way out; a healthy home passes."""

from __future__ import annotations

import json
import os
import platform
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from trading_rig import DAY, clock_time, tape_of
from typer.testing import CliRunner

from avwap_cli.adapters.alerts.mailbox import Limits, Mailbox
from avwap_cli.adapters.broker.alpaca_broker import AlpacaBroker
from avwap_cli.adapters.clocks import SystemClock
from avwap_cli.adapters.ledger.ledger_shelf import LedgerShelf
from avwap_cli.adapters.ledger.sqlite_ledger import SqliteLedger
from avwap_cli.adapters.stage_locks import stage_lock
from avwap_cli.cli import app
from avwap_cli.exchange.local import LocalExchange
from avwap_cli.exchange.server import serving
from avwap_cli.exchange.settings import Settings
from avwap_cli.home import Home
from avwap_cli.market import sessions
from avwap_cli.review.digests import Message, Severity
from avwap_cli.review.operations.checkups import Check, ok
from avwap_cli.stages.operations.crontabs import crontab_for
from avwap_cli.stages.operations.doctor import Question, run_doctor
from avwap_cli.trading.facts import Act, HaltChange, HaltLevel, Verb
from avwap_cli.trading.intents import Intent, Leg, Role
from avwap_cli.trading.orders import Fill, OrderKind, Side, TimeInForce
from avwap_cli.trading.plans import Plan
from avwap_cli.wiring.desk import Choices, Desk
from avwap_cli.wiring.doctor_questions import moment, questions

PROGRAM = Path("/usr/local/bin/avwap")
ACCOUNT = "PA1"
EVENING = "2026-11-20T20:30"
KEYS = {"ALPACA_API_KEY": "PKABCDEFGHIJKLMNOP", "ALPACA_SECRET_KEY": "s" * 40}
HOOK = {"SLACK_WEBHOOK_URL": "https://hooks.slack.com/services/T/B/X"}


@dataclass
class Patient:
    """A paper account's home on the evening of the demo's scan, that a doctor looks at, and what he is told of it besides."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)
    now: str | None = EVENING

    @property
    def outputs(self) -> Path:
        return self.root / "outputs"

    @property
    def shelf(self) -> LedgerShelf:
        return LedgerShelf(self.outputs / "ledger" / f"paper-{ACCOUNT}.sqlite3", ACCOUNT)

    def desk(self) -> Desk:
        return Desk(Choices(self.root, settings=self.settings, now=self.now), self.environment)

    def checks(self, *names: str, offline: bool = False) -> list[tuple[str, str, str]]:
        """State, what was measured and the fix of these questions alone."""
        desk = self.desk()
        asked = questions(desk, PROGRAM, moment(desk, offline=offline))
        mine = [q for q in asked if not names or q.name in names]
        assert len(mine) >= len(names)
        body = run_doctor(mine, DAY, offline=offline).body
        return [(str(c["state"]), c["measured"], c["fix"]) for c in body["checks"]]

    def put(self, name: str, text: str) -> Path:
        """A file in place of what is there, which may be a link to another home's."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.write_text(text)
        return path


@pytest.fixture
def patient(demo_home: Path, tmp_path: Path) -> Patient:
    root = tmp_path / "home"
    shutil.copytree(demo_home, root, copy_function=os.link)
    return Patient(root, {**KEYS, **HOOK}, {"broker.mode": "paper"})


def ledger_with(patient: Patient, *facts: Any) -> Path:
    shelf = patient.shelf
    with SqliteLedger.open(shelf.path, ACCOUNT) as ledger:
        ledger.append(*facts)
    return shelf.path


FILL = Fill(
    "f-1",
    "b",
    "x",
    "KO",
    Side.BUY,
    Decimal(5),
    Decimal(60),
    datetime(2026, 11, 19, 15, tzinfo=sessions.EASTERN),
)


def test_a_healthy_home_has_no_fault_offline(
    patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = crontab_for(patient.desk().cron_host(), Home(patient.root), PROGRAM)
    monkeypatch.setattr(Desk, "installed_crontab", lambda self: lines)
    ledger_with(patient, FILL)
    patient.shelf.back_up(date(2026, 11, 20))
    told = patient.checks(offline=True)
    assert [check for check in told if check[0] not in {"ok", "skipped"}] == []
    assert sum(state == "skipped" for state, *_ in told) == 6
    assert "members have the newest bar" in str(told)
    assert "every file as written" in str(told)


def no_home(patient: Patient) -> None:
    shutil.rmtree(patient.outputs / "sessions")
    (patient.root / "config" / "default.yaml").unlink()


def wrong_setting(patient: Patient) -> None:
    patient.settings["risk.max_long"] = "many"


def full_disk(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(patient.root)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=10_000_000))


def no_folder(patient: Patient) -> None:
    shutil.rmtree(patient.outputs / "locks")
    patient.put("outputs/locks", "")


def open_ledger(patient: Patient) -> None:
    ledger_with(patient, FILL).chmod(0o644)


def open_report(patient: Patient) -> None:
    patient.put(f"outputs/sessions/{DAY}/report.html", "").chmod(0o644)
    for folder in (
        patient.outputs,
        patient.outputs / "sessions",
        patient.outputs / "sessions" / str(DAY),
    ):
        folder.chmod(0o755)


def open_secrets(patient: Patient) -> None:
    patient.put(".env", "ALPACA_API_KEY=PKX").chmod(0o644)


def torn_secrets(patient: Patient) -> None:
    patient.put(".env", "what is this").chmod(0o600)


def dead_holder(patient: Patient) -> None:
    holder(patient, "scan", platform.node())


def holder(patient: Patient, stage: str, host: str) -> None:
    since = datetime.now(UTC) - timedelta(hours=1)
    who = {"pid": 1, "host": host, "since": since.isoformat()}
    patient.put(f"outputs/locks/{stage}.holder.json", json.dumps(who))


def wild_latest(patient: Patient) -> None:
    patient.put("outputs/latest", "yesterday\n")


def old_latest(patient: Patient) -> None:
    patient.put("outputs/latest", "2026-11-20\n")


def future_latest(patient: Patient) -> None:
    patient.put("outputs/latest", "2199-01-02\n")


def torn_scan(patient: Patient) -> None:
    path = patient.outputs / "sessions" / str(DAY) / "scan.json"
    patient.put(str(path.relative_to(patient.root)), path.read_text()[:-9])


def newer_scan(patient: Patient) -> None:
    patient.put(f"outputs/sessions/{DAY}/scan.json", '{"schema": "avwap.scan/9.0"}')


def no_universe(patient: Patient) -> None:
    (patient.outputs / "sessions" / str(DAY) / "universe.csv").unlink()


def no_bars(patient: Patient) -> None:
    shutil.rmtree(patient.root / "cache" / "bars")


def other_bytes(patient: Patient) -> None:
    (base,) = (patient.root / "cache" / "bars").glob("base-*.parquet")
    data = bytearray(base.read_bytes())
    data[len(data) // 2] ^= 1
    base.unlink()
    base.write_bytes(data)


def a_week_later(patient: Patient) -> None:
    patient.now = "2026-12-02T20:30"


def days_later(patient: Patient) -> None:
    patient.now = "2026-12-16T20:30"


def no_report_dates(patient: Patient) -> None:
    patient.settings["earnings.provider"] = "none"


def wrong_crontab(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Desk, "installed_crontab", lambda self: "0 4 * * * /elsewhere/avwap scan\n")


def no_crontab(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Desk, "installed_crontab", lambda self: None)


def no_channel(patient: Patient) -> None:
    del patient.environment["SLACK_WEBHOOK_URL"]


def no_address(patient: Patient) -> None:
    patient.environment["SLACK_WEBHOOK_URL"] = "my-webhook"


def half_an_address(patient: Patient) -> None:
    patient.environment["SLACK_WEBHOOK_URL"] = "http://[::1/path"


def no_latest(patient: Patient) -> None:
    (patient.outputs / "latest").unlink()


def no_room_at_all(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(patient.root)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=0))


def undelivered(patient: Patient) -> None:
    """Two wait, and two for a channel that has no address and so nobody asks for."""
    moment = datetime(2026, 11, 20, 19, 31, tzinfo=sessions.EASTERN).timestamp()
    mailbox = Mailbox(patient.outputs / "alerts.json", patient.outputs / "locks", Limits(9, 600))
    message = Message(Severity.WARNING, "monitor failed", ())
    for at in (moment, moment + 60):
        mailbox.put({"SLACK_WEBHOOK_URL": message, "PHONE": message}, [], at)
    parcel = mailbox.take("SLACK_WEBHOOK_URL", moment + 61)
    assert parcel is not None
    mailbox.returned("SLACK_WEBHOOK_URL", parcel, moment + 62)


def bad_zone(patient: Patient) -> None:
    patient.environment["TZ"] = "Mars/Base"


def torn_ledger(patient: Patient) -> None:
    path = ledger_with(patient, FILL)
    path.write_bytes(path.read_bytes()[: 4096 + 17])


def torn_ledger_of_another_mode(patient: Patient) -> None:
    ledger_with(patient, FILL)
    (patient.outputs / "ledger" / "live-77.sqlite3").write_bytes(b"no ledger")


def other_mode_without_backup(patient: Patient) -> None:
    SqliteLedger.open(patient.outputs / "ledger" / "exchange-LX9.sqlite3", "LX9").close()


def newer_ledger(patient: Patient) -> None:
    path = ledger_with(patient, FILL)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")


def no_backup(patient: Patient) -> None:
    ledger_with(patient, FILL)


def old_backup(patient: Patient) -> None:
    ledger_with(patient, FILL)
    patient.shelf.back_up(date(2026, 11, 3))


def halt_by_file(patient: Patient) -> None:
    patient.put("HALT", "flatten")


def halt_by_file_and_a_torn_ledger(patient: Patient) -> None:
    torn_ledger(patient)
    halt_by_file(patient)


def halt_by_person(patient: Patient) -> None:
    at = datetime(2026, 11, 19, 15, tzinfo=sessions.EASTERN)
    ledger_with(patient, HaltChange(at, HaltLevel.NO_ENTRIES, "person", "news", None))


def half_a_key(patient: Patient) -> None:
    del patient.environment["ALPACA_SECRET_KEY"]


def quoted_key(patient: Patient) -> None:
    patient.environment["ALPACA_API_KEY"] = '"PKABCDEFGHIJKLMNOP"'


def live_mode(patient: Patient) -> None:
    patient.settings |= {"broker.mode": "live", "broker.url": "https://api.alpaca.markets"}


def live_without_name(patient: Patient) -> None:
    live_mode(patient)
    patient.environment["ALPACA_API_KEY"] = "AKABCDEFGHIJKLMNOP"


def live_without_address(patient: Patient) -> None:
    live_without_name(patient)
    patient.environment["AVWAP_LIVE"] = "123"
    patient.settings["broker.url"] = '""'


# What is planted, the question that must find it, how bad it is, what was seen, the way out.
PLANTED: list[tuple[Callable[..., None], str, str, str, str]] = [
    (no_home, "home", "fail", "is not a home", "avwap init"),
    (wrong_setting, "config", "fail", "risk.max_long", "avwap config check"),
    (full_disk, "disk", "fail", "0.0 GiB are free", "make room"),
    (no_folder, "folders", "fail", "outputs/locks", "rights"),
    (open_ledger, "permissions", "fail", "paper-PA1.sqlite3", "chmod -R go="),
    (open_report, "permissions", "warn", "report.html", "chmod -R go="),
    (open_secrets, "secrets", "warn", "others can read your secrets", "chmod 600"),
    (torn_secrets, "secrets", "fail", ".env:1", "docs/faults.md"),
    (dead_holder, "locks", "warn", "process 1", "remove outputs/locks/scan.holder.json"),
    (wild_latest, "latest", "fail", "'yesterday'", "remove outputs/latest"),
    (old_latest, "latest", "fail", "the newest session is 2026-11-23", "remove outputs/latest"),
    (future_latest, "latest", "fail", "2199-01-02", "remove outputs/latest"),
    (torn_scan, "artifacts", "fail", "scan.json is not JSON", "run `avwap scan` again"),
    (newer_scan, "artifacts", "fail", "avwap.scan/9.0", "update avwap"),
    (no_universe, "universe", "fail", "none in the last", "avwap universe"),
    (a_week_later, "universe", "fail", "7 sessions old", "avwap universe"),
    (no_bars, "bars", "fail", "is empty", "avwap refresh-cache"),
    (other_bytes, "bars", "fail", "is not the file that was written", "avwap"),
    (days_later, "bars", "fail", "the last session was 2026-12-16", "avwap refresh-cache"),
    (no_report_dates, "earnings", "warn", "every date is unknown", "earnings.provider"),
    (wrong_crontab, "crontab", "fail", "wrong with the crontab", "avwap crontab"),
    (no_crontab, "crontab", "warn", "nothing runs the day by itself", "avwap crontab"),
    (no_channel, "alerts", "warn", "nobody is told", "avwap alerts test"),
    (half_an_address, "alerts", "fail", "SLACK_WEBHOOK_URL is no address", "hooks.slack.com"),
    (no_room_at_all, "folders", "fail", "the disk is full", "make room"),
    (no_latest, "latest", "ok", "the next stage that succeeds writes it", ""),
    (no_address, "alerts", "fail", "SLACK_WEBHOOK_URL is no address", "hooks.slack.com"),
    (
        undelivered,
        *(
            "alerts",
            "warn",
            "SLACK_WEBHOOK_URL: 2 messages are not delivered, the oldest of "
            "Fri 2026-11-20 19:31 ET",
            "avwap alerts test",
        ),
    ),
    (bad_zone, "time zone", "warn", "'Mars/Base', is not known; times here are shown in UTC", "TZ"),
    (torn_ledger, "ledger", "fail", "paper-PA1.sqlite3", "avwap ledger rebuild"),
    (torn_ledger_of_another_mode, "ledger", "fail", "live-77.sqlite3", "avwap ledger rebuild"),
    (newer_ledger, "ledger", "fail", "newer avwap", "update avwap"),
    (no_backup, "backup", "warn", "has no copy", "avwap ledger backup"),
    (other_mode_without_backup, "backup", "warn", "LX9 has no copy", "avwap ledger backup"),
    (old_backup, "backup", "fail", "13 sessions old", "avwap ledger backup"),
    (halt_by_file, "halt", "warn", "flatten (the file HALT)", "remove the file HALT"),
    (halt_by_file_and_a_torn_ledger, "halt", "warn", "flatten (the file", "remove the file HALT"),
    (halt_by_person, "halt", "warn", "no-entries (person: news)", "avwap resume"),
    (half_a_key, "keys", "fail", "ALPACA_SECRET_KEY is not set", "copy both keys"),
    (quoted_key, "keys", "fail", "a character that no key has", "without quotes"),
    (live_mode, "keys", "fail", "keys are of a paper account", "broker.mode: paper"),
    (live_without_name, "keys", "fail", "has no AVWAP_LIVE", "number of the live account"),
    (live_without_address, "keys", "fail", "broker.url is empty", "https://api.alpaca.markets"),
]


@pytest.mark.parametrize(
    ("plant", "question", "state", "seen", "fix"),
    PLANTED,
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_a_planted_fault_is_found_and_its_fix_named(
    plant: Callable[..., None],
    question: str,
    state: str,
    seen: str,
    fix: str,
    patient: Patient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asks = (patient, monkeypatch) if plant.__code__.co_argcount == 2 else (patient,)
    plant(*asks)
    found = [c for c in patient.checks(question) if c[0] == state and seen in c[1]]
    assert found
    assert fix in found[0][2]


@pytest.mark.parametrize("problem", [ValueError("of the secret xyz"), OSError(5, "io error")])
def test_a_question_that_breaks_is_a_failed_check_of_its_own(problem: Exception) -> None:
    def broken() -> list[Check]:
        raise problem

    asked = [Question("first", broken), Question("second", lambda: [ok("second", "well")])]
    checks = run_doctor(asked, DAY).body["checks"]
    assert [(c["name"], str(c["state"])) for c in checks] == [("first", "fail"), ("second", "ok")]
    assert "xyz" not in str(checks)


def test_a_lock_held_for_two_days_and_one_of_another_host_are_told(patient: Patient) -> None:
    long_ago = datetime.now(UTC) - timedelta(hours=48)
    with (
        stage_lock(patient.outputs / "locks", "monitor", 0, long_ago),
        stage_lock(patient.outputs / "locks", "scan", 0, datetime.now(UTC)),
    ):
        holder(patient, "scan", "elsewhere")
        told = patient.checks("locks")
    assert [(state, "48 hours" in said or "elsewhere" in said) for state, said, _ in told] == [
        ("fail", True), ("warn", True),
    ]  # fmt: skip
    assert patient.checks("locks") == [("ok", "nobody holds one", "")]


def test_what_hangs_on_a_fault_is_skipped_and_all_else_is_told(patient: Patient) -> None:
    wrong_setting(patient)
    told = patient.checks()
    assert [
        said for state, said, _ in told if state == "fail" and "risk.max_long" not in said
    ] == []
    waiting = [said for state, said, _ in told if state == "skipped"]
    assert waiting.count("not without an answer to config") >= 10
    assert sum(state == "ok" for state, *_ in told) >= 7


PLAN = Plan(
    DAY, 1, "KO", "rsi_mean_reversion", 1, "moo", "Staples", Decimal(60), Decimal(1),
    Decimal("2.5"), None, Decimal(3), None, 5, Decimal(60), Decimal("57.5"), None, None, None,
    Decimal("0.2"),
)  # fmt: skip
ROLE = Role(DAY, PLAN.strategy, "KO", 1, Leg.ENTRY)
AT = clock_time("09:10")
ENTRY = Intent(
    ROLE.attempt(1), ROLE, OrderKind.MARKET, TimeInForce.DAY, Decimal(100), None, None, "",
    Decimal(60), PLAN.text(), None, AT,
)  # fmt: skip
BOUGHT = (
    ENTRY,
    Act(AT, Verb.SUBMIT, ENTRY.id),
    Fill("f-2", "b-2", ENTRY.id, "KO", Side.BUY, Decimal(100), Decimal(60), AT),
)


@contextmanager
def at_exchange(patient: Patient, **settings: Any) -> Iterator[LocalExchange]:
    """The home's broker is a local exchange at 09:20 of the day after the evening."""
    tape = tape_of({"SPY": {DAY: [("09:30", 100.0), ("16:00", 100.0)]}})
    chosen = Settings(**{"requests_per_minute": 0, "subscription": "plus", **settings})
    exchange = LocalExchange(tape, chosen, start=clock_time("09:20"))
    with serving(exchange) as served:
        patient.now = None
        patient.settings |= {
            "broker.mode": "exchange", "broker.url": f'"{served.url}"', "broker.get_waits_s": "[]",
        }  # fmt: skip
        keys = exchange.keys
        patient.environment |= {"ALPACA_API_KEY": keys.key_id, "ALPACA_SECRET_KEY": keys.secret}
        yield exchange


AT_BROKER = ("secrets", "keys", "account", "date", "clock", "calendar", "feed", "both sides")


def test_a_healthy_account_has_no_fault(patient: Patient) -> None:
    with at_exchange(patient):
        told = patient.checks(*AT_BROKER)
    assert [state for state, *_ in told] == ["ok"] * len(AT_BROKER), told
    assert "ACTIVE, 100,000 USD, multiplier" in str(told)
    assert "ledger and broker agree on 0 orders" in str(told)


def test_keys_that_the_broker_refuses_are_told_once(patient: Patient) -> None:
    with at_exchange(patient):
        patient.environment["ALPACA_SECRET_KEY"] = "x" * 40
        told = patient.checks("keys", "account", "clock", "both sides")
    # The exchange does not even tell its time, so the computer's stands in.
    assert [state for state, *_ in told] == ["ok", "fail", "skipped", "skipped"]
    assert "refuses the keys" in told[1][1]
    assert "both into .env" in told[1][2]


def test_a_thin_feed_warns(patient: Patient) -> None:
    with at_exchange(patient, subscription="basic"):
        ((state, said, fix),) = patient.checks("feed")
    assert (state, "from iex" in said or "from delayed_sip" in said) == ("warn", True)
    assert "SIP" in fix


def test_a_ledger_that_differs_is_found(patient: Patient) -> None:
    with at_exchange(patient) as exchange:
        with exchange.reading() as venue:
            number = venue.account_number
        path = patient.outputs / "ledger" / f"exchange-{number}.sqlite3"
        with SqliteLedger.open(path, number) as ledger:
            ledger.append(*BOUGHT)
        told = patient.checks("ledger", "both sides")
    assert [state for state, *_ in told] == ["ok", "fail"]
    assert "ledger and broker differ" in told[1][1]
    assert "avwap orders --verify" in told[1][2]


def test_a_clock_that_is_off_is_found(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    with at_exchange(patient):
        patient.now = "2026-11-23T09:19"
        ((state, said, fix),) = patient.checks("clock")
        assert (state, "60.0 s behind the broker's" in said) == ("fail", True)
        assert "NTP" in fix
        wrong = datetime.now(sessions.EASTERN) + timedelta(minutes=10)
        monkeypatch.setattr(SystemClock, "now", lambda self: wrong)
        ((state, said, fix),) = patient.checks("date")
    assert (state, "ahead of the time of the broker's answers" in said) == ("fail", True)
    assert "NTP" in fix


def test_another_calendar_is_found(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    with at_exchange(patient):
        theirs = AlpacaBroker.hours

        def hours(self: AlpacaBroker, day: date) -> tuple[datetime, datetime] | None:
            return None if day == date(2026, 11, 24) else theirs(self, day)

        monkeypatch.setattr(AlpacaBroker, "hours", hours)
        ((state, said, fix),) = patient.checks("calendar")
    assert state == "fail"
    assert said == "2026-11-24: 09:30-16:00 by us, closed by the broker"
    assert "halt no-entries" in fix


def test_an_exchange_that_is_gone_is_told_and_nothing_waits(patient: Patient) -> None:
    with at_exchange(patient):
        pass
    told = patient.checks("keys", "account", "both sides")
    assert [state for state, *_ in told] == ["ok", "fail", "skipped"]
    assert "does not answer" in told[1][1]
    assert "avwap exchange" in told[1][2]


def test_the_command_tells_in_json_and_by_its_exit_code(patient: Patient) -> None:
    before = {path: path.stat().st_mtime_ns for path in patient.root.rglob("*")}
    words = ["doctor", "--offline", "--home", str(patient.root), "--now", EVENING]
    words += ["--set", "broker.mode=paper"]
    whole = CliRunner().invoke(app, [*words, "--json"], env=patient.environment)
    assert whole.exit_code == 0, whole.output
    document = json.loads(whole.stdout)
    assert document["counts"]["fail"] == 0
    names = [check["name"] for check in document["body"]["checks"]]
    assert names[:3] == ["home", "config", "python"]
    assert {path: path.stat().st_mtime_ns for path in patient.root.rglob("*")} == before
    no_universe(patient)
    said = CliRunner().invoke(app, words, env=patient.environment)
    assert said.exit_code == 9
    assert "universe: run `avwap universe`" in said.stdout
    assert KEYS["ALPACA_SECRET_KEY"] not in whole.output + said.output


def test_a_home_at_no_broker_needs_no_keys(patient: Patient) -> None:
    patient.environment, patient.settings = {}, {}
    SqliteLedger.open(patient.outputs / "ledger" / "exchange-LX9.sqlite3", "LX9").close()
    assert [state for state, *_ in patient.checks("keys")] == ["skipped"]
    patient.settings["broker.mode"] = "paper"
    assert [state for state, *_ in patient.checks("keys")] == ["fail"]
