"""Alerts of the stages by commands: each told once when it begins and once when it ends."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from trading_rig import DAY, candidate, clock_time, tape_of
from trading_street import TradingStreet, street_on
from typer.testing import CliRunner, Result

from avwap_cli.adapters.ledger.sqlite_ledger import SqliteLedger
from avwap_cli.cli import app
from avwap_cli.market import sessions
from avwap_cli.trading.facts import Act, Notice, Report, Verb
from avwap_cli.trading.intents import Intent, Leg, Role
from avwap_cli.trading.orders import BrokerOrder, OrderKind, Status, TimeInForce
from avwap_cli.trading.plans import plan_of

D = Decimal
FOLLOWING = sessions.next_session(DAY)
FLAT = [("09:30", 100.0), ("16:00", 100.0)]
PLAN = (
    candidate("AAA", "rsi_mean_reversion", 1),
    candidate("BBB", "adx_pullback", 2),
    candidate("CCC", "avwap", 3),
)
TAPE = tape_of({name: {DAY: FLAT, FOLLOWING: FLAT} for name in ("AAA", "BBB", "CCC")})


@pytest.fixture
def street(tmp_path: Path) -> Iterator[TradingStreet]:
    with street_on(tmp_path, TAPE) as one:
        one.plan(*PLAN)
        yield one


def told(street: TradingStreet, kind: str, day: date = DAY) -> list[tuple[str, bool]]:
    rows = street.alerts(day)
    return [(row["key"].removesuffix(f".{day}"), row["begins"]) for row in rows if
            row["kind"] == kind]  # fmt: skip


def test_a_stage_that_fails_is_told_once_and_so_is_its_recovery(street: TradingStreet) -> None:
    street.run("enter", "--group", "moo")
    street.to("09:45:05")
    number = street.exchange.fault("500@GET /v2/positions")
    first = street.run("enter", "--group", "confirm")
    second = street.run("enter", "--group", "confirm")
    assert (first.exit_code, second.exit_code) == (6, 6)
    assert "stage: enter-confirm failed: " in first.stderr
    assert "stage: " not in second.stderr
    assert told(street, "stage") == [("failed.enter-confirm", True)]
    street.exchange.context.faults.remove(number)
    for _ in range(2):
        assert street.run("enter", "--group", "confirm").exit_code == 0
    assert told(street, "stage") == [
        ("failed.enter-confirm", True),
        ("failed.enter-confirm", False),
    ]


def test_a_missed_window_is_named_and_its_entries_are_not_made(street: TradingStreet) -> None:
    street.run("enter", "--group", "moo")
    street.to("10:00:30")
    late = street.run("enter", "--group", "confirm")
    assert "not its time" in late.stdout
    for _ in range(2):
        street.run("enter", "--group", "boh")
    assert told(street, "window").count(("missed.enter-confirm", False)) == 1
    (text,) = [r["text"] for r in street.alerts() if r["key"].startswith("missed.enter-confirm")]
    assert "enter-confirm was missed: its window, Mon 09:45-10:00 ET, is over" in text
    assert "entries are not made late" in text
    assert [o for o in street.orders() if ".BBB." in o] == []
    assert "missed.enter-moo" not in dict(told(street, "window")), "that one ran"


def test_a_monitor_that_does_not_run_is_told_and_makes_its_exits_late(
    street: TradingStreet,
) -> None:
    street.run("enter", "--group", "moo")
    street.to("11:00")
    for _ in range(2):
        street.run("enter", "--group", "boh")
    assert told(street, "window").count(("late.monitor", True)) == 1
    street.run("halt", "flatten", "--why", "away")
    assert street.held() == {"AAA": D(100)}
    for _ in range(4):
        street.run("monitor", "--once")
        street.exchange.step(30)
    assert street.held() == {}
    late = [row for row in told(street, "window") if row[0] == "late.monitor"]
    assert late == [("late.monitor", True), ("late.monitor", False)]


def test_a_monitor_that_begins_late_says_so_itself(street: TradingStreet) -> None:
    street.run("enter", "--group", "moo")
    street.to("11:00")
    for _ in range(2):
        street.run("monitor", "--once")
    late = [row["text"] for row in street.alerts() if row["key"].startswith("late.monitor")]
    assert len(late) == 1
    assert "monitor begins late: its window is Mon 09:28-16:10 ET" in late[0]


def test_what_was_missed_is_named_on_the_next_day_too(street: TradingStreet) -> None:
    street.run("enter", "--group", "moo")
    street.to("09:29", FOLLOWING)
    street.run("monitor", "--once")
    missed = {key for key, _ in told(street, "window")}
    assert {"missed.monitor", "missed.enter-boh", "missed.report"} <= missed
    assert "missed.gapfilter" in {key for key, _ in told(street, "window", FOLLOWING)}
    assert "missed.enter-moo" not in {key for key, _ in told(street, "window", FOLLOWING)}


def test_a_halt_is_told_once_by_whoever_tells_it(street: TradingStreet) -> None:
    street.run("halt", "no-entries", "--why", "news")
    street.run("enter", "--group", "moo")
    street.to("09:29")
    street.run("monitor", "--once")
    assert told(street, "halt") == [("halt.no-entries", True)]
    street.run("resume")
    street.run("monitor", "--once")
    assert told(street, "halt") == [("halt.no-entries", True), ("halt.no-entries", False)]


def test_a_position_left_without_a_stop_pages_with_the_time_in_new_york(
    street: TradingStreet,
) -> None:
    street.run("enter", "--group", "moo")
    street.to("09:40")
    street.run("monitor", "--once")
    rows = [row for row in street.alerts() if row["kind"] == "unprotected"]
    assert [(row["page"], row["begins"]) for row in rows] == [(True, True)]
    assert rows[0]["text"] == "AAA: 100 of 100 shares unprotected since 09:30:00 ET"


def test_a_refusal_is_told(street: TradingStreet) -> None:
    street.exchange.fault("refuse@POST /v2/orders,value=insufficient-buying-power")
    street.run("enter", "--group", "moo")
    assert len(told(street, "refusal")) == 1


def test_a_home_that_never_traded_is_told_on_stderr_and_once(tmp_path: Path) -> None:
    with street_on(tmp_path, TAPE) as street:
        first, second = (street.run("gapfilter") for _ in range(2))
        assert (first.exit_code, second.exit_code) == (4, 4)
        assert "stage: gapfilter failed: " in first.stderr
        assert "scan.json" in first.stderr
        assert "stage: " not in second.stderr
        assert not (tmp_path / "outputs" / "ledger").exists()
        assert not (street.store.folder(DAY) / "alerts.jsonl").exists()


EVENING = "2026-11-20T20:15"


class TradedDemo:
    """The demo's home with a ledger in which one of its candidates is held."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.folder = home / "outputs" / "sessions" / DAY.isoformat()
        self.scan: dict[str, Any] = json.loads((self.folder / "scan.json").read_text())
        self.symbol: str = self.scan["candidates"][0]["symbol"]
        (self.folder / "scan.json").unlink()
        self.ledger = home / "outputs" / "ledger" / "exchange-LOCAL.sqlite3"
        self.ledger.parent.mkdir()
        with SqliteLedger.open(self.ledger, "LOCAL") as ledger:
            ledger.append(*held(self.scan["candidates"][0]))

    def run(self, *words: str) -> Result:
        place = ["--home", str(self.home), "--now", EVENING, "--set", "broker.mode=exchange"]
        place += ["--set", "broker.url=http://127.0.0.1:9"]  # a local exchange, whose time is real
        return CliRunner().invoke(app, [*words, *place])

    def notices(self) -> list[Notice]:
        with SqliteLedger.open(self.ledger, "LOCAL", read_only=True) as ledger:
            return list(ledger.facts().notices)


