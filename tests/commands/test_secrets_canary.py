"""No secret leaves: not by what commands print, write, send or start, nor when one breaks down."""

from __future__ import annotations

import base64
import json
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from slack_receiver import SlackReceiver
from trading_rig import DAY, candidate, tape_of
from trading_street import TradingStreet, street_on

from avwap_cli.adapters import own_processes
from avwap_cli.adapters.broker.alpaca_broker import AlpacaBroker
from avwap_cli.cli import app
from avwap_cli.errors import BrokerUnclear

FLAT = [("09:30", 100.0), ("16:00", 100.0)]
PLAN = (candidate("AAA", "rsi_mean_reversion", 1), candidate("BBB", "adx_pullback", 2))
HOOK = "T0CANARY0/B0CANARY0/hookcanary0123456789"
ELSEWHERE = {"demo", "drill", "exchange"}  # these have an account of their own, and no secrets
WORDS: dict[str, list[str]] = {
    "enter": ["--group", "moo"],
    "monitor": ["--once"],
    "halt": ["no-entries", "--why", "news"],
    "explain": ["AAA"],
    "chart": ["AAA"],
    "replay": [str(DAY)],
    "import": ["nowhere.csv"],
    "export": ["{home}/bars.csv"],
    "calibrate": ["--out", "{home}/reference.yaml", "--first", "2026-01-05"],
    "init": ["{home}"],
}


def leaves(group: Any, path: str = "") -> Iterator[str]:
    """Every command without sub-commands, by its words."""
    for name, one in group.commands.items():
        if hasattr(one, "commands"):
            yield from leaves(one, f"{path}{name} ")
        else:
            yield f"{path}{name}"


def forms(secret: str) -> list[bytes]:
    """The secret as it is, and as encodings would hide it."""
    plain = secret.encode()
    found = {plain, urllib.parse.quote(secret, safe="").encode(), json.dumps(secret)[1:-1].encode()}
    found |= {base64.b64encode(plain).rstrip(b"="), plain.hex().encode()}
    return sorted(found)


class Canaries:
    """The secrets of one street, and where they must not be."""

    def __init__(self, street: TradingStreet) -> None:
        self.secrets = [*street.environment.values(), HOOK]
        self.home = street.home

    def seen_in(self, what: str, data: bytes) -> list[str]:
        return [what for secret in self.secrets for form in forms(secret) if form in data]

    def seen_on_disk(self) -> list[str]:
        files = [path for path in self.home.rglob("*") if path.is_file()]
        return [hit for path in files for hit in self.seen_in(str(path), path.read_bytes())]


@pytest.fixture
def street(tmp_path: Path, slack: SlackReceiver) -> Iterator[TradingStreet]:
    with street_on(tmp_path, tape_of({"AAA": {DAY: FLAT}, "BBB": {DAY: FLAT}})) as one:
        one.plan(*PLAN)
        # No question may go to the network: lists and report dates are nowhere to be had.
        one.settings |= {
            "universe.iwv_file": "none.csv", "universe.sp500_file": "none.csv",
            "earnings.provider": "none", "universe.metrics": "none",
        }  # fmt: skip
        origin = slack.url.partition("/services/")[0]
        one.environment["SLACK_WEBHOOK_URL"] = f"{origin}/services/{HOOK}"
        yield one


def test_no_command_lets_a_secret_out(
    street: TradingStreet, slack: SlackReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    canaries, started = Canaries(street), []

    real = own_processes.subprocess.Popen

    def popen(line: list[str], *more: Any, **how: Any) -> object:
        started.append(line)
        return None if "avwap_cli" in line else real(line, *more, **how)

    monkeypatch.setattr(own_processes.subprocess, "Popen", popen)
    out = []
    for name in leaves(typer.main.get_command(app)):
        if name in ELSEWHERE:
            continue
        words = [word.format(home=street.home) for word in WORDS.get(name, [])]
        result = street.run(*name.split(), *words, "-vv")
        assert result.exit_code != 1 or "unexpected" not in result.output, (name, result.output)
        out.append((name, result.output.encode()))
    assert [hit for name, data in out for hit in canaries.seen_in(name, data)] == []
    assert canaries.seen_on_disk() == []
    assert started, "no stage was started by tick"
    assert canaries.seen_in("argv", json.dumps(started).encode()) == []
    assert slack.heard, "nothing was told"
    assert canaries.seen_in("slack", json.dumps(slack.heard).encode()) == []


@pytest.mark.parametrize("how", [[], ["-vv"], ["--json"]], ids=["plain", "verbose", "json"])
def test_a_breakdown_with_secrets_in_hand_shows_none(
    how: list[str], street: TradingStreet, monkeypatch: pytest.MonkeyPatch
) -> None:
    canaries = Canaries(street)

    def breaks(self: object, *_: object) -> None:
        raise RuntimeError(f"headers {street.environment!r} of {self!r}")

    monkeypatch.setattr(AlpacaBroker, "open_orders", breaks)
    result = street.run("orders", *how)
    assert result.exit_code == 1
    assert "unexpected: RuntimeError" in result.output
    assert canaries.seen_in("output", result.output.encode()) == []
    crash = street.home / "outputs" / "logs" / "crash.txt"
    assert "RuntimeError" in crash.read_text()
    assert canaries.seen_on_disk() == []


@pytest.mark.parametrize("odd", [" {}", "{}\n", "{}\u00e9", "{}\x07"])
@pytest.mark.parametrize("name", ["ALPACA_API_KEY", "ALPACA_SECRET_KEY"])
def test_a_key_that_none_can_be_is_named_and_not_quoted(
    name: str, odd: str, street: TradingStreet
) -> None:
    canaries = Canaries(street)
    street.environment[name] = odd.format(street.environment[name])
    for words in (["orders"], ["halt", "no-entries", "--why", "x"], ["enter", "--group", "moo"]):
        result = street.run(*words, "-vv")
        assert (result.exit_code, f"{name}: expected a key" in result.output) == (3, True)
        assert canaries.seen_in(words[0], result.output.encode()) == []
    assert canaries.seen_on_disk() == []


def test_what_the_broker_answers_is_shown_without_secrets(
    street: TradingStreet, monkeypatch: pytest.MonkeyPatch
) -> None:
    canaries = Canaries(street)

    def quotes_the_key(self: object, *_: object) -> None:
        raise BrokerUnclear(f"no usable answer ({street.environment['ALPACA_SECRET_KEY']})")

    monkeypatch.setattr(AlpacaBroker, "open_orders", quotes_the_key)
    for how in ([], ["--json"]):
        result = street.run("orders", *how)
        assert (result.exit_code, "no usable answer (****)" in result.output) == (6, True)
        assert canaries.seen_in("output", result.output.encode()) == []


def test_the_test_would_see_them(street: TradingStreet) -> None:
    canaries = Canaries(street)
    secret = street.environment["ALPACA_SECRET_KEY"]
    (street.home / "outputs" / "leak.txt").write_bytes(base64.b64encode(secret.encode()))
    assert len(canaries.seen_on_disk()) == 1
