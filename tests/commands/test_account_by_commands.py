"""The trading day's commands: whose time it is, who may say so, and what is never touched."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from alpaca.trading.client import TradingClient
from typer.testing import CliRunner, Result

from avwap_cli.adapters.stage_locks import stage_lock
from avwap_cli.cli import app
from avwap_cli.exchange.local import LocalExchange
from avwap_cli.exchange.server import Served, serving
from avwap_cli.exchange.settings import Settings
from avwap_cli.exchange.tape.tapes import Tape
from avwap_cli.market import sessions
from avwap_cli.market.bars import bar_table
from avwap_cli.market.sessions import EASTERN

SESSION = date(2026, 11, 23)
KEYS = ("ALPACA_API_KEY", "ALPACA_SECRET_KEY")
SENDING = [
    ["enter", "--group", "moo"],
    ["enter", "--group", "boh"],
    ["monitor"],
    ["monitor", "--once"],
    ["gapfilter"],
]


def said(result: Result) -> str:
    return result.stdout + result.stderr


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*KEYS, "AVWAP_LIVE", "AVWAP_HOME"):
        monkeypatch.delenv(name, raising=False)


def rehearse(home: Path, now: str, *words: str) -> Result:
    """A dry run at that New York time."""
    return CliRunner().invoke(app, [*words, "--home", str(home), "--now", now])


def contents(root: Path) -> dict[str, bytes]:
    return {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}


@pytest.mark.parametrize("words", [*SENDING, ["halt", "flatten", "--why", "x"], ["resume"]])
def test_a_rehearsed_time_is_refused_where_orders_could_be_sent(
    tmp_path: Path, words: list[str]
) -> None:
    result = rehearse(tmp_path, "2024-03-08T09:27", *words)
    assert result.exit_code == 2
    assert "--now is not the real time" in said(result)
    assert contents(tmp_path) == {}


@pytest.mark.parametrize("words", SENDING)
def test_another_session_is_refused_where_orders_could_be_sent(
    tmp_path: Path, words: list[str]
) -> None:
    result = CliRunner().invoke(app, [*words, "--home", str(tmp_path), "--session", "2024-03-08"])
    assert result.exit_code == 2
    assert "2024-03-08 is not the session of now" in said(result)
    assert contents(tmp_path) == {}


@pytest.mark.parametrize(
    ("now", "words", "text"),
    [
        ("2024-03-08T09:24", ["gapfilter"], "`avwap gapfilter` is for Fri 09:25-09:29 ET"),
        ("2024-03-08T10:00", ["enter", "--group", "moo"], "Fri 09:26-10:00"),
        ("2024-03-08T10:00", ["enter", "--group", "confirm"], "Fri 09:45-10:00"),
        ("2024-11-29T12:30", ["enter", "--group", "boh"], "Fri 09:50-12:30"),
        ("2024-11-29T13:10", ["monitor"], "Fri 09:28-13:10"),
        ("2024-03-09T12:00", ["monitor"], "not its time"),
    ],
)
def test_outside_of_its_window_a_stage_says_so_and_does_nothing(
    tmp_path: Path, now: str, words: list[str], text: str
) -> None:
    result = rehearse(tmp_path, now, *words, "--dry-run")
    assert result.exit_code == 0
    assert text in result.stdout
    assert rehearse(tmp_path, now, *words, "--dry-run", "--quiet").output == ""
    assert contents(tmp_path) == {}


@pytest.mark.parametrize("words", [["enter", "--group", "moo"], ["monitor"], ["gapfilter"]])
def test_without_keys_a_stage_shows_the_way(tmp_path: Path, words: list[str]) -> None:
    result = rehearse(tmp_path, "2024-03-08T09:28:30", *words, "--dry-run")
    assert result.exit_code == 3
    assert "avwap demo" in said(result)
    assert "ALPACA_API_KEY" in said(result)


def test_an_unknown_group_is_refused(tmp_path: Path) -> None:
    result = rehearse(tmp_path, "2024-03-08T09:27", "enter", "--group", "mooo", "--dry-run")
    assert result.exit_code == 2
    assert "the groups are moo, confirm, boh" in said(result)


def test_a_halt_without_a_broker_names_the_file(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["halt", "flatten", "--why", "x", "--home", str(tmp_path)])
    assert result.exit_code == 3
    assert "a file named HALT" in said(result)


def test_who_asks_every_minute_is_told_nothing_of_the_one_at_work(tmp_path: Path) -> None:
    now = datetime(2024, 3, 7, 20, 15, tzinfo=EASTERN)
    with stage_lock(tmp_path / "outputs" / "locks", "scan", 1, now):
        asked = ["scan", "--lock-timeout", "0"]
        loud = rehearse(tmp_path, "2024-03-07T20:15", *asked)
        quiet = rehearse(tmp_path, "2024-03-07T20:15", *asked, "--quiet")
    assert (loud.exit_code, quiet.exit_code) == (75, 75)
    assert "scan is already running" in said(loud)
    assert said(quiet) == ""


def test_a_dry_tick_says_what_it_would_start(tmp_path: Path) -> None:
    result = rehearse(tmp_path, "2024-03-07T20:15", "tick", "--dry-run")
    assert "would start avwap universe; the trading day" in result.stdout, (
        "the others a minute later"
    )
    assert "there are no keys" in result.stdout
    assert contents(tmp_path) == {}


def test_a_home_that_never_traded_is_healthy_without_trading(demo_home: Path) -> None:
    page = json.loads(rehearse(demo_home, "2026-11-23T12:00", "status", "--json").stdout)
    states = {row["stage"]: row["state"] for row in page["body"]["stages"]}
    assert page["trade_session"] == "2026-11-23"
    assert states["gapfilter"] == "missing"
    assert states["monitor"] == "overdue"
    assert page["exit_code"] == 0
    assert page["body"]["next_due"]["stage"] == "universe"


def tape() -> Tape:
    """Two names that stand still, two weeks around the session."""
    days = sessions.sessions_between(date(2026, 11, 9), date(2026, 12, 8))
    rows = [(s, d, p) for s, p in (("AAPL", 190.0), ("KO", 60.0)) for d in days]
    price = np.array([p for *_, p in rows])
    dates = np.array([d for _, d, _ in rows], dtype="datetime64[D]")
    table = bar_table(
        [s for s, *_ in rows], dates, price, price, price, price, np.full(len(rows), 4_000_000.0)
    )
    return Tape(table)


class Street:
    """A home that trades on a local exchange whose time stands until it is stepped."""

    def __init__(self, home: Path, exchange: LocalExchange, served: Served) -> None:
        self.home, self.exchange, self.url = home, exchange, served.url
        keys = exchange.keys
        self.client = TradingClient(keys.key_id, keys.secret, url_override=served.url)
        self.environment = dict(zip(KEYS, (keys.key_id, keys.secret), strict=True))

    def run(self, *words: str) -> Result:
        place = ["--home", str(self.home), "--set", "broker.mode=exchange"]
        place += ["--set", f"broker.url={self.url}", "--lock-timeout", "0"]
        return CliRunner().invoke(app, [*words, *place], env=self.environment)

    def told(self, *words: str) -> dict[str, Any]:
        result = self.run(*words, "--json")
        document: dict[str, Any] = json.loads(result.stdout)
        return document


@pytest.fixture
def street(tmp_path: Path) -> Iterator[Street]:
    exchange = LocalExchange(
        tape(),
        Settings(cash=Decimal(100_000)),
        start=datetime(2026, 11, 23, 9, 35, tzinfo=EASTERN),
        speed=0,
    )
    with serving(exchange) as served:
        yield Street(tmp_path, exchange, served)


def test_halt_and_resume_on_an_account_that_never_traded(street: Street) -> None:
    halted = street.told("halt", "no-entries", "--why", "news")
    assert halted["summary"].startswith("no-entries: ")
    assert halted["body"]["halted"] == "no-entries (person: news)"
    (ledger,) = (street.home / "outputs" / "ledger").glob("*.sqlite3")
    assert ledger.name.startswith("exchange-")
    assert street.told("status")["body"]["halted"] == "no-entries (person: news)"
    (street.home / "HALT").write_text("flatten")
    assert street.told("status")["body"]["halted"] == "flatten (the file HALT)"
    refused = street.run("resume")
    assert refused.exit_code == 8
    (street.home / "HALT").unlink()
    assert street.told("resume")["summary"] == "no-entries of person (news) is lifted"
    assert street.told("status")["body"]["halted"] is None


def test_a_dry_halt_leaves_the_ledger_as_it_is(street: Street) -> None:
    street.run("halt", "no-entries", "--why", "news")
    dry = street.told("halt", "flatten", "--why", "more", "--dry-run")
    assert dry["summary"].startswith("dry run: flatten")
    assert street.told("status")["body"]["halted"] == "no-entries (person: news)"


def test_positions_of_somebody_else_are_shown_and_left_alone(street: Street) -> None:
    from alpaca.trading.enums import OrderSide, TimeInForce
    from alpaca.trading.requests import MarketOrderRequest

    order = MarketOrderRequest(
        symbol="KO", qty=7, side=OrderSide.BUY, time_in_force=TimeInForce.DAY
    )
    street.client.submit_order(order)
    street.exchange.step(60)
    told = street.told("positions")
    assert [row["symbol"] for row in told["body"]["foreign"]] == ["KO"]
    assert told["body"]["positions"] == []
    assert not (street.home / "outputs" / "ledger").exists(), "looking makes no ledger"
    rows = street.told("orders", "--verify")
    assert (rows["exit_code"], [r["owner"] for r in rows["body"]["orders"]]) == (0, ["foreign"])


def test_the_day_is_told_in_the_time_of_the_exchange(street: Street) -> None:
    told = street.told("agenda")
    assert told["trade_session"] == "2026-11-23"
    when = {row["stage"]: row["when"] for row in told["body"]["stages"]}
    assert [when[n] for n in ("gapfilter", "enter-moo", "enter-boh")] == ["over", "now", "later"]


def test_keys_of_somebody_else_never_reach_the_exchange(street: Street) -> None:
    before = street.exchange.requests
    street.environment["ALPACA_API_KEY"] = "PK123456789"
    result = street.run("positions")
    assert result.exit_code == 3
    assert "not issued by a local exchange" in said(result)
    assert street.exchange.requests == before


def test_without_a_ledger_there_is_nothing_to_copy(street: Street) -> None:
    assert street.told("ledger", "backup")["summary"] == "there is no ledger yet"
    street.run("halt", "no-entries", "--why", "news")
    kept = street.told("ledger", "backup")
    assert kept["state"] == "done"
    (copy,) = (street.home / "outputs" / "ledger" / "backups").iterdir()
    assert copy.stat().st_size > 0
    assert street.told("ledger", "backup")["state"] == "unchanged"
    assert street.run("ledger", "rebuild").exit_code == 0, "it knows of no order, so none is lost"
    assert street.told("status")["body"]["halted"].startswith("no-entries (person: ")


def test_entries_without_a_plan_are_refused_by_name(street: Street) -> None:
    result = street.run("enter", "--group", "moo")
    assert result.exit_code == 4, said(result)
    assert "gapfilter.json" in said(result)
    records = sorted(p.name for p in street.home.rglob("runs/enter-*.json"))
    assert records == ["enter-moo-1.json"]
    assert street.client.get_orders() == []


def test_a_single_pass_of_monitor_leaves_its_record_and_no_order(street: Street) -> None:
    told = street.told("monitor", "--once")
    assert (told["stage"], told["exit_code"]) == ("monitor", 0)
    page = street.told("status")["body"]
    states = {row["stage"]: row["state"] for row in page["stages"]}
    assert states["monitor"] == "done", "it was there within the minute"
    assert states["gapfilter"] == "missing"
    assert page["healthy"] is False
    assert street.client.get_orders() == []


def test_a_dry_pass_sends_nothing_and_writes_only_aside(street: Street) -> None:
    street.run("monitor", "--once")
    before = contents(street.home)
    result = street.told("monitor", "--dry-run")
    assert result["body"]["would"] == []
    assert "dry run, 0 orders would be sent" in result["summary"]
    changed = {n for n, data in contents(street.home).items() if before.get(n) != data}
    assert {n for n in changed if not n.startswith("outputs/dry-run/")} == set()


def test_the_report_of_a_finished_session_keeps_a_copy_of_the_ledger(street: Street) -> None:
    street.run("monitor", "--once")
    assert street.run("report", "--session", "2026-11-23").exit_code == 2, "it is not over"
    street.exchange.step(7 * 3600)
    told = street.told("report")
    assert told["trade_session"] == "2026-11-23"
    assert "the ledger copied to" in told["summary"]
    assert (street.home / "outputs" / "sessions" / "2026-11-23" / "report.html").is_file()
    assert len(list((street.home / "outputs" / "ledger" / "backups").iterdir())) == 1
    assert street.told("report")["state"] == "unchanged"
