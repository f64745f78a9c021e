"""Delivery by commands: what a person reads in Slack, and that no dead channel changes a day."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from slack_receiver import SlackReceiver
from trading_rig import DAY, candidate, clock_time, tape_of
from trading_street import TradingStreet, street_on
from typer.testing import CliRunner, Result

from avwap_cli.adapters.ledger.sqlite_ledger import SqliteLedger
from avwap_cli.cli import app
from avwap_cli.trading.facts import Notice

FLAT = [("09:30", 100.0), ("16:00", 100.0)]
PLAN = (candidate("AAA", "rsi_mean_reversion", 1), candidate("BBB", "adx_pullback", 2))
CANARY = "canary"
EVENING = "2026-11-20T20:15"


@pytest.fixture
def street(tmp_path: Path, slack: SlackReceiver) -> Iterator[TradingStreet]:
    with street_on(tmp_path, tape_of({"AAA": {DAY: FLAT}, "BBB": {DAY: FLAT}})) as one:
        one.plan(*PLAN)
        one.environment["SLACK_WEBHOOK_URL"] = slack.url
        yield one


def notices(street: TradingStreet) -> list[tuple[str, str, bool]]:
    with SqliteLedger.open(street.ledger, street.ledger.stem.partition("-")[2]) as ledger:
        return [(n.kind, n.key, n.begins) for n in ledger.facts().notices]


def day(street: TradingStreet) -> list[Result]:
    """A morning with an entry, a refusal, a failure, a missed window and a position left bare."""
    results = [street.run("enter", "--group", "moo")]
    street.to("09:45:05")
    number = street.exchange.fault("500@GET /v2/positions")
    results.append(street.run("enter", "--group", "confirm"))
    street.exchange.context.faults.remove(number)
    street.exchange.fault("refuse@POST /v2/orders,nth=1,value=insufficient-buying-power")
    results.append(street.run("enter", "--group", "confirm"))
    results.append(street.run("monitor", "--once"))
    results.append(street.run("halt", "no-entries", "--why", "news"))
    return results


def test_a_morning_in_slack(street: TradingStreet, slack: SlackReceiver) -> None:
    codes = [result.exit_code for result in day(street)]
    texts = slack.texts()
    everything = "\n".join(texts)
    assert codes[1] == 6
    moo = texts[0]
    assert moo.startswith(f"*avwap exchange: enter-moo {DAY}*\nmoo: 1 candidates")
    assert "AAA     long  100" in moo, "orders are a table"
    assert "health: no scan" in moo
    assert f"warning avwap exchange: enter-confirm {DAY} failed" in everything
    assert "stage: enter-confirm failed: " in everything
    assert "stage: enter-confirm goes well again" in everything
    assert "PAGE unprotected: AAA: " in everything
    assert "entry: AAA: bought 100 shares at 100.02" in everything
    assert "warning halt: halt no-entries: news" in everything
    assert everything.count("refresh-cache was missed") == 1


def test_a_second_run_that_changes_nothing_sends_nothing(
    street: TradingStreet, slack: SlackReceiver
) -> None:
    for _ in range(2):  # the second one tells of the evening's windows
        street.run("enter", "--group", "moo")
    before = len(slack.heard)
    assert before == 2
    for words in (
        ["enter", "--group", "moo"],
        ["enter", "--group", "moo", "--dry-run"],
        ["enter", "--group", "boh"],
        ["positions"],
        ["status"],
    ):
        street.run(*words)
    assert len(slack.heard) == before


def test_a_dead_channel_changes_no_exit_code_no_order_and_no_notice(
    tmp_path: Path, slack: SlackReceiver
) -> None:
    slack.moods, slack.hang_s = ["hang", 500, "reset", "garbage", "portal"] * 9, 0.3
    seen = []
    for name, url in (("with", slack.url), ("without", "")):
        home = tmp_path / name
        home.mkdir()
        with street_on(home, tape_of({"AAA": {DAY: FLAT}, "BBB": {DAY: FLAT}})) as street:
            street.plan(*PLAN)
            street.environment["SLACK_WEBHOOK_URL"] = url
            street.settings["alerts.deadline_s"] = "0.2"
            codes = [result.exit_code for result in day(street)]
            seen.append((codes, street.orders(), notices(street)))
    assert seen[0] == seen[1]
    assert slack.asked != []
    assert slack.heard == []


def test_what_was_not_delivered_arrives_with_the_next_run(
    street: TradingStreet, slack: SlackReceiver
) -> None:
    slack.moods = [404]
    result = street.run("enter", "--group", "moo")
    assert result.exit_code == 0
    assert "alerts: SLACK_WEBHOOK_URL: not delivered (HTTP 404)" in result.stderr
    slack.moods = ["ok"]
    street.run("enter", "--group", "moo")
    assert "enter-moo" in slack.texts()[0]


def test_the_address_is_nowhere(street: TradingStreet, slack: SlackReceiver) -> None:
    shown = []
    street.settings["alerts.deadline_s"] = "0.4"
    for mood in ("ok", 500, "reset"):
        slack.moods = [mood]
        for words in (["enter", "--group", "moo", "-vv"], ["alerts", "test"], ["config", "show"]):
            shown.append(street.run(*words).output)
    assert all(CANARY not in text.lower() for text in shown)
    files = [path for path in street.home.rglob("*") if path.is_file()]
    assert files
    assert [p for p in files if CANARY.encode() in p.read_bytes().lower()] == []


def test_alerts_test_sends_one_of_each_kind(street: TradingStreet, slack: SlackReceiver) -> None:
    told = street.told("alerts", "test")
    assert told["exit_code"] == 0
    (row,) = told["body"]["channels"]
    assert (row["channel"], row["delivered"], row["failed"]) == ("SLACK_WEBHOOK_URL", 12, 0)
    assert len(slack.heard) == 12
    assert all("TEST" in one["text"] for one in slack.heard)
    assert not (street.home / "outputs" / "alerts.json").exists()


def test_alerts_test_names_the_channel_that_fails(
    street: TradingStreet, slack: SlackReceiver
) -> None:
    street.environment["PHONE"] = "json://127.0.0.1:1/canary"
    street.settings["alerts.channels"] = "[SLACK_WEBHOOK_URL:page, PHONE]"
    street.settings["alerts.deadline_s"] = "0.2"
    result = street.run("alerts", "test")
    assert result.exit_code == 6
    assert "SLACK_WEBHOOK_URL: 2 delivered, HTTP 200" in result.stdout
    assert "PHONE: 0 delivered, apprise had no answer" in result.stdout
    assert "warning: PHONE did not take a message" in result.stderr
    assert street.run("alerts", "test", "--channel", "SLACK_WEBHOOK_URL").exit_code == 0
    assert street.run("alerts", "test", "--channel", "OTHER").exit_code == 2
    street.environment["PHONE"] = ""
    assert street.run("alerts", "test", "--channel", "PHONE").exit_code == 3


def test_an_address_in_the_configuration_is_refused_and_not_shown(street: TradingStreet) -> None:
    result = street.run("status", alerts__channels='["https://example.com/canary"]')
    result = street.run("config", "check", alerts__channels='["https://example.com/canary"]')
    assert result.exit_code == 3
    assert "alerts.channels[0]: expected NAME of a variable" in result.output
    assert CANARY not in result.output
    wrong = street.run("config", "check", alerts__pings="{scam: SCAN_PING}")
    assert "did you mean" in wrong.output


def test_a_stage_pings_its_own_address_and_fail_where_it_failed(
    street: TradingStreet, slack: SlackReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr("avwap_cli.adapters.alerts.pings.ping", lambda *urls: asked.extend(urls))
    street.environment["ENTER_PING"] = "https://ping.example/abc?rid=1"
    street.settings["alerts.pings"] = "{enter-confirm: ENTER_PING}"
    street.run("enter", "--group", "moo")
    assert asked == []
    street.to("09:45:05")
    number = street.exchange.fault("500@GET /v2/positions")
    street.run("enter", "--group", "confirm")
    street.exchange.context.faults.remove(number)
    street.run("enter", "--group", "confirm")
    assert asked == ["https://ping.example/abc/fail?rid=1", "https://ping.example/abc?rid=1"]


def test_a_notice_of_a_run_that_died_is_told_by_the_next(
    street: TradingStreet, slack: SlackReceiver
) -> None:
    street.run("enter", "--group", "moo")
    street.to("09:29")
    at = clock_time("09:29")
    lost = Notice(at, DAY, "differs", "AAA.x", "AAA: died before it was told", page=True)
    with SqliteLedger.open(street.ledger, street.ledger.stem.partition("-")[2]) as ledger:
        assert ledger.append(lost) == 1
    street.to("09:45:05")
    for _ in range(2):
        street.run("enter", "--group", "confirm")
    assert "\n".join(slack.texts()).count("PAGE differs: AAA: died before") == 1


@pytest.fixture
def demo(demo_home: Path, tmp_path: Path) -> Path:
    shutil.copytree(demo_home, tmp_path / "demo")
    return tmp_path / "demo"


def test_a_scan_is_told_with_its_candidates_and_a_health_line(
    demo: Path, slack: SlackReceiver
) -> None:
    folder = demo / "outputs" / "sessions" / DAY_OF_DEMO
    (folder / "scan.json").unlink()
    place = ["--home", str(demo), "--now", EVENING, "--set", "broker.mode=exchange"]
    place += ["--set", "broker.url=http://127.0.0.1:9"]  # a local exchange, whose time is real
    result = CliRunner().invoke(app, ["scan", *place], env={"SLACK_WEBHOOK_URL": slack.url})
    assert result.exit_code == 0, result.output
    rows = json.loads((folder / "scan.json").read_text())["candidates"]
    (text,) = slack.texts()
    lines = text.splitlines()
    assert lines[0] == f"*avwap exchange: scan {DAY_OF_DEMO}*"
    assert sum("candidates of" in line for line in lines) == 1
    start = lines.index("```")
    assert lines[start + 1].split() == ["#", "symbol", "side", "entry", "stop", "strategy"]
    assert [line.split()[1] for line in lines[start + 2 : start + 2 + len(rows)]] == [
        row["symbol"] for row in rows
    ]
    assert lines[-1].startswith(f"health: scan 0 min old, {len(rows)} candidate")
    assert lines[-1].endswith("feed synthetic sip, bars fresh")


def test_a_rehearsal_is_told_to_nobody(demo: Path, slack: SlackReceiver) -> None:
    (demo / "outputs" / "sessions" / DAY_OF_DEMO / "scan.json").unlink()
    place = ["--home", str(demo), "--now", EVENING]
    result = CliRunner().invoke(app, ["scan", *place], env={"SLACK_WEBHOOK_URL": slack.url})
    assert result.exit_code == 0, result.output
    assert slack.heard == []


DAY_OF_DEMO = "2026-11-23"