def held(row: dict[str, Any]) -> list[Any]:
    """The facts of ten shares bought the session before."""
    day = sessions.previous_session(DAY)
    at = clock_time("09:30", day)
    plan = replace(plan_of(row, DAY, {}, None), session=day)
    role = Role(day, plan.strategy, plan.symbol, plan.direction, Leg.ENTRY)
    intent = Intent(
        role.attempt(1), role, OrderKind.MARKET, TimeInForce.DAY, D(10), None, None, "", D(60),
        plan.text(), None, at,
    )  # fmt: skip
    order = BrokerOrder(
        "b1", intent.id, role.symbol, intent.side, intent.effect, intent.kind, intent.tif,
        Status.FILLED, D(10), D(10), D(60), None, None, at, at,
    )  # fmt: skip
    return [intent, Act(at, Verb.SUBMIT, intent.id), Report(at, order)]


@pytest.fixture
def demo(demo_home: Path, tmp_path: Path) -> TradedDemo:
    shutil.copytree(demo_home, tmp_path / "demo")
    return TradedDemo(tmp_path / "demo")


def test_a_scan_that_is_done_is_told_with_what_it_means_for_holdings(demo: TradedDemo) -> None:
    inbox = demo.home / "cache" / "inbox" / "earnings.csv"
    lines = inbox.read_text().splitlines()
    columns = lines[0].split(",")
    row = {"symbol": demo.symbol, "date": DAY.isoformat()}
    inbox.write_text("\n".join([*lines, ",".join(row.get(c, "") for c in columns)]) + "\n")
    first, second = demo.run("scan"), demo.run("scan")
    assert (first.exit_code, second.exit_code) == (0, 0), first.output
    assert f"{demo.symbol} is held and reports by {DAY}" in first.stderr
    (notice,) = [n for n in demo.notices() if n.kind == "scan"]
    assert notice.text.startswith("done: ")
    assert "candidates of" in notice.text
    assert f"held and reporting by {DAY}: {demo.symbol}" in notice.text
    assert (demo.folder / "alerts.jsonl").read_text().count('"kind": "scan"') == 1
    assert "scan: done: " in first.stderr
    assert "scan: done: " not in second.stderr


def test_a_scan_that_refuses_is_told_with_its_reason(demo: TradedDemo) -> None:
    bars = ["--set", "scan.run.min_coverage_frac=1", "--set", "scan.run.clean_coverage_frac=1"]
    for _ in range(2):
        assert demo.run("scan", *bars).exit_code == 5
    (notice,) = [n for n in demo.notices() if n.kind == "stage"]
    assert notice.text.startswith("scan refused: ")
    assert not notice.begins, "it is an event: the scan ran as it should"


def test_alerts_that_cannot_be_kept_stop_no_stage(demo: TradedDemo) -> None:
    good = demo.ledger.read_bytes()
    demo.ledger.write_bytes(b"no database" * 100)
    result = demo.run("universe")
    assert result.exit_code == 0, result.output
    assert "an alert could not be kept" in result.stderr
    failing = demo.run("scan")
    assert failing.exit_code == 4
    assert "stage: scan failed: " in failing.stderr
    demo.ledger.write_bytes(good)
    assert demo.run("scan").exit_code == 0
    assert [n.kind for n in demo.notices() if n.kind != "window"] == ["scan"]
